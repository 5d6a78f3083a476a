"""VRs of private elements, which implicit VR and VR UN leave open."""

from collections.abc import Mapping
from functools import lru_cache

from plainfilm.records import TagValue

__all__ = ["private_vr"]


def private_vr(tag: bytes, tags: Mapping[str, TagValue]) -> str:
    """The VR of a private element, by its private creator's dictionary; `UN` where unknown.

    Args:
        tag: little endian, four bytes; the group is odd.
        tags: the elements read so far of the same dataset.
    Source: DICOM PS3.5 section 7.8.1.
    """
    block = tag[3]
    if block == 0:
        return "LO" if tag[2] >= 0x10 else "UN"  # a private creator, or an illegal element
    creator = tags.get(f"{tag[1]:02X}{tag[0]:02X}00{block:02X}")
    if not isinstance(creator, str):
        return "UN"
    return _vr_by_creator(tag, creator)


@lru_cache(maxsize=4096)
def _vr_by_creator(tag: bytes, creator: str) -> str:
    # pydicom's private dictionary is large and most archives never need it.
    from pydicom.datadict import private_dictionary_VR  # noqa: PLC0415

    group, element = int.from_bytes(tag[:2], "little"), int.from_bytes(tag[2:], "little")
    try:
        return private_dictionary_VR((group, element), creator)
    except KeyError:
        return "UN"
