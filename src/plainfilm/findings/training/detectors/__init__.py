"""Detectors behind one interface: losses from films and true boxes, boxes from films.

EfficientDet and Sparse R-CNN are our own, on a backbone with ImageNet weights; others come from
the packages transformers and torchvision, which are imported when they are asked for.
"""

from plainfilm.findings.training.detectors.interface import OUTPUTS, Detector, Target
from plainfilm.findings.training.detectors.make import DETECTORS, make_detector

__all__ = ["DETECTORS", "OUTPUTS", "Detector", "Target", "make_detector"]
