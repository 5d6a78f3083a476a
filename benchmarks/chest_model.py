"""Claim: on held-out patients the chest model's recipe tells findings better than a linear probe.

    python benchmarks/chest_model.py [--data ../shared/data] [--keep FOLDER]

1,000 films of ChestX-ray14 (a selected sample: every abnormal film carries Pneumonia) are dealt by
patient into five parts. The recipe of the shipped chest model (`few-films`) learns from four and is
measured on the fifth, five times; the peer is a linear probe: logistic regression on the frozen
ImageNet features of the same backbone, on the very same parts. Findings with 30 films or more
count. Then the heat maps of the five networks, each on its own held-out films and calibrated as the
model is, are judged on the 44 films that radiologists drew boxes on, and so is a box of the mean
size in the mean place. Last, of all held-out films, what is called present and boxed by Youden's
thresholds and by those of the card's `present_from`, from maps scaled by themselves and from what
of them speaks for a finding; thresholds were chosen on the very same films.

The claim holds, and the exit code is 0, where the mean AUROC is above the probe's, and so is the
lower end of the interval of the difference (10,000 bootstraps over films).

Training takes half an hour on two quiet cores; `--keep` names a folder of checkpoints to go on
from.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plainfilm.evaluate import Bootstrap, percentile
from plainfilm.evaluate.box_localization import localization, pointing_game
from plainfilm.evaluate.box_tables import film_name, read_box_file
from plainfilm.evaluate.boxes import ImageBoxes, pair_boxes
from plainfilm.findings import boxes_from_map
from plainfilm.findings.heat_maps import evidence_for
from plainfilm.findings.training.calibration import Calibrated, Scales
from plainfilm.findings.training.chest_data import (
    FilmTable,
    labels_of,
    load_squares,
    read_films,
)
from plainfilm.findings.training.classifier import MapClassifier
from plainfilm.findings.training.classifier_learning import shrunk, untrained
from plainfilm.findings.training.classifier_plan import PRESETS
from plainfilm.findings.training.classifier_run import train_classifier
from plainfilm.findings.training.finding_model import (
    present_thresholds,
    scores_of,
    youden_thresholds,
)
from plainfilm.findings.training.linear_probe import features_of, linear_probe

HERE = Path(__file__).parent
FINDINGS = ("Atelectasis", "Effusion", "Infiltration", "Pneumonia", "Consolidation", "Edema")
"""Those with at least 30 films."""
LEVEL = 180.0
FILM_SIDE = 512.0


def main() -> None:
    arguments = parsed()
    data = arguments.data / "nih_chestxray14_1000"
    if not data.is_dir():
        sys.exit(f"{data} is not there; the development films are needed")
    table, plan = read_films(data / "labels.csv", findings=FINDINGS), PRESETS["few-films"]
    with tempfile.TemporaryDirectory() as folder:
        keep = arguments.keep or Path(folder) / "keep"
        trained = train_classifier(table, plan, keep, lambda *_: None)
        squares, _ = load_squares(table.films, plan.side, Path(folder) / "seen.npy", lambda _: None)
        network = untrained(plan, len(FINDINGS))
        assert isinstance(network, MapClassifier)
        features = features_of(network, squares, plan.side)
    labels = labels_of(table.films)
    probe = linear_probe(features, labels, trained.parts)
    low = print_areas(labels, trained.held_out, probe)
    boxes = true_boxes(data / "boxes.csv")
    scales = Scales.fitted(trained.held_out, labels)
    networks = [Calibrated(network, scales) for network in trained.folds]
    print_places(table, squares, networks, trained.parts, boxes, plan.side)
    said = scales.applied(trained.held_out)
    maps = np.stack(
        [
            networks[part]
            .eval()(shrunk(squares[film : film + 1], plan.side))[1][0]
            .detach()
            .numpy()
            for film, part in enumerate(trained.parts)
        ]
    )
    print_called(labels, said, maps)
    sys.exit(not low > 0)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The chest model's recipe against a linear probe.")
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


def print_areas(
    labels: NDArray[np.float32], ours: NDArray[np.float32], probe: NDArray[np.float32]
) -> float:
    """Print AUROCs; returns the lower end of the interval of the difference of the means."""
    scores = [scores_of(said, labels, FINDINGS) for said in (ours, probe)]
    assert scores[0] is not None
    assert scores[1] is not None
    print(f"{'AUROC':24}{'films':>7}{'ours':>24}{'linear probe':>24}")
    rows = zip(
        (*scores[0].findings, scores[0].mean), (*scores[1].findings, scores[1].mean), strict=True
    )
    for one, other in rows:
        cells = [f"{x.value:.3f} ({x.low:.3f} to {x.high:.3f})" for x in (one.auroc, other.auroc)]
        print(f"{one.finding:24}{one.positives or '':>7}{cells[0]:>24}{cells[1]:>24}")

    def gap(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        means = [weighted_areas(labels, said, weights).mean(axis=1) for said in (ours, probe)]
        return np.asarray(means[0] - means[1])

    (found,) = gap(np.ones((1, len(labels))))
    replicates = Bootstrap(10_000).replicates(gap, np.ones(len(labels), np.int64))
    low, high, _ = percentile(replicates)
    print(f"difference of the means: {found:+.3f} ({low:+.3f} to {high:+.3f})")
    return float(low)


def weighted_areas(
    labels: NDArray[np.float32], said: NDArray[np.float32], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(resamples, findings) AUROC where each film counts as often as it was drawn."""
    areas = []
    for place in range(labels.shape[1]):
        order = np.argsort(said[:, place], kind="stable")  # hardly any two scores are equal
        positive = labels[order, place] == 1
        drawn = weights[:, order]
        below = np.cumsum(drawn * ~positive, axis=1)
        pairs = (drawn * positive).sum(axis=1) * below[:, -1]
        areas.append((drawn * positive * below).sum(axis=1) / pairs)
    return np.stack(areas, axis=1)


def true_boxes(path: Path) -> ImageBoxes:
    """The radiologists' boxes, in pixels of the 512-pixel films."""
    found = read_box_file(path, scores=False)
    chosen = [number for number, label in enumerate(found.label) if label in FINDINGS]
    films, labels = ([each[number] for number in chosen] for each in (found.film, found.label))
    return ImageBoxes(films, labels, found.corners[chosen])


def print_places(
    table: FilmTable,
    squares: NDArray[np.uint8],
    networks: Sequence[Calibrated],
    parts: NDArray[np.intp],
    truth: ImageBoxes,
    side: int,
) -> None:
    """Print how well heat maps find the boxes, against a box of the mean size in the mean place."""
    ours, points = found_boxes(table, squares, networks, parts, truth, side)
    keys = sorted(set(zip(truth.image_id.tolist(), truth.label.tolist(), strict=True)))
    mean = np.tile(truth.corners.mean(axis=0), (len(keys), 1))
    films, labels = ([key[place] for key in keys] for place in (0, 1))
    middle = ImageBoxes(films, labels, mean, np.ones(len(keys)))
    print(
        f"\n{len(truth)} boxes on {len(set(truth.image_id.tolist()))} films; heat maps cut at 180"
    )
    print(f"{'accuracy (false positives)':28}{'ours':>16}{'the mean box':>16}")
    bases = [localization(pair_boxes(said, truth)) for said in (ours, middle)]
    for one, other in zip(*bases, strict=True):
        if one.label == "all":
            cells = [
                f"{x.accuracy.estimate.value:.2f} ({x.false_positives.value:.2f})"
                for x in (one, other)
            ]
            print(f"{one.measure} > {one.overlap:<21}{cells[0]:>16}{cells[1]:>16}")
    centre = np.stack([mean[:, [0, 2]].mean(axis=1), mean[:, [1, 3]].mean(axis=1)], axis=1)
    hits = [pointing_game(films, labels, where, truth)[-1].accuracy for where in (points, centre)]
    print(f"{'pointing game':28}{hits[0].estimate.value:>16.2f}{hits[1].estimate.value:>16.2f}")


def found_boxes(
    table: FilmTable,
    squares: NDArray[np.uint8],
    networks: Sequence[Calibrated],
    parts: NDArray[np.intp],
    truth: ImageBoxes,
    side: int,
) -> tuple[ImageBoxes, NDArray[np.float64]]:
    """Boxes around what speaks for each finding that a film has a true box of, and the hottest
    point of each such map; films are square."""
    place_of = {film_name(film.name): number for number, film in enumerate(table.films)}
    films, labels, corners, scores, points = [], [], [], [], []
    for film, label in sorted(set(zip(truth.image_id.tolist(), truth.label.tolist(), strict=True))):
        number = place_of[film]
        _, maps = networks[parts[number]].eval()(shrunk(squares[number : number + 1], side))
        heat = evidence_for(maps[0, table.labels.index(label)].detach().numpy())
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        points.append([(column + 0.5) / heat.shape[1], (row + 0.5) / heat.shape[0]])
        for xmin, ymin, xmax, ymax, score in boxes_from_map(heat, [LEVEL]).tolist():
            films.append(film)
            labels.append(label)
            corners.append([xmin, ymin, xmax, ymax])
            scores.append(score)
    said = ImageBoxes(films, labels, np.reshape(corners, (-1, 4)) * FILM_SIDE, scores)
    return said, np.array(points) * FILM_SIDE


def print_called(
    labels: NDArray[np.float32], said: NDArray[np.float32], maps: NDArray[np.float32]
) -> None:
    """Print how often a finding is called present where no finding is, and what boxes there are.

    Args:
        maps: (n, findings, rows, columns).
    """
    of_card = youden_thresholds(scores_of(said, labels, FINDINGS), FINDINGS)
    present_from = present_thresholds(said, labels, of_card)
    youden = np.array([of_card[name] for name in FINDINGS], float)
    present = np.array([present_from[name] for name in FINDINGS])
    nothing = ~(labels == 1).any(axis=1)
    print(f"\nfindings called present on each of {nothing.sum()} films without any, on average")
    for name, thresholds in (("Youden", youden), ("present_from", present)):
        print(f"{name:28}{(said[nothing] >= thresholds).sum(axis=1).mean():>16.2f}")
    print(f"\n{'boxes on all films':28}{'number':>8}{'at an edge':>12}{'mean area':>12}")
    for name, thresholds, speaking in (
        ("Youden, scaled by itself", youden, np.asarray),
        ("Youden, what speaks for", youden, evidence_for),
        ("present_from, the same", present, evidence_for),
    ):
        called = maps[said >= thresholds]
        boxes = np.concatenate([boxes_from_map(speaking(heat), [LEVEL]) for heat in called])
        at_edge = ((boxes[:, :2] <= 0) | (boxes[:, 2:4] >= 1)).any(axis=1)
        area = (boxes[:, 2:4] - boxes[:, :2]).prod(axis=1)
        print(f"{name:28}{len(boxes):>8}{at_edge.mean():>12.0%}{area.mean():>12.2f}")


if __name__ == "__main__":
    main()
