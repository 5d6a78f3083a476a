import pytest

from plainfilm.publish.views import view_of
from plainfilm.vocabulary import CATEGORIES


@pytest.mark.parametrize(
    ("category", "view_position", "expected"),
    [
        # The decided category counts, whatever the tag says.
        ("chest_pa_ap", "LL", "frontal"),
        ("chest_lateral", "", "lateral"),
        ("foot_oblique", "AP", "other"),
        ("abdomen_left_lateral_decubitus", "", "frontal"),
        # Undecided, or outside of the table: the tag.
        ("", "PA", "frontal"),
        ("other", "LATERAL", "lateral"),
        ("", "LAO", "other"),
        ("", "", ""),
        ("other", "", ""),
    ],
)
def test_view_of(category: str, view_position: str, expected: str) -> None:
    assert view_of(category, view_position) == expected


def test_every_category_has_a_view() -> None:
    assert {view_of(category.name, "") for category in CATEGORIES} == {
        "frontal",
        "lateral",
        "other",
    }
