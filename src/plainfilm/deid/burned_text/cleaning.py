"""Burned-in text taken out of a film: searched, filled, and searched again with other settings."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.boxes import Rectangle, TextBox, TextStays, Verdict
from plainfilm.deid.burned_text.candidates import FIRST_SEARCH, SECOND_SEARCH, Search
from plainfilm.deid.burned_text.extent import Line
from plainfilm.deid.burned_text.filling import filled, with_edges
from plainfilm.deid.burned_text.greys import search_range
from plainfilm.deid.burned_text.planes import clean_overlays, fill_icon
from plainfilm.deid.burned_text.search import ReadLine, search_frame
from plainfilm.deid.identity import KnownIdentity
from plainfilm.dicom import Dataset, FilmPixels, colour_channels, decode_frame, edit_frames

__all__ = ["clean_burned_text", "search_film"]

SEARCHES: Final = (FIRST_SEARCH, SECOND_SEARCH)
MOST_SEARCHES: Final = 8
"""Of one frame, until each setting in turn finds nothing more to fill."""
LARGEST_SHARE: Final = 0.35
"""Of a frame that text may take: a form on paper has more."""
SAME_SHARE: Final = 0.5
"""Of the smaller box that two boxes of one line share."""
PICTURE_SHARE: Final = 0.03
PICTURE_PERCENTILES: Final = (2, 98)
"""Of a frame's range that the middle of its values spans without its text: less is a page."""
SAMPLING: Final = 4
"""Every so many rows and columns of a frame tell whether it is a page."""

Planes = list[NDArray[Any]]
"""A frame's grey values, or luminance, and the channels of a frame in colour."""


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
        TextStays: there is text everywhere.
    """
    found: list[TextBox] = []
    seen: list[ReadLine] = []
    image = search_range(frame)
    for search in SEARCHES:
        boxes = search_frame(image, identity, index=index, search=search, seen=seen)
        found += _new_among(boxes, found)
    return tuple(sorted(found, key=lambda box: (box.y, box.x)))


def clean_burned_text(
    dataset: Dataset, film: FilmPixels, identity: KnownIdentity, *, strict: bool
) -> tuple[TextBox, ...]:
    """Fill every line of identity in a film's frames, overlays and icon image.

    Each frame, and each channel of one in colour, is searched with two settings in turn, until
    neither finds identity in what will be written. Only pixels change, in the film's own transfer
    syntax.

    Args:
        dataset: whose pixel data, overlays and icon are changed.
        film: the decoded pixels of this dataset.
        identity: of the film as it came.
        strict: whether text that cannot be read is filled, too; otherwise the film is withheld.
    Returns:
        all text that was found. What is no longer there has the verdict IDENTITY or, where
        strict, DOUBTFUL.
    Raises:
        TextStays: for a film to be withheld: text everywhere, or text and no picture, text that
            cannot be read, identity that is still found.
        UnsupportedPixels: a frame cannot be decoded or written.
    """
    found: list[TextBox] = []
    for index in range(film.frames):
        frame = film.frame if index == 0 else decode_frame(dataset, index)
        planes = [frame, *colour_channels(dataset, index)]
        found += _clean_frame(dataset, planes, index, identity, strict=strict)
    found += clean_overlays(dataset, lambda image: search_film(image, identity), strict=strict)
    _refuse_unread(found, strict=strict)
    fill_icon(dataset, film.frame.shape, [box for box in found if box.frame == 0 and _fills(box)])
    return tuple(found)


def _clean_frame(
    dataset: Dataset, planes: Planes, index: int, identity: KnownIdentity, *, strict: bool
) -> list[TextBox]:
    """Fill one frame until each search in turn finds nothing more to fill; what was found."""
    before = planes
    images = [search_range(plane) for plane in planes]
    found: list[TextBox] = []
    seen: list[list[ReadLine]] = [[] for _ in planes]
    silent = 0
    for number in range(MOST_SEARCHES):
        search = SEARCHES[number % len(SEARCHES)]
        boxes = _search(images, identity, index, search, seen)
        new = _new_among(boxes, [box for box in found if not _fills(box)])
        # What cannot be read may be a part of what can: it is judged when that is gone.
        if any(box.verdict is Verdict.IDENTITY for box in new):
            new = [box for box in new if box.verdict is not Verdict.DOUBTFUL]
        _refuse_unread(new, strict=strict)
        found += new
        places = [with_edges(_place(box), planes[0].shape) for box in new if _fills(box)]
        silent = 0 if places else silent + 1
        if silent == len(SEARCHES):
            _refuse_pages(before, planes, found)
            return sorted(found, key=lambda box: (box.y, box.x))
        if places:
            _refuse_forms(places, planes[0], found)
            edit_frames(dataset, {index: partial(filled, places=places)})
            planes = [decode_frame(dataset, index), *colour_channels(dataset, index)]
            shown, images = images, [search_range(plane) for plane in planes]
            # What was dark between letters may read now; what lies elsewhere was read. A film whose
            # only colour was that of its text has no channels any more.
            seen = [
                [read for read in known if _is_unchanged(read.line, old, new)]
                for known, old, new in zip(seen, shown, images, strict=False)
            ]
    message = f"frame {index} still shows identity after {MOST_SEARCHES} searches"
    raise TextStays(message, found)


def _is_unchanged(line: Line, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether a line and what surrounds it looks the same in two images of a frame."""
    thickness = min(line.place.width, line.place.height)
    around = line.place.padded(thickness, thickness, (before.shape[0], before.shape[1]))
    region = np.s_[around.top : around.bottom, around.left : around.right]
    return np.array_equal(before[region], after[region])


def _search(
    images: list[NDArray[np.uint8]],
    identity: KnownIdentity,
    index: int,
    search: Search,
    seen: list[list[ReadLine]],
) -> list[TextBox]:
    """The text on all planes of a frame; a line that several show is as large as on all of them."""
    found: list[TextBox] = []
    for image, known in zip(images, seen, strict=True):
        boxes = search_frame(image, identity, index=index, search=search, seen=known)
        others = found
        found = list(boxes)
        for box in others:
            found = _with(found, box)
    return found


def _with(found: list[TextBox], box: TextBox) -> list[TextBox]:
    """The boxes with another one, joined with those of the same line.

    A line that cannot be read in one channel is no doubtful one where it reads in another.
    """
    kept = []
    for other in found:
        if not _is_same_place(box, other):
            kept.append(other)
        elif box.verdict is other.verdict:
            place = _place(box).joined(_place(other))
            box = replace(box, x=place.left, y=place.top, width=place.width, height=place.height)
        elif box.verdict is Verdict.DOUBTFUL:
            return found
        elif other.verdict is not Verdict.DOUBTFUL:
            kept.append(other)
    return [*kept, box]


def _fills(box: TextBox) -> bool:
    """Whether a box is filled, in a film that is not withheld for it."""
    return box.verdict is not Verdict.KEEP


def _new_among(boxes: Sequence[TextBox], known: list[TextBox]) -> list[TextBox]:
    return [box for box in boxes if not any(_is_same(box, other) for other in known)]


def _is_same(box: TextBox, other: TextBox) -> bool:
    return box.verdict is other.verdict and _is_same_place(box, other)


def _is_same_place(box: TextBox, other: TextBox) -> bool:
    place, taken = _place(box), _place(other)
    return place.shared(taken) >= SAME_SHARE * min(place.area, taken.area)


def _place(box: TextBox) -> Rectangle:
    return Rectangle(box.x, box.y, box.x + box.width, box.y + box.height)


def _refuse_unread(boxes: list[TextBox], *, strict: bool) -> None:
    unread = [box for box in boxes if box.verdict is Verdict.DOUBTFUL]
    if unread and not strict:
        listed = ", ".join(f"{box.width}x{box.height} at ({box.x}, {box.y})" for box in unread[:8])
        raise TextStays(f"text that could not be read: {listed}", boxes)


def _refuse_pages(before: Planes, after: Planes, found: list[TextBox]) -> None:
    """Refuse a frame that shows no picture once its text is filled, such as a form on paper."""
    if any(map(_fills, found)) and not any(map(_shows_picture, before, after)):
        raise TextStays("text on an empty page", found)


def _shows_picture(before: NDArray[Any], after: NDArray[Any]) -> bool:
    sample = after[::SAMPLING, ::SAMPLING]
    low, high = np.percentile(sample, PICTURE_PERCENTILES)
    return bool(high - low > PICTURE_SHARE * (int(before.max()) - int(before.min())))


def _refuse_forms(places: list[Rectangle], frame: NDArray[Any], found: list[TextBox]) -> None:
    covered = np.zeros(frame.shape, np.bool_)
    for place in places:
        covered[place.top : place.bottom, place.left : place.right] = True
    if covered.mean() > LARGEST_SHARE:
        raise TextStays(f"text everywhere: on {covered.mean():.0%} of the frame", found)
