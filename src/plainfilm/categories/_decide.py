"""From what the texts of a film say to one category, or to none where they do not say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from plainfilm.categories._reading import Named, Reading, read_text
from plainfilm.categories._rules import Hit, Rules, ViewWord, bundled_rules, without_overlaps
from plainfilm.vocabulary import CATEGORIES, OTHER, Category

FILM_SOURCES: Final = (
    "SeriesDescription",
    "AcquisitionDeviceProcessingDescription",
    "ImageComments",
    "ProtocolName",
)
"""Texts about one film or its series, the more specific first."""

EXAM_SOURCES: Final = (
    "PerformedProcedureStepDescription",
    "StudyDescription",
    "RequestedProcedureDescription",
)
"""Texts about a whole examination, which may hold several films."""

PART_SOURCES: Final = (*FILM_SOURCES, *EXAM_SOURCES, "BodyPartExamined")
VIEW_SOURCES: Final = (*FILM_SOURCES, "ViewPosition", *EXAM_SOURCES, "BodyPartExamined")
SIDE_TAGS: Final = ("ImageLaterality", "Laterality")
KEYWORDS: Final = (*PART_SOURCES, "ViewPosition", *SIDE_TAGS)
"""Every tag that the rules read."""

_SIDE_CODES: Final = {"L": "left", "R": "right", "B": "both"}  # PS3.3 C.7.3.1.1.1; U says nothing
_CACHED_FILMS: Final = 65_536
_FRONTAL: Final = frozenset({"ap", "pa", "frontal"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that one source says.

    Attributes:
        source: DICOM keyword.
        says: `body_part`, `view` or `laterality`.
        term: the word of the rule tables that was found; never the tag's whole text.
    """

    source: str
    says: str
    value: str
    term: str

    def __str__(self) -> str:
        return f"{self.source} '{self.term}': {self.says} {self.value}"


@dataclass(frozen=True, slots=True)
class TextCategory:
    """What a film's texts say it is.

    Attributes:
        category: a name of the category table; `other` for a film outside it; empty where the
            texts do not say enough.
        body_part, view: as named, also where there is no category; empty where not named.
        laterality: left, right, both, or empty.
        evidence: what was found, the sources that decided first.
        disagreement: sources that name another part or view than the one taken; empty when all
            agree.
    """

    category: str = ""
    body_part: str = ""
    view: str = ""
    laterality: str = ""
    evidence: tuple[Evidence, ...] = ()
    disagreement: tuple[Evidence, ...] = ()


class CategoryIndex:
    """A category table by body part and view; compared by identity, so that lookups stay cheap."""

    def __init__(self, categories: Sequence[Category]) -> None:
        self._by_part: dict[str, dict[str, str]] = {}
        for category in categories:
            self._by_part.setdefault(category.body_part, {})[category.view] = category.name

    def views(self, part: str) -> Mapping[str, str]:
        """View → category name for one body part."""
        return self._by_part.get(part, {})


BUNDLED: Final = CategoryIndex(CATEGORIES)


def category_from_text(
    texts: Mapping[str, str], categories: Sequence[Category] = CATEGORIES
) -> TextCategory:
    """Name a film's category from its texts.

    The more specific text wins: series and image before protocol before study before
    BodyPartExamined. A view is taken only where a text names one and only one; a study's
    "2 views" or "PA and lateral" tells the part alone.

    Args:
        texts: DICOM keyword → text; keywords other than KEYWORDS are not read.
        categories: the table of categories, the bundled thirty unless given.
    """
    index = BUNDLED if categories is CATEGORIES else CategoryIndex(categories)
    return decide(tuple((name, texts[name]) for name in KEYWORDS if texts.get(name)), index)


@lru_cache(maxsize=_CACHED_FILMS)
def decide(texts: tuple[tuple[str, str], ...], index: CategoryIndex) -> TextCategory:
    """`category_from_text` on (keyword, text) pairs; the same texts are judged once."""
    rules = bundled_rules()
    readings = {source: read_text(text, source == "ViewPosition") for source, text in texts}
    part = _part(readings, rules)
    part_name = part.value if part else ""
    view = _view(readings, part_name, rules)
    if view and view.shows and view.shows != part_name:
        part_name = view.shows
    side = _side(dict(texts), readings) if part_name and _paired(part_name, rules) else None
    view_name = view.evidence.value if view else ""
    chosen = tuple(item for item in (part, view.evidence if view else None, side) if item)
    return TextCategory(
        category=_category(part_name, view_name, index, rules),
        body_part=part_name,
        view=view_name,
        laterality=side.value if side else "",
        evidence=chosen,
        disagreement=_disagreement(readings, part_name, view, rules),
    )


def _paired(part: str, rules: Rules) -> bool:
    known = rules.parts.get(part)
    return known is None or known.paired


def _part(readings: Mapping[str, Reading], rules: Rules) -> Evidence | None:
    """The part that the texts name. Words that mean something else as well count where no source
    says better, or where they narrow what a source says: a `digit` of a hand is a finger."""
    weak = [
        Evidence(source, "body_part", named.value, named.term)
        for source in PART_SOURCES
        if source in readings
        for named in readings[source].weak_parts
    ]
    if not any(reading.parts for reading in readings.values()):
        same = weak and all(item.value == weak[0].value for item in weak)
        return weak[0] if same else None
    found = _strong_part(readings, rules)
    if found is None:
        return None
    as_specific = PART_SOURCES[: PART_SOURCES.index(found.source) + 1]
    narrower = (
        item
        for item in weak
        if item.source in as_specific and rules.lies_in(item.value, found.value)
    )
    return next(narrower, found)


def _strong_part(readings: Mapping[str, Reading], rules: Rules) -> Evidence | None:
    """The part of the most specific source that names one; a vague part may be narrowed below."""
    found: Evidence | None = None
    choice: frozenset[str] = frozenset()  # an exam that names several leaves the choice to others
    for source in PART_SOURCES:
        reading = readings.get(source)
        if reading is None or not reading.parts:
            continue
        named = reading.single_part
        if named is None:
            if source in FILM_SOURCES and found is None:
                return None  # the film itself shows both: no single part is right
            choice = choice or frozenset(part.value for part in reading.parts)
            continue
        evidence = Evidence(source, "body_part", named.value, named.term)
        if found is None and choice and named.value not in choice:
            return None
        if found is None or rules.lies_in(named.value, found.value):
            found = evidence
        if not rules.parts[found.value].vague:
            return found
    return found


@dataclass(frozen=True, slots=True)
class _View:
    evidence: Evidence
    shows: str


def _view(readings: Mapping[str, Reading], part: str, rules: Rules) -> _View | None:
    """The view of the most specific source that names exactly one, on this part."""
    left_open: frozenset[str] = frozenset()
    for source in VIEW_SOURCES:
        reading = readings.get(source)
        if reading is None or not _speaks_of(reading, part, rules):
            continue
        words = _explicit_views(reading, part, on_film=source not in EXAM_SOURCES)
        if reading.several and source in EXAM_SOURCES:
            continue
        views = frozenset(word.view for word, _ in words)
        if len(views) > 1 and not views <= _FRONTAL:
            left_open = left_open or views
        elif words and (not left_open or views & left_open or source == "ViewPosition"):
            return _as_view(source, words)
        elif words:
            return None
    return None if left_open else _implied_view(readings, part, rules)


def _implied_view(readings: Mapping[str, Reading], part: str, rules: Rules) -> _View | None:
    for source in VIEW_SOURCES:
        reading = readings.get(source)
        if reading is None or reading.several or not _speaks_of(reading, part, rules):
            continue
        words = [
            (word, hit.term)
            for hit in _fitting(reading, part)
            for word in hit.meanings
            if word.rank == "implied"
        ]
        if words:
            return _as_view(source, words) if len({word.view for word, _ in words}) == 1 else None
    return None


def _speaks_of(reading: Reading, part: str, rules: Rules) -> bool:
    """Whether a text's view can be this part's: it names this part, a related one, or none."""
    if not reading.parts:
        return True
    named = reading.single_part
    return named is not None and (not part or rules.related(named.value, part))


def _explicit_views(reading: Reading, part: str, *, on_film: bool) -> list[tuple[ViewWord, str]]:
    """Words that name a view of this part. On a film's own text a view with a name of its own wins
    over one generic word beside it: `lateral Y` is the Y view."""
    words = [
        (hit.meanings[0], hit.term)
        for hit in _fitting(reading, part)
        if hit.meanings[0].rank != "implied"
    ]
    named_words = [entry for entry in words if entry[0].rank == "named"]
    generic = {word.view for word, _ in words if word.rank == "generic"}
    if named_words and on_film and len(generic) <= 1:
        return named_words
    return words


_RANKS: Final = {"named": 0, "generic": 1, "implied": 2}


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


def _as_view(source: str, words: Sequence[tuple[ViewWord, str]]) -> _View:
    word, term = words[0]
    return _View(Evidence(source, "view", word.view, term), word.shows)


def _side(texts: Mapping[str, str], readings: Mapping[str, Reading]) -> Evidence | None:
    for source in (*FILM_SOURCES, *SIDE_TAGS, *EXAM_SOURCES):
        if source in SIDE_TAGS:
            side = _SIDE_CODES.get(texts.get(source, "").strip().upper())
            named = Named(side, texts[source].strip()) if side else None
        else:
            named = readings[source].side if source in readings else None
        if named:
            return Evidence(source, "laterality", named.value, named.term)
    return None


def _category(part: str, view: str, index: CategoryIndex, rules: Rules) -> str:
    by_view = index.views(part)
    if view and (part or view in {"contrast", "specimen"}):
        for candidate in rules.view_matches.get(view, (view,)):
            if candidate in by_view:
                return by_view[candidate]
        return "" if (part, view) in rules.undecided or _is_vague(part, rules) else OTHER
    if part and not by_view and not _is_vague(part, rules):
        return OTHER
    return ""


def _is_vague(part: str, rules: Rules) -> bool:
    known = rules.parts.get(part)
    return known is not None and known.vague


def _disagreement(
    readings: Mapping[str, Reading], part: str, view: _View | None, rules: Rules
) -> tuple[Evidence, ...]:
    """Sources that name a part or a view which cannot be the one taken."""
    against: list[Evidence] = []
    for source in PART_SOURCES:
        named = readings[source].parts if source in readings else ()
        if not part or not any(rules.related(item.value, part) for item in named):
            against.extend(Evidence(source, "body_part", item.value, item.term) for item in named)
    if view is not None:
        against.extend(_other_views(readings, part, view, rules))
    return tuple(against)


def _other_views(
    readings: Mapping[str, Reading], part: str, view: _View, rules: Rules
) -> list[Evidence]:
    taken = view.evidence.value
    others: list[Evidence] = []
    for source in (*FILM_SOURCES, "ViewPosition"):
        reading = readings.get(source)
        if reading is None or source == view.evidence.source:
            continue
        words = _explicit_views(reading, part, on_film=True)
        views = {word.view for word, _ in words}
        same = taken in views or (taken in _FRONTAL and views & _FRONTAL)
        if views and not same and _speaks_of(reading, part, rules):
            others.extend(Evidence(source, "view", word.view, term) for word, term in words)
    return others
