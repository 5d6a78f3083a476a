"""Every detector that needs no torchvision, as small as it can be, and films to learn from."""

from typing import Any

import torch
from transformers import HGNetV2Config, ResNetConfig, RTDetrResNetConfig

from plainfilm.findings.training.detectors import Detector, Target, make_detector
from plainfilm.findings.training.detectors.anchors import Anchors

SIDE = 64
CLASSES = 3
_STAGES: dict[str, Any] = {
    "embedding_size": 8,
    "hidden_sizes": [8, 12, 16, 24],
    "depths": [1, 1, 1, 1],
    "layer_type": "basic",
    "out_features": ["stage2", "stage3", "stage4"],
}


def efficientdet() -> Detector:
    anchors = Anchors(strides=(16, 32), octaves=1)
    settings = {"anchors": anchors, "width": 16, "pyramids": 1, "depth": 1, "pretrained": False}
    return make_detector("efficientdet", CLASSES, settings=settings)


def sparse_rcnn() -> Detector:
    settings = {"proposals": 6, "width": 16, "stages": 2, "heads": 2, "pretrained": False}
    return make_detector("sparse-rcnn", CLASSES, settings=settings)


def rt_detr_v2() -> Detector:
    backbone = RTDetrResNetConfig(**_STAGES)
    settings = {"backbone_config": backbone, "encoder_in_channels": [12, 16, 24], **_small()}
    return make_detector("rt-detr-v2", CLASSES, settings=settings)


def d_fine() -> Detector:
    backbone = HGNetV2Config(
        embedding_size=8,
        hidden_sizes=[8, 12, 16, 24],
        depths=[1, 1, 1, 1],
        stem_channels=[3, 8, 8],
        stage_in_channels=[8, 8, 12, 16],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[8, 12, 16, 24],
        stage_num_blocks=[1, 1, 1, 1],
        stage_downsample=[False, True, True, True],
        stage_light_block=[False, False, True, True],
        stage_kernel_size=[3, 3, 3, 3],
        stage_numb_of_layers=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )
    settings = {"backbone_config": backbone, "encoder_in_channels": [12, 16, 24], **_small()}
    return make_detector("d-fine", CLASSES, settings=settings)


def deformable_detr() -> Detector:
    backbone = ResNetConfig(**_STAGES)
    settings = {
        "backbone_config": backbone,
        "d_model": 64,  # its 32 groups of channels cannot be normalised on one pixel each
        "encoder_layers": 1,
        "decoder_layers": 2,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "num_queries": 8,
    }
    return make_detector("deformable-detr", CLASSES, settings=settings)


def _small() -> dict[str, Any]:
    return {
        "d_model": 32,
        "encoder_hidden_dim": 32,
        "encoder_ffn_dim": 32,
        "decoder_in_channels": [32, 32, 32],
        "decoder_ffn_dim": 32,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "num_queries": 8,
        "num_denoising": 0,
    }


MAKERS = [efficientdet, sparse_rcnn, rt_detr_v2, d_fine, deformable_detr]


def batch() -> tuple[torch.Tensor, list[Target]]:
    """Two films: one with a bright and a dark box, one with nothing on it."""
    films = torch.rand(2, 1, SIDE, SIDE) * 0.2 + 0.4
    films[0, 0, 10:30, 8:40] = 1
    films[0, 0, 36:60, 36:58] = 0
    boxes = torch.tensor([[8.0, 10.0, 32.0, 20.0], [36.0, 36.0, 22.0, 24.0]])
    nothing = Target(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    return films, [Target(boxes, torch.tensor([0, 2])), nothing]
