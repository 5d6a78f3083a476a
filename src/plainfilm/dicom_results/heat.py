"""Heat maps made anew: the archive keeps boxes, not the maps that they are from."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom_results.reading import HeatMap
from plainfilm.findings.framing import FramedFilm, show_film
from plainfilm.findings.heat_maps import evidence_for, levelled, map_over_film
from plainfilm.findings.model_files import ModelFile, network_of
from plainfilm.findings.read_chest import frame_of
from plainfilm.records import Location

__all__ = ["heat_maps_of"]

_LONGEST_SIDE: Final = 256  # pixels of a heat map; networks' own are of 7 to 32


def heat_maps_of(
    location: Location, model: ModelFile, labels: Sequence[str], turn: int
) -> tuple[HeatMap, ...]:
    """The heat maps of some findings of a film.

    Args:
        labels: that the model has.
        turn: degrees clockwise by which the stored film stands upright: so the model saw it.
    Returns:
        One for each label that some place speaks for, over the stored frame, 1 where the model was
        led most; none where the model has no maps.
    Raises:
        UnreadableDicom, UnsupportedPixels: the film cannot be shown.
        ModelError: the model cannot be run, or is another than it was.
    """
    network = network_of(model, "cpu")
    frame = frame_of(network.card)
    framed = show_film(location, [frame], turn // 90).framed(frame)
    answers = network.run(framed.pixels[np.newaxis, np.newaxis], maps=True)
    if answers.maps is None:
        return ()
    maps = dict(zip(network.card.labels, evidence_for(answers.maps[0]), strict=True))
    return tuple(
        HeatMap(label, _on_film(levelled(maps[label]), framed))
        for label in labels
        if label in maps and maps[label].any()
    )


def _on_film(heat: NDArray[np.float32], framed: FramedFilm) -> NDArray[np.float32]:
    """A map over a frame, as the part of it that lies over the stored film."""
    film = framed.film
    scale = _LONGEST_SIDE / max(film.pixels.shape)
    rows, columns = (max(1, round(side * scale)) for side in film.pixels.shape)
    over = map_over_film(heat, framed.within, (rows, columns))
    stored = np.rot90(over, film.quarter_turns)
    return np.ascontiguousarray(stored.clip(0, 1))
