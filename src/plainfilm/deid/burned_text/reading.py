"""Reading lines of text with the recognition network that comes with rapidocr.

The network (PP-OCRv6, Apache-2.0) is run on lines only, never on whole films: from its file in
rapidocr's wheel, in one thread, since films are spread over processes.
"""

import importlib.resources
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["Reading", "read_lines"]

NETWORK: Final = "PP-OCRv6_rec_small.onnx"
HEIGHT: Final = 48
"""Pixels that a line is scaled to, as the network was trained."""
LEAST_WIDTH: Final = 48
MOST_WIDTH: Final = 1600
WIDTH_STEP: Final = 32
"""Lines are padded to multiples of this, with the grey of `PADDING`, as in training."""
PADDING: Final = 128


class Reading(NamedTuple):
    """What a line was read as.

    Attributes:
        text: as read, without spaces at its ends.
        certainty: mean probability of its characters, in [0, 1]; 0 for an empty text.
    """

    text: str
    certainty: float


def read_lines(lines: Sequence[NDArray[np.uint8]]) -> list[Reading]:
    """Read lines of text.

    Args:
        lines: each (rows, columns) uint8, one line that reads from left to right.
    """
    scaled = [_scaled(line) for line in lines]
    readings: list[Reading] = [Reading("", 0.0)] * len(lines)
    by_width: dict[int, list[int]] = {}
    for index, line in enumerate(scaled):
        by_width.setdefault(line.shape[1], []).append(index)
    for batch in by_width.values():
        _read_batch(scaled, batch, readings)
    return readings


def _scaled(line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A line at the network's height, and a width of which there are few."""
    width = max(LEAST_WIDTH, min(MOST_WIDTH, round(line.shape[1] * HEIGHT / line.shape[0])))
    shrinks = line.shape[0] > HEIGHT
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized: NDArray[np.uint8] = cv2.resize(
        np.ascontiguousarray(line), (width, HEIGHT), interpolation=way
    )
    padding = -width % WIDTH_STEP
    return np.pad(resized, ((0, 0), (0, padding)), constant_values=PADDING)


def _read_batch(scaled: list[NDArray[np.uint8]], batch: list[int], readings: list[Reading]) -> None:
    values = np.stack([scaled[index] for index in batch])[:, None] / np.float32(127.5) - np.float32(
        1
    )
    values = np.repeat(values, 3, axis=1)
    session = _session()
    (probabilities,) = session.run(None, {session.get_inputs()[0].name: values})
    for position, index in enumerate(batch):
        readings[index] = _decoded(probabilities[position])


def _decoded(probabilities: NDArray[Any]) -> Reading:
    """Greedy decoding of (steps, 1 + characters): repeats are one, class 0 parts them."""
    best = probabilities.argmax(axis=1)
    before = np.concatenate(([0], best[:-1]))
    first = np.flatnonzero((best != 0) & (best != before))
    if not len(first):
        return Reading("", 0.0)
    characters = _characters()
    text = "".join(characters[best[step]] for step in first).strip()
    certainty = float(probabilities[first, best[first]].mean()) if text else 0.0
    return Reading(text, certainty)


@cache
def _session() -> "InferenceSession":
    from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415  on use

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    network = importlib.resources.files("rapidocr") / "models" / NETWORK
    with importlib.resources.as_file(network) as path:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@cache
def _characters() -> tuple[str, ...]:
    """Class 0 is the blank, the last is the space (`CTCLabelDecode` of rapidocr)."""
    listed = _session().get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *listed, " ")
