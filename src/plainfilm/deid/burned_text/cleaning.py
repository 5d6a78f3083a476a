"""Burned-in text taken out of a film: searched, filled, and searched again with other settings."""

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.boxes import Rectangle, TextBox, Verdict
from plainfilm.deid.burned_text.candidates import FIRST_SEARCH, SECOND_SEARCH
from plainfilm.deid.burned_text.filling import filled, with_edges
from plainfilm.deid.burned_text.planes import clean_overlays, fill_icon
from plainfilm.deid.burned_text.search import ReadLine, search_frame
from plainfilm.deid.identity import KnownIdentity
from plainfilm.dicom import Dataset, FilmPixels, decode_frame, edit_frames
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["clean_burned_text", "search_film"]

SEARCHES: Final = (FIRST_SEARCH, SECOND_SEARCH)
MOST_SEARCHES: Final = 8
"""Of one frame, until each setting in turn finds nothing more to fill."""
LARGEST_SHARE: Final = 0.35
"""Of a frame that text may take: a form on paper has more."""
SAME_SHARE: Final = 0.5
"""Of the smaller box that two boxes of one line share."""


def search_film(
    frame: NDArray[Any], identity: KnownIdentity, *, index: int = 0
) -> tuple[TextBox, ...]:
    """Find, read and judge the text on one frame, with both settings of the search.

    Args:
        frame: (rows, columns) stored values, integers; grey.
        identity: what is known of who is on the film.
        index: what the boxes carry as `frame`.
    Returns:
        one box a line, from top to bottom.
    Raises:
        UnsupportedPixels: with reason `burned_in_text`, where there is text everywhere.
    """
    found: list[TextBox] = []
    seen: list[ReadLine] = []
    for markings in SEARCHES:
        boxes = search_frame(frame, identity, index=index, markings=markings, seen=seen)
        found += _new_among(boxes, found)
    return tuple(sorted(found, key=lambda box: (box.y, box.x)))


def clean_burned_text(
    dataset: Dataset, film: FilmPixels, identity: KnownIdentity, *, strict: bool
) -> tuple[TextBox, ...]:
    """Fill every line of identity in a film's frames, overlays and icon image.

    Each frame is searched with two settings in turn, until neither finds identity in what will be
    written. Only pixels change, in the film's own transfer syntax.

    Args:
        dataset: whose pixel data, overlays and icon are changed.
        film: the decoded pixels of this dataset.
        identity: of the film as it came.
        strict: whether text that cannot be read is filled, too; otherwise the film is withheld.
    Returns:
        all text that was found. What is no longer there has the verdict IDENTITY or, where
        strict, DOUBTFUL.
    Raises:
        UnsupportedPixels: with reason `burned_in_text`, for a film to be withheld: text
            everywhere, text that cannot be read, identity that is still found; with another
            reason where a frame cannot be decoded or written.
    """
    found: list[TextBox] = []
    for index in range(film.frames):
        frame = film.frame if index == 0 else decode_frame(dataset, index)
        found += _clean_frame(dataset, frame, index, identity, strict=strict)
    found += clean_overlays(dataset, lambda image: search_film(image, identity), strict=strict)
    _refuse_unread(found, strict=strict)
    fill_icon(dataset, film.frame.shape, [box for box in found if box.frame == 0 and _fills(box)])
    return tuple(found)


def _clean_frame(
    dataset: Dataset, frame: NDArray[Any], index: int, identity: KnownIdentity, *, strict: bool
) -> list[TextBox]:
    """Fill one frame until each search in turn finds nothing more to fill; what was found."""
    found: list[TextBox] = []
    seen: list[ReadLine] = []
    silent = 0
    for number in range(MOST_SEARCHES):
        markings = SEARCHES[number % len(SEARCHES)]
        boxes = search_frame(frame, identity, index=index, markings=markings, seen=seen)
        new = _new_among(boxes, [box for box in found if not _fills(box)])
        # What cannot be read may be a part of what can: it is judged when that is gone.
        if any(box.verdict is Verdict.IDENTITY for box in new):
            new = [box for box in new if box.verdict is not Verdict.DOUBTFUL]
        _refuse_unread(new, strict=strict)
        found += new
        places = [with_edges(_place(box), frame.shape) for box in new if _fills(box)]
        silent = 0 if places else silent + 1
        if silent == len(SEARCHES):
            return sorted(found, key=lambda box: (box.y, box.x))
        if places:
            _refuse_forms(places, frame)
            edit_frames(dataset, {index: partial(filled, places=places)})
            frame = decode_frame(dataset, index)
            seen = []  # what was dark between letters may read now
    raise _withheld(f"frame {index} still shows identity after {MOST_SEARCHES} searches")


def _fills(box: TextBox) -> bool:
    """Whether a box is filled, in a film that is not withheld for it."""
    return box.verdict is not Verdict.KEEP


def _new_among(boxes: tuple[TextBox, ...], known: list[TextBox]) -> list[TextBox]:
    return [box for box in boxes if not any(_is_same(box, other) for other in known)]


def _is_same(box: TextBox, other: TextBox) -> bool:
    place, taken = _place(box), _place(other)
    smaller = min(place.width * place.height, taken.width * taken.height)
    return box.verdict is other.verdict and place.shared(taken) >= SAME_SHARE * smaller


def _place(box: TextBox) -> Rectangle:
    return Rectangle(box.x, box.y, box.x + box.width, box.y + box.height)


def _refuse_unread(boxes: list[TextBox], *, strict: bool) -> None:
    unread = [box for box in boxes if box.verdict is Verdict.DOUBTFUL]
    if unread and not strict:
        listed = ", ".join(f"{box.width}x{box.height} at ({box.x}, {box.y})" for box in unread[:8])
        raise _withheld(f"text that could not be read: {listed}")


def _refuse_forms(places: list[Rectangle], frame: NDArray[Any]) -> None:
    covered = np.zeros(frame.shape, np.bool_)
    for place in places:
        covered[place.top : place.bottom, place.left : place.right] = True
    if covered.mean() > LARGEST_SHARE:
        raise _withheld(f"text everywhere: on {covered.mean():.0%} of the frame")


def _withheld(detail: str) -> UnsupportedPixels:
    return UnsupportedPixels(detail, Reason.BURNED_IN_TEXT)
