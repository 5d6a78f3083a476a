"""The workers' part of ingest: files in; identifying values, tags and rejections out."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from plainfilm.archive.sources import SourceFile
from plainfilm.archive.tags import encode_batch
from plainfilm.dicom import Header, open_location, read_header, refuse_documents
from plainfilm.errors import ArchiveError, InputError, Reason
from plainfilm.records import Location, Rejection, TagValue

__all__ = ["FilmRow", "FilmsRead", "ReadFiles"]


@dataclass(frozen=True, slots=True)
class FilmRow:
    """What the catalog keeps of one film; texts are None where the film lacks the tag.

    Attributes:
        stored: where the film's bytes were copied to, relative to the archive; None in place.
    """

    file: SourceFile
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    sop_class_uid: str | None
    transfer_syntax_uid: str
    rows: int | None
    columns: int | None
    frames: int
    patient_id: str | None
    issuer: str | None
    accession_number: str | None
    study_date: str | None
    study_description: str | None
    modality: str | None
    series_description: str | None
    stored: str | None


@dataclass(frozen=True, slots=True)
class FilmsRead:
    """What came of one batch of files; `tags` holds a row for each film, in their order."""

    films: Sequence[FilmRow]
    tags: bytes
    rejected: Sequence[tuple[SourceFile, Rejection]]


@dataclass(frozen=True)
class ReadFiles:
    """Step: read the headers of files, and copy them into `objects` if asked to.

    Attributes:
        objects: the archive's folder for copies; None leaves the films where they are.
    """

    name: ClassVar[str] = "ingest"
    version: ClassVar[str] = "1"
    objects: Path | None = None

    def process(self, batch: Sequence[SourceFile]) -> Sequence[FilmsRead]:
        films: list[FilmRow] = []
        tags: list[dict[str, TagValue]] = []
        rejected: list[tuple[SourceFile, Rejection]] = []
        for file in batch:
            try:
                header = read_header(file.location)
                row = _film_row(file, header)
                if self.objects is not None:
                    row = _stored(row, self.objects)
            except InputError as error:
                reason = error.reason or Reason.FILE_UNREADABLE
                rejected.append((file, Rejection(file.location, reason, str(error))))
                continue
            films.append(row)
            tags.append(header.tags)
        return [FilmsRead(films, encode_batch(tags), rejected)]


def _film_row(file: SourceFile, header: Header) -> FilmRow:
    tags = header.tags
    refuse_documents(_text(tags, "SOPClassUID") or "")
    if header.pixel_offset is None:
        raise InputError("no pixel data", Reason.NO_PIXEL_DATA)
    if not header.pixels_complete:
        raise InputError("the pixel data ends early", Reason.TRUNCATED_PIXELS)
    uids = [_text(tags, f"{name}InstanceUID") for name in ("SOP", "Series", "Study")]
    sop, series, study = uids
    if sop is None or series is None or study is None:
        missing = [n for n, uid in zip(("SOP", "Series", "Study"), uids, strict=True) if not uid]
        msg = f"{', '.join(missing)} Instance UID missing"
        raise InputError(msg, Reason.MISSING_UID)
    return FilmRow(
        file=file,
        sop_instance_uid=sop,
        series_instance_uid=series,
        study_instance_uid=study,
        sop_class_uid=_text(tags, "SOPClassUID"),
        transfer_syntax_uid=header.transfer_syntax_uid,
        rows=_whole(tags, "Rows"),
        columns=_whole(tags, "Columns"),
        frames=_whole(tags, "NumberOfFrames") or 1,
        patient_id=_text(tags, "PatientID"),
        issuer=_text(tags, "IssuerOfPatientID"),
        accession_number=_text(tags, "AccessionNumber"),
        study_date=_text(tags, "StudyDate"),
        study_description=_text(tags, "StudyDescription"),
        modality=_text(tags, "Modality"),
        series_description=_text(tags, "SeriesDescription"),
        stored=None,
    )


def _text(tags: dict[str, TagValue], keyword: str) -> str | None:
    """A tag as text that any database takes: PostgreSQL has no NUL, UTF-8 no lone surrogates."""
    value = tags.get(keyword)
    if isinstance(value, list):
        value = "\\".join(str(item) for item in value)
    if value is None or value == "":
        return None
    text = str(value)
    if text.isascii() and "\0" not in text:
        return text.strip() or None
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip() or None


def _whole(tags: dict[str, TagValue], keyword: str) -> int | None:
    value = tags.get(keyword)
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _stored(row: FilmRow, objects: Path) -> FilmRow:
    """Copy the film's bytes to `objects/ab/cd/<sha256>`, beside and renamed.

    Raises:
        UnreadableDicom: reading the film failed.
        ArchiveError: writing the copy failed.
    """
    digest = hashlib.sha256()
    try:
        with (
            open_location(row.file.location) as source,
            tempfile.NamedTemporaryFile(dir=objects, prefix=".partial-", delete=False) as copy,
        ):
            try:
                while block := source.read(1 << 20):
                    digest.update(block)
                    copy.write(block)
                copy.flush()
                os.fsync(copy.fileno())
                name = digest.hexdigest()
                target = objects / name[:2] / name[2:4] / name
                target.parent.mkdir(parents=True, exist_ok=True)
                Path(copy.name).replace(target)
            except BaseException:
                Path(copy.name).unlink(missing_ok=True)
                raise
    except OSError as error:  # from writing: reads raise UnreadableDicom
        raise ArchiveError(f"cannot copy into {objects}: {error.strerror}") from error
    return replace(row, stored=str(target.relative_to(objects.parent)))


def same_bytes(one: Location, other: Location) -> bool:
    """Whether two locations hold the same bytes.

    Raises:
        UnreadableDicom: one of them cannot be opened.
    """
    with open_location(one) as first, open_location(other) as second:
        while True:
            block = first.read(1 << 20)
            if block != second.read(1 << 20):
                return False
            if not block:
                return True
