"""A small network that tells rows of letters from edges of bone, before anything is read.

Reading a row costs some fifty times as much as asking the network, and on a film without text every
row is an edge. It is not asked of rows that have the shape of text: those are read. How it was made
is in `letters.toml`.
"""

import importlib.resources
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from plainfilm.deid.burned_text.crops import TURNS, cut_out
from plainfilm.deid.burned_text.extent import Line

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["HEIGHT", "WIDTH", "letters_input", "may_be_letters"]

HEIGHT: Final = 32
WIDTH: Final = 192
"""Pixels of what the network sees of a row: the middle of its core."""
LEAST_PROBABILITY: Final = 0.004
"""Of letters, for a row to be read. Of 2,018 planted rows, of typefaces and films that the network
had not seen, four had less, all of them crossed by bone or by other text; of 1,180 edges 61 %."""


def may_be_letters(image: NDArray[np.uint8], line: Line) -> bool:
    """Whether a row may hold letters; it does not where the network is all but sure.

    Args:
        image: (rows, columns) uint8, in which the line was found.
    """
    session = _session()
    values = letters_input(image, line)[None, None]
    (probability,) = session.run(None, {session.get_inputs()[0].name: values})
    return bool(probability[0] >= LEAST_PROBABILITY)


def letters_input(image: NDArray[np.uint8], line: Line) -> NDArray[np.float32]:
    """What the network sees of a row, in the first of its two turns.

    Returns:
        (HEIGHT, WIDTH) float32 in [0, 1], letters bright.
    """
    part = replace(line, place=line.part(WIDTH / HEIGHT))
    crop = cut_out(image, part, TURNS[line.turned][0])
    width = max(HEIGHT // 2, min(2 * WIDTH, round(crop.shape[1] * HEIGHT / crop.shape[0])))
    way = cv2.INTER_AREA if crop.shape[0] > HEIGHT else cv2.INTER_CUBIC
    crop = cv2.resize(crop, (width, HEIGHT), interpolation=way)
    crop = crop[:, max(0, (width - WIDTH) // 2) :][:, :WIDTH]
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    left = (WIDTH - crop.shape[1]) // 2
    values[:, left : left + crop.shape[1]] = (255 - crop) / np.float32(255)
    return values


@cache
def _session() -> "InferenceSession":
    from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415  on use

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    network = importlib.resources.files(__package__) / "letters.onnx"
    return InferenceSession(network.read_bytes(), options, providers=["CPUExecutionProvider"])
