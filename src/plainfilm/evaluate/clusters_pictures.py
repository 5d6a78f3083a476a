"""Pictures of judged clusters: scores against K, and the elbow."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plainfilm.evaluate.clusters_evaluation import ClusterEvaluation
from plainfilm.evaluate.clusters_tables import MEASURE_WORDS
from plainfilm.evaluate.clusters_visual import VisualEvaluation
from plainfilm.evaluate.pictures import BLUE, GREY, ORANGE, save_picture

__all__ = ["draw_curves", "draw_looks", "draw_scores"]

_COLORS: Final = (BLUE, ORANGE, GREY, "#1b7837", "#762a83")
_MEASURES: Final = ("homogeneity", "nmi_paper", "nmi_arithmetic")


def draw_scores(evaluation: ClusterEvaluation, path: Path) -> None:
    """Each measure against K, a row of panels for each tag, a line for each kind of data.

    Args:
        path: ends in .png or .svg, like that of the other picture.
    Raises:
        SettingsError: the path ends otherwise.
        ArchiveError: it cannot be written.
    """
    tags = tuple(evaluation.known)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(len(tags), len(_MEASURES), squeeze=False, sharex=True)
        for row, by in zip(panels, tags, strict=True):
            for axes, measure in zip(row, _MEASURES, strict=True):
                _draw_measure(axes, evaluation, by, measure)
            row[0].set_title(f"By {by}, n = {evaluation.known[by]:,}")
        for axes in panels[-1]:
            axes.set_xlabel("Clusters, K")
        lines = panels[0][0].get_legend_handles_labels()
        figure.legend(*lines, loc="outside lower center", ncols=len(_COLORS))

    save_picture(path, (9, 0.6 + 2.4 * len(tags)), draw)


def _draw_measure(axes: Axes, evaluation: ClusterEvaluation, by: str, measure: str) -> None:
    lines: dict[str, dict[int, float]] = {}
    for (data, tag, k), score in evaluation.scores.items():
        figure = getattr(score, measure)
        if tag == by and figure is not None:
            lines.setdefault(data, {})[k] = figure
    for place, (data, figures) in enumerate(lines.items()):
        ks = sorted(figures)
        color = _COLORS[place % len(_COLORS)]
        style = "-" if place % 2 == 0 else "--"
        axes.plot(ks, [figures[k] for k in ks], style, marker="o", ms=3, color=color, label=data)
    axes.set_ylabel(MEASURE_WORDS[measure])
    if measure != "nmi_paper":  # which has no upper bound
        axes.set_ylim(0, 1.02)
    axes.grid(color="#e5e5e5", linewidth=0.5)


def draw_curves(evaluation: ClusterEvaluation, path: Path) -> None:
    """The sum of squared distances against K, a panel for each kind of data, its elbow marked."""
    curves = evaluation.curves

    def draw(figure: Figure) -> None:
        panels = np.atleast_1d(figure.subplots(1, len(curves)))
        for axes, curve in zip(panels, curves, strict=True):
            axes.plot(curve.ks, curve.sums, marker="o", ms=3, color=BLUE)
            words = curve.data
            if curve.elbow is not None:
                axes.axvline(curve.elbow, color=ORANGE, linewidth=0.8, linestyle="--")
                words = f"{words}: elbow at K = {curve.elbow}"
            axes.set_title(words)
            axes.set_ylim(bottom=0)
            axes.set_xlabel("Clusters, K")
            axes.grid(color="#e5e5e5", linewidth=0.5)
        panels[0].set_ylabel("Sum of squared distances")

    save_picture(path, (max(5.0, 4.0 * len(curves)), 3.5), draw)


def draw_looks(visual: VisualEvaluation, path: Path) -> None:
    """The mean cosine distance to the medoid against K, with its standard deviation, a line for
    each kind of data."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for place, data in enumerate(dict.fromkeys(name for name, _ in visual.scores)):
            known = {
                k: (score.mean, score.sd or 0.0)
                for (name, k), score in visual.scores.items()
                if name == data and score.mean is not None
            }
            ks = sorted(known)
            means, spreads = [known[k][0] for k in ks], [known[k][1] for k in ks]
            color = _COLORS[place % len(_COLORS)]
            axes.errorbar(ks, means, spreads, marker="o", ms=3, capsize=2, color=color, label=data)
        axes.set_xlabel("Clusters, K")
        axes.set_ylabel("Cosine distance to the medoid")
        axes.set_ylim(bottom=0)
        axes.grid(color="#e5e5e5", linewidth=0.5)
        axes.legend()

    save_picture(path, (5.5, 3.5), draw)
