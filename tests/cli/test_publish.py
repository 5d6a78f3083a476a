"""`publish` from end to end: layouts, formats, sizes, boxes, and what is refused."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import decode_image, write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.records import CleanFilm, Film, Label, Report, SourceReport

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
ONE = ("--workers", 1)


@dataclass(frozen=True)
class StampClean:
    """A stand-in for de-identification: films of noise, each its own, marked as clean."""

    out: Path
    options: tuple[str, ...] = ("clean_pixel_data", "retain_longitudinal_modified_dates")

    name: ClassVar[str] = "deidentify"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ("PatientID", "StudyInstanceUID", "ViewPosition")

    def process(self, batch: Sequence[Film]) -> list[CleanFilm]:
        return [self._clean(film) for film in batch]

    def _clean(self, film: Film) -> CleanFilm:
        frame = np.random.default_rng(film.film_id).integers(0, 4096, (32, 24)).astype(np.uint16)
        tags = {
            "PatientIdentityRemoved": "YES",
            "PatientID": f"new-{film.tags['PatientID']}",
            "ViewPosition": film.tags["ViewPosition"],
        }
        path = self.out / f"{film.film_id}.dcm"
        write_dataset(make_film(tags, frame=frame), path)
        study = f"new-{film.tags['StudyInstanceUID']}"
        return CleanFilm(film.film_id, path, tags["PatientID"], study, f"2.25.{film.film_id}")


@dataclass(frozen=True)
class LabelNodules:
    """Finds a nodule in every report."""

    label_set: str = "nih"

    name: ClassVar[str] = "label_reports"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[Report]) -> list[Label]:
        return [Label(report.report_id, self.label_set, "Nodule", 1) for report in batch]


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than all the rest."""
    monkeypatch.setattr("plainfilm.publish.pictures.draw_pictures", lambda *_: [])


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of eight films, four studies and two patients, with clean copies and a report."""
    folder = tmp_path_factory.mktemp("published")
    for number in range(8):
        view = ("PA", "LL")[number % 2]
        write_film(folder / "films" / f"{number}.dcm", number, ViewPosition=view)
    (folder / "clean").mkdir()
    engine = LocalEngine(workers=1)
    with Archive.create(folder / "archive") as archive:
        archive.ingest([folder / "films"], engine=engine)
        archive.ingest_reports([SourceReport("r0", "a nodule", accession_number="A0")])
        archive.run(LabelNodules(), engine=engine)
        archive.run(StampClean(folder / "clean"), engine=engine)
    return folder / "archive"


def test_help_shows_an_example_and_every_layout(plainfilm: Run) -> None:
    ran = plainfilm("publish", "--help")
    assert "Example:" in ran.out
    for name in ("mimic-cxr-jpg", "chestxray14", "coco", "webdataset", "dicom"):
        assert name in ran.out


@pytest.mark.parametrize(
    ("layout", "pattern", "images"),
    [
        ("mimic-cxr-jpg", "files/p1?/p1*/s5*/*.jpg", 8),
        ("chestxray14", "images/????????_???.png", 8),
        ("coco", "images/*/*.jpg", 8),
        ("webdataset", "*-000000.tar", None),
        ("dicom", "new-P?/*/*.dcm", 8),
    ],
)
def test_each_layout_is_published(
    plainfilm: Run, clean: Path, tmp_path: Path, layout: str, pattern: str, images: int | None
) -> None:
    out = tmp_path / "set"
    ran = plainfilm("publish", clean, "--layout", layout, "--out", out, *ONE, "--json")
    assert ran.code == 0, ran.err
    assert (ran.facts["films"], ran.facts["patients"]) == (8, 2)
    found = list(out.glob(pattern))
    assert len(found) == images if images else found
    assert (out / "SHA256SUMS").is_file()
    assert (out / "README.md").is_file()


def test_format_and_size_are_chosen(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    options = ("--layout", "coco", "--format", "png16", "--resize", "square:16")
    assert plainfilm("publish", clean, *options, "--out", tmp_path / "set", *ONE).code == 0
    images = list((tmp_path / "set").glob("images/*/*.png"))
    assert {decode_image(path).shape for path in images} == {(16, 16)}
    options = ("--layout", "chestxray14", "--resize", "none")
    assert plainfilm("publish", clean, *options, "--out", tmp_path / "full", *ONE).code == 0
    images = list((tmp_path / "full").glob("images/*.png"))
    assert {decode_image(path).shape for path in images} == {(32, 24)}


def test_boxes_go_along(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_text(
        f"sop_instance_uid,finding,x,y,width,height\n{stable_uid('film', 3)},Nodule,4,8,12,8\n"
    )
    options = ("--layout", "coco", "--boxes", boxes, "--resize", "longer:16")
    ran = plainfilm("publish", clean, *options, "--out", tmp_path / "set", *ONE, "--json")
    assert (ran.code, ran.facts["boxes"]) == (0, 1)
    annotations: list[Any] = []
    for path in (tmp_path / "set" / "annotations").iterdir():
        annotations += json.loads(path.read_text())["annotations"]
    assert [each["bbox"] for each in annotations] == [[2.0, 4.0, 6.0, 4.0]]


def test_a_finding_of_ones_own_is_declared(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_text(
        f"sop_instance_uid,finding,x,y,width,height\n{stable_uid('film', 3)},Tube,4,8,12,8\n"
    )
    options = ("--layout", "coco", "--boxes", boxes, "--finding", "Clip", "--finding", "Tube")
    ran = plainfilm("publish", clean, *options, "--out", tmp_path / "set", *ONE, "--json")
    assert (ran.code, ran.facts["boxes"]) == (0, 1)


def test_missing_folders_are_made_and_go_again_when_the_command_is_refused(
    plainfilm: Run, clean: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a" / "b" / "set"
    assert plainfilm("publish", clean, "--out", out, "--labels", "radpath", *ONE).code == 1
    assert not list(tmp_path.iterdir())
    assert plainfilm("publish", clean, "--out", out, *ONE).code == 0
    assert (out.parent / "plainfilm.key").is_file()
    # A key that was there before is not this command's to remove.
    assert plainfilm("publish", clean, "--out", out, *ONE).code == 1
    assert (out.parent / "plainfilm.key").is_file()


def test_real_dates_and_unsearched_pixels_are_said_aloud(plainfilm: Run, tmp_path: Path) -> None:
    write_film(tmp_path / "films" / "1.dcm", 1, ViewPosition="PA")
    (tmp_path / "clean").mkdir()
    engine = LocalEngine(workers=1)
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([tmp_path / "films"], engine=engine)
        step = StampClean(tmp_path / "clean", ("retain_longitudinal_full_dates",))
        archive.run(step, engine=engine)
    command = ("publish", tmp_path / "archive", "--out", tmp_path / "set", *ONE)
    ran = plainfilm(*command)
    assert (ran.code, "1 of 1; run `plainfilm deidentify`" in ran.err) == (1, True)
    ran = plainfilm(*command, "--unsearched-pixels", "--json")
    assert (ran.facts["real_dates"], ran.facts["unsearched_pixels"]) == (1, 1)
    assert "films with the real dates: 1" in ran.err
    assert "not searched for burned-in text: 1" in ran.err


def test_shards_have_a_size(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    options = ("--layout", "webdataset", "--shard-films", 3, "--split", "1,0,0")
    assert plainfilm("publish", clean, *options, "--out", tmp_path / "set", *ONE).code == 0
    assert len(list((tmp_path / "set").glob("train-*.tar"))) == 3


def test_films_are_chosen_by_a_condition(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    options = ("--where", "ViewPosition = 'PA'", "--out", tmp_path / "set")
    assert plainfilm("publish", clean, *options, *ONE, "--json").facts["films"] == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--layout", "imagenet"), "known: mimic-cxr-jpg, chestxray14, coco, webdataset, dicom"),
        (("--format", "tiff"), "known: jpeg, png8, png16, dicom"),
        (("--format", "dicom"), "allowed: jpeg, png8, png16"),
        (("--layout", "dicom", "--format", "jpeg"), "allowed: dicom"),
        (("--layout", "dicom", "--resize", "longer:512"), "only images are resized"),
        (("--resize", "1024"), "longer:PIXELS, shorter:PIXELS or square:PIXELS"),
        (("--resize", "square:4"), "16 to 65535"),
        (("--layout", "chestxray14", "--quality", 90), "--quality is for JPEG"),
        (("--shard-films", 10), "mimic-cxr-jpg has no shards"),
        (("--labels", "radpath"), "known: chexpert, nih"),
        (("--split", "0.8,0.2"), "three"),
        (("--boxes", "{tmp}/bad.csv"), "line 2: width must be above 0"),
        (("--boxes", "{tmp}/none.csv"), "cannot be opened"),
        (("--boxes", "{tmp}/named.csv"), "line 2: finding is in no label set"),
        (("--where", "ViewPosition = 'RLO'"), "no de-identified film meets the condition"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    plainfilm: Run, clean: Path, tmp_path: Path, options: tuple[object, ...], said: str
) -> None:
    head = "sop_instance_uid,finding,x,y,width,height\n"
    (tmp_path / "bad.csv").write_text(f"{head}{stable_uid('film', 3)},Nodule,8,16,0,8\n")
    (tmp_path / "named.csv").write_text(f"{head}{stable_uid('film', 3)},Quill,8,16,8,8\n")
    given = [str(option).replace("{tmp}", str(tmp_path)) for option in options]
    ran = plainfilm("publish", clean, *given, "--out", tmp_path / "set", *ONE)
    assert ran.code == 1
    assert said in ran.err
    assert "Quill" not in ran.err
    assert {path.name for path in tmp_path.iterdir()} == {"bad.csv", "named.csv"}  # and no key


def test_a_folder_that_holds_something_is_refused(
    plainfilm: Run, clean: Path, tmp_path: Path
) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").touch()
    ran = plainfilm("publish", clean, "--out", tmp_path / "set", *ONE)
    assert (ran.code, "choose a new folder" in ran.err) == (1, True)


def test_a_new_version_lists_what_has_changed(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    head = ("publish", clean, "--split", "0.5,0,0.5", "--key", tmp_path / "key", *ONE, "--json")
    plainfilm(*head, "--out", tmp_path / "one")
    (tmp_path / "test.txt").write_text("MRN-1\n")
    options = ("--previous", tmp_path / "one", "--where", "ViewPosition = 'PA'")
    ran = plainfilm(*head, "--out", tmp_path / "two", *options)
    assert (ran.code, ran.facts["changes"]) == (0, {"removed": 4})
    assert (tmp_path / "two" / "CHANGES.md").is_file()
    ran = plainfilm(*head, "--out", tmp_path / "three", "--test-patients", tmp_path / "test.txt")
    assert (ran.code, "line 1" in ran.err, "MRN" in ran.err) == (1, True, False)
    ran = plainfilm(*head, "--out", tmp_path / "three", "--previous", clean)
    assert (ran.code, "no dataset that plainfilm published" in ran.err) == (1, True)
    ran = plainfilm(*head, "--out", tmp_path / "three", "--near-duplicates", "hide")
    assert (ran.code, "refuse, drop, allow" in ran.err) == (1, True)


def test_a_split_that_gets_nobody_is_said(plainfilm: Run, clean: Path, tmp_path: Path) -> None:
    ran = plainfilm("publish", clean, "--out", tmp_path / "set", *ONE)
    assert ran.code == 0
    assert "got no film, of 2 patients" in ran.err
