"""What a network of findings is told of its mistakes, and what becomes of labels that are unsure.

A label is 1 (there), 0 (not there), -1 (uncertain) or NaN (not said).
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from numpy.typing import NDArray
from torch import Tensor

from plainfilm.errors import SettingsError

__all__ = ["LOSSES", "UNCERTAIN_POLICIES", "Loss", "balanced", "plain", "targets", "two_class"]

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From logits, targets in [0, 1] and weights, each (n, labels), to a scalar."""

UNCERTAIN_POLICIES: Final = ("ignore", "zeros", "ones", "soft")
_SOFT: Final = 0.7  # the middle of the range, 0.55 to 0.85, that Pham et al. draw from


def targets(
    labels: NDArray[np.float32], uncertain: str = "ignore", unmentioned: str = "zeros"
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What to learn from labels, and how much each counts.

    Args:
        labels: (n, labels): 1, 0, -1 or NaN.
        uncertain: `ignore`, `zeros`, `ones`, or `soft` (0.7).
        unmentioned: `ignore`, or `zeros`, as CheXpert takes what a report does not mention.
    Returns:
        targets in [0, 1] and weights, 0 or 1, each (n, labels).
    Raises:
        SettingsError: there is no such policy.
    Source: Irvin et al., CheXpert (AAAI 2019), section 4; Pham et al., Neurocomputing 437 (2021).
    """
    if uncertain not in UNCERTAIN_POLICIES or unmentioned not in UNCERTAIN_POLICIES[:2]:
        raise SettingsError(
            f"uncertain is one of {', '.join(UNCERTAIN_POLICIES)}; unmentioned is ignore or zeros"
        )
    unsure, unsaid = labels == -1, np.isnan(labels)
    value = {"ones": 1.0, "soft": _SOFT}.get(uncertain, 0.0)
    wanted = np.where(unsure, np.float32(value), np.where(unsaid, np.float32(0), labels))
    left_out = (unsure & (uncertain == "ignore")) | (unsaid & (unmentioned == "ignore"))
    return wanted.astype(np.float32), np.where(left_out, 0, 1).astype(np.float32)


def plain(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Binary cross-entropy, the mean over what counts."""
    loss = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (loss * weight).sum() / weight.sum().clamp(min=1)


def balanced(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy with positives and negatives of the batch balanced against each other.

    Each side is weighted by how many there are of both over how many there are of it, and the sum
    divided by how many there are of both. A soft target counts for both sides.

    Source: Wang et al., ChestX-ray8 (CVPR 2017), equation 1 (W-CEL).
    """
    positive, negative = wanted * weight, (1 - wanted) * weight
    there = (positive * F.softplus(-logits)).sum() / positive.sum().clamp(min=1)
    absent = (negative * F.softplus(logits)).sum() / negative.sum().clamp(min=1)
    return there + absent


def two_class(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of a softmax over normal and abnormal.

    Args:
        logits: (n, 2), of normal and of abnormal.
        wanted, weight: (n, 1), of abnormal.
    Source: Nguyen et al., VinDr-SpineXR (MICCAI 2021), section 3.1.
    """
    wanted = torch.cat((1 - wanted, wanted), 1)
    loss = F.cross_entropy(logits, wanted, reduction="none")
    return (loss * weight[:, 0]).sum() / weight.sum().clamp(min=1)


LOSSES: Final[dict[str, Loss]] = {"plain": plain, "balanced": balanced, "two-class": two_class}
