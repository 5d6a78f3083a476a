import hashlib
from pathlib import Path

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import DataElement, Dataset, DicomSequence, decode_image, write_dataset
from plainfilm.dicom.images import decode_any_depth
from plainfilm.errors import Reason, SettingsError
from plainfilm.publish.export import (
    Exported,
    ExportImage,
    ExportOutcome,
    ExportTask,
    HeaderFacts,
    OutputFailed,
    StillIdentified,
)
from plainfilm.publish.grey_levels import equalized_film, scale_to_bytes, scale_to_words
from plainfilm.publish.images import ImageFormat, Resize, Side
from plainfilm.records import CleanFilm, Rejection

IMAGE = "files/p10/p10000001/s50000001/film.jpg"


def write(path: Path, **tags: object) -> Path:
    making = {name: tags.pop(name) for name in ("frame", "photometric") if name in tags}
    write_dataset(make_film({"PatientIdentityRemoved": "YES", **tags}, **making), path)  # type: ignore[arg-type]
    return path


def export(path: Path, folder: Path, step: ExportImage = ExportImage()) -> ExportOutcome:  # noqa: B008 - frozen
    task = ExportTask(CleanFilm(7, path, "p1", "s1", "2.25.1"), folder, IMAGE)
    folder.mkdir(exist_ok=True)
    return step.process([task])[0]


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
    assert outcome.stored == outcome.size == (64, 48)


def test_png_holds_the_scaled_film_without_loss(tmp_path: Path) -> None:
    frame = (np.add.outer(np.arange(64), np.arange(48) ** 2) % 4096).astype(np.uint16)
    path = write(tmp_path / "a.dcm", frame=frame, photometric="MONOCHROME1")
    for kind, expected in (
        (ImageFormat.PNG8, scale_to_bytes(frame, invert=True)),
        (ImageFormat.PNG16, scale_to_words(frame, invert=True)),
    ):
        assert isinstance(export(path, tmp_path / "set", ExportImage(kind)), Exported)
        image = decode_any_depth((tmp_path / "set" / IMAGE).read_bytes(), "image")
        assert image.dtype == expected.dtype
        assert np.array_equal(image, expected)


def test_dicom_is_the_copy_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm")
    outcome = export(path, tmp_path / "set", ExportImage(ImageFormat.DICOM))
    content = (tmp_path / "set" / IMAGE).read_bytes()
    assert content == path.read_bytes()
    assert isinstance(outcome, Exported)
    assert outcome.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kind", [ImageFormat.JPEG, ImageFormat.PNG8, ImageFormat.PNG16])
def test_a_resized_image_has_the_size_that_is_told(tmp_path: Path, kind: ImageFormat) -> None:
    frame = np.arange(100 * 60, dtype=np.uint16).reshape(100, 60)
    step = ExportImage(kind, resize=Resize(Side.SQUARE, 50))
    outcome = export(write(tmp_path / "a.dcm", frame=frame), tmp_path / "set", step)
    assert isinstance(outcome, Exported)
    image = decode_any_depth((tmp_path / "set" / IMAGE).read_bytes(), "image")
    assert image.shape == outcome.size == (50, 50)
    assert outcome.stored == (100, 60)
    assert not image[:, :8].any()  # JPEG smears the border between film and black
    assert image[:, 15:35].any()


def test_near_hashes_do_not_depend_on_format_and_size(tmp_path: Path) -> None:
    frame = np.random.default_rng(1).integers(0, 4096, (300, 300)).cumsum(0).astype(np.uint16)
    path = write(tmp_path / "a.dcm", frame=frame)
    hashes = set()
    for step in (
        ExportImage(ImageFormat.PNG8),
        ExportImage(ImageFormat.PNG8, 95, Resize(Side.SQUARE, 64)),
        ExportImage(ImageFormat.DICOM),
    ):
        outcome = export(path, tmp_path / "set", step)
        assert isinstance(outcome, Exported)
        hashes.add(outcome.image_hash)
    assert len(hashes) == 1


def test_options_out_of_range_are_refused() -> None:
    for quality in (0, 101):
        with pytest.raises(SettingsError, match="quality"):
            ExportImage(quality=quality)
    with pytest.raises(SettingsError, match="only images are resized"):
        ExportImage(ImageFormat.DICOM, resize=Resize(Side.LONGER, 512))


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
        PatientSex="F",
        PatientAge="006M",
        PixelSpacing=[0.2, 0.1],
        PerformedProcedureStepDescription="CHEST (PA AND LAT)",
        ViewCodeSequence=DicomSequence([code]),
        PatientOrientationCodeSequence=DicomSequence([]),
    )
    outcome = export(path, tmp_path / "set")
    assert isinstance(outcome, Exported)
    assert outcome.header == HeaderFacts(
        procedure="CHEST (PA AND LAT)",
        view_position="PA",
        laterality="",
        study_date="21800506",
        study_time="213014.531",
        procedure_code="",
        view_code="postero-anterior",
        orientation_code="",
        sex="F",
        age_years=0.5,
        spacing_mm=(0.2, 0.1),
    )


@pytest.mark.parametrize(
    ("age", "years"),
    [("045Y", 45.0), ("006M", 0.5), ("052W", 52 * 7 / 365.25), ("", None)],
)
def test_ages_are_in_years(tmp_path: Path, age: str, years: float | None) -> None:
    outcome = export(write(tmp_path / "a.dcm", PatientAge=age), tmp_path / "set")
    assert isinstance(outcome, Exported)
    assert outcome.header.age_years == (None if years is None else pytest.approx(years))


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
