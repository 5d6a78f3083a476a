import math
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainfilm.errors import BadTable, SettingsError
from plainfilm.publish.identifiers import SPLITS
from plainfilm.publish.patients import patient_traits, read_test_patients
from plainfilm.publish.selection import CleanRow, Decided
from plainfilm.publish.splits import PatientTraits, SplitSizes, assign_splits
from plainfilm.records import CleanFilm

KEY = b"sixteen bytes it is"
EIGHTY = SplitSizes((0.8, 0.1, 0.1))
FREQUENCIES = {"common": 0.4, "usual": 0.15, "rare": 0.03}


def patients(count: int, seed: int = 0) -> list[PatientTraits]:
    rolls = random.Random(seed)  # noqa: S311
    return [
        PatientTraits(
            f"p{number}",
            frozenset(name for name, share in FREQUENCIES.items() if rolls.random() < share),
        )
        for number in range(count)
    ]


def test_sizes_are_met_to_within_a_few_patients() -> None:
    counts = Counter(assign_splits(patients(2_000), EIGHTY, KEY).values())
    assert abs(counts["train"] - 1_600) <= 4
    assert abs(counts["validate"] - 200) <= 3
    assert abs(counts["test"] - 200) <= 3


def test_each_trait_is_split_in_the_same_shares() -> None:
    everyone = patients(2_000)
    splits = assign_splits(everyone, EIGHTY, KEY)
    for trait in FREQUENCIES:
        having = [splits[each.patient] for each in everyone if trait in each.traits]
        assert abs(having.count("test") - 0.1 * len(having)) <= 4, trait
        assert abs(having.count("validate") - 0.1 * len(having)) <= 4, trait


def test_the_hash_alone_is_far_less_even() -> None:
    everyone = patients(2_000)
    hashed = assign_splits(everyone, EIGHTY, KEY, tolerance=math.inf)
    assert max(abs(Counter(hashed.values())[name] - 200) for name in ("validate", "test")) > 4
    evened = assign_splits(everyone, EIGHTY, KEY)
    moved = sum(hashed[name] != evened[name] for name in hashed)
    assert 0 < moved < 0.3 * len(everyone)  # most are where their hash is


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 400), st.integers(0, 3))
def test_who_comes_later_moves_nobody(known: int, seed: int) -> None:
    everyone = patients(400, seed)
    before = assign_splits(everyone[:known], EIGHTY, KEY)
    after = assign_splits(everyone, EIGHTY, KEY)
    assert before == {name: after[name] for name in before}


def test_the_previous_versions_splits_are_kept_whatever_has_changed() -> None:
    everyone = patients(300)
    before = assign_splits(everyone, EIGHTY, KEY)
    shuffled = [PatientTraits(each.patient, frozenset({"new"})) for each in reversed(everyone)]
    more = [*shuffled[20:], *(PatientTraits(f"n{n}") for n in range(100))]
    after = assign_splits(more, SplitSizes((0.5, 0.25, 0.25)), KEY, previous=before)
    assert all(after[each.patient] == before[each.patient] for each in shuffled[20:])
    # Those who are new bring the sizes nearer to what is asked now.
    assert Counter(after[f"n{n}"] for n in range(100))["train"] < 30


def test_counts_are_met_exactly() -> None:
    counts = Counter(assign_splits(patients(90), SplitSizes.parse("rest,20,30"), KEY).values())
    assert counts == {"train": 40, "validate": 20, "test": 30}


def test_pinned_patients_are_test_patients_and_count_as_such() -> None:
    everyone = patients(200)
    pinned = frozenset(f"p{n}" for n in range(20))
    splits = assign_splits(everyone, EIGHTY, KEY, test_patients=pinned)
    assert {splits[name] for name in pinned} == {"test"}
    assert Counter(splits.values())["test"] <= 22
    moved = assign_splits(
        everyone, EIGHTY, KEY, test_patients=pinned, previous=dict.fromkeys(splits, "train")
    )
    assert Counter(moved.values()) == {"train": 180, "test": 20}


def test_a_pinned_patient_who_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="1 of the test patients"):
        assign_splits(patients(3), EIGHTY, KEY, test_patients=frozenset({"nobody"}))


@pytest.mark.parametrize("parts", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0, 0.5), (0.9, 0.1, 0)])
def test_a_share_of_zero_gets_nobody(parts: tuple[float, float, float]) -> None:
    wanted = {name for name, part in zip(SPLITS, parts, strict=True) if part}
    assert set(assign_splits(patients(400), SplitSizes(parts), KEY).values()) == wanted


def test_one_patient_is_in_one_split() -> None:
    assert set(assign_splits(patients(1), EIGHTY, KEY)) == {"p0"}


@pytest.mark.parametrize(
    ("text", "parts", "counted"),
    [
        ("0.8,0.1,0.1", (0.8, 0.1, 0.1), False),
        ("1.0,0,0", (1.0, 0.0, 0.0), False),
        ("1,0,0", (1.0, 0.0, 0.0), False),
        ("rest, 200, 500", (None, 200.0, 500.0), True),
        ("600,50,50", (600.0, 50.0, 50.0), True),
    ],
)
def test_sizes_are_read(text: str, parts: tuple[float | None, ...], counted: bool) -> None:
    assert SplitSizes.parse(text) == SplitSizes(parts, counted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "0.8,0.1,0.2", "1.1,-0.1,0.0", "nan,0.5,0.5", "0.5,0.5", "rest,rest,5", "600.5,50,50",
        "-1,50,50", "a,b,c", "", "inf,1,1",
    ],
)  # fmt: skip
def test_sizes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="split"):
        SplitSizes.parse(text)


@pytest.mark.parametrize("text", ["600,50,50", "rest,80,50", "50,20,20"])
def test_counts_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="there are 100"):
        assign_splits(patients(100), SplitSizes.parse(text), KEY)


def row(number: int, patient: int, study: int) -> CleanRow:
    film = CleanFilm(number, Path("x.dcm"), f"p{patient}", f"s{study}", f"u{number}")
    return CleanRow(film, study, patient)


def test_traits_are_of_the_first_study_and_film() -> None:
    rows = [row(5, 1, 2), row(2, 1, 1), row(1, 2, 3), row(3, 1, 1)]
    labels = {1: {"Edema": 1, "Pneumonia": -1, "Fracture": 0}, 2: {"Hernia": 1}}
    decisions = {2: Decided("chest_pa_ap"), 3: Decided("chest_lateral")}
    traits = patient_traits(rows, labels, decisions)
    assert traits == [
        PatientTraits("p1", frozenset({"finding Edema", "category chest_pa_ap"})),
        PatientTraits("p2", frozenset({"category "})),
    ]


def test_a_list_of_test_patients_is_read(tmp_path: Path) -> None:
    path = tmp_path / "test.txt"
    path.write_text("# readers' set\np1\n\n p2  # twice read\r\np1\n")
    assert read_test_patients(path, {"p1", "p2", "p3"}) == {"p1", "p2"}


def test_unknown_test_patients_are_told_by_line_and_never_by_id(tmp_path: Path) -> None:
    path = tmp_path / "test.txt"
    path.write_text("p1\nMRN-4711\np2\nMRN-4712\n")
    with pytest.raises(BadTable, match="line 2, 4") as caught:
        read_test_patients(path, {"p1", "p2"})
    assert "MRN" not in str(caught.value)


def test_an_empty_list_of_test_patients_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.txt"
    path.write_text("# nobody\n")
    with pytest.raises(BadTable, match="empty"):
        read_test_patients(path, {"p1"})
