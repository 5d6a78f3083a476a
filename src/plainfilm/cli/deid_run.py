"""What `deidentify` runs: its steps, over an archive or over loose files by way of one."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plainfilm.cli.console import is_archive, progress, run_step
from plainfilm.cli.deid_options import claim_output, refuse_foreign_output
from plainfilm.cli.secret_key import load_key
from plainfilm.errors import Reason
from plainfilm.records import Location, Rejection

if TYPE_CHECKING:
    from plainfilm.archive import Archive, IngestSummary, RunSummary
    from plainfilm.deid import Deidentify, Option

__all__ = ["Released", "for_reports", "release", "unkeyed_step"]

_NO_KEY: Final = bytes(32)


def unkeyed_step(
    out: Path, options: "frozenset[Option]", rules: Path | None, *, strict: bool, loose: bool
) -> "Deidentify":
    """The step for films, to be given a key before it runs.

    What is wrong with options and rules is told so before a key is made.

    Raises:
        SettingsError: the options contradict, or the rules are wrong or break them.
    """
    from plainfilm.deid import Deidentify, load_rules
    from plainfilm.deid.audit import audit_folder

    return Deidentify(
        out.absolute(),
        _NO_KEY,
        options,
        () if rules is None else load_rules(rules),
        strict,
        audit=audit_folder(out),
        has_lasting_ids=not loose,
    )


def for_reports(step: "Deidentify") -> "Deidentify":
    """The same step for structured reports.

    Raises:
        SettingsError: the options leave nothing of a report.
    """
    from plainfilm.deid import report_options

    return replace(step, options=report_options(step.options), reports=True, has_lasting_ids=False)


@dataclass(frozen=True, slots=True)
class Released:
    """What became of films and structured reports together.

    Attributes:
        done: released now. skipped: done or rejected before.
        rejected, rejections: also the files that were never taken in.
        reports: of `done`, those that are structured reports; None where these were left out.
    """

    done: int
    skipped: int
    rejected_before: int
    rejected: Counter[Reason]
    rejections: Sequence[Rejection]
    reports: int | None
    is_new_key: bool


def release(
    source: Path,
    films: "Deidentify",
    reports: "Deidentify | None",
    key_path: Path,
    *,
    where: str | None,
    again: bool,
    workers: int | None,
    quiet: bool,
) -> Released:
    """Run the steps, once all that can be refused beforehand has been; then a key may be made.

    Args:
        films, reports: steps without a key.
    """
    from plainfilm.deid.audit import audit_folder

    loose = not is_archive(source)
    folder = audit_folder(films.out)
    with _opened(source, workers, loose=loose) as (archive, unread):
        archive.to_do(films, where=where)  # refuses a wrong condition
        refuse_foreign_output(films.out, folder)
        is_new_key = not key_path.exists()
        key = load_key(key_path)
        films = replace(films, key=key)
        claim_output(films, folder)
        done = run_step(
            archive, films, "De-identifying",
            where=where, again=again, workers=workers, quiet=quiet,
        )  # fmt: skip
        read = None
        if reports is not None:
            reports = replace(reports, key=key)
            read = _run_on_reports(archive, reports, again=again, workers=workers, quiet=quiet)
        every = _all_rejections(archive, read) if loose else None
    return _joined(unread, done, read, every, is_new_key=is_new_key)


def _joined(
    unread: "IngestSummary",
    films: "RunSummary",
    reports: "RunSummary | None",
    every: list[Rejection] | None,
    *,
    is_new_key: bool,
) -> Released:
    runs = [films] if reports is None else [films, reports]
    rejected = Counter(unread.rejected)
    if reports is not None:
        del rejected[Reason.STRUCTURED_REPORT]  # they were taken in after all
    for run in runs:
        rejected += run.rejected
    return Released(
        done=sum(run.done - run.rejected.total() for run in runs),
        skipped=sum(run.skipped for run in runs),
        rejected_before=sum(run.rejected_before for run in runs),
        rejected=rejected,
        rejections=[one for run in runs for one in run.rejections] if every is None else every,
        reports=None if reports is None else reports.done - reports.rejected.total(),
        is_new_key=is_new_key,
    )


@contextmanager
def _opened(
    source: Path, workers: int | None, *, loose: bool
) -> "Iterator[tuple[Archive, IngestSummary]]":
    """The archive; loose files go by way of one that is thrown away after."""
    from plainfilm.archive import Archive, IngestSummary
    from plainfilm.engine import LocalEngine

    if not loose:
        with Archive.open(source) as archive:
            yield archive, IngestSummary()
        return
    with (
        tempfile.TemporaryDirectory(prefix="plainfilm-") as scratch,
        Archive.create(Path(scratch) / "archive") as archive,
    ):
        with LocalEngine(workers) as engine:
            unread = archive.ingest([source], engine=engine)
        yield archive, unread


def _run_on_reports(
    archive: "Archive", step: "Deidentify", *, again: bool, workers: int | None, quiet: bool
) -> "RunSummary":
    """Run the step over the archive's structured reports, with a progress bar."""
    from plainfilm.engine import LocalEngine

    (row,) = archive.rows(_REPORTS)
    with (
        LocalEngine(workers) as engine,
        progress("Structured reports", row["n"], quiet=quiet) as advance,
    ):
        return archive.run_on_structured_reports(step, engine=engine, again=again, progress=advance)


def _all_rejections(archive: "Archive", reports: "RunSummary | None") -> list[Rejection]:
    """Every rejection of an archive that is about to be thrown away, with nowhere else to look.

    Args:
        reports: what a run over structured reports did; None where they were left out.
    """
    found = [
        Rejection(
            Location(Path(row["path"]), row["member"] or None),
            Reason(row["reason"]),
            row["detail"] or "",
        )
        for row in archive.rows(_REJECTIONS, included=reports is not None)
    ]
    # Reports that were not even given to the step are in no table.
    refused = [] if reports is None else [one for one in reports.rejections if one.item_id is None]
    return sorted(found + refused, key=lambda one: str(one.location))


_REPORTS: Final = """
SELECT count(*) AS n FROM source_file WHERE reason = 'structured_report'
"""
_REJECTIONS: Final = """
SELECT path, member, reason, detail FROM source_file
WHERE reason IS NOT NULL AND NOT (reason = 'structured_report' AND $included)
UNION ALL
SELECT path, member, reason, detail FROM clean_structured_report WHERE reason IS NOT NULL
UNION ALL
SELECT film.path, film.member, step_result.reason, step_result.detail
FROM step_result JOIN film ON film.film_id = step_result.item_id
WHERE step_result.item_kind = 'film' AND step_result.reason IS NOT NULL
"""
