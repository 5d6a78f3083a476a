"""Whether a film was taken from the front or from the side."""

from typing import Final

from plainfilm.vocabulary import CATEGORIES, view_agreement

__all__ = ["FRONTAL", "LATERAL", "OTHER_VIEW", "view_of"]

FRONTAL: Final = "frontal"
LATERAL: Final = "lateral"
OTHER_VIEW: Final = "other"

_BY_PLANE: Final = {"frontal": FRONTAL, "sagittal": LATERAL}
_BY_CATEGORY: Final = {
    category.name: _BY_PLANE.get(view_agreement(category.view).plane, OTHER_VIEW)
    for category in CATEGORIES
}
# ViewPosition (0018,5101), PS3.3 C.8.1.1.1, and what MIMIC-CXR holds beside it.
_BY_POSITION: Final = {
    "AP": FRONTAL,
    "PA": FRONTAL,
    "LLD": FRONTAL,
    "RLD": FRONTAL,
    "LL": LATERAL,
    "RL": LATERAL,
    "LATERAL": LATERAL,
}


def view_of(category: str, view_position: str) -> str:
    """`frontal`, `lateral`, `other`, or empty where neither category nor tag tells.

    Args:
        category: what the film was decided to be; empty for undecided.
        view_position: DICOM ViewPosition (0018,5101).
    """
    by_position = _BY_POSITION.get(view_position, OTHER_VIEW) if view_position else ""
    return _BY_CATEGORY.get(category, by_position)
