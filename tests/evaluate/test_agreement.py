"""Scores of labels, against a plain loop over the definitions."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from plainfilm.errors import SettingsError
from plainfilm.evaluate import NOT_MENTIONED, TASKS, Bootstrap, TaskAgreement, label_agreement

BLANK = NOT_MENTIONED

# task, predicted, truth → what the cell counts as. Johnson et al., MIMIC-CXR-JPG, 2019: in mention
# extraction any assigned label is positive and blank is negative; in negation detection negated is
# positive and all else negative; in uncertainty detection uncertain is positive.
TRUTH_TABLE = [
    ("mention", 1, 0, "tp"),  # assigned is assigned, whatever the value
    ("mention", -1, -1, "tp"),
    ("mention", 0, BLANK, "fp"),
    ("mention", BLANK, 1, "fn"),
    ("mention", BLANK, BLANK, "tn"),
    ("negation", 0, 0, "tp"),
    ("negation", 0, 1, "fp"),
    ("negation", 0, BLANK, "fp"),
    ("negation", -1, 0, "fn"),
    ("negation", BLANK, 0, "fn"),
    ("negation", 1, -1, "tn"),
    ("negation", BLANK, BLANK, "tn"),
    ("uncertainty", -1, -1, "tp"),
    ("uncertainty", -1, 1, "fp"),
    ("uncertainty", 0, -1, "fn"),
    ("uncertainty", BLANK, -1, "fn"),
    ("uncertainty", 1, 0, "tn"),
    ("positive", 1, 1, "tp"),
    ("positive", 1, -1, "fp"),  # a hedged finding is not one that is there
    ("positive", 0, 1, "fn"),
    ("positive", -1, BLANK, "tn"),
]


def labels(rows: Sequence[Sequence[int]]) -> NDArray[np.int8]:
    return np.array(rows, np.int8)


def score(
    predicted: Sequence[Sequence[int]], truth: Sequence[Sequence[int]], task: str
) -> TaskAgreement:
    names = [f"label {place}" for place in range(len(predicted[0]))]
    (agreement,) = label_agreement(labels(predicted), labels(truth), names, tasks=(task,))
    return agreement


@pytest.mark.parametrize(("task", "predicted", "truth", "counts_as"), TRUTH_TABLE)
def test_each_pair_of_values_counts_as_defined(
    task: str, predicted: int, truth: int, counts_as: str
) -> None:
    (one,) = score([[predicted]], [[truth]], task).labels
    found = {
        "tp": one.true_positives,
        "fp": one.false_positives,
        "fn": one.false_negatives,
        "tn": one.true_negatives,
    }
    assert found == {kind: int(kind == counts_as) for kind in found}


def test_what_is_0_of_0_is_undefined_and_no_part_of_the_mean() -> None:
    # label 0: found; label 1: only false alarms; label 2: missed; label 3: nothing at all
    agreement = score([[1, 1, 0, 0], [1, 0, 0, 0]], [[1, 0, 1, 0], [0, 0, 0, 0]], "positive")
    precision, recall, f1 = (
        [getattr(one, measure).value for one in agreement.labels]
        for measure in ("precision", "recall", "f1")
    )
    assert precision == [0.5, 0.0, None, None]
    assert recall == [1.0, None, 0.0, None]
    assert f1 == [pytest.approx(2 / 3), 0.0, 0.0, None]
    assert agreement.macro.labels == (2, 2, 3)
    assert agreement.macro.precision.value == pytest.approx(0.25)
    assert agreement.macro.recall.value == pytest.approx(0.5)
    assert agreement.macro.f1.value == pytest.approx(2 / 9)
    assert agreement.micro.precision.value == pytest.approx(1 / 3)
    assert agreement.micro.recall.value == pytest.approx(1 / 2)


def test_nothing_at_all_is_undefined_everywhere() -> None:
    blank = labels([[BLANK, BLANK]] * 3)
    for agreement in label_agreement(blank, blank, ["A", "B"], bootstrap=Bootstrap(20)):
        for one in (*agreement.labels, agreement.micro, agreement.macro):
            for figure in (one.precision, one.recall, one.f1):
                assert (figure.value, figure.low, figure.high) == (None, None, None)


def by_hand(predicted: NDArray[np.int8], truth: NDArray[np.int8], task: str) -> dict[str, float]:
    """Micro and macro figures by the definitions, one cell after the other."""
    size = predicted.shape[1]
    hits, said, true = [0] * size, [0] * size, [0] * size
    for row, right in zip(predicted.tolist(), truth.tolist(), strict=True):
        for place in range(size):
            is_said, is_true = row[place] in TASKS[task], right[place] in TASKS[task]
            hits[place] += is_said and is_true
            said[place] += is_said
            true[place] += is_true

    def ratio(over: float, under: float) -> float:
        return over / under if under else math.nan

    def mean(values: list[float]) -> float:
        defined = [value for value in values if not math.isnan(value)]
        return ratio(sum(defined), len(defined))

    places = range(size)
    return {
        "micro precision": ratio(sum(hits), sum(said)),
        "micro recall": ratio(sum(hits), sum(true)),
        "micro f1": ratio(2 * sum(hits), sum(said) + sum(true)),
        "macro precision": mean([ratio(hits[p], said[p]) for p in places]),
        "macro recall": mean([ratio(hits[p], true[p]) for p in places]),
        "macro f1": mean([ratio(2 * hits[p], said[p] + true[p]) for p in places]),
    }


def figures(agreement: TaskAgreement) -> dict[str, float]:
    found = {}
    for kind in ("micro", "macro"):
        for measure in ("precision", "recall", "f1"):
            value = getattr(getattr(agreement, kind), measure).value
            found[f"{kind} {measure}"] = math.nan if value is None else value
    return found


cells = st.sampled_from([1, 0, -1, BLANK])


@given(st.lists(st.tuples(*[cells] * 6), min_size=1, max_size=25))
def test_scores_are_those_of_a_plain_loop(rows: list[tuple[int, ...]]) -> None:
    both = labels(rows)
    predicted, truth = both[:, :3], both[:, 3:]
    for agreement in label_agreement(predicted, truth, ["A", "B", "C"]):
        expected = by_hand(predicted, truth, agreement.task)
        assert figures(agreement) == pytest.approx(expected, nan_ok=True)


def noisy(reports: int, seed: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    random = np.random.default_rng(seed)
    values = np.array([1, 0, -1, BLANK], np.int8)
    truth = random.choice(values, (reports, 3), p=[0.2, 0.2, 0.1, 0.5])
    guess = random.choice(values, truth.shape)
    return np.where(random.random(truth.shape) < 0.8, truth, guess), truth


def test_intervals_are_those_of_drawing_whole_reports_one_by_one() -> None:
    """The same bootstrap done slowly: rows drawn with replacement, figures by the definitions."""
    predicted, truth = noisy(60, seed=5)
    random = np.random.default_rng(6)
    slow = []
    for _ in range(1_500):
        rows = random.integers(0, len(truth), len(truth))
        slow.append(list(by_hand(predicted[rows], truth[rows], "negation").values()))
    (agreement,) = label_agreement(
        predicted, truth, ["A", "B", "C"], tasks=("negation",), bootstrap=Bootstrap(4_000)
    )
    for place, name in enumerate(figures(agreement)):
        kind, measure = name.split()
        figure = getattr(getattr(agreement, kind), measure)
        low, high = np.quantile(np.array(slow)[:, place], [0.025, 0.975])
        assert (figure.low, figure.high) == pytest.approx((low, high), abs=0.02)
        assert figure.low < figure.value < figure.high


def test_resamples_without_a_figure_are_counted_and_left_out() -> None:
    predicted = truth = labels([[1]] + [[BLANK]] * 4)
    (agreement,) = label_agreement(
        predicted, truth, ["A"], tasks=("positive",), bootstrap=Bootstrap(5_000)
    )
    recall = agreement.labels[0].recall
    assert (recall.value, recall.low, recall.high) == (1.0, 1.0, 1.0)
    assert recall.undefined_resamples == pytest.approx(5_000 * 0.8**5, rel=0.1)


def test_the_order_of_reports_changes_nothing() -> None:
    predicted, truth = noisy(200, seed=7)
    shuffled = np.random.default_rng(8).permutation(len(truth))
    names, bootstrap = ["A", "B", "C"], Bootstrap(200)
    assert label_agreement(predicted, truth, names, bootstrap=bootstrap) == label_agreement(
        predicted[shuffled], truth[shuffled], names, bootstrap=bootstrap
    )


@pytest.mark.parametrize(
    ("predicted", "truth", "names", "words"),
    [
        ([[1]], [[1], [0]], ["A"], "do not fit"),
        ([[1, 0]], [[1, 0]], ["A"], "do not fit"),
        (np.empty((0, 1)), np.empty((0, 1)), ["A"], "no reports"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    predicted: list[list[int]], truth: list[list[int]], names: list[str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        label_agreement(labels(predicted), labels(truth), names)


def test_unknown_tasks_are_refused() -> None:
    with pytest.raises(SettingsError, match="no task guess; known: mention, negation"):
        label_agreement(labels([[1]]), labels([[1]]), ["A"], tasks=("mention", "guess"))
