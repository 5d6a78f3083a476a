"""The layouts that a dataset may have, one module each; `LAYOUTS` registers them by name."""

from collections.abc import Mapping
from typing import Final

from plainfilm.errors import SettingsError
from plainfilm.publish.layouts.chestxray14 import ChestXray14
from plainfilm.publish.layouts.coco import Coco
from plainfilm.publish.layouts.dicom import DicomTree
from plainfilm.publish.layouts.layout import (
    Contents,
    Layout,
    Place,
    PublishedImage,
    describe_layout,
)
from plainfilm.publish.layouts.mimic_cxr_jpg import MimicCxrJpg
from plainfilm.publish.layouts.webdataset import WebDataset

__all__ = [
    "LAYOUTS",
    "ChestXray14",
    "Coco",
    "Contents",
    "DicomTree",
    "Layout",
    "MimicCxrJpg",
    "Place",
    "PublishedImage",
    "WebDataset",
    "describe_layout",
    "find_layout",
]

LAYOUTS: Final[Mapping[str, type[Layout]]] = {
    kind.name: kind for kind in (MimicCxrJpg, ChestXray14, Coco, WebDataset, DicomTree)
}


def find_layout(name: str) -> type[Layout]:
    """The layout of a name.

    Raises:
        SettingsError: there is none.
    """
    try:
        return LAYOUTS[name]
    except KeyError:
        known = ", ".join(LAYOUTS)
        raise SettingsError(f"there is no layout '{name}'; known: {known}") from None
