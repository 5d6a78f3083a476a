"""Private elements: they go, unless they are safe and safe ones are kept, or a rule says so."""

from collections.abc import Callable
from typing import Final, NamedTuple

from plainfilm.deid.decisions import Place, private_decision
from plainfilm.deid.profile import Action
from plainfilm.deid.raw_values import SPELLED_VRS
from plainfilm.deid.safe_private import safe_private_vr
from plainfilm.deid.treat import Decision, Treat
from plainfilm.dicom import RawElement

__all__ = ["JudgedPrivate", "judge_private"]

_CREATORS: Final = range(0x10, 0x100)


class JudgedPrivate(NamedTuple):
    """What becomes of a private element.

    Attributes:
        element: with its VR where only the list of safe ones tells it.
        creator: the element that names the block's owner, which stays with it; None where it goes.
    """

    element: RawElement
    decision: Decision
    creator: RawElement | None = None


def judge_private(
    element: RawElement,
    where: Place,
    creators: dict[int, RawElement],
    name_of: Callable[[RawElement], str],
) -> JudgedPrivate:
    """Decide on one private element of a dataset or item.

    Args:
        creators: of the same dataset, by the first tag of their blocks; elements come in order of
            their tags, so that an owner is added before what it owns.
        name_of: the name in a creator; empty where it must not stay.
    Source: DICOM PS3.5 7.8.1, PS3.15 E.3.10.
    """
    tag = element.tag
    removed = JudgedPrivate(element, Decision(Treat.REMOVE, Action.REMOVE, "private", f"{tag:08X}"))
    if not where.keeps_private:
        return removed
    if tag & 0xFFFF in _CREATORS:
        creators[tag & 0xFFFF0000 | (tag & 0xFF) << 8] = element
        return removed  # put back with the first element of its block that stays
    owner = creators.get(tag & 0xFFFFFF00)
    creator = "" if owner is None else name_of(owner)
    if not creator or not creator.isascii():
        return removed
    safe_vr = safe_private_vr(tag, creator)
    if safe_vr and _is_rather(safe_vr, element):
        element = element._replace(vr=safe_vr)
    decision = private_decision(where, tag, element.vr, creator, is_safe=safe_vr is not None)
    if decision is None or decision.treat is Treat.REMOVE:
        return removed
    return JudgedPrivate(element, decision, owner)


def _is_rather(vr: str, element: RawElement) -> bool:
    """Whether the list's VR goes before the file's: text or items may stand in bytes."""
    return element.vr == "UN" or (element.vr in ("OB", "OW") and (vr == "SQ" or vr in SPELLED_VRS))
