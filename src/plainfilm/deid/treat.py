"""What is to be done to an element, as far as its place alone decides."""

from enum import IntEnum, auto
from typing import NamedTuple

from plainfilm.deid.profile import Action

__all__ = ["Decision", "Treat"]


class Treat(IntEnum):
    """How an element is treated."""

    REMOVE = auto()
    EMPTY = auto()
    DUMMY = auto()
    VERBATIM = auto()  # kept without a look
    KEEP_TEXT = auto()
    KEEP_AGE = auto()
    KEEP_NUMBER = auto()
    KEEP_TIME = auto()
    KEEP_BYTES = auto()
    KEEP_UID = auto()
    KEEP_MEANING = auto()
    NEW_UID = auto()
    CLEAN_TEXT = auto()
    SHIFT = auto()
    DESCEND = auto()
    DUMMY_SEQUENCE = auto()
    PATIENT_ID = auto()
    ACCESSION_NUMBER = auto()
    REPLACE = auto()
    CONTENT_REFERENCE = auto()


class Decision(NamedTuple):
    """What becomes of an element in one place.

    Attributes:
        rule: who decided, as `plainfilm.deid.treatment.RULE_CODES` has it.
        path: the tag as eight hexadecimal digits.
        fallback: the action for a value that can't be cleaned; the Basic Profile's own.
        needs_value: the attribute is of type 1 or 1C.
        describes: texts in the items of this sequence are descriptions.
        keyword: empty where the dictionary has none.
        value: what a rule puts in place.
    """

    treat: Treat
    action: Action
    rule: str
    path: str
    fallback: Action = Action.REMOVE
    needs_value: bool = False
    describes: bool = False
    keyword: str = ""
    value: str = ""
