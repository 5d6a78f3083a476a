"""Losses and what becomes of labels that are unsure."""

import numpy as np
import pytest
import torch

from plainfilm.errors import SettingsError
from plainfilm.findings.training.losses import balanced, plain, targets, two_class

_LABELS = np.array([[1, 0, -1, np.nan]], np.float32)


@pytest.mark.parametrize(
    ("uncertain", "unmentioned", "wanted", "weight"),
    [
        ("ignore", "zeros", [1, 0, 0, 0], [1, 1, 0, 1]),
        ("ignore", "ignore", [1, 0, 0, 0], [1, 1, 0, 0]),
        ("zeros", "zeros", [1, 0, 0, 0], [1, 1, 1, 1]),
        ("ones", "zeros", [1, 0, 1, 0], [1, 1, 1, 1]),
        ("soft", "ignore", [1, 0, 0.7, 0], [1, 1, 1, 0]),
    ],
)
def test_uncertain_and_unmentioned_labels_follow_the_policy(
    uncertain: str, unmentioned: str, wanted: list[float], weight: list[float]
) -> None:
    found, counts = targets(_LABELS, uncertain, unmentioned)
    assert np.allclose(found, [wanted])
    assert counts.tolist() == [weight]


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(SettingsError, match="soft"):
        targets(_LABELS, "maybe")


def test_balanced_loss_is_that_of_the_paper() -> None:
    """Equation 1 of ChestX-ray8, over the number of labels in the batch."""
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, -2.0]])
    truth = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    said = torch.sigmoid(logits)
    positives, negatives = truth.sum(), (1 - truth).sum()
    every = positives + negatives
    there = every / positives * -(truth * said.log()).sum()
    absent = every / negatives * -((1 - truth) * (1 - said).log()).sum()
    found = balanced(logits, truth, torch.ones_like(truth))
    assert float(found) == pytest.approx(float((there + absent) / every), rel=1e-6)


def test_what_does_not_count_changes_no_loss() -> None:
    truth = torch.tensor([[1.0, 0.0]])
    weight = torch.tensor([[1.0, 0.0]])
    for loss in (plain, balanced):
        one, other = (loss(torch.tensor([[0.3, x]]), truth, weight) for x in (5.0, -5.0))
        assert float(one) == float(other)


def test_a_batch_of_one_kind_has_a_finite_loss() -> None:
    truth = torch.zeros(2, 3)
    assert torch.isfinite(balanced(torch.randn(2, 3), truth, torch.ones(2, 3)))
    assert float(plain(torch.randn(2, 3), truth, torch.zeros(2, 3))) == 0


def test_two_classes_are_softmax_cross_entropy() -> None:
    logits = torch.tensor([[0.2, 1.4], [2.0, -1.0]])
    found = two_class(logits, torch.tensor([[1.0], [0.0]]), torch.ones(2, 1))
    wanted = torch.nn.functional.cross_entropy(logits, torch.tensor([1, 0]))
    assert float(found) == pytest.approx(float(wanted))
