"""Text and pixels together: agree, repair, conflict or unknown.

How sure the pixels are is told by the model's own thresholds for each category, which come from
films that it had not seen (`straight`, `review`, `person`; see the model's card). How sure the
text is depends on where it stands: a description that a person chose counts for more than
BodyPartExamined and ViewPosition, which devices fill in by themselves.

What the film's cluster says against its tags is evidence as well, but never decides: where such a
tag alone spoke, a person has to look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from plainfilm.records import Decision, Film, Outcome, Prediction
from plainfilm.vocabulary import CATEGORIES, OTHER

__all__ = ["DecideCategory"]

_TEXT: Final = "category_text"
_PIXELS: Final = "category_pixels"
_CLUSTER: Final = "cluster"
_DEVICE_FILLED: Final = frozenset({"BodyPartExamined", "ViewPosition"})
_NAMES_THE_FILM: Final = frozenset({"body_part", "view"})
_PARTS: Final = {category.name: category.body_part for category in CATEGORIES}
_SIDES: Final = {"left": "L", "right": "R", "both": "B"}
_ABOUT_THE_FILM: Final = ("turn", "turn_probability", "mirrored", "inverted", "collage")


@dataclass(frozen=True)
class DecideCategory:
    """Joins what `category_text` and `category_pixels` said of each film into one Decision.

    Where `cluster` was run, its suspicions of the film's tags are told in the details, too; a film
    for which one of these tags alone speaks goes to a person.

    Attributes:
        uncovered: categories that the model cannot tell, so that its silence means nothing.
        plausible: the probability from which the pixels back a category that they do not put
            first.
        pixels: whether to hear them at all.
    """

    uncovered: tuple[str, ...] = ()
    pixels: bool = True
    plausible: float = 0.2

    name: ClassVar[str] = "category"
    version: ClassVar[str] = "2"
    keywords: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = (_TEXT, _PIXELS, _CLUSTER)

    def process(self, batch: Sequence[Film]) -> list[Decision]:
        """One Decision per film; a film without predictions is unknown."""
        return [self._decide(film) for film in batch]

    def _decide(self, film: Film) -> Decision:
        text = _TextSays.of(film.predictions.get(_TEXT))
        pixels = _PixelsSay.of(film.predictions.get(_PIXELS) if self.pixels else None)
        cluster = _ClusterSays.of(film.predictions.get(_CLUSTER))
        outcome, category, why = self._join(text, pixels, cluster)
        details: dict[str, object] = {
            "text": text.category,
            "text_evidence": text.evidence,
            "pixels": pixels.ranked,
            "why": why,
        }
        if cluster.suspicious:
            details["cluster"] = {"number": cluster.number, "suspicious": cluster.suspicious}
        probability = dict(pixels.ranked).get(category)
        return Decision(
            film.film_id, outcome, category, probability, text.side, details | dict(pixels.about)
        )

    def _join(
        self, text: "_TextSays", pixels: "_PixelsSay", cluster: "_ClusterSays"
    ) -> tuple[Outcome, str, str]:
        """The outcome, the category where one is decided, and a short code for why."""
        best = pixels.best
        if not best:
            return _by_text_alone(text, cluster)
        if text.category == best:
            return Outcome.AGREE, best, "same"
        if text.category in self.uncovered:
            return self._uncovered(text, pixels)
        if pixels.sure:
            return _against_sure_pixels(text, best)
        if text.category and pixels.probability_of(text.category) >= self.plausible:
            return Outcome.AGREE, text.category, "pixels_allow_text"
        return Outcome.UNKNOWN, "", "pixels_unsure"

    def _uncovered(self, text: "_TextSays", pixels: "_PixelsSay") -> tuple[Outcome, str, str]:
        """The text names what the model never learnt: it counts unless the part is another."""
        same_part = _part_of(pixels.best) == text.part
        if text.sure and (same_part or pixels.best == OTHER or not pixels.sure):
            return Outcome.AGREE, text.category, "model_lacks_category"
        return (Outcome.CONFLICT, "", "other_part") if pixels.sure else (
            Outcome.UNKNOWN, "", "pixels_unsure"
        )  # fmt: skip


def _by_text_alone(text: "_TextSays", cluster: "_ClusterSays") -> tuple[Outcome, str, str]:
    if text.category and text.sure:
        return Outcome.AGREE, text.category, "text_alone"
    if cluster.doubts(text):
        return Outcome.CONFLICT, "", "tag_suspicious"
    return Outcome.UNKNOWN, "", "no_pixels"


def _against_sure_pixels(text: "_TextSays", best: str) -> tuple[Outcome, str, str]:
    if text.category:
        if text.sure:
            return Outcome.CONFLICT, "", "both_sure"
        return Outcome.REPAIR, best, "tags_wrong"
    if text.part and text.sure and best != OTHER and _part_of(best) != text.part:
        return Outcome.CONFLICT, "", "other_part"
    return Outcome.REPAIR, best, "view_missing" if text.part else "text_missing"


def _part_of(category: str) -> str:
    return _PARTS.get(category, "")


@dataclass(frozen=True, slots=True)
class _TextSays:
    """What the text says, and whether a description said it that nothing contradicts."""

    category: str = ""
    part: str = ""
    side: str = ""
    sure: bool = False
    evidence: Sequence[Any] = ()

    @classmethod
    def of(cls, prediction: Prediction | None) -> "_TextSays":
        if prediction is None:
            return cls()
        details: Mapping[str, Any] = prediction.details
        evidence = details.get("evidence", ())
        about = [item for item in evidence if item["says"] in _NAMES_THE_FILM]
        described = bool(about) and all(item["source"] not in _DEVICE_FILLED for item in about)
        return cls(
            prediction.value,
            str(details.get("body_part", "")),
            _SIDES.get(str(details.get("laterality", "")), ""),
            described and not _doubts(details.get("disagreement", ())),
            evidence,
        )


def _doubts(disagreement: Sequence[Mapping[str, Any]]) -> bool:
    """Whether another description disagrees; what a device filled in raises no doubt."""
    return any(item["source"] not in _DEVICE_FILLED for item in disagreement)


@dataclass(frozen=True, slots=True)
class _PixelsSay:
    """What the pixels say; nothing where the film could not be classified."""

    best: str = ""
    sure: bool = False
    ranked: Sequence[tuple[str, float]] = ()
    about: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, prediction: Prediction | None) -> "_PixelsSay":
        if prediction is None:
            return cls()
        details: Mapping[str, Any] = prediction.details
        about = {name: details[name] for name in _ABOUT_THE_FILM if name in details}
        sure = details.get("decision") == "straight"
        return cls(prediction.value, sure, details.get("ranked", ()), about)

    def probability_of(self, category: str) -> float:
        return dict(self.ranked).get(category, 0.0)


@dataclass(frozen=True, slots=True)
class _ClusterSays:
    """What nearly all films of the cluster say against this film's tags."""

    number: str = ""
    suspicious: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, prediction: Prediction | None) -> "_ClusterSays":
        if prediction is None:
            return cls()
        return cls(prediction.value, prediction.details.get("suspicious", ()))  # type: ignore[arg-type]

    def doubts(self, text: _TextSays) -> bool:
        """Whether a tag is suspicious that the text's part or view was read from."""
        read = {item["source"] for item in text.evidence if item["says"] in _NAMES_THE_FILM}
        return any(item["tag"] in read for item in self.suspicious)
