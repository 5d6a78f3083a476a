"""What was found in a text and goes."""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Found", "Kind"]


class Kind(StrEnum):
    """What a removed span was."""

    NAME = "name"
    DATE = "date"
    TIME = "time"
    AGE = "age"
    ID = "id"
    CONTACT = "contact"
    PLACE = "place"


class Found(NamedTuple):
    """A span of a text that goes.

    Attributes:
        start, end: characters, end exclusive.
        rule: short code of what gave it away, such as `known`, `title` or `signature`.
    """

    start: int
    end: int
    kind: Kind
    rule: str
