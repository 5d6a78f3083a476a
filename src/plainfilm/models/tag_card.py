"""The card of a model of tags: which numbers it takes, made of which tags, and what it keeps."""

from dataclasses import dataclass
from itertools import chain
from typing import Final

from plainfilm.errors import ModelError
from plainfilm.models.card import CommonCard

__all__ = ["NumberInput", "TagCard", "TagInput"]

_MOST_COLUMNS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class NumberInput:
    """A column of scaled numbers.

    Attributes:
        part: which of the tag's values, counted from 0.
        low, high: the numbers that become 0 and 1; those beyond do, too.
    """

    name: str
    part: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TagInput:
    """The columns that one tag becomes, in this order.

    Attributes:
        numbers: a column each.
        missing: a column is 1 in films without any value.
        values: a column each, 1 in films with this text.
        rare: a column is 1 in films with any other text.
        buckets: columns by hash of the text (CRC-32 of UTF-8); 0 for none.
    """

    keyword: str
    numbers: tuple[NumberInput, ...] = ()
    missing: bool = False
    values: tuple[str, ...] = ()
    rare: bool = False
    buckets: int = 0

    @property
    def columns(self) -> int:
        parts = (len(self.numbers), self.missing, len(self.values), self.rare, self.buckets)
        return sum(map(int, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCard(CommonCard):
    """Everything known of a model that makes a few numbers of a film's tags.

    Attributes:
        inputs: the columns that it takes, tag by tag.
        outputs: how many numbers it makes of them.
        layers: widths of the layers between.
    Raises:
        ModelError: a value contradicts another or is out of range.
    """

    inputs: tuple[TagInput, ...]
    outputs: int
    layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        CommonCard.__post_init__(self)
        if len(set(self.keywords)) != len(self.inputs):
            raise ModelError("inputs name a tag twice")
        if not 1 <= self.columns <= _MOST_COLUMNS:
            raise ModelError(f"inputs have {self.columns:,} columns; there is nothing to compress")
        if not 1 <= self.outputs <= self.columns:
            raise ModelError(f"outputs ({self.outputs}) must be 1 to the inputs' {self.columns}")
        numbers = chain.from_iterable(each.numbers for each in self.inputs)
        if wrong := [each.name for each in numbers if not each.low < each.high or each.part < 0]:
            raise ModelError(f"inputs have empty ranges of numbers: {', '.join(wrong)}")

    @property
    def keywords(self) -> tuple[str, ...]:
        """The tags that it reads."""
        return tuple(each.keyword for each in self.inputs)

    @property
    def columns(self) -> int:
        """How many numbers it takes of each film."""
        return sum(each.columns for each in self.inputs)
