"""Running a model of film categories with ONNX Runtime."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as native

from plainfilm.errors import ModelError, SettingsError
from plainfilm.models.card import FLAGS, Card
from plainfilm.models.store import Stored, StoredModel

__all__ = ["PROVIDERS", "Answers", "Network", "open_session"]

PROVIDERS: Final = ("cpu", "openvino")
"""What may compute: ONNX Runtime, or OpenVINO in its place."""

_INPUT: Final = "film"
_MAP: Final = "category_map"
_HEADS: Final = ("category", "turn", *FLAGS)
_TURNS: Final = 4
# Small batches keep the feature maps in the processor's cache: 4 are as fast as 1 by one, and 16
# are 12 % slower (benchmarks/network.py).
_AT_ONCE: Final = 4
# Whatever ONNX Runtime raises on a file; each derives from Exception directly.
_ERRORS: Final = (
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NoModel,
    native.NotImplemented,
    native.RuntimeException,
)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model says of n films.

    Attributes:
        category: (n, classes) float32, probabilities that add up to 1; 0 for uncovered classes.
        turn: (n, 4) float32, probabilities that the film was turned clockwise from upright by
            0, 90, 180 and 270 degrees.
        mirrored, inverted, collage: (n,) float32, probabilities.
    """

    category: NDArray[np.float32]
    turn: NDArray[np.float32]
    mirrored: NDArray[np.float32]
    inverted: NDArray[np.float32]
    collage: NDArray[np.float32]


class Network:
    """A loaded model. One for each process; it is not made for threads.

    Args:
        model: from `find_model`.
        threads: that compute one film; a process for each core is faster than a thread for each.
    Raises:
        ModelError: the file is missing, damaged, no ONNX, or does not take and give what its
            card says.
    """

    def __init__(self, model: StoredModel, threads: int = 1) -> None:
        self.card = model.card
        self._session = open_session(model, threads)
        _check_interface(self._session, model)
        self._uncovered = np.isin(self.card.classes, self.card.uncovered)

    def __call__(self, films: NDArray[np.uint8]) -> Answers:
        """Classify films.

        Args:
            films: (n, side, side) uint8, n ≥ 1, C-contiguous; more is brighter, bright = dense.
        """
        parts = [
            self._session.run(_HEADS, {_INPUT: films[start : start + _AT_ONCE]})
            for start in range(0, len(films), _AT_ONCE)
        ]
        heads = [np.concatenate(head) for head in zip(*parts, strict=True)]
        logits = {
            name: self._tempered(name, value) for name, value in zip(_HEADS, heads, strict=True)
        }
        logits["category"][:, self._uncovered] = -np.inf
        return Answers(
            _softmax(logits["category"]),
            _softmax(logits["turn"]),
            *(_sigmoid(logits[name]) for name in FLAGS),
        )

    def evidence(self, film: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Where in a film each class was seen: its class activation map.

        Args:
            film: (side, side) uint8.
        Returns:
            (classes, rows, columns) float32; the mean over a map is the logit of its class.
        Source: Zhou et al., Learning Deep Features for Discriminative Localization (CVPR 2016).
        """
        (maps,) = self._session.run([_MAP], {_INPUT: film[np.newaxis]})
        found: NDArray[np.float32] = maps[0]
        return found

    def _tempered(self, head: str, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        return logits / np.float32(self.card.temperatures.get(head, 1.0))


def open_session(model: Stored[Any], threads: int, provider: str = "cpu") -> Any:
    """ONNX Runtime's session of a model, or OpenVINO's with the same methods.

    Args:
        provider: `cpu`, or `openvino` where the package is installed; both compute on the
            processor, in 32 bits.
    Raises:
        ModelError: the file is missing, damaged or no ONNX.
        SettingsError: the provider is unknown or not installed.
    """
    if provider not in PROVIDERS:
        raise SettingsError(f"there is no provider `{provider}`; known: {', '.join(PROVIDERS)}")
    if provider == "openvino" and find_spec("openvino") is None:
        raise SettingsError(
            "OpenVINO is not installed; install it with `pip install 'plainfilm[openvino]'`, or use"
            " the provider cpu"
        )
    content = model.verified()
    opened = _opened_by_openvino if provider == "openvino" else _opened
    return opened(model, content, threads)


def _opened(model: Stored[Any], content: bytes, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 4  # its errors are raised as well; they need not be printed
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _ERRORS as error:
        raise _not_run(model, f"ONNX Runtime {onnxruntime.__version__}") from error


def _opened_by_openvino(model: Stored[Any], content: bytes, threads: int) -> Any:
    from plainfilm.models.openvino_session import ERRORS, OpenVinoSession  # noqa: PLC0415

    try:
        return OpenVinoSession(content, threads)
    except ERRORS as error:
        raise _not_run(model, "OpenVINO") from error


def _not_run(model: Stored[Any], runner: str) -> ModelError:
    return ModelError(f"{model.network} is no ONNX file that {runner} can run; export it anew")


def _check_interface(session: Any, model: StoredModel) -> None:
    """Make sure that inputs and outputs are the interface's, with the card's sizes."""
    card = model.card
    found = {each.name: (each.type, each.shape[1:]) for each in session.get_inputs()}
    if found != {_INPUT: ("tensor(uint8)", [card.side, card.side])}:
        raise _mismatch(model, f"one input `film`, uint8 of n x {card.side} x {card.side}")
    outputs = {each.name: (each.type, each.shape[1:]) for each in session.get_outputs()}
    for name, shape in _expected(card).items():
        kind, found_shape = outputs.get(name, ("", []))
        if kind != "tensor(float)" or found_shape[: len(shape)] != shape:
            sizes = " x ".join(map(str, ("n", *shape)))
            raise _mismatch(model, f"an output `{name}`, float32 of {sizes}")


def _expected(card: Card) -> dict[str, list[int]]:
    """The sizes of each output after the first; a map's rows and columns may be any."""
    classes = len(card.classes)
    flags: dict[str, list[int]] = {name: [] for name in FLAGS}
    return {"category": [classes], "turn": [_TURNS], **flags, _MAP: [classes]}


def _mismatch(model: StoredModel, wanted: str) -> ModelError:
    return ModelError(
        f"{model.network} does not have what interface {model.card.interface} asks for:"
        f" {wanted}; export it anew, or mend its card"
    )


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    # Through tanh, which does not overflow.
    risen: NDArray[np.float32] = 0.5 + 0.5 * np.tanh(0.5 * logits)
    return risen
