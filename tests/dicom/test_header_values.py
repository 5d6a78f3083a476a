"""From bytes to values, VR by VR: commented truth tables."""

import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from plainfilm.dicom import read_header
from plainfilm.dicom.charsets import DEFAULT_ENCODINGS, encodings_of
from plainfilm.dicom.values import decoders_for

sys.path.insert(0, str(Path(__file__).parent))
from header_bytes import (
    DX_IMAGE,
    EXPLICIT,
    IMPLICIT,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    element,
    item,
    part10,
)


@pytest.mark.parametrize(
    ("vr", "raw", "value"),
    [
        # Empty is None, whatever the VR.
        ("LO", b"", None),
        ("DS", b"", None),
        ("US", b"", None),
        ("AT", b"", None),
        ("OB", b"", None),
        ("PN", b"", None),
        ("CS", b"  ", None),
        # Text: padding goes, several values are a list, empty ones among them stay.
        ("CS", b"DX", "DX"),
        ("CS", b"DX ", "DX"),
        ("CS", b" DX", " DX"),
        ("CS", b"ORIGINAL\\PRIMARY\\", ["ORIGINAL", "PRIMARY", ""]),
        ("LO", b"a \\b ", ["a", "b"]),
        ("AE", b" PACS ", "PACS"),
        ("AE", b"A \\ B", ["A", "B"]),
        ("LT", b"one\\two ", "one\\two"),  # a backslash is text in LT, ST and UT
        ("ST", b" kept ", " kept"),
        ("UR", b"http://x/ ", "http://x/"),
        ("DA", b"20240131", "20240131"),
        ("TM", b"101530.5 ", "101530.5"),
        # Person names: empty component groups at the end go.
        ("PN", b"Doe^Jane^^^=", "Doe^Jane^^^"),
        ("PN", b"A^B=C^D==", "A^B=C^D"),
        ("PN", b"A^B\\C^D ", ["A^B", "C^D"]),
        # UIDs
        ("UI", b"1.2.3\0", "1.2.3"),
        ("UI", b" 1.2.3 ", "1.2.3"),
        ("UI", b"1.2\\1.3\0", ["1.2", "1.3"]),
        # Numbers as text
        ("DS", b"1.50", 1.5),
        ("DS", b" 2 ", 2.0),
        ("DS", b"2\0", 2.0),
        ("DS", b"0.1\\-2e3 ", [0.1, -2000.0]),
        ("DS", b"1\\\\3", [1.0, None, 3.0]),
        ("IS", b"007 ", 7),
        ("IS", b"-5\\+6", [-5, 6]),
        ("IS", b"1.0 ", 1),
        ("IS", b"1.5 ", 1.5),
        ("IS", b"1\\\\3 ", [1, None, 3]),
        ("IS", b"abc ", "abc"),
        ("IS", b"9007199254740993", 9007199254740992.0),  # pydicom, too, takes the float
        ("IS", b"12345678901234567890123", 12345678901234567890123.0),
        # Binary numbers
        ("US", b"\x01\x80", 0x8001),
        ("SS", b"\xff\xff", -1),
        ("US", b"\x01\x00\x02\x00", [1, 2]),
        ("UL", b"\x01\x00\x00\x80", 0x80000001),
        ("SL", b"\xff\xff\xff\xff", -1),
        ("UV", b"\xff" * 8, 2**64 - 1),
        ("SV", b"\xff" * 8, -1),
        ("FL", struct.pack("<f", 0.5), 0.5),
        ("FD", struct.pack("<2d", 0.1, 2), [0.1, 2.0]),
        ("US", b"\x01\x02\x03", b"\x01\x02\x03"),  # a length that does not fit
        # Tags
        ("AT", b"\x10\x00\x20\x00", 0x00100020),
        ("AT", b"\x10\x00\x20\x00\x08\x00\x05\x00", [0x00100020, 0x00080005]),
        ("AT", b"\x10\x00", None),
        # Bytes
        ("OB", b"\0\1", b"\0\1"),
        ("UN", b"text", b"text"),
    ],
)
def test_values_by_vr(vr: str, raw: bytes, value: Any) -> None:
    decoded = decoders_for(DEFAULT_ENCODINGS)[vr][raw]
    assert decoded == value
    assert type(decoded) is type(value)


def test_remembered_values_are_not_shared_where_they_can_be_changed() -> None:
    film = part10(element(0x00080008, "CS", b"ORIGINAL\\PRIMARY"))
    first = read_header(film).tags["ImageType"]
    assert isinstance(first, list)
    first.append("CHANGED")
    assert read_header(film).tags["ImageType"] == ["ORIGINAL", "PRIMARY"]


def test_the_memory_of_values_is_bounded() -> None:
    decoder = decoders_for(DEFAULT_ENCODINGS)["LO"]
    for number in range(20_000):
        assert decoder[b"%d" % number] == str(number)
    assert len(decoder) <= 4096
    long = b"x" * 10_000
    assert decoder[long] == long.decode()
    assert long not in decoder


@pytest.mark.parametrize(
    ("terms", "raw", "text"),
    [
        ("ISO_IR 100", b"M\xfcller", "Müller"),
        ("ISO_IR 101", b"\xb1", "ą"),
        ("ISO_IR 144", b"\xbb\xee\xda", "Люк"[:1] + "ю" + "к"),
        ("ISO_IR 126", b"\xc4\xe9", "Δι"),
        ("ISO_IR 13", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
        ("ISO_IR 192", "Ελένη 王".encode(), "Ελένη 王"),
        ("GB18030", "王小东".encode("gb18030"), "王小东"),
        ("\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b(B", "山田"),
        ("ISO 2022 IR 6\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe8", "김"),
        ("ISO-IR 100", b"M\xfcller", "Müller"),  # misspelt, as happens
        ("ISO_IR_192", b"abc", "abc"),
    ],
)
def test_text_in_the_character_sets_of_the_standard(terms: str, raw: bytes, text: str) -> None:
    film = part10(
        element(0x00080005, "CS", terms.encode() + b" " * (len(terms) % 2))
        + element(0x00100020, "LO", raw)
        + element(0x00100010, "PN", raw + b"^X")
    )
    tags = read_header(film).tags
    assert tags["PatientID"] == text
    assert tags["PatientName"] == f"{text}^X"


def test_character_set_holds_for_items_unless_they_name_their_own() -> None:
    name = element(0x00080104, "LO", b"\xc4")
    greek = element(0x00080005, "CS", b"ISO_IR 126")
    film = part10(
        element(0x00080005, "CS", b"ISO_IR 100")
        + element(0x00081140, "SQ", item(name) + item(greek + name) + item(name))
    )
    items = read_header(film).tags["ReferencedImageSequence"]
    assert isinstance(items, list)
    assert [entry["CodeMeaning"] for entry in items] == ["Ä", "Δ", "Ä"]


def test_unknown_character_set_values_become_latin_1() -> None:
    assert encodings_of(None) == DEFAULT_ENCODINGS
    assert encodings_of(b"bytes") == DEFAULT_ENCODINGS
    assert encodings_of("nonsense") == DEFAULT_ENCODINGS


@pytest.mark.parametrize(
    ("representation", "value"), [(b"\0\0", 65535), (b"\1\0", -1), (None, 65535)]
)
def test_pixel_representation_decides_us_or_ss(representation: bytes | None, value: int) -> None:
    # (0028,0106) Smallest Image Pixel Value, also where it precedes (0028,0103) or lies in an item
    smallest = element(0x00280106, None, b"\xff\xff")
    sign = element(0x00280103, None, representation) if representation else b""
    film = part10(element(0x00081140, None, item(smallest)) + smallest + sign, IMPLICIT)
    tags = read_header(film).tags
    assert tags["SmallestImagePixelValue"] == value
    assert tags["ReferencedImageSequence"] == [{"SmallestImagePixelValue": value}]


@pytest.mark.parametrize(("entries", "value"), [(1, 7), (2, b"\x07\x00")])
def test_lut_descriptor_decides_us_or_ow(entries: int, value: object) -> None:
    descriptor = element(0x00283002, None, struct.pack("<3H", entries, 0, 16))
    film = part10(descriptor + element(0x00283006, None, b"\x07\x00"), IMPLICIT)
    assert read_header(film).tags["LUTData"] == value


def test_lut_descriptor_in_ss_has_an_unsigned_count() -> None:
    film = part10(element(0x00283002, "SS", struct.pack("<3h", -1, -1, 16)))
    assert read_header(film).tags["LUTDescriptor"] == [65535, -1, 16]


def test_private_elements_stand_under_their_tag() -> None:
    film = part10(
        element(0x00190010, "LO", b"ACME")
        + element(0x00191001, "DS", b"1.5 ")
        + element(0x00191002, "UN", b"raw!")
        + element(0x60003000, "OW", b"\1\2")
    )
    assert read_header(film).tags == {
        "00190010": "ACME",
        "00191001": 1.5,
        "00191002": b"raw!",
        "60003000": b"\1\2",
    }


def test_known_private_creators_give_their_elements_a_vr() -> None:
    # GEMS_ACQU_01 (0019,xx02) is SL in pydicom's private dictionary.
    creator = element(0x00190010, None, b"GEMS_ACQU_01")
    film = part10(creator + element(0x00191002, None, struct.pack("<i", -3)), IMPLICIT)
    assert read_header(film).tags["00191002"] == -3
    orphan = part10(element(0x00191002, None, struct.pack("<i", -3)), IMPLICIT)
    assert read_header(orphan).tags["00191002"] == struct.pack("<i", -3)


def test_un_stands_for_the_known_vr() -> None:
    film = part10(element(0x00180060, "UN", b"70"))
    assert read_header(film).tags == {"KVP": 70.0}


@pytest.mark.parametrize("delimited", [False, True])
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_sequences_of_defined_and_undefined_length(syntax: str, *, delimited: bool) -> None:
    def made(tag: int, vr: str, raw: bytes, length: int | None = None) -> bytes:
        return element(tag, vr if syntax == EXPLICIT else None, raw, length)

    def sequence(tag: int, items: bytes) -> bytes:
        return (
            made(tag, "SQ", items + SEQUENCE_END, UNDEFINED)
            if delimited
            else made(tag, "SQ", items)
        )

    code = made(0x00080100, "SH", b"T-D3000 ")
    inner = sequence(0x00400008, item(code, delimited=delimited))
    outer = sequence(0x00400275, item(inner, delimited=delimited) + item(b"", delimited=delimited))
    film = part10(outer + made(0x00400555, "SQ", b"") + made(0x20500020, "CS", b"IDENTITY"), syntax)
    assert read_header(film).tags == {
        "RequestAttributesSequence": [
            {"ScheduledProtocolCodeSequence": [{"CodeValue": "T-D3000"}]},
            {},
        ],
        "AcquisitionContextSequence": [],
        "PresentationLUTShape": "IDENTITY",
    }


def test_un_of_undefined_length_is_a_sequence_in_implicit_vr() -> None:
    # DICOM PS3.5 section 6.2.2
    inner = element(0x00080100, None, b"CODE")
    film = part10(
        element(0x00191001, "UN", item(inner, delimited=True) + SEQUENCE_END, UNDEFINED)
        + element(0x00280010, "US", b"\1\0")
    )
    assert read_header(film).tags == {"00191001": [{"CodeValue": "CODE"}], "Rows": 1}


def test_encapsulated_icons_inside_sequences_are_bytes() -> None:
    icon = element(0x7FE00010, "OB", item(b"") + item(b"icon") + SEQUENCE_END, UNDEFINED)
    film = part10(element(0x00880200, "SQ", item(icon)) + element(0x7FE00010, "OW", b"\0\0"))
    header = read_header(film)
    assert header.tags["IconImageSequence"] == [{"PixelData": item(b"") + item(b"icon")}]
    assert header.pixel_length == 2


def test_single_elements_may_lapse_into_implicit_vr() -> None:
    film = part10(element(0x00080060, "CS", b"DX") + element(0x00100020, None, b"ID"))
    assert read_header(film).tags == {"Modality": "DX", "PatientID": "ID"}


@pytest.mark.parametrize(("claimed", "vr"), [(EXPLICIT, None), (IMPLICIT, "CS")])
def test_the_encoding_is_believed_more_than_the_transfer_syntax(
    claimed: str, vr: str | None
) -> None:
    film = part10(element(0x00080060, vr, b"DX"), claimed)
    header = read_header(film)
    assert header.tags == {"Modality": "DX"}
    assert header.transfer_syntax_uid == claimed


def test_a_dataset_without_preamble_reads_when_it_names_its_class() -> None:
    bare = element(0x00080016, "UI", DX_IMAGE) + element(0x00080060, "CS", b"DX")
    header = read_header(bare)
    assert header.tags["Modality"] == "DX"
    assert header.file_meta == {}
    assert header.transfer_syntax_uid == EXPLICIT


def test_a_delimiter_ends_the_item_even_where_a_length_was_declared() -> None:
    inner = element(0x00080100, "SH", b"CODE") + ITEM_END
    film = part10(element(0x00081140, "SQ", item(inner)))
    assert read_header(film).tags == {"ReferencedImageSequence": [{"CodeValue": "CODE"}]}
