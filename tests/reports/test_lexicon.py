"""The lexicon's files are whole, and phrases match as their comments say."""

import pytest

from plainfilm.errors import BadTable
from plainfilm.reports._lexicon import _labels, _phrases, bundled_lexicon
from plainfilm.reports._phrases import PhraseFinder, parse_phrase
from plainfilm.vocabulary import LABEL_SETS, NO_FINDING, label_set


def spans(phrase: str, text: str) -> list[tuple[int, int]]:
    return [(m.start, m.end) for m in PhraseFinder([(phrase, "x")]).find(text.split())]


@pytest.mark.parametrize("name", LABEL_SETS)
def test_every_label_has_a_lexicon_file(name: str) -> None:
    fed = {label for sets in bundled_lexicon().labels.values() for label in sets.get(name, ())}
    assert fed == set(label_set(name)) - {NO_FINDING}


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("effusion", "no effusion seen", [(1, 2)]),
        ("effusion*", "effusions", [(0, 1)]),
        ("effusion", "effusions", []),
        ("lung/lobe collapse", "lobe collapse", [(0, 2)]),
        ("heart [2] enlarged", "heart is mildly enlarged", [(0, 4)]),
        ("heart [2] enlarged", "heart size is mildly enlarged", []),
        ("heart [2] enlarged", "heart enlarged", [(0, 2)]),
        ("mass", "mass mass", [(0, 1), (1, 2)]),
    ],
)
def test_phrases_match_words_alternatives_beginnings_and_gaps(
    phrase: str, text: str, expected: list[tuple[int, int]]
) -> None:
    assert spans(phrase, text) == expected


@pytest.mark.parametrize(
    "phrase", ["", "[2] heart", "heart [2]", "a [2] [3] b", "Heart", "a(b", "a/"]
)
def test_wrong_phrases_are_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"gap|word|neither"):
        parse_phrase(phrase)


def test_wrong_phrase_is_refused_with_its_line() -> None:
    text = 'source = "x"\nphrases = [\n  "good",\n  "b(d",\n]\n'
    with pytest.raises(BadTable, match=r"mine\.toml, line 4"):
        list(_phrases({"phrases": ["good", "b(d"]}, "phrases", text, "mine.toml"))


def test_label_that_the_set_does_not_have_is_refused() -> None:
    with pytest.raises(BadTable, match="does not have"):
        _labels({"source": "x", "labels": {"nih": ["Flu"]}}, "mine.toml")
