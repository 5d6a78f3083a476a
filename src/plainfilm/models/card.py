"""The model card: what a model is, what it was made from, and how far it can be trusted.

It lies beside the ONNX file and is read before it: a model runs only with a card that names its
bytes. After Mitchell et al., Model Cards for Model Reporting (FAT* 2019).
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from plainfilm import __version__
from plainfilm.errors import ModelError

__all__ = [
    "FLAGS",
    "INTERFACE",
    "AnyCard",
    "Card",
    "CategoryFigures",
    "CommonCard",
    "Data",
    "Figure",
    "Threshold",
    "check_name",
    "read_card",
    "read_card_of",
    "write_card",
]

INTERFACE: Final = 1
"""The inputs and outputs that `Network` runs; another interface needs another release."""

FLAGS: Final = ("mirrored", "inverted", "collage")
_TEMPERATURES: Final = ("category", "turn", *FLAGS)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_RELEASE: Final = re.compile(r"\d+(\.\d+)*")
_SIDES: Final = range(32, 2049)


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a film of one predicted category goes straight through, and when to a person.

    Attributes:
        straight: the probability above which it goes straight; None where the category is weak
            and no film does.
        person: the probability below which it goes to a person; 0 where the category is strong.
    """

    straight: float | None
    person: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure with its interval; `low` and `high` are None where it has none."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    films: int | None = None


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """What the model reached for one category on films that it had not seen.

    Attributes:
        films: of the category in the test split.
        sensitivity, precision: None where they would be 0/0.
        low, high: interval of the sensitivity.
    """

    category: str
    films: int
    sensitivity: float | None = None
    low: float | None = None
    high: float | None = None
    precision: float | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """Films that the model was trained on, and the terms that they came under."""

    name: str
    films: int
    terms: str
    patients: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCard:
    """What is known of a model of any kind.

    Attributes:
        name: the model's name in the store: lower case, digits, `.`, `_`, `-`.
        version: of the model, any text.
        sha256: of the ONNX file, 64 hex digits.
        licence: under which terms the model may be used.
        interface: see `INTERFACE`.
        plainfilm_from, plainfilm_below: the releases of plainfilm that it was made for; no upper
            end where empty.
        split: how films were kept apart for training, validation and test.
        figures: measured on the test split.
        known_failures: a sentence each.
    Raises:
        ModelError: a value contradicts another or is out of range.
    """

    name: str
    version: str
    sha256: str
    licence: str
    interface: int = INTERFACE
    plainfilm_from: str = "0.1"
    plainfilm_below: str = ""
    summary: str = ""
    data: tuple[Data, ...] = ()
    split: str = ""
    figures: tuple[Figure, ...] = ()
    known_failures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        if not _SHA256.fullmatch(self.sha256):
            raise ModelError("sha256 must be 64 hex digits in lower case")
        for end, release in (("from", self.plainfilm_from), ("below", self.plainfilm_below)):
            if release and not _RELEASE.fullmatch(release):
                raise ModelError(f"plainfilm_{end} must be a release such as 0.1")


AnyCard = TypeVar("AnyCard", bound=CommonCard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(CommonCard):
    """Everything that is known of a model of film categories.

    Attributes:
        side: of the square films that it takes, in pixels, 32 to 2048.
        classes: the names of the logits, in order.
        uncovered: classes that the model never learnt, and that are never predicted.
        temperatures: head → what its logits are divided by; 1 where a head is not named.
        thresholds: class → `Threshold`; a class that is not named goes to review at best.
        untrained: heads beside the category that never learnt, and are not asked.
        tells_mirrored: classes whose anatomy tells whether a film is mirrored.
        categories: measured on the test split.
        calibration: name → value, such as `expected_calibration_error`.
    Raises:
        ModelError: a value contradicts another or is out of range.
    """

    side: int
    classes: tuple[str, ...]
    uncovered: tuple[str, ...] = ()
    temperatures: Mapping[str, float] = field(default_factory=dict, hash=False)
    thresholds: Mapping[str, Threshold] = field(default_factory=dict, hash=False)
    untrained: tuple[str, ...] = ()
    tells_mirrored: tuple[str, ...] = ()
    categories: tuple[CategoryFigures, ...] = ()
    calibration: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        CommonCard.__post_init__(self)  # super() does not know a class with slots
        if self.side not in _SIDES:
            raise ModelError(f"side ({self.side}) must be 32 to {_SIDES[-1]} pixels")
        self._check_classes()
        self._check_numbers()

    def _check_classes(self) -> None:
        if not self.classes or len(set(self.classes)) != len(self.classes):
            raise ModelError("classes must be there, each once")
        named = {
            "uncovered": self.uncovered,
            "thresholds": tuple(self.thresholds),
            "tells_mirrored": self.tells_mirrored,
            "categories": tuple(row.category for row in self.categories),
        }
        for where, names in named.items():
            unknown = sorted(set(names) - set(self.classes))
            if unknown:
                raise ModelError(f"{where} names what is no class: {', '.join(unknown)}")
        if set(self.uncovered) == set(self.classes):
            raise ModelError("uncovered names every class; nothing is left to predict")

    def _check_numbers(self) -> None:
        if unknown := sorted(set(self.untrained) - set(_TEMPERATURES[1:])):
            raise ModelError(f"untrained names what is no such head: {', '.join(unknown)}")
        for head, heat in self.temperatures.items():
            if head not in _TEMPERATURES:
                raise ModelError(f"temperatures name {', '.join(_TEMPERATURES)}; not `{head}`")
            if not 0 < heat < float("inf"):
                raise ModelError(f"the temperature of {head} ({heat}) must be above 0")
        for name, threshold in self.thresholds.items():
            ends = (threshold.person, 1.0 if threshold.straight is None else threshold.straight)
            if not 0 <= ends[0] <= ends[1] <= 1:
                raise ModelError(f"thresholds of {name} must be 0 ≤ person ≤ straight ≤ 1")

    def decision(self, category: str, probability: float) -> str:
        """What is to be done with a film that the model calls `category`.

        Returns:
            `straight`: it may go on by itself. `person`: the model is not sure in a category
            where it is often wrong, so that a person has to name the film. `review`: the category
            stands for now, and someone should look at it later.
        Source: the policy of Dratsch et al., Eur Radiol 2021, Discussion: straight through above
            0.90 in categories of high accuracy, to a person below 0.70 in weak ones.
        """
        threshold = self.thresholds.get(category)
        if threshold is None:
            return "review"
        if threshold.straight is not None and probability > threshold.straight:
            return "straight"
        return "person" if probability < threshold.person else "review"


def check_name(name: str) -> str:
    """A model's name, if it may be one.

    Raises:
        ModelError: it may not.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"a model cannot be called `{name}`: a name is of lower-case letters, digits, `.`, `_`"
            " and `-`, and begins with a letter or digit"
        )
    return name


def read_card(path: Path) -> Card:
    """Read the card of a model of film categories; see `read_card_of`."""
    return read_card_of(Card, path)


def read_card_of(kind: type[AnyCard], path: Path) -> AnyCard:
    """Read a card, and make sure that this release can run its model.

    Args:
        kind: the card's class.
    Raises:
        ModelError: the card is missing, damaged, or of another interface or release.
    """
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)  # editors leave it
    except OSError as error:
        raise ModelError(
            f"{path}: the model card cannot be read ({error.strerror}); a model needs its card"
            " beside it, so copy both"
        ) from error
    _check_interface(path, content)
    try:
        card = msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise ModelError(f"{path} is no model card: {error}; fetch it again") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    _check_release(path, card)
    return card


def write_card(card: CommonCard, path: Path) -> None:
    """Write a card as indented JSON.

    Raises:
        ModelError: the file cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(card), indent=2)
    try:
        path.write_bytes(content + b"\n")
    except OSError as error:
        raise ModelError(f"cannot write {path}: {error.strerror}") from error


def _check_interface(path: Path, content: bytes) -> None:
    """A card of a later interface may hold what this release cannot read, so look at it first."""
    try:
        found = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise ModelError(f"{path} is no JSON; the card is damaged, fetch it again") from error
    interface = found.get("interface", INTERFACE) if isinstance(found, dict) else INTERFACE
    if interface != INTERFACE:
        raise ModelError(
            f"{path}: the model has interface {interface}, this plainfilm runs interface"
            f" {INTERFACE}; {_remedy(isinstance(interface, int) and interface > INTERFACE)}"
        )


def _check_release(path: Path, card: CommonCard) -> None:
    own = _numbers(__version__)
    late = bool(card.plainfilm_below) and own >= _numbers(card.plainfilm_below)
    if own < _numbers(card.plainfilm_from) or late:
        below = f" and below {card.plainfilm_below}" if card.plainfilm_below else ""
        raise ModelError(
            f"{path}: the model is for plainfilm from {card.plainfilm_from}{below}, this is"
            f" {__version__}; {_remedy(not late)}"
        )


def _remedy(is_newer: bool) -> str:
    return "update plainfilm" if is_newer else "fetch a newer model, or train it anew"


def _numbers(release: str) -> tuple[int, ...]:
    leading = _RELEASE.match(release)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()
