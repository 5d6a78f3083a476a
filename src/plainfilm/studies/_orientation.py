"""How a film must be turned, flipped and inverted to be seen as it is usually seen."""

from dataclasses import dataclass
from typing import Final

from plainfilm.studies._films import StudyFilm
from plainfilm.studies._hanging_rules import HangingRules
from plainfilm.vocabulary import OTHER, Edges

__all__ = ["Mending", "mending"]

_OPPOSITE: Final = {"A": "P", "P": "A", "R": "L", "L": "R", "H": "F", "F": "H"}
_QUARTERS: Final = (0, 90, 180, 270)
_PIXELS: Final = "pixels"
_TAG: Final = "patient_orientation"


@dataclass(frozen=True, slots=True)
class Mending:
    """What to do to a film, in this order, and the evidence for each.

    Attributes:
        rotate: degrees clockwise: 0, 90, 180 or 270.
        flip: left for right, after turning.
        invert: grey values.
        why: such as `turn: pixels`.
    """

    rotate: int
    flip: bool
    invert: bool
    why: tuple[str, ...]


def mending(film: StudyFilm, rules: HangingRules) -> Mending:
    """What the pixels say where they are sure; else what PatientOrientation says."""
    tag = _tag_edges(film)
    upright = rules.edges.get(film.category, Edges())
    rotate, turned_by = _rotation(film, rules, tag, upright)
    flip, flipped_by = _flip(film, rules, tag and _turned(tag, rotate), upright)
    invert = film.probability("inverted") >= rules.inverted
    why = [f"turn: {turned_by}"] if rotate else []
    why += [f"flip: {flipped_by}"] if flip else []
    why += ["invert: pixels"] if invert else []
    return Mending(rotate, flip, invert, tuple(why))


def _rotation(
    film: StudyFilm, rules: HangingRules, tag: Edges | None, upright: Edges
) -> tuple[int, str]:
    turn = film.details.get("turn")
    if turn in _QUARTERS and film.probability("turn_probability") >= rules.turn:
        return int(turn), _PIXELS
    if tag is None:
        return 0, ""
    fitting = (degrees for degrees in _QUARTERS if _turned(tag, degrees).lower == upright.lower)
    return next(fitting, 0), _TAG


def _flip(
    film: StudyFilm, rules: HangingRules, tag: Edges | None, upright: Edges
) -> tuple[bool, str]:
    mirrored = film.details.get("mirrored")
    if isinstance(mirrored, (int, float)) and max(mirrored, 1 - mirrored) >= rules.mirrored:
        return mirrored >= rules.mirrored, _PIXELS
    if tag is None or not upright.right or tag.lower != upright.lower:
        return False, ""
    return tag.right == _OPPOSITE[upright.right], _TAG


def _tag_edges(film: StudyFilm) -> Edges | None:
    """PatientOrientation, by its main directions; None where it says nothing of a known view."""
    letters = [value[:1] for value in film.patient_orientation]
    if film.category in {"", OTHER} or len(letters) != 2:
        return None
    right, lower = letters
    if right not in _OPPOSITE or lower not in _OPPOSITE or right in {lower, _OPPOSITE[lower]}:
        return None
    return Edges(lower=lower, right=right)


def _turned(edges: Edges, degrees: int) -> Edges:
    """The edges of a film after turning it clockwise: its right edge becomes the lower one."""
    for _ in range(degrees // 90):
        edges = Edges(lower=edges.right, right=_OPPOSITE[edges.lower])
    return edges
