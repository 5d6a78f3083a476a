"""Steps that the archive's tests run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from plainfilm.errors import InputError, Reason
from plainfilm.records import (
    Box,
    Decision,
    Film,
    Label,
    Mention,
    Outcome,
    Prediction,
    Rejection,
    Report,
)
from plainfilm.steps import process_each


@dataclass(frozen=True)
class NameModality:
    """Predicts a film's Modality; rejects films whose InstanceNumber is listed."""

    name: ClassVar[str] = "modality"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ("Modality", "InstanceNumber", "NoSuchKeyword")
    prefix: str = ""
    reject: tuple[int, ...] = ()
    secret: bytes = field(default=b"", repr=False, metadata={"secret": True})

    def process(self, batch: Sequence[Film]) -> Sequence[Prediction | Rejection]:
        return process_each(batch, self._one)

    def _one(self, film: Film) -> Prediction:
        if film.tags["InstanceNumber"] in self.reject:
            raise InputError("not this one", Reason.UNDECODABLE_PIXELS)
        return Prediction(film.film_id, "modality", f"{self.prefix}{film.tags['Modality']}", 0.5)


@dataclass(frozen=True)
class CountWords:
    name: ClassVar[str] = "words"
    version: ClassVar[str] = "1"
    label_set: str = "chexpert"

    def process(self, batch: Sequence[Report]) -> Sequence[Label]:
        mention = Mention(0, 1, "", "w", "", 1)
        return [
            Label(report.report_id, self.label_set, "Edema", 1, (mention,))
            for report in batch
            if report.text
        ]


@dataclass(frozen=True)
class Decide:
    """Leaves the decisions that a test asks for, by SOP Instance UID; none for other films."""

    decisions: Mapping[str, tuple[Outcome, str, float | None]] = field(hash=False)
    name: ClassVar[str] = "category"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    def process(self, batch: Sequence[Film]) -> Sequence[Decision]:
        return [
            Decision(film.film_id, *self.decisions[film.sop_instance_uid])
            for film in batch
            if film.sop_instance_uid in self.decisions
        ]


@dataclass(frozen=True)
class DecideByModality:
    """Takes over what `NameModality` said; unknown where it said nothing."""

    name: ClassVar[str] = "by_modality"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ("modality",)

    def process(self, batch: Sequence[Film]) -> Sequence[Decision]:
        return [self._one(film.film_id, film.predictions.get("modality")) for film in batch]

    def _one(self, film_id: int, said: Prediction | None) -> Decision:
        if said is None:
            return Decision(film_id, Outcome.UNKNOWN, "")
        return Decision(film_id, Outcome.AGREE, said.value, said.probability, "R", {"why": "same"})


@dataclass(frozen=True)
class BoxDecided:
    """Puts two boxes into each film that `by_modality` decided, labelled by its category."""

    name: ClassVar[str] = "boxes"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ("by_modality",)

    def process(self, batch: Sequence[Film]) -> Sequence[Box]:
        return [
            Box(film.film_id, "chest", film.decision.category, 1.0, 2.0, xmax, 4.5, 0.25)
            for film in batch
            for xmax in (3.0, 3.0)
            if film.decision is not None and film.decision.category
        ]
