"""New ids: consistent under one key, unrelated under another, and well formed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.deid import KeyedHash
from plainfilm.errors import SettingsError

ONE, OTHER = KeyedHash(b"1" * 32), KeyedHash(b"2" * 32)
UIDS = st.from_regex(r"1\.2\.(0|[1-9][0-9]{0,12})(\.(0|[1-9][0-9]{0,8})){1,5}", fullmatch=True)


@given(UIDS)
def test_uid_is_valid_and_is_a_uuid(uid):
    new = ONE.uid(uid)
    number = int(new.removeprefix("2.25."))
    assert new == f"2.25.{number}"
    assert len(new) <= 64
    assert number >> 76 & 0xF == 8  # version: custom
    assert number >> 62 & 0x3 == 2  # variant of RFC 9562


@given(UIDS, UIDS)
def test_uids_stay_equal_or_different(first, second):
    assert (ONE.uid(first) == ONE.uid(second)) == (first == second)
    assert ONE.uid(first) != OTHER.uid(first)


@pytest.mark.parametrize("uid", ["1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.1.2.4.70"])
def test_uid_of_the_standard_stays(uid):
    assert ONE.uid(uid) == uid


@given(st.text(min_size=1).filter(str.strip))
def test_ids_have_their_format(old):
    assert ONE.patient(old, "", "").patient_id[0] == "p"
    assert ONE.patient(old, "", "").patient_id[1:].isdigit()
    assert len(ONE.patient(old, "", "").patient_id) == 19
    assert len(ONE.study_id(old)) == len(ONE.accession_number(old)) == 16  # VR SH


@given(st.text(min_size=1).filter(str.strip))
def test_offset_is_whole_days_back_and_the_same_every_time(patient_id):
    offset = ONE.patient(patient_id, "", "1.2").offset
    assert -3650 <= offset.days <= -1
    assert offset.seconds == offset.microseconds == 0
    assert ONE.patient(patient_id, "", "9.9").offset == offset


def test_one_patient_has_one_id_in_all_studies():
    assert ONE.patient("A1", "", "1.2") == ONE.patient(" A1 ", "", "1.3")


def test_issuers_keep_equal_ids_apart():
    assert ONE.patient("A1", "North", "1.2") != ONE.patient("A1", "South", "1.2")


def test_films_without_patient_id_are_joined_by_study_only():
    assert ONE.patient("", "", "1.2") == ONE.patient("  ", "", "1.2")
    assert ONE.patient("", "", "1.2") != ONE.patient("", "", "1.3")


def test_study_uid_used_as_patient_id_is_another_identity():
    assert ONE.patient("1.2", "", "9").patient_id != ONE.patient("", "", "1.2").patient_id


def test_key_is_in_no_repr():
    assert repr(b"1" * 32) not in repr(ONE)
    assert "1111" not in repr(ONE)


def test_short_key_is_refused():
    with pytest.raises(SettingsError):
        KeyedHash(b"short")


def test_ids_of_many_patients_do_not_meet():
    ids = {ONE.patient(str(number), "", "").patient_id for number in range(20_000)}
    assert len(ids) == 20_000
