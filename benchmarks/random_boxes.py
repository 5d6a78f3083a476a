"""Random predicted and true boxes, and what pycocotools says of them."""

import contextlib
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from plainfilm.evaluate import ImageBoxes

__all__ = ["coco_eval", "random_boxes"]

_SIDE = 1000
_CHANCES_OF_LESIONS = (0.3, 0.2, 0.15, 0.15, 0.1, 0.1)
"""Of none, one, two, … on a film."""


def random_boxes(seed: int, films: int, labels: int) -> tuple[ImageBoxes, ImageBoxes]:
    """Predicted and true boxes with corners on whole pixels and few different scores: ties.

    Each lesion is found up to thrice, some times under another label; false alarms are added.
    """
    random = np.random.default_rng(seed)
    count = random.choice(len(_CHANCES_OF_LESIONS), films, p=_CHANCES_OF_LESIONS)
    image = np.repeat(np.arange(films), count)
    truth = _boxes(random, len(image))
    label = random.integers(0, labels, len(image))
    tries = np.repeat(np.arange(len(image)), random.integers(0, 4, len(image)))
    moved = truth[tries] + np.rint(random.normal(0, 0.1, (len(tries), 4)) * _sides(truth[tries]))
    alarms = np.repeat(np.arange(films), random.integers(0, 5, films))
    corners = np.concatenate([moved, _boxes(random, len(alarms))])
    said_image = np.concatenate([image[tries], alarms])
    said_label = np.where(
        random.random(len(corners)) < 0.8,
        np.concatenate([label[tries], random.integers(0, labels, len(alarms))]),
        random.integers(0, labels, len(corners)),
    )
    score = np.round(random.random(len(corners)), 2)
    kept = (corners[:, 2:] > corners[:, :2]).all(axis=1)
    order = random.permutation(np.flatnonzero(kept))
    predicted = ImageBoxes(
        _names(said_image[order]), _names(said_label[order]), corners[order], score[order]
    )
    return predicted, ImageBoxes(_names(image), _names(label), truth)


def coco_eval(
    predicted: ImageBoxes, truth: ImageBoxes, *, films: int, labels: int, quiet: bool = True
) -> COCOeval:
    """pycocotools' evaluation of `random_boxes`, accumulated and summarized."""
    with contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext():
        coco = COCO()
        coco.dataset = {
            "images": [{"id": number} for number in range(films)],
            "categories": [{"id": number, "name": str(number)} for number in range(labels)],
            "annotations": [
                {**each, "id": number, "area": each["bbox"][2] * each["bbox"][3], "iscrowd": 0}
                for number, each in enumerate(_annotations(truth), start=1)
            ],
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(_annotations(predicted)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def _annotations(boxes: ImageBoxes) -> list[dict[str, Any]]:
    scores = np.ones(len(boxes)) if boxes.score is None else boxes.score
    columns = (boxes.image_id, boxes.label, boxes.corners.tolist(), scores.tolist())
    return [
        {
            "image_id": int(image),
            "category_id": int(label),
            "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
            "score": score,
        }
        for image, label, box, score in zip(*columns, strict=True)
    ]


def _boxes(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    sides = random.integers(5, 300, (count, 2))
    start = random.integers(0, _SIDE - 300, (count, 2))
    return np.concatenate([start, start + sides], axis=1).astype(np.float64)


def _sides(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.tile(boxes[:, 2:] - boxes[:, :2], 2)


def _names(numbers: NDArray[np.int64]) -> list[str]:
    """Of one length, so that they sort as the numbers do."""
    return [f"{number:06d}" for number in numbers.tolist()]
