"""A small archive with de-identified copies, reports and labels, made without the other rooms."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from plainfilm.archive import Archive
from plainfilm.categories import DecideCategory
from plainfilm.deid import CustomRule
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import read_dataset, write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.errors import Reason
from plainfilm.records import (
    CleanFilm,
    Film,
    Label,
    Prediction,
    Rejection,
    Report,
    SourceReport,
)


@dataclass(frozen=True)
class StampClean:
    """A stand-in for de-identification: new ids by position, nothing left of the name.

    Films whose PatientComments says so are withheld, or left without PatientIdentityRemoved.
    """

    out: Path
    options: tuple[str, ...] = ("clean_pixel_data", "retain_longitudinal_modified_dates")
    rules: tuple[CustomRule, ...] = ()

    name: ClassVar[str] = "deidentify"
    version: ClassVar[str] = "7"
    keywords: ClassVar[tuple[str, ...]] = ("PatientID", "StudyInstanceUID", "PatientComments")

    def process(self, batch: Sequence[Film]) -> list[CleanFilm | Rejection]:
        return [self._clean(film) for film in batch]

    def _clean(self, film: Film) -> CleanFilm | Rejection:
        wish = film.tags.get("PatientComments")
        if wish == "withhold":
            return Rejection(film.location, Reason.BURNED_IN_TEXT, "letters", film.film_id)
        dataset = read_dataset(film.location)
        patient = f"p-of-{film.tags['PatientID']}"
        for keyword in ("PatientName", "PatientBirthDate", "AccessionNumber"):
            setattr(dataset, keyword, None)
        dataset.PatientID = patient
        if wish != "leave marked":
            dataset.PatientIdentityRemoved = "YES"
        self.out.mkdir(exist_ok=True)
        path = self.out / f"{film.film_id}.dcm"
        write_dataset(dataset, path)
        study = f"s-of-{film.tags['StudyInstanceUID']}"
        uid = f"2.25.{film.film_id}"
        return CleanFilm(film.film_id, path, patient, study, uid, {"X": 3, "U": 2})


@dataclass(frozen=True)
class NameCategories:
    """Says chest for every film but those whose SeriesDescription is empty."""

    name: ClassVar[str] = "category_text"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ("SeriesDescription", "BodyPartExamined")

    def process(self, batch: Sequence[Film]) -> list[Prediction]:
        return [self._predict(film) for film in batch]

    def _predict(self, film: Film) -> Prediction:
        said = bool(film.tags.get("SeriesDescription"))
        evidence = [{"source": "SeriesDescription", "says": "body_part", "value": "chest"}]
        against = [{"source": "BodyPartExamined", "says": "body_part", "value": "knee"}]
        wrong = said and film.tags.get("BodyPartExamined") == "KNEE"
        details = {
            "body_part": "chest",
            "evidence": evidence if said else [],
            "disagreement": against if wrong else [],
        }
        return Prediction(film.film_id, self.name, "chest_pa_ap" if said else "", None, details)


@dataclass(frozen=True)
class ReadLabels:
    """Reads labels written as `Edema=1; Pneumonia=-1` after a report's text."""

    label_set: str = "chexpert"

    name: ClassVar[str] = "label"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[Report]) -> list[Label]:
        return [label for report in batch for label in self._labels(report)]

    def _labels(self, report: Report) -> Iterator[Label]:
        for part in report.text.split(";")[1:]:
            finding, value = part.split("=")
            yield Label(report.report_id, self.label_set, finding.strip(), int(value))


def noise(name: str) -> NDArray[np.uint16]:
    """32 rows of 24 pixels of 12 bits, the same for one name."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return random.integers(0, 4096, (32, 24)).astype(np.uint16)


class Sample:
    """An archive to which films and reports are added one by one."""

    NAME = "Quillfeather^Ottoline"
    REPORT = "Quillfeather is well"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.films = folder / "films"
        self.clean = folder / "clean"
        self.films.mkdir()
        self.archive = Archive.create(folder / "archive")
        self.engine = LocalEngine(workers=1)
        self._reports: list[SourceReport] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    def add(self, patient: str, study: str, film: str, **options: Any) -> Path:
        """Write one film; `options` are tags, or `frame` and `photometric`.

        Every film is noise of its own, so that none is another's near-duplicate.
        """
        making = {k: options.pop(k) for k in ("frame", "photometric") if k in options}
        making.setdefault("frame", noise(film))
        path = self.films / options.pop("file", f"{film}.dcm")
        path.parent.mkdir(exist_ok=True)
        tags = {
            "PatientID": patient,
            "PatientName": self.NAME,
            "StudyInstanceUID": stable_uid(study),
            "SeriesInstanceUID": stable_uid(study, "series"),
            "SOPInstanceUID": stable_uid(film),
            "AccessionNumber": study,
            "SeriesDescription": "CHEST PA",
            "ViewPosition": "PA",
        }
        write_dataset(make_film({**tags, **options}, **making), path)
        return path

    def report(self, study: str, labels: str = "") -> None:
        name = f"report-{len(self._reports)}"
        self._reports.append(SourceReport(name, f"{self.REPORT}{labels}", study))

    def run(self) -> None:
        """Ingest, and run every step."""
        self.archive.ingest([self.films], engine=self.engine)
        self.archive.ingest_reports(self._reports)
        steps = (NameCategories(), DecideCategory(), ReadLabels(), StampClean(self.clean))
        for step in steps:
            self.archive.run(step, engine=self.engine)

    def clean_anew(self, **asked: Any) -> None:
        """De-identify with other options or rules."""
        self.archive.run(StampClean(self.clean, **asked), engine=self.engine)

    def label(self, label_set: str) -> None:
        self.archive.run(ReadLabels(label_set), engine=self.engine)

    def clean_copy(self, film: str) -> Path:
        found = self.archive.rows(
            "SELECT clean_film.path FROM clean_film JOIN film USING (film_id)"
            " WHERE sop_instance_uid = $uid",
            uid=stable_uid(film),
        )
        return Path(found[0]["path"])


@pytest.fixture
def empty_sample(tmp_path: Path) -> Iterator[Sample]:
    with Sample(tmp_path) as sample:
        yield sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """Three patients, four studies, six films; tests leave it as it is."""
    with Sample(tmp_path_factory.mktemp("sample")) as sample:
        _fill(sample)
        yield sample


@pytest.fixture
def own_sample(empty_sample: Sample) -> Sample:
    """The same, for a test that changes it."""
    _fill(empty_sample)
    return empty_sample


def _fill(sample: Sample) -> None:
    """One film is withheld, one is MONOCHROME1, one has a wrong tag, one tells no category."""
    sample.add("A", "a1", "a1-pa", BodyPartExamined="KNEE")
    sample.add("A", "a1", "a1-lateral", ViewPosition="LL", photometric="MONOCHROME1")
    sample.add("A", "a2", "a2-pa", StudyTime="083005.120")
    sample.add("B", "b1", "b1-ap", ViewPosition="AP", SeriesDescription=None)
    sample.add("C", "c1", "c1-pa")
    sample.add("C", "c1", "c1-text", PatientComments="withhold")
    sample.report("a1", "; Edema=0; Pneumonia=-1; Cardiomegaly=1")
    sample.report("a1", "; Edema=-1; Pneumonia=1; Cardiomegaly=0")
    sample.report("b1")
    sample.report("nobody's", "; Edema=1")
    sample.run()


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish without drawing, which takes longer than all the rest."""
    monkeypatch.setattr("plainfilm.publish.pictures.draw_pictures", lambda *_: [])


@pytest.fixture
def key() -> bytes:
    return b"a key of sixteen bytes or more"
