"""Text in what a film carries beside its frames: overlay planes and the icon image."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.boxes import Rectangle, TextBox, Verdict
from plainfilm.deid.burned_text.filling import filled, with_edges
from plainfilm.dicom import DataElement, Dataset, decode_film, edit_frames
from plainfilm.errors import UnsupportedPixels

__all__ = ["OVERLAY", "clean_overlays", "fill_icon"]

OVERLAY: Final = -1
"""`TextBox.frame` of text in an overlay; its place is counted in the overlay."""

_DATA: Final = 0x3000
_ROWS: Final = 0x0010
_COLUMNS: Final = 0x0011
_FRAMES: Final = 0x0015


def clean_overlays(
    dataset: Dataset,
    search: Callable[[NDArray[np.uint8]], tuple[TextBox, ...]],
    *,
    strict: bool,
) -> list[TextBox]:
    """Clear the text that is to go from every overlay plane (groups 60xx).

    Args:
        search: finds the text of one image of 0 and 255.
        strict: whether text that cannot be read goes, too.
    Source: DICOM PS3.3 C.9.2.
    """
    found: list[TextBox] = []
    for group, planes in _overlays(dataset):
        cleared = planes.copy()
        boxes = [replace(box, frame=OVERLAY) for plane in planes for box in search(plane * 255)]
        for box in boxes:
            if box.verdict is Verdict.IDENTITY or (strict and box.verdict is Verdict.DOUBTFUL):
                place = Rectangle(box.x, box.y, box.x + box.width, box.y + box.height)
                place = with_edges(place, planes.shape[1:])
                cleared[:, place.top : place.bottom, place.left : place.right] = 0
        if not np.array_equal(cleared, planes):
            packed = np.packbits(cleared.ravel(), bitorder="little").tobytes()
            element = dataset[group, _DATA]
            data = packed + b"\0" * (len(packed) % 2)
            dataset.add(DataElement(element.tag, element.VR, data))
        found += boxes
    return found


def _overlays(dataset: Dataset) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Group and (frames, rows, columns) bits of each overlay that holds its own data."""
    for group in range(0x6000, 0x6020, 2):
        if (group, _DATA) not in dataset or not dataset[group, _DATA].value:
            continue
        shape = [_number(dataset, group, _FRAMES) or 1]
        shape += [_number(dataset, group, element) for element in (_ROWS, _COLUMNS)]
        bits = np.frombuffer(dataset[group, _DATA].value, np.uint8)
        needed = int(np.prod(shape))
        if needed and 8 * len(bits) >= needed:
            unpacked = np.unpackbits(bits, count=needed, bitorder="little")
            yield group, unpacked.reshape(shape)


def _number(dataset: Dataset, group: int, element: int) -> int:
    found = dataset.get((group, element))
    return 0 if found is None or found.value in (None, "") else int(found.value)


def fill_icon(dataset: Dataset, shape: Sequence[int], boxes: Sequence[TextBox]) -> None:
    """Fill in the icon image what was filled in the film; an icon that cannot be changed goes.

    Args:
        shape: (rows, columns) of the film.
        boxes: that were filled in its first frame.
    """
    if not boxes or "IconImageSequence" not in dataset:
        return
    for icon in dataset.IconImageSequence:
        try:
            rows, columns = decode_film(icon).frame.shape
            down, across = rows / shape[0], columns / shape[1]
            places = [
                Rectangle(
                    int(box.x * across),
                    int(box.y * down),
                    int(np.ceil((box.x + box.width) * across)),
                    int(np.ceil((box.y + box.height) * down)),
                ).padded(1, 1, (rows, columns))
                for box in boxes
            ]
            edit_frames(icon, {0: partial(filled, places=places)})
        except UnsupportedPixels:
            del dataset.IconImageSequence
            return
