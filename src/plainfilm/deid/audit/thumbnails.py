"""Small pictures of results, with frames around what was decided on."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import Dataset, encode_png, render_display

if TYPE_CHECKING:
    from plainfilm.deid.burned_text import TextBox

__all__ = ["LONGEST_SIDE", "result_thumbnail"]

LONGEST_SIDE: Final = 240
_FRAME_GREY: Final = 170
_MARGIN: Final = 2


def result_thumbnail(clean: Dataset, boxes: "Iterable[TextBox]") -> bytes:
    """A PNG of a clean film, each box of its first frame inside a thin grey frame.

    Args:
        clean: the de-identified film, its pixels cleaned.
        boxes: in pixels of the film.
    Raises:
        UnsupportedPixels: the film cannot be rendered.
    """
    shown = np.array(render_display(clean, longest_side=LONGEST_SIDE))
    scale = shown.shape[0] / int(clean["Rows"].value), shown.shape[1] / int(clean["Columns"].value)
    for box in boxes:
        if box.frame == 0:
            _draw(shown, box, scale)
    return encode_png(shown)


def _draw(shown: NDArray[np.uint8], box: "TextBox", scale: tuple[float, float]) -> None:
    rows, columns = shown.shape[:2]
    top = _within(box.y * scale[0] - _MARGIN, rows)
    bottom = _within((box.y + box.height) * scale[0] + _MARGIN, rows)
    left = _within(box.x * scale[1] - _MARGIN, columns)
    right = _within((box.x + box.width) * scale[1] + _MARGIN, columns)
    frame: tuple[Any, ...] = (
        (slice(top, top + 1), slice(left, right + 1)),
        (slice(bottom, bottom + 1), slice(left, right + 1)),
        (slice(top, bottom + 1), slice(left, left + 1)),
        (slice(top, bottom + 1), slice(right, right + 1)),
    )
    for line in frame:
        shown[line] = _FRAME_GREY


def _within(position: float, size: int) -> int:
    return min(max(round(position), 0), size - 1)
