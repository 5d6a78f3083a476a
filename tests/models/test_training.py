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
    loss_of: Callable[[Any], Any] = lambda loss: loss,
) -> Any:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1)
    )

    def batch_of(_step: int) -> Any:
        return torch.randn(16, 4)

    def loss(network: Any, batch: Any) -> Any:
        return loss_of((network(batch).float()[:, 0] - batch[:, 0]).square().mean())

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


class _Stopped(Exception):
    pass


def _stop(step: int, _loss: float) -> None:
    if step == 8:
        raise _Stopped


def _same(one: Any, other: Any) -> bool:
    states = (one.state_dict(), other.state_dict())
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_same_seed_gives_the_same_weights() -> None:
    assert _same(_learn(), _learn())


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(tmp_path: Path, optimizer: str) -> None:
    schedule = replace(_SCHEDULE, optimizer=optimizer)

    with pytest.raises(_Stopped):
        _learn(schedule, checkpoint=_kept(tmp_path), progress=_stop)
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


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> Device:
    """Mixed precision in float16, as on a GPU without bfloat16, computed by the processor."""
    monkeypatch.setattr(Device, "_half", lambda _device: torch.float16)
    return Device(precision="mixed")


def test_float16_learns_nearly_the_same_with_scaled_gradients(half: Device) -> None:
    assert half.scaler().is_enabled()
    losses: list[list[float]] = [[], []]
    for device, found in zip((Device(), half), losses, strict=True):
        _learn(device=device, progress=lambda _step, loss, found=found: found.append(loss))
    single, mixed = losses
    assert mixed[0] == pytest.approx(single[0], abs=0.01)
    assert mixed[2] != mixed[0]
    assert mixed == pytest.approx(single, abs=0.2)  # a first step too large is left out


def test_a_step_whose_scaled_gradients_overflow_is_left_out(half: Device) -> None:
    losses: list[float] = []

    def overflowing(loss: Any) -> Any:
        return loss * (1e36 if len(losses) == 3 else 1)

    learnt = _learn(
        device=half, progress=lambda _step, loss: losses.append(loss), loss_of=overflowing
    )
    assert len(losses) == 12
    assert all(torch.isfinite(each).all() for each in learnt.state_dict().values())


def test_scaled_training_is_resumed_and_goes_on_from_one_that_was_not_scaled(
    tmp_path: Path, half: Device
) -> None:
    with pytest.raises(_Stopped):
        _learn(checkpoint=_kept(tmp_path), device=half, progress=_stop)
    assert _same(_learn(checkpoint=_kept(tmp_path), device=half), _learn(device=half))
    single = _kept(tmp_path, path=tmp_path / "single.pt")
    with pytest.raises(_Stopped):
        _learn(checkpoint=single, progress=_stop)
    _learn(checkpoint=single, device=half)


def test_emulated_bfloat16_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation
    )
    device = Device(precision="mixed")
    object.__setattr__(device, "name", "cuda")
    assert device._half() is torch.float16  # no such GPU is here


def test_a_loss_that_is_no_number_ends_the_training_before_it_is_kept(tmp_path: Path) -> None:
    losses: list[float] = []
    with pytest.raises(ModelError, match="loss of step 8 is no number"):
        _learn(
            checkpoint=_kept(tmp_path),
            progress=lambda _step, loss: losses.append(loss),
            loss_of=lambda loss: loss * (float("nan") if len(losses) == 7 else 1),
        )
    assert read_checkpoint(tmp_path / "kept.pt")["step"] == 5


def test_too_little_memory_is_said() -> None:
    def full(_loss: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(SettingsError, match="`cpu` has too little memory"):
        _learn(loss_of=full)


@pytest.mark.parametrize("state", [{}, {"network": {"0.weight": 1}}, None])
def test_a_checkpoint_whose_weights_do_not_fit_is_refused(tmp_path: Path, state: Any) -> None:
    kept = {"architecture": "a small one", "learning": "digest", "step": 5}
    torch.save(kept if state is None else kept | {"state": state}, tmp_path / "kept.pt")
    with pytest.raises(ModelError, match="do not fit the network"):
        _learn(checkpoint=_kept(tmp_path))


@pytest.mark.parametrize(
    "wrong", [{"name": "quantum"}, {"name": "cuda:99"}, {"name": "meta"}, {"precision": "x"}]
)
def test_a_device_that_is_not_there_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Device(**wrong)


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(SettingsError, match="sgd"):
        Schedule(optimizer="magic")
