"""Files of rules: what they may hold, and what is refused with which words."""

import re
from pathlib import Path

import pytest

from plainfilm.errors import SettingsError
from plainfilm.records import Outcome
from plainfilm.route import (
    FilmFacts,
    Range,
    Rule,
    TagCondition,
    default_rules_text,
    load_rules,
    parse_rules,
)
from plainfilm.vocabulary import CATEGORIES, load_categories

SPINE = {"cervical_spine", "thoracic_spine", "lumbar_spine"}


def rule(conditions: str, name: str = "r") -> Rule:
    text = f'default = "review"\n[[rule]]\nname = "{name}"\nto = "x"\n{conditions}'
    return parse_rules(text, "rules.toml").rules[0]


def test_every_condition_can_be_written() -> None:
    found = rule(
        """
        category = ["knee_*", "foot_oblique", "other"]
        outcome = "agree"
        probability = { above = 0.9, max = 0.99 }
        laterality = ["R", "L"]
        tags.Modality = ["CR", "DX"]
        tags.StationName = "ROOM 1"
        tags.ImageType = "ORIGINAL"
        tags.KVP = [60, 62.5]
        tags.ViewPosition = { present = false }
        tags.AnatomicRegionSequence = { present = true }
        """
    )
    assert found.categories == {"knee_ap", "knee_lateral", "foot_oblique", "other"}
    assert found.outcomes == {Outcome.AGREE}
    assert found.probability == Range(0.9, 0.99, low_open=True)
    assert found.lateralities == {"R", "L"}
    assert found.tags == (
        TagCondition("Modality", frozenset({"CR", "DX"})),
        TagCondition("StationName", frozenset({"ROOM 1"})),
        TagCondition("ImageType", frozenset({"ORIGINAL"})),
        TagCondition("KVP", frozenset({60, 62.5})),
        TagCondition("ViewPosition", present=False),
        TagCondition("AnatomicRegionSequence"),
    )


def test_a_body_part_stands_for_its_categories() -> None:
    found = rule('body_part = ["chest", "pelvis"]')
    assert found.categories == {"chest_lateral", "chest_pa_ap", "pelvis_ap"}
    both = rule(
        'body_part = "chest"\ncategory = ["*_ap", "chest_lateral"]'.replace("*_ap", "hand*")
    )
    assert both.categories == {"chest_lateral"}


def test_the_bundled_rules_do_what_they_say() -> None:
    rules = load_rules()

    def destination(outcome: Outcome | None, category: str, probability: float | None) -> str:
        return rules.destination(FilmFacts(outcome, category, probability)).destination

    assert destination(Outcome.AGREE, "chest_pa_ap", 0.91) == "chest-model"
    assert destination(Outcome.REPAIR, "chest_lateral", 0.99) == "chest-model"
    assert destination(Outcome.AGREE, "chest_pa_ap", 0.90) == "review"
    assert destination(Outcome.AGREE, "chest_pa_ap", None) == "review"
    assert destination(Outcome.CONFLICT, "", None) == "review"
    assert destination(Outcome.UNKNOWN, "", 0.99) == "review"
    assert destination(None, "", None) == "review"
    for category in CATEGORIES:
        if category.body_part in SPINE:
            assert destination(Outcome.AGREE, category.name, 0.95) == "spine-model"
    assert destination(Outcome.AGREE, "knee_ap", 0.99) == "review"


def test_the_bundled_rules_can_be_copied(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(default_rules_text())
    assert load_rules(path) == load_rules()


def test_categories_of_ones_own_can_be_named(tmp_path: Path) -> None:
    table = tmp_path / "categories.csv"
    columns = "name,title,body_part,view,body_part_examined,view_position,region_code"
    table.write_text(
        f"{columns},region_meaning,view_code,view_meaning,source\n"
        "skull_lateral,Skull,skull,lateral,SKULL,,,,,,own\n"
    )
    text = 'default = "x"\n[[rule]]\nname = "r"\nto = "y"\nbody_part = "skull"\n'
    own = load_categories(table)
    assert parse_rules(text, "t", categories=own).rules[0].categories == {"skull_lateral"}
    with pytest.raises(SettingsError, match="body_part 'skull' is unknown"):
        parse_rules(text, "t")


def test_rules_may_be_none_but_the_default() -> None:
    rules = parse_rules('default = "archive"', "t")
    assert rules.destination(FilmFacts(None)).destination == "archive"


# What is wrong, the rule's lines, and what the message says after the file and the rule.
WRONG_RULES = [
    ("key", "catgory = 'knee_ap'", "key 'catgory' is unknown; known: name, to, category, body"),
    ("category", "category = 'kne_ap'", "category 'kne_ap' is unknown; known: abdomen_ap,"),
    ("pattern", "category = 'skull*'", "category 'skull*' is unknown"),
    ("bare star", "category = '*'", "category '*' is unknown"),
    ("no category", "category = []", "category must be a text or a list of texts"),
    ("number", "category = 7", "category must be a text or a list of texts"),
    ("part", "body_part = 'back'", "body_part 'back' is unknown; known: abdomen, ankle"),
    ("neither", "body_part = 'hand'\ncategory = 'knee_ap'", "no category is of both"),
    ("outcome", "outcome = 'sure'", "outcome 'sure' is unknown; known: agree, repair, conflict"),
    ("side", "laterality = 'right'", "laterality 'right' is unknown; known: R, L, B"),
    ("percent", "probability = { above = 90 }", "above must be a number from 0 to 1"),
    ("truth", "probability = { min = true }", "min must be a number from 0 to 1"),
    ("nan", "probability = { min = nan }", "min must be a number from 0 to 1"),
    ("bare", "probability = 0.9", "probability must be written as { above = 0.9 }; its keys are"),
    ("end", "probability = { over = 0.9 }", "probability: key 'over' is unknown; known: min,"),
    ("two ends", "probability = { min = 0.1, above = 0.1 }", "min and above exclude each other"),
    ("no room", "probability = { above = 0.9, max = 0.9 }", "no number is in that range"),
    ("keyword", "tags.Modalty = 'DX'", "tag keyword 'Modalty' is unknown; did you mean Modality"),
    ("no table", "tags = 'DX'", "tags must be a table from keyword to value"),
    ("text", "tags.KVP = 'Quill'", "tag KVP: must be a number, or a list of such; its VR is DS"),
    ("no text", "tags.Modality = 7", "tag Modality: must be a text"),
    ("none of", "tags.Modality = []", "tag Modality: must be a text"),
    ("empty", "tags.Modality = ''", "tag Modality: for no value write { present = false }"),
    ("sequence", "tags.ViewCodeSequence = 'Quill'", "of a SQ only { present = true } can be asked"),
    ("binary", "tags.ICCProfile = 'Quill'", "of a OB only { present = true } can be asked"),
    ("ask", "tags.Modality = { like = 'Quill' }", "tag Modality: only { present = true } or"),
    ("maybe", "tags.Modality = { present = 1 }", "tag Modality: only { present = true } or"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "words"), [row[1:] for row in WRONG_RULES],
                         ids=[row[0] for row in WRONG_RULES])  # fmt: skip
def test_a_wrong_rule_is_refused_with_what_is_allowed(lines: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)) as caught:
        rule(lines)
    assert str(caught.value).startswith("rules.toml, rule 1 (r): ")
    assert "Quill" not in str(caught.value)  # a tag's value may be a person's


ONE = '[[rule]]\nname = "one"\nto = "x"\n'
TWO = '[[rule]]\nname = "two"\nto = "y"\n'
WRONG_FILES = [
    ("no default", ONE, "rules.toml: default is missing"),
    ("no TOML", "default = review", "rules.toml: not valid TOML: "),
    ("top key", 'default = "x"\nrules = []', "key 'rules' is unknown; known: default, rule"),
    ("no tables", 'default = "x"\nrule = "y"', "rules are written as [[rule]] tables"),
    ("one table", 'default = "x"\n[rule]\nname = "y"', "rules are written as [[rule]] tables"),
    ("place", 'default = "../x"', "default must be a name of letters, digits"),
    ("no name", 'default = "x"\n[[rule]]\nto = "y"', "rule 1: name must be a line of text"),
    ("no place", 'default = "x"\n[[rule]]\nname = "y"', "rule 1 (y): to is missing"),
    ("reserved", 'default = "x"\n' + ONE.replace("one", "default"), "not be `default`"),
    ("same name", 'default = "x"\n' + ONE + "laterality = 'R'\n" + ONE, "rule 1 is called one too"),
    ("unreachable", 'default = "x"\n' + ONE + TWO + "category = 'knee_ap'",
     "rule 2 (two): can never take a film, since rule 1 (one) takes every one that it would"),
    ("covered", 'default = "x"\n' + ONE + "body_part = 'knee'\n" + TWO + "category = 'knee_ap'",
     "rule 2 (two): can never take a film"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in WRONG_FILES],
                         ids=[row[0] for row in WRONG_FILES])  # fmt: skip
def test_a_wrong_file_is_refused_with_the_place(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        parse_rules(text, "rules.toml")


def test_an_unconditional_rule_may_be_the_last() -> None:
    text = f'default = "x"\n{ONE}category = "knee_ap"\n{TWO}'
    assert len(parse_rules(text, "t").rules) == 2


def test_nothing_in_a_file_is_evaluated() -> None:
    with pytest.raises(SettingsError, match=r"category .* is unknown"):
        rule("category = '__import__(\"os\").abort()'")


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"\xff", "byte 0 is not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "rules.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=words):
        load_rules(path)
