"""Make the table that the starter model is trained from.

    scripts/starter_films.py DATA OUT

DATA holds the development films (`unifesp_dev`, `nih_chestxray14_1000`, `dc1000_dev`), OUT gets
`films.csv` and the panels that are cut out of collages. Nothing of OUT may be published: see the
terms in DATA's README. Then: `plainfilm train categories OUT/films.csv --out MODEL`.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from plainfilm.dicom import decode_image, encode_png
from plainfilm.vocabulary import CATEGORIES

# Notes of the person who labelled the films: how they say that one does not lie upright.
LIES = ("rotated", "turned", "180", "down", "tilted", "at bottom", "DXA")
VIEWS = {"pa": "frontal", "ap": "frontal", "frontal": "frontal", "lateral": "lateral",
         "oblique": "oblique", "outlet": "outlet", "frog": "frog"}  # fmt: skip
# The labels' words for the views of the category table; what is not here is `other`.
NAMES = {"frontal": "ap", "lateral": "lateral", "outlet": "outlet", "frog": "oblique_lateral"}
OBLIQUE = ("hand", "foot")
BORDER = 3  # pixels beside a divider that may still belong to it
SMALLEST_PANEL = 60
# How often films are drawn, where the square root of a category's size is not enough: the selected
# chest films of one hospital must not drown the others, and `other` is many things.
NIH_WEIGHT, OTHER_WEIGHT = 0.35, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    (chosen.out / "panels").mkdir(parents=True, exist_ok=True)
    rows = [
        *unifesp(chosen.data / "unifesp_dev", chosen.out),
        *nih(chosen.data),
        *dental(chosen.data),
    ]
    defaults = {"upright": 1, "collage": 0, "weight": 1, "measured": 1}
    with (chosen.out / "films.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["file", "category", "patient", *defaults, "source"])
        table.writeheader()
        for row in rows:
            row["file"] = os.path.relpath(row["file"], chosen.out)
            table.writerow(defaults | row)
    cut_out = sum(row["source"] == "unifesp-panel" for row in rows)
    sys.stdout.write(f"{len(rows)} films, {cut_out} of them panels\n")


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def unifesp(folder: Path, out: Path) -> Iterator[dict[str, object]]:
    for row in rows_of(folder / "labels.csv"):
        if row["unsure"] == "1":
            continue
        upright = int(not any(word in row["note"] for word in LIES))
        film = {"patient": f"unifesp-{row['patient']}", "upright": upright}
        weight = OTHER_WEIGHT if row["category"] == "other" else 1
        yield film | {"file": folder / row["file"], "category": row["category"], "weight": weight,
                      "collage": row["collage"], "source": "unifesp"}  # fmt: skip
        if row["collage"] == "1":
            for file, category in panels(folder / row["file"], named_panels(row), out):
                yield film | {"file": file, "category": category, "measured": 0,
                              "source": "unifesp-panel"}  # fmt: skip


def nih(data: Path) -> Iterator[dict[str, object]]:
    folder = data / "nih_chestxray14_1000"
    for row in rows_of(folder / "labels.csv"):
        yield {"file": folder / row["file"], "category": "chest_pa_ap", "weight": NIH_WEIGHT,
               "measured": 0, "patient": f"nih-{row['Patient ID']}", "source": "nih"}  # fmt: skip


def dental(data: Path) -> Iterator[dict[str, object]]:
    folder = data / "dc1000_dev"
    for row in rows_of(folder / "labels.csv"):
        yield {"file": folder / row["file"], "category": row["category"],
               "patient": f"dc1000-{row['file']}", "source": "dc1000"}  # fmt: skip


def named_panels(row: dict[str, str]) -> list[str]:
    """The category of each panel in order, from a note such as `PA+lateral`; none if unclear."""
    parts = [part.strip() for part in row["note"].split(";") if "+" in part]
    if len(parts) != 1 or parts[0].startswith("4"):
        return []
    found = []
    for name in parts[0].replace("panels", "").replace("side by side", "").split("+"):
        part = row["part"]
        view = row["view"] if part == "whole_spine" else ""
        for word in name.lower().split():
            if word in ("thoracic", "lumbar"):
                part = f"{word}_spine"
            view = VIEWS.get(word, view)
        if not view or part in ("whole_spine", "contrast", "sinus", "abdomen"):
            return []
        found.append(category(part, view))
    return found


def category(part: str, view: str) -> str:
    wanted = "oblique" if view == "oblique" and part in OBLIQUE else NAMES.get(view)
    for one in CATEGORIES:
        if (one.body_part, one.view) == (part, wanted):
            return one.name
    return "other"


def panels(file: Path, names: list[str], out: Path) -> Iterator[tuple[Path, str]]:
    if not names:
        return
    film = decode_image(file)
    for number, (panel, name) in enumerate(zip(cut(film, len(names)), names, strict=True)):
        if min(panel.shape) >= SMALLEST_PANEL:
            path = out / "panels" / f"{file.stem}-{number}.png"
            path.write_bytes(encode_png(np.ascontiguousarray(panel)))
            yield path, name


def cut(film: np.ndarray, count: int) -> list[np.ndarray]:
    """Cut at the edges that run the whole length of the film, near where equal panels would end."""
    (across, at_columns), (down, at_rows) = dividers(film, count), dividers(film.T, count)
    at, upright = (at_columns, film) if across >= down else (at_rows, film.T)
    ends = [0, *at, upright.shape[1]]
    pieces = [upright[:, a:b][BORDER:-BORDER, BORDER:-BORDER] for a, b in pairwise(ends)]
    return pieces if across >= down else [piece.T for piece in pieces]


def dividers(film: np.ndarray, count: int) -> tuple[float, list[int]]:
    width = film.shape[1]
    edge = np.percentile(np.abs(np.diff(film.astype(np.float32), axis=1)), 25, axis=0)
    score = 2 * edge - 0.5 * film.std(axis=0)[:-1]
    reach = width * (0.17 if count == 2 else 0.1)
    places, total = [], 0.0
    for number in range(1, count):
        middle = width * number / count
        near = np.arange(int(middle - reach), int(middle + reach))
        scored = score[near] - np.abs(near - middle) / width * 20
        places.append(int(near[scored.argmax()]))
        total += float(scored.max())
    return total / (count - 1), places


if __name__ == "__main__":
    main()
