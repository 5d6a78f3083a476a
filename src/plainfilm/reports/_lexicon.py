"""The lexicon: which phrases mention which finding, and which words around them decide.

`lexicon/*.toml` hold one finding each, `normal_statements.toml` what denies several at once, and
`cues.toml` the words of negation and uncertainty.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from plainfilm.errors import BadTable
from plainfilm.reports._phrases import PhraseFinder, parse_phrase
from plainfilm.vocabulary import LABEL_SETS, label_set

MENTION: Final = "mention"
EXCLUSION: Final = "exclusion"
NORMAL: Final = "normal"

_CUE_KINDS: Final = (
    "negation_before",
    "negation_after",
    "uncertainty_before",
    "uncertainty_after",
    "neutral",
    "stops",
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the labeler knows.

    Attributes:
        labels: finding file → label set → names of labels it feeds.
        findings: phrases whose meaning is (finding, MENTION | EXCLUSION | NORMAL).
        cues: phrases whose meaning is one of the kinds of `cues.toml`.
    """

    labels: Mapping[str, Mapping[str, tuple[str, ...]]]
    findings: PhraseFinder[tuple[str, str]]
    cues: PhraseFinder[str]


@cache
def bundled_lexicon() -> Lexicon:
    """The lexicon that ships with plainfilm.

    Raises:
        BadTable: a file breaks the rules; the message names the file and the line.
    """
    folder = resources.files(__package__)
    files = {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in folder.joinpath("lexicon").iterdir()
        if entry.name.endswith(".toml")
    }
    labels: dict[str, Mapping[str, tuple[str, ...]]] = {}
    phrases: list[tuple[str, tuple[str, str]]] = []
    for name in sorted(files):
        table = _toml(files[name], f"lexicon/{name}.toml")
        labels[name] = _labels(table, f"lexicon/{name}.toml")
        for key, kind in (("phrases", MENTION), ("exclusions", EXCLUSION), ("normal", NORMAL)):
            for phrase in _phrases(table, key, files[name], f"lexicon/{name}.toml"):
                phrases.append((phrase, (name, kind)))
    statements = folder.joinpath("normal_statements.toml").read_text(encoding="utf-8")
    phrases.extend(_normal_statements(statements, labels))
    cue_text = folder.joinpath("cues.toml").read_text(encoding="utf-8")
    cue_table = _toml(cue_text, "cues.toml")
    cues = [
        (phrase, kind)
        for kind in _CUE_KINDS
        for phrase in _phrases(cue_table, kind, cue_text, "cues.toml")
    ]
    return Lexicon(labels, PhraseFinder(phrases), PhraseFinder(cues))


def _toml(text: str, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise BadTable(f"{where}: {exc}") from exc


def _labels(table: Mapping[str, object], where: str) -> dict[str, tuple[str, ...]]:
    sets = table.get("labels")
    if not isinstance(sets, dict) or not sets or not table.get("source"):
        raise BadTable(f"{where}: needs `labels` and `source`")
    labels: dict[str, tuple[str, ...]] = {}
    for name, members in sets.items():
        unknown = name not in LABEL_SETS or set(members) - set(label_set(name))
        if unknown:
            raise BadTable(f"{where}: labels of '{name}' that the label set does not have")
        labels[name] = tuple(members)
    return labels


def _phrases(table: Mapping[str, object], key: str, text: str, where: str) -> Iterator[str]:
    listed = table.get(key, [])
    if not isinstance(listed, list):
        raise BadTable(f"{where}: `{key}` must be a list of phrases")
    for phrase in listed:
        try:
            parse_phrase(phrase)
        except (ValueError, AttributeError) as exc:
            raise BadTable(f"{where}, line {_line_of(str(phrase), text)}: {exc}") from exc
        yield phrase


def _line_of(phrase: str, text: str) -> int:
    """The line of a quoted phrase in its file; 1-based."""
    return text[: max(text.find(f'"{phrase}"'), 0)].count("\n") + 1


def _normal_statements(
    text: str, labels: Mapping[str, object]
) -> Iterator[tuple[str, tuple[str, str]]]:
    where = "normal_statements.toml"
    table = _toml(text, where)
    statements = table.get("statement")
    if not isinstance(statements, list):
        raise BadTable(f"{where}: needs [[statement]] tables")
    for statement in statements:
        for name in statement["absent"]:
            if name not in labels:
                raise BadTable(f"{where}: there is no finding '{name}'")
            for phrase in _phrases(statement, "phrases", text, where):
                yield phrase, (name, NORMAL)
