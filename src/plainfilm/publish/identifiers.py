"""Published ids and splits: keyed hashes of ids that are already new.

A published id must stay the same when films are added, must fit the eight digits that readers of
MIMIC-CXR expect, and must not be reversible without the key, so that the ids of two datasets made
with two keys cannot be joined.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from plainfilm.errors import SettingsError

__all__ = ["SPLITS", "STUDY_IDS", "SUBJECT_IDS", "IdRange", "assign_ids", "film_id", "split_throw"]

SPLITS: Final = ("train", "validate", "test")
MINIMUM_KEY_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class IdRange:
    """A block of numeric ids, `first` … `first + size - 1`; `purpose` keeps hashes apart."""

    purpose: str
    first: int
    size: int


# The blocks of MIMIC-CXR: subjects are p10… to p19…, studies s50… to s59….
SUBJECT_IDS: Final = IdRange("subject", 10_000_000, 10_000_000)
STUDY_IDS: Final = IdRange("study", 50_000_000, 10_000_000)


def assign_ids(
    names: Iterable[str],
    block: IdRange,
    key: bytes,
    *,
    known: Mapping[str, int] | None = None,
    reserved: Collection[int] = (),
) -> dict[str, int]:
    """Give every name a number of its own inside the block.

    A name gets the number that its keyed hash points at, or the next free one when an earlier
    name has it. So an id depends on the key and, in the rare case of a collision, on the names
    before it: callers pass names in the order in which they came into the archive, and ids stay
    as they are when names are added at the end. That they stay when names go, `known` sees to.

    Args:
        known: names → the numbers that they have already; of two with one, the first keeps it.
        reserved: numbers that no other name may get.
    Raises:
        SettingsError: the key is too short, or there are more names than numbers.
    """
    _check_key(key)
    holders = {number: name for name, number in reversed([*(known or {}).items()])}
    ids = {name: number for number, name in holders.items()}
    taken = {number - block.first for number in (*holders, *reserved)}
    for name in names:
        if name in ids:
            continue
        if len(taken) == block.size:
            raise SettingsError(f"there are more than {block.size:,} {block.purpose} ids to give")
        offset = _keyed_number(block.purpose, name, key) % block.size
        while offset in taken:
            offset = (offset + 1) % block.size
        taken.add(offset)
        ids[name] = block.first + offset
    return ids


def film_id(uid: str, key: bytes) -> str:
    """The `dicom_id` of a clean SOP Instance UID: 40 hex digits in five groups, as in MIMIC-CXR.

    160 bits of a keyed hash; two films would have to be one in 2^80 to share it.
    """
    _check_key(key)
    digits = hmac.digest(key, b"plainfilm publish film:" + uid.encode(), hashlib.sha256).hex()
    return "-".join(digits[start : start + 8] for start in range(0, 40, 8))


def split_throw(patient: str, key: bytes) -> float:
    """Where a patient's keyed hash lies on the line from 0 to 1 that the splits share.

    Raises:
        SettingsError: the key is too short.
    """
    _check_key(key)
    return _keyed_number("split", patient, key) / 2**64


def _check_key(key: bytes) -> None:
    if len(key) < MINIMUM_KEY_BYTES:
        raise SettingsError(
            f"the key has {len(key)} bytes; at least {MINIMUM_KEY_BYTES} are needed"
        )


def _keyed_number(purpose: str, name: str, key: bytes) -> int:
    """64 bits of HMAC-SHA-256; the purpose keeps a patient's split and id independent."""
    message = f"plainfilm publish {purpose}:{name}".encode()
    return int.from_bytes(hmac.digest(key, message, hashlib.sha256)[:8], "big")
