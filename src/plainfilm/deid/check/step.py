"""The steps of a check: finding out which film is which, and examining one film."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from plainfilm.deid.check.elements import dataset_text
from plainfilm.deid.check.facts import OFFSET_TOLERANCE, FilmFacts, hashed
from plainfilm.deid.check.marks import claimed_options, judge_file, judge_marks
from plainfilm.deid.check.pixels import judge_pixels, judge_pixels_against, pixel_digest
from plainfilm.deid.check.removed import HeaderCheck
from plainfilm.deid.check.retained import judge_required, judge_retained
from plainfilm.deid.check.scores import Check, Finding, Tally
from plainfilm.deid.profile import Option
from plainfilm.dicom import (
    Dataset,
    FilmPixels,
    decode_film,
    is_structured_report,
    read_dataset,
    read_header,
)
from plainfilm.errors import InputError, Reason, UnsupportedPixels
from plainfilm.records import Location, Rejection

__all__ = ["Examination", "Examine", "Examined", "Identified", "Identify"]


@dataclass(frozen=True, slots=True)
class Examination:
    """One film to examine.

    Attributes:
        name: of the file within its folder; what is searched for identity, too.
        original: the film that it was made from; None where that is not known.
    """

    location: Location
    name: str
    original: Location | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in one film.

    Attributes:
        undecoded: why the pixels could not be looked at; None where they were.
    """

    location: Location
    passed: Mapping[Check, int]
    failed: Mapping[Finding, int]
    facts: FilmFacts
    undecoded: Reason | None = None


@dataclass(frozen=True, slots=True)
class Examine:
    """Judge films by their headers and pixels, with their originals where these are known.

    Attributes:
        options: of the profile; None takes those that each film claims.
    """

    name: ClassVar[str] = "check-deidentification"
    version: ClassVar[str] = "1"

    options: frozenset[Option] | None = None

    def process(self, batch: Sequence[Examination]) -> Sequence[Examined | Rejection]:
        """One Examined, or a Rejection where the file cannot be read, for each film, in order."""
        results: list[Examined | Rejection] = []
        for item in batch:
            try:
                results.append(self._examine(item))
            except InputError as error:
                results.append(_rejection(item.location, error))
        return results

    def _examine(self, item: Examination) -> Examined:
        clean = read_dataset(item.location)
        original = None if item.original is None else read_dataset(item.original)
        options = claimed_options(clean) if self.options is None else self.options
        tally = Tally()
        judge_file(clean, tally)
        judge_marks(clean, tally)
        header = HeaderCheck(clean, options, tally, original)
        header.run()
        judge_required(header)
        judge_retained(header)
        _judge_dates(header)
        if original is not None:
            hidden = not header.finds_identity(item.name)
            tally.judge(hidden, Check.TEXT_REMOVED, "file name", "identity")
        undecoded = _judge_pixels(header)
        return Examined(item.location, tally.passed, tally.failed, _facts(header), undecoded)


def _judge_dates(header: HeaderCheck) -> None:
    birth, study, acquired = (
        dataset_text(header.clean, keyword)
        for keyword in ("PatientBirthDate", "StudyDate", "AcquisitionDate")
    )
    # As text: eight digits sort like the days they name.
    pairs = [(birth, study), (study, acquired)]
    whole = [pair for pair in pairs if all(len(day) == 8 and day.isdigit() for day in pair)]
    if whole:
        ordered = all(earlier <= later for earlier, later in whole)
        header.tally.judge(ordered, Check.DATE_CONSISTENT, "00080020", "wrong_order")
    if header.offsets:
        one = max(header.offsets) - min(header.offsets) <= OFFSET_TOLERANCE
        header.tally.judge(one, Check.DATE_CONSISTENT, "00080020", "offsets_differ")


def _judge_pixels(header: HeaderCheck) -> Reason | None:
    """Judge the pixels; why they could not be looked at, or not all of them, else None."""
    clean, tally = header.clean, header.tally
    try:
        film = decode_film(clean)
        judge_pixels(film, clean, header.identity, tally)
    except UnsupportedPixels as error:
        if error.reason is not Reason.NO_PIXEL_DATA:
            tally.judge(False, Check.PIXELS_RETAINED, "7FE00010", "cannot_be_decoded")
        elif is_structured_report(dataset_text(clean, "SOPClassUID")):
            return None
        return error.reason or Reason.UNDECODABLE_PIXELS
    if header.original is None or not _compared(film, header):
        tally.judge(True, Check.PIXELS_RETAINED, "7FE00010", "")
    return None


def _compared(film: FilmPixels, header: HeaderCheck) -> bool:
    """Compare with the original; a film whose original cannot be decoded is no worse than it."""
    if header.original is None:
        return False
    try:
        judge_pixels_against(film, header.clean, header.original, header.tally)
    except UnsupportedPixels:
        return False
    return True


def _facts(header: HeaderCheck) -> FilmFacts:
    def fact(keyword: str) -> bytes:
        return hashed(dataset_text(header.clean, keyword))

    return FilmFacts(
        uid=fact("SOPInstanceUID"),
        series=fact("SeriesInstanceUID"),
        study=fact("StudyInstanceUID"),
        patient=fact("PatientID"),
        name=fact("PatientName"),
        birth_date=fact("PatientBirthDate"),
        study_date=fact("StudyDate"),
        references=tuple(sorted(header.references)),
        changed_uids=tuple(sorted(header.changed_uids)),
        old_patient=b"" if header.original is None else _old_patient(header.original),
        offsets=tuple(sorted(header.offsets)),
    )


def _old_patient(original: Dataset) -> bytes:
    patient = dataset_text(original, "PatientID")
    if not patient:
        return hashed("\0".join(("study", dataset_text(original, "StudyInstanceUID"))))
    return hashed("\0".join(("id", patient, dataset_text(original, "IssuerOfPatientID"))))


@dataclass(frozen=True, slots=True)
class Identified:
    """A film's SOP Instance UID, and the digest of its pixels where that was asked for."""

    location: Location
    uid: str
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Identify:
    """Find out which films lie where.

    Attributes:
        digest: decode the pixels, too; a film whose pixels cannot be decoded has no digest.
    """

    name: ClassVar[str] = "identify-films"
    version: ClassVar[str] = "1"

    digest: bool = False

    def process(self, batch: Sequence[Location]) -> Sequence[Identified | Rejection]:
        """One Identified, or a Rejection where the file cannot be read, for each, in order."""
        results: list[Identified | Rejection] = []
        for location in batch:
            try:
                results.append(self._identify(location))
            except InputError as error:
                results.append(_rejection(location, error))
        return results

    def _identify(self, location: Location) -> Identified:
        header = read_header(location)
        uid = str(header.tags.get("SOPInstanceUID") or "").strip(" \0")
        if not self.digest:
            return Identified(location, uid)
        try:
            return Identified(location, uid, pixel_digest(read_dataset(location)))
        except UnsupportedPixels:
            return Identified(location, uid)


def _rejection(location: Location, error: InputError) -> Rejection:
    return Rejection(location, error.reason or Reason.FILE_UNREADABLE, str(error))
