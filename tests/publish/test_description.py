"""What is written beside the images: tables, pictures, lineage, Croissant, checksums."""

import csv
import json
import subprocess
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plainfilm.deid import CustomAction, CustomRule
from plainfilm.errors import PrivacyError
from plainfilm.publish import (
    DatasetOptions,
    MimicCxrJpg,
    PublishSummary,
    SplitSizes,
    WebDataset,
    publish,
)
from plainfilm.publish.lineage import fingerprint

if TYPE_CHECKING:
    from conftest import Sample


@pytest.fixture(scope="module")
def dataset(sample: "Sample", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All six films but the withheld one, in the layout of MIMIC-CXR-JPG."""
    out = tmp_path_factory.mktemp("described") / "set"
    options = DatasetOptions(split=SplitSizes((0.5, 0.0, 0.5)), licence="CC-BY-4.0")
    key = b"a key of sixteen bytes or more"
    publish(
        sample.archive, out, layout=MimicCxrJpg(), engine=sample.engine, key=key, options=options
    )
    return out


def rows(dataset: Path, name: str) -> dict[str, dict[str, str]]:
    with (dataset / "tables" / f"{name}.csv").open(newline="") as stream:
        return {next(iter(row.values())): row for row in csv.DictReader(stream)}


def test_the_tables_count_what_is_there(dataset: Path) -> None:
    everything = rows(dataset, "splits")["all"]
    assert {key: everything[key] for key in ("images", "studies", "patients")} == {
        "images": "5", "studies": "4", "patients": "3",
    }  # fmt: skip
    assert everything["studies_with_labels"] == "2"
    labels = rows(dataset, "labels")
    assert (labels["Pneumonia"]["positive"], labels["Edema"]["uncertain"]) == ("1", "1")
    assert labels["Fracture"]["not_mentioned"] == labels["Fracture"]["total"] == "2"
    # The one study with both findings has two films.
    assert rows(dataset, "cooccurrence")["Pneumonia"]["Cardiomegaly"] == "2"
    assert "No Finding" not in rows(dataset, "cooccurrence")
    assert sum(int(row["all"]) for row in rows(dataset, "categories").values()) == 5


def test_what_de_identification_removed_is_said_to_be_not_retained(dataset: Path) -> None:
    people = rows(dataset, "people")["all"]
    assert people["patients"] == "3"
    assert sum(int(people[sex]) for sex in ("female", "male", "other", "unknown")) == 3
    assert {people[key] for key in ("age_known", "age_mean", "age_median")} == {"not retained"}


def test_checksums_cover_every_file(dataset: Path) -> None:
    listed = {line.split("  ", 1)[1] for line in (dataset / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(dataset)) for path in dataset.rglob("*") if path.is_file()}
    assert files - listed == {"SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dataset, check=True)


def test_lineage_names_steps_and_parameters_and_no_key_and_no_path(dataset: Path) -> None:
    text = (dataset / "lineage.json").read_text()
    lineage = json.loads(text)
    key = b"a key of sixteen bytes or more"
    assert lineage["key_fingerprint"] == fingerprint(key)
    assert {step["step"] for step in lineage["steps"]} >= {"deidentify", "export-image"}
    assert key.decode() not in text
    assert str(dataset.parent) not in text
    assert "/clean" not in text
    assert lineage["previous"] is None


RULES = (
    CustomRule(1, 0x00081010, "", CustomAction.REPLACE, "Quillfeather's room"),
    CustomRule(2, 0x00190023, "QUILLFEATHER 1", CustomAction.KEEP, verbatim=True),
)


def published(sample: "Sample", out: Path, **asked: bool) -> tuple[Path, PublishSummary]:
    summary = publish(
        sample.archive,
        out,
        layout=MimicCxrJpg(),
        engine=sample.engine,
        key=b"a key of sixteen bytes or more",
        options=DatasetOptions(**asked),
    )
    return summary.path, summary


@pytest.mark.usefixtures("without_pictures")
def test_of_rules_only_attribute_and_action_are_told(own_sample: "Sample", tmp_path: Path) -> None:
    own_sample.clean_anew(rules=RULES)
    dataset, _ = published(own_sample, tmp_path / "set")
    for path in dataset.rglob("*"):
        if path.suffix in {".json", ".md", ".csv"}:
            assert "quillfeather" not in path.read_text().lower()
    steps = json.loads((dataset / "lineage.json").read_text())["steps"]
    (told,) = (each["parameters"]["rules"] for each in steps if each["step"] == "deidentify")
    assert told == [
        {"number": 1, "attribute": "(0008,1010)", "action": "replace"},
        {"number": 2, "attribute": "(0019,xx23)", "action": "keep"},
    ]
    said = "2 rules of the publisher's own went before: replace (0008,1010), keep (0019,xx23)."
    assert said in (dataset / "README.md").read_text()


@pytest.mark.usefixtures("without_pictures")
def test_settings_that_no_list_allows_stay_in_the_house(
    own_sample: "Sample", tmp_path: Path
) -> None:
    dataset, _ = published(own_sample, tmp_path / "set")
    for step in json.loads((dataset / "lineage.json").read_text())["steps"]:
        assert "out" not in step["parameters"]
        if step["step"] == "label:chexpert":  # a step that the list does not know
            assert step["parameters"] == {}


KEEP_DATE = (CustomRule(1, 0x00080020, "", CustomAction.KEEP, verbatim=True),)


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize(
    ("options", "rules", "said", "in_short", "real"),
    [
        ("retain_longitudinal_full_dates", (), "Dates are the real ones.", "the real date", 5),
        ("retain_longitudinal_modified_dates", (), "Dates are shifted by", "shifted by", 0),
        ("retain_longitudinal_modified_dates", KEEP_DATE, "Dates are the real", "the real date", 5),
        ("clean_descriptors", (), "Dates were removed.", "empty, as dates were removed", 0),
    ],
)
def test_what_became_of_dates_is_told_as_it_was(
    own_sample: "Sample",
    tmp_path: Path,
    options: str,
    rules: tuple[CustomRule, ...],
    said: str,
    in_short: str,
    real: int,
) -> None:
    own_sample.clean_anew(options=("clean_pixel_data", options), rules=rules)
    dataset, summary = published(own_sample, tmp_path / "set")
    page = (dataset / "README.md").read_text()
    assert said in page
    assert sum(f"Dates {each}" in page for each in ("are the real", "are shifted", "were rem")) == 1
    (films,) = (
        each
        for each in json.loads((dataset / "croissant.json").read_text())["recordSet"]
        if each["name"] == "films"
    )
    (column,) = (each for each in films["field"] if each["name"] == "study_date")
    assert in_short in column["description"]
    assert summary.real_dates == real


@pytest.mark.usefixtures("without_pictures")
def test_films_whose_pixels_nobody_searched_are_refused_or_told(
    own_sample: "Sample", tmp_path: Path
) -> None:
    own_sample.clean_anew(options=("retain_longitudinal_modified_dates",))
    with pytest.raises(PrivacyError, match=r"5 of 5; run `plainfilm deidentify` .*headers-only"):
        published(own_sample, tmp_path / "set")
    assert not (tmp_path / "set").exists()
    dataset, summary = published(own_sample, tmp_path / "set", unsearched_pixels=True)
    assert summary.unsearched_pixels == 5
    page = (dataset / "README.md").read_text()
    assert "**The pixels of 5 films were not searched for burned-in text**" in page
    assert "studies, with de-identified headers and pixels as they came." in page
    assert "pixels as they came" in (dataset / "croissant.json").read_text()


def test_pictures_are_drawn_and_shown(dataset: Path) -> None:
    drawn = {path.name for path in (dataset / "tables").glob("*.png")}
    assert drawn == {"categories.png", "labels.png", "cooccurrence.png"}
    page = (dataset / "tables" / "tables.md").read_text()
    assert all(f"]({name})" in page for name in drawn)


def test_the_licence_is_told(dataset: Path) -> None:
    assert "## Licence\n\nCC-BY-4.0\n" in (dataset / "README.md").read_text()
    assert json.loads((dataset / "croissant.json").read_text())["license"] == "CC-BY-4.0"


def test_mlcroissant_reads_films_and_images(dataset: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        croissant = pytest.importorskip("mlcroissant")
        loaded = croissant.Dataset(str(dataset / "croissant.json"))
        films = list(loaded.records("films"))
        images = list(loaded.records("images"))
    assert not loaded.metadata.issues.errors
    named = {film["films/image"].decode() for film in films}
    assert named == {image["images/path"].decode() for image in images}
    assert {image["images/content"].size for image in images} == {(24, 32)}
    assert {film["films/Pneumonia"] == 1 for film in films} == {True, False}


def test_a_dataset_of_shards_is_described_too(sample: "Sample", key: bytes, tmp_path: Path) -> None:
    publish(
        sample.archive, tmp_path / "set", layout=WebDataset(), engine=sample.engine, key=key,
        label_set="nih",
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        croissant = pytest.importorskip("mlcroissant")
        loaded = croissant.Dataset(str(tmp_path / "set" / "croissant.json"))
        films = list(loaded.records("films"))
    assert len(films) == 5
    assert b"tar!" in films[0]["films/image"]
    # No report was labelled for this set: the tables of labels are left out, and that is said.
    assert not (tmp_path / "set" / "tables" / "labels.csv").exists()
    readme = (tmp_path / "set" / "README.md").read_text()
    assert "No published study has a labelled report" in readme
    assert "None was given when the dataset was published" in readme
