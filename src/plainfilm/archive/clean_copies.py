"""De-identified copies that must not be released any more."""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, delete, select, tuple_

from plainfilm.archive import schema
from plainfilm.archive.catalog import chunks
from plainfilm.errors import PrivacyError

__all__ = ["copies_of", "forget_reports", "remove_copies"]

_CHUNK = 5_000


def copies_of(connection: Connection, film_ids: Iterable[int]) -> dict[int, Path]:
    """film_id → where its de-identified copy is, for the films that have one."""
    table = schema.clean_film
    return {
        film_id: Path(path)
        for part in chunks(sorted(film_ids), _CHUNK)
        for film_id, path in connection.execute(
            select(table.c.film_id, table.c.path).where(table.c.film_id.in_(part))
        )
    }


def forget_reports(connection: Connection, files: Iterable[tuple[str, str]]) -> list[Path]:
    """Forget what became of structured reports; where their de-identified copies are.

    Args:
        files: path and member of each.
    """
    table = schema.clean_structured_report
    copies: list[Path] = []
    for part in chunks(sorted(files), _CHUNK):
        is_one = tuple_(table.c.path, table.c.member).in_(part)
        found = connection.scalars(select(table.c.clean_path).where(is_one))
        copies += [Path(path) for path in found if path is not None]
        connection.execute(delete(table).where(is_one))
    return copies


def remove_copies(paths: Iterable[Path]) -> None:
    """Remove copies whose film changed or is withheld now, so that nobody ships them.

    Raises:
        PrivacyError: a copy cannot be removed.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            msg = f"{path} must not be released any more and cannot be removed"
            raise PrivacyError(f"{msg}: {error.strerror}; remove it by hand") from error
