"""What the name of an examination asks for: parts, views or their number, side."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from plainfilm.categories._decide import BUNDLED, category_of
from plainfilm.categories._reading import Reading, read_text
from plainfilm.categories._rules import (
    Hit,
    Rules,
    Terms,
    ViewWord,
    bundled_rules,
    rows_of,
    terms_of,
)
from plainfilm.categories._tokens import tokens
from plainfilm.categories._views import explicit_views

__all__ = ["ExamPart", "ExamText", "ViewCount", "exam_from_text"]

_MOST_VIEWS: Final = 12
_A_LIST: Final = 3
_CACHED_TEXTS: Final = 16_384  # a hospital orders the same exams every day
_TO: Final = frozenset({"or", "to", "oder", "bis", "o", "ou", "a"})
"""Words between the two numbers of `1 or 2 views`."""


@dataclass(frozen=True, slots=True)
class ExamPart:
    """One body part of an examination.

    Attributes:
        name: as in the rules; it may be one that no category has, or a vague one (`spine`).
        paired: whether left and right mean anything.
        covers: the part and those that lie in it.
        within: the wider parts that it lies in.
        categories: of the views that the text names for it, in its order, each once; `other` for
            a view outside the table, empty for one that may be in it or not.
    """

    name: str
    paired: bool
    covers: frozenset[str]
    within: frozenset[str]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ViewCount:
    """How many views a text asks for; `most` is None for `3 or more`."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class ExamText:
    """What a text asks for.

    Attributes:
        parts: in the order of the text; empty where it names none.
        counts: numbers of views, in the order of the text.
        laterality: left, right, both, or empty.
        other_modality: whether the text is about no plain film: `CT CHEST`.
    """

    parts: tuple[ExamPart, ...]
    counts: tuple[ViewCount, ...]
    laterality: str
    other_modality: bool


@lru_cache(maxsize=_CACHED_TEXTS)
def exam_from_text(text: str) -> ExamText:
    """Read the name of an examination: `XR KNEE 2 VIEWS RIGHT`, `Thorax in 2 Ebenen`.

    Unlike `category_from_text`, which names the one category of one film, this keeps every part
    and view that the text names.
    """
    rules = bundled_rules()
    reading = read_text(text)
    named = reading.parts or reading.weak_parts
    names = dict.fromkeys(part.value for part in named) or _shown(reading)
    words = tokens(text)
    return ExamText(
        parts=tuple(_part(name, reading, rules) for name in names),
        counts=tuple(_count(words, hit) for hit in _count_words().find(words)),
        laterality=reading.side.value if reading.side else "",
        other_modality=reading.foreign,
    )


def _shown(reading: Reading) -> dict[str, None]:
    """The parts of views that tell their part: an orthopantomogram shows the jaw."""
    words = (word for word, _ in explicit_views(reading, "", on_film=False))
    return dict.fromkeys(word.shows for word in words if word.shows)


def _part(name: str, reading: Reading, rules: Rules) -> ExamPart:
    known = rules.parts.get(name)
    inner = (part for part in rules.parts if rules.lies_in(part, name))
    named = [word for word, _ in explicit_views(reading, name, on_film=False)]
    named += _listed(reading, name)
    categories = [category_of(word.shows or name, word.view, BUNDLED, rules) for word in named]
    return ExamPart(
        name=name,
        paired=known is None or known.paired,
        covers=frozenset([name, *inner]),
        within=known.within if known else frozenset(),
        categories=tuple(dict.fromkeys(categories)),
    )


def _listed(reading: Reading, part: str) -> list[ViewWord]:
    """The views of a list of three or more: in `PA OBL LAT` the last two are no oblique lateral."""
    single = [
        word
        for hit in reading.views
        if hit.end - hit.start == 1
        for word in hit.meanings
        if word.rank == "generic" and word.fits(part)
    ]
    return single if len({word.view for word in single}) >= _A_LIST else []


def _count(words: tuple[str, ...], hit: Hit[ViewCount]) -> ViewCount:
    """The number of a term; with the lower one before it, as in `1-2 views` and `1 or 2 views`."""
    count = hit.meanings[0]
    before = words[: hit.start]
    if before and before[-1] in _TO:
        before = before[:-1]
    if before and before[-1].isdecimal() and int(before[-1]) < count.least:
        return ViewCount(int(before[-1]), count.most)
    return count


@cache
def _count_words() -> Terms[ViewCount]:
    return Terms(_count_terms())


def _count_terms() -> Iterator[tuple[str, ViewCount]]:
    for row in rows_of("view_counts.csv"):
        more = row["and_more"] == "yes"
        for term in terms_of(row):
            if row["least"] == "N":
                yield from _numbered(term, more)
            else:
                yield term, ViewCount(int(row["least"]), None if more else int(row["least"]))
    for row in rows_of("counts.csv"):
        for term in terms_of(row):
            if "N" in term:
                yield from _numbered(term, more=False)


def _numbered(term: str, more: bool) -> Iterator[tuple[str, ViewCount]]:
    for count in range(1, _MOST_VIEWS + 1):
        yield term.replace("N", str(count)), ViewCount(count, None if more else count)
