"""Every detector as ONNX: ONNX Runtime finds the boxes that PyTorch finds."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from small_detectors import CLASSES, MAKERS, SIDE, batch
from torch import nn

from plainfilm.findings.training.detector_model import write_detector_network
from plainfilm.findings.training.detectors import Detector, make_detector
from plainfilm.models import find_detector
from plainfilm.models.card import write_card
from plainfilm.models.detector import Detector as OnnxDetector
from plainfilm.models.detector import FoundBoxes, suppress
from plainfilm.models.detector_card import DetectorCard
from plainfilm.models.store import DETECTOR_CARD_FILE, DETECTOR_NETWORK_FILE

pytestmark = pytest.mark.usefixtures("seeded")


@pytest.mark.parametrize("maker", MAKERS[1:], ids=lambda maker: maker.__name__)
def test_onnx_runtime_finds_the_boxes_that_pytorch_finds(
    maker: Callable[[], Detector], tmp_path: Path
) -> None:
    """EfficientDet's file is looked at where one is trained, in test_detector_run.py."""
    same_as_onnx(maker().eval(), tmp_path)


def same_as_onnx(detector: Detector, folder: Path) -> None:
    """Export a detector, run it as `detect` does, and compare."""
    for parameter in detector.parameters():
        # Untaught, some are 0, and what comes first is chance. The file holds half precision.
        parameter.data = (parameter.data + 0.1 * torch.randn_like(parameter)).half().float()
    network = folder / DETECTOR_NETWORK_FILE
    write_detector_network(detector, (SIDE, SIDE), network)
    card = DetectorCard(
        name="tiny",
        version="1",
        sha256=hashlib.sha256(network.read_bytes()).hexdigest(),
        task="spine",
        labels=tuple("abc"[:CLASSES]),
        rows=SIDE,
        columns=SIDE,
        licence="none",
        least_score=0.0,
        overlap=detector.overlap,
    )
    write_card(card, folder / DETECTOR_CARD_FILE)
    film = batch()[0][:1]
    said = OnnxDetector(find_detector(folder)).run(film.numpy()[0, 0])
    with torch.no_grad():
        boxes, scores, found = (each[0].numpy() for each in detector(film))
    wanted = FoundBoxes(boxes.astype(float), scores.astype(float), found)
    wanted = wanted.only((wanted.boxes[:, 2:] > wanted.boxes[:, :2]).all(axis=1))
    if detector.overlap is not None:
        wanted = wanted.only(suppress(wanted, detector.overlap))
    count = min(len(wanted), 100)
    assert len(said) == count
    assert np.allclose(said.scores, wanted.scores[:count], atol=1e-3)
    for place in range(count):  # scores that are nearly the same may change places
        same = said.labels == wanted.labels[place]
        near = np.abs(said.boxes - wanted.boxes[place]).max(axis=1) < 5e-3
        assert (same & near).any()


@pytest.mark.parametrize("name", ["faster-rcnn", "retinanet"])
@pytest.mark.usefixtures("torchvision")
def test_onnx_runtime_finds_what_detectors_of_torchvision_find(name: str, tmp_path: Path) -> None:
    detector = make_detector(name, CLASSES).eval()
    # Untaught, RetinaNet is sure of nothing.
    part = detector.body.head if name == "retinanet" else detector.body.roi_heads
    for each in part.modules():
        if isinstance(each, nn.Conv2d) and each.out_channels == 9 * CLASSES:
            nn.init.normal_(each.weight, std=0.05)
            nn.init.constant_(each.bias, -1.0)
    same_as_onnx(detector, tmp_path)
