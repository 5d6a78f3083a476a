"""Dummy values: not empty, valid for their value representation, and saying nothing."""

from typing import Final

from plainfilm.dicom import encode_element, encode_item

__all__ = ["dummy_items", "dummy_value"]

# One value of each VR (PS3.5 table 6.2-1). UI is not here: a UID gets a new one of its own.
_DUMMIES: Final[dict[str, bytes]] = {
    "AE": b"ANON",
    "AS": b"000D",
    "AT": bytes(4),
    "CS": b"ANON",
    "DA": b"19000101",
    "DS": b"0 ",
    "DT": b"19000101000000",
    "FD": bytes(8),
    "FL": bytes(4),
    "IS": b"0 ",
    "LO": b"ANON",
    "LT": b"ANON",
    "OB": bytes(2),
    "OD": bytes(8),
    "OF": bytes(4),
    "OL": bytes(4),
    "OV": bytes(8),
    "OW": bytes(2),
    "PN": b"ANON",
    "SH": b"ANON",
    "SL": bytes(4),
    "SS": bytes(2),
    "ST": b"ANON",
    "SV": bytes(8),
    "TM": b"000000",
    "UC": b"ANON",
    "UL": bytes(4),
    "UN": bytes(2),
    "UR": b"about:blank ",
    "US": bytes(2),
    "UT": b"ANON",
    "UV": bytes(8),
}

# Basic coded entry attributes of type 1C and 1 (PS3.3 table 8.8-1a).
_DUMMY_CODE: Final = (
    (0x00080100, "SH", b"ANON"),
    (0x00080102, "SH", b"99ANON"),
    (0x00080104, "LO", b"ANON"),
)
# Attributes of types 1 and 2 of a Verifying Observer (PS3.3 C.17.2).
_DUMMY_VERIFIER: Final = (
    (0x0040A027, "LO", b"ANON"),
    (0x0040A030, "DT", _DUMMIES["DT"]),
    (0x0040A075, "PN", b"ANON"),
    (0x0040A088, "SQ", b""),
)


def dummy_value(vr: str) -> bytes:
    """A dummy value's bytes, little endian; of a choice such as `US or SS` for the first."""
    return _DUMMIES[vr[:2]]


def dummy_items(keyword: str, *, implicit: bool) -> bytes:
    """One dummy item for a sequence: a dummy code or verifier where it holds such, else empty."""
    elements: tuple[tuple[int, str, bytes], ...] = ()
    if keyword.endswith("CodeSequence"):
        elements = _DUMMY_CODE
    elif keyword == "VerifyingObserverSequence":
        elements = _DUMMY_VERIFIER
    return encode_item(b"".join(encode_element(*one, implicit=implicit) for one in elements))
