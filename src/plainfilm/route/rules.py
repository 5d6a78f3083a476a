"""What a rule is, when it takes a film, and when it leaves nothing for a later one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from plainfilm.records import Outcome, TagValue

__all__ = [
    "DEFAULT",
    "FilmFacts",
    "Range",
    "Route",
    "Rule",
    "Rules",
    "TagCondition",
]

DEFAULT: Final = "default"
"""In place of a rule's name: no rule took the film."""


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What rules may ask of one film.

    Attributes:
        outcome: of the film's decision; None for a film that was not categorized.
        category: empty where nothing is decided.
        probability: of the category, in [0, 1]; None where the text alone told it.
        laterality: `R`, `L`, `B` or empty.
        tags: DICOM keyword → value, at least of the keywords that the rules name.
    """

    outcome: Outcome | None
    category: str = ""
    probability: float | None = None
    laterality: str = ""
    tags: Mapping[str, TagValue] = field(default_factory=dict, hash=False)


class Route(NamedTuple):
    """Where a film goes, and the rule that says so, or `DEFAULT`."""

    destination: str
    rule: str


@dataclass(frozen=True, slots=True)
class Range:
    """Probabilities from `low` to `high`; an end that is open is not in it itself."""

    low: float = 0.0
    high: float = 1.0
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)

    def covers(self, other: "Range") -> bool:
        """Whether everything in the other range is in this one."""
        low = (self.low, self.low_open) <= (other.low, other.low_open)
        return low and (self.high, not self.high_open) >= (other.high, not other.high_open)

    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True, slots=True)
class TagCondition:
    """What a rule asks of one tag.

    Attributes:
        values: the tag has one of these; where it holds several, one of them is enough. None
            where only its presence matters.
        present: whether it has any value; True where `values` are given.
    """

    keyword: str
    values: frozenset[str | int | float] | None = None
    present: bool = True

    def holds(self, value: TagValue) -> bool:
        items = value if isinstance(value, (list, tuple)) else (value,)
        found = [item for item in items if item not in (None, "")]
        if self.values is None:
            return bool(found) == self.present
        return any(isinstance(item, (str, int, float)) and item in self.values for item in found)

    def covers(self, other: "TagCondition") -> bool:
        """Whether this holds wherever the other one does."""
        if self.keyword != other.keyword or self.present != other.present:
            return False
        return self.values is None or (other.values is not None and other.values <= self.values)


_Texts: TypeAlias = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: it takes a film for which all its conditions hold; None is no condition.

    Attributes:
        to: the destination's name.
        categories: the film's category is one of them.
        outcomes: the decision's outcome is one of them.
        probability: the category's probability lies in it; one that is unknown does not.
        lateralities: the film's side is one of them.
    """

    name: str
    to: str
    categories: _Texts = None
    outcomes: frozenset[Outcome] | None = None
    probability: Range | None = None
    lateralities: _Texts = None
    tags: tuple[TagCondition, ...] = ()

    def takes(self, facts: FilmFacts) -> bool:
        return (
            (self.categories is None or facts.category in self.categories)
            and (self.outcomes is None or facts.outcome in self.outcomes)
            and (self.lateralities is None or facts.laterality in self.lateralities)
            and (
                self.probability is None
                or (facts.probability is not None and facts.probability in self.probability)
            )
            and all(condition.holds(facts.tags.get(condition.keyword)) for condition in self.tags)
        )

    def covers(self, other: "Rule") -> bool:
        """Whether this takes every film that the other one would, condition by condition."""
        return (
            _covers(self.categories, other.categories)
            and _covers(self.outcomes, other.outcomes)
            and _covers(self.lateralities, other.lateralities)
            and (
                self.probability is None
                or (other.probability is not None and self.probability.covers(other.probability))
            )
            and all(any(mine.covers(theirs) for theirs in other.tags) for mine in self.tags)
        )


def _covers(mine: frozenset[str] | frozenset[Outcome] | None, theirs: object) -> bool:
    return mine is None or (isinstance(theirs, frozenset) and theirs <= mine)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in their order, and where films go that none of them takes."""

    default: str
    rules: tuple[Rule, ...] = ()

    def destination(self, facts: FilmFacts) -> Route:
        """The first rule that takes the film decides."""
        for rule in self.rules:
            if rule.takes(facts):
                return Route(rule.to, rule.name)
        return Route(self.default, DEFAULT)

    def keywords(self) -> tuple[str, ...]:
        """The DICOM keywords that the rules ask for, each once."""
        names = (condition.keyword for rule in self.rules for condition in rule.tags)
        return tuple(dict.fromkeys(names))

    def routes(self) -> tuple[Route, ...]:
        """Every route there is, in the rules' order, the default last."""
        return (
            *(Route(rule.to, rule.name) for rule in self.rules),
            Route(self.default, DEFAULT),
        )
