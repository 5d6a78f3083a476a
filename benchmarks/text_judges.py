"""Two OCR engines as judges of whether a planted line can still be read.

Both get the area around the line with its contrast stretched, turned upright and scaled to letters
of their liking: more help than whoever looks at a film has. Each reads twice: rapidocr the line
alone and the area through its text detector; tesseract the line alone (page segmentation mode 7)
and the area as sparse text (mode 11).
"""

import os
import re
import subprocess
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays import Overlay

__all__ = ["is_readable_by", "resembles"]

JUDGES: Final = ("rapidocr", "tesseract")
LEAST_RATIO: Final = 0.6
WORD_LETTERS: Final = 4
LETTER_HEIGHT: Final = 36


def resembles(reading: str, text: str) -> bool:
    """Whether a reading gives the text away.

    Either six tenths of the line's letters and digits are there in order, or one of its words of at
    least four, with one wrong, missing or added for every five.
    """
    read, planted = _plain(reading), _plain(text)
    if not read:
        return False
    if SequenceMatcher(None, read, planted, autojunk=False).ratio() >= LEAST_RATIO:
        return True
    words = [_plain(word) for word in re.findall(r"[^\W_]+", text)]
    return any(len(word) >= WORD_LETTERS and _holds(read, word) for word in words)


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _holds(text: str, word: str) -> bool:
    """Whether the text holds the word but for one slip in five letters (Sellers' search)."""
    most = len(word) // 5
    row = list(range(len(word) + 1))
    for letter in text:
        above, row = row, [0]
        for position, wanted in enumerate(word, start=1):
            same = above[position - 1] + (letter != wanted)
            row.append(min(same, above[position] + 1, row[-1] + 1))
        if row[-1] <= most:
            return True
    return False


def is_readable_by(
    judge: str, film: NDArray[np.uint8], overlay: Overlay, *, thorough: bool = True
) -> bool:
    """Whether a judge's reading of the line or of the area around it resembles the line.

    Args:
        thorough: also through the area, which takes longer.
    """
    read = _rapidocr_readings if judge == "rapidocr" else _tesseract_readings
    return any(
        resembles(reading, overlay.text) for reading in read(film, overlay, thorough=thorough)
    )


def _area(film: NDArray[np.uint8], overlay: Overlay, margin: float) -> NDArray[np.uint8]:
    """The area around a line, upright, stretched, its letters at the judges' size."""
    height, width = overlay.ink.shape
    thickness = min(height, width)
    around = max(3, round(margin * thickness))
    top, left = max(0, overlay.y - around), max(0, overlay.x - around)
    part = film[top : overlay.y + height + around, left : overlay.x + width + around]
    low, high = np.percentile(part, (1, 99))
    stretched = ((part - low) * (255 / max(high - low, 1.0))).clip(0, 255).astype(np.uint8)
    upright = np.ascontiguousarray(np.rot90(stretched, -overlay.turn))
    scale = LETTER_HEIGHT / thickness
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    resized: NDArray[np.uint8] = cv2.resize(upright, None, fx=scale, fy=scale, interpolation=way)
    return resized


def _rapidocr_readings(
    film: NDArray[np.uint8], overlay: Overlay, *, thorough: bool
) -> Iterator[str]:
    engine = _rapidocr()
    line = cv2.cvtColor(_area(film, overlay, 0.2), cv2.COLOR_GRAY2BGR)
    yield _texts(engine(line, use_det=False, use_cls=False, use_rec=True))
    if thorough:
        area = cv2.cvtColor(_area(film, overlay, 1.0), cv2.COLOR_GRAY2BGR)
        yield _texts(engine(area, use_det=True, use_cls=False, use_rec=True))


def _texts(result: Any) -> str:
    return " ".join(result.txts or ()) if getattr(result, "txts", None) else ""


@cache
def _rapidocr() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _tesseract_readings(
    film: NDArray[np.uint8], overlay: Overlay, *, thorough: bool
) -> Iterator[str]:
    yield _tesseract(_area(film, overlay, 0.3), mode=7)
    if thorough:
        yield _tesseract(_area(film, overlay, 1.0), mode=11)


def _tesseract(image: NDArray[np.uint8], mode: int) -> str:
    _, encoded = cv2.imencode(".pgm", image)
    command = ["tesseract", "stdin", "stdout", "--psm", str(mode), "-l", "eng"]
    done = subprocess.run(
        command,
        input=encoded.tobytes(),
        capture_output=True,
        check=False,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )
    if done.returncode > 0:
        done.check_returncode()
    # Some images without text end it by a signal (a division by zero): nothing was read.
    return done.stdout.decode("utf-8", "replace")
