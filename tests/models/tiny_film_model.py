"""A network whose vector of a film is the mean brightness of its 8 x 8 places, for tests."""

import hashlib
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from plainfilm.models import FilmCard
from plainfilm.models.card import write_card

SIDE = 64
_PLACES = 8


def write_film_model(folder: Path, *, output: str = "embedding", **card: Any) -> Path:
    """Write the network and its card; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "embedding.onnx"
    path.write_bytes(_network(output).SerializeToString())
    fields: dict[str, Any] = {
        "name": "tiny-films",
        "version": "1",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "side": SIDE,
        "outputs": _PLACES**2,
        "licence": "for tests",
    }
    write_card(FilmCard(**(fields | card)), folder / "embedding.json")
    return folder


def _network(output: str) -> onnx.ModelProto:
    size = SIDE // _PLACES
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    nodes = [
        helper.make_node("Cast", ["film"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["wide", "axis"], ["channel"]),
        helper.make_node(
            "AveragePool", ["channel"], ["places"], kernel_shape=[size, size], strides=[size, size]
        ),
        helper.make_node("Flatten", ["places"], [output]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("film", TensorProto.UINT8, ["n", SIDE, SIDE])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", _PLACES**2])],
        [axis],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
