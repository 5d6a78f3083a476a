"""What one text says: parts, views, side, and whether it speaks of several views."""

from dataclasses import dataclass
from functools import lru_cache

from plainfilm.categories._rules import Hit, PartWord, Rules, SideWord, ViewWord, bundled_rules
from plainfilm.categories._tokens import SEPARATOR, tokens

_CACHED_TEXTS = 65_536  # an archive repeats its descriptions; each text is read once


@dataclass(frozen=True, slots=True)
class Named:
    """Something a text names, and the word it used."""

    value: str
    term: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says.

    Attributes:
        parts: the parts named, wider ones left out where a narrower one in them is named too.
        weak_parts: parts named by words that mean something else as well.
        views: the words for views, overlapping ones too: which of them count depends on the part.
        several: whether the text tells of more than one view without naming them.
        side: left, right, both or empty.
    """

    parts: tuple[Named, ...] = ()
    weak_parts: tuple[Named, ...] = ()
    views: tuple[Hit[ViewWord], ...] = ()
    several: bool = False
    side: Named | None = None

    @property
    def single_part(self) -> Named | None:
        return self.parts[0] if len({part.value for part in self.parts}) == 1 else None


@lru_cache(maxsize=_CACHED_TEXTS)
def read_text(text: str, is_view_tag: bool = False) -> Reading:
    """Read one description; `is_view_tag` for the codes of ViewPosition."""
    rules = bundled_rules()
    words = _without_names(tokens(text), rules)
    view_terms = rules.tag_view_words if is_view_tag else rules.view_words
    views = view_terms.find_all(words)
    part_hits = [hit for hit in rules.part_words.find(words) if not _is_of_a_view(hit, views)]
    strong = [hit for hit in part_hits if not all(word.weak for word in hit.meanings)]
    weak = [hit for hit in part_hits if all(word.weak for word in hit.meanings)]
    return Reading(
        parts=_narrowest(strong, rules),
        weak_parts=_narrowest(weak, rules),
        views=tuple(views),
        several=bool(rules.counts.find(words)),
        side=_side(words, part_hits, rules),
    )


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


def _without_names(words: tuple[str, ...], rules: Rules) -> tuple[str, ...]:
    """Drop what follows a title (`Dr`, `Frau`) up to the next separator.

    At the very start `DR` is digital radiography, `MR` magnetic resonance: no title.
    """
    for hit in rules.titles.find(words):
        if hit.start == 0:
            continue
        end = hit.end
        while end < len(words) and words[end] != SEPARATOR:
            end += 1
        return words[: hit.start] + _without_names(words[end:], rules)
    return words


def _narrowest(hits: list[Hit[PartWord]], rules: Rules) -> tuple[Named, ...]:
    named: dict[str, Named] = {}
    for hit in hits:
        for word in hit.meanings:
            named.setdefault(word.part, Named(word.part, hit.term))
    return tuple(
        part
        for part in named.values()
        if not any(rules.lies_in(narrower, part.value) for narrower in named)
    )


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
