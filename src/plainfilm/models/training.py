"""The training loop that all networks share: warm-up, cosine decay, averaged weights."""

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

__all__ = ["Schedule", "fit"]

Batch = TypeVar("Batch")
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast a network learns.

    Attributes:
        steps: number of batches.
        learning_rate: of the backbone, at its highest; it then falls along a half cosine.
        head_ratio: how many times faster the layers outside the backbone learn.
        weight_decay: of AdamW (Loshchilov and Hutter, ICLR 2019).
        warm_up: steps until the learning rate is at its highest.
        averaging: decay of the exponential moving average of the weights, which is the result.
        clip: the largest norm of a gradient.
        falling: whether the learning rate falls after the warm-up; else it stays.
    """

    steps: int = 1200
    learning_rate: float = 4e-4
    head_ratio: float = 5.0
    weight_decay: float = 0.02
    warm_up: int = 100
    averaging: float = 0.997
    clip: float = 2.0
    falling: bool = True


def fit(
    network: Network,
    backbone: nn.Module,
    batches: Iterable[Batch],
    loss: Callable[[Network, Batch], Tensor],
    schedule: Schedule,
    progress: Callable[[int, float], None],
) -> Network:
    """Train a network and return a copy with its averaged weights, in evaluation mode.

    Args:
        backbone: the part of the network that learns at the plain rate.
        batches: at least `schedule.steps` of them.
        loss: of one batch, a scalar.
        progress: called after each step with its number and its loss.
    """
    own = {id(parameter) for parameter in backbone.parameters()}
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    inner = [parameter for parameter in trained if id(parameter) in own]
    outer = [parameter for parameter in trained if id(parameter) not in own]
    rate = schedule.learning_rate
    groups = [{"params": inner, "lr": rate}, {"params": outer, "lr": rate * schedule.head_ratio}]
    optimizer = torch.optim.AdamW(
        [group for group in groups if group["params"]], weight_decay=schedule.weight_decay
    )
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate_at(step, schedule))
    averaged = copy.deepcopy(network).eval()
    network.train()
    for step, batch in zip(range(schedule.steps), batches, strict=False):
        value = loss(network, batch)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, schedule.clip)
        optimizer.step()
        decay.step()
        _average(averaged, network, min(schedule.averaging, (step + 1) / (step + 10)))
        progress(step, float(value.detach()))
    return averaged


def _rate_at(step: int, schedule: Schedule) -> float:
    """The share of the highest learning rate; it ends at a hundredth, not at nothing."""
    warm = min(1.0, (step + 1) / max(1, schedule.warm_up))
    if not schedule.falling:
        return warm
    return warm * (0.5 * (1 + math.cos(math.pi * min(1.0, step / schedule.steps))) + 0.01)


def _average(averaged: nn.Module, network: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for old, new in zip(averaged.parameters(), network.parameters(), strict=True):
            if new.requires_grad:
                old.lerp_(new, 1 - keep)
