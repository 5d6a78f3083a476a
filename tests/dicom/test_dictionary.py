"""The data dictionary says what pydicom's says."""

import pytest
from pydicom.datadict import DicomDictionary, RepeatersDictionary, dictionary_VR
from pydicom.tag import Tag

from plainfilm.dicom import keyword_vr, standard_keywords
from plainfilm.dicom.dictionary import entry_of

KNOWN_VRS = {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD"}
KNOWN_VRS |= {"OF", "OL", "OV", "OW", "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI"}
KNOWN_VRS |= {"UL", "UN", "UR", "US", "UT", "UV", "NONE"}


def little_endian(tag: int) -> bytes:
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


def test_every_element_has_pydicoms_keyword_vr_and_vm() -> None:
    for tag, (vr, vm, _name, _retired, keyword) in DicomDictionary.items():
        entry = entry_of(little_endian(tag))
        assert entry is not None
        assert entry == (keyword, vr, vm)


def test_repeating_groups_have_a_vr_but_no_keyword() -> None:
    for mask, (vr, _vm, *_rest) in RepeatersDictionary.items():
        for digit in "02E":
            tag = Tag(int(mask.replace("x", digit), 16))
            entry = entry_of(little_endian(tag))
            assert entry is not None
            if tag not in DicomDictionary:
                assert entry.keyword == ""
                assert entry.vr == dictionary_VR(tag) == vr


@pytest.mark.parametrize("tag", [0x00090010, 0x60013000, 0x00080004, 0xFFFFFFFF])
def test_private_and_unknown_tags_have_no_entry(tag: int) -> None:
    assert entry_of(little_endian(tag)) is None


@pytest.mark.parametrize(
    ("keyword", "vr_and_vm"),
    [
        ("PatientName", ("PN", "1")),
        ("PixelSpacing", ("DS", "2")),
        ("ImageType", ("CS", "2-n")),
        ("RequestAttributesSequence", ("SQ", "1")),
        ("PixelPaddingValue", ("SS", "1")),  # US or SS
        ("PixelData", ("OW", "1")),  # OB or OW
        ("LUTData", ("OW", "1-n")),  # US or OW
        ("Nonsense", None),
        ("", None),
    ],
)
def test_keyword_vr_names_one_vr(keyword: str, vr_and_vm: tuple[str, str] | None) -> None:
    assert keyword_vr(keyword) == vr_and_vm


def test_standard_keywords_are_all_known_and_unique() -> None:
    keywords = standard_keywords()
    assert len(keywords) == len(set(keywords)) > 5000
    for keyword in keywords:
        found = keyword_vr(keyword)
        assert found is not None
        assert found[0] in KNOWN_VRS
