"""The titles of report sections: a table of theirs, and what each section is good for."""

import csv
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from plainfilm.errors import BadTable
from plainfilm.reports._words import fold

__all__ = ["USES", "SectionTitles", "read_titles"]

_LINE_WORDS: Final = ("continues", "continued")
USES: Final = ("impression", "findings", "part", "other", "never", *_LINE_WORDS)
"""What a section may be used for: a `part` is findings unless it stands in the impression or the
findings, `other` may serve as the final section, no label comes from `never`. `continues` and
`continued` are no titles but words that a line ends with, or begins with, only where a sentence
goes on from one line to the next."""

_COLUMNS: Final = ("section", "use", "titles")
_USES: Final = ", ".join(USES)
_REMEMBERED: Final = 4_000

_Find: TypeAlias = "Callable[[str, bool, SectionTitles], tuple[int, str, str] | None]"


class SectionTitles:
    """Titles in folded words → (section, use).

    Attributes:
        most_words: the words of the longest title.
        continues, continued: words with which a line ends, or begins, only within a sentence.
    """

    def __init__(self, titles: Mapping[str, tuple[str, str]]) -> None:
        self._titles = {words: of for words, of in titles.items() if of[1] not in _LINE_WORDS}
        self.continues = frozenset(words for words, of in titles.items() if of[1] == "continues")
        self.continued = frozenset(words for words, of in titles.items() if of[1] == "continued")
        self._remembered: dict[tuple[str, bool], tuple[int, str, str] | None] = {}
        self.most_words = max((title.count(" ") + 1 for title in titles), default=0)

    def get(self, words: str) -> tuple[str, str] | None:
        return self._titles.get(words)

    def remember(self, window: str, begins_line: bool, find: _Find) -> tuple[int, str, str] | None:
        """What `find` made of the text before a colon; reports of one house repeat their titles."""
        key = (window, begins_line)
        try:
            return self._remembered[key]
        except KeyError:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = find(window, begins_line, self)
            return found


def read_titles(where: str, text: str) -> dict[str, tuple[str, str]]:
    """A `sections.csv`: `section,use,titles`, the titles of a row separated by `;`.

    Raises:
        BadTable: columns are missing, or a use is none of USES; the message has the line.
    """
    lines = ("" if line.startswith("#") else line for line in text.splitlines())
    reader = csv.reader(lines)
    rows = ((reader.line_num, row) for row in reader if row)
    _, header = next(rows, (0, []))
    if tuple(header) != _COLUMNS:
        raise BadTable(f"{where}: needs the columns {','.join(_COLUMNS)}; found {','.join(header)}")
    found: dict[str, tuple[str, str]] = {}
    for line, row in rows:
        if len(row) != len(_COLUMNS) or row[1] not in USES or not all(row):
            raise BadTable(f"{where}, line {line}: needs section, titles and a use of: {_USES}")
        section, use, titles = row
        for title in titles.split(";"):
            found[fold(" ".join(title.split()))] = (section, use)
    return found
