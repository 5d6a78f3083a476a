"""What a film says that has to agree with other films, as hashes: no value travels or stays."""

import hashlib
from dataclasses import dataclass
from typing import Final

__all__ = ["OFFSET_TOLERANCE", "FilmFacts", "hashed"]

OFFSET_TOLERANCE: Final = 1
"""Days by which offsets of one patient may differ: tools that move dates by hours turn the day for
some times of day and not for others."""


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """Ids and dates of one film; all but the offsets are 8-byte hashes, empty where absent.

    Attributes:
        references: SOP Instance UIDs that the film refers to.
        changed_uids: old and new UID of every element that holds one in both; no pairs without
            the original.
        old_patient: of the original: PatientID with its issuer, or else its study.
        offsets: by how many days dates moved; empty where none can be told.
    """

    uid: bytes
    series: bytes
    study: bytes
    patient: bytes
    name: bytes
    birth_date: bytes
    study_date: bytes
    references: tuple[bytes, ...] = ()
    changed_uids: tuple[tuple[bytes, bytes], ...] = ()
    old_patient: bytes = b""
    offsets: tuple[int, ...] = ()


def hashed(text: str) -> bytes:
    """8 bytes that stand for a text; empty for an empty one."""
    if not text:
        return b""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()
