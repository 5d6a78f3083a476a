"""Every object is valid, says what it is not for, and is the same when it is made again."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import Dataset, read_dataset, write_dataset
from plainfilm.dicom_results import Finding, HeatMap, Kind, Model, Reading, make_objects
from plainfilm.errors import InputError, SettingsError, UnreadableDicom
from plainfilm.models import NOTICE

from .conftest import CLASSIFIER, COLUMNS, ROWS, frame

CR = "1.2.840.10008.5.1.4.1.1.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
HEAT = (HeatMap("Cardiomegaly", np.linspace(0, 1, 12, dtype=np.float32).reshape(4, 3)),)
HOSPITAL = {
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientName": "Müller^Jörg",
    "PatientSex": "",
    "PatientBirthDate": "19500000",  # no date
    "StudyTime": "25",  # no time
    "StudyDescription": "Thorax",
    "BodyPartExamined": "HAND",
    "WindowCenter": "0",
    "WindowWidth": "0",
}


def errors(dciodvfy: Path, path: Path) -> list[str]:
    ran = subprocess.run(
        [dciodvfy, "-new", path], capture_output=True, text=True, check=False, errors="replace"
    )
    return [line for line in ran.stderr.splitlines() if line.startswith(("Error", "Warning"))]


def colour_film() -> Dataset:
    made = make_film({"SOPClassUID": SC, "Modality": "OT"}, frame=frame())
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, "RGB"
    made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = np.repeat((frame() >> 4).astype(np.uint8)[..., None], 3, axis=2).tobytes()
    return made


def with_luts() -> Dataset:
    made = make_film(frame=frame())
    for keyword in ("ModalityLUTSequence", "VOILUTSequence"):
        item = Dataset()
        item.LUTDescriptor = [4096, 0, 12]
        item.LUTData = list(range(4096))
        setattr(made, keyword, [item])
    made.ModalityLUTSequence[0].ModalityLUTType = "US"
    return made


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda: make_film(frame=frame()), id="DX"),
        pytest.param(
            lambda: make_film(
                {"SOPClassUID": CR, "Modality": "CR"}, frame=frame(), photometric="MONOCHROME1"
            ),
            id="CR, MONOCHROME1",
        ),
        pytest.param(
            lambda: make_film(
                {"RescaleSlope": "1", "RescaleIntercept": "-5", "RescaleType": "US",
                 "WindowCenter": "2000", "WindowWidth": "4000", "ImageLaterality": "U"},
                frame=frame(), transfer_syntax="jpeg_2000_lossless",
            ),
            id="DX with a window, compressed",
        ),
        pytest.param(with_luts, id="DX with lookup tables"),
        pytest.param(colour_film, id="SC in colour"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("heat_maps", "turn"), [((), 0), (HEAT, 90)], ids=["boxes", "heat, turned"]
)
def test_every_object_is_valid(
    source: Callable[[], Dataset],
    heat_maps: tuple[HeatMap, ...],
    turn: int,
    make_reading: Callable[..., Reading],
    dciodvfy: Path,
    tmp_path: Path,
) -> None:
    made = make_objects(source(), make_reading(heat_maps=heat_maps, turn=turn))
    assert set(made) == set(Kind)
    for kind, found in made.items():
        path = tmp_path / f"{kind}.dcm"
        write_dataset(found, path)
        assert errors(dciodvfy, path) == [], kind


def test_every_object_says_what_it_is_not_for(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    made = make_objects(film, make_reading())
    for found in made.values():
        assert NOTICE in found.SeriesDescription
        assert found.ContentQualification == "RESEARCH"
    said = made[Kind.SR].ContentSequence
    comments = [item.TextValue for item in said if item.RelationshipType == "CONTAINS"
                and item.ValueType == "TEXT"]  # fmt: skip
    assert comments[0] == NOTICE
    texts = made[Kind.PRESENTATION_STATE].GraphicAnnotationSequence[0].TextObjectSequence
    assert NOTICE in [text.UnformattedTextValue for text in texts]
    assert NOTICE in made[Kind.SEGMENTATION].SegmentSequence[0].SegmentDescription
    assert made[Kind.KEY_IMAGE].ImageComments == NOTICE


def test_no_length_of_names_cuts_the_notice_or_a_models_version(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    classifier, locator = Model("a" * 70, "1.2.3"), Model("b" * 60, "4.5")
    findings = (Finding("Mass", 0.9, True, classifier),)
    reading = make_reading(task="musculoskeletal films", findings=findings, locator=locator)
    for kind, made in make_objects(film, reading).items():
        assert made.SeriesDescription.endswith(f". {NOTICE}"), kind
        assert len(made.SeriesDescription) <= 64
        assert [name.split()[-1] for name in made.SoftwareVersions[1:]] == ["1.2.3", "4.5"]
        assert made.ManufacturerModelName.endswith(" 4.5")
    drawn = make_objects(film, reading, (Kind.KEY_IMAGE,))[Kind.KEY_IMAGE]
    assert f"{'a' * 70} 1.2.3" in drawn.DerivationDescription


def test_objects_belong_to_the_films_patient_and_study_and_refer_to_it(
    make_reading: Callable[..., Reading], tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match="Invalid value"):
        write_dataset(make_film(HOSPITAL, frame=frame()), tmp_path / "film.dcm")
    film = read_dataset(tmp_path / "film.dcm")
    for kind, made in make_objects(film, make_reading()).items():
        write_dataset(made, tmp_path / "made.dcm")
        found = read_dataset(tmp_path / "made.dcm")
        for keyword in ("PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyTime"):
            assert found[keyword].value == film[keyword].value, kind
        assert str(found.PatientName) == "Müller^Jörg"
        assert found.SeriesInstanceUID != film.SeriesInstanceUID
        assert str(film.SOPInstanceUID) in str(found)
        assert "tiny-findings 1" in found.ManufacturerModelName


def test_times_are_in_the_films_time_zone(make_reading: Callable[..., Reading]) -> None:
    film = make_film({"TimezoneOffsetFromUTC": "+0530"}, frame=frame())
    for kind, made in make_objects(film, make_reading()).items():
        assert made.TimezoneOffsetFromUTC == "+0530"
        assert (made.InstanceCreationDate, made.InstanceCreationTime) == ("20260301", "180000"), (
            kind
        )


def test_made_again_an_object_has_the_same_bytes(
    film: Dataset, make_reading: Callable[..., Reading], tmp_path: Path
) -> None:
    contents: list[dict[Kind, bytes]] = []
    for _ in range(2):
        written = {}
        for kind, found in make_objects(film, make_reading(heat_maps=HEAT)).items():
            write_dataset(found, tmp_path / "made.dcm")
            written[kind] = (tmp_path / "made.dcm").read_bytes()
        contents.append(written)
    assert contents[0] == contents[1]


def uids(film: Dataset, reading: Reading) -> dict[Kind, tuple[str, str]]:
    made = make_objects(film, reading)
    return {kind: (one.SOPInstanceUID, one.SeriesInstanceUID) for kind, one in made.items()}


def test_uids_follow_from_film_model_and_findings_and_not_from_the_time_or_the_catalog(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    reading = make_reading()
    first = uids(film, reading)
    later = replace(
        reading,
        moment=datetime(2027, 1, 1, tzinfo=UTC),
        boxes=tuple(replace(box, film_id=77) for box in reading.boxes),
    )
    assert uids(film, later) == first
    other_findings = uids(film, replace(reading, points=()))
    other_model = uids(film, replace(reading, locator=Model("tiny-findings", "2")))
    film.SOPInstanceUID = "1.2.3"
    other_film = uids(film, reading)
    for kind, (sop, series) in first.items():
        assert other_film[kind][0] != sop
        assert other_film[kind][1] == series  # of the same study
        assert other_findings[kind][0] != sop
        assert other_findings[kind][1] == series
        assert set(other_model[kind]).isdisjoint({sop, series})


def test_only_a_report_says_that_there_is_nothing_to_show(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    reading = make_reading(boxes=(), points=())
    assert set(make_objects(film, reading)) == {Kind.SR}
    assert set(make_objects(film, reading, (Kind.KEY_IMAGE,))) == set()


def test_a_box_beside_the_film_is_refused(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    box = make_reading().boxes[0]
    for wrong in ({"xmax": COLUMNS + 0.5}, {"ymax": ROWS + 1}, {"xmin": -1}, {"xmin": box.xmax}):
        reading = make_reading(boxes=(replace(box, **wrong),))
        with pytest.raises(InputError, match="does not lie on the film of 100 x 80 pixels"):
            make_objects(film, reading)
    with pytest.raises(InputError, match="the point of Effusion"):
        make_objects(film, make_reading(points=(replace(make_reading().points[0], x=81),)))


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"findings": (Finding("Mass", float("nan"), None, CLASSIFIER),)}, "probability of Mass"),
        ({"findings": (Finding("Mass", 1.5, None, CLASSIFIER),)}, "probability of Mass"),
        ({"heat_maps": (HeatMap("Mass", np.full((2, 2), np.nan)),)}, "heat map of Mass"),
        ({"heat_maps": (HeatMap("Mass", np.zeros((0, 2))),)}, "no rows and columns"),
        ({"joined": 2.0}, "joined probability"),
        ({"findings": (Finding("a\\b", 0.5, None, CLASSIFIER),)}, "a label .* backslash"),
        ({"locator": Model("a\\b", "1")}, "a model's name .* see its card"),
        ({"locator": Model("a", " ")}, "a model's version is empty"),
    ],
)
def test_what_is_no_probability_is_refused(
    make_reading: Callable[..., Reading], other: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        make_reading(**other)


@pytest.mark.parametrize(
    ("keyword", "says"),
    [("StudyInstanceUID", "StudyInstanceUID is missing"), ("Rows", "Rows or Columns")],
)
def test_a_film_that_cannot_be_referred_to_is_refused(
    film: Dataset, make_reading: Callable[..., Reading], keyword: str, says: str
) -> None:
    del film[keyword]
    with pytest.raises(UnreadableDicom, match=says):
        make_objects(film, make_reading())


def test_a_reading_of_nobody_is_a_mistake(make_reading: Callable[..., Reading]) -> None:
    with pytest.raises(SettingsError, match="needs a finding"):
        make_reading(findings=(), boxes=(), points=(), locator=None)
    with pytest.raises(SettingsError, match="the model that they are from"):
        make_reading(locator=None)


def test_several_frames_are_refused(film: Dataset, make_reading: Callable[..., Reading]) -> None:
    film.NumberOfFrames = 2
    with pytest.raises(UnreadableDicom, match="single films"):
        make_objects(film, make_reading())


def test_an_object_of_an_unknown_class_is_refused_and_no_crash(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    film.SOPClassUID = "1.2.3.4"
    with pytest.raises(InputError, match="no structured report can be made of this film"):
        make_objects(film, make_reading())
