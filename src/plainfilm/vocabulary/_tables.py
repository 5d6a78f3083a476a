"""Reading the small CSV tables that hold the vocabulary."""

import csv
import io
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from plainfilm.errors import BadTable, Reason


def bundled_text(name: str) -> str:
    """The text of a table that ships beside this module."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def text_of(path: Path) -> str:
    """The text of a user's table; UTF-8, with or without a byte-order mark.

    Raises:
        BadTable: the file is missing, may not be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        message = f"{path}: cannot be opened ({exc.strerror})"
        raise BadTable(message, Reason.FILE_UNREADABLE) from exc
    except UnicodeDecodeError as exc:
        raise BadTable(f"{path}: byte {exc.start} is not UTF-8") from exc


def rows(text: str, columns: Sequence[str], where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row) with every value stripped.

    Raises:
        BadTable: a column is missing, or a line has too many or too few values.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    found = reader.fieldnames or []
    missing = [column for column in columns if column not in found]
    if missing:
        message = f"{where}: missing columns {', '.join(missing)}; found {', '.join(found)}"
        raise BadTable(message)
    for row in reader:
        if None in row or None in row.values():
            raise BadTable(f"{where}, line {reader.line_num}: expected {len(found)} values")
        yield reader.line_num, {key: value.strip() for key, value in row.items()}
