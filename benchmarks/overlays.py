"""Lines of text planted on the real development films, for `burned_text.py` and `deid_pixels.py`.

Films are brought to 450 to 3000 pixels and given a detector's grain, so that small films blown up
are not smoother than real ones. Half of them, by a shuffle with a fixed seed, was looked at while
the search was made; figures are of the other half.
"""

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = [
    "Overlay",
    "Person",
    "drawn",
    "films",
    "fonts",
    "identity_line",
    "ink_value",
    "load",
    "marker_line",
    "plant",
    "random_person",
]

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT.parent / "shared" / "data"
FONT_FOLDERS: Final = ("liberation", "dejavu", "freefont")
GIVEN: Final = (  # noqa: SIM905
    "Maria Joao Anna Peter Douglas Helena Thandi Wei Olga Carlos Ingrid Kwame Yuki Fatima Lars "
    "Bruno Sofia Ahmed Nina Victor"
).split()
SURNAMES: Final = (  # noqa: SIM905
    "Davidson Silva Oliveira Schmidt Nguyen Kowalski Mbeki Tanaka Garcia Petrov Johansson Okafor "
    "Fernandes Haddad Moreau Whitfield Lindqvist Castellano Braun Ortega"
).split()
MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905
MARKERS: Final = (  # noqa: SIM905
    "L;R;D;E;G;PA;AP;LAT;SUPINE;PORTABLE;ERECT;UPRIGHT;SEMI-ERECT;MOBILE;BED;WEIGHT BEARING;"
    "COM CARGA;LEITO;EM PE;ORTOSTASE;STEHEND;LIEGEND;DEBOUT;COUCHE;DE PIE;AP SUPINE;PA ERECT;"
    "R LAT;L DECUB;AP PORTABLE;80 kV;2.5 mAs;10 cm;75kV 4mAs;INSPIRATION;EXPIRATION;SITTING;"
    "ORTOSTATICO;DECUBITO;SIN CARGA;BELASTUNG;EN CHARGE;SOTTO CARICO;FLEXION;STANDING;PRONE"
).split(";")
LEAST_CONTRAST: Final = 25


@dataclass(frozen=True)
class Person:
    given: str
    surname: str
    birth: tuple[int, int, int]
    number: str


@dataclass(frozen=True, eq=False)
class Overlay:
    """One planted line: where, how, and the share of ink in each of its pixels, 0 to 255."""

    text: str
    pixels: int
    font: str
    turn: int
    x: int
    y: int
    ink: NDArray[np.uint8]
    is_boxed: bool
    contrast: float
    """Of the ink against the median of what it is drawn on."""


def films(*, tuned_on: bool) -> list[tuple[Path, bool]]:
    """Films of one half in random order, and whether they are known to show text of their own."""
    tables = [ROOT / folder / "films_with_text.csv" for folder in ("tests/deid", "benchmarks")]
    with_text = {name for table in tables for name in table.read_text("utf-8").splitlines()}
    found = []
    for folder in ("nih_chestxray14_1000", "unifesp_dev", "dc1000_dev"):
        with (DATA / folder / "labels.csv").open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                path = DATA / folder / row["file"]
                noted = "text" in (row.get("note") or "").lower()
                found.append((path, noted or path.name in with_text))
    random.Random(7).shuffle(found)  # noqa: S311 - the same for everybody
    return found[0 if tuned_on else 1 :: 2]


def load(path: Path, draw: random.Random, longest: int | None = None) -> NDArray[np.uint8]:
    """A film at a random size, or at one of `longest` pixels, with grain."""
    film = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert film is not None
    longest = longest or round(450 * (3000 / 450) ** draw.random())
    scale = longest / max(film.shape)
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    film = cv2.resize(film, None, fx=scale, fy=scale, interpolation=way)
    grain = np.random.default_rng(draw.randrange(1 << 30)).normal(0, draw.uniform(0, 3), film.shape)
    return np.asarray((film + grain).clip(0, 255).round(), np.uint8)


def random_person(draw: random.Random) -> Person:
    birth = draw.randint(1925, 2021), draw.randint(1, 12), draw.randint(1, 28)
    digits = "".join(draw.choices("0123456789", k=draw.randint(5, 9)))
    return Person(draw.choice(GIVEN), draw.choice(SURNAMES), birth, digits)


def identity_line(person: Person, draw: random.Random) -> str:
    """A name, a date or an id, as systems write them, or two of them."""
    given, surname, number = person.given, person.surname, person.number
    year, month, day = person.birth
    name = draw.choice(
        [
            f"{surname}, {given}",
            f"{surname.upper()}^{given.upper()}",
            f"{given} {surname}",
            f"{surname.upper()}, {given.upper()}",
            f"{given[0]}. {surname}",
        ]
    )
    date = draw.choice(
        [
            f"{day:02d}/{month:02d}/{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{day:02d}.{month:02d}.{year}",
            f"{year}{month:02d}{day:02d}",
            f"{day} {MONTHS[month - 1]} {year}",
        ]
    )
    code = draw.choice(
        [number, f"ID {number}", f"MRN:{number}", f"NG{number}", f"A{number[:2]}-{number[2:]}"]
    )
    return draw.choice([name] * 4 + [date] * 2 + [code] * 2 + [f"{name} {date}", f"{name} {code}"])


def marker_line(draw: random.Random) -> str:
    return draw.choice(MARKERS)


def fonts() -> list[Path]:
    base = Path("/usr/share/fonts/truetype")
    found = [path for name in FONT_FOLDERS for path in sorted((base / name).glob("*.ttf"))]
    return [path for path in found if "Math" not in path.name]


def plant(
    film: NDArray[np.uint8], text: str, draw: random.Random
) -> tuple[NDArray[np.uint8], Overlay]:
    """The film with a line on it: 14 to 80 pixels, any turn, ink, font, with or without a box."""
    pixels = round(14 * (80 / 14) ** draw.random())
    font, turn = draw.choice(fonts()), draw.randrange(4)
    ink = drawn(text, pixels, font)
    while max(ink.shape) > min(film.shape) - 24 and pixels > 14:
        pixels = max(14, int(pixels * 0.85))
        ink = drawn(text, pixels, font)
    ink = np.ascontiguousarray(np.rot90(ink, turn))
    height, width = ink.shape
    is_boxed = draw.random() < 0.4
    margin = draw.randint(2, 8) if is_boxed else 0
    y = draw.randint(margin, film.shape[0] - height - margin)
    x = draw.randint(margin, film.shape[1] - width - margin)
    new = film.copy()
    part = new[y : y + height, x : x + width]
    if is_boxed:
        field = draw.choice([0, 255, draw.randint(30, 225)])
        new[y - margin : y + height + margin, x - margin : x + width + margin] = field
    ground = float(np.median(part))
    value = ink_value(ground, draw)
    share = ink / 255.0
    part[:] = np.round(part * (1 - share) + value * share)
    return new, Overlay(text, pixels, font.stem, turn, x, y, ink, is_boxed, abs(value - ground))


def ink_value(ground: float, draw: random.Random) -> float:
    """Black, white or grey, the greys 25 to 110 from the ground on either side."""
    kind = draw.randrange(4)
    if kind == 0 and ground >= LEAST_CONTRAST:
        return 0.0
    if kind == 1 and ground <= 255 - LEAST_CONTRAST:
        return 255.0
    contrast = draw.uniform(LEAST_CONTRAST, 110) * draw.choice([-1, 1])
    value = ground + contrast if 0 <= ground + contrast <= 255 else ground - contrast
    return round(min(255.0, max(0.0, value)))


def drawn(text: str, pixels: int, font: Path) -> NDArray[Any]:
    face = ImageFont.truetype(str(font), pixels)
    left, top, right, bottom = (round(side) for side in face.getbbox(text))
    image = Image.new("L", (right - left + 2, bottom - top + 2), 0)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=face)
    return np.asarray(image)
