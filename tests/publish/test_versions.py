"""A dataset and the one after it: what is kept, what is listed, what is refused."""

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import text

from plainfilm.demo import stable_uid
from plainfilm.errors import BadTable, SettingsError
from plainfilm.publish import (
    DatasetOptions,
    ExportImage,
    ImageFormat,
    MimicCxrJpg,
    NearDuplicates,
    PublishSummary,
    SplitSizes,
    WebDataset,
    plan,
)
from plainfilm.publish import publish as publish_dataset
from plainfilm.publish.folder import CHECKSUMS
from plainfilm.publish.identifiers import IdRange
from plainfilm.publish.layouts import ChestXray14

if TYPE_CHECKING:
    from conftest import Sample

HALVES = SplitSizes((0.5, 0.0, 0.5))
Publish = Callable[..., PublishSummary]


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest."""
    monkeypatch.setattr("plainfilm.publish.pictures.draw_pictures", lambda *_: [])


@pytest.fixture
def publish(key: bytes, tmp_path: Path) -> Publish:
    def call(sample: "Sample", name: str, **options: object) -> PublishSummary:
        given = {"layout": MimicCxrJpg(), "engine": sample.engine, "key": key, **options}
        asked = given.pop("options", DatasetOptions(split=HALVES))
        return publish_dataset(sample.archive, tmp_path / name, options=asked, **given)

    return call


def after(previous: PublishSummary, **options: object) -> DatasetOptions:
    return replace(DatasetOptions(split=HALVES, previous=previous.path), **options)


def films(dataset: Path) -> dict[str, dict[str, str]]:
    with (dataset / "tables" / "films.csv").open(newline="") as stream:
        return {row["dicom_id"]: row for row in csv.DictReader(stream)}


def changes(dataset: Path) -> list[dict[str, str]]:
    with (dataset / "changes.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_new_version_keeps_splits_and_lists_every_difference(
    own_sample: "Sample", publish: Publish
) -> None:
    first = publish(own_sample, "one")
    before = films(first.path)
    own_sample.add("A", "a3", "a3-pa")
    for number in range(6):
        own_sample.add(f"N{number}", f"n{number}", f"n{number}-pa")
    own_sample.report("c1", "; Edema=1")
    own_sample.run()
    second = publish(own_sample, "two", options=after(first))
    now = films(second.path)
    assert all(now[film]["split"] == row["split"] for film, row in before.items())
    kinds = Counter(row["change"] for row in changes(second.path))
    assert kinds == {"added": 7, "labels changed": 1}
    assert second.changes == kinds
    (relabelled,) = (row for row in changes(second.path) if row["change"] == "labels changed")
    assert (relabelled["before"], relabelled["after"]) == ("(no report)", "Edema=1")
    page = (second.path / "CHANGES.md").read_text()
    assert "| 7 | added |" in page
    assert "Follows `one`: 7 added" in (second.path / "README.md").read_text()


def test_changed_and_removed_films_are_listed(own_sample: "Sample", publish: Publish) -> None:
    first = publish(own_sample, "one")
    second = publish(
        own_sample,
        "two",
        where="PatientID <> 'B'",
        image=None,
        options=after(first),
    )
    assert Counter(row["change"] for row in changes(second.path)) == {"removed": 1}


def test_the_first_version_stays_as_it_is(own_sample: "Sample", publish: Publish) -> None:
    first = publish(own_sample, "one")
    content = {path: path.read_bytes() for path in first.path.rglob("*") if path.is_file()}
    publish(own_sample, "two", options=after(first))
    assert content == {path: path.read_bytes() for path in first.path.rglob("*") if path.is_file()}
    with pytest.raises(SettingsError, match="never changed"):
        publish(own_sample, "one", options=after(first))
    with pytest.raises(SettingsError, match="next to it"):
        publish(own_sample, "one/two", options=after(first))


@pytest.mark.parametrize("damage", ["image", "missing", "table", "checksums"])
def test_a_damaged_version_is_not_built_on_and_the_file_is_named(
    own_sample: "Sample", publish: Publish, damage: str
) -> None:
    first = publish(own_sample, "one")
    image = next(first.path.rglob("*.jpg"))
    if damage == "image":
        image.write_bytes(image.read_bytes()[:-1] + b"x")
    elif damage == "missing":
        image.unlink()
    elif damage == "table":
        (first.path / "tables" / "films.csv").write_text("nothing")
    else:
        (first.path / CHECKSUMS).write_text("no list")
    named = {"image": image.name, "missing": image.name, "table": "films.csv"}
    with pytest.raises(SettingsError, match=re.escape(named.get(damage, CHECKSUMS))):
        publish(own_sample, "two", options=after(first))
    assert not (first.path.parent / "two").exists()


def test_a_version_of_another_key_or_layout_or_none_at_all_is_refused(
    own_sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    first = publish(own_sample, "one")
    with pytest.raises(SettingsError, match="another key"):
        publish(own_sample, "two", key=b"another key of enough bytes", options=after(first))
    with pytest.raises(SettingsError, match="layout mimic-cxr-jpg"):
        publish(own_sample, "two", layout=WebDataset(), options=after(first))
    shutil.rmtree(first.path / "files")
    (first.path / "lineage.json").write_text("[]")
    with pytest.raises(SettingsError, match="no dataset that plainfilm published"):
        publish(own_sample, "two", options=after(first))
    with pytest.raises(SettingsError, match="no dataset that plainfilm published"):
        publish(own_sample, "two", options=DatasetOptions(previous=tmp_path / "nowhere"))


def test_a_pinned_patient_changes_sides_and_that_is_listed(
    own_sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    train = DatasetOptions(split=SplitSizes((1.0, 0.0, 0.0)))
    first = publish(own_sample, "one", options=train)
    (tmp_path / "readers.txt").write_text("p-of-A\n")
    second = publish(
        own_sample, "two", options=after(first, test_patients=tmp_path / "readers.txt")
    )
    moved = [row for row in changes(second.path) if row["change"] == "split changed"]
    assert [(row["before"], row["after"]) for row in moved] == [("train", "test")] * 3
    assert second.splits["test"].patients == 1


def test_a_list_that_names_an_unknown_patient_is_refused(
    sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    (tmp_path / "readers.txt").write_text("p-of-A\nA\n")
    with pytest.raises(BadTable, match="line 2"):
        publish(sample, "set", options=DatasetOptions(test_patients=tmp_path / "readers.txt"))


def forget(sample: "Sample", condition: str) -> None:
    """Take clean films out of the archive."""
    with sample.archive._catalog.writing() as connection:
        connection.execute(text(f"DELETE FROM clean_film WHERE {condition}"))


def test_ids_stay_when_patients_leave_and_are_given_to_nobody_else(
    empty_sample: "Sample", publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few ids that most patients have not the one that their hash points at.
    monkeypatch.setattr(plan, "SUBJECT_IDS", IdRange("subject", 10_000_000, 24))
    monkeypatch.setattr(plan, "STUDY_IDS", IdRange("study", 50_000_000, 24))
    for number in range(12):
        empty_sample.add(f"P{number}", f"s{number}", f"f{number}")
    empty_sample.run()
    first = publish(empty_sample, "one")
    before = films(first.path)
    for number in range(8):
        empty_sample.add(f"N{number}", f"n{number}", f"g{number}")
    empty_sample.run()
    forget(empty_sample, "patient IN ('p-of-P0', 'p-of-P1', 'p-of-P2', 'p-of-P3')")
    now = films(publish(empty_sample, "two", options=after(first)).path)
    stayed = set(before) & set(now)
    assert len(stayed) == 8
    for column in ("subject_id", "study_id", "split"):
        assert all(before[film][column] == now[film][column] for film in stayed)
    for column in ("subject_id", "study_id"):
        given = {row[column] for row in before.values()}
        assert not given & {row[column] for film, row in now.items() if film not in before}


_PATIENT_B = "(SELECT patient_pk FROM patient WHERE patient_id = 'B')"


def test_a_film_that_was_given_to_another_patient_is_listed(
    own_sample: "Sample", publish: Publish
) -> None:
    train = SplitSizes((1.0, 0.0, 0.0))
    first = publish(own_sample, "one", options=DatasetOptions(split=train))
    with own_sample.archive._catalog.writing() as connection:
        study = stable_uid("a2")
        for change in (
            f"UPDATE clean_film SET patient = 'p-of-B' WHERE study = 's-of-{study}'",
            f"UPDATE study SET patient_pk = {_PATIENT_B} WHERE study_instance_uid = '{study}'",
        ):
            connection.execute(text(change))
    second = publish(own_sample, "two", options=after(first, split=train))
    (row,) = changes(second.path)
    assert row["change"] == "ids changed"
    assert row["before"] != row["after"]
    assert re.fullmatch(r"subject 1\d{7}, study 5\d{7}", row["after"])


def test_a_file_name_of_chestxray14_never_means_another_film(
    own_sample: "Sample", publish: Publish
) -> None:
    def names(dataset: Path) -> dict[str, str]:
        return {row["image"]: film for film, row in films(dataset).items()}

    given = {"layout": ChestXray14(), "label_set": "chexpert"}
    given["image"] = ExportImage(ImageFormat.PNG8)
    first = publish(own_sample, "one", **given, where="ViewPosition = 'PA'")
    second = publish(own_sample, "two", **given)  # no version before: another choice of films
    assert names(first.path).items() <= names(second.path).items()
    film = f"uid = '2.25.{min(int(row['film_id']) for row in clean(own_sample))}'"
    own_sample.add("A", "a3", "a3-pa")
    own_sample.run()
    forget(own_sample, film)
    third = publish(own_sample, "three", **given, options=after(second))
    old, new = names(second.path), names(third.path)
    assert len(set(old) - set(new)) == 1
    assert all(old.get(name, film) == film for name, film in new.items())
    assert third.changes == {"removed": 1, "added": 1}


def clean(sample: "Sample") -> list[dict[str, Any]]:
    return sample.archive.rows("SELECT film_id, uid FROM clean_film")


def test_another_file_name_is_listed(sample: "Sample", publish: Publish) -> None:
    first = publish(sample, "one")
    second = publish(sample, "two", image=ExportImage(ImageFormat.PNG8), options=after(first))
    assert second.changes == {"renamed": 5, "image changed": 5}


def twins(sample: "Sample") -> None:
    """Twelve patients, and one more for each with the same film: some are across splits."""
    random = np.random.default_rng(4)
    for number in range(12):
        frame = random.integers(0, 4096, (32, 32)).astype(np.uint16)
        for twin in "xy":
            name = f"{twin}{number}"
            sample.add(name, name, f"{name}-pa", frame=frame)
    sample.run()


def test_near_duplicates_in_two_splits_are_refused_and_named(
    empty_sample: "Sample", publish: Publish
) -> None:
    twins(empty_sample)
    with pytest.raises(
        SettingsError, match=r"pairs? of near-duplicate .*jpg \(train, film"
    ) as told:
        publish(empty_sample, "set")
    assert "--near-duplicates drop" in str(told.value)


def test_near_duplicates_are_listed_by_the_images_of_the_finished_dataset(
    empty_sample: "Sample", publish: Publish
) -> None:
    twins(empty_sample)
    for policy in (NearDuplicates.ALLOW, NearDuplicates.DROP):
        made = publish(
            empty_sample,
            policy.value,
            layout=WebDataset(),
            options=DatasetOptions(split=HALVES, near_duplicates=policy),
        )
        there = {film: row["image"] for film, row in films(made.path).items()}
        with (made.path / "near_duplicates.csv").open(newline="") as stream:
            listed = list(csv.DictReader(stream))
        assert len(listed) == made.near_duplicates > 0
        for row in listed:
            assert row["twin_image"] == there[row["twin_dicom_id"]]
            assert row["image"] == there.get(row["dicom_id"], "")


def test_an_image_with_two_twins_is_left_out_once(
    empty_sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    frame = np.random.default_rng(4).integers(0, 4096, (32, 32)).astype(np.uint16)
    for name in "xyz":
        empty_sample.add(name, name, f"{name}-pa", frame=frame)
    empty_sample.run()
    (tmp_path / "test.txt").write_text("p-of-y\np-of-z\n")
    options = DatasetOptions(
        SplitSizes((1.0, 0.0, 0.0)), tmp_path / "test.txt", NearDuplicates.DROP
    )
    made = publish(empty_sample, "set", options=options)
    assert (made.films, made.near_duplicates) == (2, 2)
    page = (made.path / "README.md").read_text()
    assert "1 image was left out" in page
    assert page.splitlines()[2].startswith("2 plain radiographs of 2 patients in 2 studies,")


def test_near_duplicates_can_be_dropped_or_allowed_and_are_listed(
    empty_sample: "Sample", publish: Publish
) -> None:
    twins(empty_sample)
    allowed = publish(
        empty_sample,
        "allowed",
        options=DatasetOptions(split=HALVES, near_duplicates=NearDuplicates.ALLOW),
    )
    dropped = publish(
        empty_sample,
        "dropped",
        options=DatasetOptions(split=HALVES, near_duplicates=NearDuplicates.DROP),
    )
    pairs = allowed.near_duplicates
    assert allowed.films == 24
    assert dropped.films == 24 - pairs
    assert dropped.splits["test"] == allowed.splits["test"]
    assert len(list(dropped.path.rglob("*.jpg"))) == dropped.films
    lines = (dropped.path / "near_duplicates.csv").read_text().splitlines()
    assert len(lines) == 1 + pairs
    assert (
        json.loads((dropped.path / "lineage.json").read_text())["options"]["near_duplicates"]
        == "drop"
    )
