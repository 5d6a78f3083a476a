"""Which prediction answers for which finding: each finding gets one, at the least cost in all.

Source: Carion et al., End-to-End Object Detection with Transformers (ECCV 2020), section 3.1, with
the focal cost of Deformable DETR, as Sparse R-CNN has it.
"""

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from plainfilm.findings.training.detectors.boxes import generalised_iou
from plainfilm.findings.training.detectors.interface import strayed

__all__ = ["CLASS_WEIGHT", "CORNER_WEIGHT", "IOU_WEIGHT", "assign"]

CLASS_WEIGHT = 2.0
CORNER_WEIGHT = 5.0
IOU_WEIGHT = 2.0
_ALPHA = 0.25
_GAMMA = 2.0
_TINY = 1e-8


@torch.no_grad()
def assign(logits: Tensor, boxes: Tensor, labels: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """Pair predictions with findings.

    Args:
        logits: (n, classes). boxes: (n, 4) corners as shares of the film.
        labels: (k,), true: (k, 4), of the findings.
    Returns:
        The places of predictions and of findings, (min(n, k),) each.
    Raises:
        ModelError: a prediction is no number.
    """
    if not len(true):
        nothing = torch.zeros(0, dtype=torch.int64, device=logits.device)
        return nothing, nothing
    said = logits.float().sigmoid()
    right = _ALPHA * (1 - said) ** _GAMMA * -(said + _TINY).log()
    wrong = (1 - _ALPHA) * said**_GAMMA * -(1 - said + _TINY).log()
    cost = CLASS_WEIGHT * (right - wrong)[:, labels]
    cost = cost + CORNER_WEIGHT * torch.cdist(boxes.float(), true.float(), p=1)
    cost = cost - IOU_WEIGHT * generalised_iou(boxes[:, None].float(), true[None].float())
    if not torch.isfinite(cost).all():
        raise strayed()
    rows, columns = linear_sum_assignment(cost.cpu().numpy())
    device = logits.device
    return torch.as_tensor(rows, device=device), torch.as_tensor(columns, device=device)
