"""The rules of hanging: a table in TOML, checked when it is read."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from plainfilm.errors import SettingsError
from plainfilm.vocabulary import CATEGORIES, DIRECTIONS, Edges, upright_edges

__all__ = ["Edges", "HangingRules", "load_hanging_rules"]

Item = TypeVar("Item")

_FILE: Final = "hanging.toml"
_SECTIONS: Final = {
    "sure": frozenset({"turn", "mirrored", "inverted", "collage"}),
    "priors": frozenset({"count", "related"}),
    "order": frozenset({"parts", "views", "sides"}),
    "edges": frozenset(category.name for category in CATEGORIES),
}
_PARTS: Final = frozenset(category.body_part for category in CATEGORIES)
_VIEWS: Final = frozenset(category.view for category in CATEGORIES)
_SIDES: Final = frozenset({"R", "L", "B", ""})
_MOST_PRIORS: Final = 100


@dataclass(frozen=True, slots=True)
class HangingRules:
    """How films hang.

    Attributes:
        turn, mirrored, inverted, collage: from which probability on the pixels are believed.
        priors: how many earlier studies hang below the study.
        related: parts that are compared with one another, in sets.
        parts, views, sides: from left to right.
        edges: what an upright film shows at its edges, by category.
    """

    turn: float
    mirrored: float
    inverted: float
    collage: float
    priors: int
    related: tuple[frozenset[str], ...]
    parts: tuple[str, ...]
    views: tuple[str, ...]
    sides: tuple[str, ...]
    edges: Mapping[str, Edges]

    def are_related(self, one: str, other: str) -> bool:
        return any(one in group and other in group for group in self.related)


def load_hanging_rules(path: Path | None = None) -> HangingRules:
    """The bundled rules, with what a file of the user's says differently.

    Raises:
        SettingsError: the file cannot be opened or is no TOML, or a key or value is wrong; the
            message names it and says what is allowed.
    """
    bundled = _bundled()
    if path is None:
        return _Checked(bundled, _FILE).rules()
    own = _Checked(_read(path), str(path)).content
    merged = {name: {**section, **own.get(name, {})} for name, section in bundled.items()}
    return _Checked(merged, str(path)).rules()


@cache
def _bundled() -> dict[str, Any]:
    rules = tomllib.loads(resources.files(__package__).joinpath(_FILE).read_text("utf-8"))
    return {**rules, "edges": {name: asdict(edges) for name, edges in upright_edges().items()}}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise SettingsError(f"{path}: cannot be opened ({exc.strerror})") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path}: is no TOML ({exc})") from exc


class _Checked:
    """The content of a file whose sections and keys are all known ones."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self.content = content
        self._where = where
        for name, section in content.items():
            known = _SECTIONS.get(name)
            if known is None or not isinstance(section, dict):
                raise self._wrong(f"[{name}]", f"no section; sections are {_listed(_SECTIONS)}")
            for key in section:
                if key not in known:
                    raise self._wrong(f"[{name}] {key}", f"not known; allowed are {_listed(known)}")

    def rules(self) -> HangingRules:
        return HangingRules(
            turn=self._probability("turn"),
            mirrored=self._probability("mirrored"),
            inverted=self._probability("inverted"),
            collage=self._probability("collage"),
            priors=self._count("priors", "count"),
            related=tuple(self._related()),
            parts=self._order("parts", _PARTS),
            views=self._order("views", _VIEWS),
            sides=self._order("sides", _SIDES),
            edges={name: self._edges(name, given) for name, given in self.content["edges"].items()},
        )

    def _wrong(self, key: str, fault: str) -> SettingsError:
        return SettingsError(f"{self._where}: {key}: {fault}")

    def _probability(self, key: str) -> float:
        value = self.content["sure"][key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise self._wrong(f"[sure] {key}", "must be a number from 0 to 1")
        return float(value)

    def _count(self, section: str, key: str) -> int:
        value = self.content[section][key]
        if type(value) is not int or not 0 <= value <= _MOST_PRIORS:
            raise self._wrong(f"[{section}] {key}", f"must be a whole number to {_MOST_PRIORS}")
        return value

    def _related(self) -> Iterator[frozenset[str]]:
        groups = self.content["priors"]["related"]
        if not isinstance(groups, list):
            raise self._wrong("[priors] related", "must be a list of lists of parts")
        for group in groups:
            yield frozenset(self._names("[priors] related", group, _PARTS))

    def _order(self, key: str, known: frozenset[str]) -> tuple[str, ...]:
        return self._names(f"[order] {key}", self.content["order"][key], known)

    def _names(self, key: str, given: object, known: frozenset[str]) -> tuple[str, ...]:
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise self._wrong(key, "must be a list of names")
        unknown = [name for name in given if name not in known]
        if unknown:
            allowed = _listed(name or '""' for name in known)
            raise self._wrong(key, f"'{unknown[0]}' is not known; allowed are {allowed}")
        if len(set(given)) < len(given):
            raise self._wrong(key, "a name is there twice")
        return tuple(given)

    def _edges(self, category: str, given: object) -> Edges:
        key = f"[edges] {category}"
        if not isinstance(given, dict) or not given.keys() <= {"lower", "right"}:
            raise self._wrong(key, "must be a table of `lower` and `right`")
        for edge, direction in given.items():
            if not isinstance(direction, str) or direction not in {*DIRECTIONS, ""}:
                allowed = _listed(DIRECTIONS)
                raise self._wrong(f"{key} {edge}", f"must be one of {allowed} or empty")
        return Edges(given.get("lower", "F"), given.get("right", ""))


def place_in(order: Sequence[Item], item: Item) -> int:
    """Where an item stands in an order; what it does not name stands behind."""
    return order.index(item) if item in order else len(order)


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))
