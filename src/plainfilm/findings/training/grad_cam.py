"""Where a classifier without class activation maps saw a finding: by its gradients."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from plainfilm.errors import ModelError
from plainfilm.findings.training.classifier import Classifier

__all__ = ["grad_cam"]


def grad_cam(classifier: Classifier, films: Tensor) -> NDArray[np.float32]:
    """Class activation maps by gradients, for networks of any head.

    Args:
        films: (n, 1, side, side) float32 in [0, 1].
    Returns:
        (n, labels, rows, columns) float32, nothing below 0, of the network's last maps that are
        more than one pixel wide.
    Raises:
        ModelError: the network has no such maps.
    Source: Selvaraju et al., Grad-CAM (ICCV 2017), section 3.
    """
    classifier.eval()
    with _last_maps(classifier) as seen, torch.enable_grad():
        # Frozen weights give no gradient; films that ask for one make sure that maps have it.
        logits = classifier.single(classifier.logits(films.clone().requires_grad_()))
        if not seen:
            raise ModelError("the network has no maps that could say where a finding is")
        maps = seen[-1]
        found = [
            _weighted(maps, torch.autograd.grad(logits[:, place].sum(), maps, retain_graph=True)[0])
            for place in range(logits.shape[1])
        ]
    maps_of_labels: NDArray[np.float32] = torch.stack(found, 1).numpy()
    return maps_of_labels


def _weighted(maps: Tensor, gradient: Tensor) -> Tensor:
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * maps.detach()).sum(1).clamp(min=0)


@contextmanager
def _last_maps(network: nn.Module) -> Iterator[list[Tensor]]:
    """Collects what leaf modules give that is (n, channels, rows, columns), in order."""
    seen: list[Tensor] = []

    def note(_module: nn.Module, _taken: object, given: object) -> None:
        if isinstance(given, Tensor) and given.ndim == 4 and min(given.shape[2:]) > 1:
            seen[:] = [given]

    leaves = [module for module in network.modules() if not any(module.children())]
    hooks = [leaf.register_forward_hook(note) for leaf in leaves]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
