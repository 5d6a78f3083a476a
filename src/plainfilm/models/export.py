"""From PyTorch to an ONNX file that any runtime reads."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

__all__ = ["export_onnx"]

_LARGE: Final = 1024  # values; smaller weights are not worth a cast


def export_onnx(
    network: nn.Module,
    example: torch.Tensor,
    heads: Sequence[str],
    path: Path,
    input_name: str = "film",
    *,
    traced: bool = False,
) -> None:
    """Write a network with one input whose first axis is free.

    Weights are stored as half precision and widened when the file is loaded, which halves it;
    what is computed is single precision.

    Args:
        example: (n, …), n ≥ 2, a batch of the shape and type that the network takes.
        heads: names of the outputs, in order.
        traced: follow the example through the network in place of reading its code, for one whose
            shapes depend on what it is shown; its first axis is then the example's.
    """
    films = torch.export.Dim("films", min=1, max=4096)
    with _quiet():
        torch.onnx.export(
            network.eval(),
            (example,),
            path,
            input_names=[input_name],
            output_names=list(heads),
            dynamic_shapes=None if traced else ({0: films},),
            dynamo=not traced,
            external_data=False,
            verbose=False,
        )
    onnx.save(_halved(_without_traces(onnx.load(path))), path)


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take out what the exporter noted of its sources: stack traces, with paths of this machine."""
    for noted in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del noted.metadata_props[:]
        noted.doc_string = ""
    for noted in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del noted.metadata_props[:]
    for function in model.functions:
        for node in function.node:
            del node.metadata_props[:]
            node.doc_string = ""
    return model


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < _LARGE:
            continue
        name = weight.name
        half = numpy_helper.from_array(
            numpy_helper.to_array(weight).astype(np.float16), f"{name}_half"
        )
        weight.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints its progress and warns of operators that nobody asked for."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of deprecations inside the exporter itself
            yield
    finally:
        logger.setLevel(level)
