"""Archives of made films, with decisions as the fusing step would leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from plainfilm.archive import Archive
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.records import Decision, Film, Outcome


@dataclass(frozen=True)
class Made:
    """One film to make, and what was decided of it; no outcome, no decision."""

    study: str
    category: str = ""
    side: str = ""
    patient: str = "P1"
    date: str = "20240305"
    time: str = "101500"
    outcome: Outcome | None = Outcome.AGREE
    details: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decide:
    """Leaves the decisions that a test asks for."""

    decisions: Mapping[str, Made] = field(hash=False)
    name: ClassVar[str] = "category"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    def process(self, batch: Sequence[Film]) -> list[Decision]:
        made = [(film, self.decisions[film.sop_instance_uid]) for film in batch]
        return [
            Decision(film.film_id, of.outcome, of.category, 0.99, of.side, of.details)
            for film, of in made
            if of.outcome is not None
        ]


def film_uid(number: int) -> str:
    return stable_uid("made", number)


def study_uid(name: str) -> str:
    return stable_uid("study", name)


def make_archive(folder: Path, films: Sequence[Made]) -> Path:
    """An archive of the films, numbered from 0 in their order; accession numbers are `A-` and the
    study's name."""
    for number, made in enumerate(films):
        tags = {
            "SOPInstanceUID": film_uid(number),
            "SeriesInstanceUID": stable_uid("series", number),
            "StudyInstanceUID": study_uid(made.study),
            "PatientID": made.patient,
            "AccessionNumber": f"A-{made.study}",
            "StudyDate": made.date,
            "StudyTime": "100000",
            "AcquisitionDate": made.date,
            "AcquisitionTime": made.time,
            "InstanceNumber": number,
            **made.tags,
        }
        path = folder / "films" / f"{number:03}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_dataset(make_film(tags), path)
    decisions = {film_uid(number): made for number, made in enumerate(films)}
    engine = LocalEngine(workers=1)
    with Archive.create(folder / "archive") as archive:
        archive.ingest([folder / "films"], engine=engine)
        archive.run(Decide(decisions), engine=engine)
    return folder / "archive"
