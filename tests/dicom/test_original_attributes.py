"""A film's attributes are changed with a record inside, and the record brings back every byte."""

import io
import struct
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainfilm.demo import make_film
from plainfilm.dicom import amend_film, read_header, restore_film, write_dataset
from plainfilm.errors import InputError, Reason

sys.path.insert(0, str(Path(__file__).parent))
from header_bytes import (
    BIG_ENDIAN,
    DEFLATED,
    DX_IMAGE,
    EXPLICIT,
    IMPLICIT,
    ITEM_END,
    JPEG_BASELINE,
    SEQUENCE_END,
    UNDEFINED,
    element,
    item,
    part10,
    pydicom_files,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
KNEE = [{"CodeValue": "72696002", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Knee"}]
CHANGES = {
    "BodyPartExamined": "KNEE",
    "AnatomicRegionSequence": KNEE,
    "ViewPosition": None,
    "PatientOrientation": ("L", "F"),
    "ImageLaterality": "R",
}

SOP_CLASS, SOP_UID, MODALITY = 0x00080016, 0x00080018, 0x00080060
BODY_PART, VIEW, SIDE = 0x00180015, 0x00185101, 0x00200062
REGION, ORIGINAL, PIXELS = 0x00082218, 0x04000561, 0x7FE00010


def film(*elements: bytes, syntax: str = EXPLICIT, pixels: bytes | None = None) -> bytes:
    """A film with these elements between its UIDs and its pixels."""
    vr = None if syntax == IMPLICIT else "x"
    body = element(SOP_CLASS, vr and "UI", DX_IMAGE) + element(SOP_UID, vr and "UI", b"1.2\0")
    body += b"".join(elements)
    return part10(body + (pixels or element(PIXELS, vr and "OW", b"\1\2" * 8)), syntax)


def amended(content: bytes, **values: Any) -> bytes:
    return amend_film(content, values or CHANGES, moment=NOON)


def read(content: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def records(content: bytes) -> list[pydicom.Dataset]:
    return list(read(content).OriginalAttributesSequence)


def test_earlier_values_stand_in_the_record() -> None:
    before = film(element(BODY_PART, "CS", b"CHEST "), element(SIDE, "CS", b""))
    after = read(amended(before))
    assert (after.BodyPartExamined, after.ImageLaterality) == ("KNEE", "R")
    assert after.AnatomicRegionSequence[0].CodeValue == "72696002"
    assert (list(after.PatientOrientation), after.ViewPosition) == (["L", "F"], "")
    record = after.OriginalAttributesSequence[0]
    assert record.ModifiedAttributesSequence[0].BodyPartExamined == "CHEST"
    assert record.ModifiedAttributesSequence[0].ImageLaterality == ""
    assert record.AttributeModificationDateTime == "20260301100000+0000"
    assert record.ModifyingSystem.startswith("plainfilm ")
    assert record.SourceOfPreviousValues == ""
    assert record.ReasonForTheAttributeModification == "CORRECT"


def test_every_other_byte_stays() -> None:
    odd = (
        element(MODALITY, "CS", b"DX"),
        element(0x00080005, "CS", b"ISO_IR 100"),
        element(0x00081030, "LO", "Schädel ".encode("latin-1")),
        element(0x00090010, "LO", b"MAKER "),
        element(0x00091001, "UN", b"\xff\x00"),
        element(0x00081111, "SQ", item(b"", delimited=True) + SEQUENCE_END, UNDEFINED),
    )
    before = film(*odd)
    after = amended(before, BodyPartExamined="KNEE")
    start, end = before.index(odd[0]), before.index(odd[-1]) + len(odd[-1])
    assert after[:end] == before[:end]
    assert after.endswith(before[-len(element(PIXELS, "OW", b"\1\2" * 8)) :])
    assert start < end


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_the_sop_instance_uid_and_the_file_meta_group_stay(syntax: str) -> None:
    before = film(syntax=syntax)
    after = amended(before)
    assert read_header(after).tags["SOPInstanceUID"] == "1.2"
    assert read_header(after).file_meta == read_header(before).file_meta


def test_what_was_absent_is_absent_again_and_what_was_empty_is_empty() -> None:
    absent, empty = film(), film(element(BODY_PART, "CS", b""))
    for before in (absent, empty):
        assert restore_film(amended(before, BodyPartExamined="KNEE")) == before


def test_repairs_are_undone_the_last_first() -> None:
    before = film(element(BODY_PART, "CS", b"CHEST "))
    twice = amended(amended(before), BodyPartExamined="HAND", ViewPosition="AP")
    assert len(records(twice)) == 2
    assert restore_film(twice) == before


def test_a_film_without_a_record_of_ours_is_nothing_to_undo() -> None:
    assert restore_film(film()) is None
    assert restore_film(film(element(ORIGINAL, "SQ", item(foreign())))) is None


def foreign(*earlier: bytes, system: bytes = b"PACS") -> bytes:
    """A record of another system."""
    return (
        element(0x04000550, "SQ", item(b"".join(earlier)))
        + element(0x04000562, "DT", b"20250101")
        + element(0x04000563, "LO", system)
        + element(0x04000564, "LO")
        + element(0x04000565, "CS", b"COERCE")
    )


# An OriginalAttributesSequence that is there already, in every way it may be written.
EARLIER_RECORDS = {
    "defined length": element(ORIGINAL, "SQ", item(foreign())),
    "delimited": element(ORIGINAL, "SQ", item(foreign(), delimited=True) + SEQUENCE_END, UNDEFINED),
    "two items": element(ORIGINAL, "SQ", item(foreign()) + item(foreign())),
    "without an item": element(ORIGINAL, "SQ"),
    "without an item, delimited": element(ORIGINAL, "SQ", SEQUENCE_END, UNDEFINED),
    "in the name of plainfilm, but not its record": element(
        ORIGINAL, "SQ", item(foreign(system=b"plainfilm 9 "))
    ),
}


@pytest.mark.parametrize("earlier", EARLIER_RECORDS.values(), ids=EARLIER_RECORDS)
def test_records_of_others_stay_in_front(earlier: bytes) -> None:
    before = film(element(BODY_PART, "CS", b"CHEST "), earlier)
    after = amended(before)
    count = len(records(before))
    assert records(after)[:count] == records(before)
    assert len(records(after)) == count + 1
    assert restore_film(after) == before


def test_a_later_record_of_another_system_stays_when_ours_is_undone() -> None:
    after = amended(film(element(BODY_PART, "CS", b"CHEST ")), BodyPartExamined="KNEE")
    others = item(foreign(element(MODALITY, "CS", b"CR")))
    restored = restore_film(with_later_record(after, others))
    assert restored is not None
    assert read(restored).BodyPartExamined == "CHEST"
    assert [record.ModifyingSystem for record in records(restored)] == ["PACS"]


def test_undo_is_refused_where_another_system_changed_the_same_attribute_since() -> None:
    after = amended(film(element(BODY_PART, "CS", b"CHEST ")), BodyPartExamined="KNEE")
    others = item(foreign(element(BODY_PART, "CS", b"KNEE")))
    with pytest.raises(InputError, match="another system"):
        restore_film(with_later_record(after, others))


def with_later_record(content: bytes, record: bytes) -> bytes:
    """The film with one more item in its OriginalAttributesSequence, of defined length."""
    start = content.index(b"\x00\x04\x61\x05SQ")
    (length,) = struct.unpack_from("<I", content, start + 8)
    end = start + 12 + length
    grown = content[: start + 8] + struct.pack("<I", length + len(record))
    return grown + content[start + 12 : end] + record + content[end:]


# Values that break the rules of CS (PS3.5 6.2); the Standard wants them out of the way.
NONCONFORMING = [b"Chest\0", b"CHEST AND ABDOMEN ", b"CHEST\\KNEE", "Schädel".encode(), b"ODD"]


@pytest.mark.parametrize("value", NONCONFORMING)
def test_a_value_that_breaks_its_vr_is_kept_apart(value: bytes) -> None:
    before = film(element(BODY_PART, "CS", value))
    after = amended(before, BodyPartExamined="KNEE")
    (record,) = records(after)
    assert record.ModifiedAttributesSequence[0].BodyPartExamined == ""
    (kept,) = record.NonconformingModifiedAttributesSequence
    assert kept.SelectorAttribute == BODY_PART
    assert kept.NonconformingDataElementValue == value
    assert restore_film(after) == before


def test_group_lengths_are_mended_and_restored() -> None:
    length = struct.pack("<I", len(element(BODY_PART, "CS", b"CHEST ")))
    before = film(element(0x00180000, "UL", length), element(BODY_PART, "CS", b"CHEST "))
    after = amended(before, BodyPartExamined="KNEE", ViewPosition="AP")
    ours = element(BODY_PART, "CS", b"KNEE") + element(VIEW, "CS", b"AP")
    assert read_header(after).tags["00180000"] == len(ours)
    assert restore_film(after) == before


def test_elements_out_of_order_go_back_to_their_places() -> None:
    before = film(element(SIDE, "CS", b"L "), element(BODY_PART, "CS", b"CHEST "))
    assert restore_film(amended(before)) == before


def test_a_film_without_preamble_stays_without() -> None:
    before = film()[128 + 4 :]
    after = amended(before)
    assert after[:4] == before[:4]
    assert restore_film(after) == before


# What cannot be changed byte by byte, and the reason that the rejection carries.
REFUSED = {
    "deflated": (part10(b"", DEFLATED), Reason.UNSUPPORTED_TRANSFER_SYNTAX),
    "big endian": (
        part10(b"\0\x08\0\x16UI\0\x1c" + DX_IMAGE, BIG_ENDIAN),
        Reason.UNSUPPORTED_TRANSFER_SYNTAX,
    ),
    "cut in its pixels": (film(pixels=element(PIXELS, "OW", b"12", 8)), Reason.TRUNCATED_PIXELS),
    "signed": (film(element(0x4FFE0001, "SQ", item(b""))), Reason.SIGNED_OBJECT),
    "the attribute twice": (
        film(element(BODY_PART, "CS", b"HAND"), element(BODY_PART, "CS", b"HAND")),
        Reason.MALFORMED_HEADER,
    ),
    "the attribute in another VR": (
        film(element(BODY_PART, "LO", b"HAND")),
        Reason.MALFORMED_HEADER,
    ),
    "a record in another VR": (film(element(ORIGINAL, "UN", b"")), Reason.MALFORMED_HEADER),
    "a single element in implicit VR": (
        film(element(0x00181000, None, b"12")),
        Reason.MALFORMED_HEADER,
    ),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_certain_is_refused(content: bytes, reason: Reason) -> None:
    if reason is Reason.UNSUPPORTED_TRANSFER_SYNTAX and DEFLATED.encode() in content:
        content = deflated()
    with pytest.raises(InputError) as error:
        amended(content)
    assert error.value.reason is reason


def deflated() -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = element(SOP_CLASS, "UI", DX_IMAGE) + element(PIXELS, "OW", b"12")
    return part10(packer.compress(body) + packer.flush(), DEFLATED)


@pytest.mark.parametrize("syntax", ["implicit_le", "explicit_le", "rle", "jpeg_2000_lossless"])
def test_written_films_come_back_in_every_transfer_syntax(tmp_path: Path, syntax: str) -> None:
    dataset = make_film({"BodyPartExamined": "CHEST"}, transfer_syntax=syntax)
    write_dataset(dataset, tmp_path / "film.dcm")
    before = (tmp_path / "film.dcm").read_bytes()
    after = amended(before)
    assert read(after).PixelData == dataset.PixelData
    assert restore_film(after) == before
    assert read(restore_film(after) or b"") == read(before)


def test_real_files_come_back_or_are_refused() -> None:
    changed = 0
    for path in pydicom_files():
        if path.stat().st_size > 2_000_000:
            continue
        before = path.read_bytes()
        after = amended_or_refused(before)
        if after is not None:
            changed += 1
            assert restore_film(after) == before, path.name
            assert read_header(after).tags["BodyPartExamined"] == "KNEE"
    assert changed > 50


def amended_or_refused(content: bytes) -> bytes | None:
    try:
        return amended(amended(content))
    except InputError as error:
        if error.reason is None:
            raise
        return None


def _texts(vr: str | None, tag: int) -> st.SearchStrategy[bytes]:
    values = st.sampled_from([b"", b"CHEST ", b"KNEE", b"chest\0", b"A\\B ", b"\xe4\xf6 ", b"  "])
    return values.map(lambda value: element(tag, vr and "CS", value))


def _items(vr: str | None, inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """A sequence's value in each encoding of its items."""
    return st.lists(st.tuples(inner, st.booleans()), max_size=3).map(
        lambda items: b"".join(item(raw, delimited=delimited) for raw, delimited in items)
    )


def _sequence(vr: str | None, tag: int, inner: st.SearchStrategy[bytes]) -> Any:
    def written(value: bytes, delimited: bool) -> bytes:
        if delimited:
            return element(tag, vr and "SQ", value + SEQUENCE_END, UNDEFINED)
        return element(tag, vr and "SQ", value)

    return st.builds(written, _items(vr, inner), st.booleans())


def _inner(vr: str | None) -> st.SearchStrategy[bytes]:
    code = st.binary(max_size=8).map(
        lambda raw: element(0x00080100, vr and "SH", raw + b" " * (len(raw) % 2))
    )
    return st.one_of(code, _sequence(vr, 0x00082220, code), st.just(b""))


@st.composite
def films(draw: st.DrawFn) -> bytes:
    """Films as writers may write them, right and wrong."""
    syntax = draw(st.sampled_from([EXPLICIT, IMPLICIT, JPEG_BASELINE]))
    vr = None if syntax == IMPLICIT else "x"
    charset = st.sampled_from([b"ISO_IR 100", b"ISO_IR 192", b"GB18030 ", b"\\ISO 2022 IR 87 "])
    maybe = [
        charset.map(lambda value: element(0x00080005, vr and "CS", value)),
        _sequence(vr, REGION, _inner(vr)),
        st.binary(max_size=9).map(lambda raw: element(0x00091001, vr and "UN", raw)),
        st.binary(min_size=4, max_size=4).map(lambda raw: element(0x00180000, vr and "UL", raw)),
        _texts(vr, BODY_PART),
        _texts(vr, VIEW),
        _texts(vr, 0x00200020),
        _texts(vr, SIDE),
        _sequence(vr, ORIGINAL, st.one_of(_inner(vr), st.just(foreign() if vr else b""))),
        _sequence(vr, 0x00540220, _inner(vr)),
    ]
    there = [draw(one) for one in maybe if draw(st.booleans())]
    if draw(st.integers(0, 9)) == 0:
        there = draw(st.permutations(there))
    fragments = item(b"") + item(draw(st.binary(max_size=20))) + SEQUENCE_END
    pixels = element(PIXELS, "OB", fragments, UNDEFINED) if syntax == JPEG_BASELINE else None
    tail = draw(st.sampled_from([b"", element(0xFFFCFFFC, vr and "OB", b"\0" * 6)]))
    return film(*there, syntax=syntax, pixels=pixels) + tail


@given(content=films(), values=st.sets(st.sampled_from(sorted(CHANGES)), min_size=1))
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore")
def test_repair_then_undo_is_the_same_file(content: bytes, values: set[str]) -> None:
    first = amended(content, **{name: CHANGES[name] for name in values})
    second = amended(first)
    assert restore_film(first) == content
    assert restore_film(second) == content
    for change in _differences(read(content), read(second)):
        assert change in {*CHANGES, "OriginalAttributesSequence", "0018,0000"}


def _differences(before: pydicom.Dataset, after: pydicom.Dataset) -> Iterator[str]:
    for tag in before.keys() | after.keys():
        raw_before, raw_after = (raw(before, tag), raw(after, tag))
        if raw_before != raw_after:
            yield after[tag].keyword or f"{tag >> 16:04x},{tag & 0xFFFF:04x}"


def raw(dataset: pydicom.Dataset, tag: int) -> object:
    found = dataset.get_item(tag)
    return None if found is None else found.value


@given(content=films(), flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255))))
@settings(max_examples=100)
def test_damaged_films_are_changed_and_restored_or_refused(
    content: bytes, flips: list[tuple[int, int]]
) -> None:
    damaged = bytearray(content)
    for position, value in flips:
        damaged[132 + position % (len(damaged) - 132)] = value
    after = amended_or_refused(bytes(damaged))
    assert after is None or restore_film(after) == bytes(damaged)


def test_utc_is_what_the_record_tells() -> None:
    after = amend_film(film(), {"ViewPosition": "AP"}, moment=datetime(2026, 1, 2, tzinfo=UTC))
    assert records(after)[0].AttributeModificationDateTime == "20260102000000+0000"
    assert ITEM_END not in after
