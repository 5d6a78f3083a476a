"""Dummy values: not empty, valid for their value representation, and saying nothing."""

from typing import Final

from plainfilm.dicom import DataElement, Dataset, DicomSequence

__all__ = ["dummy_element"]

# One value of each VR (PS3.5 table 6.2-1). UI is not here: a UID gets a new one of its own.
_DUMMIES: Final[dict[str, object]] = {
    "AE": "ANON",
    "AS": "000D",
    "AT": 0,
    "CS": "ANON",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "FD": 0.0,
    "FL": 0.0,
    "IS": "0",
    "LO": "ANON",
    "LT": "ANON",
    "OB": b"\0\0",
    "OD": bytes(8),
    "OF": bytes(4),
    "OL": bytes(4),
    "OV": bytes(8),
    "OW": b"\0\0",
    "PN": "ANON",
    "SH": "ANON",
    "SL": 0,
    "SS": 0,
    "ST": "ANON",
    "SV": 0,
    "TM": "000000",
    "UC": "ANON",
    "UL": 0,
    "UN": b"\0\0",
    "UR": "about:blank",
    "US": 0,
    "UT": "ANON",
    "UV": 0,
}

# Basic coded entry attributes of type 1C and 1 (PS3.3 table 8.8-1a).
_DUMMY_CODE: Final = (
    (0x00080100, "SH", "ANON"),
    (0x00080102, "SH", "99ANON"),
    (0x00080104, "LO", "ANON"),
)


def dummy_element(element: DataElement) -> DataElement:
    """An element of the same tag and VR with a dummy value; a sequence gets one dummy item."""
    if element.VR == "SQ":
        item = Dataset()
        if element.keyword.endswith("CodeSequence"):
            for tag, vr, value in _DUMMY_CODE:
                item.add(DataElement(tag, vr, value))
        return DataElement(element.tag, "SQ", DicomSequence([item]))
    return DataElement(element.tag, element.VR, _DUMMIES[element.VR])
