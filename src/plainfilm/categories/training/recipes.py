"""Two ways to train the network that names categories.

`fine_tune` is what plainfilm does by itself. `softmax_on_frozen` is the published recipe of
NNCPR (Dratsch et al., Eur Radiol 2021): a layer of softmax on the frozen features of an ImageNet
network, categories oversampled to the same number of films, no augmentation.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.categories.training.augment import QUARTER_TURNS, Augmented, augment
from plainfilm.categories.training.network import HEADS, CategoryNetwork
from plainfilm.models.training import Schedule, fit

__all__ = [
    "Truth",
    "features_of",
    "fine_tune",
    "learn_poses",
    "learn_sides",
    "logits_of",
    "shrunk",
    "softmax_on_frozen",
]

_BATCH: Final = 32
_SMOOTHING: Final = 0.08
_SIDE_BATCH: Final = 64
_TURN_WEIGHT: Final = 0.3
_FLAG_WEIGHT: Final = 0.2
_PAPER_BATCH: Final = 100  # what the retraining script that the paper used drew for each step

Progress = Callable[[int, float], None]
Squares = Callable[[np.ndarray], np.ndarray]
"""Gives the squares, (n, s, s) uint8, of the films at n positions."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of the training films, each (n,).

    Attributes:
        category: numbers of classes.
        upright: whether the film is known to lie as it should.
        collage: whether several views share it.
        may_flip: whether left and right may change places without making the category wrong.
        tells_side: whether a mirrored film of the category can be told from the anatomy.
        weight: how often a film is drawn, against others of its category.
    """

    category: np.ndarray
    upright: np.ndarray
    collage: np.ndarray
    may_flip: np.ndarray
    tells_side: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, slots=True)
class _Batch:
    films: Tensor
    category: Tensor
    turn: Tensor
    upright: Tensor
    tells_side: Tensor
    flags: Mapping[str, Tensor]


def fine_tune(
    network: CategoryNetwork,
    squares: np.ndarray,
    truth: Truth,
    chosen: np.ndarray,
    *,
    side: int,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> CategoryNetwork:
    """Train backbone and heads on films changed at random.

    Args:
        squares: (n, s, s) uint8, s ≥ side.
        chosen: positions of the films to learn from.
        side: of the films that the network sees, in pixels.
    """
    torch.manual_seed(seed)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.pose.requires_grad_(False)  # `learn_poses` does
    chances = _chances(truth, chosen)
    batches = _batches(squares, truth, chosen, chances, side, seed)
    trained = fit(network, network.backbone, batches, _loss, schedule, progress)
    _undo_weights(trained, truth, chosen)
    return trained


def _undo_weights(network: CategoryNetwork, truth: Truth, chosen: np.ndarray) -> None:
    """Make a category as likely again as before its films' weights drew it more or less often.

    Source: Menon et al., Long-tail learning via logit adjustment, ICLR 2021, section 4.
    """
    category, weight = truth.category[chosen], truth.weight[chosen]
    assert network.category.bias is not None  # noqa: S101 - made with one
    for number in np.unique(category).tolist():
        network.category.bias.data[number] -= float(np.log(weight[category == number].mean()))


def learn_poses(
    network: CategoryNetwork,
    squares: np.ndarray,
    truth: Truth,
    chosen: np.ndarray,
    *,
    side: int,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> CategoryNetwork:
    """Teach a network that knows categories how films lie, and leave the categories as they are.

    Films are drawn as often as they are there, not by category, and lie every way equally often.
    """
    torch.manual_seed(seed)
    network.requires_grad_(False)
    for head in (network.turn, network.flags, network.places, network.pose):
        head.requires_grad_(True)
    chances = truth.weight[chosen] / truth.weight[chosen].sum()
    batches = _batches(squares, truth, chosen, chances, side, seed, quarter_turns=0.75)
    return fit(network, network.backbone, batches, _pose_loss, schedule, progress)


def _batches(
    squares: np.ndarray,
    truth: Truth,
    chosen: np.ndarray,
    chances: np.ndarray,
    side: int,
    seed: int,
    quarter_turns: float = QUARTER_TURNS,
) -> Iterator[_Batch]:
    random = np.random.default_rng(seed)
    while True:
        drawn = random.choice(chosen, _BATCH, p=chances)
        films = torch.from_numpy(squares[drawn])
        seen = augment(films, torch.from_numpy(truth.may_flip[drawn]), side, quarter_turns)
        flags = {
            "mirrored": seen.flipped.float(),
            "inverted": seen.inverted.float(),
            "collage": torch.from_numpy(truth.collage[drawn]).float(),
        }
        yield _Batch(
            seen.films,
            torch.from_numpy(truth.category[drawn]),
            seen.turns,
            torch.from_numpy(truth.upright[drawn]),
            torch.from_numpy(truth.tells_side[drawn]),
            flags,
        )


def _chances(truth: Truth, chosen: np.ndarray) -> np.ndarray:
    """Rare categories are drawn more often: each by the square root of its number of films."""
    category = truth.category[chosen]
    counts = np.bincount(category)
    chances = truth.weight[chosen] / np.sqrt(counts[category])
    shares: np.ndarray = chances / chances.sum()
    return shares


def _loss(network: CategoryNetwork, batch: _Batch) -> Tensor:
    said = network.logits(batch.films)
    loss = F.cross_entropy(said["category"], batch.category, label_smoothing=_SMOOTHING)
    turn = F.cross_entropy(said["turn"], batch.turn, reduction="none")
    loss = loss + _TURN_WEIGHT * (turn * batch.upright).mean()
    for name, truth in batch.flags.items():
        told = F.binary_cross_entropy_with_logits(said[name], truth, reduction="none")
        counts = batch.tells_side if name == "mirrored" else torch.ones_like(told)
        loss = loss + _FLAG_WEIGHT * (told * counts).mean()
    return loss


def learn_sides(
    network: CategoryNetwork,
    squares: np.ndarray,
    truth: Truth,
    chosen: np.ndarray,
    *,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> CategoryNetwork:
    """Teach the network for sides, on the films whose anatomy tells left from right."""
    torch.manual_seed(seed)
    telling = chosen[truth.tells_side[chosen] & truth.upright[chosen]]
    if not len(telling):
        return network
    network.requires_grad_(False)
    network.sides.requires_grad_(True)
    size = network.sides.thumbnail
    random = np.random.default_rng(seed)

    def batches() -> Iterator[Augmented]:
        everything = torch.ones(_SIDE_BATCH, dtype=torch.bool)
        while True:
            films = torch.from_numpy(squares[random.choice(telling, _SIDE_BATCH)])
            films = shrunk(films, round(size * squares.shape[1] / network.side))
            yield augment(films, everything, size, quarter_turns=0.5)

    def loss(network: CategoryNetwork, batch: Augmented) -> Tensor:
        said = network.sides.of_thumbnails(batch.films.unsqueeze(1).float())
        return F.binary_cross_entropy_with_logits(said, batch.flipped.float())

    return fit(network, network.backbone, batches(), loss, schedule, progress)


def _pose_loss(network: CategoryNetwork, batch: _Batch) -> Tensor:
    said = network.logits(batch.films)
    turn = F.cross_entropy(said["turn"], batch.turn, reduction="none")
    loss = _mean_where(turn, batch.upright)
    for name, truth in batch.flags.items():
        told = F.binary_cross_entropy_with_logits(said[name], truth, reduction="none")
        loss = loss + _mean_where(told, _judged(batch, name))
    return loss


def _judged(batch: _Batch, flag: str) -> Tensor:
    """The films on which a flag can be judged: mirroring only where the anatomy tells."""
    everywhere = torch.ones_like(batch.tells_side)
    return batch.tells_side & batch.upright if flag == "mirrored" else everywhere


def _mean_where(values: Tensor, chosen: Tensor) -> Tensor:
    return (values * chosen).sum() / chosen.sum().clamp(min=1)


def softmax_on_frozen(
    network: CategoryNetwork,
    squares: np.ndarray,
    truth: Truth,
    chosen: np.ndarray,
    *,
    side: int,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> CategoryNetwork:
    """Train a softmax layer on frozen features, by plain gradient descent.

    The other heads are left untrained.

    Source: Dratsch et al., Eur Radiol 2021, Materials and methods.
    """
    torch.manual_seed(seed)
    network = network.eval()
    features = torch.from_numpy(features_of(network, squares.__getitem__, chosen, side))
    labels = torch.from_numpy(truth.category[chosen])
    counts = torch.bincount(labels)
    chances = 1.0 / counts[labels].double()  # oversampling: every category as often
    layer = nn.Linear(features.shape[1], network.category.out_channels)
    optimizer = torch.optim.SGD(layer.parameters(), lr=schedule.learning_rate)
    for step in range(schedule.steps):
        drawn = torch.multinomial(chances, _PAPER_BATCH, replacement=True)
        loss = F.cross_entropy(layer(features[drawn]), labels[drawn])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        progress(step, float(loss.detach()))
    with torch.no_grad():
        network.category.weight.copy_(layer.weight[:, :, None, None])
        assert network.category.bias is not None  # noqa: S101 - made with one
        network.category.bias.copy_(layer.bias)
    return network


def features_of(
    network: CategoryNetwork, squares: Squares, films: np.ndarray, side: int
) -> np.ndarray:
    """The pooled features of films, (n, channels) float32."""
    return _in_batches(lambda some: (network.pooled(some),), squares, films, side)[0]


def logits_of(
    network: CategoryNetwork, squares: Squares, films: np.ndarray, side: int
) -> dict[str, np.ndarray]:
    """The logits of every head but the map, each with one row for each film."""
    network.eval()
    found = _in_batches(lambda some: network(some)[:-1], squares, films, side)
    return dict(zip(HEADS, found, strict=False))


def _in_batches(
    compute: Callable[[Tensor], tuple[Tensor, ...]],
    squares: Squares,
    films: np.ndarray,
    side: int,
) -> list[np.ndarray]:
    found: list[list[np.ndarray]] = []
    with torch.no_grad():
        for start in range(0, len(films), 2 * _BATCH):
            some = torch.from_numpy(squares(films[start : start + 2 * _BATCH]))
            found.append([one.numpy() for one in compute(shrunk(some, side))])
    return [np.concatenate(column) for column in zip(*found, strict=True)]


def shrunk(films: Tensor, side: int) -> Tensor:
    """Films, (n, s, s) uint8, averaged to a side of `side` ≤ s."""
    if films.shape[-1] == side:
        return films
    smaller = F.interpolate(films.float().unsqueeze(1), size=(side, side), mode="area")
    return smaller.round().to(torch.uint8)[:, 0]
