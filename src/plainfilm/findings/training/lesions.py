"""The seven classes of spine lesions that detectors learn, and what tables call them.

Source: Nguyen et al., "VinDr-SpineXR: A deep learning framework for spinal lesions detection and
classification from radiographs", MICCAI 2021: thirteen findings are annotated, seven are learnt.
"""

import csv
import re
from functools import lru_cache
from importlib import resources
from typing import Final

__all__ = ["LESION_CLASSES", "NO_LESION", "is_no_lesion", "lesion_class", "lesion_names"]

LESION_CLASSES: Final = (
    "disc space narrowing",
    "foraminal stenosis",
    "osteophytes",
    "spondylolisthesis",
    "surgical implant",
    "vertebral collapse",
    "other lesions",
)

NO_LESION: Final = "No finding"
"""What a table says of a film that was looked at and shows nothing."""

_BLANKS: Final = re.compile(r"[\s_-]+")


def lesion_class(name: str) -> str | None:
    """The class of a finding as a table calls it; None where it is not known.

    Capitals, and blanks, `_` or `-` between words, do not matter.
    """
    return _classes().get(_plain(name))


def is_no_lesion(name: str) -> bool:
    """Whether a table says by this that a film shows nothing."""
    return _plain(name) == _plain(NO_LESION)


def lesion_names() -> tuple[str, ...]:
    """The findings that are known, as tables call them."""
    return tuple(row["finding"] for row in _rows())


def _plain(name: str) -> str:
    return _BLANKS.sub(" ", name.strip()).casefold()


@lru_cache(maxsize=1)
def _classes() -> dict[str, str]:
    return {_plain(row["finding"]): row["class"] for row in _rows()}


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    table = resources.files(__package__).joinpath("lesions.csv")
    with table.open(encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))
