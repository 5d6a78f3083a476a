"""What a detector says of films, brought together with the truth."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from plainfilm.dicom import resize
from plainfilm.errors import ModelError
from plainfilm.evaluate.boxes import BoxPair, ImageBoxes, pair_boxes
from plainfilm.findings.training.detection_data import BoxedFilms, array_of
from plainfilm.findings.training.detectors import Detector
from plainfilm.findings.training.detectors.interface import MOST_BOXES
from plainfilm.findings.training.film_store import StoredFilm
from plainfilm.models.detector import FoundBoxes, suppress

__all__ = ["LEAST_SCORE", "found_boxes", "framed", "said_of"]

LEAST_SCORE = 0.05
_AT_ONCE = 8


def said_of(
    network: Detector, films: Sequence[StoredFilm], data: BoxedFilms, frame: tuple[int, int]
) -> BoxPair:
    """Run a detector over films, and pair its boxes with the true ones.

    Args:
        frame: rows and columns of what the network takes.
    Returns:
        Boxes in pixels of the frame.
    Raises:
        ModelError: a score is no number: the training has failed.
    """
    names = [data.films[film.place].name for film in films]
    laid = [framed(film, frame) for film in films]
    found: list[FoundBoxes] = []
    for start in range(0, len(films), _AT_ONCE):
        pixels = np.stack([each for each, _ in laid[start : start + _AT_ONCE]])
        found += found_boxes(network, pixels)
    sides = np.array([frame[1], frame[0]] * 2)
    predicted = ImageBoxes(
        [name for name, each in zip(names, found, strict=True) for _ in each.scores],
        [data.labels[label] for each in found for label in each.labels.tolist()],
        array_of(box for each in found for box in (each.boxes * sides).tolist()),
        np.concatenate([each.scores for each in found]),
    )
    truth = ImageBoxes(
        [name for name, film in zip(names, films, strict=True) for _ in film.labels],
        [data.labels[label] for film in films for label in film.labels.tolist()],
        array_of(box for _, boxes in laid for box in boxes.tolist()),
    )
    return pair_boxes(predicted, truth, images=names, labels=data.labels)


def found_boxes(network: Detector, films: NDArray[np.float32]) -> list[FoundBoxes]:
    """The boxes in each film, as `plainfilm.models.Detector` leaves them.

    Args:
        films: (n, rows, columns) in [0, 1].
    Raises:
        ModelError: a score is no number.
    """
    network.eval()
    with torch.no_grad():
        boxes, scores, labels = network(torch.from_numpy(films).unsqueeze(1))
    if torch.isnan(scores).any():
        raise ModelError("the network gives scores that are no numbers; learn more slowly")
    found = []
    for place in range(len(films)):
        each = FoundBoxes(
            boxes[place].double().numpy(), scores[place].double().numpy(), labels[place].numpy()
        )
        sides = each.boxes[:, 2:] - each.boxes[:, :2]
        each = each.only((each.scores >= LEAST_SCORE) & (sides > 0).all(axis=1))
        if network.overlap is not None:
            each = each.only(suppress(each, network.overlap))
        found.append(each.only(np.arange(min(len(each), MOST_BOXES))))
    return found


def framed(
    film: StoredFilm, frame: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A film whole in the middle of black, as films come into the finished network, and its boxes.

    Returns:
        (rows, columns) in [0, 1]; (k, 4) corners in pixels of the frame.
    """
    rows, columns = film.pixels.shape
    scale = min(frame[0] / rows, frame[1] / columns)
    down, across = max(1, round(rows * scale)), max(1, round(columns * scale))
    top, left = (frame[0] - down) // 2, (frame[1] - across) // 2
    laid = np.zeros(frame, np.float32)
    shown = (
        film.pixels if film.pixels.shape == (down, across) else resize(film.pixels, down, across)
    )
    np.multiply(shown, np.float32(1 / 255), out=laid[top : top + down, left : left + across])
    ratio = np.array([across / columns, down / rows] * 2)
    return laid, film.boxes * ratio + [left, top, left, top]
