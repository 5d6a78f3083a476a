"""Rows of letters and edges of bone, as the search of burned-in text finds them.

`train_letters.py` learns from them. Lines are planted on development films without text of their
own; a row that lies on a planted line is one of letters, one that touches none is an edge. Fonts
and films of the rows that measure are not among those that train.
"""

import random
import sys
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

from overlays import drawn, films, fonts, identity_line, ink_value, load, random_person
from plainfilm.deid.burned_text.boxes import Rectangle
from plainfilm.deid.burned_text.candidates import FIRST_SEARCH, SECOND_SEARCH, find_candidates
from plainfilm.deid.burned_text.extent import Line, whole_lines
from plainfilm.deid.burned_text.greys import search_range
from plainfilm.deid.burned_text.letters import letters_input

# Debian: fonts-hack, -inconsolata, -lato, -open-sans, -roboto-unhinted, -vollkorn,
# -crosextra-carlito, -noto-core. Those of `overlays.py` measure.
FOLDERS = ("hack", "inconsolata", "lato", "open-sans", "roboto", "vollkorn", "crosextra")
NOTO = ("NotoSans-", "NotoSerif-", "NotoSansMono-", "NotoSansDisplay-", "NotoSerifDisplay-")
STROKES = (
    cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX,
)  # fmt: skip
SCRIPTS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÀÉÈÇÃÕÖÜßñ0123456789",
    "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЬЭЮЯабвгдежзиклмнопрстуфхцчшщыьэюя",
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψω",
)
WITH_TEXT, WITHOUT_TEXT = 2, 5  # versions of each film
MEASURED = 5  # every so many films measure


class Row(NamedTuple):
    """One row as the network sees it, and whether it is one of letters."""

    values: NDArray[np.float32]
    is_text: bool
    is_measured: bool


def letter_rows() -> Iterator[Row]:
    """The rows of all films that the search was made with and that show no text of their own."""
    clean = [path for path, has_text in films(tuned_on=True) if not has_text]
    versions = range(WITH_TEXT + WITHOUT_TEXT)
    jobs = [(path, number, version) for number, path in enumerate(clean) for version in versions]
    with Pool() as pool:
        for rows in pool.imap(_rows_of, jobs, chunksize=8):
            yield from rows


def _rows_of(job: tuple[Path, int, int]) -> list[Row]:
    path, number, version = job
    cv2.setNumThreads(1)
    is_measured = number % MEASURED == 0
    draw = random.Random(f"{number} {version}")  # noqa: S311 - reproducible
    film = load(path, draw, round(500 * 3 ** draw.random()))
    if not is_measured:
        film = np.ascontiguousarray(np.rot90(film, draw.randrange(4)))
        film = film[:, ::-1].copy() if draw.random() < 0.5 else film
    if draw.random() < 0.15:
        film = 255 - film
    lines = draw.randint(1, 2) if version < WITH_TEXT else 0
    planted = [_plant(film, draw, is_measured=is_measured) for _ in range(lines)]
    if draw.random() < 0.25:
        coded = cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, draw.randint(50, 92)])[1]
        film = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    image = search_range(film)
    found = [
        line
        for search in (FIRST_SEARCH, SECOND_SEARCH)
        for line in whole_lines(image, find_candidates(image, search))
    ]
    return [
        Row(letters_input(image, line), is_text, is_measured)
        for line, is_text in ((line, _is_text(line, planted)) for line in found)
        if is_text is not None
    ]


def _is_text(line: Line, planted: Iterable[tuple[Rectangle, bool]]) -> bool | None:
    """Whether a row is of letters; None where it is of both, or across the letters."""
    shares = [(line.place.shared(place), turned) for place, turned in planted]
    if not any(share for share, _ in shares):
        return False
    most, turned = max(shares)
    return True if most >= 0.5 * line.place.area and turned == line.turned else None


def _plant(
    film: NDArray[np.uint8], draw: random.Random, *, is_measured: bool
) -> tuple[Rectangle, bool]:
    """Put a line on the film: 12 to 84 pixels, any turn; where, and whether it runs down."""
    text, pixels = _text(draw), round(12 * 7 ** draw.random())
    ink = _ink(text, pixels, draw, is_measured=is_measured)
    while max(ink.shape) > min(film.shape) - 24:
        text, pixels = text[: max(3, len(text) * 3 // 4)], max(12, int(pixels * 0.8))
        ink = _ink(text, pixels, draw, is_measured=is_measured)
    turn = draw.randrange(4)
    ink = np.ascontiguousarray(np.rot90(ink, turn))
    height, width = ink.shape
    margin = draw.randint(2, 8) if draw.random() < 0.4 else 0
    y = draw.randint(margin, film.shape[0] - height - margin)
    x = draw.randint(margin, film.shape[1] - width - margin)
    if margin:
        field = draw.choice([0, 255, draw.randint(30, 225)])
        film[y - margin : y + height + margin, x - margin : x + width + margin] = field
    part, share = film[y : y + height, x : x + width], ink / 255.0
    value = ink_value(float(np.median(part)), draw)
    part[:] = np.round(part * (1 - share) + value * share)
    return Rectangle(x, y, x + width, y + height), bool(turn % 2)


def _text(draw: random.Random) -> str:
    if draw.random() < 0.6:
        return identity_line(random_person(draw), draw)
    if draw.random() < 0.4:
        return f"{draw.randrange(24):02d}:{draw.randrange(60):02d}:{draw.randrange(60):02d}"
    letters = draw.choices(SCRIPTS, (6, 2, 1))[0]
    words = (
        "".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(draw.randint(1, 3))
    )
    return " ".join(words)


def _ink(text: str, pixels: int, draw: random.Random, *, is_measured: bool) -> NDArray[np.uint8]:
    """Share of ink of each pixel, 0 to 255; some letters are strokes, some without grey edges."""
    if is_measured:
        return drawn(text, pixels, draw.choice(fonts()))
    ink = _strokes(text, pixels, draw) if draw.random() < 0.15 else None
    if ink is None:
        ink = drawn(text, pixels, draw.choice(_training_fonts()))
    return np.where(ink > 127, 255, 0).astype(np.uint8) if draw.random() < 0.15 else ink


def _training_fonts() -> list[Path]:
    base = Path("/usr/share/fonts/truetype")
    found = [path for folder in FOLDERS for path in sorted((base / folder).rglob("*.ttf"))]
    return found + [path for name in NOTO for path in sorted((base / "noto").glob(f"{name}*.ttf"))]


def _strokes(text: str, pixels: int, draw: random.Random) -> NDArray[np.uint8]:
    """Letters of single strokes, as older systems draw them."""
    text = text.encode("ascii", "replace").decode()
    face, thickness = draw.choice(STROKES), draw.randint(1, 3) if pixels > 20 else 1
    scale = cv2.getFontScaleFromHeight(face, max(6, int(pixels * 0.72)), thickness)
    (width, height), base = cv2.getTextSize(text, face, scale, thickness)
    ink = np.zeros((height + base + 6, width + 6), np.uint8)
    way = draw.choice([cv2.LINE_AA, cv2.LINE_8])
    cv2.putText(ink, text, (3, height + 2), face, scale, 255, thickness, way)
    return ink
