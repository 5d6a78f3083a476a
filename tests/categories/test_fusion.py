"""Text and pixels together, by a table of cases."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from plainfilm.categories import DecideCategory
from plainfilm.records import Film, Location, Prediction

_TABLE = (Path(__file__).parent / "decisions.csv").read_text().splitlines()
_CASES = list(csv.DictReader(line for line in _TABLE if not line.startswith("#")))
_SOURCE = {"d": "StudyDescription", "t": "BodyPartExamined", "x": "StudyDescription"}


def _film(row: dict[str, str], laterality: str = "") -> Film:
    predictions = {}
    if row["text"] or row["part"]:
        source = _SOURCE[row["said_in"]]
        says = {"source": source, "says": "body_part", "value": row["part"], "term": "x"}
        against = says | {"source": "SeriesDescription"}
        details = {
            "body_part": row["part"],
            "laterality": laterality,
            "evidence": [says],
            "disagreement": [against] if row["said_in"] == "x" else [],
        }
        predictions["category_text"] = Prediction(1, "category_text", row["text"], None, details)
    if row["pixels"]:
        pairs = [pair.split() for pair in row["pixels"].split("|")]
        ranked = [[name, float(probability)] for name, probability in pairs]
        details = {"ranked": ranked, "decision": row["decision"], "turn": 90, "collage": 0.1}
        predictions["category_pixels"] = Prediction(
            1, "category_pixels", pairs[0][0], ranked[0][1], details
        )
    if row["suspicious"]:
        against = {"tag": row["suspicious"], "expected": "CHEST", "others": 40, "agreeing": 40}
        details = {"distance": 1.5, "suspicious": [against]}
        predictions["cluster"] = Prediction(1, "cluster", "3", None, details)
    return Film(1, "1.2", Location(Path("film.dcm")), {}, predictions)


@pytest.mark.parametrize("row", _CASES, ids=[row["because"] for row in _CASES])
def test_evidence_becomes_a_decision(row: dict[str, str]) -> None:
    step = DecideCategory(uncovered=("thoracic_spine_ap",))
    (decision,) = step.process([_film(row)])
    assert (decision.outcome, decision.category) == (row["outcome"], row["category"])
    assert decision.details["why"] == row["why"]


def test_a_decision_carries_the_evidence_and_how_the_film_lies() -> None:
    (decision,) = DecideCategory().process([_film(_CASES[0], laterality="left")])
    assert decision.probability == 0.98
    assert decision.laterality == "L"
    assert decision.details["pixels"] == [["chest_pa_ap", 0.98]]
    assert decision.details["turn"] == 90
    assert decision.details["text"] == "chest_pa_ap"


def test_pixels_are_left_out_when_asked() -> None:
    (decision,) = DecideCategory(pixels=False).process([_film(_CASES[5])])
    assert (decision.outcome, decision.category) == ("agree", "knee_ap")
    assert (decision.probability, decision.details["pixels"]) == (None, ())


def test_a_category_that_the_model_cannot_know_has_no_probability() -> None:
    (row,) = [row for row in _CASES if row["because"].startswith("the model cannot know")]
    (decision,) = DecideCategory(("thoracic_spine_ap",)).process([_film(row)])
    assert decision.category == "thoracic_spine_ap"
    assert decision.probability is None


def test_a_class_outside_the_table_is_no_body_part() -> None:
    case = _CASES[9] | {"pixels": "skull_lateral 0.99"}
    (decision,) = DecideCategory().process([_film(case)])
    assert decision.outcome == "conflict"


def test_a_decision_by_text_alone_has_no_probability() -> None:
    for row in (row for row in _CASES if row["why"] == "text_alone"):
        (decision,) = DecideCategory().process([_film(row)])
        assert decision.probability is None


def test_a_suspicion_is_told_whatever_is_decided() -> None:
    for row in _CASES:
        (decision,) = DecideCategory().process([_film(row)])
        assert ("cluster" in decision.details) == bool(row["suspicious"])
    assert decision.details["cluster"]["number"] == "3"
    assert decision.details["cluster"]["suspicious"][0]["others"] == 40


def test_a_cluster_that_suspects_nothing_changes_nothing() -> None:
    film = _film(_CASES[0])
    cluster = Prediction(1, "cluster", "3", None, {"distance": 1.5, "suspicious": []})
    heard = replace(film, predictions={**film.predictions, "cluster": cluster})
    assert DecideCategory().process([heard]) == DecideCategory().process([film])
