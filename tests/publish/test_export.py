from pathlib import Path

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import DataElement, Dataset, DicomSequence, decode_image, write_dataset
from plainfilm.errors import Reason
from plainfilm.publish.export import (
    Exported,
    ExportJpeg,
    ExportOutcome,
    ExportTask,
    OutputFailed,
    StillIdentified,
)
from plainfilm.publish.grey_levels import equalized_film
from plainfilm.records import CleanFilm, Rejection

IMAGE = "files/p10/p10000001/s50000001/film.jpg"


def write(path: Path, **tags: object) -> Path:
    making = {name: tags.pop(name) for name in ("frame", "photometric") if name in tags}
    write_dataset(make_film({"PatientIdentityRemoved": "YES", **tags}, **making), path)  # type: ignore[arg-type]
    return path


def export(path: Path, folder: Path) -> ExportOutcome:
    task = ExportTask(CleanFilm(7, path, "p1", "s1", "2.25.1"), folder, IMAGE)
    folder.mkdir(exist_ok=True)
    return ExportJpeg().process([task])[0]


@pytest.mark.parametrize(("photometric", "invert"), [("MONOCHROME1", True), ("MONOCHROME2", False)])
def test_the_image_is_the_equalised_film(tmp_path: Path, photometric: str, invert: bool) -> None:
    frame = (np.add.outer(np.arange(64), np.arange(48) ** 2) % 4096).astype(np.uint16)
    outcome = export(
        write(tmp_path / "a.dcm", frame=frame, photometric=photometric), tmp_path / "set"
    )
    assert isinstance(outcome, Exported)
    image = decode_image(tmp_path / "set" / IMAGE).astype(int)
    difference = np.abs(image - equalized_film(frame, invert=invert))
    assert difference.mean() < 3  # JPEG loses a little
    assert (outcome.metadata["Rows"], outcome.metadata["Columns"]) == (64, 48)


def test_the_image_carries_nothing_but_pixels(tmp_path: Path) -> None:
    export(write(tmp_path / "a.dcm", StudyDescription="CHEST"), tmp_path / "set")
    content = (tmp_path / "set" / IMAGE).read_bytes()
    assert b"Exif" not in content
    assert b"CHEST" not in content


def test_metadata_come_from_the_header_of_the_copy(tmp_path: Path) -> None:
    code = Dataset()
    code.CodeMeaning = "postero-anterior"
    path = write(
        tmp_path / "a.dcm",
        ViewPosition="PA",
        StudyDate="21800506",
        StudyTime="213014.531",
        PerformedProcedureStepDescription="CHEST (PA AND LAT)",
        ViewCodeSequence=DicomSequence([code]),
        PatientOrientationCodeSequence=DicomSequence([]),
    )
    outcome = export(path, tmp_path / "set")
    assert isinstance(outcome, Exported)
    assert dict(outcome.metadata) == {
        "PerformedProcedureStepDescription": "CHEST (PA AND LAT)",
        "ViewPosition": "PA",
        "Rows": 32,
        "Columns": 24,
        "StudyDate": "21800506",
        "StudyTime": "213014.531",
        "ProcedureCodeSequence_CodeMeaning": None,
        "ViewCodeSequence_CodeMeaning": "postero-anterior",
        "PatientOrientationCodeSequence_CodeMeaning": None,
    }


@pytest.mark.parametrize("said", [None, "NO"])
def test_a_copy_that_is_not_marked_clean_is_not_exported(tmp_path: Path, said: str | None) -> None:
    outcome = export(write(tmp_path / "a.dcm", PatientIdentityRemoved=said), tmp_path / "set")
    assert isinstance(outcome, StillIdentified)
    assert not (tmp_path / "set" / IMAGE).exists()


def test_a_copy_without_the_mark_is_not_exported(tmp_path: Path) -> None:
    write_dataset(make_film(), tmp_path / "a.dcm")
    assert isinstance(export(tmp_path / "a.dcm", tmp_path / "set"), StillIdentified)


def test_films_that_cannot_be_read_are_rejected(tmp_path: Path) -> None:
    cut = write(tmp_path / "cut.dcm")
    cut.write_bytes(cut.read_bytes()[:-100])
    without = make_film({"PatientIdentityRemoved": "YES"})
    del without.PixelData
    write_dataset(without, tmp_path / "without.dcm")
    (tmp_path / "text.dcm").write_text("no film")
    expected = {
        "cut.dcm": Reason.TRUNCATED_PIXELS,
        "without.dcm": Reason.NO_PIXEL_DATA,
        "text.dcm": Reason.NOT_DICOM,
        "gone.dcm": Reason.FILE_VANISHED,
    }
    for name, reason in expected.items():
        outcome = export(tmp_path / name, tmp_path / "set")
        assert isinstance(outcome, Rejection), name
        assert (outcome.reason, outcome.item_id) == (reason, 7)


def test_an_output_that_cannot_be_written_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "files").touch()  # a file where a folder should be
    outcome = export(write(tmp_path / "a.dcm"), tmp_path / "set")
    assert isinstance(outcome, OutputFailed)


def test_an_element_of_another_vr_does_not_disturb(tmp_path: Path) -> None:
    film = make_film({"PatientIdentityRemoved": "YES"})
    film[0x0018, 0x5101] = DataElement(0x00185101, "UN", b"PA")
    write_dataset(film, tmp_path / "a.dcm")
    assert isinstance(export(tmp_path / "a.dcm", tmp_path / "set"), Exported)
