"""What one text says: parts, views, side, and whether it speaks of several views."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from plainfilm.categories._names import surnames, without_caret_names, without_titled_names
from plainfilm.categories._rules import (
    SPECIAL_VIEWS,
    UNKNOWN,
    UNKNOWN_WORD,
    Hit,
    PartWord,
    Rules,
    SideWord,
    ViewWord,
    bundled_rules,
)
from plainfilm.categories._tokens import CARET, runs

_CACHED: Final = 16_384  # an archive repeats its descriptions; each text and word is read once
_NUMBER: Final = (UNKNOWN,)
_SIDE_CODES: Final = {"L": "left", "R": "right", "B": "both"}  # PS3.3 C.7.3.1.1.1; U says nothing


@dataclass(frozen=True, slots=True)
class Named:
    """Something a text names, and the word it used."""

    value: str
    term: str


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one text says. Compared by identity: texts that differ in words without meaning, such
    as names and numbers, share one reading, and what follows from it is found by it.

    Attributes:
        parts: the parts named, wider ones left out where a narrower one in them is named too.
        weak_parts: parts named by words that mean something else as well.
        views: the words for views, overlapping ones too: which of them count depends on the part.
        several: whether the text tells of more than one view without naming them.
        adds: whether a view is named behind `with` or `and`, as one more.
        side: left, right, both or empty.
        special: a contrast study, a phantom, a scan: no plain film of a person.
        strange: whether it holds a word that the rules do not know.
        foreign: whether the text is about another modality: `CT CHEST`.
        single_part: the part, where the text names one and only one.
    """

    parts: tuple[Named, ...] = ()
    weak_parts: tuple[Named, ...] = ()
    views: tuple[Hit[ViewWord], ...] = ()
    several: bool = False
    adds: bool = False
    side: Named | None = None
    special: Named | None = None
    strange: bool = False
    foreign: bool = False
    single_part: Named | None = None


@lru_cache(maxsize=_CACHED)
def read_text(text: str) -> Reading:
    """Read one description."""
    return _read_words(_words_of(text), False)


@lru_cache(maxsize=_CACHED)
def read_view_tag(text: str) -> Reading:
    """Read ViewPosition, which may hold codes that are no words of a description."""
    return _read_words(_words_of(text), True)


@lru_cache(maxsize=_CACHED)
def read_side_tag(code: str) -> Reading:
    """Read Laterality or ImageLaterality."""
    term = code.strip()
    side = _SIDE_CODES.get(term.upper())
    return Reading(side=Named(side, term) if side else None)


def _words_of(text: str) -> tuple[str, ...]:
    """The words of a text, UNKNOWN or UNKNOWN_WORD in place of those that the rules do not know."""
    rules = bundled_rules()
    known = rules.known_runs
    words: list[str] = []
    for run in runs(text):
        found = known.get(run)
        if found is None:
            found = _NUMBER if run.isdigit() else rules.understand_run(run)
        words += found
    return tuple(words)


@lru_cache(maxsize=_CACHED)
def _read_words(words: tuple[str, ...], is_view_tag: bool) -> Reading:
    rules = bundled_rules()
    foreign = any(hit.start == 0 for hit in rules.modalities.find(words))
    if CARET in words:
        words = without_caret_names(words, rules)
    words = without_titled_names(words, rules)
    view_terms = rules.tag_view_words if is_view_tag else rules.view_words
    views = view_terms.find_all(words)
    part_hits = [hit for hit in rules.part_words.find(words) if not _is_of_a_view(hit, views)]
    part_hits = _without_indication(part_hits, words, rules)
    part_hits, names = _without_surnames(part_hits, words, rules)
    strong = _strong(part_hits, words, rules)
    weak = [hit for hit in part_hits if hit not in strong]
    parts = _narrowest(strong, words, rules)
    special = next((hit for hit in views if hit.meanings[0].view in SPECIAL_VIEWS), None)
    views = [special] if special else [h for h in views if not _is_stray_letter(h, part_hits)]
    return Reading(
        parts=parts,
        weak_parts=_narrowest([*weak, *names], words, rules),
        views=tuple(views),
        several=bool(rules.counts.find(words)),
        adds=any(words[hit.start - 1] in rules.joins for hit in views if hit.start),
        side=_side(words, part_hits, rules),
        special=Named(special.meanings[0].view, special.term) if special else None,
        strange=UNKNOWN_WORD in words,
        foreign=foreign,
        single_part=parts[0] if len({part.value for part in parts}) == 1 else None,
    )


def _strong(
    part_hits: list[Hit[PartWord]], words: Sequence[str], rules: Rules
) -> list[Hit[PartWord]]:
    """The words that mean a part and nothing else, or are listed with one: `PIE Y TOBILLO`."""
    strong = [hit for hit in part_hits if not all(word.weak for word in hit.meanings)]
    for one, other in pairwise(part_hits):
        if (one in strong) != (other in strong) and _are_listed(one, other, words, rules):
            strong.append(one if other in strong else other)
    return sorted(strong, key=lambda hit: hit.start)


def _without_indication(
    part_hits: list[Hit[PartWord]], words: tuple[str, ...], rules: Rules
) -> list[Hit[PartWord]]:
    """The words for parts before the reason for the exam: `ELBOW LAT ?FX RADIAL HEAD`."""
    for reason in rules.indications.find(words) if len(part_hits) > 1 else ():
        if part_hits[0].end <= reason.start:
            return [hit for hit in part_hits if hit.start < reason.start]
    return part_hits


def _without_surnames(
    part_hits: list[Hit[PartWord]], words: Sequence[str], rules: Rules
) -> tuple[list[Hit[PartWord]], list[Hit[PartWord]]]:
    """The words for parts, and apart from them what may be a person's name, if nothing else in the
    text names a part."""
    places = {hit.start for hit in part_hits if hit.end - hit.start == 1}
    named = surnames(words, places, rules.given_names) if places else set()
    names = [hit for hit in part_hits if hit.start in named]
    others = [hit for hit in part_hits if hit.start not in named]
    return others, [] if others else names


def _is_stray_letter(view_hit: Hit[ViewWord], part_hits: Sequence[Hit[PartWord]]) -> bool:
    """Whether a single letter is none of a view: the F of `F Knie` is the free detector, that of
    `Genou F` is `face`."""
    if view_hit.meanings[0].rank != "letter":
        return False
    languages = {word.language for word in view_hit.meanings}
    spoken = {
        word.language for part in part_hits if part.end <= view_hit.start for word in part.meanings
    }
    return languages.isdisjoint(spoken)


def _is_of_a_view(part_hit: Hit[PartWord], views: list[Hit[ViewWord]]) -> bool:
    """Whether a part's word belongs to the name of another part's view: the leg of `frog leg`."""
    parts = {word.part for word in part_hit.meanings}
    return any(
        hit.start <= part_hit.start
        and part_hit.end <= hit.end
        and hit.end - hit.start > part_hit.end - part_hit.start
        and all(word.parts and parts.isdisjoint(word.parts) for word in hit.meanings)
        for hit in views
    )


def _narrowest(hits: list[Hit[PartWord]], words: Sequence[str], rules: Rules) -> tuple[Named, ...]:
    """The parts named, without those that a narrower one makes more exact: `KNEE PATELLA` is a
    patella. `KNEE AND PATELLA` are two parts."""
    named: dict[str, Named] = {}
    for hit in hits:
        for word in hit.meanings:
            named.setdefault(word.part, Named(word.part, hit.term))
    if any(_are_listed(one, other, words, rules) for one, other in pairwise(hits)):
        return tuple(named.values())
    return tuple(
        part
        for part in named.values()
        if not any(rules.lies_in(narrower, part.value) for narrower in named)
    )


def _are_listed(
    one: Hit[PartWord], other: Hit[PartWord], words: Sequence[str], rules: Rules
) -> bool:
    """Whether nothing but `and`, `or`, `/` and the like stands between two words."""
    between = set(words[one.end : other.start])
    joining = between & rules.joins
    return bool(joining) and between - joining <= rules.articles


def _side(words: tuple[str, ...], part_hits: list[Hit[PartWord]], rules: Rules) -> Named | None:
    """The side a text names; two sides are both. Words that are part of a body part's name, such
    as the L of `L SPINE`, say nothing of sides."""
    taken = {index for hit in part_hits for index in range(hit.start, hit.end)}
    languages = {word.language for hit in part_hits for word in hit.meanings}
    found: dict[str, Named] = {}
    for hit in rules.side_words.find(words):
        if taken.isdisjoint(range(hit.start, hit.end)):
            side = _meant_side(hit, languages)
            if side:
                found.setdefault(side, Named(side, hit.term))
    if len(found) > 1:
        return Named("both", " ".join(side.term for side in found.values()))
    return next(iter(found.values()), None)


def _meant_side(hit: Hit[SideWord], languages: set[str]) -> str:
    for word in hit.meanings:
        if not word.with_language or word.language in languages:
            return word.side
    return ""
