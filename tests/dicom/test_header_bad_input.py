"""Whatever the outside world sends: a header, or UnreadableDicom with a reason."""

import io
import struct
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from plainfilm.dicom import Header, extent, read_header
from plainfilm.errors import Reason, UnreadableDicom

sys.path.insert(0, str(Path(__file__).parent))
from header_bytes import (
    BIG_ENDIAN,
    DEFLATED,
    DX_IMAGE,
    EXPLICIT,
    IMPLICIT,
    JPEG_BASELINE,
    SEQUENCE_END,
    UNDEFINED,
    element,
    item,
    part10,
)

SEQUENCE = 0x00081140  # Referenced Image Sequence
PIXELS = 0x7FE00010


def reason_of(data: bytes, **options: int) -> Reason | None:
    with pytest.raises(UnreadableDicom) as error:
        read_header(data, **options)
    return error.value.reason


def outcome_of(data: bytes) -> Header | Reason | None:
    try:
        return read_header(data)
    except UnreadableDicom as error:
        return error.reason


def nested(depth: int, *, delimited: bool) -> bytes:
    data = b""
    for _ in range(depth):
        data = item(data, delimited=delimited)
        if delimited:
            data = element(SEQUENCE, "SQ", data + SEQUENCE_END, UNDEFINED)
        else:
            data = element(SEQUENCE, "SQ", data)
    return data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY_FILE),
        (b"This is a text file.\n" * 20, Reason.NOT_DICOM),
        (b"short", Reason.NOT_DICOM),
        (b"\x08\x00", Reason.NOT_DICOM),
        (b"\x08\x00 a binary file that begins like a dataset", Reason.NOT_DICOM),
        (b"\0" * 128 + b"DICM", Reason.TRUNCATED_HEADER),
        (b"\0" * 128 + b"DICM\x02\x00", Reason.TRUNCATED_HEADER),
        (b"\0" * 4096, Reason.NOT_DICOM),
        (b"\0" * 128 + b"DICM" + b"\xff" * 4096, Reason.MALFORMED_HEADER),
        (part10(element(0x00100010, "PN", b"cut", 40)), Reason.TRUNCATED_HEADER),
        (part10(element(0x00104000, "UT", b"cut", 4000)), Reason.TRUNCATED_HEADER),
        (part10(element(0x00104000, "UT", b"cut")[:9]), Reason.TRUNCATED_HEADER),
        (part10(element(0x00104000, "UT", b"", 0xFFFFFFFE)), Reason.HEADER_TOO_LARGE),
        (part10(element(0x00100010, None, b"", 0xFFFFFFF0), IMPLICIT), Reason.HEADER_TOO_LARGE),
        (part10(element(SEQUENCE, "SQ", b"", 0xFFFFFFFE)), Reason.HEADER_TOO_LARGE),
        (part10(element(SEQUENCE, "SQ", item(b""), UNDEFINED)), Reason.TRUNCATED_HEADER),
        (part10(nested(1000, delimited=True)), Reason.NESTED_TOO_DEEP),
        (part10(nested(1000, delimited=False)), Reason.NESTED_TOO_DEEP),
        (part10(b"not deflated at all", DEFLATED), Reason.MALFORMED_HEADER),
    ],
)
def test_unreadable_bytes_are_refused_with_a_reason(data: bytes, reason: Reason) -> None:
    assert reason_of(data) is reason


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_film_cut_anywhere_in_its_header_never_passes_as_whole(syntax: str) -> None:
    vr = (lambda name: name) if syntax == EXPLICIT else (lambda _name: None)
    film = part10(
        element(0x00080016, vr("UI"), DX_IMAGE)
        + element(SEQUENCE, vr("SQ"), item(element(0x00081150, vr("UI"), DX_IMAGE)))
        + element(0x00104000, vr("LT"), b"some text")
        + element(PIXELS, vr("OW"), bytes(100)),
        syntax,
    )
    whole = read_header(film)
    assert whole.pixels_complete
    assert whole.pixel_length == 100
    for size in range(len(film)):
        outcome = outcome_of(film[:size])
        if isinstance(outcome, Header):
            # Cut between two elements, which no reader can see, or inside the pixels.
            assert outcome.pixel_offset is None or not outcome.pixels_complete
        else:
            assert outcome in {Reason.EMPTY_FILE, Reason.NOT_DICOM, Reason.TRUNCATED_HEADER}


def test_a_cut_film_is_told_from_a_whole_one_on_real_data() -> None:
    film = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    offset = read_header(film).pixel_offset
    assert offset is not None
    assert read_header(film).pixels_complete
    assert not read_header(film[: offset + 1000]).pixels_complete


@pytest.mark.parametrize("fragments", [[], [b"first"], [b"first!", b"second", b""]])
def test_encapsulated_pixels_are_complete_only_with_their_delimiter(
    fragments: list[bytes],
) -> None:
    pixels = b"".join(item(fragment) for fragment in [b"", *fragments])
    film = part10(element(PIXELS, "OB", pixels + SEQUENCE_END, UNDEFINED), JPEG_BASELINE)
    header = read_header(film)
    assert header.pixel_length is None
    assert header.pixels_complete
    assert header.pixel_offset is not None
    for size in range(header.pixel_offset, len(film) - 4):
        assert not read_header(film[:size]).pixels_complete


def test_many_small_fragments_are_walked_to_the_end() -> None:
    pixels = item(b"x" * 10) * 20_000
    film = part10(element(PIXELS, "OB", pixels + SEQUENCE_END, UNDEFINED), JPEG_BASELINE)
    assert read_header(film).pixels_complete
    assert not read_header(film[:-100]).pixels_complete


def test_garbage_between_fragments_is_incomplete() -> None:
    pixels = item(b"frame") + b"garbage, no item" + SEQUENCE_END
    film = part10(element(PIXELS, "OB", pixels, UNDEFINED), JPEG_BASELINE)
    assert not read_header(film).pixels_complete


def test_pixel_data_that_claims_4_gib_leaves_a_readable_header() -> None:
    film = part10(element(0x00080060, "CS", b"DX") + element(PIXELS, "OW", b"", 0xFFFFFFF0))
    header = read_header(film)
    assert header.tags == {"Modality": "DX"}
    assert not header.pixels_complete


def test_a_film_without_pixel_data_says_so() -> None:
    header = read_header(part10(element(0x00080060, "CS", b"SR")))
    assert header.pixel_offset is None
    assert header.pixel_length is None


def test_a_missing_sop_instance_uid_still_reads() -> None:
    header = read_header(part10(element(0x00080060, "CS", b"DX")))
    assert "SOPInstanceUID" not in header.tags


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"1,5 ", "1,5"),
        (b"NaN ", "NaN"),
        (b"inf ", "inf"),
        (b"1e999 ", "1e999"),
        (b"1.5\\abc ", ["1.5", "abc"]),
        (b"nan\\1", ["nan", "1"]),
        (b"1.5 mm", "1.5 mm"),
        (b"\xff\xfe", "ÿþ"),
    ],
)
def test_decimal_strings_that_are_no_numbers_stay_text(raw: bytes, value: object) -> None:
    assert read_header(part10(element(0x00180060, "DS", raw))).tags == {"KVP": value}


@pytest.mark.parametrize(
    "name", [b"ISO_IR 999", b"nonsense", b"a\0b ", b"\xff\xff", b"zlib", b"undefined ", b"idna"]
)
def test_an_unknown_character_set_is_read_as_latin_1(name: bytes) -> None:
    film = part10(element(0x00080005, "CS", name) + element(0x00100020, "LO", b"M\xfcller"))
    assert read_header(film).tags["PatientID"] == "Müller"


def test_undecodable_text_is_replaced() -> None:
    film = part10(element(0x00080005, "CS", b"ISO_IR 192") + element(0x00100020, "LO", b"a\xffb"))
    assert read_header(film).tags["PatientID"] == "a\ufffdb"


def test_a_deflate_bomb_is_refused_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extent, "_MAX_INFLATED", 100 << 20)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = bytes(1 << 20)
    bomb = b"".join([*(deflater.compress(megabyte) for _ in range(110)), deflater.flush()])
    film = part10(bomb, DEFLATED)
    tracemalloc.start()
    try:
        assert reason_of(film) is Reason.HEADER_TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 60 << 20
    finally:
        tracemalloc.stop()


def test_a_deflated_film_cut_in_its_pixels_is_incomplete() -> None:
    body = element(0x00080060, "CS", b"DX") + element(PIXELS, "OW", bytes(range(256)) * 400)
    deflater = zlib.compressobj(0, zlib.DEFLATED, -15)
    film = part10(deflater.compress(body) + deflater.flush(), DEFLATED)
    assert read_header(film).pixels_complete
    cut = read_header(film[:-1000])
    assert cut.tags == {"Modality": "DX"}
    assert not cut.pixels_complete


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(part10(element(SEQUENCE, "SQ", item(b"") * 400_000)), id="items"),
        pytest.param(
            part10(
                b"".join(element(0x09110100 + i * 0x20000, None) for i in range(0x7800)) * 16,
                IMPLICIT,
            ),
            id="unknown elements",
        ),
        pytest.param(part10(bytes(8 << 20)), id="zeros"),
        pytest.param(part10(b"\xff\xfe\xe0\0\0\0\0\0" * 200_000, BIG_ENDIAN), id="big endian"),
    ],
)
def test_a_flood_of_small_elements_is_refused_within_seconds(data: bytes) -> None:
    began = time.monotonic()
    assert reason_of(data) is Reason.HEADER_TOO_LARGE
    assert time.monotonic() - began < 30  # about one, on an idle machine


def test_the_limit_bounds_the_header() -> None:
    film = part10(element(0x00104000, "UT", b"x" * 5000) + element(PIXELS, "OW", bytes(50_000)))
    assert read_header(film, limit=6000).pixels_complete
    assert reason_of(film, limit=5000) is Reason.HEADER_TOO_LARGE


def test_an_item_longer_than_its_sequence_is_left_to_pydicom() -> None:
    inner = element(0x00081150, "UI", DX_IMAGE)
    lying = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner) + 50) + inner
    film = part10(element(SEQUENCE, "SQ", lying) + element(0x00100020, "LO", b"ID"))
    header = read_header(film)
    assert header.tags["PatientID"] == "ID"
    assert header.tags["ReferencedImageSequence"] == [
        {"ReferencedSOPClassUID": DX_IMAGE.rstrip(b"\0").decode()}
    ]


def test_trailing_zeros_after_the_last_element_are_padding() -> None:
    film = part10(element(0x00080060, "CS", b"SR"))
    assert read_header(film + bytes(7)).tags == {"Modality": "SR"}
    assert reason_of(film + b"\0\0\0junk") is Reason.TRUNCATED_HEADER


def test_a_wrong_file_meta_length_does_not_matter() -> None:
    stream = io.BytesIO()
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.save_as(stream)
    film = stream.getvalue()
    right = read_header(film)
    for length in (0, 4, 100, 10_000, 0xFFFFFFFF):
        wrong = film[:140] + struct.pack("<I", length) + film[144:]
        header = read_header(wrong)
        assert header.tags == right.tags
        assert header.file_meta == right.file_meta | {"FileMetaInformationGroupLength": length}


def test_messages_name_the_file_and_no_value() -> None:
    film = part10(element(0x00100010, "PN", b"Secret^Name", 400))
    with pytest.raises(UnreadableDicom) as error:
        read_header(film)
    assert "Secret" not in str(error.value)
