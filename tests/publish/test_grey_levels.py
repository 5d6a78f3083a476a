"""The grey levels of MIMIC-CXR-JPG. Golden values were made with OpenCV 5.0.0's `equalizeHist`."""

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from plainfilm.publish.grey_levels import (
    equalize_histogram,
    equalized_film,
    scale_to_bytes,
    scale_to_words,
)


def pattern(rows: int, columns: int, seed: int, shift: int) -> np.ndarray:
    """Grey levels of a linear congruence, the same on every machine; `shift` drops low bits."""
    values = (np.arange(rows * columns, dtype=np.uint64) * 1103515245 + seed) % 2**31
    return (((values >> 7) % 256) >> shift).astype(np.uint8).reshape(rows, columns)


def test_equalises_as_opencv_does() -> None:
    image = np.array(
        [
            [103, 107, 104, 101, 106, 103, 100, 105],
            [102, 107, 104, 100, 105, 102, 107, 104],
            [101, 106, 103, 100, 105, 101, 106, 103],
            [100, 105, 102, 107, 104, 101, 106, 102],
            [107, 104, 101, 106, 103, 100, 105, 102],
            [107, 103, 100, 105, 102, 107, 104, 101],
        ],
        np.uint8,
    )
    opencv = [
        [109, 255, 146, 36, 212, 109, 0, 182],
        [73, 255, 146, 0, 182, 73, 255, 146],
        [36, 212, 109, 0, 182, 36, 212, 109],
        [0, 182, 73, 255, 146, 36, 212, 73],
        [255, 146, 36, 212, 109, 0, 182, 73],
        [255, 109, 0, 182, 73, 255, 146, 36],
    ]
    assert equalize_histogram(image).tolist() == opencv


@pytest.mark.parametrize(
    ("rows", "columns", "seed", "shift", "sha256_of_opencv"),
    [
        (97, 61, 1, 0, "70c6ead27a65128b5fdbf0c0ceedbfb5ba430630f8a50a2b2ffaff80d5b3c176"),
        (512, 500, 2, 1, "cbdf8aa643d9e6ef627c0835271078056a10f4156159c0e835f2cada76f0f324"),
        (1, 1, 3, 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (64, 64, 4, 5, "4dfc0c48e6ec66df96c3ba7cbabdafe024af668d5300a56d70ef456922f58d76"),
        (1000, 1003, 5, 2, "63927077df72806b2beaf599a54f4b5b60df18d62596b124b22cdb5b2426916c"),
    ],
)
def test_equalises_larger_images_as_opencv_does(
    rows: int, columns: int, seed: int, shift: int, sha256_of_opencv: str
) -> None:
    equalized = equalize_histogram(pattern(rows, columns, seed, shift))
    assert hashlib.sha256(equalized.tobytes()).hexdigest() == sha256_of_opencv


@pytest.mark.parametrize("level", [0, 77, 255])
def test_image_of_one_grey_level_stays_as_it_is(level: int) -> None:
    image = np.full((5, 4), level, np.uint8)
    assert np.array_equal(equalize_histogram(image), image)


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_equalises_any_image_as_the_installed_opencv_does(image: np.ndarray) -> None:
    assert np.array_equal(equalize_histogram(image), cv2.equalizeHist(image))


frames = st.sampled_from([np.uint8, np.uint16, np.int16, np.int32]).flatmap(
    lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=2, max_dims=2, max_side=20))
)


@given(frames)
def test_scales_as_the_paper_says(frame: np.ndarray) -> None:
    shifted = frame.astype(np.float64) - frame.min()
    expected = (shifted / max(shifted.max(), 1) * 255).astype(np.uint8)
    assert np.array_equal(scale_to_bytes(frame), expected)
    assert np.array_equal(scale_to_bytes(frame, invert=True), 255 - expected)


@given(frames)
def test_a_film_is_scaled_and_then_equalised(frame: np.ndarray) -> None:
    for invert in (False, True):
        expected = cv2.equalizeHist(scale_to_bytes(frame, invert=invert))
        assert np.array_equal(equalized_film(frame, invert=invert), expected)


def test_of_16_bits_no_two_values_become_one() -> None:
    every = np.arange(1 << 16).astype(np.uint16).reshape(256, 256)
    for frame in (every, every.view(np.int16), every[:, :7] >> 4):
        distinct = len(np.unique(frame))
        assert len(np.unique(scale_to_words(frame))) == distinct
        assert (scale_to_words(frame).min(), scale_to_words(frame).max()) == (0, 65535)
    assert np.array_equal(scale_to_words(every), every)
    assert np.array_equal(scale_to_words(every, invert=True), 65535 - every)


def test_counts_stay_exact_on_films_of_more_than_16_million_pixels() -> None:
    frame = np.zeros((4200, 4200), np.uint16)
    frame[0, 0] = 4095
    scaled = scale_to_bytes(frame)
    assert np.array_equal(equalized_film(frame), cv2.equalizeHist(scaled))
    frame[:, 0] = 1
    assert np.array_equal(equalized_film(frame), cv2.equalizeHist(scale_to_bytes(frame)))


@given(frames)
def test_darker_stays_darker(frame: np.ndarray) -> None:
    order = np.argsort(frame, axis=None, kind="stable")
    assert (np.diff(equalized_film(frame).ravel()[order].astype(int)) >= 0).all()
    assert (np.diff(equalized_film(frame, invert=True).ravel()[order].astype(int)) <= 0).all()


def test_film_of_one_value_is_black() -> None:
    assert not scale_to_bytes(np.full((3, 3), 1234, np.uint16)).any()
