"""Boxes drawn into a copy of the film: a picture that every viewer shows, as secondary capture."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from plainfilm.dicom import Dataset, render_display
from plainfilm.dicom_results.identity import Identity, model_names
from plainfilm.dicom_results.reading import Point, Reading
from plainfilm.dicom_results.source import (
    SourceFilm,
    described,
    finished,
    local_time,
    make_object,
    name_body_part,
    usable,
)
from plainfilm.models import NOTICE
from plainfilm.records import Box

__all__ = ["draw_key_image", "key_image"]

LONGEST_SIDE: Final = 1024
"""Pixels of the longer side of the film in a key image: enough to see where, small enough to send;
whoever reads films reads the film itself."""

_LINE_SHARE: Final = 1 / 340  # of the longer side
_TEXT_SHARE: Final = 1 / 44
_LEAST_TEXT: Final = 11
_LEAST_WORDS: Final = 4  # in a line of the strip below the film
# Told apart by colour-blind eyes as well, and bright on black: Okabe and Ito's palette.
_COLOURS: Final = (
    (240, 228, 66),
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (255, 255, 255),
)
_POINT_REACH: Final = 5  # of a point's cross, in widths of its lines
_INK: Final = (255, 255, 255)
_PAPER: Final = (0, 0, 0)


_Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A place on the picture: pixels from its upper left corner, after turning."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


def key_image(film: SourceFilm, reading: Reading, identity: Identity) -> Dataset:
    """A secondary capture image of the film with its boxes drawn, and below it what it shows.

    Raises:
        UnsupportedPixels: as `render_display`.
        InputError: the film's tags do not allow it.
    Source: DICOM PS3.3 A.8.1, C.8.6.1, C.7.6.1.1.
    """
    picture = draw_key_image(
        render_display(film.dataset, longest_side=LONGEST_SIDE),
        reading,
        stored=(film.rows, film.columns),
    )
    with make_object("key image"):
        made = SCImage(
            pixel_array=picture,
            photometric_interpretation="RGB",
            bits_allocated=8,
            coordinate_system="PATIENT",
            patient_orientation=("L", "F"),  # required here, and replaced below
            study_instance_uid=film.reference.StudyInstanceUID,
            **described(reading, identity),
        )
        _describe_image(made, film, reading)
        return finished(made, film, reading.moment)


def draw_key_image(
    shown: NDArray[np.uint8], reading: Reading, *, stored: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draw boxes and points over a film, turned upright, above a strip of text.

    Args:
        shown: (rows, columns) uint8, the film for display, of any size.
        stored: rows and columns of the stored frame, which boxes and points are in.
    Returns:
        (more rows, columns, 3) uint8, RGB; more columns, too, of a very narrow film. The strip
        below names findings, models and the notice, so that no text of ours covers the film but the
        names at the boxes.
    """
    upright = np.rot90(shown, -reading.turn // 90)
    side = max(upright.shape)
    font = ImageFont.load_default(max(_LEAST_TEXT, round(side * _TEXT_SHARE)))
    film = Image.fromarray(np.repeat(upright[..., None], 3, axis=2))
    pen = ImageDraw.Draw(film)
    places = [_drawn(place, reading.turn, stored, shown.shape) for place in reading.places]
    colours = _colours(reading)
    width = max(2, round(side * _LINE_SHARE))
    for place in places:
        _outline(pen, place, colours[place.label], width)
    named: list[_Area] = []
    for place in places:  # after all lines, so that none crosses a name
        named.append(_name(pen, place, colours[place.label], font, film.size, named, width))
    # A film that is too narrow for text stands above a strip that is wider than it.
    across = max(film.width, min(side, _LEAST_WORDS * round(font.getlength("medium"))))
    return np.asarray(_above(film, _strip(reading, across, font)))


def _colours(reading: Reading) -> dict[str, tuple[int, int, int]]:
    return {label: _COLOURS[number % len(_COLOURS)] for number, label in enumerate(reading.marked)}


def _drawn(
    place: Box | Point, turn: int, stored: tuple[int, int], shown: tuple[int, ...]
) -> _Drawn:
    """A place of the stored frame on the turned picture."""
    down, across = shown[0] / stored[0], shown[1] / stored[1]
    if isinstance(place, Point):
        corners = np.array([[place.x, place.y]] * 2)
    else:
        corners = np.array([[place.xmin, place.ymin], [place.xmax, place.ymax]])
    x, y = corners[:, 0] * across, corners[:, 1] * down
    rows, columns = shown[0], shown[1]
    x, y = {
        0: (x, y),
        90: (rows - y, x),
        180: (columns - x, rows - y),
        270: (y, columns - x),
    }[turn]
    return _Drawn(
        place.label,
        place.score,
        left=float(x.min()),
        top=float(y.min()),
        right=float(x.max()),
        bottom=float(y.max()),
    )


def _outline(
    pen: ImageDraw.ImageDraw, place: _Drawn, colour: tuple[int, int, int], width: int
) -> None:
    if place.left == place.right:  # a point
        reach = _POINT_REACH * width
        across = (place.left - reach, place.top, place.left + reach, place.top)
        pen.line(across, colour, width)
        pen.line((place.left, place.top - reach, place.left, place.top + reach), colour, width)
        return
    # A box that is thinner than a pixel here is drawn as one.
    right, bottom = max(place.left, place.right - 1), max(place.top, place.bottom - 1)
    pen.rectangle((place.left, place.top, right, bottom), None, colour, width)


def _name(
    pen: ImageDraw.ImageDraw,
    place: _Drawn,
    colour: tuple[int, int, int],
    font: Any,
    size: tuple[int, int],
    named: list[_Area],
    gap: int,
) -> _Area:
    """Write the place's name, and tell where: above it, else below it, else inside, wherever it
    lies on the picture and over no other name; inside, where there is no such place."""
    text = f"{place.label} {place.score:.0%}"
    left, top, right, bottom = pen.textbbox((0, 0), text, font)
    width, height = right - left + 6, bottom - top + 6
    x = min(max(0.0, place.left), max(0.0, size[0] - width))
    beside = _POINT_REACH * gap if place.left == place.right else gap
    choices = (
        place.top - beside - height,
        place.bottom + beside,
        place.top + gap,
        place.bottom - gap - height,
    )
    areas = [(x, y, x + width, y + height) for y in choices if 0 <= y <= size[1] - height]
    free = (area for area in areas if not any(_overlap(area, other) for other in named))
    inside = min(max(0.0, place.top + gap), size[1] - height)
    chosen = next(free, (x, inside, x + width, inside + height))
    pen.rectangle(chosen, _PAPER)
    pen.text((chosen[0] + 3 - left, chosen[1] + 3 - top), text, colour, font)
    return chosen


def _overlap(one: _Area, other: _Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _strip(reading: Reading, width: int, font: Any) -> Image.Image:
    lines = _wrapped(_says(reading), width - 12, font)
    height = sum(font.getmetrics()) + 4
    strip = Image.new("RGB", (width, len(lines) * height + 12), _PAPER)
    pen = ImageDraw.Draw(strip)
    for number, line in enumerate(lines):
        pen.text((6, 6 + number * height), line, _INK, font)
    return strip


def _says(reading: Reading) -> list[str]:
    found = ", ".join(f"{one.label} {one.probability:.0%}" for one in reading.present)
    return [
        NOTICE,
        f"Findings: {found}" if found else "No finding is called present.",
        f"Models: {', '.join(model_names(reading))}",
    ]


def _wrapped(paragraphs: list[str], width: int, font: Any) -> list[str]:
    """Lines that are not wider than `width`, broken between words."""
    lines: list[str] = []
    for paragraph in paragraphs:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and font.getlength(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _above(film: Image.Image, strip: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (strip.width, film.height + strip.height), _PAPER)
    whole.paste(film, (0, 0))
    whole.paste(strip, (0, film.height))
    return whole


def _describe_image(made: Dataset, film: SourceFilm, reading: Reading) -> None:
    """What the image is derived from, and that it is not for diagnosis."""
    reference = Dataset()
    reference.ReferencedSOPClassUID = film.reference.SOPClassUID
    reference.ReferencedSOPInstanceUID = film.reference.SOPInstanceUID
    made.SourceImageSequence = [reference]
    made.DerivationDescription = f"Boxes drawn by {', '.join(model_names(reading))}"
    made.ImageComments = NOTICE
    made.PatientOrientation = ""  # type 2C: the film's own may be wrong, or turned away from
    if usable(film.dataset, "BurnedInAnnotation"):  # only the film can say whether it has such
        made["BurnedInAnnotation"] = film.dataset["BurnedInAnnotation"]
    name_body_part(made, film, reading.task)
    local = local_time(film, reading.moment)
    made.DateOfSecondaryCapture = local.strftime("%Y%m%d")
    made.TimeOfSecondaryCapture = local.strftime("%H%M%S")
