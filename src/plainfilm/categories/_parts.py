"""Which names of body parts may stand side by side."""

from plainfilm.categories._rules import bundled_rules

__all__ = ["parts_agree"]


def parts_agree(one: str, other: str) -> bool:
    """Whether one film may be said to show both parts: they are the same, or one lies in the other.

    Args:
        one, other: parts as the text rules name them, such as `finger` and `hand`.
    """
    return bundled_rules().related(one, other)
