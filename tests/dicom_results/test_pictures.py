"""Key images, presentation states and segmentations show boxes where they are on the film."""

from collections.abc import Callable

import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import Dataset, render_display
from plainfilm.dicom_results import HeatMap, Kind, Point, Reading, draw_key_image, make_objects
from plainfilm.records import Box

from .conftest import COLUMNS, ROWS, frame

BOX = Box(1, "chest", "Mass", 20, 40, 60, 90, 0.5)
YELLOW = (240, 228, 66)


def corners(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the pixels of a colour."""
    down, across = np.nonzero((picture == colour).all(axis=2))
    return across.min(), down.min(), across.max() + 1, down.max() + 1


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (0, (200, 400, 600, 900)),
        (90, (100, 200, 600, 600)),  # what was below is left
        (180, (200, 100, 600, 600)),
        (270, (400, 200, 900, 600)),
    ],
)
def test_a_box_is_drawn_where_it_is_on_the_film_turned_upright(
    make_reading: Callable[..., Reading], turn: int, expected: tuple[int, int, int, int]
) -> None:
    shown = np.zeros((1000, 800), np.uint8)
    reading = make_reading(boxes=(BOX,), points=(), turn=turn)
    picture = draw_key_image(shown, reading, stored=(100, 80))
    upright = picture[: 800 if turn % 180 else 1000]
    name_above = expected[1] - 60
    assert corners(upright[max(0, name_above) :], YELLOW)[0] == expected[0]
    box_rows = upright[expected[1] + 60 : expected[3]]  # below the name, wherever it lies
    left, _, right, bottom = corners(box_rows, YELLOW)
    assert (left, right) == (expected[0], expected[2])
    assert bottom + expected[1] + 60 == expected[3]
    assert tuple(upright[expected[1] + 1, (expected[0] + expected[2]) // 2]) == YELLOW


def test_the_film_itself_is_turned_with_its_boxes(
    make_reading: Callable[..., Reading],
) -> None:
    shown = np.zeros((1000, 800), np.uint8)
    shown[900:, :] = 200  # below as stored, left when turned clockwise
    picture = draw_key_image(shown, make_reading(boxes=(), points=(), turn=90), stored=(1000, 800))
    assert picture[400, 50].tolist() == [200] * 3
    assert picture[400, 500].tolist() == [0] * 3


def test_text_lies_in_a_strip_below_the_film(make_reading: Callable[..., Reading]) -> None:
    shown = np.full((400, 300), 100, np.uint8)
    picture = draw_key_image(shown, make_reading(boxes=(), points=()), stored=(400, 300))
    assert picture.shape[1:] == (300, 3)
    assert (picture[:400] == 100).all()
    strip = picture[400:]
    assert strip.max() == 255
    assert strip[0].max() == 0


def test_names_of_boxes_side_by_side_do_not_lie_over_one_another(
    make_reading: Callable[..., Reading],
) -> None:
    shown = np.zeros((800, 800), np.uint8)
    near = [Box(1, "spine", "Osteophytes", 300 + 8 * n, 400, 500, 480, 0.5) for n in range(3)]
    alone = draw_key_image(shown, make_reading(boxes=near[:1], points=()), stored=(800, 800))
    together = draw_key_image(shown, make_reading(boxes=near, points=()), stored=(800, 800))
    assert 0 < yellowish(together[:390]) < 1.2 * yellowish(alone[:390])  # one name is above,
    below = slice(485, 520)
    assert yellowish(together[below]) > yellowish(alone[below]) == 0  # one below, one inside


def test_a_box_thinner_than_a_pixel_of_the_picture_is_drawn(
    make_reading: Callable[..., Reading],
) -> None:
    shown = np.zeros((500, 400), np.uint8)
    thin = Box(1, "chest", "Mass", 100.2, 100.2, 100.4, 300.2, 0.5)
    picture = draw_key_image(shown, make_reading(boxes=(thin,), points=()), stored=(5000, 4000))
    assert yellowish(picture[10:31]) > 0


def test_a_film_too_narrow_for_text_stands_above_a_wider_strip(
    make_reading: Callable[..., Reading],
) -> None:
    shown = np.full((600, 8), 100, np.uint8)
    picture = draw_key_image(shown, make_reading(boxes=(), points=()), stored=(600, 8))
    assert picture.shape[1] > 100
    assert (picture[:600, :8] == 100).all()
    assert (picture[:600, 8:] == 0).all()
    assert picture[600:, 8:].max() == 255


def yellowish(picture: np.ndarray) -> int:
    return int(((picture[..., 0] > 120) & (picture[..., 2] < 100)).sum())


def test_a_key_image_is_derived_from_the_film_and_bounded(
    make_reading: Callable[..., Reading],
) -> None:
    large = np.ascontiguousarray(np.repeat(np.repeat(frame(), 15, axis=0), 15, axis=1))
    film = make_film({"BurnedInAnnotation": "NO"}, frame=large)
    reading = make_reading(boxes=(Box(1, "chest", "Mass", 1, 1, 900, 900, 0.5),), points=())
    made = make_objects(film, reading, (Kind.KEY_IMAGE,))[Kind.KEY_IMAGE]
    assert made.ImageType[0] == "DERIVED"
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == film.SOPInstanceUID
    assert made.BurnedInAnnotation == "NO"
    assert max(made.Columns, made.Rows) < 1300
    assert made.Columns == round(1024 * COLUMNS / ROWS)


@pytest.mark.parametrize(
    ("turn", "first", "last"),
    [
        (0, [1, 1], [COLUMNS, ROWS]),
        (90, [1, ROWS], [COLUMNS, 1]),
        (180, [COLUMNS, ROWS], [1, 1]),
        (270, [COLUMNS, 1], [1, ROWS]),
    ],
)
def test_a_presentation_state_turns_the_film_and_not_the_boxes(
    film: Dataset,
    make_reading: Callable[..., Reading],
    turn: int,
    first: list[int],
    last: list[int],
) -> None:
    reading = make_reading(boxes=(BOX,), points=(Point("Mass", 7, 8, 0.2),), turn=turn)
    made = make_objects(film, reading, (Kind.PRESENTATION_STATE,))[Kind.PRESENTATION_STATE]
    area = made.DisplayedAreaSelectionSequence[0]
    assert list(area.DisplayedAreaTopLeftHandCorner) == first
    assert list(area.DisplayedAreaBottomRightHandCorner) == last
    assert made.get("ImageRotation", 0) == turn
    box, point = made.GraphicAnnotationSequence[0].GraphicObjectSequence
    assert list(box.GraphicData) == [20, 40, 60, 40, 60, 90, 20, 90, 20, 40]
    assert (point.GraphicType, list(point.GraphicData)) == ("POINT", [7, 8])
    texts = made.GraphicAnnotationSequence[0].TextObjectSequence
    assert [text.UnformattedTextValue for text in texts][1:] == ["Mass 50%", "Mass 20%"]


@pytest.mark.parametrize(
    ("tags", "photometric", "window", "shape"),
    [
        ({"WindowCenter": "2000", "WindowWidth": "1000"}, "MONOCHROME2", (2000, 1000), "IDENTITY"),
        ({"WindowCenter": "0", "WindowWidth": "0"}, "MONOCHROME2", (2047.5, 4095), "IDENTITY"),
        ({}, "MONOCHROME1", (2047.5, 4095), "INVERSE"),
    ],
)
def test_a_presentation_state_shows_grey_values_as_the_film_is_shown(
    make_reading: Callable[..., Reading],
    tags: dict[str, str],
    photometric: str,
    window: tuple[float, float],
    shape: str,
) -> None:
    film = make_film(tags, frame=frame(), photometric=photometric)
    made = make_objects(film, make_reading(), (Kind.PRESENTATION_STATE,))[Kind.PRESENTATION_STATE]
    voi = made.SoftcopyVOILUTSequence[0]
    assert (voi.WindowCenter, voi.WindowWidth) == window
    assert made.PresentationLUTShape == shape


def test_lookup_tables_of_a_film_become_one_over_its_stored_values(
    make_reading: Callable[..., Reading],
) -> None:
    film = make_film({"WindowCenter": "2048", "WindowWidth": "4096"}, frame=frame())
    item = Dataset()
    item.LUTDescriptor = [4096, 0, 12]
    item.LUTData = list(range(4095, -1, -1))  # turns grey values round
    item.ModalityLUTType = "US"
    film.ModalityLUTSequence = [item]
    made = make_objects(film, make_reading(), (Kind.PRESENTATION_STATE,))[Kind.PRESENTATION_STATE]
    assert "ModalityLUTSequence" not in made
    table = made.SoftcopyVOILUTSequence[0].VOILUTSequence[0]
    assert list(table.LUTDescriptor) == [4096, 0, 16]
    entries = np.frombuffer(table.LUTData, np.uint16)
    shown = render_display(film)
    assert shown[0, 0] == pytest.approx(entries[0] / 257, abs=1)
    assert shown[50, 0] == pytest.approx(entries[frame()[50, 0]] / 257, abs=1)


def test_a_heat_map_is_as_large_as_the_film_and_hot_where_it_was_hot(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    values = np.zeros((4, 4), np.float32)
    values[0, 3] = 1
    reading = make_reading(heat_maps=(HeatMap("Mass", values),))
    made = make_objects(film, reading, (Kind.SEGMENTATION,))[Kind.SEGMENTATION]
    assert made.SegmentationType == "FRACTIONAL"
    assert [segment.SegmentLabel for segment in made.SegmentSequence] == ["Mass"]
    assert "not a probability" in made.SegmentSequence[0].SegmentDescription
    pixels = np.frombuffer(made.PixelData, np.uint8)[: ROWS * COLUMNS].reshape(ROWS, COLUMNS)
    assert pixels[0, -1] == 255
    assert pixels[50:, :40].max() == 0


def test_without_a_heat_map_a_segmentation_holds_the_insides_of_boxes(
    film: Dataset, make_reading: Callable[..., Reading]
) -> None:
    boxes = (
        BOX,
        Box(1, "chest", "Mass", 0, 0, 1.5, 1, 0.4),
        Box(1, "chest", "Edema", 3, 3, 5, 5, 1),
    )
    made = make_objects(film, make_reading(boxes=boxes), (Kind.SEGMENTATION,))[Kind.SEGMENTATION]
    assert made.SegmentationType == "BINARY"
    assert [segment.SegmentLabel for segment in made.SegmentSequence] == ["Mass", "Edema"]
    bits = np.unpackbits(np.frombuffer(made.PixelData, np.uint8), bitorder="little")
    frames = bits[: 2 * ROWS * COLUMNS].reshape(2, ROWS, COLUMNS)
    assert frames[0].sum() == 40 * 50 + 2
    assert frames[1, 3:5, 3:5].all()
