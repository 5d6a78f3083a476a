"""The lexicon: which phrases mention which finding, and which words around them decide.

A lexicon is a folder: `NAME.toml` holds one finding each, `normal_statements.toml` what denies
several at once, `cues.toml` the words of negation and doubt, `sections.csv` the titles of sections.
One folder for each language ships with plainfilm; a folder of the user's own adds to it.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final, TypeAlias

from plainfilm.errors import BadSource, BadTable, Reason, SettingsError
from plainfilm.reports._lexicon_file import LexiconFile
from plainfilm.reports._phrases import PhraseFinder
from plainfilm.reports._titles import SectionTitles, read_titles
from plainfilm.vocabulary import LABEL_SETS, NO_FINDING, label_set

__all__ = [
    "EXCLUSION",
    "LANGUAGES",
    "MENTION",
    "NORMAL",
    "Lexicon",
    "lexicon_digest",
    "load_lexicon",
]

LANGUAGES: Final = ("en", "es")
"""Languages that a lexicon ships for: English, Spanish."""

MENTION: Final = "mention"
EXCLUSION: Final = "exclusion"
NORMAL: Final = "normal"

_FINDING_KEYS: Final = (
    "source",
    "labels",
    "new_labels",
    "lasting",
    "phrases",
    "exclusions",
    "normal",
)
CUE_KINDS: Final = (
    "negation_before",
    "negation_after",
    "uncertainty_before",
    "uncertainty_after",
    "affirmation_before",
    "affirmation_after",
    "past_before",
    "past_after",
    "neutral",
    "stops",
)
_CUES: Final = "cues.toml"
_STATEMENTS: Final = "normal_statements.toml"
_TITLES: Final = "sections.csv"

_Labels: TypeAlias = dict[str, tuple[str, ...]]
_Files: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Everything the labeler knows.

    Attributes:
        labels: finding → label set → names of labels it feeds.
        lasting: findings that a cue of the past leaves as they are: an old fracture is a fracture.
        label_sets: label set → its labels, those that the user added at the end.
        phrases: each phrase with (finding, MENTION | EXCLUSION | NORMAL).
        cues: phrases whose meaning is one of CUE_KINDS.
        titles: the titles of sections.
    """

    labels: Mapping[str, Mapping[str, tuple[str, ...]]]
    lasting: frozenset[str]
    label_sets: Mapping[str, tuple[str, ...]]
    phrases: Sequence[tuple[str, tuple[str, str]]]
    cues: PhraseFinder[str]
    titles: SectionTitles

    def names(self, name: str) -> tuple[str, ...]:
        """The labels of a label set.

        Raises:
            SettingsError: there is no such label set.
        """
        if name not in self.label_sets:
            known = ", ".join(self.label_sets)
            raise SettingsError(f"there is no label set '{name}'; known: {known}")
        return self.label_sets[name]

    def finder(self, name: str) -> PhraseFinder[tuple[str, str]]:
        """Finds the phrases of the findings that feed a label set, and no others."""
        return PhraseFinder(
            (phrase, meaning)
            for phrase, meaning in self.phrases
            if self.labels[meaning[0]].get(name)
        )


def load_lexicon(language: str = "en", folder: Path | None = None) -> Lexicon:
    """The lexicon of a language, with the user's additions.

    Args:
        folder: more `.toml` files, and `sections.csv` where titles are to be added. A file with
            the name of a bundled one adds to it; another name adds a finding.
    Raises:
        SettingsError: no lexicon ships for this language.
        BadSource: the folder is not there or cannot be read.
        BadTable: a file breaks the rules; the message names the file and the line.
    """
    _check_language(language)
    return _load(language, _contents(folder) if folder is not None else ())


def lexicon_digest(folder: Path | None) -> str:
    """16 hex digits that change when a file of the user's lexicon changes; empty without one.

    Raises:
        BadSource: the folder is not there or cannot be read.
    """
    if folder is None:
        return ""
    return hashlib.sha256(repr(_contents(folder)).encode()).hexdigest()[:16]


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise SettingsError(f"there is no lexicon for '{language}'; known: {', '.join(LANGUAGES)}")


def _contents(folder: Path) -> tuple[tuple[str, str], ...]:
    """Path and text of the files of a user's lexicon, in order."""
    if not folder.is_dir():
        raise BadSource(f"{folder}: there is no such folder", Reason.FILE_VANISHED)
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    if (folder / _TITLES).is_file():
        paths.append(folder / _TITLES)
    if not paths:
        raise BadSource(f"{folder}: holds no .toml file")
    return tuple((str(path), _read(path)) for path in paths)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise BadTable(f"{path}: is not UTF-8") from exc
    except OSError as exc:
        message = f"{path}: cannot be read ({exc.strerror})"
        raise BadSource(message, Reason.FILE_UNREADABLE) from exc


@lru_cache(maxsize=8)
def _load(language: str, additions: tuple[tuple[str, str], ...]) -> Lexicon:
    bundled = resources.files(__package__).joinpath("lexicon", language)
    building = _Building()
    for entry in sorted(bundled.iterdir(), key=lambda entry: entry.name):
        building.add(f"lexicon/{language}/{entry.name}", entry.read_text(encoding="utf-8"))
    for where, text in additions:
        building.add(where, text)
    return building.lexicon()


@dataclass(slots=True)
class _Building:
    """A lexicon that files are being added to."""

    labels: dict[str, _Labels] = field(default_factory=dict)
    lasting: set[str] = field(default_factory=set)
    added: dict[str, dict[str, None]] = field(default_factory=dict)
    phrases: list[tuple[str, tuple[str, str]]] = field(default_factory=list)
    cues: list[tuple[str, str]] = field(default_factory=list)
    titles: dict[str, tuple[str, str]] = field(default_factory=dict)
    statements: list[LexiconFile] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        name = Path(where).name
        readers: dict[str, Callable[[LexiconFile], None]] = {
            _CUES: self._add_cues,
            _STATEMENTS: self.statements.append,  # they may name findings of files still to come
        }
        if name == _TITLES:
            self.titles.update(read_titles(where, text))
        else:
            readers.get(name, self._add_finding)(LexiconFile(where, text))

    def lexicon(self) -> Lexicon:
        for file in self.statements:
            self.phrases.extend(_normal_statements(file, self.labels))
        return Lexicon(
            labels=self.labels,
            lasting=frozenset(self.lasting),
            label_sets=_label_sets(self.added),
            phrases=tuple(self.phrases),
            cues=PhraseFinder(self.cues),
            titles=SectionTitles(self.titles),
        )

    def _add_cues(self, file: LexiconFile) -> None:
        file.check_keys(("source", *CUE_KINDS))
        self.cues.extend(
            (phrase, kind) for kind in CUE_KINDS for phrase in file.phrases(kind, commas=True)
        )

    def _add_finding(self, file: LexiconFile) -> None:
        name = Path(file.where).stem
        file.check_keys(_FINDING_KEYS)
        if name not in self.labels:
            self._add_labels(name, file)
        if file.flag("lasting"):
            self.lasting.add(name)
        for key, kind in (("phrases", MENTION), ("exclusions", EXCLUSION), ("normal", NORMAL)):
            self.phrases.extend((phrase, (name, kind)) for phrase in file.phrases(key))

    def _add_labels(self, name: str, file: LexiconFile) -> None:
        if not file.text("source") or "labels" not in file.table:
            file.refuse("a finding needs `source` and `labels`", 1)
        sets = file.table["labels"]
        if not isinstance(sets, dict) or not sets:
            file.refuse('`labels` must be like { nih = ["Mass"] }', file.line_of("labels"))
        labels: _Labels = {}
        for set_name, members in sets.items():
            labels[set_name] = tuple(file.strings(members, "labels"))
            self._check_labels(file, set_name, labels[set_name])
        self.labels[name] = labels

    def _check_labels(self, file: LexiconFile, set_name: str, members: tuple[str, ...]) -> None:
        known = label_set(set_name) if set_name in LABEL_SETS else ()
        unknown = [label for label in members if label not in known or label == NO_FINDING]
        if unknown and not file.flag("new_labels"):
            file.refuse(
                f"label set '{set_name}' has no '{unknown[0]}'; known:"
                f" {', '.join(known) or 'none'}; to add a label, write `new_labels = true`",
                file.line_of("labels"),
            )
        self.added.setdefault(set_name, {}).update(dict.fromkeys(unknown))


def _label_sets(added: Mapping[str, Mapping[str, None]]) -> dict[str, tuple[str, ...]]:
    """The bundled label sets and those that the user named, with the labels added at their ends."""
    names = dict.fromkeys((*LABEL_SETS, *added))
    return {
        name: (*(label_set(name) if name in LABEL_SETS else ()), *added.get(name, {}))
        for name in names
    }


def _normal_statements(
    file: LexiconFile, labels: Mapping[str, object]
) -> Iterator[tuple[str, tuple[str, str]]]:
    file.check_keys(("source", "statement"))
    statements = file.table.get("statement")
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        file.refuse("statements are written as [[statement]] tables", file.line_of("statement"))
    for nth, statement in enumerate(statements):
        phrases = list(file.checked(statement.get("phrases"), "phrases", nth))
        for name in file.strings(statement.get("absent"), "absent", nth):
            if name not in labels:
                file.refuse(f"there is no finding '{name}'", file.line_of("absent", nth))
            yield from ((phrase, (name, NORMAL)) for phrase in phrases)
