"""A network of a few kilobytes that is easy to foresee, for tests of whatever runs models.

Its category follows the film's mean brightness: `chest_pa_ap` when it is dark, `hand_ap` when it
is bright. It takes the brightest side for the film's top, and finds a film mirrored when the left
half is brighter, inverted when the whole is bright, and a collage when it is black.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from plainfilm.models import Card, Threshold, write_card
from plainfilm.vocabulary import CATEGORIES

SIDE = 64
CLASSES = (*(category.name for category in CATEGORIES), "other")
DARK, BRIGHT = "chest_pa_ap", "hand_ap"
_PLACES = 8


def write_model(folder: Path, *, outputs: dict[str, str] | None = None, **card: Any) -> Path:
    """Write the network and its card; returns the folder.

    Args:
        outputs: heads to call by another name.
        card: fields of the card that differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = folder / "categories.onnx"
    network.write_bytes(_network(outputs or {}).SerializeToString())
    fields: dict[str, Any] = {
        "name": "tiny",
        "version": "1",
        "sha256": hashlib.sha256(network.read_bytes()).hexdigest(),
        "side": SIDE,
        "classes": CLASSES,
        "licence": "for tests",
        "thresholds": {DARK: Threshold(0.9, 0.0), BRIGHT: Threshold(None, 0.7)},
        "tells_mirrored": (DARK,),
    }
    write_card(Card(**(fields | card)), folder / "categories.json")
    return folder


def _network(names: dict[str, str]) -> onnx.ModelProto:
    """Everything is linear in the mean brightness of 8 x 8 places."""
    turn, flags = np.zeros((64, 4)), np.zeros((64, 3))
    rows, columns = np.divmod(np.arange(64), _PLACES)
    halves = (rows < 4, columns >= 4, rows >= 4, columns < 4)  # top, right, bottom, left
    for number, half in enumerate(halves):
        turn[half, number] = 1
    flags[:, 0] = np.where(halves[3], 1, -1)
    flags[:, 1] = 0.1
    flags[:, 2] = -1
    weight, bias = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    weight[CLASSES.index(BRIGHT)], weight[CLASSES.index(DARK)] = 10, -10
    bias[CLASSES.index(DARK)], bias[CLASSES.index(BRIGHT)] = 10, 0
    constants = {
        "one": np.array([1], np.int64),
        "full": np.float32(255),
        "turn_weight": turn.astype(np.float32),
        "turn_bias": np.zeros(4, np.float32),
        "flag_weight": flags.astype(np.float32),
        "flag_bias": np.array([0, -3, 1], np.float32),
        "weight": weight.astype(np.float32).reshape(1, -1, 1, 1),
        "bias": bias.astype(np.float32).reshape(1, -1, 1, 1),
        "space": np.array([2, 3], np.int64),
        **{f"number_{number}": np.array(number, np.int64) for number in range(3)},
    }
    size = SIDE // _PLACES
    nodes = [
        helper.make_node("Cast", ["film"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["wide", "one"], ["channel"]),
        helper.make_node("Div", ["channel", "full"], ["unit"]),
        helper.make_node(
            "AveragePool", ["unit"], ["places"], kernel_shape=[size, size], strides=[size, size]
        ),
        helper.make_node("Flatten", ["places"], ["flat"]),
        helper.make_node("Gemm", ["flat", "turn_weight", "turn_bias"], ["turn"]),
        helper.make_node("Gemm", ["flat", "flag_weight", "flag_bias"], ["flags"]),
        helper.make_node("Mul", ["places", "weight"], ["weighted"]),
        helper.make_node("Add", ["weighted", "bias"], ["category_map"]),
        helper.make_node("ReduceMean", ["category_map", "space"], ["category"], keepdims=0),
    ]
    for number, name in enumerate(("mirrored", "inverted", "collage")):
        nodes.append(helper.make_node("Gather", ["flags", f"number_{number}"], [name], axis=1))
    shapes: dict[str, list[object]] = {
        "category": ["n", len(CLASSES)],
        "turn": ["n", 4],
        "mirrored": ["n"],
        "inverted": ["n"],
        "collage": ["n"],
        "category_map": ["n", len(CLASSES), _PLACES, _PLACES],
    }
    for node in nodes:
        node.output[0] = names.get(node.output[0], node.output[0])
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("film", TensorProto.UINT8, ["n", SIDE, SIDE])],
        [
            helper.make_tensor_value_info(names.get(name, name), TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
