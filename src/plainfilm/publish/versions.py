"""A new version of a dataset, next to the one before: what is kept, and what has changed."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from plainfilm.errors import BadTable, SettingsError
from plainfilm.publish.film_table import FILMS, FilmRow, film_rows, read_films
from plainfilm.publish.folder import CHECKSUMS, LINEAGE, DatasetFolder
from plainfilm.publish.layouts.layout import Contents
from plainfilm.publish.lineage import FORMAT, fingerprint

__all__ = ["Change", "ChangeKind", "Previous", "changes_since", "read_previous", "write_changes"]

_NAMED_AT_MOST: Final = 10
_HASHING_THREADS: Final = 4
_PAGE_END: Final = (
    "Each of them is a row of `changes.csv`. No patient changes its split, unless a list of test"
    " patients asks for it."
)


class ChangeKind(StrEnum):
    """What became of a film between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    IDS = "ids changed"
    RENAMED = "renamed"
    IMAGE = "image changed"
    LABELS = "labels changed"
    SPLIT = "split changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `before` and `after` are ids, file names, splits or labels, or empty."""

    kind: ChangeKind
    dicom_id: str
    image: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Previous:
    """The version before, which was found to be whole.

    Attributes:
        checksum: SHA-256 of its list of checksums: it names this version, and no other.
        films: dicom_id → its row.
        findings: of its label set.
    """

    name: str
    checksum: str
    label_set: str
    films: Mapping[str, FilmRow]
    findings: Sequence[str]


def read_previous(folder: Path, *, layout: str, key: bytes) -> Previous:
    """Read the version before, having checked every one of its files.

    Args:
        layout: of the new version; a version in another layout is another dataset.
    Raises:
        SettingsError: it is no dataset by plainfilm, was made with another key or in another
            layout, or is damaged; the message names the files.
    """
    lineage = _read_lineage(folder)
    if lineage.get("key_fingerprint") != fingerprint(key):
        msg = f"{folder} was published with another key, so its ids mean other patients"
        raise SettingsError(f"{msg}; give the key of that version with --key")
    if lineage.get("layout") != layout:
        msg = f"{folder} has the layout {lineage.get('layout')}, and the new version {layout}"
        raise SettingsError(f"{msg}; publish that one without --previous")
    checksum = _check(folder)
    try:
        films, findings = read_films(folder / FILMS)
    except BadTable as error:
        raise SettingsError(f"{folder} cannot be built on: {error}") from error
    label_set = str(lineage.get("label_set", ""))
    return Previous(folder.name, checksum, label_set, films, findings)


def _read_lineage(folder: Path) -> Mapping[str, object]:
    none = f"{folder} is no dataset that plainfilm published"
    try:
        lineage = json.loads((folder / LINEAGE).read_bytes())
    except OSError as error:
        raise SettingsError(f"{none}: it has no {LINEAGE} ({error.strerror})") from error
    except ValueError as error:
        raise SettingsError(f"{none}: its {LINEAGE} is damaged") from error
    if not isinstance(lineage, dict) or lineage.get("format") != FORMAT:
        raise SettingsError(f"{none}, or one of another version of plainfilm")
    return lineage


def _check(folder: Path) -> str:
    """Compare every file with its checksum; returns the SHA-256 of the list itself."""
    try:
        content = (folder / CHECKSUMS).read_bytes()
        lines = [line.split("  ", 1) for line in content.decode().splitlines()]
        listed = {path: digest for digest, path in lines}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{folder}: {CHECKSUMS} is missing or damaged") from error
    paths = [path for path in listed if _inside(path)]
    with ThreadPoolExecutor(_HASHING_THREADS) as threads:
        digests = threads.map(lambda path: _digest(folder / path), paths)
        found = dict(zip(paths, digests, strict=True))
    damaged = [path for path, digest in listed.items() if found.get(path) != digest]
    damaged += [needed for needed in (LINEAGE, FILMS) if needed not in listed]
    if damaged:
        more = f" and {len(damaged) - _NAMED_AT_MOST:,} more" if len(damaged) > 10 else ""
        names = ", ".join(damaged[:_NAMED_AT_MOST])
        msg = f"{folder} is damaged: {names}{more} are not as they were published"
        raise SettingsError(f"{msg}; restore them before publishing a version that builds on it")
    return hashlib.sha256(content).hexdigest()


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""  # which is no file's digest: it counts as damaged


def changes_since(previous: Previous, contents: Contents) -> list[Change]:
    """How a dataset differs from the version before it, film by film.

    Labels are compared only where both have the same label set.
    """
    now = film_rows(contents)
    compare_labels = previous.label_set == contents.label_set
    changes: list[Change] = []
    for dicom_id in sorted({*now, *previous.films}):
        before, after = previous.films.get(dicom_id), now.get(dicom_id)
        if before is None and after is not None:
            changes.append(Change(ChangeKind.ADDED, dicom_id, after.image, "", after.split))
        elif after is None and before is not None:
            changes.append(Change(ChangeKind.REMOVED, dicom_id, before.image, before.split, ""))
        elif before is not None and after is not None:
            changes += _differences(before, after, compare_labels=compare_labels)
    return changes


def _differences(before: FilmRow, after: FilmRow, *, compare_labels: bool) -> Iterator[Change]:
    film, image = after.dicom_id, after.image
    if _ids(before) != _ids(after):
        yield Change(ChangeKind.IDS, film, image, _ids(before), _ids(after))
    if _file_name(before) != _file_name(after):
        yield Change(ChangeKind.RENAMED, film, image, _file_name(before), _file_name(after))
    if before.sha256 != after.sha256:
        yield Change(ChangeKind.IMAGE, film, image)
    if before.split != after.split:
        yield Change(ChangeKind.SPLIT, film, image, before.split, after.split)
    if compare_labels and before.labels != after.labels:
        yield Change(ChangeKind.LABELS, film, image, _told(before.labels), _told(after.labels))


def _ids(row: FilmRow) -> str:
    return f"subject {row.subject_id}, study {row.study_id}"


def _file_name(row: FilmRow) -> str:
    """Without its folder or tar file, which follow from ids, split and what else is there."""
    return row.image.rpartition("!")[2].rpartition("/")[2]


def _told(labels: Mapping[str, str] | None) -> str:
    if labels is None:
        return "(no report)"
    return "; ".join(f"{finding}={value}" for finding, value in sorted(labels.items()))


def write_changes(
    folder: DatasetFolder, previous: Previous, contents: Contents, pinned: Collection[str] = ()
) -> list[Change]:
    """Write `CHANGES.md`, the counts, and `changes.csv`, a row for each difference.

    Args:
        pinned: subject_ids that a list put into the test split: they alone may change sides.
    Raises:
        SettingsError: a patient who is not pinned would change sides.
        ArchiveError: the dataset cannot be written.
    """
    changes = changes_since(previous, contents)
    subject = {image.place.dicom_id: str(image.place.subject_id) for image in contents.images}
    for change in changes:
        if change.kind is ChangeKind.SPLIT and subject[change.dicom_id] not in pinned:
            msg = f"{change.image} would move from {change.before} to {change.after}"
            raise SettingsError(f"{msg}, which no list of test patients asks for")
    columns = ("change", "dicom_id", "image", "before", "after")
    rows = ((c.kind.value, c.dicom_id, c.image, c.before, c.after) for c in changes)
    folder.write_table("changes.csv", columns, rows)
    folder.write("CHANGES.md", _page(folder.name, previous, contents, changes).encode())
    return changes


def _page(name: str, previous: Previous, contents: Contents, changes: Sequence[Change]) -> str:
    counts = Counter(change.kind for change in changes)
    lines = [
        f"# {name}: what has changed",
        "",
        f"Since `{previous.name}`, whose `{CHECKSUMS}` has the SHA-256 `{previous.checksum}`.",
        "",
        "| films | |",
        "|---:|---|",
        *(f"| {counts[kind]:,} | {kind.value} |" for kind in ChangeKind),
        f"| {len(previous.films):,} | before |",
        f"| {len(contents.images):,} | now |",
        "",
        _PAGE_END,
    ]
    if previous.label_set != contents.label_set:
        sets = f"they are of the set {contents.label_set}, and were of {previous.label_set}"
        lines += ["", f"Labels are not compared: {sets}."]
    return "\n".join([*lines, ""])
