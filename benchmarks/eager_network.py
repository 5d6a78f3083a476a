"""An ONNX network as a plain PyTorch module, run eagerly: the peer of `classify.py` and others.

It knows the operations that convolutional classifiers of films are made of, and no others.
Nothing of plainfilm is imported here, since it runs in the peer's own environment.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere in PyTorch code
from onnx import numpy_helper
from torch import Tensor, nn

__all__ = ["EagerNetwork"]


class EagerNetwork(nn.Module):
    """The network of an ONNX file; takes a batch of films as that does, gives outputs by name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        graph = onnx.load(path).graph
        self.constants = {
            each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
            for each in graph.initializer
        }
        self.input = graph.input[0].name
        self.outputs = [each.name for each in graph.output]
        self.steps: list[tuple[Callable[..., Any], list[str], str]] = []
        for node in graph.node:
            options = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            names = list(node.input)
            if all(name in self.constants for name in names):  # weights stored at half precision
                made = _OPERATIONS[node.op_type](options)(*(self.constants[name] for name in names))
                self.constants[node.output[0]] = made
            else:
                self.steps.append((_OPERATIONS[node.op_type](options), names, node.output[0]))

    def forward(self, films: Tensor) -> dict[str, Tensor]:
        values = {**self.constants, self.input: films}
        for operation, names, result in self.steps:
            values[result] = operation(*(values[name] if name else None for name in names))
        return {name: values[name] for name in self.outputs}


def _convolution(options: dict[str, Any]) -> Callable[..., Tensor]:
    top, left, bottom, right = options["pads"]
    strides, groups = options["strides"], options["group"]
    symmetric = (top, left) == (bottom, right)

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if symmetric:
            return F.conv2d(x, weight, bias, strides, (top, left), 1, groups)
        return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, strides, 0, 1, groups)

    return run


def _gemm(options: dict[str, Any]) -> Callable[..., Tensor]:
    turned = options.get("transB", 0)
    return lambda x, weight, bias: F.linear(x, weight if turned else weight.T, bias)


def _mean(options: dict[str, Any]) -> Callable[..., Tensor]:
    keep = bool(options.get("keepdims", 1))
    return lambda x, axes: x.mean(axes.tolist(), keepdim=keep)


def _gather(options: dict[str, Any]) -> Callable[..., Tensor]:
    return lambda x, index: x.select(options["axis"], int(index))


def _cast(options: dict[str, Any]) -> Callable[..., Tensor]:
    assert options["to"] == onnx.TensorProto.FLOAT
    return lambda x: x.float()


def _slice(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, steps: Tensor) -> Tensor:
    places = [slice(None)] * x.ndim
    for axis, *ends_and_step in zip(
        *(t.tolist() for t in (axes, starts, ends, steps)), strict=True
    ):
        places[axis] = slice(*ends_and_step)
    return x[tuple(places)]


def _average(options: dict[str, Any]) -> Callable[..., Tensor]:
    assert not any(options.get("pads", ()))
    return lambda x: F.avg_pool2d(x, options["kernel_shape"], options["strides"])


def _normalisation(options: dict[str, Any]) -> Callable[..., Tensor]:
    epsilon = options.get("epsilon", 1e-5)
    return lambda x, scale, bias, mean, variance: F.batch_norm(
        x, mean, variance, scale, bias, eps=epsilon
    )


def _largest(options: dict[str, Any]) -> Callable[..., Tensor]:
    top, left, bottom, right = options.get("pads", (0, 0, 0, 0))
    assert (top, left) == (bottom, right)
    ceil = bool(options.get("ceil_mode", 0))
    return lambda x: F.max_pool2d(
        x, options["kernel_shape"], options["strides"], (top, left), ceil_mode=ceil
    )


def _concatenation(options: dict[str, Any]) -> Callable[..., Tensor]:
    return lambda *parts: torch.cat(parts, dim=options["axis"])


_OPERATIONS: dict[str, Callable[[dict[str, Any]], Callable[..., Tensor]]] = {
    "Add": lambda _: torch.add,
    "AveragePool": _average,
    "BatchNormalization": _normalisation,
    "Cast": _cast,
    "Clip": lambda _: lambda x, low, high: x.clamp(float(low), float(high)),
    "Concat": _concatenation,
    "Conv": _convolution,
    "Div": lambda _: torch.div,
    "Gather": _gather,
    "Gemm": _gemm,
    "Less": lambda _: torch.less,
    "LessOrEqual": lambda _: torch.less_equal,
    "Log": lambda _: torch.log,
    "MaxPool": _largest,
    "Mul": lambda _: torch.mul,
    "Pow": lambda _: torch.pow,
    "ReduceMean": _mean,
    "Relu": lambda _: F.relu,
    "Reshape": lambda _: lambda x, shape: x.reshape(shape.tolist()),
    "Sigmoid": lambda _: torch.sigmoid,
    "Slice": lambda _: _slice,
    "Sqrt": lambda _: torch.sqrt,
    "Sub": lambda _: torch.sub,
    "Where": lambda _: torch.where,
    "Unsqueeze": lambda _: lambda x, axes: x.unsqueeze(int(axes)),
}
