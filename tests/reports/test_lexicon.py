"""The lexicon's files are whole, a user's files add to them, and phrases match as they say."""

from pathlib import Path

import pytest

from plainfilm.errors import BadSource, BadTable, SettingsError
from plainfilm.reports import LANGUAGES, Labeler, load_lexicon
from plainfilm.reports._phrases import PhraseFinder, parse_phrase
from plainfilm.reports._words import comma_places, fold, words_of
from plainfilm.vocabulary import LABEL_SETS, NO_FINDING, label_set

FINE = '[[statement]]\nphrases = ["fine"]\nabsent = ["nodule"]\n'


def spans(phrase: str, text: str) -> list[tuple[int, int]]:
    folded = fold(text)
    finder = PhraseFinder([(phrase, "x")])
    return [(m.start, m.end) for m in finder.find(words_of(folded), comma_places(folded))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LABEL_SETS)
def test_every_label_has_a_lexicon_file(name: str, language: str) -> None:
    lexicon = load_lexicon(language)
    fed = {label for sets in lexicon.labels.values() for label in sets.get(name, ())}
    assert fed == set(label_set(name)) - {NO_FINDING}
    assert lexicon.names(name) == label_set(name)


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("effusion", "no effusion seen", [(1, 2)]),
        ("effusion", "No EFFUSION", [(1, 2)]),
        ("effusion*", "effusions", [(0, 1)]),
        ("effusion", "effusions", []),
        ("lung/lobe collapse", "lobe collapse", [(0, 2)]),
        ("heart [2] enlarged", "heart is mildly enlarged", [(0, 4)]),
        ("heart [2] enlarged", "heart size is mildly enlarged", []),
        ("heart [2] enlarged", "heart enlarged", [(0, 2)]),
        ("mass", "mass mass", [(0, 1), (1, 2)]),
        ("acuñamiento", "acunamiento", [(0, 1)]),
        ("neumonia", "Neumonía", [(0, 1)]),
        ("seen,", "no effusion seen, nodule", [(2, 3)]),
        ("seen,", "no effusion seen", []),
        ("port a cath", "port-a-cath", [(0, 3)]),
    ],
)
def test_phrases_match_words_alternatives_beginnings_and_gaps(
    phrase: str, text: str, expected: list[tuple[int, int]]
) -> None:
    assert spans(phrase, text) == expected


def test_finder_finds_the_same_after_it_forgot_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plainfilm.reports._phrases._REMEMBERED", 500)
    finder = PhraseFinder([("heart [2] enlarged", "x")])
    for number in range(30):
        words = ["heart", f"a{number}", "b", "enlarged"]
        assert [match.places for match in finder.find(words)] == [(0, 3)]


@pytest.mark.parametrize(
    "phrase", ["", ",", "[2] heart", "heart [2]", "a [2] [3] b", "Heart", "a(b", "a/", "*"]
)
def test_wrong_phrases_are_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"gap|word|neither"):
        parse_phrase(phrase)


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def values(lexicon_folder: Path, text: str, label_set_name: str = "nih") -> dict[str, int]:
    return Labeler(label_set_name, lexicon=load_lexicon("en", lexicon_folder)).values(text)


def test_user_adds_a_phrase_to_a_finding(tmp_path: Path) -> None:
    added = folder(tmp_path, nodule='phrases = ["coin shadow*"]\n')
    assert values(added, "No coin shadows.") == {"Nodule": 0, "No Finding": 1}
    assert values(added, "A nodule.") == {"Nodule": 1}
    assert "Nodule" not in Labeler("nih").values("No coin shadows.")


def test_user_adds_a_finding_to_a_label_set(tmp_path: Path) -> None:
    text = (
        'source = "ours"\nnew_labels = true\nlabels = { nih = ["Scoliosis"] }\n'
        'phrases = ["scoliosis"]\n'
    )
    added = folder(tmp_path, scoliosis=text)
    assert values(added, "Possible scoliosis.") == {"Scoliosis": -1}
    assert load_lexicon("en", added).names("nih")[-1] == "Scoliosis"


def test_user_adds_a_label_set(tmp_path: Path) -> None:
    text = (
        'source = "ours"\nnew_labels = true\nlabels = { spine = ["Scoliosis"] }\n'
        'phrases = ["scoliosis"]\n'
    )
    assert values(folder(tmp_path, scoliosis=text), "Scoliosis.", "spine") == {"Scoliosis": 1}


def test_user_adds_cues_and_titles(tmp_path: Path) -> None:
    added = folder(tmp_path, cues='negation_before = ["nowhere a"]\n')
    (added / "sections.csv").write_text("section,use,titles\nfindings,findings,what we saw\n")
    text = "HISTORY: mass\nWHAT WE SAW: Nowhere a nodule."
    assert values(added, text) == {"Nodule": 0, "No Finding": 1}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("nodule", 'phrases = [\n  "good",\n  "b(d",\n]\n', r"nodule\.toml, line 3: 'b\(d'"),
        ("nodule", '# "Bad"\nphrases = ["a", # "Bad"\n "Bad"]\n', "line 3: 'Bad'"),
        ("nodule", 'phrases = [\n"a",\n7]\n', "line 3: `phrases` must hold text"),
        ("nodule", 'phrases = "a"\n', "line 1: `phrases` must be a list"),
        ("nodule", '\nphrases = ["a"\nx', r"nodule\.toml.*line 3"),
        ("nodule", '\n\nphrase = ["a"]\n', "line 3: there is no key 'phrase'"),
        ("nodule", 'phrases = ["seen,"]\n', "line 1: a comma"),
        ("nodule", "lasting = 3\n", "line 1: `lasting` must be true or false"),
        ("flu", 'phrases = ["flu"]\n', "line 1: a finding needs `source` and `labels`"),
        ("flu", 'source = "x"\nlabels = ["nih"]\n', "line 2: `labels` must be like"),
        (
            "flu",
            'source = "x"\nlabels = { nih = ["Flu"] }\n',
            r"line 2: label set 'nih' has no 'Flu'; known: Atelectasis.*`new_labels = true`",
        ),
        ("cues", '\nnegation = ["no"]\n', "line 2: there is no key 'negation'"),
        ("cues", 'stops = [\n"a",\n"B",\n]\n', "line 3: 'B'"),
        (
            "normal_statements",
            FINE + '[[statement]]\nphrases = ["good",\n"b*d"]\nabsent = ["nodule"]\n',
            "line 6: 'b\\*d'",
        ),
        (
            "normal_statements",
            FINE + '[[statement]]\nphrases = ["good"]\nabsent = ["flu"]\n',
            "line 6: there is no finding 'flu'",
        ),
        ("normal_statements", '[[statement]]\nabsent = ["nodule"]\n', "`phrases` must be a list"),
        ("normal_statements", 'statement = "x"\n', "line 1: statements are written as"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    added = folder(tmp_path, **{name: text})
    with pytest.raises(BadTable, match=says):
        load_lexicon("en", added)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("section,titles\n", "needs the columns"),
        ("", "needs the columns"),
        ("section,use,titles\na,never,b\nc,sometimes,d\n", r"sections\.csv, line 3"),
        ("# c\nsection,use,titles\na,never\n", r"sections\.csv, line 3"),
    ],
)
def test_wrong_titles_are_refused_with_their_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "sections.csv").write_text(text)
    with pytest.raises(BadTable, match=says):
        load_lexicon("en", tmp_path)


def test_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="holds no"):
        load_lexicon("en", tmp_path)
    with pytest.raises(BadSource, match="no such folder"):
        load_lexicon("en", tmp_path / "gone")
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadTable, match="UTF-8"):
        load_lexicon("en", tmp_path)
    with pytest.raises(SettingsError, match="known: en, es"):
        load_lexicon("de")
