"""What only people know of a model: terms, sources, failures; told in a file of their own."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from plainfilm.errors import BadTable

__all__ = ["Notes", "SourceNotes", "read_notes"]


@dataclass(frozen=True, slots=True)
class SourceNotes:
    """Films of one source: how they are called, cited, and under which terms they came."""

    source: str
    name: str
    terms: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """What only people know of a model.

    Attributes:
        licence: under which terms it may be used.
        limits: a sentence each on what must not be concluded from the figures.
    """

    licence: str = "as the films that it was trained on"
    summary: str = ""
    known_failures: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    data: tuple[SourceNotes, ...] = ()


def read_notes(path: Path) -> Notes:
    """Read notes in TOML: `licence`, `summary`, `known_failures`, `limits`, and `[[data]]` tables
    with `source`, `name`, `terms` and, where there is one, `citation`.

    Raises:
        BadTable: the file cannot be read, or holds something else.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadTable(
            f"{path}: the notes cannot be read as TOML ({type(error).__name__})"
        ) from error
    known = Notes.__dataclass_fields__
    if unknown := sorted(set(found) - set(known)):
        raise BadTable(f"{path}: unknown {', '.join(unknown)}; known: {', '.join(known)}")
    try:
        return msgspec.convert(found, Notes)
    except msgspec.ValidationError as error:
        raise BadTable(f"{path}: {error}") from error
