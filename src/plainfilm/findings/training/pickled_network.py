"""Weights out of a network that was pickled whole, without running what the file says.

Old files of `torch.save(network)` name the classes that they are made of, and unpickling would
call whatever they name. Here every part of a network becomes a plain holder of its attributes, and
a file that names anything else is refused.
"""

import pickle
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import torch
from torch import Tensor

from plainfilm.errors import ModelError

__all__ = ["read_pickled_state"]


class _Part:
    """Stands for a module of a network, whatever its class was."""

    dump_patches = False

    def __init__(self, *_arguments: object) -> None:
        pass


_NETWORKS: Final = ("torch.nn.", "torchxrayvision.", "torchvision.")
_ALLOWED: Final[Mapping[tuple[str, str], Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,  # noqa: SLF001
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,  # noqa: SLF001
    ("torch.nn.parameter", "Parameter"): torch.nn.Parameter,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module.startswith(_NETWORKS):
            return _Part
        if module == "torch" and name.endswith("Storage"):
            return getattr(torch, name)
        raise pickle.UnpicklingError("the file names what is no part of a network")


def read_pickled_state(path: Path) -> dict[str, Tensor]:
    """The state of a network from a file of `torch.save`, of the network or of its state.

    Raises:
        ModelError: the file cannot be read, or holds something else than a network.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes whose source is another now
            found = torch.load(
                path, map_location="cpu", pickle_module=_pickling(), weights_only=False
            )
    except (OSError, RuntimeError, EOFError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} holds no network that PyTorch can read") from error
    except pickle.UnpicklingError as error:
        raise ModelError(f"{path} is refused: it holds more than a network's weights") from error
    state = dict(_state_of(found, "")) if isinstance(found, _Part) else found
    if not isinstance(state, dict) or not all(isinstance(each, Tensor) for each in state.values()):
        raise ModelError(f"{path} holds no network's weights")
    return {str(name): value.detach() for name, value in state.items()}


def _pickling() -> Any:
    """What `torch.load` takes for the module `pickle`."""
    module: Any = ModuleType("plain_pickle")
    module.Unpickler = _Unpickler
    module.load = lambda file, **options: _Unpickler(file, **options).load()
    return module


def _state_of(part: _Part, above: str) -> Iterator[tuple[str, Tensor]]:
    """Parameters and buffers under the names that `state_dict` gives them."""
    holds = vars(part)
    for kind in ("_parameters", "_buffers"):
        for name, value in holds.get(kind, {}).items():
            if isinstance(value, Tensor):
                yield f"{above}{name}", value
    for name, inner in holds.get("_modules", {}).items():
        if isinstance(inner, _Part):
            yield from _state_of(inner, f"{above}{name}.")
