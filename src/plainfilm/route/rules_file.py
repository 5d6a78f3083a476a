"""Reading a file of rules: TOML, every key and value checked, nothing evaluated."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from plainfilm.archive.tags import column_type
from plainfilm.dicom import keyword_vr, standard_keywords
from plainfilm.errors import SettingsError
from plainfilm.records import Outcome
from plainfilm.route.rules import DEFAULT, Range, Rule, Rules, TagCondition
from plainfilm.vocabulary import CATEGORIES, OTHER, Category

__all__ = ["default_rules_text", "load_rules", "parse_rules"]

_DEFAULT_FILE: Final = "default_rules.toml"
_TOP_KEYS: Final = ("default", "rule")
_DESTINATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SIDES: Final = ("R", "L", "B")
_ENDS: Final = ("min", "above", "max", "below")
_RULE_KEYS: Final = (
    "name", "to", "category", "body_part", "outcome", "probability", "laterality", "tags",
)  # fmt: skip
_LISTED: Final = 40  # more names than that are no help in a message
_LONGEST_NAME: Final = 80


def default_rules_text() -> str:
    """The bundled file of rules, to read or to start one's own from."""
    return files("plainfilm.route").joinpath(_DEFAULT_FILE).read_text(encoding="utf-8")


def load_rules(path: Path | None = None, *, categories: Sequence[Category] = CATEGORIES) -> Rules:
    """Read and check a file of rules; without a path, the bundled ones.

    Raises:
        SettingsError: the file cannot be read, or something in it is wrong; the message names the
            rule, the key and what is allowed there.
    """
    if path is None:
        return parse_rules(default_rules_text(), _DEFAULT_FILE, categories=categories)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: byte {error.start} is not UTF-8") from error
    return parse_rules(text, str(path), categories=categories)


def parse_rules(text: str, where: str, *, categories: Sequence[Category] = CATEGORIES) -> Rules:
    """The rules that a text holds.

    Args:
        where: what messages call the text.
        categories: that rules may name, beside `other`.
    Raises:
        SettingsError: as `load_rules`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where}: not valid TOML: {error}") from error
    _known_keys(content, _TOP_KEYS, where)
    tables = content.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{where}: rules are written as [[rule]] tables")
    default = _destination(content.get("default"), "default", where)
    rules: list[Rule] = []
    for number, table in enumerate(tables, start=1):
        rule = _RuleReader(table, _title(table, number, where), categories).rule()
        _check_among(rule, rules, f"{where}, rule {number}")
        rules.append(rule)
    return Rules(default, tuple(rules))


def _title(table: Mapping[str, Any], number: int, where: str) -> str:
    name = table.get("name")
    return f"{where}, rule {number}" + (f" ({name})" if isinstance(name, str) and name else "")


def _check_among(rule: Rule, earlier: Sequence[Rule], where: str) -> None:
    """A rule has a name of its own, and films that it could take."""
    for number, one in enumerate(earlier, start=1):
        if one.name == rule.name:
            raise SettingsError(f"{where}: rule {number} is called {rule.name} too")
        if one.covers(rule):
            raise SettingsError(
                f"{where} ({rule.name}): can never take a film, since rule {number} ({one.name})"
                " takes every one that it would; put it before that rule, or remove it"
            )


@dataclass(frozen=True, slots=True)
class _RuleReader:
    """Reads one [[rule]] table; `where` is what messages call it."""

    table: Mapping[str, Any]
    where: str
    categories: Sequence[Category]

    def rule(self) -> Rule:
        _known_keys(self.table, _RULE_KEYS, self.where)
        outcomes = self._one_of("outcome", tuple(Outcome))
        return Rule(
            name=self._name(),
            to=_destination(self.table.get("to"), "to", self.where),
            categories=self._categories(),
            outcomes=None if outcomes is None else frozenset(map(Outcome, outcomes)),
            probability=self._probability(),
            lateralities=self._one_of("laterality", _SIDES),
            tags=self._tags(),
        )

    def _name(self) -> str:
        name = self.table.get("name")
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise SettingsError(f"{self.where}: name must be a line of text")
        if len(name) > _LONGEST_NAME or name == DEFAULT:
            raise SettingsError(
                f"{self.where}: name must have at most {_LONGEST_NAME} characters and not be"
                f" `{DEFAULT}`"
            )
        return name

    def _texts(self, key: str) -> tuple[str, ...] | None:
        """The value of a key that takes one text or a list of them; None where it is not there."""
        value = self.table.get(key)
        if value is None:
            return None
        texts = value if isinstance(value, list) else [value]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise SettingsError(f"{self.where}: {key} must be a text or a list of texts")
        return tuple(texts)

    def _one_of(self, key: str, known: Sequence[str]) -> frozenset[str] | None:
        texts = self._texts(key)
        for text in texts or ():
            if text not in known:
                raise _unknown(f"{self.where}: {key}", text, known)
        return None if texts is None else frozenset(texts)

    def _categories(self) -> frozenset[str] | None:
        """What `category` and `body_part` together allow."""
        named, of_parts = self._named_categories(), self._of_body_parts()
        if named is None or of_parts is None:
            return of_parts if named is None else named
        if not named & of_parts:
            raise SettingsError(f"{self.where}: no category is of both category and body_part")
        return named & of_parts

    def _named_categories(self) -> frozenset[str] | None:
        texts = self._texts("category")
        if texts is None:
            return None
        known = (*(category.name for category in self.categories), OTHER)
        chosen: set[str] = set()
        for text in texts:
            matching = [name for name in known if _fits(name, text)]
            if not matching:
                raise _unknown(f"{self.where}: category", text, known)
            chosen.update(matching)
        return frozenset(chosen)

    def _of_body_parts(self) -> frozenset[str] | None:
        parts = self._one_of("body_part", _each(category.body_part for category in self.categories))
        if parts is None:
            return None
        return frozenset(each.name for each in self.categories if each.body_part in parts)

    def _probability(self) -> Range | None:
        ends = self.table.get("probability")
        if ends is None:
            return None
        where = f"{self.where}: probability"
        if not isinstance(ends, dict) or not ends:
            raise SettingsError(
                f"{where} must be written as {{ above = 0.9 }}; its keys are {', '.join(_ENDS)}"
            )
        _known_keys(ends, _ENDS, where)
        for key, value in ends.items():
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or not 0 <= value <= 1
            ):
                raise SettingsError(f"{where}: {key} must be a number from 0 to 1")
        for one, other in (("min", "above"), ("max", "below")):
            if one in ends and other in ends:
                raise SettingsError(f"{where}: {one} and {other} exclude each other")
        found = Range(
            low=next((float(ends[key]) for key in ("min", "above") if key in ends), 0.0),
            high=next((float(ends[key]) for key in ("max", "below") if key in ends), 1.0),
            low_open="above" in ends,
            high_open="below" in ends,
        )
        if found.is_empty():
            raise SettingsError(f"{where}: no number is in that range")
        return found

    def _tags(self) -> tuple[TagCondition, ...]:
        tags = self.table.get("tags", {})
        if not isinstance(tags, dict):
            raise SettingsError(f"{self.where}: tags must be a table from keyword to value")
        return tuple(
            _tag_condition(keyword, value, f"{self.where}: tag {keyword}")
            for keyword, value in tags.items()
        )


def _fits(name: str, pattern: str) -> bool:
    """Whether a category is the one named, or begins as one that ends in `*`."""
    if pattern.endswith("*") and len(pattern) > 1:
        return name.startswith(pattern[:-1])
    return name == pattern


def _tag_condition(keyword: str, value: object, where: str) -> TagCondition:
    """Messages name the keyword only: a value may be a person's."""
    entry = keyword_vr(keyword)
    if entry is None:
        raise _unknown(f"{where.removesuffix(f' {keyword}')} keyword", keyword, standard_keywords())
    if isinstance(value, dict):
        if set(value) != {"present"} or not isinstance(value["present"], bool):
            raise SettingsError(f"{where}: only {{ present = true }} or {{ present = false }}")
        return TagCondition(keyword, present=value["present"])
    column = column_type(keyword)
    if column is None or entry[0] == "SQ":
        raise SettingsError(f"{where}: of a {entry[0]} only {{ present = true }} can be asked")
    values: list[Any] = value if isinstance(value, list) else [value]
    text = pa.types.is_string(column.value_type if pa.types.is_list(column) else column)
    kinds: tuple[type, ...] = (str,) if text else (int, float)
    if not values or not all(isinstance(v, kinds) and not isinstance(v, bool) for v in values):
        what = "a text" if text else "a number"
        raise SettingsError(f"{where}: must be {what}, or a list of such; its VR is {entry[0]}")
    if "" in values:
        raise SettingsError(f"{where}: for no value write {{ present = false }}")
    return TagCondition(keyword, frozenset(values))


def _destination(value: object, key: str, where: str) -> str:
    if value is None:
        raise SettingsError(f"{where}: {key} is missing; it names a destination")
    if not isinstance(value, str) or not _DESTINATION.fullmatch(value):
        raise SettingsError(
            f"{where}: {key} must be a name of letters, digits, `.`, `_` and `-`, at most 64"
        )
    return value


def _known_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise _unknown(f"{where}: key", key, known)


def _unknown(where: str, name: str, known: Iterable[str]) -> SettingsError:
    """The error for a name that is none of those known, with the nearest or all of them."""
    every = tuple(known)
    near = get_close_matches(name, every, n=3)
    if len(every) > _LISTED:
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
    else:
        hint = f"; known: {', '.join(every)}"
    return SettingsError(f"{where} {name!r} is unknown{hint}")


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
