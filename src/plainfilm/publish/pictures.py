"""Pictures of a dataset's tables. Imports matplotlib; nothing imports it but who draws."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from plainfilm.evaluate import CoOccurrence, LabelFrequency
from plainfilm.evaluate.pictures import BLUE, GREY, ORANGE, save_picture
from plainfilm.publish.counts import PaperTables
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.identifiers import SPLITS

__all__ = ["draw_pictures"]

_LIGHT: Final = "#d9d9d9"
_COLORS: Final = {"train": GREY, "validate": ORANGE, "test": BLUE}
_OLDEST: Final = 100
_MOST_CATEGORIES: Final = 40


def draw_pictures(counted: PaperTables, folder: DatasetFolder, under: str) -> list[str]:
    """Draw what there is, as PNG, under a path in the dataset; returns names without `.png`.

    Raises:
        ArchiveError: the dataset cannot be written.
    """
    drawings: dict[str, tuple[tuple[float, float], Callable[[Figure], None]]] = {
        "categories": (
            (7, 1.6 + 0.22 * min(_MOST_CATEGORIES, len(counted.categories))),
            lambda figure: _draw_categories(figure, counted),
        )
    }
    labels, together = counted.labels, counted.together
    if labels is not None and together is not None:
        drawings["labels"] = (
            (7, 1.6 + 0.24 * len(labels)), lambda figure: _draw_labels(figure, labels)
        )  # fmt: skip
        side = 3.0 + 0.42 * len(together.labels)
        drawings["cooccurrence"] = (
            (side, side), lambda figure: _draw_together(figure, together)
        )  # fmt: skip
    if counted.ages:
        drawings["ages"] = ((6.5, 3.4), lambda figure: _draw_ages(figure, counted))
    for name, (size, draw) in drawings.items():
        with folder.adding(f"{under}/{name}.png") as path:
            save_picture(path, size, draw)
    return list(drawings)


def _draw_categories(figure: Figure, counted: PaperTables) -> None:
    rows = counted.categories[:_MOST_CATEGORIES]
    names = [str(row["category"]).replace("_", " ") for row in rows]
    parts = [(split, [_count(row[split]) for row in rows], _COLORS[split]) for split in SPLITS]
    _stacked_bars(figure.subplots(), names, parts)
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    figure.axes[0].set_xlabel("Films")
    figure.axes[0].set_title("Films by category and split")


def _draw_labels(figure: Figure, labels: Sequence[LabelFrequency]) -> None:
    ordered = sorted(labels, key=lambda entry: (-entry.positive, entry.label))
    parts = [
        ("positive", [entry.positive for entry in ordered], BLUE),
        ("uncertain", [entry.uncertain for entry in ordered], ORANGE),
        ("negative", [entry.negative for entry in ordered], _LIGHT),
    ]
    _stacked_bars(figure.subplots(), [entry.label for entry in ordered], parts)
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    figure.axes[0].set_xlabel("Studies; the rest do not mention it")
    total = ordered[0].total if ordered else 0
    figure.axes[0].set_title(f"What the reports say, n = {total:,} studies")


def _stacked_bars(
    axes: Axes, names: Sequence[str], parts: Sequence[tuple[str, Sequence[int], str]]
) -> None:
    left = np.zeros(len(names))
    for word, counts, color in parts:
        axes.barh(names, counts, left=left, color=color, label=word, height=0.75)
        left = left + np.array(counts)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color="#e5e5e5", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_together(figure: Figure, together: CoOccurrence) -> None:
    axes, counts = figure.subplots(), together.counts
    shades = np.ma.masked_less(counts, 1)
    norm = LogNorm(1, max(10, int(counts.max(initial=1))))
    axes.imshow(shades, cmap="Blues", norm=norm, aspect="equal")
    for row, column in zip(*np.nonzero(counts), strict=True):
        text = f"{counts[row, column]:,}"
        dark = float(norm(counts[row, column])) > 0.6
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=8 if len(text) < 4 else 6,
            color="white" if dark else "black",
            fontweight="bold" if row == column else "normal",
        )
    ticks = range(len(together.labels))
    axes.set_xticks(ticks, together.labels, rotation=90)
    axes.set_yticks(ticks, together.labels)
    axes.set_xticks(np.arange(0.5, len(ticks) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(ticks) - 1), minor=True)
    axes.grid(which="minor", color="#e5e5e5", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Films with both findings\n(bold: with this finding alone)")


def _draw_ages(figure: Figure, counted: PaperTables) -> None:
    axes = figure.subplots()
    sexes = list(counted.ages)
    ages = [np.minimum(counted.ages[sex], _OLDEST - 1) for sex in sexes]
    colors = [{"female": ORANGE, "male": BLUE}.get(sex, GREY) for sex in sexes]
    words = [f"{sex}, n = {len(counted.ages[sex]):,}" for sex in sexes]
    edges = [float(edge) for edge in range(0, _OLDEST + 1, 5)]
    axes.hist(ages, bins=edges, stacked=True, color=colors, label=words, rwidth=0.92)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Age at the first study, in years")
    axes.set_ylabel("Patients")
    axes.set_title("Patients by age and sex")
    axes.legend(frameon=False)


def _count(cell: object) -> int:
    return cell if isinstance(cell, int) else 0
