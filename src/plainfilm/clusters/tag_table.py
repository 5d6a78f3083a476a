"""The tags of many films, column by column, gathered from batches in one pass.

A text is kept once, and each film holds its number: a million films take four bytes each for a text
and eight for a number, however long the texts are.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from plainfilm.clusters.left_out import (
    CODED,
    DESCRIPTION,
    OWN_VALUES,
    Rule,
    keyword_of,
    rule_of,
    rule_of_values,
)
from plainfilm.clusters.tag_values import (
    code_of,
    is_missing,
    is_number_tag,
    numbers_of,
    says_no_number,
)
from plainfilm.errors import BadTable

__all__ = ["FILM_ID", "MISSING", "VALUE_SEPARATOR", "TagColumn", "TagTable", "is_gathered"]

FILM_ID: Final = "film_id"
MISSING: Final = -1
VALUE_SEPARATOR: Final = "\\"
"""Between the values of a tag that has several, as DICOM writes them."""
_MOST_PARTS: Final = 8
_MANY_TEXTS: Final = 50_000
_OWN_VALUES_FROM: Final = 20
"""Films; of fewer, each may well have a value of its own."""


@dataclass(frozen=True, slots=True)
class TagColumn:
    """One tag of every film: numbers, texts, or in some films one and in some the other.

    Attributes:
        codes: (films,) int32, the place of the film's text in `values`; -1 where it has none.
        values: the texts, each once.
        numbers: (films, parts) float64, NaN where there is none; a tag without numbers has
            no parts.
        abandoned: why its texts were not kept: nearly every film has one of its own, or they name
            people.
    """

    keyword: str
    codes: NDArray[np.int32]
    values: tuple[str, ...] = ()
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    abandoned: Rule | None = None

    def known(self) -> NDArray[np.bool_]:
        """(films,), whether the film has a value."""
        has_text: NDArray[np.bool_] = self.codes != MISSING
        return has_text | ~np.isnan(self.numbers).all(axis=1) if self.numbers.size else has_text

    def counts(self) -> NDArray[np.int64]:
        """(values,), the number of films with each text."""
        return np.bincount(self.codes[self.codes != MISSING], minlength=len(self.values))

    def has_own_values(self) -> bool:
        """Whether most films have a text of their own."""
        texts = int(np.count_nonzero(self.codes != MISSING))
        return texts >= _OWN_VALUES_FROM and 2 * len(self.values) > texts

    def as_texts(self) -> "TagColumn":
        """The column with its numbers as texts: what people compare and count."""
        if not self.numbers.shape[1]:
            return self
        rows = np.nan_to_num(self.numbers, nan=np.inf)
        found, places = np.unique(rows, axis=0, return_inverse=True)
        texts = [VALUE_SEPARATOR.join(f"{n:g}" for n in row if np.isfinite(n)) for row in found]
        index: dict[str, int] = {text: place for place, text in enumerate(self.values)}
        new = [index.setdefault(text, len(index)) if text else MISSING for text in texts]
        numbered = np.asarray(new, np.int32)[places.reshape(-1)]
        codes = np.where(self.codes == MISSING, numbered, self.codes)
        return TagColumn(self.keyword, codes, tuple(index))


@dataclass(frozen=True, slots=True)
class TagTable:
    """The tags of films.

    Attributes:
        film_ids: (films,) int64: the archive's numbers; places in the table where it has none.
        columns: keyword → column, in the order they were met.
        set_aside: keywords that are never features and were not gathered.
    """

    film_ids: NDArray[np.int64]
    columns: Mapping[str, TagColumn]
    set_aside: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.film_ids)

    def filled(self, keyword: str, texts: Sequence[str]) -> "TagTable":
        """The table with a tag filled in where films lack it.

        Args:
            texts: (films,), empty where there is none.
        """
        nothing = TagColumn(keyword, np.full(len(self), MISSING, np.int32))
        column = self.columns.get(keyword, nothing)
        index = {text: place for place, text in enumerate(column.values)}
        new = np.asarray(
            [index.setdefault(text, len(index)) if text else MISSING for text in texts], np.int32
        )
        codes = np.where(column.known(), column.codes, new)
        made = replace(column, codes=codes, values=tuple(index))
        return replace(self, columns={**self.columns, keyword: made})

    @classmethod
    def of(
        cls,
        batches: pa.Table | Iterable[pa.RecordBatch],
        *,
        also: Collection[str] = (),
        set_aside: Iterable[str] = (),
    ) -> "TagTable":
        """Gather batches, which need not have the same columns; tags that are never features are
        passed over.

        Args:
            also: keywords to gather all the same.
            set_aside: keywords that the batches were read without.
            batches: a row per film. Columns are named by DICOM keyword, or so that one can tell it
                (`Body Part Examined`); text, numbers and lists of either. `film_id`, if there,
                names the films.
        Raises:
            BadTable: there are no films, or two columns of one tag.
        """
        gathered: dict[str, _Gathered] = {}
        aside = dict.fromkeys(set_aside)
        ids: list[NDArray[np.int64]] = []
        films = 0
        for batch in batches.to_batches() if isinstance(batches, pa.Table) else batches:
            taken, others = _columns(batch, also)
            for keyword, array in taken.items():
                if keyword not in gathered:
                    gathered[keyword] = _Gathered(keyword, asked=keyword in also)
                gathered[keyword].add(array, films)
            aside |= dict.fromkeys(others)
            ids.append(_film_ids(batch, films))
            films += batch.num_rows
        if not films:
            raise BadTable("there are no films to cluster")
        columns = {keyword: column.finished(films) for keyword, column in gathered.items()}
        return cls(np.concatenate(ids), columns, tuple(aside))


def _columns(batch: pa.RecordBatch, also: Collection[str]) -> tuple[dict[str, pa.Array], list[str]]:
    """Columns to gather by keyword, and keywords of the others."""
    taken: dict[str, pa.Array] = {}
    others: list[str] = []
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        keyword = keyword_of(name)
        if not name or name == FILM_ID:
            continue
        if keyword in taken:
            raise BadTable(f"two columns hold the tag {keyword}")
        if keyword in also or is_gathered(keyword):
            taken[keyword] = array
        else:
            others.append(keyword)
    return taken, others


def is_gathered(keyword: str) -> bool:
    """Whether a tag can be a feature, so that it is worth reading."""
    rule = rule_of(keyword)
    return rule is None or rule.reason in _GATHERED_ANYWAY


_GATHERED_ANYWAY: Final = frozenset({DESCRIPTION, CODED})


def _film_ids(batch: pa.RecordBatch, before: int) -> NDArray[np.int64]:
    if FILM_ID not in batch.schema.names:
        return np.arange(before, before + batch.num_rows, dtype=np.int64)
    ids: NDArray[np.int64] = batch.column(FILM_ID).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return ids


class _Gathered:
    """One column while its batches come in."""

    def __init__(self, keyword: str, *, asked: bool) -> None:
        self._keyword = keyword
        self._asked = asked
        self._index: dict[str, int] = {}
        self._codes: list[tuple[int, NDArray[np.int32]]] = []
        self._numbers: list[tuple[int, NDArray[np.float64]]] = []
        self._known = 0
        self._abandoned: Rule | None = None

    def add(self, array: pa.Array, start: int) -> None:
        """Take the films from row `start` on."""
        kind = array.type
        if pa.types.is_null(kind) or self._abandoned is not None:
            return
        if _is_list(kind):
            if _is_number(kind.value_type):
                self._numbers.append((start, _list_numbers(array)))
                return
            array = _joined(array)
        if _is_number(kind):
            values = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            self._numbers.append((start, values.reshape(-1, 1)))
            return
        if not pa.types.is_dictionary(kind):
            array = pc.cast(array, pa.string()).dictionary_encode()
        self._codes.append((start, self._encoded(array)))
        if len(self._index) > _MANY_TEXTS and 2 * len(self._index) > self._known:
            self._abandon(OWN_VALUES)

    def _encoded(self, array: pa.DictionaryArray) -> NDArray[np.int32]:
        """Numbers of this batch's texts in the whole column's list of texts."""
        index = self._index
        texts = [
            str(text).strip() if text is not None else "" for text in array.dictionary.to_pylist()
        ]
        places = [
            MISSING if is_missing(text, VALUE_SEPARATOR) else index.setdefault(text, len(index))
            for text in texts
        ]
        places.append(MISSING)
        own = pc.fill_null(array.indices, len(texts)).to_numpy(zero_copy_only=False)
        codes: NDArray[np.int32] = np.asarray(places, np.int32)[own.astype(np.int64)]
        self._known += int(np.count_nonzero(codes != MISSING))
        return codes

    def _abandon(self, why: Rule) -> None:
        if not is_number_tag(self._keyword):
            self._abandoned = why
            self._index.clear()
            self._codes.clear()

    def finished(self, films: int) -> TagColumn:
        codes = np.full(films, MISSING, np.int32)
        for start, part in self._codes:
            codes[start : start + len(part)] = part
        values, numbers = tuple(self._index), _placed(self._numbers, films)
        rule = rule_of(self._keyword)
        if rule is not None and rule.reason == CODED:
            codes, values = _merged(codes, [code_of(value) for value in values])
        elif not self._numbers:
            codes, values, numbers = _with_numbers(self._keyword, codes, values)
        why = self._abandoned or rule_of_values(self._keyword, values, asked=self._asked)
        if why is not None:
            codes, values = np.full(films, MISSING, np.int32), ()
        return TagColumn(self._keyword, codes, values, numbers, why)


def _placed(parts: Sequence[tuple[int, NDArray[np.float64]]], films: int) -> NDArray[np.float64]:
    width = max((part.shape[1] for _, part in parts), default=0)
    numbers = np.full((films, width), np.nan)
    for start, part in parts:
        numbers[start : start + len(part), : part.shape[1]] = part
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _merged(
    codes: NDArray[np.int32], new: Sequence[str]
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Texts replaced by others, of which several may be the same; an empty one is none."""
    index: dict[str, int] = {}
    places = [index.setdefault(text, len(index)) if text else MISSING for text in new]
    return np.asarray([*places, MISSING], np.int32)[codes], tuple(index)


def _with_numbers(
    keyword: str, codes: NDArray[np.int32], values: tuple[str, ...]
) -> tuple[NDArray[np.int32], tuple[str, ...], NDArray[np.float64]]:
    """Texts that are numbers taken as such, where the tag is one of numbers."""
    found = [numbers_of(value, VALUE_SEPARATOR)[:_MOST_PARTS] for value in values]
    counts = np.bincount(codes[codes != MISSING], minlength=len(values))
    numeric = np.asarray([bool(row) for row in found], bool)
    if not is_number_tag(keyword, share_of_numbers=_share(counts[numeric], counts)):
        return codes, values, np.empty((len(codes), 0))
    width = max((len(row) for row in found), default=0)
    lookup = np.full((len(values) + 1, width), np.nan)
    for place, row in enumerate(found):
        lookup[place, : len(row)] = row
    rest = [
        "" if row or says_no_number(value, VALUE_SEPARATOR) else value
        for row, value in zip(found, values, strict=True)
    ]
    return (*_merged(codes, rest), lookup[codes])


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> float:
    return float(part.sum() / whole.sum()) if whole.sum() else 0.0


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _joined(array: Any) -> pa.Array:
    texts = pc.fill_null(pc.cast(array.values, pa.string()), "")
    # A null list becomes the empty text, which is no value either.
    return pc.binary_join(pa.ListArray.from_arrays(array.offsets, texts), VALUE_SEPARATOR)


def _list_numbers(array: Any) -> NDArray[np.float64]:
    """(films, parts), of each film its first values."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    flat = pc.cast(array.flatten(), pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    starts = np.cumsum(lengths) - lengths
    numbers = np.full((len(array), min(int(lengths.max(initial=0)), _MOST_PARTS)), np.nan)
    for part in range(numbers.shape[1]):
        there = lengths > part
        numbers[there, part] = flat[starts[there] + part]
    return numbers
