"""The step that asks whether a spine film is abnormal, where its lesions are, and joins both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np

from plainfilm.errors import InputError, ModelError, Reason, SettingsError
from plainfilm.findings.answers import detected, model_named, predictions, task_of, usable
from plainfilm.findings.film_stream import BATCH_FILMS, framed_films, rejected, sorted_out
from plainfilm.findings.framing import Frame, FramedFilm
from plainfilm.findings.fusion import SURE, fuse, fused_probability
from plainfilm.findings.model_files import ModelFile, detector_of, network_of
from plainfilm.findings.read_chest import Said, frame_of
from plainfilm.models import Detector, DetectorCard, FindingCard, FindingNetwork
from plainfilm.models.store import Stored
from plainfilm.records import Box, Film, Prediction, Rejection

__all__ = ["ABNORMAL", "FUSED", "LESIONS", "ReadSpine"]

ABNORMAL: Final = "abnormal"
"""The label of a classifier's card that the fusion hears; with other labels there is none."""
LESIONS: Final = "lesions"
"""What the task of a detector's Prediction ends with, as in `spine:lesions`."""
FUSED: Final = "fused"
"""What the task of the Prediction of both ends with, as in `spine:fused`."""


@dataclass(frozen=True)
class ReadSpine:
    """Leaves what a classifier and a detector say of spine films, joined as VinDr-SpineXR's are.

    Attributes:
        classifier: with a label `abnormal`; None where there is none, and nothing is joined.
        detector: None where there is none.
        sure: the score above which a box stays though the classifier calls the film normal.
        any_category, provider: as in `ReadChest`.
    """

    classifier: ModelFile | None = None
    detector: ModelFile | None = None
    sure: float = SURE
    any_category: bool = False
    provider: str = "cpu"

    name: ClassVar[str] = "findings_spine"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ("category",)
    batch_items: ClassVar[int] = BATCH_FILMS

    @classmethod
    def of(
        cls,
        classifier: Stored[FindingCard] | None,
        detector: Stored[DetectorCard] | None,
        *,
        sure: float = SURE,
        any_category: bool = False,
        provider: str = "cpu",
    ) -> Self:
        """The step that runs these models.

        Raises:
            SettingsError: neither is there.
            ModelError: the classifier has no label `abnormal` with a threshold.
        """
        if classifier is None and detector is None:
            raise SettingsError("a classifier, a detector or both are needed")
        if classifier is not None and classifier.card.thresholds.get(ABNORMAL) is None:
            raise ModelError(
                f"{classifier.network}: the card has no label `{ABNORMAL}` with a threshold; train"
                " the classifier with `plainfilm train spine`, on enough films for a threshold"
            )
        return cls(
            None if classifier is None else ModelFile.of(classifier),
            None if detector is None else ModelFile.of(detector),
            sure,
            any_category,
            provider,
        )

    def process(self, batch: Sequence[Film]) -> list[Said]:
        """For each film that the models read: the classifier's Predictions; the detector's Boxes,
        as far as they stay, and its Prediction `lesions`, whose value names what was found and
        whose probability is the highest score; and of both the Prediction `fused`, whose value is
        empty, since a threshold for it is not known. A Rejection for each other film.

        Raises:
            ModelError: a model cannot be run, or was exchanged.
            SettingsError: the provider is not installed.
        """
        readers = _Readers(
            network_of(self.classifier, self.provider) if self.classifier else None,
            detector_of(self.detector, self.provider) if self.detector else None,
            self.sure,
        )
        read, refused = sorted_out(batch, () if self.any_category else readers.cards())
        said: list[Said] = [*refused]
        for film, framed in framed_films(read, readers.frames()):
            said += [framed] if isinstance(framed, Rejection) else readers.read(film, framed)
        return said


@dataclass(frozen=True, slots=True)
class _Readers:
    classifier: FindingNetwork | None
    detector: Detector | None
    sure: float

    def cards(self) -> list[FindingCard | DetectorCard]:
        return [each.card for each in (self.classifier, self.detector) if each is not None]

    def frames(self) -> list[Frame]:
        """What the models take: the classifier's first, then the detector's."""
        frames = [] if self.classifier is None else [frame_of(self.classifier.card)]
        if self.detector is not None:
            card = self.detector.card
            frames.append(Frame(card.rows, card.columns, card.framing))
        return frames

    def read(self, film: Film, framed: Sequence[FramedFilm]) -> list[Said]:
        told: list[Prediction] = []
        if self.classifier is not None:
            card = self.classifier.card
            answers = self.classifier.run(framed[0].pixels[np.newaxis, np.newaxis])
            if not usable(answers.probabilities):
                return [rejected(film, Reason.UNUSABLE_ANSWER, f"of {card.name} {card.version}")]
            told = list(predictions(film, card, answers.probabilities[0]))
        if self.detector is None:
            return list(told)
        try:
            found = self.detector.run(framed[-1].pixels)
        except InputError as error:
            return [rejected(film, error.reason or Reason.UNUSABLE_ANSWER, str(error))]
        card_of_boxes = self.detector.card
        boxes = list(detected(film, card_of_boxes, found, framed[-1]))
        return [*told, *self._joined(film, told, boxes, card_of_boxes)]

    def _joined(
        self, film: Film, told: Sequence[Prediction], boxes: list[Box], card: DetectorCard
    ) -> Iterator[Said]:
        kept = boxes
        if self.classifier is not None:
            classifier = self.classifier.card
            asked = task_of(classifier, ABNORMAL)
            probability = next(one.probability for one in told if one.task == asked) or 0.0
            threshold = classifier.thresholds[ABNORMAL] or 0.0
            kept = fuse(boxes, probability, threshold, self.sure)
            yield Prediction(
                film.film_id,
                task_of(card, FUSED),
                "",
                fused_probability(probability, boxes),
                {"classifier": model_named(classifier), "detector": model_named(card)},
            )
        yield Prediction(
            film.film_id,
            task_of(card, LESIONS),
            ", ".join(dict.fromkeys(box.label for box in kept)),
            max((box.score for box in kept), default=0.0),
            model_named(card) | {"dropped": len(boxes) - len(kept)},
        )
        yield from kept
