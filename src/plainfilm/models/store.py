"""Where models are kept: those that ship with plainfilm, and the user's own folder.

A model is a folder that bears its name and holds a network and its card: `categories.onnx` and
`categories.json`; for a model of tags `tags.onnx` and `tags.json`, for one that makes vectors of
films `embedding.onnx` and `embedding.json`, for one of findings `findings.onnx` and
`findings.json`, for one that puts boxes around them `detector.onnx` and `detector.json`.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, resources
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias

from plainfilm.errors import ModelError
from plainfilm.models.card import AnyCard, Card, read_card_of
from plainfilm.models.detector_card import DetectorCard
from plainfilm.models.film_card import FilmCard
from plainfilm.models.finding_card import FindingCard
from plainfilm.models.tag_card import TagCard

__all__ = [
    "CARD_FILE",
    "CARD_FILES",
    "DEFAULT",
    "DEFAULT_CHEST",
    "DETECTOR_CARD_FILE",
    "DETECTOR_NETWORK_FILE",
    "FILM_CARD_FILE",
    "FILM_NETWORK_FILE",
    "FINDING_CARD_FILE",
    "FINDING_NETWORK_FILE",
    "NETWORK_FILE",
    "TAG_CARD_FILE",
    "TAG_NETWORK_FILE",
    "Stored",
    "StoredModel",
    "StoredTagModel",
    "add_model",
    "find_any_model",
    "find_detector",
    "find_film_model",
    "find_finding_model",
    "find_model",
    "find_tag_model",
    "list_models",
    "remove_model",
    "user_folder",
]

DEFAULT: Final = "starter"
"""The model that is taken where none is named."""
DEFAULT_CHEST: Final = "starter_chest"
"""The model of findings on chest films that is taken where none is named."""

NETWORK_FILE: Final = "categories.onnx"
CARD_FILE: Final = "categories.json"
TAG_NETWORK_FILE: Final = "tags.onnx"
TAG_CARD_FILE: Final = "tags.json"
FILM_NETWORK_FILE: Final = "embedding.onnx"
FILM_CARD_FILE: Final = "embedding.json"
FINDING_NETWORK_FILE: Final = "findings.onnx"
FINDING_CARD_FILE: Final = "findings.json"
DETECTOR_NETWORK_FILE: Final = "detector.onnx"
DETECTOR_CARD_FILE: Final = "detector.json"
_CARDS: Final[dict[str, type[Any]]] = {
    CARD_FILE: Card,
    TAG_CARD_FILE: TagCard,
    FILM_CARD_FILE: FilmCard,
    FINDING_CARD_FILE: FindingCard,
    DETECTOR_CARD_FILE: DetectorCard,
}
CARD_FILES: Final = tuple(_CARDS)
"""The names that a card may have, one for each kind of model."""
_MADE_FOR: Final[dict[type[Any], str]] = {
    Card: "of film categories, for `plainfilm classify`",
    TagCard: "of tags, for `plainfilm cluster --compress`",
    FilmCard: "that makes vectors of films, for `plainfilm cluster --embedding`",
    FindingCard: "of findings, for `plainfilm findings`",
    DetectorCard: "that puts boxes around findings, for `plainfilm detect`",
}
# Module and class that run a model, since ONNX Runtime takes long to load.
_RUN_BY: Final[dict[type[Any], tuple[str, str]]] = {
    Card: ("runtime", "Network"),
    TagCard: ("tag_encoder", "TagEncoder"),
    FilmCard: ("film_encoder", "FilmEncoder"),
    FindingCard: ("finding_network", "FindingNetwork"),
    DetectorCard: ("detector", "Detector"),
}
_FOLDER_VARIABLE: Final = "PLAINFILM_MODELS"


@dataclass(frozen=True, slots=True)
class Stored(Generic[AnyCard]):
    """A model and where it is.

    Attributes:
        network: path of the ONNX file.
        bundled: whether it ships with plainfilm, and so cannot be removed.
    """

    card: AnyCard
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


StoredModel: TypeAlias = Stored[Card]
"""A model of film categories."""
StoredTagModel: TypeAlias = Stored[TagCard]
"""A model of tags."""


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


def list_models() -> list[Stored[Any] | ModelError]:
    """Every model by name, the bundled ones first; an error in place of one that cannot be used."""
    found: list[Stored[Any] | ModelError] = []
    for folder, bundled in _folders():
        try:
            found.append(_opened(folder, bundled=bundled))
        except ModelError as error:
            found.append(error)
    return found


def find_model(chosen: str | Path | None = None) -> StoredModel:
    """The model of film categories of a name, or at a path: its folder, its ONNX file or its card.

    Args:
        chosen: None takes `DEFAULT`. A text is a name where there is such a model, else a path.
    Raises:
        ModelError: there is none, its card cannot be used, or it is of another kind.
    """
    return _find_of(DEFAULT if chosen is None else chosen, Card)


def find_tag_model(chosen: str | Path) -> StoredTagModel:
    """The model of tags of a name, or at a path, as in `find_model`.

    Raises:
        ModelError: there is none, its card cannot be used, or it is of another kind.
    """
    return _find_of(chosen, TagCard)


def find_film_model(chosen: str | Path) -> Stored[Any]:
    """A model that takes films and gives vectors, as in `find_model`: one that was made for it, or
    one of film categories.

    Raises:
        ModelError: there is none, its card cannot be used, or it is of another kind.
    """
    return _find_of(chosen, FilmCard, Card)


def find_finding_model(chosen: str | Path) -> Stored[FindingCard]:
    """The model of findings of a name, or at a path, as in `find_model`.

    Raises:
        ModelError: there is none, its card cannot be used, or it is of another kind.
    """
    return _find_of(chosen, FindingCard)


def find_detector(chosen: str | Path) -> Stored[DetectorCard]:
    """The model that puts boxes around findings, of a name or at a path, as in `find_model`.

    Raises:
        ModelError: there is none, its card cannot be used, or it is of another kind.
    """
    return _find_of(chosen, DetectorCard)


def _find_of(chosen: str | Path, *kinds: type[Any]) -> Stored[Any]:
    found = find_any_model(chosen)
    if not isinstance(found.card, kinds):
        raise ModelError(f"{chosen} is a model {_MADE_FOR[type(found.card)]}")
    return found


def find_any_model(chosen: str | Path) -> Stored[Any]:
    """The model of a name, or at a path, of whatever kind.

    Raises:
        ModelError: there is none, or its card cannot be used.
    """
    if not isinstance(chosen, Path):
        for folder, bundled in _folders():
            if folder.name == chosen:
                return _opened(folder, bundled=bundled)
    path = Path(chosen)
    if not path.exists():
        there = ", ".join(sorted(folder.name for folder, _ in _folders())) or "none"
        raise ModelError(
            f"there is no model {path}, by name or as a path; in the store: {there}. Add one with"
            " `plainfilm models add`, or train one with `plainfilm train`"
        )
    if path.is_dir():
        return _opened(path)
    kind = _CARDS.get(path.with_suffix(".json").name, Card)
    return _stored(kind, path.with_suffix(".json"))


def add_model(source: Path) -> Stored[Any]:
    """Copy a model into the user's folder, under the name in its card.

    Raises:
        ModelError: it is damaged or cannot be run, the name is taken, or nothing can be written.
    """
    model = find_any_model(Path(source))
    _try_out(model)
    target = user_folder() / model.card.name
    if target.exists() or _bundled(model.card.name) is not None:
        raise ModelError(f"there is a model `{model.card.name}` already; remove it first")
    card_file = next(name for name, kind in _CARDS.items() if isinstance(model.card, kind))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=target.parent) as folder:
            partial = Path(folder) / target.name
            partial.mkdir()
            shutil.copyfile(model.network, (partial / card_file).with_suffix(".onnx"))
            shutil.copyfile(model.network.with_suffix(".json"), partial / card_file)
            partial.rename(target)
    except OSError as error:
        raise ModelError(f"cannot write to {target.parent}: {error.strerror}") from error
    return _opened(target)


def _try_out(model: Stored[Any]) -> None:
    """Load the network, so that whatever is wrong with it is said now."""
    module, name = _RUN_BY[type(model.card)]
    getattr(import_module(f"plainfilm.models.{module}"), name)(model)


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


def _opened(folder: Path, *, bundled: bool = False) -> Stored[Any]:
    name = next((name for name in _CARDS if (folder / name).is_file()), CARD_FILE)
    return _stored(_CARDS[name], folder / name, bundled=bundled)


def _stored(kind: type[AnyCard], card: Path, *, bundled: bool = False) -> Stored[AnyCard]:
    return Stored(read_card_of(kind, card), card.with_suffix(".onnx"), bundled)


def _folders() -> Iterator[tuple[Path, bool]]:
    """The folders that hold a card, and whether they ship with plainfilm."""
    for base, bundled in ((_bundled_folder(), True), (user_folder(), False)):
        for folder in sorted(base.iterdir()) if base.is_dir() else ():
            held = any((folder / name).is_file() for name in _CARDS)
            if held and not folder.name.startswith("."):
                yield folder, bundled


def _bundled(name: str) -> Path | None:
    return next((folder for folder, bundled in _folders() if bundled and folder.name == name), None)


@lru_cache(maxsize=1)
def _bundled_folder() -> Path:
    return Path(str(resources.files(__package__)))
