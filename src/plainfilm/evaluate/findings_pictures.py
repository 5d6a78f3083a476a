"""Pictures of findings: ROC curves and reliability, a panel for each finding."""

from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plainfilm.evaluate.findings_evaluation import FindingEvaluation
from plainfilm.evaluate.findings_scores import UNKNOWN
from plainfilm.evaluate.pictures import GREY, LINES, save_picture
from plainfilm.evaluate.roc import roc_curve
from plainfilm.evaluate.tables import UNDEFINED

__all__ = ["draw_reliability", "draw_roc", "panels"]

_ACROSS: Final = 4
_WIDTH: Final = 2.6
_HEIGHT: Final = 2.8
_MARGIN: Final = 0.4
"""Inches: a panel's sides, and what labels and the legend need beside them."""


def draw_roc(evaluation: FindingEvaluation, path: Path) -> None:
    """Sensitivity against the false positive rate, a line for each model.

    Args:
        path: ends in .png or .svg, like that of the other picture.
    Raises:
        SettingsError: the path ends otherwise.
        ArchiveError: it cannot be written.
    """
    pair = evaluation.pair

    def panel(axes: Axes, place: int) -> str:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        known = pair.truth[:, place] != UNKNOWN
        areas: list[str] = []
        for (name, probability), color in zip(pair.models.items(), LINES * 9, strict=False):
            curve = roc_curve(pair.truth[known, place], probability[known, place])
            axes.plot(curve.false_positive_rate, curve.sensitivity, color=color, label=name)
            area = evaluation.models[name].findings[place].auroc.value
            areas.append(UNDEFINED if area is None else f"{area:.3f}")
        return f"{pair.findings[place]}\nAUROC {', '.join(areas[:3])}"

    panels(path, len(pair.findings), panel, "1 - specificity", "Sensitivity")


def draw_reliability(evaluation: FindingEvaluation, path: Path) -> None:
    """The share of positive films against the mean probability of each bin, a line for each model.

    Args, Raises: as `draw_roc`.
    """
    findings = evaluation.pair.findings

    def panel(axes: Axes, place: int) -> str:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        models = evaluation.calibration.items()
        for (name, calibration), color in zip(models, LINES * 9, strict=False):
            bins = [each for each in calibration[findings[place]] if each.mean is not None]
            shares = np.array([each.accuracy.estimate.value for each in bins], np.float64)
            means = [each.mean or 0.0 for each in bins]
            axes.plot(means, shares, color=color, marker="o", markersize=3, label=name)
        return findings[place]

    panels(path, len(findings), panel, "Mean probability", "Positive films")


def panels(
    path: Path, count: int, draw: Callable[[Axes, int], str], x_label: str, y_label: str
) -> None:
    """Draw small panels from 0 to 1 side by side, with one legend below them.

    Args:
        draw: draws the panel of a number, and returns its title.
    """
    across = min(count, _ACROSS)
    down = ceil(count / across)

    def draw_all(figure: Figure) -> None:
        grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        for place, axes in enumerate(grid.ravel()):
            if place >= count:
                axes.set_visible(False)
                continue
            axes.set_title(draw(axes, place), fontsize="small")
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1.02)
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(x_label)
            if place % across == 0:
                axes.set_ylabel(y_label)
        lines, names = grid[0, 0].get_legend_handles_labels()
        if len(names) > 1:
            figure.legend(lines, names, loc="outside lower center", ncols=4, frameon=False)

    save_picture(path, (_WIDTH * across + _MARGIN, _HEIGHT * down + _MARGIN), draw_all)
