"""The UIDs of classes, syntaxes, coding schemes and the like that the Standard defines."""

import csv
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["is_standard_uid"]

_ROOT: Final = "1.2.840.10008."


def is_standard_uid(uid: str) -> bool:
    """Whether the Standard lists a UID; its root alone says nothing, anyone can write that.

    Source: DICOM PS3.6 annex A, by way of `standard_uids.csv`.
    """
    return uid.startswith(_ROOT) and uid in _listed()


@cache
def _listed() -> frozenset[str]:
    text = files("plainfilm.dicom").joinpath("standard_uids.csv").read_text(encoding="ascii")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(row["uid"] for row in csv.DictReader(lines))
