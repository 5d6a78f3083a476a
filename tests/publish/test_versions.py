"""A dataset and the one after it: what is kept, what is listed, what is refused."""

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plainfilm.errors import BadTable, SettingsError
from plainfilm.publish import (
    DatasetOptions,
    MimicCxrJpg,
    NearDuplicates,
    PublishSummary,
    SplitSizes,
    WebDataset,
)
from plainfilm.publish import publish as publish_dataset
from plainfilm.publish.folder import CHECKSUMS

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
