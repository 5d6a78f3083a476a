"""Networks of a few kilobytes that are easy to foresee: findings, and boxes around them.

The network of findings looks at the four quarters of a film, and gives each label the mean
brightness of its quarter; its map is the film in 8 x 8 places, for each label alike but 0 outside
its quarter, less a number if one is given. The detector gives the same three boxes for every film;
the scores of the first two are the mean brightness of the film's left and right half, and the third
place is empty.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from plainfilm.models import DetectorCard, FindingCard, write_card

SIDE = 64
LABELS = ("top_left", "top_right", "bottom_left", "bottom_right")
LESIONS = ("left", "right")
LESION_BOXES = ((0.1, 0.25, 0.4, 0.5), (0.6, 0.5, 0.9, 0.75), (0.0, 0.0, 0.0, 0.0))
_PLACES = 8


def write_finding_model(
    folder: Path, *, nan_above: float | None = None, probabilities: str = "probabilities",
    maps_less: float = 0.0, maps_nan_above: float | None = None, **card: Any,
) -> Path:  # fmt: skip
    """Write the network and its card; returns the folder.

    Args:
        nan_above: probabilities above become NaN.
        probabilities: the output's name.
        maps_less: taken from all values of maps.
        maps_nan_above: values of maps above become NaN.
        card: fields of the card that differ.
    """
    labels = card.get("labels", LABELS)
    network = _finding_network(
        max(1, len(labels)), nan_above, probabilities, maps_less, maps_nan_above
    )
    fields: dict[str, Any] = {
        "name": "tiny-findings",
        "task": "chest",
        "labels": LABELS,
        "side": SIDE,
        "thresholds": dict.fromkeys(LABELS[:3], 0.5),
        "categories": ("chest_pa_ap",),
        "has_maps": True,
    }
    return _written(folder, "findings", network, FindingCard, fields | card)


def write_classifier(folder: Path, **card: Any) -> Path:
    """A network with one label, `abnormal`: the brightness of the film's left upper quarter."""
    fields: dict[str, Any] = {
        "name": "tiny-spine",
        "task": "spine",
        "labels": ("abnormal",),
        "thresholds": {"abnormal": 0.6},
        "categories": ("lumbar_spine_ap", "lumbar_spine_lateral"),
        "has_maps": False,
    }
    return write_finding_model(folder, **(fields | card))


def write_detector(folder: Path, **card: Any) -> Path:
    """Write the detector and its card; returns the folder."""
    fields: dict[str, Any] = {
        "name": "tiny-detector",
        "task": "spine",
        "labels": LESIONS,
        "rows": SIDE,
        "columns": SIDE // 2,
        "categories": ("lumbar_spine_ap", "lumbar_spine_lateral"),
    }
    return _written(folder, "detector", _detector(), DetectorCard, fields | card)


def _written(
    folder: Path, stem: str, network: onnx.ModelProto, kind: type[Any], fields: dict[str, Any]
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.onnx"
    path.write_bytes(network.SerializeToString())
    common = {
        "version": "1",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": "for tests",
    }
    write_card(kind(**(common | fields)), folder / f"{stem}.json")
    return folder


def _finding_network(
    labels: int,
    nan_above: float | None,
    name: str,
    maps_less: float,
    maps_nan_above: float | None,
) -> onnx.ModelProto:
    rows, columns = np.divmod(np.arange(_PLACES**2), _PLACES)
    quarter = 2 * (rows >= _PLACES // 2) + (columns >= _PLACES // 2)
    masks = np.stack([quarter == number for number in range(labels)]).astype(np.float32)
    masks = masks.reshape(1, labels, _PLACES, _PLACES)
    constants = {"masks": masks, "four": np.float32(4), "limit": np.float32(nan_above or 2)}
    constants |= {"nothing": np.float32(0), "less": np.float32(maps_less)}
    constants["hottest"] = np.float32(maps_nan_above or 2)
    constants["axes"] = np.array([2, 3])
    nodes = [
        _pooled(),
        helper.make_node("Mul", ["places", "masks"], ["masked"]),
        helper.make_node("Div", ["nothing", "nothing"], ["nan"]),
        helper.make_node("Sub", ["masked", "less"], ["told"]),
        helper.make_node("Greater", ["told", "hottest"], ["hot"]),
        helper.make_node("Where", ["hot", "nan", "told"], ["maps"]),
        helper.make_node("ReduceMean", ["masked", "axes"], ["quarter"], keepdims=0),
        helper.make_node("Mul", ["quarter", "four"], ["means"]),
        # 0/0 is NaN where a mean is above the limit, and 0 is added elsewhere.
        helper.make_node("Greater", ["means", "limit"], ["over"]),
        helper.make_node("Where", ["over", "nan", "means"], [name]),
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", labels]),
        helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["n", labels, _PLACES, _PLACES]),
    ]
    return _model(nodes, (1, SIDE, SIDE), outputs, constants)


def _detector() -> onnx.ModelProto:
    constants = {
        "boxes_of_one": np.array([LESION_BOXES], np.float32),
        "labels_of_one": np.array([[0, 1, 0]]),
        "empty": np.zeros((1, 1), np.float32),
    }
    size = SIDE // 2
    nodes = [
        helper.make_node(
            "AveragePool", ["films"], ["sides"], kernel_shape=[SIDE, size // 2],
            strides=[SIDE, size // 2],
        ),
        helper.make_node("Flatten", ["sides"], ["two"]),
        helper.make_node("Concat", ["two", "empty"], ["scores"], axis=1),
        helper.make_node("Identity", ["boxes_of_one"], ["boxes"]),
        helper.make_node("Identity", ["labels_of_one"], ["labels"]),
    ]  # fmt: skip
    outputs = [
        helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 3, 4]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 3]),
        helper.make_tensor_value_info("labels", TensorProto.INT64, [1, 3]),
    ]
    return _model(nodes, (1, SIDE, size), outputs, constants)


def _pooled() -> onnx.NodeProto:
    size = SIDE // _PLACES
    return helper.make_node(
        "AveragePool", ["films"], ["places"], kernel_shape=[size, size], strides=[size, size]
    )


def _model(
    nodes: list[onnx.NodeProto],
    shape: tuple[int, ...],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, Any],
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("films", TensorProto.FLOAT, ["n", *shape])],
        outputs,
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
