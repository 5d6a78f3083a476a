"""The check of a whole folder."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from plainfilm.deid.check.across import Across
from plainfilm.deid.check.matching import BATCH, originals_of, read_mapping
from plainfilm.deid.check.report import LISTED, CheckReport
from plainfilm.deid.check.scores import Finding, Tally
from plainfilm.deid.check.step import Examination, Examine, Examined
from plainfilm.deid.profile import Option, check_options
from plainfilm.errors import BadSource, Reason
from plainfilm.records import Location, Rejection
from plainfilm.steps import Engine

__all__ = ["check_folder"]

Told = Callable[[Location, Mapping[Finding, int]], None]


def check_folder(
    folder: Path,
    *,
    engine: Engine,
    source: Path | Iterable[Location] | None = None,
    options: frozenset[Option] | None = None,
    key: bytes | None = None,
    mapping: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
    told: Told = lambda _, __: None,
) -> CheckReport:
    """Examine every file below a folder that claims to be de-identified, by whatever tool.

    Without the originals, what the profile removes has to be gone or a dummy, ids have to agree,
    and texts and pixels are searched for what looks like identity. With them, the check knows
    what to look for, what was lost, and what became of ids and dates.

    Args:
        source: the originals, a folder or their locations.
        options: of the profile, to judge by; None takes what each film itself claims.
        key: of plainfilm's own ids, to find the originals by.
        mapping: CSV with `id_old,id_new` of SOP Instance UIDs, to find the originals by.
        progress: hears how many files were examined.
        told: hears of each film that fails anything, and what.
    Raises:
        BadSource: a folder is missing.
        BadTable: the mapping cannot be used.
        SettingsError: the options contradict each other, or the key is too short.
        EngineError: the workers could not do their work.
    """
    if options is not None:
        check_options(options)
    table = None if mapping is None else read_mapping(mapping)
    files = _files(folder)
    originals: dict[Location, Location] = {}
    if source is not None:
        sources = _files(source) if isinstance(source, Path) else list(source)
        originals = originals_of(files, sources, engine=engine, key=key, mapping=table)
    examinations = (
        Examination(file, str(file.path.relative_to(folder.absolute())), originals.get(file))
        for file in files
    )
    findings = _Findings(told)
    for result in engine.run(Examine(options), _batches(examinations)):
        findings.take(result.outputs, [item.location for item in result.lost])
        progress(len(result.inputs))
    return findings.report(None if source is None else set(originals))


class _Findings:
    """What comes back from the workers, added up."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._tally = Tally()
        self._across = Across(self._tally)
        self._films: int = 0
        self._unexamined: Counter[Reason] = Counter()
        self._rejections: list[Rejection] = []
        self._unreadable: set[Location] = set()

    def take(self, outputs: Sequence[Examined | Rejection], lost: Sequence[Location]) -> None:
        for item in outputs:
            if isinstance(item, Rejection):
                self._reject(item)
            else:
                self._take_film(item)
        for location in lost:
            self._reject(Rejection(location, Reason.WORKER_DIED))

    def report(self, originals: set[Location] | None) -> CheckReport:
        self._across.finish()
        ordered = sorted(
            self._tally.failed.items(), key=lambda item: (not item[0].is_leak, -item[1], item[0])
        )
        matched = None if originals is None else len(originals - self._unreadable)
        return CheckReport(
            self._films,
            matched,
            self._tally.scores(),
            dict(ordered),
            self._unexamined,
            self._rejections,
        )

    def _take_film(self, film: Examined) -> None:
        self._films += 1
        self._tally.passed.update(film.passed)
        self._tally.failed.update(film.failed)
        self._across.take(film.facts)
        if film.failed:
            self._told(film.location, film.failed)
        if film.undecoded is not None:
            self._list(Rejection(film.location, film.undecoded))

    def _reject(self, item: Rejection) -> None:
        if item.location is not None:
            self._unreadable.add(item.location)
        self._list(item)

    def _list(self, item: Rejection) -> None:
        self._unexamined[item.reason] += 1
        if len(self._rejections) < LISTED:
            self._rejections.append(item)


def _files(folder: Path) -> list[Location]:
    """Every file below a folder, by name; links to folders are not followed.

    Raises:
        BadSource: there is no such folder.
    """
    if not folder.is_dir():
        raise BadSource(f"{folder} is no folder")
    found = [
        Location(Path(top) / name) for top, _, names in os.walk(folder.absolute()) for name in names
    ]
    return sorted(found, key=lambda location: location.path)


def _batches(items: Iterable[Examination]) -> Iterator[Sequence[Examination]]:
    batch: list[Examination] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
