"""The focal loss, which keeps many easy places without a finding from drowning the few with one."""

import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor

__all__ = ["focal_loss"]


def focal_loss(
    logits: Tensor, wanted: Tensor, *, alpha: float = 0.25, gamma: float = 2.0
) -> Tensor:
    """The loss of each logit, of the logits' shape.

    Args:
        wanted: 0 or 1, of the logits' shape.
        alpha: how much a 1 weighs; a 0 weighs 1 - alpha.
        gamma: how little those weigh that are right already.

    Source: Lin et al., Focal Loss for Dense Object Detection (ICCV 2017), equation 5.
    """
    plain = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    said = logits.sigmoid()
    wrong = said + wanted - 2 * said * wanted
    weight = 1 - alpha + (2 * alpha - 1) * wanted
    return weight * wrong**gamma * plain
