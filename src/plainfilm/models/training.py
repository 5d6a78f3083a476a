"""The training loop that all networks share: warm-up, cosine decay, averaged weights."""

import copy
import math
import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import torch
from torch import Tensor, nn

from plainfilm.errors import ModelError, SettingsError

__all__ = ["Checkpoint", "Device", "Schedule", "fit", "fit_resumable", "read_checkpoint"]

Batch = TypeVar("Batch")
Network = TypeVar("Network", bound=nn.Module)

_OPTIMIZERS: Final = ("adamw", "sgd")
_PRECISIONS: Final = ("single", "mixed")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast a network learns.

    Attributes:
        steps: number of batches.
        learning_rate: of the backbone, at its highest; it then falls along a half cosine.
        head_ratio: how many times faster the layers outside the backbone learn.
        weight_decay: of AdamW (Loshchilov and Hutter, ICLR 2019), or of SGD.
        warm_up: steps until the learning rate is at its highest.
        averaging: decay of the exponential moving average of the weights, which is the result.
        clip: the largest norm of a gradient.
        falling: whether the learning rate falls after the warm-up; else it stays.
        drops: steps from which the learning rate is a tenth of what it was before.
        optimizer: `adamw` or `sgd`.
        momentum: of SGD.
    Raises:
        SettingsError: there is no such optimizer.
    """

    steps: int = 1200
    learning_rate: float = 4e-4
    head_ratio: float = 5.0
    weight_decay: float = 0.02
    warm_up: int = 100
    averaging: float = 0.997
    clip: float = 2.0
    falling: bool = True
    drops: tuple[int, ...] = ()
    optimizer: str = "adamw"
    momentum: float = 0.9

    def __post_init__(self) -> None:
        if self.optimizer not in _OPTIMIZERS:
            raise SettingsError(f"the optimizer is one of {', '.join(_OPTIMIZERS)}")


@dataclass(frozen=True, slots=True)
class Device:
    """Where a network learns, and how precisely it computes.

    Attributes:
        name: `cpu`, `cuda` or another that PyTorch knows.
        precision: `single`, or `mixed`: products in half precision, sums and weights in single.
    Raises:
        SettingsError: there is no such precision, or no such device here.
    """

    name: str = "cpu"
    precision: str = "single"

    def __post_init__(self) -> None:
        if self.precision not in _PRECISIONS:
            raise SettingsError(f"the precision is one of {', '.join(_PRECISIONS)}")
        try:
            float(torch.ones(1, device=self.name))
        except (RuntimeError, AssertionError) as error:
            raise SettingsError(f"PyTorch finds no device `{self.name}` here") from error

    def autocast(self) -> torch.autocast:
        """The context that products are computed in."""
        kind = torch.device(self.name).type
        return torch.autocast(kind, self._half(), enabled=self.precision == "mixed")

    def scaler(self) -> torch.amp.GradScaler:
        """Keeps small gradients from vanishing in float16; bfloat16 and float32 need none."""
        needed = self.precision == "mixed" and self._half() is torch.float16
        return torch.amp.GradScaler(torch.device(self.name).type, enabled=needed)

    def _half(self) -> torch.dtype:
        # bfloat16 that a GPU only emulates takes longer than single precision does.
        is_old = torch.device(self.name).type == "cuda" and not torch.cuda.is_bf16_supported(
            including_emulation=False
        )
        return torch.float16 if is_old else torch.bfloat16


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file that a training is kept in, so that it goes on after it was stopped.

    Attributes:
        architecture: what the weights fit, in words for messages.
        learning: changes with the films and the plan: a digest.
        every: so many steps.
    """

    path: Path
    architecture: str
    learning: str
    every: int = 50


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
    learning = _Learning(network, backbone, schedule, Device())
    for step, batch in zip(range(schedule.steps), batches, strict=False):
        progress(step, learning.step(step, batch, loss))
    return learning.averaged


def fit_resumable(
    network: Network,
    backbone: nn.Module,
    batch_of: Callable[[int], Batch],
    loss: Callable[[Network, Batch], Tensor],
    schedule: Schedule,
    progress: Callable[[int, float], None],
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    device: Device | None = None,
) -> Network:
    """Train as `fit` does, and go on from a checkpoint where there is one.

    What is drawn at random in a step follows from the seed and the step's number, so that on a
    processor a training that was stopped ends with the weights that it would have ended with.

    Args:
        batch_of: makes the batch of a step.
    Returns:
        The averaged network, on the processor, in evaluation mode.
    Raises:
        ModelError: the checkpoint is damaged, or of another architecture, other films or another
            plan; or a loss is no number.
        SettingsError: the checkpoint cannot be written, or the device has too little memory.
    """
    device = device or Device()
    learning = _Learning(network.to(device.name), backbone, schedule, device)
    start = 0 if checkpoint is None else _restored(learning, checkpoint)
    for step in range(start, schedule.steps):
        torch.manual_seed(_seed_of(seed, step))
        progress(step, learning.step(step, batch_of(step), loss))
        done = step + 1
        if checkpoint is not None and (done % checkpoint.every == 0 or done == schedule.steps):
            _keep(learning, checkpoint, done)
    return learning.averaged.cpu()


class _Learning(Generic[Network]):
    """A network while it learns, with all that a step changes."""

    def __init__(
        self, network: Network, backbone: nn.Module, schedule: Schedule, device: Device
    ) -> None:
        self.network, self.schedule, self.device = network, schedule, device
        own = {id(parameter) for parameter in backbone.parameters()}
        self.trained = [each for each in network.parameters() if each.requires_grad]
        inner = [parameter for parameter in self.trained if id(parameter) in own]
        outer = [parameter for parameter in self.trained if id(parameter) not in own]
        self.optimizer = _optimizer(inner, outer, schedule)
        self.scaler = device.scaler()
        self.averaged = copy.deepcopy(network).eval()
        network.train()

    def step(self, number: int, batch: Batch, loss: Callable[[Network, Batch], Tensor]) -> float:
        """Learn from one batch; returns its loss.

        Raises:
            ModelError: it is no number; the weights are not to be used then.
            SettingsError: the device has too little memory.
        """
        try:
            return self._step(number, batch, loss)
        except torch.OutOfMemoryError as error:
            raise SettingsError(
                f"`{self.device.name}` has too little memory; learn from fewer films in each step,"
                " or smaller ones"
            ) from error

    def _step(self, number: int, batch: Batch, loss: Callable[[Network, Batch], Tensor]) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * _rate_at(number, self.schedule)
        with self.device.autocast():
            value = loss(self.network, batch)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(value).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.trained, self.schedule.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        keep = min(self.schedule.averaging, (number + 1) / (number + 10))
        _average(self.averaged, self.network, keep)
        found = float(value.detach())
        if not (math.isfinite(found) or self.scaler.is_enabled()):  # which leaves such steps out
            raise ModelError(
                f"the loss of step {number + 1:,} is no number: the network learns too fast, or"
                " from weights that are none"
            )
        return found

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name).state_dict() for name in _STATE}

    def load(self, state: dict[str, Any]) -> None:
        for name in _STATE:
            # A scaler that had nothing to do, on another device, has no state.
            if name != "scaler" or state[name]:
                getattr(self, name).load_state_dict(state[name])


_STATE: Final = ("network", "averaged", "optimizer", "scaler")


def _optimizer(
    inner: Sequence[nn.Parameter], outer: Sequence[nn.Parameter], schedule: Schedule
) -> torch.optim.Optimizer:
    rate = schedule.learning_rate
    groups = [
        {"params": inner, "highest": rate},
        {"params": outer, "highest": rate * schedule.head_ratio},
    ]
    filled = [group for group in groups if group["params"]]
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(
            filled, momentum=schedule.momentum, weight_decay=schedule.weight_decay
        )
    return torch.optim.AdamW(filled, weight_decay=schedule.weight_decay)


def _rate_at(step: int, schedule: Schedule) -> float:
    """The share of the highest learning rate; it ends at a hundredth, not at nothing."""
    warm = min(1.0, (step + 1) / max(1, schedule.warm_up))
    warm *= 0.1 ** sum(step >= drop for drop in schedule.drops)
    if not schedule.falling:
        return warm
    return warm * (0.5 * (1 + math.cos(math.pi * min(1.0, step / schedule.steps))) + 0.01)


def _average(averaged: nn.Module, network: nn.Module, keep: float) -> None:
    with torch.no_grad():
        pairs = zip(averaged.parameters(), network.parameters(), strict=True)
        learnt = [(old, new) for old, new in pairs if new.requires_grad]
        torch._foreach_lerp_(  # one call in place of hundreds
            [old for old, _ in learnt], [new for _, new in learnt], 1 - keep
        )
        for old, new in zip(averaged.buffers(), network.buffers(), strict=True):
            old.copy_(new)  # running statistics of batch norms are averages already


def _seed_of(seed: int, step: int) -> int:
    return (seed * 1_000_003 + step) % (1 << 63)


def _keep(learning: _Learning[Any], checkpoint: Checkpoint, step: int) -> None:
    partial = checkpoint.path.with_suffix(".partial")
    names = {"architecture": checkpoint.architecture, "learning": checkpoint.learning}
    try:
        torch.save({**names, "step": step, "state": learning.state()}, partial)
        partial.rename(checkpoint.path)
    except OSError as error:
        raise SettingsError(f"cannot write {checkpoint.path}: {error.strerror}") from error


def _restored(learning: _Learning[Any], checkpoint: Checkpoint) -> int:
    """Load a checkpoint, if there is one; returns the number of steps that were done."""
    if not checkpoint.path.exists():
        return 0
    found = read_checkpoint(checkpoint.path)
    if found["architecture"] != checkpoint.architecture:
        raise ModelError(
            f"{checkpoint.path} is of another architecture: it holds {found['architecture']},"
            f" and this is {checkpoint.architecture}; remove it, or choose another folder"
        )
    if found["learning"] != checkpoint.learning:
        raise ModelError(
            f"{checkpoint.path} was made from other films or by another plan; remove it, or choose"
            " another folder"
        )
    try:
        learning.load(found["state"])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(
            f"{checkpoint.path} holds weights that do not fit the network; remove it"
        ) from error
    return int(found["step"])


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint file.

    Raises:
        ModelError: it cannot be read, or is none.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is no checkpoint that can be read; remove it") from error
    if not isinstance(found, dict) or not {"architecture", "learning", "step"} <= set(found):
        raise ModelError(f"{path} is no checkpoint of plainfilm")
    return found
