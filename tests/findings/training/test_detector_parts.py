"""The parts that detectors are made of, against what can be worked out by hand."""

import math

import pytest
import torch

from plainfilm.findings.training.detectors.anchors import (
    NOTHING,
    UNSURE,
    Anchors,
    decode,
    encode,
    match,
)
from plainfilm.findings.training.detectors.boxes import (
    centres,
    corners,
    from_coco,
    generalised_iou,
    iou,
)
from plainfilm.findings.training.detectors.focal import focal_loss
from plainfilm.findings.training.detectors.interface import MOST_BOXES, best_boxes
from plainfilm.findings.training.detectors.matching import assign
from plainfilm.findings.training.detectors.pyramid import BiFpn, Fpn, LitePyramid
from plainfilm.findings.training.detectors.roi_align import pool_boxes, roi_align


def test_boxes_go_from_one_form_to_another_and_back() -> None:
    box = torch.tensor([[1.0, 2.0, 4.0, 8.0]])
    assert from_coco(box).tolist() == [[1, 2, 5, 10]]
    assert centres(box).tolist() == [[2.5, 5, 3, 6]]
    assert corners(centres(box)).tolist() == box.tolist()


def test_overlaps_are_those_worked_out_by_hand() -> None:
    one, half, far = (
        torch.tensor([[0.0, 0.0, 2.0, 2.0]]),
        torch.tensor([[1.0, 0.0, 3.0, 2.0]]),
        torch.tensor([[4.0, 0.0, 6.0, 2.0]]),
    )
    assert iou(one, torch.cat((one, half, far)))[0].tolist() == [1, pytest.approx(1 / 3), 0]
    assert generalised_iou(one, half).tolist() == [pytest.approx(1 / 3)]
    assert generalised_iou(one, far).tolist() == [pytest.approx(-1 / 3)]  # a third lies between


def test_anchors_are_centred_on_their_places_with_the_sizes_asked_for() -> None:
    anchors = Anchors(strides=(8, 16), size=2.0, octaves=1, ratios=(1.0, 4.0))
    found = anchors.lay([(1, 2), (1, 1)])
    assert anchors.at_a_place == 2
    assert centres(found).tolist() == [
        [4, 4, 16, 16],
        [4, 4, 8, 32],  # four times as high as wide, of the same area
        [12, 4, 16, 16],
        [12, 4, 8, 32],
        [8, 8, 32, 32],
        [8, 8, 16, 64],
    ]


def test_an_anchor_is_right_wrong_or_neither_by_how_far_it_lies_on_a_box() -> None:
    box = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    #                      IoU 1            0.45             0.2
    widths = torch.tensor([10.0, 4.5, 2.0])
    anchors = torch.tensor([[0.0, 0.0, float(width), 10.0] for width in widths])
    assert match(anchors, box).tolist() == [0, UNSURE, NOTHING]
    # Where none is right, the best one is.
    assert match(anchors[1:], box).tolist() == [0, NOTHING]
    assert match(anchors, box[:0]).tolist() == [NOTHING] * 3


def test_moves_bring_anchors_to_their_boxes() -> None:
    torch.manual_seed(0)
    low = torch.rand(20, 2) * 50
    anchors = torch.cat((low, low + 5 + torch.rand(20, 2) * 30), 1)
    boxes = torch.cat((low + 3, low + 9 + torch.rand(20, 2) * 30), 1)
    assert torch.allclose(decode(anchors, encode(anchors, boxes)), boxes, atol=1e-4)


def test_the_focal_loss_is_cross_entropy_times_how_wrong_it_is() -> None:
    logit = torch.tensor([math.log(3.0)])  # 0.75
    right = focal_loss(logit, torch.ones(1)).item()
    wrong = focal_loss(logit, torch.zeros(1)).item()
    assert right == pytest.approx(0.25 * 0.25**2 * -math.log(0.75))
    assert wrong == pytest.approx(0.75 * 0.75**2 * -math.log(0.25))


def test_each_finding_gets_one_prediction_at_the_least_cost() -> None:
    boxes = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0]])
    logits = torch.zeros(3, 2)
    chosen, findings = assign(logits, boxes, torch.tensor([0, 1]), boxes[[1, 0]])
    assert chosen.tolist() == [0, 1]
    assert findings.tolist() == [1, 0]
    # Of two boxes alike, the one that names the finding.
    logits[1, 1] = 4.0
    chosen, _ = assign(logits[:2], boxes[[0, 0]], torch.tensor([1]), boxes[[0]])
    assert chosen.tolist() == [1]
    # Of two boxes whose corners are equally far, the one that lies on it more.
    near = torch.tensor([[0.0, 0.0, 0.5, 0.1], [0.2, 0.2, 0.5, 0.5]])
    true = torch.tensor([[0.0, 0.0, 0.5, 0.5]])
    chosen, _ = assign(torch.zeros(2, 1), near, torch.tensor([0]), true)
    assert chosen.tolist() == [1]
    assert len(assign(logits, boxes, torch.zeros(0, dtype=torch.int64), boxes[:0])[0]) == 0


def test_roi_align_averages_what_is_inside_a_box() -> None:
    x = torch.arange(16.0).expand(1, 1, 16, 16)
    features = torch.cat((x, x.transpose(2, 3)), 1)
    boxes = torch.tensor([[[0.25, 0.5, 0.75, 1.0]]])
    found = roi_align(features, boxes, 2)
    assert found.shape == (1, 1, 2, 2, 2)
    # Pixel i has its middle at i + 0.5, so the mean over columns 4 to 8 is 5.5.
    assert found[0, 0, 0].tolist() == [[5.5, 9.5], [5.5, 9.5]]
    assert found[0, 0, 1, 0].tolist() == [9.5, 9.5]


def test_small_boxes_are_looked_up_on_fine_maps_and_large_ones_on_coarse_maps() -> None:
    maps = [torch.full((1, 1, 32 >> level, 32 >> level), float(level)) for level in range(4)]
    sides = torch.tensor([20, 60, 120, 240, 500]) / 512
    boxes = torch.cat((torch.zeros(5, 2), sides[:, None].expand(-1, 2)), 1)[None]
    found = pool_boxes(maps, (4, 8, 16, 32), boxes, (512, 512), 1).flatten()
    assert found.tolist() == [0, 0, 1, 2, 3]


def test_pyramids_keep_the_sizes_of_their_maps() -> None:
    backbone = LitePyramid(4, pretrained=False)
    maps = backbone(torch.rand(1, 1, 64, 96))
    assert backbone.strides == (4, 8, 16, 32)
    assert [tuple(each.shape[1:]) for each in maps] == [
        (channels, 64 // stride, 96 // stride)
        for channels, stride in zip(backbone.channels, backbone.strides, strict=True)
    ]
    joined = Fpn(backbone.channels, 8)(maps)
    again = BiFpn(4, 8)(joined)
    for each in (joined, again):
        assert [x.shape[2:] for x in each] == [x.shape[2:] for x in maps]


def test_the_best_boxes_of_all_classes_come_first() -> None:
    boxes = torch.rand(1, 200, 4)
    scores = torch.rand(1, 200, 3)
    found, best, labels = best_boxes(boxes, scores)
    assert best.shape == (1, MOST_BOXES)
    assert best[0, 0] == scores.max()
    place = int(scores[0].max(1).values.argmax())
    assert torch.equal(found[0, 0], boxes[0, place])
    assert labels[0, 0] == scores[0, place].argmax()
