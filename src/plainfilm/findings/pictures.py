"""Pictures of where on a film findings were seen."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom import open_image
from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.answers import PRESENT, located, predictions, usable
from plainfilm.findings.framing import FramedFilm, show_film
from plainfilm.findings.heat_maps import evidence_for, levelled, map_over_film
from plainfilm.findings.read_chest import DEFAULT_LEVEL, frame_of
from plainfilm.models import FindingNetwork
from plainfilm.records import Box, Film, Location

__all__ = ["draw_heat_maps"]

_LONGEST_SIDE: Final = 1024
_STRONGEST: Final = 0.5  # opacity of the heat where it is greatest
_BOX_COLOUR: Final = (0, 255, 255)  # yellow; OpenCV's order is blue, green, red


def draw_heat_maps(
    location: Location,
    network: FindingNetwork,
    folder: Path,
    name: str,
    *,
    level: float = DEFAULT_LEVEL,
) -> list[Path]:
    """Draw a film with the heat map and the boxes of each finding that is present over it: what of
    the map speaks for the finding.

    Args:
        folder: where `<name>.<finding>.png` are written; it is made when missing.
        level: at which heat maps are cut, of 255.
    Returns:
        The pictures; none where nothing is present, or the answer is no probability.
    Raises:
        InputError: the film cannot be read.
        ModelError: the model has no maps.
        SettingsError: a picture cannot be written.
    """
    card = network.card
    if not card.has_maps:
        raise ModelError(f"{card.name} {card.version} does not tell where; it has no maps")
    framed = show_film(location, [frame_of(card)]).framed(frame_of(card))
    answers = network.run(framed.pixels[np.newaxis, np.newaxis], maps=True)
    if answers.maps is None or not usable(answers.probabilities, answers.maps):
        return []
    said = list(predictions(Film(0, "", location), card, answers.probabilities[0]))
    boxes = list(located(said, card, answers.maps[0], framed, level))
    shown = open_image(location).render(_LONGEST_SIDE)
    written = []
    for label, one, heat in zip(card.labels, said, answers.maps[0], strict=True):
        if one.value != PRESENT:
            continue
        over = map_over_film(levelled(evidence_for(heat)), framed.within, shown.shape)
        picture = _with_heat(shown, over)
        _draw_boxes(picture, [box for box in boxes if box.label == label], framed)
        written.append(_written(picture, folder / f"{name}.{label.replace('/', '_')}.png"))
    return written


def _with_heat(shown: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_JET)
    opacity = (heat * _STRONGEST)[..., np.newaxis]
    mixed = shown[..., np.newaxis] * (1 - opacity) + colours * opacity
    return np.ascontiguousarray(mixed.round().astype(np.uint8))


def _draw_boxes(picture: NDArray[np.uint8], boxes: list[Box], framed: FramedFilm) -> None:
    scale = picture.shape[1] / framed.film.columns
    for box in boxes:
        ends = (box.xmin, box.ymin, box.xmax, box.ymax)
        left, top, right, bottom = (round(end * scale) for end in ends)
        cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), _BOX_COLOUR, 2)


def _written(picture: NDArray[np.uint8], path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}") from error
    return path
