"""Where a classifier without class activation maps saw a finding: by its gradients."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from plainfilm.errors import ModelError
from plainfilm.findings.training.classifier import Classifier

__all__ = ["GradientMaps", "has_gradient_maps", "traced"]


class GradientMaps(nn.Module):
    """A classifier of any head that says where, by gradients: as a `MapClassifier` does, it gives
    probabilities, (n, labels), and maps, (n, labels, rows, columns), here with nothing below 0, of
    the network's last maps that are more than one pixel wide.

    Raises:
        ModelError: when it is called: the network has no such maps, or its answer does not come of
            them.
    Source: Selvaraju et al., Grad-CAM (ICCV 2017), section 3.
    """

    has_maps = True

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor]:
        with _last_maps(self.classifier) as seen, torch.enable_grad():
            # Frozen weights give no gradient; films that ask for one make sure that maps have it.
            logits = self.classifier.logits(films.detach().requires_grad_())
            if not seen:
                raise ModelError("the network has no maps that could say where a finding is")
            single = self.classifier.single(logits)
            found = [_weighted(seen[-1], each.sum()) for each in single.unbind(1)]
        return self.classifier.probabilities(logits).detach(), torch.stack(found, 1)


def _weighted(maps: Tensor, logit: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(logit, maps, retain_graph=True, allow_unused=True)
    if gradient is None:
        raise ModelError("the network's answer does not come of its last maps")
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


def has_gradient_maps(network: nn.Module) -> bool:
    """Whether a part of a network says where by gradients, so that it has to be `traced`."""
    return any(isinstance(part, GradientMaps) for part in network.modules())


def traced(network: nn.Module, films: Tensor) -> nn.Module:
    """What a network in evaluation mode computes, gradients too, as plain operations, which can be
    exported.

    Args:
        films: an example of what it takes; the first axis stays free.
    Raises:
        ModelError: it cannot be followed, such as where a film decides which part is computed.
    """
    follow = make_fx(network, tracing_mode="symbolic", _allow_non_fake_inputs=True)
    try:
        found: nn.Module = follow(films)
    except RuntimeError as error:
        raise ModelError("PyTorch cannot follow this network's gradients") from error
    return found
