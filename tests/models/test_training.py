"""The training loop: it resumes, repeats itself, and refuses checkpoints of others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from plainfilm.errors import ModelError, SettingsError  # noqa: E402
from plainfilm.models.training import (  # noqa: E402
    Checkpoint,
    Device,
    Schedule,
    fit_resumable,
    read_checkpoint,
)

_SCHEDULE = Schedule(steps=12, learning_rate=0.02, warm_up=2, averaging=0.9)


def _learn(
    schedule: Schedule = _SCHEDULE,
    *,
    checkpoint: Checkpoint | None = None,
    device: Device | None = None,
    progress: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Any:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1)
    )

    def batch_of(_step: int) -> Any:
        return torch.randn(16, 4)

    def loss(network: Any, batch: Any) -> Any:
        return (network(batch).float()[:, 0] - batch[:, 0]).square().mean()

    return fit_resumable(
        network,
        network[0],
        batch_of,
        loss,
        schedule,
        progress,
        seed=3,
        checkpoint=checkpoint,
        device=device,
    )


def _kept(folder: Path, **changed: Any) -> Checkpoint:
    return replace(Checkpoint(folder / "kept.pt", "a small one", "digest", every=5), **changed)


def _same(one: Any, other: Any) -> bool:
    states = (one.state_dict(), other.state_dict())
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_same_seed_gives_the_same_weights() -> None:
    assert _same(_learn(), _learn())


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(tmp_path: Path, optimizer: str) -> None:
    schedule = replace(_SCHEDULE, optimizer=optimizer)

    class Stopped(Exception):
        pass

    def stop(step: int, _loss: float) -> None:
        if step == 8:
            raise Stopped

    with pytest.raises(Stopped):
        _learn(schedule, checkpoint=_kept(tmp_path), progress=stop)
    assert read_checkpoint(tmp_path / "kept.pt")["step"] == 5
    steps: list[int] = []
    again = _learn(
        schedule, checkpoint=_kept(tmp_path), progress=lambda step, _loss: steps.append(step)
    )
    assert steps == list(range(5, 12))
    assert _same(again, _learn(schedule))


def test_running_statistics_are_part_of_the_result() -> None:
    assert float(_learn()[1].running_mean.abs().sum()) > 0


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    checkpoint = _kept(tmp_path, every=4)
    first = _learn(checkpoint=checkpoint)
    steps: list[int] = []
    again = _learn(checkpoint=checkpoint, progress=lambda step, _loss: steps.append(step))
    assert steps == []
    assert _same(first, again)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"architecture": "a large one"}, "it holds a small one, and this is a large one"),
        ({"learning": "other"}, "other films or by another plan"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    _learn(checkpoint=_kept(tmp_path))
    with pytest.raises(ModelError, match=said):
        _learn(checkpoint=_kept(tmp_path, **changed))


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kept.pt").write_bytes(content)
    with pytest.raises(ModelError, match="no checkpoint"):
        _learn(checkpoint=_kept(tmp_path))


def test_a_file_of_other_weights_is_no_checkpoint(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, tmp_path / "kept.pt")
    with pytest.raises(ModelError, match="no checkpoint of plainfilm"):
        read_checkpoint(tmp_path / "kept.pt")


def test_mixed_precision_learns_nearly_the_same() -> None:
    single, mixed = _learn(), _learn(device=Device(precision="mixed"))
    found = [network(torch.ones(2, 4)) for network in (single, mixed)]
    assert not torch.equal(*found)
    assert torch.allclose(*found, atol=0.05)
    assert mixed[0].weight.dtype == torch.float32


@pytest.mark.parametrize("wrong", [{"name": "quantum"}, {"name": "cuda:99"}, {"precision": "x"}])
def test_a_device_that_is_not_there_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Device(**wrong)


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(SettingsError, match="sgd"):
        Schedule(optimizer="magic")
