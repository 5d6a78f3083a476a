"""Pictures of detectors: precision and recall of each class, and FROC."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plainfilm.evaluate.box_precision import RECALLS
from plainfilm.evaluate.detection_evaluation import DetectionEvaluation
from plainfilm.evaluate.findings_pictures import panels
from plainfilm.evaluate.froc_curve import FALSE_ALARMS
from plainfilm.evaluate.pictures import LINES, save_picture
from plainfilm.evaluate.tables import UNDEFINED

__all__ = ["draw_froc", "draw_precision"]


def draw_precision(evaluation: DetectionEvaluation, path: Path) -> None:
    """Interpolated precision against recall, a panel for each class, a line for each detector.

    Args:
        path: ends in .png or .svg, like that of the other picture.
    Raises:
        SettingsError: the path ends otherwise.
        ArchiveError: it cannot be written.
    """
    labels = evaluation.pair.first.labels

    def panel(axes: Axes, place: int) -> str:
        found: list[str] = []
        for (name, scores), color in zip(evaluation.detectors.items(), LINES * 9, strict=False):
            axes.plot(RECALLS, scores.precisions[labels[place]], color=color, label=name)
            value = scores.labels[place].figures["ap"].value
            found.append(UNDEFINED if value is None else f"{value:.3f}")
        return f"{labels[place]}\nAP@{evaluation.iou:g} {', '.join(found[:3])}"

    panels(path, len(labels), panel, "Recall", "Precision")


def draw_froc(evaluation: DetectionEvaluation, path: Path) -> None:
    """Sensitivity against false alarms per film, all classes together, a line for each detector.

    Args, Raises: as `draw_precision`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for (name, scores), color in zip(evaluation.detectors.items(), LINES * 9, strict=False):
            points = [found.value for found in scores.mean.froc.values()]
            # Below the lowest threshold there is nothing more to find.
            curve = scores.curve
            alarms = np.append(curve.false_alarms, max(FALSE_ALARMS[-1], curve.false_alarms[-1]))
            found = np.append(curve.sensitivity, curve.sensitivity[-1])
            axes.step(alarms, found, where="post", color=color, label=name)
            axes.plot(FALSE_ALARMS, np.array(points, np.float64), "o", color=color, markersize=3)
        axes.set_xscale("log", base=2)
        axes.set_xlim(FALSE_ALARMS[0], FALSE_ALARMS[-1])
        axes.set_ylim(0, 1.02)
        axes.set_xticks(FALSE_ALARMS, [f"{point:g}" for point in FALSE_ALARMS])
        axes.set_xlabel("False alarms per film")
        axes.set_ylabel("Sensitivity")
        axes.grid(color="#e5e5e5", linewidth=0.5)
        if len(evaluation.detectors) > 1:
            axes.legend(frameon=False)

    save_picture(path, (5.5, 4), draw)
