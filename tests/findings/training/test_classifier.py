"""Networks that find, their maps, and what else can say where."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.training.architectures import make_classifier
from plainfilm.findings.training.classifier import Classifier, Ensemble, MapClassifier
from plainfilm.findings.training.finding_model import write_network
from plainfilm.findings.training.grad_cam import GradientMaps, traced
from plainfilm.models.backbones import make_backbone
from plainfilm.models.third_party_backbones import monai_densenet_state


class _TinyBackbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 6, 3, 4, 1), nn.ReLU())

    def forward(self, films: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.layers(films)
        return found


def _tiny(labels: int = 3, *, two_class: bool = False) -> MapClassifier:
    torch.manual_seed(labels)
    network = MapClassifier(_TinyBackbone(), 6, labels, two_class=two_class).eval()
    nn.init.normal_(network.head.weight)
    return network


def test_the_mean_of_a_map_is_its_findings_logit() -> None:
    probabilities, maps = _tiny()(torch.rand(2, 1, 32, 32))
    assert maps.shape == (2, 3, 8, 8)
    assert torch.allclose(torch.sigmoid(maps.mean((2, 3))), probabilities, atol=1e-6)


@pytest.mark.parametrize("by_gradients", [False, True])
def test_the_map_is_hottest_where_the_finding_is(by_gradients: bool) -> None:
    network = _tiny()
    nn.init.constant_(network.backbone.layers[0].weight, 0.1)
    nn.init.constant_(network.head.weight, 1.0)
    film = torch.zeros(1, 1, 32, 32)
    film[0, 0, 4:8, 20:24] = 1
    heat = (GradientMaps(network) if by_gradients else network)(film)[1].detach()
    assert divmod(int(heat[0, 0].argmax()), 8) == (1, 5)


def test_logits_in_training_are_those_of_the_maps() -> None:
    network, films = _tiny(), torch.rand(2, 1, 32, 32)
    assert torch.allclose(network.logits(films), network(films)[1].mean((2, 3)), atol=1e-5)


def test_two_classes_give_the_probability_of_softmax() -> None:
    network, films = _tiny(1, two_class=True), torch.rand(3, 1, 32, 32)
    probabilities, maps = network(films)
    assert probabilities.shape == (3, 1)
    assert maps.shape == (3, 1, 8, 8)
    wanted = torch.softmax(network.logits(films), 1)[:, 1:]
    assert torch.allclose(probabilities, wanted, atol=1e-6)


def test_an_ensemble_says_the_mean() -> None:
    members, films = [_tiny(2), _tiny(2)], torch.rand(2, 1, 32, 32)
    nn.init.ones_(members[1].head.weight)
    probabilities, maps = Ensemble(members)(films)
    said = [member(films) for member in members]
    assert torch.allclose(probabilities, (said[0][0] + said[1][0]) / 2)
    assert torch.allclose(maps, (said[0][1] + said[1][1]) / 2)


def test_an_ensemble_becomes_one_onnx_file(tmp_path: Path) -> None:
    both = Ensemble([_tiny(1, two_class=True), _tiny(1, two_class=True)]).eval()
    write_network(both, 32, tmp_path / "both.onnx")
    films = np.random.default_rng(0).random((3, 1, 32, 32)).astype(np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "both.onnx")
    probabilities, maps = session.run(["probabilities", "maps"], {"films": films})
    with torch.no_grad():
        wanted = both(torch.from_numpy(films))
    assert np.allclose(probabilities, wanted[0].numpy(), atol=1e-5)
    assert np.allclose(maps, wanted[1].numpy(), atol=1e-4)


def test_gradients_point_where_class_activation_maps_do() -> None:
    """With a linear head on means, Grad-CAM is CAM up to a factor, without what is below 0."""
    network, films = _tiny(), torch.rand(2, 1, 32, 32)
    maps = network(films)[1].detach() - network.head.bias.detach()[None, :, None, None]
    said, found = GradientMaps(network)(films)
    assert torch.allclose(found * maps[0, 0].numel(), maps.clamp(min=0), atol=1e-5)
    assert torch.equal(said, network(films)[0].detach())


def test_a_network_of_monai_keeps_its_head_and_has_gradients() -> None:
    network = make_classifier("monai:resnet10", 2, side=64)
    assert not network.has_maps
    (probabilities,) = network.eval()(torch.rand(1, 1, 64, 64))
    assert probabilities.shape == (1, 2)
    assert GradientMaps(network)(torch.rand(1, 1, 64, 64))[1].shape[:2] == (1, 2)


def test_gradients_of_a_network_without_maps_are_refused() -> None:
    flat = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(64, 1)))
    with pytest.raises(ModelError, match="no maps"):
        GradientMaps(flat)(torch.rand(1, 1, 8, 8))


class _Fork(nn.Module):
    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps * 2 if float(maps.mean()) > 0.5 else maps


def test_a_network_that_cannot_be_followed_is_refused() -> None:
    network = Classifier(nn.Sequential(nn.Conv2d(1, 1, 1), _Fork(), nn.Flatten(), nn.Linear(64, 2)))
    with pytest.raises(ModelError, match="cannot follow"):
        traced(GradientMaps(network), torch.rand(2, 1, 8, 8))


class _Aside(nn.Module):
    """Gives what it takes, and looks at it in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d(1, 1, 1)

    def forward(self, films: torch.Tensor) -> torch.Tensor:
        self.look(films)
        return films


def test_gradients_of_maps_that_the_answer_does_not_come_of_are_refused() -> None:
    network = Classifier(nn.Sequential(_Aside(), nn.Flatten(), nn.Linear(64, 2)))
    with pytest.raises(ModelError, match="does not come of its last maps"):
        GradientMaps(network)(torch.rand(1, 1, 8, 8))


@pytest.mark.parametrize("kind", ["resnet", "swin", "vit"])
def test_networks_of_transformers_give_maps(tmp_path: Path, kind: str) -> None:
    configs = {
        "resnet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]},
        "swin": {
            "embed_dim": 8,
            "depths": [1, 1],
            "num_heads": [1, 2],
            "image_size": 64,
            "window_size": 4,
        },
        "vit": {
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 16,
            "image_size": 64,
            "patch_size": 16,
        },
    }
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind, **configs[kind]}))
    network = make_classifier(f"transformers:{tmp_path}", 2, side=64).eval()
    probabilities, maps = network(torch.rand(1, 1, 64, 64))
    assert probabilities.shape == (1, 2)
    assert maps.shape[:2] == (1, 2)
    assert maps.shape[2] == maps.shape[3] > 1
    assert kind == "resnet" or network.backbone.body.config._attn_implementation == "eager"


def test_a_folder_of_damaged_weights_is_refused_and_not_taken_for_one_without(
    tmp_path: Path,
) -> None:
    config = {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8], "depths": [1]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    for name in ("pytorch_model.bin", "model.safetensors"):
        (tmp_path / name).write_bytes(b"cut short")
        with pytest.raises(ModelError, match=r"damaged|no network"):
            make_classifier(f"transformers:{tmp_path}", 2, side=64)
        (tmp_path / name).unlink()


@pytest.mark.parametrize("name", ["resnet10", "efficientnet-b0"])
def test_networks_of_monai_are_known_by_their_names(name: str) -> None:
    (said,) = make_classifier(f"monai:{name}", 3, side=64).eval()(torch.rand(1, 1, 64, 64))
    assert said.shape == (1, 3)


@pytest.mark.parametrize(
    "name",
    ["densenet99", "monai:NoSuchNetwork", "monai:UNet", "monai:SegResNet", "monai:one_hot", "vgg"],
)
def test_an_unknown_architecture_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        make_classifier(name, 2, side=64)


@pytest.mark.parametrize("name", ["monai:resnet10", "efficientnet-lite0", "transformers:here"])
def test_weights_that_would_not_be_used_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} takes none"):
        make_classifier(name, 2, weights="weights.pt")


def test_a_densenet_takes_weights_of_its_own_kind_only(tmp_path: Path) -> None:
    backbone = make_backbone("densenet121").network
    state = {f"features.{name}": value for name, value in backbone.features.state_dict().items()}
    torch.save({**state, "classifier.weight": torch.zeros(2, 1024)}, tmp_path / "own.pt")
    again = make_backbone("densenet121", weights=str(tmp_path / "own.pt")).network
    assert torch.equal(again.features.conv0.weight, backbone.features.conv0.weight)
    with pytest.raises(ModelError, match="another architecture than densenet169"):
        make_backbone("densenet169", weights=str(tmp_path / "own.pt"))
    (tmp_path / "text.pt").write_text("no weights")
    with pytest.raises(ModelError, match="no weights that PyTorch can read"):
        make_backbone("densenet121", weights=str(tmp_path / "text.pt"))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("features.conv0.weight", "conv0.weight"),
        (
            "features.denseblock1.denselayer2.norm1.weight",
            "denseblock1.denselayer2.layers.norm1.weight",
        ),
        (
            "features.denseblock1.denselayer2.norm.1.weight",
            "denseblock1.denselayer2.layers.norm1.weight",
        ),
        (
            "features.denseblock1.denselayer2.layers.conv2.weight",
            "denseblock1.denselayer2.layers.conv2.weight",
        ),
        ("features.transition1.norm.weight", "transition1.norm.weight"),
    ],
)
def test_names_of_weights_become_monais(theirs: str, ours: str) -> None:
    assert list(monai_densenet_state({theirs: 0, "classifier.weight": 0})) == [ours]
