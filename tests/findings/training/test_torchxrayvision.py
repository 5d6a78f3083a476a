"""torchxrayvision's networks: fetched from a server on loopback, read safely, made into models.

Their files hold networks that were pickled whole, by classes of torchxrayvision; here such files
are made from classes of those names.
"""

import ast
import hashlib
import io
import math
import pickle
import resource
import sys
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from torch import nn

from plainfilm.errors import ModelError, SettingsError
from plainfilm.findings.training.pickled_network import read_pickled_state
from plainfilm.findings.training.torchxrayvision import (
    NETWORKS,
    PublishedNetwork,
    published_network,
    write_published,
)
from plainfilm.models import FindingNetwork, find_finding_model
from plainfilm.vocabulary import label_set

_GROWTH, _FIRST, _BLOCKS = 4, 8, (1, 2)


class _DenseLayer(nn.Sequential):
    def __init__(self, inside: int) -> None:
        super().__init__()
        self.add_module("norm1", nn.BatchNorm2d(inside))
        self.add_module("relu1", nn.ReLU(inplace=True))
        self.add_module("conv1", nn.Conv2d(inside, 4 * _GROWTH, 1, bias=False))
        self.add_module("norm2", nn.BatchNorm2d(4 * _GROWTH))
        self.add_module("relu2", nn.ReLU(inplace=True))
        self.add_module("conv2", nn.Conv2d(4 * _GROWTH, _GROWTH, 3, padding=1, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, super().forward(x)], 1)


class DenseNet(nn.Module):
    """A small one, built as torchxrayvision's."""

    def __init__(self) -> None:
        super().__init__()
        self.targets = ["Mass", "", "Edema"]
        layers: list[tuple[str, nn.Module]] = [
            ("conv0", nn.Conv2d(1, _FIRST, 7, 2, 3, bias=False)),
            ("norm0", nn.BatchNorm2d(_FIRST)),
            ("relu0", nn.ReLU(inplace=True)),
            ("pool0", nn.MaxPool2d(3, 2, 1)),
        ]
        width = _FIRST
        for number, count in enumerate(_BLOCKS, 1):
            inner = OrderedDict(
                (f"denselayer{n + 1}", _DenseLayer(width + n * _GROWTH)) for n in range(count)
            )
            layers.append((f"denseblock{number}", nn.Sequential(inner)))
            width += count * _GROWTH
            if number < len(_BLOCKS):
                parts: list[tuple[str, nn.Module]] = [
                    ("norm", nn.BatchNorm2d(width)),
                    ("relu", nn.ReLU(inplace=True)),
                    ("conv", nn.Conv2d(width, width // 2, 1, bias=False)),
                    ("pool", nn.AvgPool2d(2, 2)),
                ]
                layers.append((f"transition{number}", nn.Sequential(OrderedDict(parts))))
                width //= 2
        layers.append(("norm5", nn.BatchNorm2d(width)))
        self.features = nn.Sequential(OrderedDict(layers))
        self.classifier = nn.Linear(width, 3)
        self.op_threshs = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = F.adaptive_avg_pool2d(F.relu(self.features(x)), 1).flatten(1)
        found: torch.Tensor = self.classifier(pooled)
        return found


@pytest.fixture(scope="module")
def theirs() -> DenseNet:
    torch.manual_seed(0)
    network = DenseNet()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 2)
    return network.eval()


def _pickled(network: nn.Module, monkeypatch: pytest.MonkeyPatch, *, zipped: bool) -> bytes:
    """A file of `torch.save`, as if the classes were torchxrayvision's own."""
    module: Any = ModuleType("torchxrayvision.models")
    module.__file__ = __file__  # where PyTorch finds the source, which it saves in old files
    for kind in (DenseNet, _DenseLayer):
        monkeypatch.setattr(kind, "__module__", "torchxrayvision.models")
        setattr(module, kind.__name__, kind)
    monkeypatch.setitem(sys.modules, "torchxrayvision", ModuleType("torchxrayvision"))
    monkeypatch.setitem(sys.modules, "torchxrayvision.models", module)
    file = io.BytesIO()
    torch.save(network, file, _use_new_zipfile_serialization=zipped)
    monkeypatch.undo()
    return file.getvalue()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serves a folder on loopback; yields its address and the folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    stub = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=stub.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{stub.server_port}", folder
    finally:
        stub.shutdown()
        stub.server_close()
        thread.join()


def _described(url: str, sha256: str = "") -> PublishedNetwork:
    return PublishedNetwork(
        "densenet121-tiny",
        url,
        sha256,
        "densenet121",
        64,
        ("Mass", "", "Edema"),
        (0.2, math.nan, 0.4),
        {"block_config": _BLOCKS, "growth_rate": _GROWTH, "init_features": _FIRST},
    )


@pytest.mark.parametrize("zipped", [True, False])
def test_a_fetched_network_says_what_torchxrayvisions_says(
    theirs: DenseNet,
    server: tuple[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    zipped: bool,
) -> None:
    content = _pickled(theirs, monkeypatch, zipped=zipped)
    address, folder = server
    (folder / "tiny.pt").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    made = tmp_path / "made"
    made.mkdir()
    told: list[int] = []
    card = write_published(
        _described(f"{address}/tiny.pt", sha256),
        made,
        progress=lambda done, total: told.append(total - done),
    )
    assert told[-1] == 0
    assert sorted(path.name for path in made.iterdir()) == ["findings.json", "findings.onnx"]
    assert card.labels == ("Mass", "Edema")
    assert card.thresholds == {"Mass": 0.2, "Edema": 0.4}
    assert (card.framing, card.task, card.has_maps) == ("crop", "chest", True)
    films = np.random.default_rng(0).random((3, 1, 64, 64)).astype(np.float32)
    with torch.no_grad():
        wanted = torch.sigmoid(theirs(torch.from_numpy(films) * 2048 - 1024))[:, [0, 2]].numpy()
    answers = FindingNetwork(find_finding_model(made)).run(films, maps=True)
    assert np.allclose(answers.probabilities, wanted, atol=5e-3)
    assert answers.maps is not None
    assert answers.maps.shape[:2] == (3, 2)


def test_a_disk_without_room_is_no_fault_of_the_server(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    address, folder = server
    (folder / "large.pt").write_bytes(bytes(1 << 20))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    try:
        with pytest.raises(SettingsError, match=r"cannot write .*weights\.pt"):
            write_published(_described(f"{address}/large.pt"), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.glob("weights*"))


def test_a_file_of_another_sha256_is_not_used(server: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = server
    (folder / "tiny.pt").write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the file that was published"):
        write_published(_described(f"{address}/tiny.pt", "0" * 64), tmp_path)
    assert not list(tmp_path.glob("*.p*"))


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("/none.pt", ModelError, "answers 404"),
        ("ftp://127.0.0.1/a.pt", SettingsError, "https://"),
        ("http://127.0.0.1:1/a.pt", ModelError, "cannot be fetched"),
    ],
)
def test_a_file_that_cannot_be_fetched_is_said(
    server: tuple[str, Path], tmp_path: Path, url: str, error: type[Exception], said: str
) -> None:
    address = server[0] + url if url.startswith("/") else url
    with pytest.raises(error, match=said):
        write_published(_described(address), tmp_path)


def test_a_file_that_was_cut_off_is_refused(theirs: DenseNet, tmp_path: Path) -> None:
    file = io.BytesIO()
    torch.save(theirs.state_dict(), file)
    (tmp_path / "cut.pt").write_bytes(file.getvalue()[:-200])
    with pytest.raises(ModelError, match="no network that PyTorch can read"):
        read_pickled_state(tmp_path / "cut.pt")


class _Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("harm"),))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_would_run_something_is_refused_unrun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": _Harm()}, "harm.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match="more than a network's weights"):
        read_pickled_state(Path("harm.pt"))
    assert not Path("harm").exists()


def test_a_bare_pickle_is_refused_unrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bare.pt").write_bytes(pickle.dumps(_Harm()))
    with pytest.raises(ModelError):
        read_pickled_state(Path("bare.pt"))
    assert not Path("harm").exists()


def test_weights_of_another_architecture_are_refused(theirs: DenseNet, tmp_path: Path) -> None:
    torch.save(theirs.state_dict(), tmp_path / "tiny.pt")
    whole = published_network("densenet121-res224-rsna")
    with pytest.raises(ModelError, match="outputs"):
        write_published(whole, tmp_path, weights=tmp_path / "tiny.pt")
    resnet = published_network("resnet50-res512-all")
    with pytest.raises(ModelError, match="another architecture than resnet50"):
        write_published(resnet, tmp_path, weights=tmp_path / "tiny.pt")


def test_a_given_file_is_checked_too(theirs: DenseNet, tmp_path: Path) -> None:
    torch.save(theirs.state_dict(), tmp_path / "tiny.pt")
    with pytest.raises(ModelError, match="SHA-256 differs"):
        write_published(
            published_network("densenet121-res224-all"), tmp_path, weights=tmp_path / "tiny.pt"
        )


@pytest.mark.parametrize("name", NETWORKS)
def test_every_published_network_is_described_whole(name: str) -> None:
    found = published_network(name)
    assert found.url.startswith("https://github.com/mlmed/torchxrayvision/releases/download/")
    assert len(found.labels) == len(found.thresholds) == 18
    assert len(found.sha256) in {0, 64}
    known = {*label_set("nih"), *label_set("chexpert"), "Lung Lesion", "Lung Opacity"}
    assert {label for label in found.labels if label} <= known


def test_an_unknown_network_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SettingsError, match="densenet121-res224-all"):
        published_network("densenet999")


@pytest.mark.wheel_data
def test_the_table_is_that_of_the_wheel(torchxrayvision_wheel: Path) -> None:
    with zipfile.ZipFile(torchxrayvision_wheel) as wheel:
        source = wheel.read("torchxrayvision/models.py").decode()
    urls = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and str(node.value).startswith("https://github.com")
    }
    assert {published_network(name).url for name in NETWORKS} <= urls
