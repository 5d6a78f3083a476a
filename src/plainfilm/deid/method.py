"""The attributes by which an object says that it is de-identified (PS3.15 E.1.1)."""

from functools import cache
from typing import Final

from plainfilm.deid.profile import Option, data_rows
from plainfilm.dicom import (
    DataElement,
    Dataset,
    decode_elements,
    encode_element,
    encode_item,
    read_raw,
)

__all__ = ["mark_deidentified", "mark_searched", "marks"]

METHOD: Final = "plainfilm: DICOM PS3.15 annex E, 2026d"

_PATIENT_IDENTITY_REMOVED: Final = 0x00120062
_METHOD: Final = 0x00120063
_METHOD_CODES: Final = 0x00120064
_LONGITUDINAL: Final = 0x00280303
_BURNED_IN: Final = 0x00280301


@cache
def marks(options: frozenset[Option], *, pixels_searched: bool, implicit: bool) -> dict[int, bytes]:
    """The encoded elements that name the method and its codes, and say what became of dates.

    Args:
        pixels_searched: Clean Pixel Data is named only then.
    Returns:
        Tag → element.
    Source: DICOM PS3.15 E.1.1; PS3.16 CID 7050.
    """
    if not pixels_searched:
        options = options - {Option.CLEAN_PIXEL_DATA}
    codes = b"".join(_code(*code, implicit=implicit) for code in _codes(options))
    return {
        tag: encode_element(tag, vr, _padded(value), implicit=implicit)
        for tag, vr, value in (
            (_PATIENT_IDENTITY_REMOVED, "CS", b"YES"),
            (_METHOD, "LO", METHOD.encode()),
            (_METHOD_CODES, "SQ", codes),
            (_LONGITUDINAL, "CS", _longitudinal(options)),
        )
    }


def mark_deidentified(
    dataset: Dataset, options: frozenset[Option], *, pixels_searched: bool
) -> None:
    """Put `marks` into a dataset, and say that no text is burned in.

    Args:
        pixels_searched: the pixels were searched for text, and what was found was removed; only
            then is BurnedInAnnotation set to NO.
    """
    elements = marks(options, pixels_searched=pixels_searched, implicit=False)
    for element in decode_elements(b"".join(elements[tag] for tag in sorted(elements))):
        dataset.add(element)
    if pixels_searched:
        dataset.add(DataElement(_BURNED_IN, "CS", "NO"))


def mark_searched(content: bytes, options: frozenset[Option]) -> bytes:
    """A film's bytes as `mark_deidentified` would have it be written, all else copied.

    Args:
        content: from `clean_file`, whose pixels were searched and needed no change.
    """
    film = read_raw(content)
    pieces = {element.tag: content[element.start : element.end] for element in film.elements}
    pieces |= marks(options, pixels_searched=True, implicit=film.implicit)
    pieces[_BURNED_IN] = encode_element(_BURNED_IN, "CS", b"NO", implicit=film.implicit)
    head = content[: film.elements[0].start]
    return b"".join((head, *(pieces[tag] for tag in sorted(pieces))))


def _longitudinal(options: frozenset[Option]) -> bytes:
    if Option.RETAIN_FULL_DATES in options:
        return b"UNMODIFIED"
    return b"MODIFIED" if Option.RETAIN_MODIFIED_DATES in options else b"REMOVED"


def _codes(options: frozenset[Option]) -> list[tuple[str, str]]:
    return [
        (row["code"], row["meaning"])
        for row in data_rows("deidentification_methods.csv")
        if not row["option"] or row["option"] in options
    ]


def _code(value: str, meaning: str, *, implicit: bool) -> bytes:
    return encode_item(
        b"".join(
            encode_element(tag, vr, _padded(text.encode()), implicit=implicit)
            for tag, vr, text in (
                (0x00080100, "SH", value),
                (0x00080102, "SH", "DCM"),
                (0x00080104, "LO", meaning),
            )
        )
    )


def _padded(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)
