"""A model of tags that is easy to foresee: sums of columns, dealt out in turn."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from plainfilm.models import TagCard, TagInput, write_card


def write_tag_model(folder: Path, inputs: Sequence[TagInput], outputs: int, **card: Any) -> Path:
    """Write a network whose output o is the sum of columns o, o + outputs, …, and its card.

    Args:
        card: fields of the card that differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = sum(each.columns for each in inputs)
    weights = np.tile(np.eye(outputs, dtype=np.float32), (columns // outputs + 1, 1))[:columns]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["film", "weights"], ["code"])],
        "tiny",
        [helper.make_tensor_value_info("film", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor_value_info("code", TensorProto.FLOAT, ["n", outputs])],
        [numpy_helper.from_array(weights, "weights")],
    )
    opset = [helper.make_opsetid("", 20)]
    network = folder / "tags.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), network)
    fields: dict[str, Any] = {
        "name": "tiny-tags",
        "version": "1",
        "sha256": hashlib.sha256(network.read_bytes()).hexdigest(),
        "inputs": tuple(inputs),
        "outputs": outputs,
        "licence": "for tests",
    }
    write_card(TagCard(**(fields | card)), folder / "tags.json")
    return folder
