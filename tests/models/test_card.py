"""The card: what it must hold, what it decides, and what it refuses to vouch for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plainfilm.errors import ModelError
from plainfilm.models import (
    INTERFACE,
    Card,
    CategoryFigures,
    Data,
    Figure,
    Threshold,
    card_page,
    read_card,
    write_card,
)

FULL = Card(
    name="starter",
    version="3",
    sha256="ab" * 32,
    side=256,
    classes=("chest_pa_ap", "hand_ap", "finger_ap", "other"),
    licence="research use only",
    summary="Names films.",
    uncovered=("finger_ap",),
    temperatures={"category": 1.5, "mirrored": 0.8},
    thresholds={"chest_pa_ap": Threshold(0.9, 0.0), "hand_ap": Threshold(None, 0.7)},
    tells_mirrored=("chest_pa_ap",),
    data=(Data("some films", 1000, "free with attribution", 682, "an institute"),),
    split="by patient: a third for testing",
    figures=(Figure("accuracy", 0.97, 0.95, 0.98, 400),),
    categories=(CategoryFigures("hand_ap", 12, 0.917, 0.646, 0.985, 1.0),),
    calibration={"expected_calibration_error": 0.02},
    known_failures=("Films of animals are named as if they were people's.",),
)


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_card(FULL, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json") == FULL


def test_fields_that_a_later_release_added_are_passed_over(tmp_path: Path) -> None:
    changed(tmp_path, lambda card: card.update(added_later=[1, 2]))
    assert read_card(tmp_path / "card.json") == FULL


def test_a_card_that_an_editor_marked_as_utf_8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_card(FULL, path)
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert read_card(path) == FULL


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = folder / "card.json"
    write_card(FULL, path)
    card = json.loads(path.read_text())
    change(card)
    path.write_text(json.dumps(card))
    return path


# field, value -> what the error names
WRONG = [
    ("sha256", "AB" * 32, "sha256"),
    ("sha256", "ab", "sha256"),
    ("name", "../starter", "name"),
    ("name", "", "name"),
    ("side", 8, "side"),
    ("side", "256", "side"),
    ("classes", [], "classes"),
    ("classes", ["other", "other"], "classes"),
    ("uncovered", ["toe_ap"], "toe_ap"),
    ("uncovered", ["chest_pa_ap", "hand_ap", "finger_ap", "other"], "nothing is left"),
    ("tells_mirrored", ["toe_ap"], "toe_ap"),
    ("thresholds", {"toe_ap": {"straight": 0.9, "person": 0}}, "toe_ap"),
    ("thresholds", {"hand_ap": {"straight": 0.5, "person": 0.7}}, "person"),
    ("thresholds", {"hand_ap": {"straight": 1.5, "person": 0.7}}, "straight"),
    ("temperatures", {"category": 0}, "above 0"),
    ("temperatures", {"colour": 1}, "colour"),
    ("licence", None, "licence"),
    ("plainfilm_from", "soon", "plainfilm_from"),
    ("plainfilm_below", "0.1", "below 0.1"),
    ("plainfilm_from", "99.0", "update plainfilm"),
    ("interface", INTERFACE + 1, "update plainfilm"),
    ("interface", INTERFACE - 1, "newer model"),
    ("interface", "one", "interface"),
]


@pytest.mark.parametrize(("name", "value", "named"), WRONG)
def test_a_card_that_cannot_be_trusted_is_refused(
    tmp_path: Path, name: str, value: object, named: str
) -> None:
    path = changed(tmp_path, lambda card: card.update({name: value}))
    with pytest.raises(ModelError, match=named) as caught:
        read_card(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["name", "sha256", "side", "classes", "licence"])
def test_a_card_without_what_it_needs_is_refused(tmp_path: Path, name: str) -> None:
    path = changed(tmp_path, lambda card: card.pop(name))
    with pytest.raises(ModelError, match=name):
        read_card(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_what_is_no_card_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "card.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"card\.json"):
        read_card(tmp_path / "card.json")


def test_a_missing_card_is_told_how_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="copy both"):
        read_card(tmp_path / "card.json")


# category, probability -> decision. chest_pa_ap is strong, hand_ap weak, other has no threshold.
@pytest.mark.parametrize(
    ("category", "probability", "decision"),
    [
        ("chest_pa_ap", 0.95, "straight"),
        ("chest_pa_ap", 0.90, "review"),  # above 0.90, not at it
        ("chest_pa_ap", 0.40, "review"),  # only weak categories go to a person
        ("hand_ap", 0.99, "review"),  # a weak category never goes straight
        ("hand_ap", 0.70, "review"),  # below 0.70, not at it
        ("hand_ap", 0.69, "person"),
        ("other", 0.99, "review"),
        ("other", 0.10, "review"),
    ],
)
def test_thresholds_decide(category: str, probability: float, decision: str) -> None:
    assert FULL.decision(category, probability) == decision


def test_the_page_tells_everything_that_the_card_holds() -> None:
    page = card_page(FULL)
    for told in (
        "starter 3", "research use only", "ab" * 32, "finger_ap", "some films", "682",
        "free with attribution", "by patient", "0.970", "0.950 to 0.980", "0.646 to 0.985",
        "expected calibration error", "0.900", "0.700", "Films of animals",
    ):  # fmt: skip
        assert told in page, told
