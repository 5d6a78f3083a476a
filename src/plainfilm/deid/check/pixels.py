"""The pixels of one film: decoded, searched for text, compared with the original's."""

import hashlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from plainfilm.deid.burned_text import Verdict, search_film
from plainfilm.deid.check.scores import Check, Tally
from plainfilm.deid.identity import KnownIdentity
from plainfilm.dicom import Dataset, FilmPixels, colour_channels, decode_film, decode_frame
from plainfilm.errors import Reason, UnsupportedPixels

__all__ = ["judge_pixels", "judge_pixels_against", "pixel_digest"]

_PATH: Final = "7FE00010"
_LOSSY: Final = frozenset(
    f"1.2.840.10008.1.2.4.{number}" for number in ("50", "51", "81", "91", "203")
)
# Of a lossy film that was encoded again: by how much of the range pixels may differ, how far
# around a filled box they may differ by more, and for how many of them this may fail.
_TOLERANCE: Final = 1 / 32
_AROUND_BOX: Final = 16
_MAY_DIFFER: Final = 0.001
_WORST: Final = ("text_in_pixels", "doubtful_text", "")


def judge_pixels(film: FilmPixels, clean: Dataset, identity: KnownIdentity, tally: Tally) -> None:
    """Whether text that identifies, or may, is in the pixels of any frame, in any colour.

    Raises:
        UnsupportedPixels: a later frame cannot be decoded.
    """
    for index in range(film.frames):
        frame = film.frame if index == 0 else decode_frame(clean, index)
        # Its luminance alone may hide text of one colour on another.
        planes = (frame, *colour_channels(clean, index))
        reason = min((_text_in(plane, identity) for plane in planes), key=_WORST.index)
        tally.judge(not reason, Check.PIXELS_HIDDEN, _PATH, reason)


def _text_in(frame: NDArray[Any], identity: KnownIdentity) -> str:
    """Reason code for the worst text on a frame; empty where there is none but kept words."""
    try:
        verdicts = {box.verdict for box in search_film(frame, identity)}
    except UnsupportedPixels as error:
        if error.reason is not Reason.BURNED_IN_TEXT:
            raise
        return "text_in_pixels"  # text everywhere
    if Verdict.IDENTITY in verdicts:
        return "text_in_pixels"
    return "doubtful_text" if Verdict.DOUBTFUL in verdicts else ""


def judge_pixels_against(film: FilmPixels, clean: Dataset, original: Dataset, tally: Tally) -> None:
    """Whether pixels are as they were, but for boxes that are filled with one value.

    Raises:
        UnsupportedPixels: the original cannot be decoded.
    """
    before = decode_film(original)
    same = film.frame.shape == before.frame.shape and _same(film, before, clean)
    tally.judge(same, Check.PIXELS_RETAINED, _PATH, "changed")


def _same(film: FilmPixels, before: FilmPixels, clean: Dataset) -> bool:
    difference = np.abs(film.frame.astype(np.int64) - before.frame.astype(np.int64))
    if not difference.any():
        return True
    changed = difference > 0
    if _is_lossy(clean):
        changed = difference > (1 << film.bits_stored) * _TOLERANCE
    boxes = _filled(film.frame)
    if _is_lossy(clean):
        boxes = ndimage.binary_dilation(boxes, iterations=_AROUND_BOX)
        return float((changed & ~boxes).mean()) <= _MAY_DIFFER
    return not (changed & ~boxes).any()


def _is_lossy(dataset: Dataset) -> bool:
    meta = getattr(dataset, "file_meta", None) or {}
    return str(meta.get("TransferSyntaxUID", "")) in _LOSSY


def _filled(frame: NDArray[Any]) -> NDArray[np.bool_]:
    """The pixels that lie in some square of 3 x 3 pixels of one value, as all of a filled box do.

    Boxes may touch and overlap, each with a value of its own, so no rectangles are looked for.
    """
    flat = ndimage.maximum_filter(frame, 3) == ndimage.minimum_filter(frame, 3)
    filled: NDArray[np.bool_] = ndimage.binary_dilation(flat, np.ones((3, 3), np.bool_))
    return filled


def pixel_digest(dataset: Dataset) -> bytes:
    """16 bytes that are the same for films with the same stored values.

    Raises:
        UnsupportedPixels: the film cannot be decoded.
    """
    film = decode_film(dataset)
    frame = np.ascontiguousarray(film.frame.astype("<i8"))
    shape = str(frame.shape).encode()
    return hashlib.blake2b(shape + frame.tobytes(), digest_size=16).digest()
