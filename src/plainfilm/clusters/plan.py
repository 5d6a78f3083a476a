"""Which tag becomes features, in which way, and why."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from plainfilm.clusters.left_out import CODED, DESCRIPTION, OWN_VALUES, rule_of
from plainfilm.clusters.tag_table import TagColumn, TagTable
from plainfilm.errors import SettingsError

__all__ = [
    "FeatureSettings",
    "TagPlan",
    "Treatment",
    "frequent_values",
    "plan_as_before",
    "plan_tag",
    "plan_unasked",
    "plan_unread",
]


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How tags become features.

    Attributes:
        leave_out: keywords that are no features, such as the tag that clusters are judged by.
        least_share: of all films, in [0, 1]; a tag that fewer have is left out.
        rare_share: of all films, in [0, 1]; a value that fewer have, or only one has, is pooled
            with others as rare.
        most_categories: a tag with more values that are not rare is hashed.
        hash_buckets: columns of a hashed tag.
        outliers: share of films at either end of a tag's numbers, in [0, 0.5), that are taken to
            have the end's value: one wrong number does not squeeze all others together.
        descriptions: take words of descriptions too, weighted by TF-IDF.
    Raises:
        SettingsError: a number is out of its range.
    """

    leave_out: Collection[str] = ()
    least_share: float = 0.2
    rare_share: float = 0.001
    most_categories: int = 64
    hash_buckets: int = 32
    outliers: float = 0.001
    descriptions: bool = False

    def __post_init__(self) -> None:
        shares = (self.least_share, self.rare_share)
        if not all(0 <= share <= 1 for share in shares) or not 0 <= self.outliers < 0.5:
            raise SettingsError("a share of films lies between 0 and 1, that of outliers below 0.5")
        if min(self.most_categories, self.hash_buckets) < 1:
            raise SettingsError("a tag needs at least one category, and one column when hashed")

    def rare_below(self, films: int) -> int:
        """The number of films under which a value is rare."""
        return max(2, math.ceil(self.rare_share * films))


class Treatment(StrEnum):
    """What becomes of a tag."""

    NUMBERS = "numbers"
    CATEGORIES = "categories"
    BOTH = "numbers and categories"
    AS_BEFORE = "as in other films"
    HASHED = "hashed"
    WORDS = "words"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class TagPlan:
    """What becomes of one tag, and why.

    Attributes:
        reason: a code: of the table of rules, or `on_request`, `absent`, `rare_tag`, `one_value`,
            `own_values`, `not_in_model` for a tag that is left out; `numbers`, `few_values`,
            `many_values`, `numbers_and_texts`, `description`, `as_before` for one that is not.
        because: the same for people.
        films: how many have it; None where it was not looked at.
        values: different ones, where it has texts.
        columns: of the features.
    """

    keyword: str
    treatment: Treatment
    reason: str
    because: str
    films: int | None = None
    values: int | None = None
    columns: int = 0


def plan_unread(keyword: str) -> TagPlan:
    """What became of a tag that was set aside without a look at its values."""
    rule = rule_of(keyword)
    if rule is None:
        return TagPlan(keyword, Treatment.LEFT_OUT, "not_read", "it was not read")
    return TagPlan(keyword, Treatment.LEFT_OUT, rule.reason, rule.because)


def plan_unasked(keyword: str) -> TagPlan:
    """What becomes of a tag that a model does not take."""
    return TagPlan(keyword, Treatment.LEFT_OUT, "not_in_model", "the model does not take it")


def plan_as_before(column: TagColumn, columns: int) -> TagPlan:
    """What becomes of a tag that a model takes: the columns of the films that it learnt from."""
    films = int(np.count_nonzero(column.known()))
    because = "the columns that the model was trained with"
    return TagPlan(
        column.keyword, Treatment.AS_BEFORE, "as_before", because, films, columns=columns
    )


def plan_tag(column: TagColumn, table: TagTable, settings: FeatureSettings) -> TagPlan:
    """Decide on one tag; `columns` stays 0 until they are made."""
    films = int(np.count_nonzero(column.known()))
    rule = rule_of(column.keyword)
    out = _why_not(column, films, len(table), settings)
    if rule is not None and rule.reason == DESCRIPTION and out == tuple(rule):
        words = settings.descriptions and films > 0
        treatment, reason, because = Treatment.WORDS if words else Treatment.LEFT_OUT, *rule
    elif out is not None:
        treatment, reason, because = Treatment.LEFT_OUT, *out
    else:
        treatment, reason, because = _treatment(column, films, len(table), settings)
    return TagPlan(
        column.keyword, treatment, reason, because, films, values=len(column.values) or None
    )


def _why_not(
    column: TagColumn, films: int, all_films: int, settings: FeatureSettings
) -> tuple[str, str] | None:
    """Reason and phrase for a tag that is left out; None for one that is not."""
    rule = rule_of(column.keyword)
    share = 100 * films / all_films
    least = 100 * settings.least_share
    reasons = (
        (column.keyword in settings.leave_out, "on_request", "left out on request"),
        (rule is not None and rule.reason != CODED, *(rule or ("", ""))),
        (column.abandoned is not None, *(column.abandoned or ("", ""))),
        (column.has_own_values(), *OWN_VALUES),
        (not films, "absent", "no film has it"),
        (_one_value(column), "one_value", "all films that have it have the same value"),
        (share < least, "rare_tag", f"{share:.1f} % of films have it, fewer than {least:g} %"),
    )
    return next(((reason, because) for holds, reason, because in reasons if holds), None)


def _treatment(
    column: TagColumn, films: int, all_films: int, settings: FeatureSettings
) -> tuple[Treatment, str, str]:
    if column.numbers.shape[1]:
        if not column.values:
            return Treatment.NUMBERS, "numbers", "scaled to [0, 1]"
        because = "numbers scaled, and a column for each text"
        return Treatment.BOTH, "numbers_and_texts", because
    frequent = frequent_values(column, all_films, settings)
    held = int(column.counts()[frequent].sum())
    if len(frequent) > settings.most_categories or 2 * held < films:
        return Treatment.HASHED, "many_values", f"{settings.hash_buckets} columns by hash"
    return Treatment.CATEGORIES, "few_values", "a column for each value that is not rare"


def frequent_values(column: TagColumn, films: int, settings: FeatureSettings) -> NDArray[np.int64]:
    """Places of the values that are not rare, the texts in alphabetical order."""
    found = np.flatnonzero(column.counts() >= settings.rare_below(films))
    return np.asarray(sorted(found.tolist(), key=column.values.__getitem__), np.int64)


def _one_value(column: TagColumn) -> bool:
    if not column.numbers.shape[1]:
        return len(column.values) < 2
    return not column.values and not any(map(_varies, column.numbers.T))


def _varies(part: NDArray[np.float64]) -> bool:
    known = part[~np.isnan(part)]
    return bool(known.size) and bool(known.min() < known.max())
