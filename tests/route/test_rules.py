"""When a rule takes a film, and when it leaves nothing for a later one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.records import Outcome
from plainfilm.route import DEFAULT, FilmFacts, Range, Rule, Rules, TagCondition

CHEST = FilmFacts(
    Outcome.AGREE, "chest_pa_ap", 0.95, "", {"Modality": "DX", "ImageType": ["ORIGINAL", "PRIMARY"]}
)
UNDECIDED = FilmFacts(Outcome.UNKNOWN, "", 0.4)
NEVER_SEEN = FilmFacts(None)
FROM_TEXT = FilmFacts(Outcome.AGREE, "knee_ap", None, "R")

SURE = Range(0.9, low_open=True)

# What the rule asks, the film, and whether it takes it.
TRUTH_TABLE = [
    (Rule("r", "x"), NEVER_SEEN, True),  # no condition
    (Rule("r", "x", categories=frozenset({"chest_pa_ap", "knee_ap"})), CHEST, True),
    (Rule("r", "x", categories=frozenset({"knee_ap"})), CHEST, False),
    (Rule("r", "x", categories=frozenset({"knee_ap"})), UNDECIDED, False),
    (Rule("r", "x", outcomes=frozenset({Outcome.AGREE})), CHEST, True),
    (Rule("r", "x", outcomes=frozenset({Outcome.CONFLICT, Outcome.UNKNOWN})), UNDECIDED, True),
    # Not decided is another thing than not categorized yet.
    (Rule("r", "x", outcomes=frozenset(Outcome)), NEVER_SEEN, False),
    (Rule("r", "x", probability=SURE), CHEST, True),
    (Rule("r", "x", probability=Range(high=0.5)), CHEST, False),
    # The text alone has no probability, so no condition on it holds.
    (Rule("r", "x", probability=Range()), FROM_TEXT, False),
    (Rule("r", "x", lateralities=frozenset("R")), FROM_TEXT, True),
    (Rule("r", "x", lateralities=frozenset("LB")), FROM_TEXT, False),
    (Rule("r", "x", tags=(TagCondition("Modality", frozenset({"CR", "DX"})),)), CHEST, True),
    (Rule("r", "x", tags=(TagCondition("Modality", frozenset({"CR"})),)), CHEST, False),
    (Rule("r", "x", tags=(TagCondition("Modality", frozenset({"CR"})),)), UNDECIDED, False),
    (Rule("r", "x", tags=(TagCondition("ImageType", frozenset({"PRIMARY"})),)), CHEST, True),
    (Rule("r", "x", tags=(TagCondition("Modality"),)), CHEST, True),
    (Rule("r", "x", tags=(TagCondition("Modality"),)), UNDECIDED, False),
    (Rule("r", "x", tags=(TagCondition("Modality", present=False),)), CHEST, False),
    (Rule("r", "x", tags=(TagCondition("StationName", present=False),)), CHEST, True),
    # All conditions have to hold.
    (Rule("r", "x", outcomes=frozenset({Outcome.AGREE}), probability=Range(0.99)), CHEST, False),
]


@pytest.mark.parametrize(("rule", "facts", "takes"), TRUTH_TABLE)
def test_a_rule_takes_a_film_for_which_all_its_conditions_hold(
    rule: Rule, facts: FilmFacts, takes: bool
) -> None:
    assert rule.takes(facts) is takes


@pytest.mark.parametrize(
    ("value", "present"),
    [(None, False), ("", False), ([], False), (["", None], False), (0, True), (["", "x"], True)],
)
def test_an_empty_tag_is_not_present(value: object, present: bool) -> None:
    assert TagCondition("ImageType").holds(value) is present  # type: ignore[arg-type]
    assert TagCondition("ImageType", present=False).holds(value) is not present  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("span", "value", "within"),
    [
        (Range(0.9), 0.9, True),
        (Range(0.9, low_open=True), 0.9, False),
        (Range(high=0.7), 0.7, True),
        (Range(high=0.7, high_open=True), 0.7, False),
        (Range(0.5, 0.7), 0.4, False),
        (Range(), 0.0, True),
    ],
)
def test_an_end_that_is_open_is_not_in_the_range(span: Range, value: float, within: bool) -> None:
    assert (value in span) is within


def test_the_first_rule_that_takes_a_film_decides() -> None:
    any_chest = Rule("any chest", "chest", categories=frozenset({"chest_pa_ap"}))
    rules = Rules("rest", (Rule("sure", "model", probability=SURE), any_chest))
    assert rules.destination(CHEST) == ("model", "sure")
    unsure = FilmFacts(Outcome.REPAIR, "chest_pa_ap", 0.8)
    assert rules.destination(unsure) == ("chest", "any chest")
    assert rules.destination(UNDECIDED) == ("rest", DEFAULT)
    assert [route.rule for route in rules.routes()] == ["sure", "any chest", DEFAULT]


def test_keywords_are_named_once() -> None:
    one, other = TagCondition("Modality", frozenset({"CR"})), TagCondition("StationName")
    rules = Rules("x", (Rule("a", "x", tags=(one,)), Rule("b", "x", tags=(other, one))))
    assert rules.keywords() == ("Modality", "StationName")


KNEE, CHESTS = frozenset({"knee_ap"}), frozenset({"chest_pa_ap", "chest_lateral"})
CR, BOTH = frozenset({"CR"}), frozenset({"CR", "DX"})

# One rule's conditions, a later rule's, and whether the first leaves the later one nothing.
COVERING = [
    ({}, {"categories": KNEE}, True),
    ({"categories": KNEE}, {}, False),
    ({"categories": CHESTS}, {"categories": frozenset({"chest_lateral"})}, True),
    ({"categories": frozenset({"chest_lateral"})}, {"categories": CHESTS}, False),
    ({"categories": KNEE}, {"categories": KNEE, "probability": SURE}, True),
    ({"outcomes": frozenset({Outcome.AGREE})}, {"outcomes": frozenset(Outcome)}, False),
    ({"lateralities": frozenset("R")}, {"lateralities": frozenset("L")}, False),
    ({"probability": Range(0.9)}, {"probability": SURE}, True),
    ({"probability": SURE}, {"probability": Range(0.9)}, False),  # 0.9 itself is left
    ({"probability": SURE}, {"probability": Range(0.95, 0.99)}, True),
    ({"probability": Range(high=0.7)}, {"probability": Range(high=0.7, high_open=True)}, True),
    ({"probability": Range(high=0.7, high_open=True)}, {"probability": Range(high=0.7)}, False),
    ({"probability": Range()}, {}, False),  # films whose probability is unknown are left
    ({"tags": (TagCondition("Modality", BOTH),)}, {"tags": (TagCondition("Modality", CR),)}, True),
    ({"tags": (TagCondition("Modality", CR),)}, {"tags": (TagCondition("Modality", BOTH),)}, False),
    ({"tags": (TagCondition("Modality"),)}, {"tags": (TagCondition("Modality", CR),)}, True),
    ({"tags": (TagCondition("Modality", CR),)}, {"tags": (TagCondition("Modality"),)}, False),
    (
        {"tags": (TagCondition("Modality"),)},
        {"tags": (TagCondition("Modality", present=False),)},
        False,
    ),
    ({"tags": (TagCondition("Modality", CR),)}, {"tags": (TagCondition("KVP", CR),)}, False),
    (
        {"tags": (TagCondition("Modality", CR),)},
        {"tags": (TagCondition("KVP"), TagCondition("Modality", CR))},
        True,
    ),
]


@pytest.mark.parametrize(("first", "later", "covers"), COVERING)
def test_a_rule_covers_a_later_one_that_asks_for_more(
    first: dict[str, Any], later: dict[str, Any], covers: bool
) -> None:
    assert Rule("first", "x", **first).covers(Rule("later", "x", **later)) is covers


SOME = {"a", "b", "c"}
TEXTS = st.none() | st.sets(st.sampled_from(sorted(SOME)), min_size=1).map(frozenset)
ENDS = st.sampled_from([0.0, 0.5, 1.0])
RANGES = st.builds(Range, ENDS, ENDS, st.booleans(), st.booleans()).filter(
    lambda span: not span.is_empty()
)
CONDITIONS = st.builds(TagCondition, st.sampled_from("XY"), TEXTS) | st.builds(
    TagCondition, st.sampled_from("XY"), st.none(), st.booleans()
)
RULES = st.builds(
    Rule,
    st.just("r"),
    st.just("x"),
    TEXTS,
    st.none() | st.sets(st.sampled_from(Outcome), min_size=1).map(frozenset),
    st.none() | RANGES,
    st.none() | st.sets(st.sampled_from("RL"), min_size=1).map(frozenset),
    st.lists(CONDITIONS, max_size=2).map(tuple),
)
FACTS = st.builds(
    FilmFacts,
    st.none() | st.sampled_from(Outcome),
    st.sampled_from(["", *SOME]),
    st.none() | st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
    st.sampled_from(["", "R", "L"]),
    st.dictionaries(st.sampled_from("XY"), st.sampled_from(["", *SOME])),
)


@given(RULES, RULES, FACTS)
def test_a_rule_that_covers_another_takes_all_that_it_would(
    one: Rule, other: Rule, facts: FilmFacts
) -> None:
    if one.covers(other) and other.takes(facts):
        assert one.takes(facts)


@given(RULES)
def test_a_rule_covers_itself_and_one_without_conditions_covers_all(rule: Rule) -> None:
    assert rule.covers(rule)
    assert Rule("r", "x").covers(rule)
