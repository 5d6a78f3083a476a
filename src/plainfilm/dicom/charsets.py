"""Text in the character sets that (0008,0005) Specific Character Set can name.

Single-byte sets and UTF-8 are decoded here. Code extensions (ISO 2022 escape sequences) and
misspelt or unknown names are rare and left to pydicom.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from plainfilm.records import TagValue

__all__ = [
    "DEFAULT_ENCODINGS",
    "Encodings",
    "decoder",
    "encode_text",
    "encodings_of",
    "text_decoder",
]

Encodings: TypeAlias = tuple[str, ...]
"""Python codecs: the first for plain text, the others reached through escape sequences."""

DEFAULT_ENCODINGS: Final[Encodings] = ("iso8859",)

# DICOM PS3.3 table C.12-2 and C.12-5: defined terms that need no code extensions. ISO_IR 6 is
# ASCII, but modalities do write Latin-1 under it.
_SINGLE: Final[dict[str, Encodings]] = {
    "": ("iso8859",),
    "ISO_IR 6": ("iso8859",),
    "ISO_IR 13": ("shift_jis",),
    "ISO_IR 100": ("latin_1",),
    "ISO_IR 101": ("iso8859_2",),
    "ISO_IR 109": ("iso8859_3",),
    "ISO_IR 110": ("iso8859_4",),
    "ISO_IR 126": ("iso_ir_126",),
    "ISO_IR 127": ("iso_ir_127",),
    "ISO_IR 138": ("iso_ir_138",),
    "ISO_IR 144": ("iso_ir_144",),
    "ISO_IR 148": ("iso_ir_148",),
    "ISO_IR 166": ("iso_ir_166",),
    "ISO_IR 192": ("UTF8",),
    "GB18030": ("GB18030",),
    "GBK": ("GBK",),
}

# Python codecs that a file may name but no film is written in: some are slow on long input,
# some decode into something else than text.
_REFUSED: Final = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf_7", "utf7"}
)

_ESCAPE: Final = b"\x1b"
_MAX_ESCAPED_BYTES: Final = 1 << 20
"""Longer values are no text that a person wrote; taking them apart would take seconds."""


def encodings_of(value: TagValue) -> Encodings:
    """The codecs for a value of Specific Character Set; unknown names become Latin-1."""
    if not value or not isinstance(value, (str, list)):
        return DEFAULT_ENCODINGS
    if isinstance(value, str) and value in _SINGLE:
        return _SINGLE[value]
    from pydicom.charset import convert_encodings  # noqa: PLC0415 - slow to import, rarely needed

    from plainfilm.dicom._quiet import PYDICOM_ERRORS, quiet_pydicom  # noqa: PLC0415

    try:
        with quiet_pydicom():
            names = convert_encodings(value if isinstance(value, str) else list(map(str, value)))
    except PYDICOM_ERRORS:  # not even a name
        return DEFAULT_ENCODINGS
    return tuple("iso8859" if _is_refused(name) else name for name in names)


def _is_refused(name: str) -> bool:
    return name.lower().replace("-", "_").replace(" ", "_") in _REFUSED


def decoder(encodings: Encodings) -> Callable[[bytes], str]:
    """A function from an element's bytes to text; what cannot be decoded is replaced."""
    first = encodings[0]

    def decode(raw: bytes) -> str:
        if _ESCAPE in raw and len(raw) <= _MAX_ESCAPED_BYTES:
            return _decode_escaped(raw, encodings)
        try:
            return raw.decode(first)
        except UnicodeError:
            return _decode_replacing(raw, first)
        except LookupError:  # a codec that does not make text, such as zlib's
            return raw.decode("iso8859")

    return decode


def _decode_replacing(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, errors="replace")
    except UnicodeError:
        return raw.decode("iso8859")


def _decode_escaped(raw: bytes, encodings: Encodings) -> str:
    from pydicom.charset import decode_bytes  # noqa: PLC0415 - slow to import, rarely needed
    from pydicom.valuerep import TEXT_VR_DELIMS  # noqa: PLC0415

    from plainfilm.dicom._quiet import quiet_pydicom  # noqa: PLC0415

    with quiet_pydicom():
        try:
            return decode_bytes(raw, encodings, TEXT_VR_DELIMS)
        except (UnicodeError, LookupError):
            return raw.decode("iso8859")


@lru_cache(64)
def text_decoder(encodings: Encodings) -> Callable[[bytes], str]:
    """`decoder`, remembered."""
    return decoder(encodings)


def encode_text(text: str, encodings: Encodings) -> bytes:
    """Text in a film's character set; what it cannot hold becomes a question mark."""
    if text.isascii():
        return text.encode()
    first = encodings[0]
    try:
        encoded = text.encode(first)
    except (UnicodeError, LookupError):
        from pydicom.charset import encode_string  # noqa: PLC0415 - slow to import, rarely needed

        from plainfilm.dicom._quiet import quiet_pydicom  # noqa: PLC0415

        with quiet_pydicom():
            encoded = encode_string(text, list(encodings))
    return encoded if decoder(encodings)(encoded) == text else text.encode("ascii", "replace")
