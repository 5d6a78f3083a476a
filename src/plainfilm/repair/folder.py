"""A folder of repaired films: whose it is, and which films in it are done."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plainfilm.archive import OWN_PREFIX
from plainfilm.errors import ArchiveError
from plainfilm.text_files import write_beside

__all__ = ["MARKER", "OWN_FILES", "DoneFilm", "Journal"]

MARKER: Final = f"{OWN_PREFIX}repair.json"
JOURNAL: Final = f"{OWN_PREFIX}repaired.csv"
OWN_FILES: Final = frozenset({MARKER, JOURNAL})
"""The files in such a folder that are no films; no command that walks through it meets them."""

_COLUMNS: Final = ("film_id", "sop_instance_uid", "file", "fingerprint")


@dataclass(frozen=True, slots=True)
class DoneFilm:
    """One repaired film.

    Attributes:
        file: relative to the folder.
        fingerprint: of its proposals and where it came from.
    """

    film_id: int
    sop_instance_uid: str
    file: str
    fingerprint: str


class Journal:
    """Which films of a folder are done; written as they are, so that a killed run goes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / JOURNAL
        # By file: a film that is taken in anew has another id and the same place.
        self.done: dict[str, DoneFilm] = {film.file: film for film in self._read()}

    def is_done(self, film: DoneFilm) -> bool:
        known = self.done.get(film.file)
        return (
            known is not None
            and known.fingerprint == film.fingerprint
            and (self._folder / known.file).is_file()
        )

    def add(self, films: Iterable[DoneFilm]) -> None:
        """Note films whose files are there.

        Raises:
            ArchiveError: the journal cannot be written.
        """
        with self._writing(), self._path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for film in films:
                self.done[film.file] = film
                writer.writerow(_row(film))

    def remove(self, files: Iterable[str]) -> int:
        """Delete files that may not be there any more; returns how many the journal knew.

        Raises:
            ArchiveError: a file cannot be deleted.
        """
        removed = 0
        with self._writing():
            for file in files:
                if self.done.pop(file, None) is not None:
                    (self._folder / file).unlink(missing_ok=True)
                    removed += 1
        return removed

    def compact(self) -> None:
        """Write the journal anew: one line for each film that is there.

        Raises:
            ArchiveError: the journal cannot be written.
        """
        with self._writing(), write_beside(self._path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows(_row(self.done[name]) for name in sorted(self.done))

    def _read(self) -> Iterator[DoneFilm]:
        if not self._path.exists():
            return
        with self._writing(), self._path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                # The last line of a killed run may be cut; its film is done again.
                if len(row) == len(_COLUMNS) and row[0].isdigit() and _lies_within(row[2]):
                    yield DoneFilm(int(row[0]), *row[1:])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveError(f"cannot write in {self._folder}: {error.strerror}") from error


def _lies_within(file: str) -> bool:
    path = Path(file)
    return not path.is_absolute() and ".." not in path.parts


def _row(film: DoneFilm) -> tuple[object, ...]:
    return film.film_id, film.sop_instance_uid, film.file, film.fingerprint
