"""From what the texts of a film say to one category, or to none where they do not say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from plainfilm.categories._reading import Reading, read_side_tag, read_text, read_view_tag
from plainfilm.categories._rules import SPECIAL_VIEWS, Rules, bundled_rules
from plainfilm.categories._sources import (
    CACHED,
    EXAM_SOURCES,
    FILM_SOURCES,
    KEYWORDS,
    PART_SOURCES,
    Evidence,
    evidence_of,
)
from plainfilm.categories._views import Views, choose_view, other_exam_view, other_views
from plainfilm.vocabulary import CATEGORIES, OTHER, SIDE_TAGS, Category

_SIDE_SOURCES: Final = (*FILM_SOURCES, *SIDE_TAGS, *EXAM_SOURCES)


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


def decide(texts: tuple[tuple[str, str], ...], index: CategoryIndex) -> TextCategory:
    """`category_from_text` on (keyword, text) pairs."""
    sources = tuple([source for source, _ in texts])
    return judge_once(sources, tuple([reader(source)(text) for source, text in texts]), index)


def reader(source: str) -> Callable[[str], Reading]:
    """What reads the text of one tag."""
    if source in SIDE_TAGS:
        return read_side_tag
    return read_view_tag if source == "ViewPosition" else read_text


def judge(
    sources: tuple[str, ...], read: tuple[Reading | None, ...], index: CategoryIndex
) -> TextCategory:
    """The category that readings lead to.

    Args:
        sources: the keywords of the tags that were read.
        read: what each says, None for an empty one.
    """
    rules = bundled_rules()
    readings: dict[str, Reading] = {}
    foreign = False
    for source, reading in zip(sources, read, strict=True):
        if reading is not None:
            readings[source] = reading
            foreign = foreign or reading.foreign
    part = _part(readings, rules)
    part_name = part.value if part else ""
    view = choose_view(readings, part_name)
    if view and view.shows:
        part_name = view.shows
    side = _side(readings, part_name) if part_name and _paired(part_name, rules) else None
    view_name = view.evidence.value if view else ""
    doubted = part is not None and part.source == "BodyPartExamined" and _is_strange(readings)
    return TextCategory(
        category="" if foreign or doubted else category_of(part_name, view_name, index, rules),
        body_part=part_name,
        view=view_name,
        laterality=side.value if side else "",
        evidence=tuple([item for item in (part, view and view.evidence, side) if item]),
        disagreement=_disagreement(readings, part_name, view),
    )


judge_once = lru_cache(maxsize=CACHED)(judge)
"""`judge`, remembered by its readings."""


def _is_strange(readings: Mapping[str, Reading]) -> bool:
    """Whether an exam's name holds words that may be a narrower part than BodyPartExamined's."""
    return any(readings[source].strange for source in EXAM_SOURCES if source in readings)


def _paired(part: str, rules: Rules) -> bool:
    known = rules.parts.get(part)
    return known is None or known.paired


def _part(readings: Mapping[str, Reading], rules: Rules) -> Evidence | None:
    """The part that the texts name. Words that mean something else as well count where no source
    says better, or where they narrow what a source says: a `digit` of a hand is a finger."""
    found = _strong_part(readings, rules)
    if not any(reading.weak_parts for reading in readings.values()):
        return found
    weak = [
        evidence_of(source, "body_part", named)
        for source in PART_SOURCES
        if source in readings
        for named in readings[source].weak_parts
    ]
    if not any(reading.parts for reading in readings.values()):
        same = all(item.value == weak[0].value for item in weak)
        return weak[0] if same else None
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
        evidence = evidence_of(source, "body_part", named)
        if found is None and choice and named.value not in choice:
            return None
        if found is None or rules.lies_in(named.value, found.value):
            found = evidence
        if not rules.parts[found.value].vague:
            return found
    return found


def _side(readings: Mapping[str, Reading], part: str) -> Evidence | None:
    """The side of this part. A text that names another part as well tells no side: of `Left knee
    and right hand` nothing says which is whose."""
    rules = bundled_rules()
    for source in _SIDE_SOURCES:
        named = readings[source].side if source in readings else None
        if named and all(rules.related(other.value, part) for other in readings[source].parts):
            return evidence_of(source, "laterality", named)
    return None


def category_of(part: str, view: str, index: CategoryIndex, rules: Rules) -> str:
    """The category of a part and view; `other` for one outside the table, empty where unsure."""
    by_view = index.views(part)
    if view and (part or view in SPECIAL_VIEWS):
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
    readings: Mapping[str, Reading], part: str, view: Views | None
) -> tuple[Evidence, ...]:
    """Sources that name a part or a view which cannot be the one taken."""
    against: tuple[Evidence, ...] = ()
    for source in PART_SOURCES:
        if source in readings and readings[source].parts:
            against += _other_parts(source, readings[source], part)
    if view is not None:
        taken, decided = view.evidence.value, view.evidence.source
        for source in (*FILM_SOURCES, "ViewPosition"):
            if source in readings and readings[source].views and source != decided:
                against += other_views(source, readings[source], part, taken)
        for source in EXAM_SOURCES:
            if source in readings and readings[source].views and source != decided:
                against += other_exam_view(source, readings[source], part, taken)
    return against


@lru_cache(maxsize=CACHED)
def _other_parts(source: str, reading: Reading, part: str) -> tuple[Evidence, ...]:
    rules = bundled_rules()
    if part and any(rules.related(named.value, part) for named in reading.parts):
        return ()
    return tuple(evidence_of(source, "body_part", named) for named in reading.parts)
