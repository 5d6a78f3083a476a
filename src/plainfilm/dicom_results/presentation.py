"""Boxes as a presentation state: drawn by the viewer over the film itself, which stays as it is."""

import struct
from typing import Any, Final

import numpy as np
from highdicom.pr import (
    AnnotationUnitsValues,
    ColorSoftcopyPresentationState,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GraphicTypeValues,
    GrayscaleSoftcopyPresentationState,
    TextObject,
)
from PIL import ImageCms

from plainfilm.dicom import Dataset
from plainfilm.dicom_results.grey_values import grey_values
from plainfilm.dicom_results.identity import Identity, derived_uid
from plainfilm.dicom_results.reading import Point, Reading
from plainfilm.dicom_results.source import (
    SourceFilm,
    described,
    finished,
    make_object,
    name_body_part,
)
from plainfilm.models import NOTICE
from plainfilm.records import Box

__all__ = ["presentation_state"]

_LABEL: Final = "FINDINGS"
_PIXEL: Final = AnnotationUnitsValues.PIXEL
_NOTICE_SHARE: Final = 0.04  # of a film's height, for the line that says what this is not for


def presentation_state(film: SourceFilm, reading: Reading, identity: Identity) -> Dataset:
    """A softcopy presentation state with a rectangle and a text for each box, a mark for each
    point, the notice, and the film turned upright.

    The grey values are shown as `render_display` shows them. A film in colour gets a colour
    presentation state.

    Raises:
        InputError: the film's tags or pixels do not allow it.
    Source: DICOM PS3.3 A.33.1, C.10.4, C.10.5, C.10.6.
    """
    with make_object("presentation state"):
        layer = GraphicLayer(_LABEL, order=1, description=NOTICE)
        annotation = GraphicAnnotation(
            referenced_images=[film.reference],
            graphic_layer=layer,
            graphic_objects=[
                _graphic(film, reading, number) for number in range(len(reading.places))
            ],
            text_objects=[
                _notice(film, reading.turn),
                *(_text(place) for place in reading.places),
            ],
        )
        made_of: dict[str, Any] = {
            "referenced_images": [film.reference],
            "content_label": _LABEL,
            "content_description": NOTICE,
            "graphic_annotations": [annotation],
            "graphic_layers": [layer],
            **described(reading, identity),
        }
        made = (
            ColorSoftcopyPresentationState(**made_of, icc_profile=_colours(film))
            if film.reference.get("SamplesPerPixel", 1) > 1
            else GrayscaleSoftcopyPresentationState(**made_of, **grey_values(film.dataset))
        )
        _turn(made, film, reading.turn)
        name_body_part(made, film, reading.task)
        return finished(made, film, reading.moment)


def _graphic(film: SourceFilm, reading: Reading, number: int) -> GraphicObject:
    place = reading.places[number]
    uid = derived_uid("graphic", film.uid, reading.task, place.label, number)
    if isinstance(place, Point):
        kind, corners = GraphicTypeValues.POINT, [(place.x, place.y)]
    else:
        kind = GraphicTypeValues.POLYLINE
        corners = [
            (place.xmin, place.ymin),
            (place.xmax, place.ymin),
            (place.xmax, place.ymax),
            (place.xmin, place.ymax),
            (place.xmin, place.ymin),
        ]
    return GraphicObject(
        kind,
        np.array(corners),
        _PIXEL,
        tracking_id=f"{reading.task}: {place.label}, place {number + 1}",
        tracking_uid=uid,
    )


def _text(place: Box | Point) -> TextObject:
    corner = (place.x, place.y) if isinstance(place, Point) else (place.xmin, place.ymin)
    return TextObject(
        f"{place.label} {place.score:.0%}",
        _PIXEL,
        anchor_point=corner,
        anchor_point_visible=False,
    )


def _notice(film: SourceFilm, turn: int) -> TextObject:
    """The notice along the edge that is the upper one when the film is turned upright."""
    rows, columns = film.rows, film.columns
    height, width = _NOTICE_SHARE * rows, _NOTICE_SHARE * columns
    box = {
        0: (0.0, 0.0, float(columns), height),
        90: (0.0, 0.0, width, float(rows)),
        180: (0.0, rows - height, float(columns), float(rows)),
        270: (columns - width, 0.0, float(columns), float(rows)),
    }[turn]
    return TextObject(NOTICE, _PIXEL, bounding_box=box)


def _colours(film: SourceFilm) -> bytes:
    """What a film's colours mean: its own ICC profile, else sRGB."""
    own = film.dataset.get("ICCProfile")
    if isinstance(own, bytes) and own:
        return own
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # ICC.1 section 7.2: the class, which PS3.3 C.11.15 wants to be an input device's, and when the
    # profile was made, which would make every object another.
    profile[12:16] = b"scnr"
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


def _turn(made: Dataset, film: SourceFilm, turn: int) -> None:
    """Say how the film is to be turned, and which of its pixels are then at the corners."""
    if not turn:
        return
    made.ImageRotation = turn
    made.ImageHorizontalFlip = "N"
    rows, columns = film.rows, film.columns
    corners = {
        90: ([1, rows], [columns, 1]),
        180: ([columns, rows], [1, 1]),
        270: ([columns, 1], [1, rows]),
    }[turn]
    area = made.DisplayedAreaSelectionSequence[0]
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = corners
