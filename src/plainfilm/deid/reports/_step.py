"""Cleaning many reports: the step, and the stream of them through an engine."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, Final, NamedTuple, TypeVar

from plainfilm.deid.pseudonyms import KeyedHash
from plainfilm.deid.reports._clean import RemovedSpan, clean_report
from plainfilm.deid.reports._known import KnownPerson, known_from_dataset, known_from_texts
from plainfilm.deid.reports._language import is_understood
from plainfilm.dicom import Dataset, read_dataset
from plainfilm.errors import InputError, Reason
from plainfilm.records import LinkedReport, Location, Rejection, SourceReport
from plainfilm.steps import Engine

__all__ = ["AuditSpan", "CleanReports", "CleanedReport", "ReportInput", "clean_all"]

_BATCH: Final = 200
_T = TypeVar("_T")

ReportInput = SourceReport | LinkedReport


class AuditSpan(NamedTuple):
    """One mask, as the audit keeps it.

    Attributes:
        start, end: in the new text. old: 8 bytes of the keyed hash of what was there.
    """

    start: int
    end: int
    kind: str
    rule: str
    old: bytes


@dataclass(frozen=True, slots=True)
class CleanedReport:
    """A report under new ids.

    Attributes:
        number: its place in the source.
        name: new id, `r` and 16 hex digits. patient, study, accession_number: the ids that
            `Deidentify` gives with the same key; empty where the source does not tell.
    """

    number: int
    name: str
    patient: str
    study: str
    accession_number: str
    text: str
    spans: tuple[AuditSpan, ...]


class _Numbered(NamedTuple):
    number: int
    report: ReportInput


@dataclass(frozen=True, slots=True)
class CleanReports:
    """De-identify reports: their text, their ids.

    A report of an archive is searched for what its study's film says of its people; one whose
    study has films of which none can be read is withheld, since what to look for is not known. So
    is one in a script or language that no rule reads, see `is_understood`.

    Attributes:
        key: secret, at least 16 bytes; see `load_or_create_key`.
        keep_ages: keep ages up to 89 years.
        patient_column: which value of `SourceReport.header` is the patient's id; -1 for none.
    Raises:
        SettingsError: a key that is too short.
    """

    name: ClassVar[str] = "deidentify-reports"
    version: ClassVar[str] = "3"

    key: bytes = field(repr=False, metadata={"secret": True})
    keep_ages: bool = False
    patient_column: int = -1

    def __post_init__(self) -> None:
        KeyedHash(self.key)  # refuses a key that is too short

    def process(self, batch: Sequence[_Numbered]) -> Sequence[CleanedReport | Rejection]:
        """One CleanedReport or Rejection for each report, in order."""
        return [self._cleaned(number, report) for number, report in batch]

    def _cleaned(self, number: int, report: ReportInput) -> CleanedReport | Rejection:
        keyed = KeyedHash(self.key)
        # The name may be an accession number, so messages do not show it.
        new_name = "r" + keyed.audit_hash(f"report\0{report.name}").hex()
        if not report.text.strip():
            return Rejection(None, Reason.EMPTY_REPORT, f"report {number}", number)
        if not is_understood(report.text):
            return Rejection(None, Reason.UNREAD_LANGUAGE, f"report {number}", number)
        patient = ""
        if isinstance(report, LinkedReport):
            film = _film_of(report.films)
            if isinstance(film, InputError):
                return Rejection(
                    None, film.reason or Reason.FILE_UNREADABLE, f"report {number}: {film}", number
                )
            known = _known_of_film(film, report)
            if film is not None:
                patient = _patient_of(keyed, film, report.study_instance_uid)
        else:
            known = known_from_texts((*report.header, report.accession_number))
            if self.patient_column >= 0:
                old = report.header[self.patient_column]
                patient = keyed.patient(
                    old, "", report.study_instance_uid or report.name
                ).patient_id
        clean = clean_report(report.text, known, keep_ages=self.keep_ages)
        uid, accession = report.study_instance_uid, report.accession_number
        return CleanedReport(
            number,
            new_name,
            patient,
            keyed.study_id(uid) if uid else "",
            keyed.accession_number(accession) if accession else "",
            clean.text,
            tuple(_audited(keyed, span) for span in clean.spans),
        )


def _film_of(films: Sequence[Location]) -> Dataset | InputError | None:
    """The first film that can be read; why there is none; None where there are no films."""
    error: InputError | None = None
    for location in films:
        try:
            return read_dataset(location, pixels=False)
        except InputError as unread:
            error = unread
    return error


def _known_of_film(film: Dataset | None, report: LinkedReport) -> KnownPerson:
    if film is None:
        return known_from_texts((report.accession_number,))
    return known_from_dataset(film)


def _patient_of(keyed: KeyedHash, film: Dataset, study_uid: str) -> str:
    """The new patient id as `clean_dataset` makes it."""
    old, issuer = (str(film.get(k, "") or "").strip() for k in ("PatientID", "IssuerOfPatientID"))
    return keyed.patient(old, issuer, study_uid).patient_id


def _audited(keyed: KeyedHash, span: RemovedSpan) -> AuditSpan:
    return AuditSpan(span.start, span.end, span.kind, span.rule, keyed.audit_hash(span.old))


def clean_all(
    reports: Iterable[ReportInput],
    step: CleanReports,
    engine: Engine,
    progress: Callable[[int], None] = lambda _count: None,
) -> Iterator[CleanedReport | Rejection]:
    """Clean a stream of reports on all of an engine's workers; results keep the source's order.

    Memory holds the batches in flight, whatever the number of reports.
    """
    waiting: dict[int, Sequence[CleanedReport | Rejection]] = {}
    following = 0
    for result in engine.run(step, _batches(enumerate(reports))):
        first = result.inputs[0].number
        lost = [
            Rejection(None, Reason.WORKER_DIED, f"report {item.number}", item.number)
            for item in result.lost
        ]
        waiting[first] = [*result.outputs, *lost]
        while following in waiting:
            done = waiting.pop(following)
            yield from done
            following += len(done)
            progress(len(done))


def _batches(numbered: Iterator[tuple[int, ReportInput]]) -> Iterator[Sequence[_Numbered]]:
    while batch := [_Numbered(*each) for each in islice(numbered, _BATCH)]:
        yield batch
