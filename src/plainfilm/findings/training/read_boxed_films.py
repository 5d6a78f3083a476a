"""One way in for films with boxes, whichever of the known forms they come in."""

import gzip
import zlib
from pathlib import Path

from plainfilm.errors import BadTable
from plainfilm.findings.training.coco_boxes import read_coco
from plainfilm.findings.training.detection_data import BoxedFilms
from plainfilm.findings.training.nih_boxes import is_nih, read_nih_boxes
from plainfilm.findings.training.vindr import read_vindr

__all__ = ["read_boxed_films"]


def read_boxed_films(
    source: Path,
    *,
    images: Path | None = None,
    own_names: bool = False,
    leave_out_faults: bool = False,
) -> BoxedFilms:
    """Read films and boxes: COCO's JSON, ChestX-ray14's list of boxes, or VinDr-SpineXR's layout.

    Args:
        source: a file, or a folder in VinDr-SpineXR's layout.
        images: the folder of the films, where they are not beside it.
        own_names: of VinDr-SpineXR's layout, see `read_vindr`.
        leave_out_faults: go on without annotations that cannot be used, which are then told of.
    Raises:
        BadTable, BadSource: as the readers.
    """
    if source.suffix.lower() == ".json":
        return read_coco(source, images=images, leave_out_faults=leave_out_faults)
    if source.is_file() and is_nih(_first_line(source)):
        return read_nih_boxes(source, images=images, leave_out_faults=leave_out_faults)
    if not source.exists():
        raise BadTable(f"{source} is not there")
    return read_vindr(source, images=images, own_names=own_names, leave_out_faults=leave_out_faults)


def _first_line(source: Path) -> str:
    try:
        opened = gzip.open if source.suffix.lower() == ".gz" else open
        with opened(source, "rb") as file:
            return bytes(file.readline(1 << 16)).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise BadTable(f"{source}: cannot be read") from error
