"""One classifier learning, and what it says of films then."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from numpy.typing import NDArray
from torch import Tensor

from plainfilm.errors import ModelError
from plainfilm.findings.training.architectures import make_classifier
from plainfilm.findings.training.augment import change_films
from plainfilm.findings.training.chest_data import Squares
from plainfilm.findings.training.classifier import Classifier, MapClassifier
from plainfilm.findings.training.classifier_plan import ClassifierPlan
from plainfilm.findings.training.frozen_part import FrozenCopies
from plainfilm.findings.training.losses import LOSSES, targets
from plainfilm.models.efficientnet_lite import EfficientNetLite
from plainfilm.models.training import Checkpoint, Device, fit_resumable

__all__ = ["Probabilities", "learn", "said_of", "shrunk", "untrained"]

_AT_ONCE = 32

Probabilities = NDArray[np.float32]
_Batch = tuple[Tensor, Tensor, Tensor]


def untrained(plan: ClassifierPlan, labels: int) -> Classifier:
    """The plan's network before it learns; the same each time."""
    torch.manual_seed(plan.seed)
    network = make_classifier(
        plan.architecture,
        labels,
        side=plan.side,
        two_class=plan.two_class,
        weights=plan.weights,
        frozen_blocks=plan.frozen_blocks,
    )
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def learn(
    squares: Squares,
    labels: NDArray[np.float32],
    chosen: NDArray[np.intp],
    plan: ClassifierPlan,
    progress: Callable[[int, float], None],
    *,
    copies: FrozenCopies | None = None,
    checkpoint: Checkpoint | None = None,
    device: Device | None = None,
) -> Classifier:
    """Train one classifier.

    Args:
        squares: (n, s, s) uint8, s ≥ the plan's side, bright = dense.
        labels: (n, labels): 1, 0, -1 or NaN.
        chosen: positions of the films to learn from.
        copies: what the frozen blocks made of them.
    Raises:
        ModelError: weights are missing; the checkpoint is of another architecture or plan; a loss
            is no number.
    """
    network = untrained(plan, labels.shape[1])
    device = device or Device()
    wanted, weight = targets(labels, plan.uncertain, plan.unmentioned)
    loss_of = LOSSES[plan.loss]

    def batch_of(step: int) -> _Batch:
        drawn, epochs = _drawn(chosen, plan.batch, plan.seed, step)
        if copies is None:
            films = change_films(torch.from_numpy(squares[drawn]), plan.side, plan.changes)
        else:
            films = copies.of(drawn, epochs)
        truth, counts = torch.from_numpy(wanted[drawn]), torch.from_numpy(weight[drawn])
        return films.to(device.name), truth.to(device.name), counts.to(device.name)

    def loss(network: Classifier, batch: _Batch) -> Tensor:
        films, truth, counts = batch
        said = network.logits(films) if copies is None else _late_logits(network, films)
        return loss_of(said.float(), truth, counts)

    return fit_resumable(
        network,
        network.backbone,
        batch_of,
        loss,
        plan.schedule,
        progress,
        seed=plan.seed,
        checkpoint=checkpoint,
        device=device,
    )


def _late_logits(network: Classifier, features: Tensor) -> Tensor:
    """Logits from what the frozen blocks made of films."""
    assert isinstance(network, MapClassifier)  # noqa: S101 - `_copies` made sure of it
    assert isinstance(network.backbone, EfficientNetLite)  # noqa: S101
    return network.logits_of(network.backbone.learnt(features))


def _drawn(
    chosen: NDArray[np.intp], batch: int, seed: int, step: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The films of a step and the epoch of each: no film comes again before all others came."""
    places = np.arange(step * batch, (step + 1) * batch)
    epochs = places // len(chosen)
    orders = {
        epoch: np.random.default_rng((seed, epoch)).permutation(chosen)
        for epoch in np.unique(epochs).tolist()
    }
    drawn = [
        orders[epoch][place]
        for epoch, place in zip(epochs.tolist(), (places % len(chosen)).tolist(), strict=True)
    ]
    return np.array(drawn, np.intp), epochs


def said_of(
    network: Classifier,
    squares: Squares,
    chosen: NDArray[np.intp],
    side: int,
    device: Device | None = None,
) -> Probabilities:
    """What a network says of films: (chosen, labels) float32 probabilities.

    Args:
        squares: (n, s, s) uint8, s ≥ side.
        chosen: positions of the films, at least one.
        device: that computes, in single precision; the network comes back to the processor.
    Raises:
        ModelError: a probability is no number: the training has failed.
    """
    name = (device or Device()).name
    network.eval().to(name)
    with torch.no_grad():
        found = [
            network(shrunk(squares[chosen[start : start + _AT_ONCE]], side).to(name))[0].cpu()
            for start in range(0, len(chosen), _AT_ONCE)
        ]
    network.cpu()
    said: Probabilities = torch.cat(found).numpy()
    if np.isnan(said).any():
        raise ModelError("the network gives probabilities that are no numbers: it did not learn")
    return said


def shrunk(squares: Squares, side: int) -> Tensor:
    """Films as a network sees them, (n, 1, side, side) float32 in [0, 1], by area averaging."""
    films = torch.from_numpy(np.ascontiguousarray(squares)).float().unsqueeze(1) / 255
    return (
        films if films.shape[-1] == side else F.interpolate(films, size=(side, side), mode="area")
    )
