"""The file meta group, of which nothing survives but the transfer syntax (PS3.10 7.1)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from plainfilm.deid.profile import Action
from plainfilm.deid.treatment import Treatment
from plainfilm.dicom import RawElement

__all__ = ["file_meta_treatments"]

_WRITTEN: Final = {
    0x00020000: Action.KEEP,
    0x00020001: Action.KEEP,
    0x00020002: Action.KEEP,
    0x00020003: Action.NEW_UID,
    0x00020010: Action.KEEP,
    0x00020012: Action.DUMMY,
    0x00020013: Action.DUMMY,
}


def file_meta_treatments(
    elements: Iterable[RawElement], audit_hash: Callable[[RawElement], bytes]
) -> Iterator[Treatment]:
    """What becomes of each element of a file meta group once the group is written anew."""
    for element in elements:
        action = _WRITTEN.get(element.tag, Action.REMOVE)
        old = b"" if action is Action.KEEP else audit_hash(element)
        yield Treatment(f"{element.tag:08X}", action, "file", old)
