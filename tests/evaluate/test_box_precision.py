"""Average precision against pycocotools, and by hand."""

import numpy as np
import pytest

from plainfilm.errors import InputError, SettingsError
from plainfilm.evaluate import (
    Bootstrap,
    ImageBoxes,
    average_precision,
    coco_ap,
    pair_boxes,
    score_detections,
)
from plainfilm.evaluate.box_precision import COCO_OVERLAPS, COCO_SIZES, label_curves
from random_boxes import coco_eval, random_boxes

FILMS, LABELS = 80, 4
SIZES = [(0, 1e10), *COCO_SIZES.values()]


@pytest.mark.parametrize("seed", range(6))
def test_every_precision_and_recall_is_pycocotools(seed: int) -> None:
    predicted, truth = random_boxes(seed, FILMS, LABELS)
    theirs = coco_eval(predicted, truth, films=FILMS, labels=LABELS)
    names = tuple(f"{number:06d}" for number in range(LABELS))
    pair = pair_boxes(
        predicted, truth, images=[f"{number:06d}" for number in range(FILMS)], labels=names
    )
    films = np.ones((1, FILMS))
    for area, size in enumerate(SIZES):
        for label, curves in enumerate(label_curves(pair, COCO_OVERLAPS, size=size)):
            precisions = np.nan_to_num(curves.precisions(films)[0], nan=-1)
            expected = theirs.eval["precision"][:, :, label, area, -1]
            np.testing.assert_allclose(precisions, expected, atol=1e-12)
            for place, most in enumerate((1, 10, 100)):
                recall = np.nan_to_num(curves.recall(films, most)[0], nan=-1)
                expected = theirs.eval["recall"][:, label, area, place]
                np.testing.assert_allclose(recall, expected, atol=1e-12)
    assert coco_ap(predicted, truth).mean == pytest.approx(theirs.stats[0], abs=1e-12)
    assert average_precision(predicted, truth).mean == pytest.approx(theirs.stats[1], abs=1e-12)
    found = score_detections({"a": pair}, sizes=True)["a"].mean.figures
    names_of = ("coco_ap", "ap", "coco_ap75", *(f"coco_ap_{size}" for size in COCO_SIZES))
    for name, expected in zip((*names_of, "recall_1", "recall_10", "recall_100"), theirs.stats, strict=False):  # fmt: skip # noqa: E501
        value = found[name].value
        assert (-1 if value is None else value) == pytest.approx(expected, abs=1e-12), name


def box(film: str, left: float, score: float | None = None) -> tuple[str, float, float | None]:
    return film, left, score


def boxes(*rows: tuple[str, float, float | None]) -> ImageBoxes:
    """Squares of 10 pixels of one label."""
    corners = [[left, 0, left + 10, 10] for _, left, _ in rows]
    scores = [score for *_, score in rows]
    return ImageBoxes(
        [film for film, *_ in rows],
        ["lesion"] * len(rows),
        corners,
        None if None in scores else [score or 0 for score in scores],
    )


def test_precision_is_the_highest_at_that_recall_or_above() -> None:
    """Of two lesions: a hit, a false alarm, a hit. Recall 0.5 at precision 1, then 1 at 2/3."""
    truth = boxes(box("a", 0), box("b", 0))
    predicted = boxes(box("a", 1, 0.9), box("a", 50, 0.8), box("b", 0, 0.7))
    expected = (51 * 1 + 50 * 2 / 3) / 101
    assert average_precision(predicted, truth).values == pytest.approx([expected])


def test_a_lesion_is_found_once_and_by_the_highest_score() -> None:
    truth = boxes(box("a", 0), box("a", 100))
    predicted = boxes(box("a", 2, 0.9), box("a", 0, 0.8))  # the second overlaps more, but is late
    assert average_precision(predicted, truth).values == pytest.approx([51 / 101])


@pytest.mark.parametrize(
    ("overlap", "left", "value"),
    [
        (0.6, 2.5, 1.0),  # 75 square pixels of 125
        (0.61, 2.5, 0.0),
        (1.0, 0, 1.0),
        (0.5, 100, 0.0),
    ],
)
def test_an_overlap_that_is_reached_exactly_counts(
    overlap: float, left: float, value: float
) -> None:
    found = average_precision(boxes(box("a", left, 1.0)), boxes(box("a", 0)), iou=overlap)
    assert found.mean == pytest.approx(value)


def test_detectors_that_learnt_nothing_and_everything() -> None:
    _, truth = random_boxes(1, 30, 3)
    perfect = ImageBoxes(truth.image_id, truth.label, truth.corners, np.ones(len(truth)))
    nothing = ImageBoxes([], [], np.empty((0, 4)), [])
    assert coco_ap(perfect, truth).mean == pytest.approx(1)
    assert coco_ap(nothing, truth).mean == 0


def test_a_label_without_lesions_is_undefined_and_no_part_of_the_mean() -> None:
    truth = boxes(box("a", 0))
    predicted = ImageBoxes(["a", "a"], ["lesion", "other"], [[0, 0, 10, 10]] * 2, [1, 1])
    found = average_precision(predicted, truth, labels=("lesion", "other"))
    assert found.values.tolist()[0] == pytest.approx(1)
    assert np.isnan(found.values[1])
    assert found.mean == pytest.approx(1)


def test_only_so_many_boxes_of_a_film_take_part() -> None:
    truth = boxes(box("a", 0))
    predicted = boxes(*(box("a", 50, 0.9) for _ in range(2)), box("a", 0, 0.1))
    assert average_precision(predicted, truth, most=2).mean == 0
    assert average_precision(predicted, truth, most=None).mean == pytest.approx(1 / 3)


def test_resamples_are_films_drawn_with_replacement() -> None:
    """Each resample scored as a set of films of its own, those drawn twice under two names."""
    predicted, truth = random_boxes(2, 25, 2)
    untied = np.random.default_rng(0).permutation(len(predicted)) / len(predicted)
    predicted = ImageBoxes(predicted.image_id, predicted.label, predicted.corners, untied)
    pair = pair_boxes(predicted, truth)
    drawn: list[np.ndarray] = []
    bootstrap = Bootstrap(30, seed=1)
    bootstrap.replicates(lambda w: drawn.append(w) or w[:, 0], np.ones(len(pair.images), np.int64))
    expected = []
    for weights in np.concatenate(drawn).astype(int):
        copies = [
            (film, f"{film}-{copy}")
            for film, count in zip(pair.images, weights, strict=True)
            for copy in range(count)
        ]
        sample = [taken(each, copies) for each in (predicted, truth)]
        found = average_precision(sample[0], sample[1], labels=pair.labels)
        expected.append(found.values[0])
    estimate = score_detections({"a": pair}, bootstrap=bootstrap)["a"].labels[0].figures["ap"]
    low, high = np.nanquantile(expected, [0.025, 0.975])
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-9)


def taken(these: ImageBoxes, copies: list[tuple[str, str]]) -> ImageBoxes:
    rows, names = [], []
    for film, copy in copies:
        places = np.flatnonzero(these.image_id == film).tolist()
        rows += places
        names += [copy] * len(places)
    scores = None if these.score is None else these.score[rows]
    return ImageBoxes(names, these.label[rows], these.corners[rows], scores)


def test_detectors_are_compared_on_the_same_resamples() -> None:
    predicted, truth = random_boxes(4, 40, 2)
    assert predicted.score is not None
    worse = ImageBoxes(predicted.image_id, predicted.label, predicted.corners, 1 - predicted.score)
    pairs = {"a": pair_boxes(predicted, truth), "same": pair_boxes(predicted, truth)}
    found = score_detections(pairs, bootstrap=Bootstrap(20))
    assert found["a"].mean.differences == {}
    assert {(each.value, each.low, each.high) for each in found["same"].mean.differences.values()} == {(0, 0, 0)}  # fmt: skip # noqa: E501
    other = score_detections({"a": pairs["a"], "b": pair_boxes(worse, truth)})
    gap = other["b"].mean.differences["ap"].value
    assert gap == pytest.approx(
        (other["b"].mean.figures["ap"].value or 0) - (other["a"].mean.figures["ap"].value or 0)
    )


def test_detectors_of_other_films_or_overlaps_out_of_range_are_refused() -> None:
    predicted, truth = random_boxes(4, 20, 2)
    pair = pair_boxes(predicted, truth)
    with pytest.raises(SettingsError, match="above 0 and not above 1"):
        score_detections({"a": pair}, iou=0)
    other = pair_boxes(predicted, truth, images=[*pair.images, "more"])
    with pytest.raises(SettingsError, match="the same films"):
        score_detections({"a": pair, "b": other})


@pytest.mark.parametrize(
    ("corners", "score", "words"),
    [
        ([[5, 0, 1, 9]], [1], "box 0: xmin < xmax"),
        ([[0, 0, 5, 5], [0, 3, 9, 3]], [1, 1], "box 1"),
        ([[0, 0, np.nan, 9]], [1], "finite"),
        ([[0, 0, 9, 9]], [np.nan], "score of box 0 is NaN"),
        ([[0, 0, 9, 9]], [1, 1], "do not fit columns"),
    ],
)
def test_boxes_that_are_none_cannot_be_made(
    corners: list[list[float]], score: list[float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        ImageBoxes(["a"] * len(corners), ["b"] * len(corners), corners, score)


def test_pairs_need_scores_and_films_that_are_listed() -> None:
    truth = boxes(box("a", 0))
    with pytest.raises(InputError, match="need scores"):
        pair_boxes(truth, truth)
    with pytest.raises(InputError, match="1 films have boxes but are not in the list"):
        pair_boxes(boxes(box("a", 0, 1.0)), truth, images=["b"])
