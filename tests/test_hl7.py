"""HL7 v2 messages, whatever they are about; all of them invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.errors import BadTable
from plainfilm.hl7 import parse_message, split_messages

MSH = "MSH|^~\\&|RIS|HOSP|PACS|HOSP|20240101||ORM^O01|MSG1|P|2.5"
NAMED = MSH + "||||||{}"  # MSH-18


def test_segments_are_numbered_as_in_the_standard() -> None:
    message = parse_message(f"{MSH}\rOBR|1||F^RIS~G|71020^CHEST &\\T\\ RIBS".encode(), "here")
    assert (message.kind, message.control_id, message.header.raw(1)) == (
        ("ORM", "O01"),
        "MSG1",
        "|",
    )
    segment = message.first_of("OBR")
    assert segment is not None
    assert (segment.first(3), segment.component(3, 2), segment.component(3, 9)) == ("F", "RIS", "")
    assert (segment.component(4, 2), segment.raw(99)) == ("CHEST && RIBS", "")
    assert message.first_of("ZDS") is None


def test_batches_and_frames_are_taken_apart() -> None:
    data = f"FHS|^~\\&\rBHS|^~\\&\r\x0b{MSH}\rOBR|1\r\x1c\r\x0b{MSH}\r\x1c\rBTS|2\rFTS|1\r".encode()
    first, second = split_messages(b"\xef\xbb\xbf" + data, "here")
    assert first == f"{MSH}\rOBR|1".encode()
    assert second == MSH.encode()


@pytest.mark.parametrize(
    ("named", "encoding"),
    [
        ("", "utf-8"),
        ("", "latin-1"),
        ("8859/1", "latin-1"),
        ("8859/1", "utf-8"),  # met often: what says Latin-1 and is UTF-8
        ("UNICODE UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("8859/15", "iso8859-15"),
        ("ISO-8859-1", "latin-1"),
    ],
)
def test_text_is_read_in_the_character_set_of_the_message(named: str, encoding: str) -> None:
    data = f"{NAMED.format(named)}\rOBR|1|||1^Fuß".encode(encoding)
    segment = parse_message(data, "here").first_of("OBR")
    assert segment is not None
    assert segment.component(4, 2) == "Fuß"


def test_japanese_in_iso_2022_is_read() -> None:
    data = f"{NAMED.format('ISO IR87')}\rOBR|1|||1^胸部".encode("iso2022_jp")
    segment = parse_message(data, "here").first_of("OBR")
    assert segment is not None
    assert segment.component(4, 2) == "胸部"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "holds no HL7 message"),
        (b"PID|1\r" + MSH.encode(), "does not begin with an MSH"),
        (b"MSH|^~", "delimiters"),
        (b"MSHxabcd", "delimiters"),
        (NAMED.format("KLINGON").encode() + b"\rOBR|\xfc", "MSH-18 names is not known"),
        (NAMED.format("UNICODE UTF-8").encode() + b"\rOBR|\xfc", "is no text in utf-8"),
        (MSH.encode() + b"\rOBR|\x00\x01", "binary bytes"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, says: str) -> None:
    with pytest.raises(BadTable, match=f"here.*{says}"):
        [parse_message(message, "here") for message in split_messages(data, "here")]


def test_unknown_character_set_does_not_matter_to_ascii() -> None:
    assert parse_message(NAMED.format("KLINGON").encode(), "here").control_id == "MSG1"


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_an_error(data: bytes) -> None:
    try:
        for message in split_messages(MSH.encode() + b"\r" + data, "here"):
            parse_message(message, "here")
    except BadTable:
        pass
