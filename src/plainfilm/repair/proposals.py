"""Which tags of a decided film to change, to what, and why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from plainfilm.records import Decision, Film, Outcome, TagValue
from plainfilm.repair.orientation import proposed_orientation
from plainfilm.repair.present import (
    Verdict,
    judge_body_part,
    judge_region,
    judge_view_code,
    judge_view_position,
    shown,
    view_of_position,
)
from plainfilm.vocabulary import (
    CATEGORIES,
    EPONYMOUS_CODES,
    FILM_TEXTS,
    SIDE_TAGS,
    VIEW_CODES,
    Category,
    Code,
    HeldAttribute,
    film_attributes,
    view_code_group,
)

__all__ = ["REPAIRED_KEYWORDS", "TAGS_READ", "Proposal", "Why", "propose"]

REPAIRED_KEYWORDS: Final = (
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "ViewPosition",
    "ViewCodeSequence",
    "ProjectionEponymousNameCodeSequence",
    "PatientOrientation",
    "ImageLaterality",
)
"""The tags that are proposed for, in the order of the table."""

TAGS_READ: Final = ("SOPClassUID", *REPAIRED_KEYWORDS, "Laterality", "PositionerType")

_CATEGORIES: Final = {category.name: category for category in CATEGORIES}
_DECIDED: Final = frozenset({Outcome.AGREE, Outcome.REPAIR})
_BOTH_DIRECTIONS: Final = frozenset({"ap", "pa_ap"})
# PS3.16 CID 4010
_ANTERO_POSTERIOR: Final = Code("399348003", "antero-posterior")
_POSTERO_ANTERIOR: Final = Code("272479007", "postero-anterior")
_FRONTAL: Final = "399033003"


class Why(StrEnum):
    """What is wrong with the present value."""

    MISSING = "missing"
    CONTRADICTS = "contradicts"
    NOT_UNDERSTOOD = "not_understood"


_WHY: Final = {
    Verdict.MISSING: Why.MISSING,
    Verdict.CONTRADICTS: Why.CONTRADICTS,
    Verdict.NOT_UNDERSTOOD: Why.NOT_UNDERSTOOD,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change to one tag of one film.

    Attributes:
        present: what the tag holds, as a table shows it; empty where it is absent or empty.
        proposed: as `Header.tags` would have it; None empties the tag.
        evidence: `text`, `pixels` or `text and pixels`.
    """

    keyword: str
    present: str
    proposed: TagValue
    why: Why
    evidence: str


Judge: TypeAlias = Callable[[TagValue, Category], Verdict]


def propose(film: Film, decision: Decision) -> tuple[Proposal, ...]:
    """The changes that make a film's tags say what it was decided to be.

    Nothing is proposed for films that are undecided, `other`, in a category that is not in the
    table, or of an object that is no plain film.

    Args:
        film: with the tags of TAGS_READ, as `Header.tags` has them.
    """
    category = _CATEGORIES.get(decision.category)
    held = film_attributes().get(shown(film.tags.get("SOPClassUID")).strip())
    if decision.outcome not in _DECIDED or category is None or held is None:
        return ()
    return tuple(
        proposal
        for proposal in _all(film.tags, decision, category)
        # What an object's modules do not hold is mended where it is there, and not added.
        if proposal.why is not Why.MISSING or _may_be_added(proposal.keyword, held, film.tags)
    )


def _may_be_added(
    keyword: str, held: Mapping[str, HeldAttribute], tags: Mapping[str, TagValue]
) -> bool:
    attribute = held.get(keyword)
    if attribute is None:
        return False
    signs = attribute.module_shown_by
    return not signs or any(shown(tags.get(sign)).strip() for sign in signs)


def _all(
    tags: Mapping[str, TagValue], decision: Decision, category: Category
) -> Iterator[Proposal]:
    grounds = _grounds(decision)
    position, code, from_text = _view(tags, decision, category)
    of_view = "text" if from_text else grounds
    group = view_code_group(code.value) if code else ""
    wanted: tuple[tuple[str, Judge, TagValue, str], ...] = (
        ("BodyPartExamined", judge_body_part, category.body_part_examined, grounds),
        ("AnatomicRegionSequence", judge_region, _sequence(category.region), grounds),
        ("ViewPosition", judge_view_position, position or None, of_view),
        (
            "ViewCodeSequence",
            judge_view_code,
            _sequence(code if group == VIEW_CODES else None),
            of_view,
        ),
        (
            "ProjectionEponymousNameCodeSequence",
            judge_view_code,
            _sequence(code if group == EPONYMOUS_CODES else None),
            grounds,
        ),
    )
    for keyword, judge, proposed, evidence in wanted:
        present = tags.get(keyword)
        verdict = judge(present, category)
        if _worth_it(verdict, keyword, proposed):
            yield Proposal(keyword, shown(present), proposed, _WHY[verdict], evidence)
    yield from _orientation(tags, decision, category)
    yield from _side(tags, decision, category)


def _worth_it(verdict: Verdict, keyword: str, proposed: TagValue) -> bool:
    """Whether to propose: a contradiction is at least emptied. A code of a scheme of the hospital's
    own is not understood here, and understood there."""
    if verdict is Verdict.RIGHT or (verdict is not Verdict.CONTRADICTS and proposed is None):
        return False
    return verdict is not Verdict.NOT_UNDERSTOOD or not keyword.endswith("Sequence")


def _grounds(decision: Decision) -> str:
    """Which evidence names the decided category."""
    details = decision.details
    text = details.get("text") == decision.category
    ranked: Any = details.get("pixels") or ()
    pixels = bool(ranked) and ranked[0][0] == decision.category
    if text and pixels:
        return "text and pixels"
    return "text" if text else "pixels"


def _text_says(decision: Decision, what: str) -> str:
    evidence: Any = decision.details.get("text_evidence") or ()
    return next((str(item["value"]) for item in evidence if item["says"] == what), "")


def _text_source(decision: Decision, what: str) -> str:
    """The keyword of the tag that says it; empty where none does."""
    evidence: Any = decision.details.get("text_evidence") or ()
    return next((str(item["source"]) for item in evidence if item["says"] == what), "")


def _view(
    tags: Mapping[str, TagValue], decision: Decision, category: Category
) -> tuple[str, Code | None, bool]:
    """ViewPosition and view code, and whether the text told the direction of the beam.

    The categories put both directions of the beam into one; where ViewPosition or the text names
    the direction, so do the proposals.
    """
    if category.view not in _BOTH_DIRECTIONS:
        return category.view_position, category.view_code, False
    direction = view_of_position(tags.get("ViewPosition"), category)
    if direction not in {"ap", "pa"} and decision.details.get("text") == category.name:
        direction = _text_says(decision, "view")
    if direction == "pa":
        return "PA", _POSTERO_ANTERIOR, True
    if direction != "ap":
        return category.view_position, category.view_code, False
    is_open = category.view_code is not None and category.view_code.value == _FRONTAL
    return "AP", _ANTERO_POSTERIOR if is_open else category.view_code, True


def _orientation(
    tags: Mapping[str, TagValue], decision: Decision, category: Category
) -> Iterator[Proposal]:
    present = tags.get("PatientOrientation")
    proposed = proposed_orientation(present, category, decision)
    if proposed is not None:
        why = Why.CONTRADICTS if shown(present).strip("\\ ") else Why.MISSING
        yield Proposal("PatientOrientation", shown(present), proposed, why, "pixels")


def _side(
    tags: Mapping[str, TagValue], decision: Decision, category: Category
) -> Iterator[Proposal]:
    """ImageLaterality, only where no tag names a side and the text does, of the decided part.

    `Bilateral` in the name of a study tells that both sides were made, not that one film shows
    both; it counts where a text of the film says it.

    Laterality is a property of a series (PS3.3 C.7.3.1), in which both sides may lie; the image's
    own tag is right in either case.
    """
    named = any(shown(tags.get(keyword)).strip() for keyword in SIDE_TAGS)
    same_part = _text_says(decision, "body_part") == category.body_part
    if named or not same_part:
        return
    source = _text_source(decision, "laterality")
    told = {"R", "L", "B"} if source in FILM_TEXTS else {"R", "L"}
    if source and decision.laterality in told:
        yield Proposal("ImageLaterality", "", decision.laterality, Why.MISSING, "text")


def _sequence(code: Code | None) -> TagValue:
    if code is None:
        return None
    item = {
        "CodeValue": code.value,
        "CodingSchemeDesignator": code.scheme,
        "CodeMeaning": code.meaning,
    }
    return [item]
