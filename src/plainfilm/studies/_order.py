"""One order, wherever it was read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["Fault", "Order", "fault_of", "side_code"]


class Fault(StrEnum):
    """Why an order cannot be compared with anything."""

    BAD_MESSAGE = "bad_message"
    """The HL7 message or file is broken, or in a character set that it does not name."""
    NO_LINK = "no_link"
    """Neither accession number nor Study Instance UID."""
    NO_PROCEDURE = "no_procedure"
    """Neither the text of a procedure nor its code."""
    BAD_LATERALITY = "bad_laterality"
    """The laterality is no word for a side."""
    BAD_STATUS = "bad_status"
    """The status is no word of which it is known whether the order stands."""
    NO_PART = "no_part"
    """The text names no body part, and no table says what its code means."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was to be made.

    Attributes:
        where: file and line or message, or the study whose tags it stands in.
        procedure, code: text and code; at least one of the two.
        laterality: `R`, `L`, `B` or empty, as ordered beside the text.
        views: text or number of views, as ordered beside the text.
        accession_numbers: any of which may be the study's; the likeliest first.
        modality: as ordered; empty where not told.
        fault: why the order cannot be read; None where it can.
    """

    where: str
    procedure: str = ""
    code: str = ""
    laterality: str = ""
    views: str = ""
    accession_numbers: tuple[str, ...] = ()
    study_instance_uid: str = ""
    modality: str = ""
    cancelled: bool = False
    fault: Fault | None = None

    @property
    def accession_number(self) -> str:
        return self.accession_numbers[0] if self.accession_numbers else ""

    @property
    def same_as(self) -> tuple[object, ...]:
        """Equal for orders that ask for the same of the same study."""
        asked = (self.procedure.casefold(), self.code, self.laterality, self.views.casefold())
        return (self.accession_numbers, self.study_instance_uid, *asked)


_WORDS_FOR_SIDES: Final = {
    "R": "R RT RIGHT RE RECHTS D DROIT DROITE DERECHA DERECHO DIREITA DIREITO",
    "L": "L LT LEFT LI LINKS G GAUCHE IZQUIERDA IZQUIERDO ESQUERDA ESQUERDO",
    "B": "B 50 BOTH BIL BILATERAL BDS BEIDSEITS AMBOS AMBAS",
    "": "U N NA N/A NONE UNKNOWN",
}
"""PS3.3 C.7.3.1.1.1 (R, L, B, U); modifiers RT, LT, 50 of procedure codes; words."""
_SIDES: Final = {word: side for side, words in _WORDS_FOR_SIDES.items() for word in words.split()}


def side_code(text: str) -> str | None:
    """`R`, `L`, `B`, or empty for no side; None for what is no side."""
    return _SIDES.get(text.strip().upper()) if text.strip() else ""


def fault_of(*, linked: bool, asks: bool, side: str | None) -> Fault | None:
    """The first fault that any source of orders can have.

    Args:
        linked: whether the order names a study.
        asks: whether it says what is to be made, or that nothing is.
        side: from `side_code`.
    """
    if not linked:
        return Fault.NO_LINK
    if not asks:
        return Fault.NO_PROCEDURE
    return Fault.BAD_LATERALITY if side is None else None
