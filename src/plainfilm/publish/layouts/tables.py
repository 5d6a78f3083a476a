"""Tables that several layouts have in common."""

from collections.abc import Mapping
from typing import Final

from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.layouts.layout import Contents

__all__ = ["LABELS_TOLD", "label_texts", "write_boxes"]

LABELS_TOLD: Final = (
    "a row for each study with a report: 1.0 positive, 0.0 negative, -1.0 uncertain, blank not"
    " mentioned"
)
_LABEL_TEXT: Final = {1: "1.0", 0: "0.0", -1: "-1.0"}


def label_texts(contents: Contents, labels: Mapping[str, int]) -> list[str]:
    """A study's labels in the order of the findings; blank where a finding is not mentioned."""
    return [_LABEL_TEXT.get(labels.get(finding, 2), "") for finding in contents.findings]


def write_boxes(folder: DatasetFolder, contents: Contents) -> None:
    """Write `boxes.csv`, where there are boxes, for a layout that has no place of its own."""
    rows = [
        (image.film.image, box.finding, box.x, box.y, box.width, box.height)
        for image in contents.images
        for box in image.boxes
    ]
    if rows:
        folder.write_table("boxes.csv", ("image", "finding", "x", "y", "width", "height"), rows)
