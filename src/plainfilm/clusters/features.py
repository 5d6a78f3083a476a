"""Films as rows of numbers in [0, 1], made of their tags.

Numbers are scaled, the rest gets a column for each value. A film without a number is not one with
the least number: it has a 1 in a column of its own. A film without a text has 0 in all its columns.

Source of the method: T. Manojlović, D. Ilić, D. Miletić, I. Štajduhar, "Using DICOM tags for
clustering medical radiology images into visually similar groups", ICPRAM 2020
(doi 10.5220/0008973405100517). Columns for missing numbers, rare values pooled, hashing and words
are ours.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from plainfilm.clusters.assemble import Block, Codes, Numbers, Words, assembled
from plainfilm.clusters.description_words import weighted_words
from plainfilm.clusters.plan import (
    FeatureSettings,
    TagPlan,
    Treatment,
    frequent_values,
    plan_as_before,
    plan_tag,
    plan_unasked,
    plan_unread,
)
from plainfilm.clusters.tag_table import MISSING, TagColumn, TagTable
from plainfilm.models.tag_card import NumberInput, TagInput

__all__ = ["Features", "build_features", "features_like"]

_RARE: Final = "(rare)"


@dataclass(frozen=True, slots=True)
class Features:
    """Films as numbers.

    Attributes:
        matrix: (films, columns) float32 in [0, 1].
        columns: what each stands for, such as `Modality=CR`, `PixelSpacing0`, `KVP missing`,
            `StationName~7` (hashed), `word:chest`.
        plan: what became of each tag, and why.
        inputs: how each tag became columns; words are not among them.
    """

    matrix: csr_array
    columns: tuple[str, ...]
    plan: tuple[TagPlan, ...]
    inputs: tuple[TagInput, ...] = ()


def build_features(
    table: TagTable | pa.Table | Iterable[pa.RecordBatch],
    settings: FeatureSettings | None = None,
) -> Features:
    """Turn the tags of films into features.

    Where no tag tells the films apart, as in an archive of one film, there are no columns.

    Args:
        table: a row per film; see `TagTable.of`.
    Raises:
        BadTable: there are no films, or two columns of one tag.
    """
    settings = settings or FeatureSettings()
    if not isinstance(table, TagTable):
        table = TagTable.of(table)
    plans = list(map(plan_unread, table.set_aside))
    inputs: list[TagInput] = []
    described: list[TagColumn] = []
    for column in table.columns.values():
        plan = plan_tag(column, table, settings)
        found = _input(column, plan.treatment, settings)
        if plan.treatment is Treatment.WORDS:
            described.append(column)
        if found.columns:
            inputs.append(found)
        plans.append(replace(plan, columns=found.columns))
    blocks = [block for each in inputs for block in _blocks(table.columns[each.keyword], each)]
    if described:
        blocks.append(Words(*weighted_words(described, len(table), settings)))
    return _features(table, blocks, plans, inputs)


def features_like(table: TagTable, inputs: Sequence[TagInput]) -> Features:
    """Turn the tags of films into the very columns that other films' tags became.

    A value that those films did not have counts as rare where they had rare ones, else as none.

    Args:
        inputs: of the other films' `Features`.
    """
    known = {each.keyword for each in inputs}
    nowhere = np.full(len(table), MISSING, np.int32)
    blocks: list[Block] = []
    plans = [
        *map(plan_unread, table.set_aside),
        *(plan_unasked(word) for word in table.columns if word not in known),
    ]
    for each in inputs:
        column = table.columns.get(each.keyword) or TagColumn(each.keyword, nowhere)
        blocks += _blocks(column, each)
        plans.append(plan_as_before(column, each.columns))
    return _features(table, blocks, plans, inputs)


def _features(
    table: TagTable, blocks: Sequence[Block], plans: Iterable[TagPlan], inputs: Iterable[TagInput]
) -> Features:
    names = tuple(name for block in blocks for name in block.names)
    return Features(assembled(blocks, len(table)), names, tuple(plans), tuple(inputs))


def _input(column: TagColumn, treatment: Treatment, settings: FeatureSettings) -> TagInput:
    """How a tag becomes columns."""
    numbers: tuple[NumberInput, ...] = ()
    values: tuple[str, ...] = ()
    buckets = settings.hash_buckets if treatment is Treatment.HASHED else 0
    if treatment in {Treatment.NUMBERS, Treatment.BOTH}:
        numbers = tuple(_number_inputs(column, settings))
    if treatment in {Treatment.CATEGORIES, Treatment.BOTH}:
        frequent = frequent_values(column, len(column.codes), settings)
        values = tuple(column.values[place] for place in frequent)
    # A tag with rare values only has no column for any other.
    rare = treatment in {Treatment.CATEGORIES, Treatment.BOTH} and len(values) < len(column.values)
    missing = bool(numbers) and not column.known().all()
    return TagInput(column.keyword, numbers, missing, values, rare, buckets)


def _number_inputs(column: TagColumn, settings: FeatureSettings) -> Iterator[NumberInput]:
    """A column for each part that enough films have, and that is not the same in all."""
    films, parts = column.numbers.shape
    for part in range(parts):
        there = column.numbers[:, part]
        there = there[~np.isnan(there)]
        if len(there) < settings.least_share * films or not len(there):
            continue
        low = np.quantile(there, settings.outliers, method="lower")
        high = np.quantile(there, 1 - settings.outliers, method="higher")
        if low == high:
            low, high = there.min(), there.max()
        if low / 2 < high / 2:  # what is scaled by, and what the least of numbers round away
            name = f"{column.keyword}{part}" if parts > 1 else column.keyword
            yield NumberInput(name, part, float(low), float(high))


def _blocks(column: TagColumn, made: TagInput) -> Iterator[Block]:
    for number in made.numbers:
        yield Numbers((number.name,), _scaled(column, number))
    if made.missing:
        missing = ~column.known()
        yield Numbers((f"{column.keyword} missing",), missing.astype(np.float32))
    if made.values or made.rare:
        yield _categories(column, made)
    if made.buckets:
        yield _hashed(column, made.buckets)


def _scaled(column: TagColumn, number: NumberInput) -> NDArray[np.float32]:
    """(films,) in [0, 1], 0 where unknown."""
    scaled = np.zeros(len(column.codes), np.float32)
    if number.part < column.numbers.shape[1]:
        values = column.numbers[:, number.part]
        known = ~np.isnan(values)
        # Halves, since the difference of two numbers has to be a number, too.
        low, high = number.low / 2, number.high / 2
        there = np.clip(values[known] / 2, low, high)
        scaled[known] = np.clip((there - low) / (high - low), 0, 1)
    return scaled


def _categories(column: TagColumn, made: TagInput) -> Block:
    """A column for each frequent value, and one for all others together."""
    names = [f"{column.keyword}={value}" for value in made.values]
    place_of = {value: place for place, value in enumerate(made.values)}
    other = len(names) if made.rare else MISSING
    if made.rare:
        names.append(f"{column.keyword}={_RARE}")
    places = [*(place_of.get(value, other) for value in column.values), MISSING]
    return Codes(tuple(names), np.asarray(places, np.int32)[column.codes])


def _hashed(column: TagColumn, buckets: int) -> Block:
    names = tuple(f"{column.keyword}~{bucket}" for bucket in range(buckets))
    # Not Python's own hash, which is another one in each process.
    places = [zlib.crc32(value.encode()) % buckets for value in column.values]
    return Codes(names, np.asarray([*places, MISSING], np.int32)[column.codes])
