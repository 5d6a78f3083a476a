"""What is written beside the images: tables, pictures, lineage, Croissant, checksums."""

import csv
import json
import subprocess
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plainfilm.publish import DatasetOptions, MimicCxrJpg, SplitSizes, WebDataset, publish
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
