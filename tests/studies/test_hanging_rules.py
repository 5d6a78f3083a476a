"""The rules of hanging: what a user's file may say."""

from pathlib import Path

import pytest

from plainfilm.errors import SettingsError
from plainfilm.studies import Edges, load_hanging_rules
from plainfilm.vocabulary import CATEGORIES


def test_bundled_rules_name_every_part_and_view() -> None:
    rules = load_hanging_rules()
    assert set(rules.parts) == {category.body_part for category in CATEGORIES}
    assert set(rules.views) == {category.view for category in CATEGORIES}
    assert rules.sides[0] == "R"
    assert rules.are_related("patella", "knee")
    assert not rules.are_related("patella", "hand")


def test_own_rules_need_only_what_they_say_differently(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[priors]\ncount = 5\n[edges]\nchest_lateral = { lower = "F", right = "A" }\n')
    rules, bundled = load_hanging_rules(path), load_hanging_rules()
    assert (rules.priors, rules.related) == (5, bundled.related)
    assert rules.edges["chest_lateral"] == Edges("F", "A")
    assert rules.edges["chest_pa_ap"] == bundled.edges["chest_pa_ap"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sure", "is no TOML"),
        ("[walls]", r"\[walls\]: no section; sections are edges, order, priors, sure"),
        ("sure = 1", r"\[sure\]: no section"),
        ("[sure]\nturns = 1", r"\[sure\] turns: not known; allowed are collage, inverted, mir"),
        ("[sure]\nturn = 1.5", r"\[sure\] turn: must be a number from 0 to 1"),
        ("[sure]\nturn = true", r"\[sure\] turn: must be a number from 0 to 1"),
        ("[priors]\ncount = -1", r"\[priors\] count: must be a whole number"),
        ("[priors]\nrelated = 3", r"\[priors\] related: must be a list"),
        ('[priors]\nrelated = [["knie"]]', r"\[priors\] related: 'knie' is not known"),
        ('[order]\nviews = ["up"]', r"\[order\] views: 'up' is not known; allowed are ap, "),
        ('[order]\nsides = ["R", "R"]', r"\[order\] sides: a name is there twice"),
        ("[order]\nparts = [1]", r"\[order\] parts: must be a list of names"),
        ("[edges]\nknee = {}", r"\[edges\] knee: not known"),
        ("[edges]\nknee_ap = 3", r"\[edges\] knee_ap: must be a table"),
        ('[edges]\nknee_ap = { lower = "X" }', r"knee_ap lower: must be one of A, F, H"),
        ("[edges]\nknee_ap = { lower = [] }", r"knee_ap lower: must be one of A, F, H"),
    ],
)
def test_wrong_rules_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=f"own.toml: .*{says}"):
        load_hanging_rules(path)


def test_missing_rules_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be opened"):
        load_hanging_rules(tmp_path / "none.toml")
