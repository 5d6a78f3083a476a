"""Boxes from heat maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plainfilm.errors import InputError
from plainfilm.findings import boxes_from_map


def spots() -> np.ndarray:
    """224 x 448: a hot spot of 255, a lukewarm one of 100, on 0."""
    heat = np.zeros((224, 448), np.float32)
    heat[56:112, 112:224] = 255
    heat[168:196, 336:392] = 100
    return heat


def test_each_level_gives_boxes_around_its_own_regions() -> None:
    hot, warm = [0.25, 0.25, 0.5, 0.5, 1.0], [0.75, 0.75, 0.875, 0.875, 100 / 255]
    np.testing.assert_allclose(boxes_from_map(spots(), (180,)), [hot], atol=1e-6)
    np.testing.assert_allclose(boxes_from_map(spots(), (60,)), [hot, warm], atol=1e-6)
    np.testing.assert_allclose(boxes_from_map(spots()), [hot, warm, hot], atol=1e-6)


def test_regions_that_touch_at_a_corner_are_one() -> None:
    heat = np.zeros((224, 224))
    heat[:112, :112] = heat[112:, 112:] = 1
    np.testing.assert_allclose(boxes_from_map(heat, (180,))[:, :4], [[0, 0, 1, 1]])


def test_specks_are_left_out_on_request() -> None:
    assert len(boxes_from_map(spots(), (60,), least_share=0.02)) == 1


def test_scale_and_offset_of_a_map_do_not_matter() -> None:
    np.testing.assert_allclose(
        boxes_from_map(spots() * 1e-3 - 7), boxes_from_map(spots()), atol=1e-5
    )


def test_a_coarse_map_is_enlarged_before_it_is_cut() -> None:
    heat = np.zeros((7, 7))
    heat[3, 3] = 1
    ((xmin, ymin, xmax, ymax, peak),) = boxes_from_map(heat, (180,))
    assert peak == 1
    assert 3 / 7 < xmin < 0.5 < xmax < 4 / 7  # narrower than the cell
    assert (xmin, xmax) == (ymin, ymax)


def test_an_even_map_is_hot_nowhere() -> None:
    assert boxes_from_map(np.full((7, 7), 3.0)).shape == (0, 5)


@pytest.mark.parametrize("level", [0, 256, float("nan")])
def test_a_level_out_of_range_is_refused(level: float) -> None:
    with pytest.raises(InputError, match="above 0"):
        boxes_from_map(spots(), (level,))


def test_a_map_of_what_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="no numbers"):
        boxes_from_map(np.array([[0.0, np.nan]]))


@given(arrays(np.float32, (7, 5), elements=st.floats(-1e3, 1e3, width=32)))
def test_boxes_lie_in_the_map_and_have_area(heat: np.ndarray) -> None:
    for xmin, ymin, xmax, ymax, peak in boxes_from_map(heat):
        assert 0 <= xmin < xmax <= 1
        assert 0 <= ymin < ymax <= 1
        assert 60 / 255 <= peak <= 1
