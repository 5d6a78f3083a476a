"""Extract mentions, classify each from the words around it, aggregate per report.

The three stages are those of the CheXpert labeler (Irvin et al., AAAI 2019).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from plainfilm.records import Label, Mention
from plainfilm.reports._context import NEGATIVE, PAST, POSITIVE, Context
from plainfilm.reports._lexicon import EXCLUSION, MENTION, NORMAL, Lexicon, load_lexicon
from plainfilm.reports._phrases import Match
from plainfilm.reports._sections import Section, check_choice, counted_sections, find_sections
from plainfilm.reports._words import (
    PIECE,
    comma_places,
    fold,
    pieces,
    sentence_spans,
    sentences,
    word_spans,
    words_of,
)
from plainfilm.vocabulary import NO_FINDING

__all__ = ["Labeler", "label_text"]

_SPARED: Final = "Support Devices"
"""The one label that does not keep a report from being without finding."""
_REMEMBERED: Final = 10_000_000
"""Characters of sentences whose mentions are kept, and 300 for each sentence: reports repeat
themselves. Some 30 MB, whatever the reports."""
_LONGEST_REMEMBERED: Final = 4_000
"""Characters."""

_Hit: TypeAlias = tuple[str, int, Sequence[int], Sequence[int]]
"""A mention in a sentence: finding, value, the places of its words and of its cue's."""

_Shown: TypeAlias = tuple[str, int, int, str, str, int]
"""A mention as evidence: finding, span in its sentence, phrase, cue, value."""

_Said: TypeAlias = tuple[tuple[_Hit, ...], tuple[tuple[str, int], ...]]
"""What a sentence says: its mentions, and what they come to for each label. Plain tuples, which the
garbage collector leaves alone: tens of thousands are kept."""

_SILENT: Final[_Said] = ((), ())


class Labeler:
    """Labels reports with one label set.

    Args:
        label_set: `chexpert`, `nih`, or one that the lexicon adds.
        sections: one of SECTION_CHOICES.
    Raises:
        SettingsError: no such label set or choice of sections.
    """

    def __init__(
        self,
        label_set: str = "chexpert",
        sections: str = "impression",
        lexicon: Lexicon | None = None,
    ) -> None:
        check_choice(sections)
        self._lexicon = lexicon or load_lexicon()
        self.names = self._lexicon.names(label_set)
        self._finder = self._lexicon.finder(label_set)
        self._label_set = label_set
        self._sections = sections
        self._labels_of = {
            finding: sets.get(label_set, ()) for finding, sets in self._lexicon.labels.items()
        }
        self._remembered: dict[str, _Said] = {}
        self._shown: dict[str, list[_Shown]] = {}
        self._room = _REMEMBERED

    def values(self, text: str) -> dict[str, int]:
        """Label → value, for the labels that the report mentions, and No Finding."""
        found: dict[str, int] = {}
        counted = self._counted(text)
        remembered = self._remembered
        for section in counted:
            for sentence in sentences(text[section.start : section.end]):
                _, said = remembered.get(sentence) or self._read(sentence)
                for name, value in said:
                    if found.setdefault(name, value) != value:
                        found[name] = _aggregate((found[name], value))
        return self._ordered(found) if counted else {}

    def label(self, text: str, report_id: int = 0) -> list[Label]:
        """Label one report, with the evidence.

        Returns:
            One Label per finding that is mentioned, in the order of the label set, with its
            mentions in the order of the text; and `No Finding` = 1 where no other finding but
            support devices is positive or uncertain. A report without a section that counts has
            no labels.
        """
        mentions: dict[str, list[Mention]] = {}
        counted = self._counted(text)
        for section in counted:
            for finding, mention in self._mentions(text, section):
                for name in self._labels_of[finding]:
                    mentions.setdefault(name, []).append(mention)
        found = {name: _aggregate([each.value for each in m]) for name, m in mentions.items()}
        values = self._ordered(found) if counted else {}
        return [
            Label(report_id, self._label_set, name, value, tuple(mentions.get(name, ())))
            for name, value in values.items()
        ]

    def _counted(self, text: str) -> list[Section]:
        return counted_sections(find_sections(text, self._lexicon.titles), self._sections)

    def _ordered(self, found: dict[str, int]) -> dict[str, int]:
        if NO_FINDING in self.names and _is_without_finding(found):
            found[NO_FINDING] = POSITIVE
        return {name: found[name] for name in self.names if name in found}

    def _mentions(self, text: str, section: Section) -> Iterator[tuple[str, Mention]]:
        """Each mention of a section, with its finding."""
        title = section.title
        for start, end in sentence_spans(text, section.start, section.end):
            sentence = text[start:end]
            hits, _ = self._remembered.get(sentence) or self._read(sentence)
            if not hits:
                continue
            shown = self._shown.get(sentence)
            if shown is None:
                shown = _shown(sentence, hits)
                if sentence in self._remembered:
                    self._shown[sentence] = shown
            for finding, first, last, phrase, cue, value in shown:
                yield finding, Mention(start + first, start + last, title, phrase, cue, value)

    def _read(self, sentence: str) -> _Said:
        hits = tuple(self._hits(sentence))
        values: dict[str, list[int]] = {}
        for finding, value, *_ in hits:
            for name in self._labels_of[finding]:
                values.setdefault(name, []).append(value)
        together = tuple([(name, _aggregate(each)) for name, each in values.items()])
        said = (hits, together) if hits else _SILENT
        if len(sentence) <= _LONGEST_REMEMBERED:
            self._room -= len(sentence) + 300
            if self._room < 0:
                self._remembered.clear()
                self._shown.clear()
                self._room = _REMEMBERED
            self._remembered[sentence] = said
        return said

    def _hits(self, sentence: str) -> list[_Hit]:
        folded = fold(sentence)
        words = words_of(folded)
        if len(words) <= PIECE:
            matches = self._finder.find(words)
            return _decided(matches, folded, words, self._lexicon) if matches else []
        hits: list[_Hit] = []
        for number, piece in enumerate(pieces(sentence)):
            found, _ = self._remembered.get(piece) or self._read(piece)
            for finding, value, *both in found:
                places, cue = (tuple([number * PIECE + p for p in part]) for part in both)
                hits.append((finding, value, places, cue))
        return hits


def label_text(
    text: str,
    label_set: str = "chexpert",
    sections: str = "impression",
    *,
    language: str = "en",
    report_id: int = 0,
) -> list[Label]:
    """Label one report; for many, make a `Labeler` once.

    Raises:
        SettingsError: no such label set, choice of sections or language.
    """
    return _labeler(label_set, sections, language).label(text, report_id)


@lru_cache(maxsize=4)
def _labeler(label_set: str, sections: str, language: str) -> Labeler:
    return Labeler(label_set, sections, load_lexicon(language))


def _aggregate(values: Sequence[int]) -> int:
    """Positive over uncertain over negative."""
    return POSITIVE if POSITIVE in values else min(values)


def _is_without_finding(values: dict[str, int]) -> bool:
    return all(value == NEGATIVE for name, value in values.items() if name != _SPARED)


def _shown(sentence: str, hits: Iterable[_Hit]) -> list[_Shown]:
    folded = fold(sentence)
    words = words_of(folded)
    spans = word_spans(folded, words)
    return [
        (
            finding,
            spans[places[0]][0],
            spans[places[-1]][1],
            " ".join([words[place] for place in places]),
            " ".join([words[place] for place in cue]),
            value,
        )
        for finding, value, places, cue in hits
    ]


def _decided(
    matches: Sequence[Match[tuple[str, str]]], folded: str, words: list[str], lexicon: Lexicon
) -> list[_Hit]:
    """The mentions among a sentence's matches, each decided from its context."""
    commas = comma_places(folded) if "," in folded else _NOWHERE
    context = Context(lexicon.cues.find(words, commas))
    excluded = _excluded_places(matches)
    reached: dict[str, int] = {}
    hits: list[_Hit] = []
    for start, end, places, (finding, kind) in matches:
        if kind == EXCLUSION or start < reached.get(finding, 0):
            continue
        if kind == MENTION and not excluded.get(finding, _NOWHERE).isdisjoint(places):
            continue
        value, cue = context.decide(places, lasting=finding in lexicon.lasting)
        if kind == NORMAL:
            if value not in (POSITIVE, PAST):
                continue  # "heart size is not normal" does not deny
            value, cue = NEGATIVE, places
        reached[finding] = end
        if value != PAST:
            hits.append((finding, value, places, cue))
    return hits


_NOWHERE: Final[frozenset[int]] = frozenset()


def _excluded_places(matches: Iterable[Match[tuple[str, str]]]) -> dict[str, set[int]]:
    """Finding → places of words that an exclusion covers, gaps included."""
    places: dict[str, set[int]] = {}
    for match in matches:
        finding, kind = match.meaning
        if kind == EXCLUSION:
            places.setdefault(finding, set()).update(range(match.start, match.end))
    return places
