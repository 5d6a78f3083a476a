"""What routing leaves: a table of all films, and on request a folder for each destination."""

import csv
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.dicom import open_location
from plainfilm.errors import ArchiveError, InputError, Reason, SettingsError
from plainfilm.records import Rejection
from plainfilm.route.films import FilmRoutes, RoutedFilm
from plainfilm.route.rules import Route, Rules
from plainfilm.text_files import write_beside

__all__ = ["COLUMNS", "RouteSummary", "route_archive"]

COLUMNS: Final = ("film_id", "sop_instance_uid", "path", "destination", "rule")
_BLOCK_BYTES: Final = 1 << 20
_TOLD_AT_ONCE: Final = 1_000


@dataclass(slots=True)
class RouteSummary:
    """What came of routing.

    Attributes:
        counts: how many films went each way; every route of the rules is there.
        not_categorized: films without a decision, which meet no condition on one.
        absent_keywords: that rules ask for and no film has.
        rejections: films that could not be put into their destination's folder.
    """

    counts: Counter[Route]
    not_categorized: int = 0
    absent_keywords: tuple[str, ...] = ()
    rejections: list[Rejection] = field(default_factory=list)


def route_archive(
    archive: Archive,
    rules: Rules,
    *,
    table: Path | None = None,
    folders: Path | None = None,
    copy: bool = False,
    where: str | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> RouteSummary:
    """Route the films of an archive; without `table` and `folders`, a dry run.

    Args:
        table: a CSV to write, with `COLUMNS`; replaced when complete.
        folders: a new folder to fill with one folder for each destination, which holds the films
            as `<film_id>.dcm`: symbolic links, or copies of members of zip files.
        copy: copy every film.
        where: an SQL condition on `films` that chooses some.
        progress: called with the number of films settled since the last call.
    Raises:
        SettingsError: `folders` holds something already.
        ArchiveError: an output cannot be written.
        BadTable: `where` is not a condition.
    """
    routes = FilmRoutes(archive, rules, where=where)
    counts = Counter(dict.fromkeys(rules.routes(), 0))
    summary = RouteSummary(counts, absent_keywords=routes.absent_keywords)
    films = _counted(routes, summary, progress)
    if folders is not None:
        with _new_folder(folders) as root:
            films = _placed(films, root, copy, summary)
            _write_table(films, table)
    else:
        _write_table(films, table)
    return summary


def _counted(
    films: Iterable[RoutedFilm], summary: RouteSummary, progress: Callable[[int], None]
) -> Iterator[RoutedFilm]:
    number = 0
    for number, film in enumerate(films, start=1):
        summary.counts[film.route] += 1
        summary.not_categorized += not film.categorized
        yield film
        if number % _TOLD_AT_ONCE == 0:
            progress(_TOLD_AT_ONCE)
    progress(number % _TOLD_AT_ONCE)


def _placed(
    films: Iterable[RoutedFilm], root: Path, copy: bool, summary: RouteSummary
) -> Iterator[RoutedFilm]:
    for film in films:
        try:
            _place(film, root / film.route.destination, copy)
        except InputError as error:
            reason = error.reason or Reason.FILE_UNREADABLE
            rejection = Rejection(film.location, reason, str(error), film.film_id)
            summary.rejections.append(rejection)
        yield film


def _place(film: RoutedFilm, folder: Path, copy: bool) -> None:
    """Link or copy a film; its file's own name could be anything, so it gets its number for one.

    Raises:
        InputError: the film's file is gone or cannot be read.
        ArchiveError: the folder cannot be written.
    """
    target = folder / f"{film.film_id:08}.dcm"
    with open_location(film.location) as source:
        try:
            folder.mkdir(exist_ok=True)
            if not copy and film.location.member is None:
                target.symlink_to(film.location.path)
                return
            with target.open("xb") as file:
                shutil.copyfileobj(source, file, _BLOCK_BYTES)
        except OSError as error:  # from writing: reads raise UnreadableDicom
            raise ArchiveError(f"cannot write {target}: {error.strerror}") from error
        except InputError:
            target.unlink(missing_ok=True)
            raise


def _write_table(films: Iterable[RoutedFilm], path: Path | None) -> None:
    """Write the table beside and rename it; without a path, only go through the films."""
    if path is None:
        for _ in films:
            pass
        return
    try:
        with write_beside(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for film in films:
                route = film.route
                writer.writerow(
                    (
                        film.film_id,
                        film.sop_instance_uid,
                        film.location,
                        route.destination,
                        route.rule,
                    )
                )
    except OSError as error:
        raise ArchiveError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Give a folder to fill, and move it to `out` when the block ends well.

    Raises:
        SettingsError: `out` holds something already: films of an earlier routing would stay.
        ArchiveError: the place cannot be written.
    """
    partial = out.with_name(f"{out.name}.partial-{secrets.token_hex(4)}")
    try:
        if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
            raise SettingsError(f"{out} exists and is not an empty folder; choose a new one")
        partial.mkdir(parents=True)
        yield partial
        partial.rename(out)  # replaces an empty folder, fails on any other
    except OSError as error:
        raise ArchiveError(f"cannot make {out}: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
