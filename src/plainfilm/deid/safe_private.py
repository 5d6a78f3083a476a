"""The private elements that are known to hold no identity (PS3.15 E.3.10)."""

from functools import cache
from typing import Final

from plainfilm.deid.profile import data_rows

__all__ = ["safe_private_vr"]

_BLOCK: Final = 0xFFFF00FF


def safe_private_vr(tag: int, creator: str) -> str | None:
    """The VR of a safe private element, empty where the list does not tell; None if it is not safe.

    Args:
        tag: such as 0x00191023, whatever block it stands in.
    """
    return _safe().get((tag & _BLOCK, creator))


@cache
def _safe() -> dict[tuple[int, str], str]:
    return {
        (int(row["group"], 16) << 16 | int(row["element"], 16), row["creator"]): row["vr"]
        for row in data_rows("safe_private_attributes.csv")
    }
