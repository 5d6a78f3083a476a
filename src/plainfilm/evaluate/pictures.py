"""How pictures are drawn and written.

The modules that draw are the only ones here that import matplotlib; nothing imports them but
whoever draws. A figure is made without pyplot: no window, no state that outlives it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.figure import Figure

from plainfilm.errors import ArchiveError, SettingsError

__all__ = ["BLUE", "FORMATS", "GREY", "LINES", "ORANGE", "save_picture"]

FORMATS: Final = ("png", "svg")
BLUE: Final = "#2166ac"
ORANGE: Final = "#b35806"
GREY: Final = "#737373"
LINES: Final = (BLUE, ORANGE, "#1b7837", "#762a83", "#c51b7d", "#35978f", "#000000")
"""Colours of lines that are compared, to be told apart by the colour-blind as well."""

_DOTS_PER_INCH: Final = 150
_STYLE: Final[dict[Any, Any]] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "svg.hashsalt": "plainfilm",  # the same figures give the same bytes
}


def save_picture(path: Path, size: tuple[float, float], draw: Callable[[Figure], None]) -> None:
    """Draw on a figure in the house's style and write it.

    Args:
        path: ends in one of `FORMATS`.
        size: width and height, in inches.
    Raises:
        SettingsError: the path ends otherwise.
        ArchiveError: it cannot be written.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise SettingsError(f"{path}: a picture's name ends in .{' or .'.join(FORMATS)}")
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
    with rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        try:
            figure.savefig(path, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata)
        except OSError as error:
            raise ArchiveError(f"cannot write {path}: {error.strerror}") from error
