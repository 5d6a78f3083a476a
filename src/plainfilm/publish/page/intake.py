"""Sections on what came in: files, duplicates, rejections, encodings, and the runs that did it."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from plainfilm import pages
from plainfilm.archive import Archive
from plainfilm.errors import REASON_TEXT, Reason
from plainfilm.pages import (
    Column,
    Content,
    Markup,
    Section,
    counted,
    element,
    join,
    paragraph,
    table,
)
from plainfilm.publish.page.parts import listing

__all__ = ["duplicates", "encodings", "reason_text", "rejections", "runs", "tiles"]

_FILMS = Column("Films", number=True)

# PS3.6 table A-1, the transfer syntaxes that still images come in; the names shortened.
_SYNTAXES: Final = {
    "1.2.840.10008.1.2": "Implicit VR little endian",
    "1.2.840.10008.1.2.1": "Explicit VR little endian",
    "1.2.840.10008.1.2.1.99": "Deflated explicit VR little endian",
    "1.2.840.10008.1.2.2": "Explicit VR big endian",
    "1.2.840.10008.1.2.4.50": "JPEG baseline, lossy",
    "1.2.840.10008.1.2.4.51": "JPEG extended, lossy",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless, first-order prediction",
    "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.5": "RLE lossless",
}

# PS3.3 C.7.6.3.1.2. Any other value is not repeated: it may be anything that someone typed.
_PHOTOMETRIC: Final = {
    "MONOCHROME1": ("MONOCHROME1", "inverted, so that dense is bright"),
    "MONOCHROME2": ("MONOCHROME2", "as stored"),
    "PALETTE COLOR": ("PALETTE COLOR", "as luminance"),
    "RGB": ("RGB", "as luminance"),
    "YBR_FULL": ("YBR_FULL", "as luminance"),
    "YBR_FULL_422": ("YBR_FULL_422", "as luminance"),
    "YBR_ICT": ("YBR_ICT", "as luminance"),
    "YBR_RCT": ("YBR_RCT", "as luminance"),
}
_OTHER: Final = ("another, or none", "as stored")


def reason_text(code: str) -> str:
    """A reason code in words; the code itself where a newer version wrote it."""
    try:
        return REASON_TEXT[Reason(code)]
    except ValueError:
        return code


def tiles(archive: Archive) -> Markup:
    """The totals: files seen, and what they turned out to be."""
    counts = archive.counts()
    files = archive.rows("SELECT count(*) AS files FROM source_file")[0]["files"]
    return pages.tiles(
        (
            ("files seen", files),
            ("films", counts["film"]),
            ("patients", counts["patient"]),
            ("studies", counts["study"]),
            ("reports", counts["report"]),
            ("duplicate files", counts["duplicate"]),
            ("rejected files", counts["rejected"]),
        )
    )


_REJECTED: Final = """
SELECT reason, path || CASE member WHEN '' THEN '' ELSE '!' || member END AS file, detail
FROM source_file
WHERE outcome = 'rejected'
ORDER BY reason, file
"""
_REJECTED_BY_REASON: Final = """
SELECT 'reading the file' AS step, reason, count(*) AS items
FROM source_file
WHERE outcome = 'rejected'
GROUP BY reason
UNION ALL
SELECT step, reason, count(*)
FROM step_result
WHERE reason IS NOT NULL
GROUP BY step, reason
ORDER BY items DESC, step, reason
"""


def rejections(archive: Archive) -> Section:
    """Everything that could not be used, by step and reason, and each rejected file."""
    by_reason = archive.rows(_REJECTED_BY_REASON)
    if not by_reason:
        body: Content = paragraph("Every file was read, and every step did every film and report.")
        return Section("rejections", "Rejections", body)
    found = listing(archive, _REJECTED)
    summary = table(
        "Rejections by step and reason",
        (Column("Reason"), Column("While"), Column("Count", number=True)),
        ((reason_text(row["reason"]), row["step"], row["items"]) for row in by_reason),
    )
    files = table(
        "Rejected files",
        (Column("File"), Column("Reason")),
        ((_path(row["file"]), _why(row["reason"], row["detail"])) for row in found.rows),
        found.rest,
    )
    notice = f"{counted(found.total, 'file')} could not be used" if found.total else ""
    return Section("rejections", "Rejections", (summary, files if found.total else None), notice)


def _why(reason: str, detail: str | None) -> Content:
    """The reason in words; of a conflict its detail, which names the other file."""
    if reason == Reason.UID_CONFLICT and detail:
        return element("span", detail, class_="path")
    return reason_text(reason)


_DUPLICATES: Final = """
SELECT source_file.path || CASE source_file.member WHEN '' THEN '' ELSE '!' || source_file.member
       END AS file,
       film.path || CASE coalesce(film.member, '') WHEN '' THEN '' ELSE '!' || film.member
       END AS kept,
       film.film_id
FROM source_file JOIN film ON film.film_id = source_file.film_id
WHERE source_file.outcome = 'duplicate'
ORDER BY file
"""


def duplicates(archive: Archive) -> Section:
    """Files that hold a film that another file holds already."""
    found = listing(archive, _DUPLICATES)
    if not found.total:
        return Section("duplicates", "Duplicates", paragraph("No film came twice."))
    body = table(
        "The same film in two files: it is counted and kept once",
        (Column("File"), Column("Same film as"), Column("Film")),
        ((_path(row["file"]), _path(row["kept"]), str(row["film_id"])) for row in found.rows),
        found.rest,
    )
    notice = f"{counted(found.total, 'duplicate')} left out"
    return Section("duplicates", "Duplicates", body, notice)


def encodings(archive: Archive) -> Section:
    """How the films came: transfer syntax and photometric interpretation."""
    photometric = _photometric(archive)
    inverted = sum(row["films"] for row in photometric if row["name"] == "MONOCHROME1")
    notice = f"{counted(inverted, 'film')} in MONOCHROME1 inverted" if inverted else ""
    by_photometric = table(
        "Photometric interpretations",
        (Column("Photometric interpretation"), Column("Shown"), _FILMS),
        ((*_PHOTOMETRIC.get(row["name"], _OTHER), row["films"]) for row in photometric),
    )
    return Section("encodings", "Encodings", (_by_syntax(archive), by_photometric), notice)


def _by_syntax(archive: Archive) -> Markup:
    rows = archive.rows(
        "SELECT transfer_syntax_uid AS uid, count(*) AS films FROM film"
        " GROUP BY uid ORDER BY films DESC, uid"
    )
    return table(
        "Transfer syntaxes",
        (Column("Transfer syntax"), Column("UID"), _FILMS),
        (
            (_SYNTAXES.get(row["uid"], "another"), element("code", row["uid"]), row["films"])
            for row in rows
        ),
    )


def _photometric(archive: Archive) -> list[dict[str, Any]]:
    columns = archive.arrow("SELECT * FROM tags LIMIT 0").column_names
    if "PhotometricInterpretation" not in columns:  # no film has the tag
        return []
    return archive.rows(
        "SELECT PhotometricInterpretation AS name, count(*) AS films FROM tags"
        " GROUP BY name ORDER BY films DESC, name"
    )


_RUNS: Final = """
SELECT run_id, step, version, started, finished, counts FROM run ORDER BY run_id DESC
"""


def runs(archive: Archive) -> Section:
    """What was done, the latest first."""
    found = listing(archive, _RUNS)
    body = table(
        "Runs, the latest first",
        (
            Column("Step"),
            Column("Version"),
            Column("Begun"),
            Column("Counts"),
            Column("Duration", number=True),
        ),
        (
            (
                row["step"],
                row["version"],
                _moment(row["started"]),
                join(_run_counts(row["counts"])),
                _duration(row["started"], row["finished"]),
            )
            for row in found.rows
        ),
        found.rest,
    )
    return Section("runs", "What was done", body)


def _run_counts(counts: str | None) -> Iterator[Markup]:
    for name, count in json.loads(counts or "{}").items():
        if count:
            yield element("span", f"{name.replace('_', ' ')} {count:,}", class_="count")


def _moment(iso: str) -> Markup:
    """A time to the minute, on one line."""
    shown = datetime.fromisoformat(iso).strftime("%Y-%m-%d %H:%M UTC")
    return element("time", shown, datetime=iso)


def _duration(started: str, finished: str | None) -> str:
    if finished is None:
        return "did not finish"
    seconds = (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest:02d} s"


def _path(path: str) -> Markup:
    """A path that may break across lines after its slashes."""
    parts = path.split("/")
    broken = ((part, "/", element("wbr")) for part in parts[:-1])
    return element("code", broken, parts[-1], class_="path")
