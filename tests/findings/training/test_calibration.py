"""Probabilities that mean what they say."""

import numpy as np
import pytest
import torch
from torch import nn

from plainfilm.findings.training.calibration import Calibrated, Scales, rarely_reached
from plainfilm.findings.training.classifier import MapClassifier


def _logistic(logits: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def test_scales_undo_what_made_a_network_too_sure() -> None:
    random = np.random.default_rng(0)
    right = random.normal(size=(20_000, 1)).astype(np.float32)
    labels = (random.random(right.shape) < _logistic(right)).astype(np.float32)
    found = Scales.fitted(_logistic(3 * right - 2), labels)
    assert abs(found.slope[0] - 1 / 3) < 0.02
    assert abs(found.offset[0] - 2 / 3) < 0.05
    assert np.abs(found.applied(_logistic(3 * right - 2)) - _logistic(right)).mean() < 0.02


def test_nothing_is_fitted_to_few_films_or_to_what_tells_nothing() -> None:
    random = np.random.default_rng(0)
    said = random.random((200, 2)).astype(np.float32)
    said[::2] = np.nan  # not held out
    labels = np.zeros((200, 2), np.float32)
    labels[:40, 0] = 1  # 20 of them were held out
    labels[:, 1] = said[:, 1] < 0.5  # the wrong way round
    found = Scales.fitted(said, labels)
    assert found.slope.tolist() == [1, 1]
    assert found.offset.tolist() == [0, 0]
    assert np.isnan(found.applied(said)).sum() == 200


def test_maps_are_scaled_as_logits_are() -> None:
    torch.manual_seed(0)
    network = MapClassifier(nn.Conv2d(1, 4, 3, 4, 1), 4, 2).eval()
    nn.init.normal_(network.head.weight)
    scales = Scales(np.array([0.5, 2], np.float32), np.array([1, -1], np.float32))
    films = torch.rand(3, 1, 32, 32)
    probabilities, maps = Calibrated(network, scales).eval()(films)
    assert torch.allclose(torch.sigmoid(maps.mean((2, 3))), probabilities, atol=1e-5)
    said = network(films)[0].detach().numpy()
    assert np.allclose(scales.applied(said), probabilities.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("films", [1, 19, 20, 39, 400])
def test_at_most_one_in_twenty_films_without_a_finding_is_called_present(films: int) -> None:
    said = np.random.default_rng(films).random(films).astype(np.float32) ** 3
    least = rarely_reached(said)
    assert (said >= least).sum() <= films // 20
    assert (said >= least - 2e-4).sum() >= min(films, films // 20 + 1)  # and no higher than needed


def test_films_that_all_tie_are_not_called_present() -> None:
    assert rarely_reached(np.full(100, 0.3, np.float32)) == pytest.approx(0.3001)
    assert rarely_reached(np.ones(100, np.float32)) == 1.0


def test_findings_that_are_told_without_a_mistake_stay_probabilities() -> None:
    truth = np.repeat([0, 1], 50)[:, np.newaxis].astype(np.float32)
    said = truth * 0.8 + 0.1
    found = Scales.fitted(said, truth).applied(said)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found.round() == truth).all()
