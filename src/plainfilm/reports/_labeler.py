"""Extract mentions, classify each from the words around it, aggregate per report.

The three stages are those of the CheXpert labeler (Irvin et al., AAAI 2019).
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from plainfilm.records import Label, Mention
from plainfilm.reports._lexicon import EXCLUSION, MENTION, NORMAL, Lexicon, bundled_lexicon
from plainfilm.reports._phrases import Match
from plainfilm.reports._sections import check_choice, counted_sections, find_sections
from plainfilm.reports._sentences import Sentence, sentences
from plainfilm.vocabulary import NO_FINDING, label_set

POSITIVE: Final = 1
NEGATIVE: Final = 0
UNCERTAIN: Final = -1

_REACH_AFTER: Final = 8
"""How many words after a mention a cue may begin and still be about it."""
_SPARED: Final = "Support Devices"
"""The one label that does not keep a report from being without finding."""


@dataclass(frozen=True, slots=True)
class _Found:
    finding: str
    mention: Mention


def label_text(
    text: str,
    label_set_name: str = "chexpert",
    sections: str = "impression",
    *,
    report_id: int = 0,
) -> list[Label]:
    """Label one report.

    Args:
        label_set_name: `chexpert` or `nih`.
        sections: `impression` (else findings, else the final section) or `findings+impression`.
    Returns:
        One Label per finding that is mentioned, in the order of the label set, with its mentions in
        the order of the text; and `No Finding` = 1 where no other finding but support devices is
        positive or uncertain. A report without a section that counts has no labels.
    Raises:
        SettingsError: no such label set or choice of sections.
    """
    names = label_set(label_set_name)
    check_choice(sections)
    counted = counted_sections(find_sections(text), sections)
    if not counted:
        return []
    lexicon = bundled_lexicon()
    mentions: dict[str, list[Mention]] = {}
    for section in counted:
        for sentence in sentences(text, section.start, section.end):
            for found in _mentions(sentence, text, section.title, lexicon):
                for name in lexicon.labels[found.finding].get(label_set_name, ()):
                    mentions.setdefault(name, []).append(found.mention)
    values = {
        name: _aggregate(mention.value for mention in found) for name, found in mentions.items()
    }
    if NO_FINDING in names and _is_without_finding(values):
        values[NO_FINDING] = POSITIVE
    return [
        Label(report_id, label_set_name, name, values[name], tuple(mentions.get(name, ())))
        for name in names
        if name in values
    ]


def _aggregate(values: Iterable[int]) -> int:
    """Positive over uncertain over negative."""
    found = set(values)
    return POSITIVE if POSITIVE in found else UNCERTAIN if UNCERTAIN in found else NEGATIVE


def _is_without_finding(values: dict[str, int]) -> bool:
    return all(value == NEGATIVE for name, value in values.items() if name != _SPARED)


def _mentions(sentence: Sentence, text: str, section: str, lexicon: Lexicon) -> Iterator[_Found]:
    matches = lexicon.findings.find(sentence.words)
    if not matches:
        return
    context = _Context(lexicon.cues.find(sentence.words))
    excluded = [match for match in matches if match.meaning[1] == EXCLUSION]
    reached: dict[str, int] = {}
    for match in matches:
        finding, kind = match.meaning
        if kind == EXCLUSION or match.start < reached.get(finding, 0):
            continue
        if kind == MENTION and _is_excluded(match, excluded):
            continue
        decided = context.decide(match)
        if kind == NORMAL:
            if decided.value != POSITIVE:
                continue  # "heart size is not normal" does not deny
            decided = _Decision(NEGATIVE, None)
        reached[finding] = match.end
        yield _Found(finding, _mention(match, decided, sentence, text, section))


def _is_excluded(match: Match[tuple[str, str]], excluded: Sequence[Match[tuple[str, str]]]) -> bool:
    return any(
        other.meaning[0] == match.meaning[0] and other.start < match.end and match.start < other.end
        for other in excluded
    )


def _mention(
    match: Match[tuple[str, str]],
    decided: "_Decision",
    sentence: Sentence,
    text: str,
    section: str,
) -> Mention:
    words = [sentence.words[place] for place in match.places]
    cue = decided.cue or (match if match.meaning[1] == NORMAL else None)
    return Mention(
        start=sentence.spans[match.start][0],
        end=sentence.spans[match.end - 1][1],
        section=section,
        phrase=" ".join(words),
        cue=" ".join(sentence.words[cue.start : cue.end]) if cue else "",
        value=decided.value,
    )


@dataclass(frozen=True, slots=True)
class _Decision:
    value: int
    cue: "Match[str] | Match[tuple[str, str]] | None"


_VALUE_OF: Final = {
    "negation_before": NEGATIVE,
    "negation_after": NEGATIVE,
    "uncertainty_before": UNCERTAIN,
    "uncertainty_after": UNCERTAIN,
}


class _Context:
    """The cues of one sentence, and what they make of a mention in it."""

    def __init__(self, cues: Sequence[Match[str]]) -> None:
        neutral = [cue for cue in cues if cue.meaning == "neutral"]
        active = [
            cue
            for cue in cues
            if cue.meaning != "neutral"
            and not any(cue.start < other.end and other.start < cue.end for other in neutral)
        ]
        self._before = [cue for cue in active if cue.meaning.endswith("_before")]
        self._after = [cue for cue in active if cue.meaning.endswith("_after")]
        self._stops = sorted(cue.start for cue in active if cue.meaning == "stops")

    def decide(self, match: Match[tuple[str, str]]) -> _Decision:
        cue = self._cue_before(match) or self._cue_after(match)
        return _Decision(_VALUE_OF[cue.meaning], cue) if cue else _Decision(POSITIVE, None)

    def _cue_before(self, match: Match[tuple[str, str]]) -> Match[str] | None:
        """The cue that ends nearest before the mention's last word, the longer of two; it may
        stand in the mention's gap: `heart is not enlarged`."""
        taken = frozenset(match.places)
        fitting = [
            cue
            for cue in self._before
            if cue.end <= match.places[-1]
            and taken.isdisjoint(cue.places)
            and not self._stop_between(cue.end, match.start)
        ]
        return max(fitting, key=lambda cue: (cue.end, -cue.start), default=None)

    def _cue_after(self, match: Match[tuple[str, str]]) -> Match[str] | None:
        fitting = [
            cue
            for cue in self._after
            if match.end <= cue.start < match.end + _REACH_AFTER
            and not self._stop_between(match.end, cue.start)
        ]
        return min(fitting, key=lambda cue: (cue.start, -cue.end), default=None)

    def _stop_between(self, start: int, end: int) -> bool:
        place = bisect_left(self._stops, start)
        return place < len(self._stops) and self._stops[place] < end
