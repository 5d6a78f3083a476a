"""Measures how the starter model's recipe holds up on films that are not as they should be.

    python benchmarks/starter_robustness.py [--data ../shared/data]

The network and the held-out films are those of `starter_model.py`. Each kind of change is made to
every held-out film of the thirty categories; then the films are counted that the person who
labelled them called special: casts, implants, children, text in the pixels. No claim hangs on it.
"""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from plainfilm.categories.training.films import CLASSES, deal, load_squares
from plainfilm.categories.training.run import PRESETS
from plainfilm.evaluate.proportions import WILSON_95
from starter_model import data_folder, development_films, ours

Films = np.ndarray


def _collimated(films: Films) -> Films:
    side = films.shape[1]
    framed = np.zeros_like(films)
    inside = (slice(None), slice(side // 8, -side // 8), slice(side // 8, -side // 8))
    framed[inside] = films[inside]
    return framed


def _marked(films: Films) -> Films:
    marked = films.copy()
    marked[:, 8:22, 10:60:2] = 255
    marked[:, -24:-12, -70:-10:3] = 255
    return marked


def _noisy(films: Films) -> Films:
    grain = np.random.default_rng(0).normal(0, 12, films.shape)
    return (films + grain).clip(0, 255).astype(np.uint8)


def _toned(gamma: float) -> Callable[[Films], Films]:
    return lambda films: (255 * (films / 255) ** gamma).round().astype(np.uint8)


CHANGES: dict[str, Callable[[Films], Films]] = {
    "as they are": lambda films: films,
    "dark (gamma 2)": _toned(2.0),
    "bright (gamma 0.5)": _toned(0.5),
    "flat (half the contrast)": lambda films: films // 2 + 64,
    "collimated by an eighth on each side": _collimated,
    "text-like marks in two corners": _marked,
    "grain": _noisy,
    "inverted": lambda films: 255 - films,
    "turned by 90 degrees": lambda films: np.rot90(films, -1, (1, 2)).copy(),
    "upside down": lambda films: films[:, ::-1, ::-1].copy(),
    "mirrored": lambda films: films[:, :, ::-1].copy(),
}
SPECIAL = {
    "casts": ("cast", "splint"),
    "implants": ("hardware", "catheter", "pacemaker", "stent"),
    "children": ("child", "infant", "babygram"),
    "text in the pixels": ("LEITO", "COM CARGA", "ORTOSTATICO", "AP", "SIMPLES"),
}


def main() -> None:
    data, plan = data_folder(__doc__), PRESETS["default"]
    with tempfile.TemporaryDirectory() as folder:
        films = development_films(data, Path(folder))
        keep = [
            number
            for number, part in enumerate(deal(films, plan.folds).tolist())
            if part == 0 and films[number].measured and films[number].category != "other"
        ]
        shown = [films[number] for number in keep]
        squares, _, _ = load_squares(shown, plan.side, Path(folder) / "s.npy", lambda _: None)
    truth = np.array([CLASSES.index(film.category) for film in shown])
    for name, change in CHANGES.items():
        tell(name, ours(change(np.asarray(squares))).argmax(axis=1) == truth)
    right = ours(np.asarray(squares)).argmax(axis=1) == truth
    notes = notes_of(data)
    for name, words in SPECIAL.items():
        special = [
            any(word in notes.get(film.location.path.name, "") for word in words) for film in shown
        ]
        tell(name, right[np.array(special)])


def notes_of(data: Path) -> dict[str, str]:
    """File name → what was noted of it."""
    with (data / "unifesp_dev" / "labels.csv").open(newline="") as file:
        return {Path(row["file"]).name: row["note"] for row in csv.DictReader(file)}


def tell(name: str, right: np.ndarray) -> None:
    share = WILSON_95.of(int(right.sum()), len(right)).estimate
    if share.value is None:
        print(f"{name:40} no films")
        return
    assert share.low is not None
    assert share.high is not None
    print(f"{name:40}{share.value:7.3f} ({share.low:.3f} to {share.high:.3f}), {len(right)} films")


if __name__ == "__main__":
    main()
