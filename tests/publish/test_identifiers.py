import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainfilm.errors import SettingsError
from plainfilm.publish.identifiers import (
    STUDY_IDS,
    SUBJECT_IDS,
    IdRange,
    assign_ids,
    film_id,
    split_throw,
)

KEY = b"sixteen bytes it is"
NAMES = [f"p{number}" for number in range(2_000)]


def test_ids_have_the_eight_digits_of_their_block() -> None:
    subjects = assign_ids(NAMES, SUBJECT_IDS, KEY).values()
    studies = assign_ids(NAMES, STUDY_IDS, KEY).values()
    assert all(10_000_000 <= number <= 19_999_999 for number in subjects)
    assert all(50_000_000 <= number <= 59_999_999 for number in studies)


def test_each_name_has_an_id_of_its_own_even_in_a_crowded_block() -> None:
    crowded = IdRange("subject", 0, len(NAMES))
    assert sorted(assign_ids(NAMES, crowded, KEY).values()) == list(range(len(NAMES)))


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=300))
def test_ids_stay_when_names_are_added_though_they_collide(known: int) -> None:
    crowded = IdRange("subject", 0, 320)
    before = assign_ids(NAMES[:known], crowded, KEY)
    after = assign_ids(NAMES[:320], crowded, KEY)
    assert before == {name: after[name] for name in before}


def test_known_ids_stay_when_names_go_and_nobody_else_gets_the_others() -> None:
    crowded = IdRange("subject", 100, 400)
    before = assign_ids(NAMES[:200], crowded, KEY)
    left, newcomers = NAMES[:50], NAMES[200:300]
    known = {name: before[name] for name in NAMES[50:200]}
    after = assign_ids(
        NAMES[50:300], crowded, KEY, known=known, reserved=[before[name] for name in left]
    )
    assert known.items() <= after.items()
    assert not {after[name] for name in newcomers} & set(before.values())
    assert len(set(after.values())) == 250


def test_of_two_names_with_one_known_id_the_first_keeps_it() -> None:
    ids = assign_ids(NAMES[:2], SUBJECT_IDS, KEY, known=dict.fromkeys(NAMES[:2], 10_000_000))
    assert ids[NAMES[0]] == 10_000_000 != ids[NAMES[1]]


def test_a_full_block_is_refused() -> None:
    with pytest.raises(SettingsError, match="more than 2"):
        assign_ids(NAMES[:3], IdRange("subject", 0, 2), KEY)


def test_ids_depend_on_the_key_and_on_the_purpose() -> None:
    subjects = assign_ids(NAMES, SUBJECT_IDS, KEY)
    others = assign_ids(NAMES, SUBJECT_IDS, b"another key, also long")
    studies = assign_ids(NAMES, STUDY_IDS, KEY)
    same = [name for name in NAMES if subjects[name] == others[name]]
    paired = [name for name in NAMES if studies[name] - subjects[name] == 40_000_000]
    assert len(same) < 3
    assert len(paired) < 3


def test_film_ids_look_like_those_of_mimic_cxr() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}", film_id("2.25.1", KEY))
    assert film_id("2.25.1", KEY) != film_id("2.25.2", KEY)


def test_a_patients_throw_depends_on_patient_and_key_alone() -> None:
    throws = [split_throw(name, KEY) for name in NAMES]
    assert throws == [split_throw(name, KEY) for name in reversed(NAMES)][::-1]
    assert throws != [split_throw(name, KEY + b"!") for name in NAMES]
    # 2,000 patients: four standard deviations of their mean are 0.026.
    assert abs(sum(throws) / len(throws) - 0.5) < 0.026
    assert all(0 <= throw < 1 for throw in throws)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="15 bytes"):
        assign_ids(["p1"], SUBJECT_IDS, b"x" * 15)
