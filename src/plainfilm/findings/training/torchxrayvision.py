"""torchxrayvision's published networks, made into models of findings with cards.

The weights are fetched by whoever wants them, under the terms that they come with; plainfilm ships
none. Only their numbers are read: see `read_pickled_state`.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import Tensor, nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.training.classifier import OUTPUTS
from plainfilm.findings.training.pickled_network import read_pickled_state
from plainfilm.models.card import write_card
from plainfilm.models.download import download, file_sha256
from plainfilm.models.export import export_onnx
from plainfilm.models.finding_card import FindingCard
from plainfilm.models.finding_network import FILMS
from plainfilm.models.store import FINDING_CARD_FILE, FINDING_NETWORK_FILE
from plainfilm.models.third_party_backbones import (
    load_strictly,
    monai_densenet_state,
    monai_networks,
)

__all__ = ["NETWORKS", "PublishedNetwork", "published_network", "write_published"]

_RANGE: Final = 1024.0
"""Their networks see grey values from -1024 to 1024, as in `xrv.utils.normalize`."""

_DENSENET: Final[Mapping[str, Any]] = {"block_config": (6, 12, 24, 16)}


@dataclass(frozen=True, slots=True)
class PublishedNetwork:
    """One network as its authors describe it.

    Attributes:
        url: of the weights.
        sha256: of the weights' file; empty where nobody vouches for one.
        architecture: `densenet121` or `resnet50`.
        labels: in the order of the outputs; empty where an output was not trained.
        thresholds: their operating points, NaN where there is none.
        sizes: what MONAI's network is to be made with beside its class's own.
    """

    name: str
    url: str
    sha256: str
    architecture: str
    side: int
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    sizes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@lru_cache(maxsize=1)
def _networks() -> dict[str, PublishedNetwork]:
    table = resources.files(__package__).joinpath("torchxrayvision.toml")
    found = tomllib.loads(table.read_text(encoding="utf-8"))
    return {
        name: PublishedNetwork(
            name,
            row["url"],
            row["sha256"],
            row["architecture"],
            row["side"],
            tuple(label for label, _ in row["labels"]),
            tuple(threshold for _, threshold in row["labels"]),
        )
        for name, row in found.items()
    }


NETWORKS: Final = tuple(_networks())
"""The names of all published networks."""


def published_network(name: str) -> PublishedNetwork:
    """What is known of a network of torchxrayvision.

    Raises:
        SettingsError: there is none of this name.
    """
    found = _networks().get(name)
    if found is None:
        raise SettingsError(f"torchxrayvision publishes no {name}; there are {', '.join(NETWORKS)}")
    return found


def write_published(
    network: PublishedNetwork,
    folder: Path,
    *,
    weights: Path | None = None,
    url: str = "",
    sha256: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> FindingCard:
    """Make a network's model: its ONNX file and card, in a folder that is there.

    Args:
        weights: its file, where it was fetched already.
        url: another address of the file, a mirror; the published one where empty.
        sha256: that the file must have; the known one where empty.
        progress: see `download`.
    Raises:
        ModelError: the weights cannot be fetched, or are not those of the network.
        SettingsError: the folder cannot be written.
    """
    wanted = sha256 or network.sha256
    if weights is None:
        weights = folder / "weights.pt"
        found = download(url or network.url, weights, wanted, progress)
        state = read_pickled_state(weights)
        weights.unlink()
    else:
        found = file_sha256(weights)
        if wanted and found != wanted.lower():
            raise ModelError(f"{weights} is not the file that was published: the SHA-256 differs")
        state = read_pickled_state(weights)
    module = _Published(network, state)
    file = folder / FINDING_NETWORK_FILE
    example = torch.zeros(2, 1, network.side, network.side)
    export_onnx(module, example, OUTPUTS, file, FILMS)
    card = _card(network, file_sha256(file), found)
    write_card(card, folder / FINDING_CARD_FILE)
    return card


class _Published(nn.Module):
    """A published network behind our interface, with the outputs that were trained only."""

    even: Tensor

    def __init__(self, network: PublishedNetwork, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.features, head = _features(network, state)
        chosen = [place for place, label in enumerate(network.labels) if label]
        self.head = nn.Conv2d(head["weight"].shape[1], len(chosen), 1)
        self.head.weight.data.copy_(head["weight"][chosen][:, :, None, None])
        assert self.head.bias is not None  # noqa: S101 - made with one
        self.head.bias.data.copy_(head["bias"][chosen])
        # Scaled as their authors do, probabilities are even at the operating point.
        points = torch.tensor([network.thresholds[place] for place in chosen])
        self.register_buffer("even", torch.logit(points).nan_to_num(0.0)[:, None, None])

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor]:
        # The mean of a linear map is the linear map of the mean, which they compute.
        maps = self.head(F.relu(self.features(films * (2 * _RANGE) - _RANGE)))
        return torch.sigmoid(maps.mean((2, 3))), maps - self.even


def _features(
    network: PublishedNetwork, state: Mapping[str, Tensor]
) -> tuple[nn.Module, dict[str, Tensor]]:
    """The network up to its last maps, and its linear layer's weight and bias."""
    nets = monai_networks()
    head_name = "classifier" if network.architecture == "densenet121" else "fc"
    try:
        head = {name: state[f"{head_name}.{name}"] for name in ("weight", "bias")}
    except KeyError as error:
        raise ModelError(
            f"the weights are of another architecture than {network.architecture}"
        ) from error
    if head["weight"].shape[0] != len(network.labels):
        raise ModelError(f"the weights have {len(head['weight'])} outputs, and not as published")
    if network.architecture == "densenet121":
        whole = nets.DenseNet(
            spatial_dims=2, in_channels=1, out_channels=1, **{**_DENSENET, **network.sizes}
        )
        load_strictly(
            whole.features, monai_densenet_state(state), "densenet121", Path(network.name)
        )
        return whole.features, head
    whole = nets.ResNet(
        **{
            "block": "bottleneck",
            "layers": [3, 4, 6, 3],
            "block_inplanes": [64, 128, 256, 512],
            "spatial_dims": 2,
            "n_input_channels": 1,
            "conv1_t_stride": 2,
            "feed_forward": False,
            "bias_downsample": False,
            **network.sizes,
        }
    )
    inner = {name: value for name, value in state.items() if not name.startswith("fc.")}
    load_strictly(whole, inner, network.architecture, Path(network.name))
    stages = (whole.conv1, whole.bn1, nn.ReLU(), whole.maxpool)
    return nn.Sequential(*stages, whole.layer1, whole.layer2, whole.layer3, whole.layer4), head


def _card(network: PublishedNetwork, sha256: str, weights: str) -> FindingCard:
    pairs = [pair for pair in zip(network.labels, network.thresholds, strict=True) if pair[0]]
    vouched = "" if network.sha256 else ", which nobody vouches for"
    return FindingCard(
        name=f"xrv-{network.name}",
        version="1.5.7",
        sha256=sha256,
        task="chest",
        labels=tuple(label for label, _ in pairs),
        side=network.side,
        licence="as torchxrayvision's weights, and the data sets that they were trained on",
        architecture=network.architecture,
        thresholds={
            label: None if math.isnan(threshold) else threshold for label, threshold in pairs
        },
        categories=("chest_pa_ap",),
        has_maps=True,
        framing="crop",
        summary=(
            "A network of torchxrayvision (Cohen et al., MIDL 2022), fetched by its user; the"
            f" weights' SHA-256 is {weights}{vouched}. Thresholds are its authors' operating"
            " points."
        ),
        known_failures=(
            "Probabilities are not calibrated: a finding counts as present at its threshold.",
        ),
        limits=("Not measured here; its authors tell how good it was on their data sets.",),
    )
