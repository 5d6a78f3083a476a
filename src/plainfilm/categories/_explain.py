"""A picture that shows where in a film a category was seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from plainfilm.categories._pixels import PixelCategory, classify, network_of
from plainfilm.categories._square import read_square
from plainfilm.dicom import open_image, place_in_square
from plainfilm.errors import SettingsError
from plainfilm.models import StoredModel
from plainfilm.records import Location

__all__ = ["explain"]

_DOTS_PER_INCH: Final = 100
_LONGEST_INCHES: Final = 7.68  # of the film in the picture
_LONGEST_SIDE: Final = 768
_TEXT_INCHES: Final = 0.9
_LEAST_INCHES: Final = 5.0  # what the text takes
_LIKELY: Final = 0.5
_STRONGEST: Final = 0.6  # opacity of the overlay where the evidence is greatest


def explain(location: Location, model: StoredModel, out: Path) -> PixelCategory:
    """Draw a film with the evidence for its category over it, and what was said of it beneath.

    The evidence is the class activation map, as far as it is above the mean over all classes.

    Raises:
        InputError: the film cannot be read or is no radiograph.
        ModelError: the model cannot be run.
        SettingsError: the picture cannot be written.
    """
    network = network_of(model.network.with_suffix(".json"), model.card.sha256)
    (said,) = classify(network, [location])
    if not isinstance(said, PixelCategory):
        raise said
    side = model.card.side
    maps = network.evidence(read_square(location, side))
    number = model.card.classes.index(said.category)
    above = np.clip(maps[number] - maps.mean(axis=0), 0, None)
    film = open_image(location).render(_LONGEST_SIDE)
    _draw(film, _over(above, side, film.shape), _told(said), out)
    return said


def _over(evidence: NDArray[np.float32], side: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The part of a map over the square that lies over a film of this shape, a value per pixel."""
    scale = side / max(shape)
    inside = place_in_square(tuple(max(1, round(length * scale)) for length in shape), side)
    finer = ndimage.zoom(
        evidence, side / evidence.shape[0], order=1, mode="nearest", grid_mode=True
    )
    over: NDArray[np.float32] = finer[inside] / max(float(finer[inside].max()), 1e-6)
    return over


def _draw(film: NDArray[np.uint8], over: NDArray[np.float32], text: str, out: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - seconds, and only this command draws
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows, columns = film.shape
    scale = _LONGEST_INCHES / max(rows, columns)
    width = max(columns * scale, _LEAST_INCHES)
    height = rows * scale + _TEXT_INCHES
    figure = Figure((width, height), dpi=_DOTS_PER_INCH, facecolor="black")
    FigureCanvasAgg(figure)
    low = _TEXT_INCHES / height
    axes = figure.add_axes((0, low, 1, 1 - low))
    axes.axis("off")
    extent = (0, columns, rows, 0)
    axes.imshow(film, cmap="gray", vmin=0, vmax=255, extent=extent)
    axes.imshow(
        over,
        cmap=mpl.colormaps["inferno"],
        vmin=0,
        vmax=1,
        alpha=over * _STRONGEST,
        extent=extent,
        interpolation="bilinear",
    )
    figure.text(0.5, low / 2, text, color="white", ha="center", va="center", fontsize=11)
    try:
        figure.savefig(out, format="png", facecolor="black")
    except OSError as error:
        raise SettingsError(f"cannot write {out}: {error.strerror}") from error


def _told(said: PixelCategory) -> str:
    best, *others = (f"{name} {probability:.0%}" for name, probability in said.ranked)
    lines = [f"{best} ({said.decision})", " · ".join(others), *_lies(said)]
    return "\n".join(line for line in lines if line)


def _lies(said: PixelCategory) -> Iterator[str]:
    """What is unusual about how the film lies, when it is likelier than not."""
    about = [f"turn by {said.turn}° clockwise"] if said.turn else []
    flags = {"mirrored": said.mirrored, "inverted": said.inverted, "collage": said.collage}
    about += [f"{name} {value:.0%}" for name, value in flags.items() if value and value > _LIKELY]
    yield ", ".join(about)
