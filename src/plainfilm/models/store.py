"""Where models are kept: those that ship with plainfilm, and the user's own folder.

A model is a folder that bears its name and holds `categories.onnx` and its card,
`categories.json`.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from plainfilm.errors import ModelError
from plainfilm.models.card import Card, read_card

__all__ = [
    "CARD_FILE",
    "DEFAULT",
    "NETWORK_FILE",
    "StoredModel",
    "add_model",
    "find_model",
    "list_models",
    "remove_model",
    "user_folder",
]

DEFAULT: Final = "starter"
"""The model that is taken where none is named."""

NETWORK_FILE: Final = "categories.onnx"
CARD_FILE: Final = "categories.json"
_FOLDER_VARIABLE: Final = "PLAINFILM_MODELS"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model and where it is.

    Attributes:
        network: path of the ONNX file.
        bundled: whether it ships with plainfilm, and so cannot be removed.
    """

    card: Card
    network: Path
    bundled: bool = False

    def verified(self) -> bytes:
        """The ONNX file's bytes, which are what the card says they are.

        Raises:
            ModelError: the file is missing, or its SHA-256 differs from the card's.
        """
        try:
            content = self.network.read_bytes()
        except OSError as error:
            raise ModelError(
                f"{self.network}: the model cannot be read ({error.strerror}); copy it anew"
            ) from error
        if hashlib.sha256(content).hexdigest() != self.card.sha256:
            raise ModelError(
                f"{self.network} is damaged, or not the model that its card describes: the"
                " SHA-256 differs; fetch both again"
            )
        return content


def user_folder() -> Path:
    """Where the user's models are: `PLAINFILM_MODELS`, else the platform's folder for data."""
    chosen = os.environ.get(_FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "plainfilm" / "models"


def list_models() -> list[StoredModel | ModelError]:
    """Every model by name, the bundled ones first; an error in place of one that cannot be used."""
    found: list[StoredModel | ModelError] = []
    for folder, bundled in _folders():
        try:
            found.append(_opened(folder, bundled=bundled))
        except ModelError as error:
            found.append(error)
    return found


def find_model(chosen: str | Path | None = None) -> StoredModel:
    """The model of a name, or at a path: its folder, its ONNX file or its card.

    Args:
        chosen: None takes `DEFAULT`. A text is a name where there is such a model, else a path.
    Raises:
        ModelError: there is none, or its card cannot be used.
    """
    if not isinstance(chosen, Path):
        name = DEFAULT if chosen is None else chosen
        for folder, bundled in _folders():
            if folder.name == name:
                return _opened(folder, bundled=bundled)
        chosen = Path(name)
    path = chosen
    if not path.exists():
        there = ", ".join(sorted(folder.name for folder, _ in _folders())) or "none"
        raise ModelError(
            f"there is no model {path}, by name or as a path; in the store: {there}. Add one with"
            " `plainfilm models add`, or train one with `plainfilm train categories`"
        )
    if path.is_dir():
        return _opened(path)
    card = path.with_suffix(".json")
    return StoredModel(read_card(card), path.with_suffix(".onnx"))


def add_model(source: Path) -> StoredModel:
    """Copy a model into the user's folder, under the name in its card.

    Raises:
        ModelError: it is damaged or cannot be run, the name is taken, or nothing can be written.
    """
    from plainfilm.models.runtime import Network  # noqa: PLC0415 - loads ONNX Runtime

    model = find_model(Path(source))
    Network(model)  # whatever is wrong with it is said now
    target = user_folder() / model.card.name
    if target.exists() or _bundled(model.card.name) is not None:
        raise ModelError(f"there is a model `{model.card.name}` already; remove it first")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=target.parent) as folder:
            partial = Path(folder) / target.name
            partial.mkdir()
            shutil.copyfile(model.network, partial / NETWORK_FILE)
            shutil.copyfile(model.network.with_suffix(".json"), partial / CARD_FILE)
            partial.rename(target)
    except OSError as error:
        raise ModelError(f"cannot write to {target.parent}: {error.strerror}") from error
    return _opened(target)


def remove_model(name: str) -> Path:
    """Remove a model from the user's folder, and return where it was.

    Raises:
        ModelError: there is none of this name, it is bundled, or it cannot be removed.
    """
    if _bundled(name) is not None:
        raise ModelError(f"`{name}` ships with plainfilm and cannot be removed")
    own = (folder for folder, bundled in _folders() if not bundled and folder.name == name)
    folder = next(own, None)
    if folder is None:
        raise ModelError(f"there is no model `{name}` in {user_folder()}")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise ModelError(f"cannot remove {folder}: {error.strerror}") from error
    return folder


def _opened(folder: Path, *, bundled: bool = False) -> StoredModel:
    return StoredModel(read_card(folder / CARD_FILE), folder / NETWORK_FILE, bundled)


def _folders() -> Iterator[tuple[Path, bool]]:
    """The folders that hold a card, and whether they ship with plainfilm."""
    for base, bundled in ((_bundled_folder(), True), (user_folder(), False)):
        for folder in sorted(base.iterdir()) if base.is_dir() else ():
            if (folder / CARD_FILE).is_file() and not folder.name.startswith("."):
                yield folder, bundled


def _bundled(name: str) -> Path | None:
    return next((folder for folder, bundled in _folders() if bundled and folder.name == name), None)


@lru_cache(maxsize=1)
def _bundled_folder() -> Path:
    return Path(str(resources.files(__package__)))
