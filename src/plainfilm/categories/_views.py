"""Which view the texts name, once the part is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from plainfilm.categories._reading import Named, Reading
from plainfilm.categories._rules import Hit, ViewWord, bundled_rules, without_overlaps
from plainfilm.categories._sources import CACHED, EXAM_SOURCES, VIEW_SOURCES, Evidence, evidence_of

FRONTAL: Final = frozenset({"ap", "pa", "frontal"})
_TWO_VIEWS: Final = "frontal_and_lateral"


class Views(NamedTuple):
    """What one source says of the view.

    Attributes:
        names: the views it names.
        evidence: that of the first.
        shows: the part that such a film shows, where the word alone tells it.
        proper: whether it is a view with a name of its own.
    """

    names: frozenset[str]
    evidence: Evidence
    shows: str
    proper: bool

    @property
    def is_one(self) -> bool:
        return len(self.names) == 1 or self.names <= FRONTAL


def choose_view(readings: Mapping[str, Reading], part: str) -> Views | None:
    """The view of the most specific source that names exactly one, on this part."""
    left_open: frozenset[str] = frozenset()
    for source, reading in readings.items():
        if reading.special:
            special = evidence_of(source, "view", reading.special)
            return Views(frozenset({special.value}), special, "", proper=True)
    for source in VIEW_SOURCES:
        if source not in readings or not readings[source].views:
            continue
        views = _stated_views(source, readings[source], part)
        if views is None:
            continue
        if not views.is_one:
            left_open = left_open or views.names
        elif not left_open or _is_among(views, left_open) or source == "ViewPosition":
            return None if _is_refined(views, readings, part) else views
        else:
            return None
    return None if left_open else _implied_view(readings, part)


def _is_refined(views: Views, readings: Mapping[str, Reading], part: str) -> bool:
    """Whether the exam is named after one view only and the film after another: the `AP` of a
    `CHEST LORDOTIC`, of an `ABDOMEN DECUB LEFT`, may well be that view."""
    if views.proper:
        return False
    for source in EXAM_SOURCES:
        if source in readings and readings[source].views and not readings[source].adds:
            named = _stated_views(source, readings[source], part)
            if named and named.proper and named.is_one:
                return not views.names <= _goes_with(named.evidence.value)
    return False


def _is_among(views: Views, left_open: frozenset[str]) -> bool:
    return bool(views.names & left_open or (views.names & FRONTAL and left_open & FRONTAL))


def _implied_view(readings: Mapping[str, Reading], part: str) -> Views | None:
    for source in VIEW_SOURCES:
        if source in readings and readings[source].views:
            views = _implied_views(source, readings[source], part)
            if views is not None:
                return views if views.is_one else None
    return None


@lru_cache(maxsize=CACHED)
def _stated_views(source: str, reading: Reading, part: str) -> Views | None:
    """The views that a text names, unless it is about another part, or about several views of an
    exam."""
    if not _speaks_of(reading, part):
        return None
    if reading.several and source in EXAM_SOURCES:
        return None
    return _views_of(source, explicit_views(reading, part, on_film=source not in EXAM_SOURCES))


@lru_cache(maxsize=CACHED)
def _implied_views(source: str, reading: Reading, part: str) -> Views | None:
    """The views that follow from words such as `portable`."""
    if reading.several or not _speaks_of(reading, part):
        return None
    words = [
        (word, hit.term)
        for hit in _fitting(reading, part)
        for word in hit.meanings
        if word.rank == "implied"
    ]
    return _views_of(source, words)


def _views_of(source: str, words: Sequence[tuple[ViewWord, str]]) -> Views | None:
    if not words:
        return None
    word, term = words[0]
    evidence = evidence_of(source, "view", Named(word.view, term))
    names = frozenset(word.view for word, _ in words)
    return Views(names, evidence, word.shows, word.rank in {"named", "eponym"})


def _speaks_of(reading: Reading, part: str) -> bool:
    """Whether a text's view can be this part's: it names this part, a related one, or none."""
    if not reading.parts:
        return True
    named = reading.single_part
    return named is not None and (not part or bundled_rules().related(named.value, part))


def explicit_views(reading: Reading, part: str, *, on_film: bool) -> list[tuple[ViewWord, str]]:
    """Words that name a view of this part. On a film's own text a view with a name of its own wins
    over one generic word beside it: `lateral Y` is the Y view. A surname wins over a generic word
    that goes with its view: `NEER LAT` is an outlet view, `MERCHANT KNEE AP` may be Mr Merchant."""
    words = [
        (word, hit.term)
        for hit in _fitting(reading, part)
        if hit.meanings[0].rank != "implied"
        for word in _single(hit.meanings[0])
    ]
    named_words = [entry for entry in words if entry[0].rank in {"named", "eponym"}]
    generic = {word.view for word, _ in words if word.rank not in {"named", "eponym"}}
    if not named_words or not on_film or len(generic) > 1:
        return words
    if any(
        word.rank == "eponym" and not generic <= _goes_with(word.view) for word, _ in named_words
    ):
        return words
    return named_words


def _single(word: ViewWord) -> tuple[ViewWord, ...]:
    """A word such as `F/P` (face, profil) names two views."""
    if word.view != _TWO_VIEWS:
        return (word,)
    return replace(word, view="frontal"), replace(word, view="lateral")


_GOES_WITH: Final = {
    "outlet": frozenset({"lateral"}),
    "oblique_lateral": frozenset({"lateral", "oblique", "axial"}),
}
"""Generic words that are right beside a named view."""


def _goes_with(view: str) -> frozenset[str]:
    return _GOES_WITH.get(view, frozenset()) | {view}


_RANKS: Final = {"named": 0, "eponym": 0, "generic": 1, "letter": 1, "implied": 2}


def _fitting(reading: Reading, part: str) -> list[Hit[ViewWord]]:
    """The words that mean a view on this part, each with the meanings it has there, the named view
    first. Of overlapping words the longest that fits counts: `y lateral` is a Y view of a shoulder,
    and the Spanish `y` before `lateral` on any other part."""
    fitting: list[Hit[ViewWord]] = []
    for hit in reading.views:
        meanings = [word for word in hit.meanings if word.fits(part)]
        if meanings:
            meanings.sort(key=lambda word: _RANKS[word.rank])
            fitting.append(Hit(hit.start, hit.end, hit.term, tuple(meanings)))
    return without_overlaps(fitting)


@lru_cache(maxsize=CACHED)
def other_views(source: str, reading: Reading, part: str, taken: str) -> tuple[Evidence, ...]:
    """The views that a text names beside the one taken."""
    words = explicit_views(reading, part, on_film=True)
    views = {word.view for word, _ in words}
    same = taken in views or (taken in FRONTAL and views & FRONTAL)
    if not views or same or not _speaks_of(reading, part):
        return ()
    return tuple(Evidence(source, "view", word.view, term) for word, term in words)


@lru_cache(maxsize=CACHED)
def other_exam_view(source: str, reading: Reading, part: str, taken: str) -> tuple[Evidence, ...]:
    """The one view that an exam is named after, where it is not the one taken: a film that its
    series calls AP in a study called LATERAL."""
    named = None if reading.adds else _stated_views(source, reading, part)
    if named is None or not named.is_one or _is_among(named, frozenset({taken})):
        return ()
    if taken in _goes_with(named.evidence.value) or named.names <= _goes_with(taken):
        return ()
    return (named.evidence,)
