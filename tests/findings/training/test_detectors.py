"""Every detector behind the one interface: it learns, and gives what the interface says."""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from small_detectors import CLASSES, MAKERS, SIDE, batch, rt_detr_v2
from torch import nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.training.detector_run import DETECTOR_PRESETS
from plainfilm.findings.training.detectors import DETECTORS, Detector, make_detector
from plainfilm.findings.training.detectors.interface import CANDIDATES
from plainfilm.models.training import Schedule, fit_resumable

pytestmark = pytest.mark.usefixtures("seeded")


def quiet(_step: int, _loss: float) -> None:
    pass


def losses_of_steps(
    detector: Detector, steps: int, *, rate: float, clip: float = math.inf
) -> list[float]:
    """The loss of one batch before each step of learning from it."""
    films, targets = batch()
    optimizer = torch.optim.AdamW(detector.parameters(), lr=rate)
    losses = []
    for _ in range(steps):
        loss = total_loss(detector, (films, targets))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(detector.parameters(), clip)
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


MAKERS_BY_NAME = pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)


@MAKERS_BY_NAME
def test_a_few_steps_lower_the_loss_of_one_batch(maker: Callable[[], Detector]) -> None:
    detector = maker().train()
    losses = losses_of_steps(detector, 8, rate=2e-3, clip=1.0)
    assert min(losses[-2:]) < 0.9 * losses[0]


@MAKERS_BY_NAME
def test_what_is_found_is_what_the_interface_says(maker: Callable[[], Detector]) -> None:
    detector = maker().eval()
    with torch.no_grad():
        boxes, scores, labels = detector(batch()[0])
    assert boxes.shape == (*scores.shape, 4)
    assert labels.shape == scores.shape
    assert labels.dtype == torch.int64
    assert int(labels.min()) >= 0
    assert int(labels.max()) < CLASSES
    assert 0 <= float(boxes.min()) <= float(boxes.max()) <= 1
    assert 0 <= float(scores.min()) <= float(scores.max()) <= 1
    assert (scores.diff(dim=1) <= 0).all()  # the best come first


@MAKERS_BY_NAME
def test_films_without_findings_can_be_learnt_from(maker: Callable[[], Detector]) -> None:
    detector = maker().train()
    films, targets = batch()
    loss = sum(detector.losses(films, [targets[1], targets[1]]).values())
    loss.backward()
    assert torch.isfinite(loss)


@MAKERS_BY_NAME
def test_a_network_that_went_astray_is_told(maker: Callable[[], Detector]) -> None:
    detector = maker().train()
    for parameter in detector.parameters():
        parameter.data.fill_(float("nan"))
    schedule = Schedule(steps=1)
    with pytest.raises(ModelError, match=r"no numbers?\b.* learn"):
        fit_resumable(
            *(detector, detector.backbone, lambda _: batch(), total_loss, schedule, quiet), seed=0
        )


def total_loss(detector: Detector, given: Any) -> torch.Tensor:
    return sum(detector.losses(*given).values(), torch.zeros(()))


def test_settings_that_make_no_detector_are_refused() -> None:
    for settings in ({"colour": 1}, {"width": 10, "heads": 3}):
        with pytest.raises(SettingsError, match="these settings make no sparse-rcnn"):
            make_detector("sparse-rcnn", CLASSES, settings={**settings, "pretrained": False})
    with pytest.raises(SettingsError, match="takes no settings"):
        make_detector("retinanet", CLASSES, settings={"width": 10})


def test_an_untaught_backbone_keeps_its_batch_norms() -> None:
    """Frozen ones never see a film's statistics; only weights bring some along."""
    assert any(isinstance(each, nn.BatchNorm2d) for each in rt_detr_v2().modules())


def test_large_lesions_have_anchors_of_their_size() -> None:
    anchors = DETECTOR_PRESETS["paper"].settings["anchors"]
    settings = {"anchors": anchors, "width": 8, "pyramids": 1, "depth": 1, "pretrained": False}
    detector = make_detector("efficientdet", CLASSES, settings=settings).eval()
    films = torch.zeros(1, 1, 160, 96)  # no multiple of the coarsest stride
    with torch.no_grad():
        boxes, _, _ = detector(films)
    assert boxes.shape == (1, CANDIDATES, 4)
    laid = anchors.lay([(1, 1)] * len(anchors.strides))
    assert float((laid[:, 2] - laid[:, 0]).max()) > 700


def test_an_unknown_detector_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(SettingsError, match=", ".join(DETECTORS)):
        make_detector("yolo", CLASSES)


def test_own_detectors_take_no_other_weights() -> None:
    with pytest.raises(SettingsError, match="starts from ImageNet"):
        make_detector("efficientdet", CLASSES, weights="weights")


def test_weights_that_are_not_there_are_told_of(tmp_path: Any) -> None:
    with pytest.raises(ModelError, match="is no folder of weights"):
        make_detector("rt-detr-v2", CLASSES, weights=str(tmp_path / "none"))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="holds no weights"):
        make_detector("rt-detr-v2", CLASSES, weights=str(tmp_path))


def test_weights_of_another_number_of_classes_give_all_but_the_head(tmp_path: Any) -> None:
    first = rt_detr_v2()
    first.body.save_pretrained(tmp_path)
    again = make_detector("rt-detr-v2", CLASSES + 2, weights=str(tmp_path))
    name = "model.backbone.model.embedder.embedder.0.convolution.weight"
    assert torch.equal(again.body.state_dict()[name], first.body.state_dict()[name])


@pytest.mark.parametrize("name", ["faster-rcnn", "retinanet"])
def test_without_torchvision_its_detectors_say_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(ModelError, match="needs torchvision, in the build that fits"):
        make_detector(name, CLASSES)


TORCHVISION_BY_NAME = pytest.mark.parametrize("name", ["faster-rcnn", "retinanet"])


@TORCHVISION_BY_NAME
@pytest.mark.usefixtures("torchvision")
def test_detectors_of_torchvision_learn_and_see_films_in_their_own_size(
    name: str, tmp_path: Path
) -> None:
    detector = make_detector(name, CLASSES).train()
    losses = losses_of_steps(detector, 5, rate=5e-5)
    assert min(losses[1:]) < 0.9 * losses[0]
    seen: list[torch.Size] = []
    detector.backbone.register_forward_hook(lambda _m, given, _o: seen.append(given[0].shape))
    with torch.no_grad():
        boxes, scores, labels = detector.eval()(batch()[0])
    assert seen == [(2, 3, SIDE, SIDE)]
    assert boxes.shape == (*scores.shape, 4)
    assert labels.shape == scores.shape
    state = tmp_path / "state.pth"
    torch.save(detector.body.state_dict(), state)
    again = make_detector(name, CLASSES + 2, weights=str(state))  # all but the last layers
    first = "backbone.body.conv1.weight"
    assert torch.equal(again.body.state_dict()[first], detector.body.state_dict()[first])
    # A ResNet-50 alone, too.
    bare = {
        each.removeprefix("backbone.body."): value
        for each, value in detector.body.state_dict().items()
        if each.startswith("backbone.body.")
    }
    torch.save(bare, state)
    again = make_detector(name, CLASSES, weights=str(state))
    assert torch.equal(again.body.state_dict()[first], detector.body.state_dict()[first])
    torch.save({"other": torch.zeros(1)}, state)
    for text in (None, "no weights"):
        if text is not None:
            state.write_text(text)
        with pytest.raises(ModelError, match="holds no weights"):
            make_detector(name, CLASSES, weights=str(state))


class _Stub(nn.Module):
    """Stands in for torchvision's detectors: the same calls, and answers of the same form."""

    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.given = given
        self.backbone = nn.Conv2d(3, 1, 1)
        self.transform = SimpleNamespace()
        self.taught: Any = None

    def forward(self, films: Any, targets: Any = None) -> Any:
        if self.training:
            self.taught = targets
            return {"loss_classifier": self.backbone(torch.stack(films)).mean()}
        boxes = torch.tensor([[0.0, 16.0, 32.0, 64.0]])
        found = {"boxes": boxes, "scores": torch.tensor([0.9]), "labels": torch.tensor([1])}
        nothing = {name: value[:0] for name, value in found.items()}
        return [found, nothing]


@pytest.mark.parametrize(("name", "first"), [("faster-rcnn", 1), ("retinanet", 0)])
def test_detectors_of_torchvision_are_brought_behind_the_interface(
    name: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ModuleType("torchvision.models")
    models.detection = SimpleNamespace(  # type: ignore[attr-defined]
        fasterrcnn_resnet50_fpn=_Stub, retinanet_resnet50_fpn=_Stub
    )
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    detector = make_detector(name, CLASSES)
    assert detector.body.given["num_classes"] == CLASSES + first
    films, targets = batch()
    detector.train().losses(films, targets)
    taught = detector.body.taught[0]
    assert taught["boxes"].tolist()[0] == [8, 10, 40, 30]  # corners
    assert taught["labels"].tolist() == [first, 2 + first]
    boxes, scores, labels = detector.eval()(films)
    assert boxes[0].tolist() == [[0, 0.25, 0.5, 1]]
    assert scores.tolist() == [[pytest.approx(0.9)], [0]]
    assert labels[0].tolist() == [1 - first]
