"""Heat maps judged on ChestX-ray14's list of boxes, whole: 984 boxes on 880 films."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from plainfilm.evaluate import pointing_game
from plainfilm.evaluate.box_localization import CHESTXRAY8_OVERLAPS, localization
from plainfilm.evaluate.boxes import ImageBoxes, pair_boxes
from plainfilm.findings import boxes_from_map
from plainfilm.findings.training.nih_boxes import read_nih_boxes

_SIDE = 1024.0
_CELLS = 64  # of a made heat map


@pytest.fixture(scope="module")
def truth(torchxrayvision_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> ImageBoxes:
    folder = tmp_path_factory.mktemp("nih")
    with zipfile.ZipFile(torchxrayvision_wheel) as wheel:
        content = wheel.read("torchxrayvision/data/BBox_List_2017.csv.gz")
    (folder / "BBox_List_2017.csv.gz").write_bytes(content)
    names = {line.split(",")[0] for line in _lines(content)[1:]}
    for name in names:
        (folder / name).touch()
    found = read_nih_boxes(folder / "BBox_List_2017.csv.gz", leave_out_faults=True)
    rows = [
        (film.name, label, box)
        for film in found.films
        for label, box in zip(film.labels, film.boxes, strict=True)
    ]
    films, labels, corners = zip(*rows, strict=True)
    return ImageBoxes(films, labels, np.array(corners))


def _lines(content: bytes) -> list[str]:
    return gzip.decompress(content).decode().splitlines()


@pytest.mark.wheel_data
def test_maps_that_are_hot_where_the_boxes_are_find_nearly_all(truth: ImageBoxes) -> None:
    films, labels, corners, points = [], [], [], []
    keys = sorted(set(zip(truth.image_id.tolist(), truth.label.tolist(), strict=True)))
    for film, label in keys:
        own = truth.corners[(truth.image_id == film) & (truth.label == label)]
        heat = np.zeros((_CELLS, _CELLS), np.float32)
        for xmin, ymin, xmax, ymax in own / _SIDE * _CELLS:
            heat[round(ymin) : max(round(ymax), round(ymin) + 1), round(xmin) : round(xmax)] = 1
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        points.append([(column + 0.5) / _CELLS * _SIDE, (row + 0.5) / _CELLS * _SIDE])
        for box in boxes_from_map(heat, [180]):
            films.append(film)
            labels.append(label)
            corners.append(box[:4] * _SIDE)
    found = ImageBoxes(films, labels, np.array(corners), np.ones(len(films)))
    assert len(truth) == 984
    scores = {
        (score.measure, score.overlap): score
        for score in localization(pair_boxes(found, truth))
        if score.label == "all"
    }
    assert set(scores) == {(m, t) for m in ("iobb", "iou") for t in CHESTXRAY8_OVERLAPS}
    assert (scores["iou", 0.5].accuracy.estimate.value or 0) > 0.93
    assert (scores["iobb", 0.1].accuracy.estimate.value or 0) > 0.97
    assert (scores["iou", 0.1].false_positives.value or 0) < 0.05
    films, labels = ([key[place] for key in keys] for place in (0, 1))
    hits = pointing_game(films, labels, points, truth, tolerance=16)[-1].accuracy
    assert (hits.estimate.value or 0) > 0.99
