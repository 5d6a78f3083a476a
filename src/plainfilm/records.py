"""The frozen records that travel between rooms.

A step reads records and returns records. Records are small, hashable where they can be, and
pickle quickly, since they cross process borders.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from plainfilm.errors import Reason

__all__ = [
    "Box",
    "CleanFilm",
    "Decision",
    "Film",
    "Label",
    "LinkedReport",
    "Location",
    "Mention",
    "Outcome",
    "Prediction",
    "Rejection",
    "Report",
    "SourceReport",
    "TagValue",
]

TagValue: TypeAlias = (
    "str | int | float | bytes | Sequence[TagValue] | Mapping[str, TagValue] | None"
)
"""A DICOM value as Python sees it: a sequence is a list of mappings from keyword to value."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a film's bytes are: a file, or a member of a zip file."""

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}!{self.member}"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one source of evidence says of one film.

    Attributes:
        task: what was asked, such as `category_text`.
        value: the answer; empty where the evidence does not say.
        probability: in [0, 1]; None where the source gives no probability.
        details: JSON-ready evidence.
    """

    film_id: int
    task: str
    value: str
    probability: float | None = None
    details: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Film:
    """One radiograph as a step sees it.

    Attributes:
        film_id: the catalog's number of the film.
        tags: DICOM keyword → value, holding at least the keywords that the step asked for and
            that the film has.
        predictions: task → what earlier steps said, holding the tasks that the step asked for.
        decision: what one of these tasks decided of the film; None where none did.
    """

    film_id: int
    sop_instance_uid: str
    location: Location
    tags: Mapping[str, TagValue] = field(default_factory=dict, hash=False)
    predictions: Mapping[str, Prediction] = field(default_factory=dict, hash=False)
    decision: "Decision | None" = None


@dataclass(frozen=True, slots=True)
class Report:
    """One radiology report: its id in its source, and its whole text."""

    report_id: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One report as its source holds it, before the catalog knows it.

    Attributes:
        name: its id in the source; unique there.
        accession_number, study_instance_uid: what links it to a study; empty where not given.
        header: what its source says of the people in it beside its text: names, ids, places.
    """

    name: str
    text: str
    accession_number: str = ""
    study_instance_uid: str = ""
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedReport:
    """A report of an archive and the study that it belongs to.

    Attributes:
        study_instance_uid: empty where the report found no study.
        films: where the study's films are.
    """

    name: str
    text: str
    accession_number: str
    study_instance_uid: str
    films: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention of a finding: the evidence behind a label.

    Attributes:
        start, end: span in the original report text, in characters, end exclusive.
        section: normalised section title, such as `impression`; empty where there is none.
        phrase: what the lexicon matched.
        cue: the context words that decided (`no`, `may represent`); empty for a plain positive.
        value: 1 positive, 0 negative, -1 uncertain.
    """

    start: int
    end: int
    section: str
    phrase: str
    cue: str
    value: int


@dataclass(frozen=True, slots=True)
class Label:
    """What one report says of one finding.

    Attributes:
        value: 1 positive, 0 negative, -1 uncertain. Not mentioned has no Label at all.
    """

    report_id: int
    label_set: str
    finding: str
    value: int
    mentions: tuple[Mention, ...] = ()


class Outcome(StrEnum):
    """What became of the text's and the pixels' evidence for a film's category."""

    AGREE = "agree"
    """Both say the same, or the one that speaks is sure and nothing is wrong in the tags."""
    REPAIR = "repair"
    """The pixels are sure; the text is wrong, or says nothing."""
    CONFLICT = "conflict"
    """Both are sure and disagree, or the one tag that speaks is doubted: a person decides."""
    UNKNOWN = "unknown"
    """Neither is sure."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a film is, after all evidence.

    Attributes:
        category: one of the category table's, or `other`; empty for a conflict and for unknown.
        probability: of the category, in [0, 1], from the pixels; None where the text alone spoke.
        laterality: `R`, `L`, `B` (both) or empty.
        details: JSON-ready: `text`, `text_evidence`, `pixels` (the three best, each with its
            probability), `turn` (degrees clockwise to turn the film upright), `turn_probability`,
            `mirrored`, `inverted`, `collage` (probabilities), `why` (a short code), `cluster` where
            it speaks against tags.
    """

    film_id: int
    outcome: Outcome
    category: str
    probability: float | None = None
    laterality: str = ""
    details: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Box:
    """Where on a film one finding is.

    Attributes:
        task: what was asked: `chest` or `spine`.
        label: the finding.
        xmin, ymin, xmax, ymax: pixels of the stored frame, before any turning; continuous, so that
            0 is the outer edge of the first pixel and `xmax` is the number of columns at most.
        score: how sure the model is, in [0, 1].
    """

    film_id: int
    task: str
    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    score: float


@dataclass(frozen=True, slots=True)
class CleanFilm:
    """A de-identified copy of a film.

    Attributes:
        path: the clean DICOM file, absolute.
        patient, study, uid: the new PatientID, Study and SOP Instance UID.
        actions: how many elements were treated, by PS3.15 action code (`X`, `Z`, `D`, `U`, `C`).
    """

    film_id: int
    path: Path
    patient: str
    study: str
    uid: str
    actions: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file or item that could not be used: where, why, and a detail that names no person.

    Attributes:
        item_id: film or report id where the item is known to the catalog, else None.
        detail: safe to print and log: paths, byte offsets, keywords; never a tag's value.
    """

    location: Location | None
    reason: Reason
    detail: str = ""
    item_id: int | None = None
