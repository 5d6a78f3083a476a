"""PatientOrientation of a film as it is stored, from how it must be turned to stand upright."""

from collections.abc import Sequence
from typing import Final

from plainfilm.records import Decision, TagValue
from plainfilm.vocabulary import Category, upright_edges

__all__ = ["proposed_orientation", "stored_orientation"]

SURE: Final = 0.95
"""The probability of the turn, and of not being mirrored, from which an orientation is proposed."""

_OPPOSITE: Final = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}


def stored_orientation(upright: Sequence[str], turn: int) -> tuple[str, str]:
    """The directions of a stored film's rows and columns.

    Args:
        upright: directions to the right and downwards in the upright film, such as ("L", "F").
        turn: degrees clockwise by which the stored film must be turned to stand upright: 0, 90,
            180 or 270.
    Source: DICOM PS3.3 C.7.6.1.1.1.
    """
    right, down = upright
    return {
        0: (right, down),
        90: (down, _OPPOSITE[right]),
        180: (_OPPOSITE[right], _OPPOSITE[down]),
        270: (_OPPOSITE[down], right),
    }[turn]


def proposed_orientation(
    present: TagValue, category: Category, decision: Decision
) -> tuple[str, str] | None:
    """The orientation to propose; None where it is not known, or the present one may be right.

    It is known of frontal films of the trunk, which are shown as if facing the patient. Which way
    a hand lies on its film the category does not tell.

    Left and right are never changed on what pixels say: a heart on the right looks like a mirrored
    film. So a film that looks mirrored gets no proposal, and a tag that differs from the expected
    one in left and right alone stands.
    """
    upright = upright_edges().get(category.name)
    turn, sure = decision.details.get("turn"), decision.details.get("turn_probability")
    mirrored = decision.details.get("mirrored")
    if upright is None or not upright.right or not upright.lower:
        return None
    if not isinstance(turn, int) or turn not in (0, 90, 180, 270):
        return None
    if not isinstance(sure, (int, float)) or sure < SURE:
        return None
    if not isinstance(mirrored, (int, float)) or mirrored > 1 - SURE:
        return None
    expected = stored_orientation((upright.right, upright.lower), turn)
    return None if _may_stand(present, expected) else expected


def _may_stand(present: TagValue, expected: tuple[str, str]) -> bool:
    if not isinstance(present, Sequence) or isinstance(present, (str, bytes)):
        return False
    main = [str(value).strip()[:1] for value in present]  # `LF` is mostly left
    return len(main) == 2 and all(
        here == there or (here in "LR" and there in "LR")
        for here, there in zip(main, expected, strict=True)
    )
