"""A study's films against its orders, by the truth table matches.csv."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plainfilm.records import Location, Outcome
from plainfilm.studies._films import StudyFilm
from plainfilm.studies._match import Matching, match_films
from plainfilm.studies._order import Order
from plainfilm.studies._procedures import Asked, load_procedures
from plainfilm.vocabulary import CATEGORIES

START = datetime(2024, 3, 5, 10, 15)  # noqa: DTZ001
PART = {category.name: category.body_part for category in CATEGORIES}


def film(text: str, number: int) -> StudyFilm:
    """`knee_ap R @5` is a right knee 5 minutes after the start; `?` is undecided, `other:rib` an
    `other` film whose texts name the rib, `other` one of an unknown part. The side is in the name
    of the series, or `of-study`."""
    words = text.split()
    category, _, part = words[0].partition(":")
    at = next((int(word[1:]) for word in words if word.startswith("@")), 100 * number)
    side = next((word for word in words[1:] if word in {"R", "L", "B"}), "")
    source = "StudyDescription" if "of-study" in words else "SeriesDescription"
    evidence = [{"source": source, "says": "laterality", "value": "any", "term": "x"}]
    details: dict[str, Any] = {"text_evidence": evidence if side else []}
    if "collage" in words:
        details["collage"] = 0.9
    return StudyFilm(
        film_id=number,
        sop_instance_uid=f"1.2.{number}",
        location=Location(Path(f"{number}.dcm")),
        patient_pk=1,
        study_pk=1,
        study_instance_uid="1.2",
        accession_number="A",
        study_date=START.date(),
        study_time=START.time(),
        taken=None if "untimed" in words else START + timedelta(minutes=at),
        instance_number=number,
        patient_orientation=(),
        outcome=Outcome.CONFLICT if category == "?" else Outcome.AGREE,
        category="" if category == "?" else category,
        body_part=part or PART.get(category, ""),
        laterality=side,
        details=details,
    )


def asked(*texts: str) -> list[Asked]:
    found = [load_procedures().asked(Order("here", procedure=text)) for text in texts]
    assert all(isinstance(one, Asked) for one in found)
    return found  # type: ignore[return-value]


def match(order: str, films: list[str], retake_minutes: float = 30) -> Matching:
    made = [film(text, number) for number, text in enumerate(films)]
    return match_films(asked(*order.split(" & ")), made, retake_minutes)


def results(matching: Matching) -> list[str]:
    """The results of films in the order in which they were made, then the gaps."""
    told = [" ".join(filter(None, (v.result, v.why))) for v in matching.verdicts]
    gaps = [" ".join(filter(None, (g.result, str(g.slot), g.why))) for g in matching.gaps]
    return told + gaps


def truth() -> list[tuple[str, list[str], list[str]]]:
    """The rows of matches.csv: order, films, results."""
    rows = Path(__file__).with_name("matches.csv").read_text().splitlines()
    cells = [row.split(";") for row in rows if not row.startswith("#")][1:]
    return [(order, films.split(", "), results.split(", ")) for order, films, results in cells]


TRUTH = truth()


@pytest.mark.parametrize(
    ("order", "films", "expected"), TRUTH, ids=[f"{t[0]}: {', '.join(t[1])}" for t in TRUTH]
)
def test_films_against_orders(order: str, films: list[str], expected: list[str]) -> None:
    assert results(match(order, films)) == expected


def test_no_film_at_all_is_every_view_missing() -> None:
    assert results(match("XR KNEE 2 VIEWS", [])) == [
        "missing_view knee_ap",
        "missing_view knee_lateral",
    ]


def test_films_of_two_orders_are_told_apart() -> None:
    matching = match("XR CHEST 1 VIEW & XR KNEE 1 VIEW LEFT", ["knee_ap L", "chest_pa_ap"])
    assert [verdict.order for verdict in matching.verdicts] == [1, 0]


def test_the_order_of_films_changes_no_result() -> None:
    for order, films, _ in TRUTH:
        made = [film(text, number) for number, text in enumerate(films)]
        there = match_films(asked(*order.split(" & ")), made, 30)
        back = match_films(asked(*order.split(" & ")), made[::-1], 30)
        assert there == back, (order, films)


def test_retake_minutes_are_the_callers() -> None:
    films = ["chest_pa_ap @0", "chest_pa_ap @4"]
    assert results(match("XR CHEST 1 VIEW", films, 3))[1] == "extra_film more_than_ordered"


def test_film_without_a_decision_is_undecided() -> None:
    bare = replace(film("?", 0), outcome=None)
    matching = match_films(asked("XR CHEST 1 VIEW"), [bare], 30)
    assert results(matching) == ["undecided no_decision"]
