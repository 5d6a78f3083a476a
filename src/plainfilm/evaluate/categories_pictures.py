"""Pictures of predicted categories: confusion, thresholds, calibration, probabilities."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from plainfilm.evaluate.categories_probability import ProbabilityScores
from plainfilm.evaluate.categories_scores import CategoryScores
from plainfilm.evaluate.pictures import BLUE, GREY, ORANGE, save_picture

__all__ = ["draw_calibration", "draw_confusion", "draw_probabilities", "draw_thresholds"]


def draw_confusion(scores: CategoryScores, path: Path) -> None:
    """The confusion matrix: counts as numbers, shares of each true category as shades.

    Args:
        path: ends in .png or .svg, like those of the other pictures.
    Raises:
        SettingsError: the path ends otherwise.
        ArchiveError: it cannot be written.
    """
    names = [score.category.replace("_", " ") for score in scores.categories]
    counts = scores.confusion
    if not counts[:, -1].any():
        counts = counts[:, :-1]
    columns = [*names, "(undecided)"][: counts.shape[1]]
    films = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, films, out=np.zeros(counts.shape), where=films > 0)
    side = 3.2 + 0.34 * len(names)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        # The root makes a single wrong film in a hundred visible.
        axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0, 1), aspect="equal")
        _write_counts(axes, counts, shares)
        axes.set_xticks(range(len(columns)), columns, rotation=90)
        axes.set_yticks(range(len(names)), names)
        axes.set_xticks(np.arange(0.5, len(columns) - 1), minor=True)
        axes.set_yticks(np.arange(0.5, len(names) - 1), minor=True)
        axes.grid(which="minor", color="#e5e5e5", linewidth=0.5)
        axes.tick_params(which="both", length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("Predicted category")
        axes.set_ylabel("True category")
        axes.set_title(f"Films by true and predicted category, n = {int(counts.sum()):,}")

    save_picture(path, (side, side), draw)


def _write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for row, column in zip(*np.nonzero(counts), strict=True):
        text = f"{counts[row, column]:,}"
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=8 if len(text) < 4 else 6,
            color="white" if shares[row, column] > 0.4 else "black",
        )


def draw_thresholds(scores: ProbabilityScores, path: Path) -> None:
    """Accuracy with its interval, and below it the share of films kept, against the threshold."""
    kept = [each for each in scores.curve if each.accuracy.of]
    x = [each.threshold for each in kept]
    accuracy = [each.accuracy.estimate for each in kept]

    def draw(figure: Figure) -> None:
        upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 2))
        upper.plot(x, _floats([each.value for each in accuracy]), color=BLUE)
        low, high = (_floats([getattr(each, end) for each in accuracy]) for end in ("low", "high"))
        upper.fill_between(x, low, np.minimum(high, 1), color=BLUE, alpha=0.2, linewidth=0)
        upper.set_ylabel("Accuracy of the films kept")
        upper.set_title("Keeping only predictions of at least a probability")
        shares = [each.share.estimate.value for each in scores.curve]
        lower.plot([each.threshold for each in scores.curve], _floats(shares), color=GREY)
        lower.set_ylabel("Films kept")
        lower.set_xlabel("Threshold on the probability")
        lower.set_xlim(0, 1)
        lower.set_ylim(0, 1.02)
        for axes in (upper, lower):
            axes.yaxis.set_major_formatter(PercentFormatter(1))
            axes.grid(color="#e5e5e5", linewidth=0.5)

    save_picture(path, (6.5, 5.5), draw)


def draw_calibration(scores: ProbabilityScores, path: Path) -> None:
    """The reliability diagram: accuracy of each bin against its mean probability, and its films."""
    bins = [each for each in scores.bins if each.mean is not None]
    mean = _floats([each.mean for each in bins])
    accuracy = _floats([each.accuracy.estimate.value for each in bins])
    ends = [
        np.abs(accuracy - _floats([getattr(each.accuracy.estimate, end) for each in bins]))
        for end in ("low", "high")
    ]
    error = "" if scores.calibration_error is None else f": error {scores.calibration_error:.3f}"

    def draw(figure: Figure) -> None:
        upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
        upper.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        upper.errorbar(mean, accuracy, yerr=ends, color=BLUE, marker="o", ms=4, capsize=2, lw=1)
        upper.set_ylabel("Accuracy")
        upper.set_ylim(0, 1.02)
        upper.yaxis.set_major_formatter(PercentFormatter(1))
        upper.set_title(f"Calibration over {len(scores.bins)} bins of equal width{error}")
        width = 1 / len(scores.bins)
        middles = [each.low + width / 2 for each in scores.bins]
        lower.bar(middles, [each.accuracy.of for each in scores.bins], 0.9 * width, color=GREY)
        lower.set_ylabel("Films")
        lower.set_xlabel("Probability of the predicted category")
        lower.set_xlim(0, 1)

    save_picture(path, (5.5, 6), draw)


def draw_probabilities(
    probability: NDArray[np.float64], right: NDArray[np.bool_], path: Path
) -> None:
    """Histograms of the probabilities of right and of wrong predictions, each of its own scale.

    Args:
        probability: (films,); NaN, no prediction, is left out.
        right: (films,).
    """
    known = ~np.isnan(probability)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(2, sharex=True)
        groups = ((right & known, "right", BLUE), (~right & known, "wrong", ORANGE))
        for axes, (chosen, words, color) in zip(panels, groups, strict=True):
            axes.hist(probability[chosen], bins=np.linspace(0, 1, 41), color=color)
            axes.set_ylabel("Films")
            axes.set_title(f"Predictions that were {words}, n = {int(chosen.sum()):,}")
            if chosen.any():
                axes.axvline(float(probability[chosen].mean()), color="black", linewidth=0.8)
        panels[-1].set_xlim(0, 1)
        panels[-1].set_xlabel("Probability of the predicted category; the line is the mean")

    save_picture(path, (6, 5), draw)


def _floats(values: list[float | None]) -> NDArray[np.float64]:
    return np.array(values, np.float64)  # None becomes NaN, which is not drawn
