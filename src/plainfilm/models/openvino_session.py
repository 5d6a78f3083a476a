"""OpenVINO in the place of ONNX Runtime: a session that is asked the same questions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import openvino
from numpy.typing import NDArray

__all__ = ["ERRORS", "OpenVinoSession"]

ERRORS: Final = (RuntimeError,)
"""What OpenVINO raises on a file that it cannot run."""

_TYPES: Final = {"f32": "tensor(float)", "i64": "tensor(int64)", "u8": "tensor(uint8)"}


class _Port(NamedTuple):
    name: str
    type: str
    shape: list[int | None]


class OpenVinoSession:
    """A network on the processor, with what our networks use of `onnxruntime.InferenceSession`.

    Args:
        content: an ONNX file.
        threads: that compute.
    Raises:
        RuntimeError: it is none, or cannot be run.
    """

    def __init__(self, content: bytes, threads: int) -> None:
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # Processors that can would else compute in 16 bits, and answers would depend on them.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        core = openvino.Core()
        self._compiled = core.compile_model(core.read_model(content), "CPU", settings)

    def get_inputs(self) -> list[_Port]:
        return [_port(each) for each in self._compiled.inputs]

    def get_outputs(self) -> list[_Port]:
        return [_port(each) for each in self._compiled.outputs]

    def run(self, names: Sequence[str], films: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The named outputs."""
        found = self._compiled(dict(films))
        return [np.asarray(found[name]) for name in names]


def _port(port: Any) -> _Port:
    sides = [side.get_length() if side.is_static else None for side in port.partial_shape]
    kind = port.element_type.get_type_name()
    return _Port(port.any_name, _TYPES.get(kind, kind), sides)
