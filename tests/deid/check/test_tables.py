"""The tables of the check: dummies that are read as such, reasons that all have words."""

import re
from pathlib import Path

import pytest

import plainfilm.deid.check as room
from plainfilm.deid.check import CHECK_TEXT, REASONS, Check, Finding
from plainfilm.deid.check.report import describe_finding
from plainfilm.deid.check.values import is_dummy, suspicious_text, valid_uid
from plainfilm.deid.dummies import dummy_value
from plainfilm.deid.profile import data_rows
from plainfilm.dicom import DataElement

SOURCES = Path(room.__file__).parent


def test_every_row_of_the_dummies_is_complete():
    for row in data_rows("check/dummy_values.csv"):
        assert row["value"]
        assert row["source"]
        assert re.fullmatch(r"\*|[A-Z]{2}", row["vr"])


@pytest.mark.parametrize(
    ("vr", "value", "nothing"),
    [
        ("LO", "Davidson", "ANON"), ("PN", "Davidson^Douglas", "Anonymous^Anonymous"),
        ("DA", "19601103", "19000101"), ("TM", "112359", "000000"), ("DS", "70.5", "0"),
        ("AS", "061Y", "000D"), ("SH", "77", "removed"), ("DT", "20210302112359", ""),
        ("US", 3, 0), ("CS", "M", "ANON"), ("OB", b"Davidson", b"\0\0"),
    ],
)  # fmt: skip
def test_dummies_say_nothing_and_values_do(vr, value, nothing):
    assert not is_dummy(DataElement(0x00189999, vr, value))
    assert is_dummy(DataElement(0x00189999, vr, nothing))
    assert is_dummy(DataElement(0x00189999, vr, None))


@pytest.mark.parametrize(
    "vr", ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UT"]
)
def test_own_dummies_are_known_as_such(vr):
    assert is_dummy(DataElement(0x00189999, vr, dummy_value(vr).decode().strip()))


def test_every_reason_has_words_and_every_action_too():
    used = set()
    for path in SOURCES.glob("*.py"):
        used |= set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', path.read_text("utf-8")))
    assert set(REASONS) - used <= {
        "unchanged", "identity", "private", "overlay", "curve", "unknown", "preamble", "missing",
        "empty", "changed",
    }  # fmt: skip  # of one word, so not looked for
    assert set(CHECK_TEXT) == set(Check)
    for reason in REASONS:
        said = describe_finding(Finding(Check.TEXT_REMOVED, "00100010", reason))
        assert said["keyword"] == "PatientName"


# What looks like identity in a text that is kept, and what only looks alike.
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Doe^Jane", "name_in_text"),
        ("for Dr. Miller", "name_in_text"),
        ("Prof Miller", "name_in_text"),
        ("jane.doe@example.org", "email_in_text"),
        ("1956-03-04", "date_in_text"),
        ("on 4.3.1956", "date_in_text"),
        ("03/04/1956", "date_in_text"),
        ("555-123-4567", "phone_in_text"),
        ("(555) 123-4567", "phone_in_text"),
        ("+49 30 1234567", "phone_in_text"),
        ("VISION CR 3000", None),
        ("V5.2.19", None),
        ("2.1.7", None),
        ("DR HAND", None),
        ("12-14 in", None),
        ("SN 20190304", None),
        ("1.2.840.10008.5.1.4", None),
    ],
)
def test_texts_that_look_like_identity(text, reason):
    assert suspicious_text(text) == reason


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("1.2.840.10008.1.2", True), ("2.25.0", True), ("1.2.03", False), ("1..2", False),
        ("1.2.", False), ("1", False), ("1.2a", False), ("1." + "2" * 62, True),
        ("1." + "2" * 63, False),
    ],
)  # fmt: skip
def test_uids(text, valid):
    assert valid_uid(text) is valid


def test_public_names_exist():
    for name in room.__all__:
        assert getattr(room, name) is not None
