"""One file of a lexicon: TOML whose every complaint names the file and the line."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Final, Never

from plainfilm.errors import BadTable
from plainfilm.reports._phrases import parse_phrase

__all__ = ["LexiconFile"]

_ITEM: Final = re.compile(
    r"#[^\n]*"  # a comment is no item
    r'|"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"'
    r"|'''.*?'''|'[^'\n]*'"
    r"|[^\s,\[\]#\"']+"
    r"|[\[\]]",
    re.DOTALL,
)


class LexiconFile:
    """A TOML file and where its values stand.

    Raises:
        BadTable: it is no TOML; the message has the file and the line.
    """

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        self._text = text
        try:
            self.table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as exc:
            raise BadTable(f"{where}: {exc}") from exc

    def refuse(self, message: str, line: int) -> Never:
        raise BadTable(f"{self.where}, line {line}: {message}")

    def line_of(self, key: str, nth: int = 0) -> int:
        """The line of the nth `key = ` in the file; 1 where it is not there."""
        return self._line(self._place_of(key, nth))

    def check_keys(self, known: Sequence[str]) -> None:
        """Raises BadTable when the file has a key at its top that none of `known` is."""
        for key in self.table:
            if key not in known:
                self.refuse(
                    f"there is no key '{key}'; known: {', '.join(known)}", self.line_of(key)
                )

    def text(self, key: str) -> str:
        """The string under a key; empty where it is not there."""
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.refuse(f"`{key}` must be text", self.line_of(key))
        return value

    def flag(self, key: str) -> bool:
        """The boolean under a key; False where it is not there."""
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            self.refuse(f"`{key}` must be true or false", self.line_of(key))
        return value

    def phrases(self, key: str, *, commas: bool = False) -> Iterator[str]:
        """The phrases listed under a key at the top of the file, each checked.

        Args:
            commas: whether a phrase may end with a comma.
        """
        yield from self.checked(self.table.get(key, []), key, commas=commas)

    def checked(
        self, listed: object, key: str, nth: int = 0, *, commas: bool = False
    ) -> Iterator[str]:
        """The phrases of a list that stands under the nth `key`, each checked."""
        for index, phrase in enumerate(self.strings(listed, key, nth)):
            try:
                parsed = parse_phrase(phrase)
            except ValueError as exc:
                self.refuse(str(exc), self._line_of_item(key, nth, index))
            if parsed.comma and not commas:
                line = self._line_of_item(key, nth, index)
                self.refuse("a comma may end a cue, but no other phrase", line)
            yield phrase

    def strings(self, listed: object, key: str, nth: int = 0) -> list[str]:
        """A list of strings that stands under the nth `key`."""
        if not isinstance(listed, list):
            self.refuse(f"`{key}` must be a list", self.line_of(key, nth))
        for index, item in enumerate(listed):
            if not isinstance(item, str):
                line = self._line_of_item(key, nth, index)
                self.refuse(f"`{key}` must hold text in quotes only", line)
        return listed

    def _place_of(self, key: str, nth: int) -> int:
        quoted = re.escape(key)
        keys = re.compile(rf"""^[ \t]*(?:\[+[ \t]*)?["']?{quoted}["']?[ \t]*(?:=|\.|\])""", re.M)
        found = list(keys.finditer(self._text))
        return found[min(nth, len(found) - 1)].start() if found else 0

    def _line_of_item(self, key: str, nth: int, index: int) -> int:
        """The line of an item of a list, counted from 0."""
        start = self._text.find("[", self._text.find("=", self._place_of(key, nth)))
        items = (
            match
            for match in _ITEM.finditer(self._text, max(start + 1, 0))
            if match[0][0] not in "#[]"
        )
        for place, match in enumerate(items):
            if place == index:
                return self._line(match.start())
        return self.line_of(key, nth)

    def _line(self, place: int) -> int:
        lead = len(self._text[place:]) - len(self._text[place:].lstrip())
        return self._text.count("\n", 0, place + lead) + 1
