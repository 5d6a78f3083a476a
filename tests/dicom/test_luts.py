"""The transformations of PS3.3 C.11, checked against the Standard's own formulas."""

import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels import apply_modality_lut as pydicom_modality
from pydicom.pixels import apply_voi as pydicom_voi
from pydicom.pixels import apply_windowing as pydicom_windowing

from plainfilm.dicom import (
    Dataset,
    DicomSequence,
    Lut,
    apply_modality_lut,
    apply_voi_lut,
    apply_voi_window,
    decode_film,
    read_dataset,
    voi_lut,
    voi_window,
)
from plainfilm.dicom._quiet import quiet_pydicom
from plainfilm.dicom.luts import modality_lut
from plainfilm.errors import Reason, UnsupportedPixels

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import all_files, film, grain

FILES = all_files()


def lut_item(
    descriptor: list[int], data: bytes | list[int], *, signed: bool = False, data_vr: str = "OW"
) -> Dataset:
    item = Dataset()
    with quiet_pydicom():
        item.add_new("LUTDescriptor", "SS" if signed else "US", descriptor)
    item.add_new("LUTData", data_vr, data)
    return item


def with_voi(item: Dataset) -> Dataset:
    dataset = Dataset()
    dataset.VOILUTSequence = DicomSequence([item])
    return dataset


# --- modality ---


def test_values_stay_without_modality_transformation() -> None:
    frame = grain(3, 4)
    mapped = apply_modality_lut(frame, Dataset())
    np.testing.assert_array_equal(mapped, frame)
    assert mapped.dtype == np.float32


def test_rescale_is_slope_then_intercept() -> None:
    dataset = Dataset()
    dataset.RescaleSlope, dataset.RescaleIntercept = "0.5", "-100"
    np.testing.assert_array_equal(
        apply_modality_lut(np.array([0, 10, 4095]), dataset), [-100, -95, 1947.5]
    )


@pytest.mark.parametrize(("slope", "intercept"), [("0", "5"), (None, "5"), ("", "5")])
def test_slope_that_would_erase_the_film_is_ignored(slope: str | None, intercept: str) -> None:
    dataset = Dataset()
    dataset.RescaleIntercept = intercept
    if slope is not None:
        dataset.RescaleSlope = slope
    np.testing.assert_array_equal(apply_modality_lut(np.array([1, 2]), dataset), [6, 7])


def test_modality_lut_equals_pydicom() -> None:
    dataset = read_dataset(FILES["mlut_18.dcm"])
    frame = decode_film(dataset).frame
    assert modality_lut(dataset) is not None
    np.testing.assert_array_equal(
        apply_modality_lut(frame, dataset), pydicom_modality(frame, dataset)
    )


# --- window ---


def standard_window(x: float, c: float, w: float, function: str) -> float:
    """C.11.2.1.2.1, C.11.2.1.3.2 and C.11.2.1.3.1 word for word, with y from 0 to 1."""
    if function == "SIGMOID":
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-4 * (x - c) / w))
    if function == "LINEAR_EXACT":
        if x <= c - w / 2:
            return 0
        return 1 if x > c + w / 2 else (x - c) / w + 0.5
    if x <= c - 0.5 - (w - 1) / 2:
        return 0
    return 1 if x > c - 0.5 + (w - 1) / 2 else (x - (c - 0.5)) / (w - 1) + 0.5


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@given(
    center=st.floats(-5000, 70000),
    width=st.floats(1, 70000),
    values=st.lists(st.integers(-32768, 65535), min_size=1, max_size=20),
)
def test_window_follows_the_standard(
    function: str, center: float, width: float, values: list[int]
) -> None:
    mapped = apply_voi_window(np.array(values), center, width, function)  # type: ignore[arg-type]
    expected = [standard_window(x, center, width, function) for x in values]
    # Within one step of the stored values: a value may lie on the window's edge in float32.
    steep = np.abs(np.array(values) - center) * 1e-6 + 0.02
    np.testing.assert_allclose(mapped, expected, atol=max(1e-4, float(steep.max()) / width))
    assert 0 <= mapped.min() <= mapped.max() <= 1


@pytest.mark.parametrize(
    # center 2048, width 4096 over 12 bits maps 0 to black and 4095 to white (C.11.2.1.2.1 note 3)
    ("value", "shown"),
    [(0, 0.0), (4095, 1.0), (-5, 0.0), (5000, 1.0)],
)
def test_full_window_reaches_black_and_white(value: int, shown: float) -> None:
    assert apply_voi_window(np.array([value]), 2048, 4096)[0] == shown


def test_window_of_width_one_is_a_step() -> None:
    mapped = apply_voi_window(np.array([98, 99, 100, 101]), 100, 1)
    np.testing.assert_array_equal(mapped, [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("width", "function"),
    [(0.5, "LINEAR"), (0, "LINEAR_EXACT"), (-1, "SIGMOID"), (float("nan"), "LINEAR")],
)
def test_window_that_is_not_defined_is_refused(width: float, function: str) -> None:
    with pytest.raises(UnsupportedPixels, match="width"):
        apply_voi_window(np.zeros(2), 0, width, function)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_window_equals_pydicom(function: str) -> None:
    dataset = film(grain(16, 16), BitsStored=12)
    dataset.WindowCenter, dataset.WindowWidth = 1800, 1500
    dataset.VOILUTFunction = function
    frame = decode_film(dataset).frame
    expected = pydicom_windowing(frame, dataset) / 4095
    np.testing.assert_allclose(apply_voi_window(frame, 1800, 1500, function), expected, atol=1e-6)  # type: ignore[arg-type]


def test_first_of_several_windows_is_taken() -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = ["100", "900"], ["50", "400"]
    assert voi_window(dataset) == (100, 50, "LINEAR")


@pytest.mark.parametrize(
    ("center", "width", "function"),
    [
        (100, 0, "LINEAR"),
        (100, None, "LINEAR"),
        (None, 10, "LINEAR"),
        (100, -5, "SIGMOID"),
        (100, 0.5, "LINEAR"),
    ],
)
def test_unusable_window_counts_as_none(
    center: float | None, width: float | None, function: str
) -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = center, width, function
    assert voi_window(dataset) is None


def test_narrow_window_is_usable_where_its_function_allows() -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = 0.5, 0.25
    dataset.VOILUTFunction = "LINEAR_EXACT"
    assert voi_window(dataset) == (0.5, 0.25, "LINEAR_EXACT")


def test_window_of_no_numbers_counts_as_none() -> None:
    dataset = Dataset()
    dataset.add_new("WindowCenter", "SH", "1,5")
    dataset.WindowWidth = 100
    assert voi_window(dataset) is None


# --- lookup tables ---


def test_voi_lut_equals_pydicom() -> None:
    dataset = read_dataset(FILES["vlut_04.dcm"])
    frame = decode_film(dataset).frame
    lut = voi_lut(dataset)
    assert lut is not None
    expected = pydicom_voi(pydicom_modality(frame, dataset), dataset) / ((1 << lut.bits) - 1)
    mapped = apply_voi_lut(apply_modality_lut(frame, dataset), lut)
    np.testing.assert_allclose(mapped, expected, atol=1e-6)


def test_values_outside_the_table_take_its_ends() -> None:
    lut = Lut(first=10, entries=np.array([5, 6, 7], np.uint16), bits=8)
    np.testing.assert_array_equal(lut(np.array([-3, 10, 11, 12, 500])), [5, 5, 6, 7, 7])


def test_zero_entries_mean_65536() -> None:
    data = np.arange(65536, dtype="<u2").tobytes()
    lut = voi_lut(with_voi(lut_item([0, 0, 16], data)))
    assert lut is not None
    assert len(lut.entries) == 65536
    assert apply_voi_lut(np.array([65535]), lut)[0] == 1


def test_count_is_unsigned_where_the_descriptor_is_signed() -> None:
    data = np.zeros(40000, "<u2").tobytes()
    lut = voi_lut(with_voi(lut_item([40000 - 65536, -1024, 12], data, signed=True)))
    assert lut is not None
    assert len(lut.entries) == 40000
    assert lut.first == -1024


@pytest.mark.parametrize("as_list", [True, False])
def test_entries_come_as_words_or_as_numbers(*, as_list: bool) -> None:
    words = [0, 100, 4095]
    data = words if as_list else np.array(words, "<u2").tobytes()
    item = lut_item([3, 0, 12], data, data_vr="US" if as_list else "OW")
    lut = voi_lut(with_voi(item))
    assert lut is not None
    assert lut.entries.tolist() == words


def test_8_bit_entries_may_be_packed_two_to_a_word() -> None:
    lut = voi_lut(with_voi(lut_item([3, 0, 8], bytes([0, 128, 255, 0]))))
    assert lut is not None
    assert lut.entries.tolist() == [0, 128, 255]


def test_entries_beyond_the_declared_bits_widen_the_table() -> None:
    data = np.array([0, 2000, 4095], "<u2").tobytes()
    lut = voi_lut(with_voi(lut_item([3, 0, 8], data)))
    assert lut is not None
    assert apply_voi_lut(np.array([2]), lut)[0] == 1


@pytest.mark.parametrize(
    ("descriptor", "data"), [([300, 0, 8], bytes(20)), ([3, 0], bytes(6)), ([3, 0, 8], b"")]
)
def test_table_that_contradicts_itself_is_refused(descriptor: list[int], data: bytes) -> None:
    with pytest.raises(UnsupportedPixels) as caught:
        voi_lut(with_voi(lut_item(descriptor, data)))
    assert caught.value.reason is Reason.UNDECODABLE_PIXELS


def test_empty_sequence_is_no_table() -> None:
    dataset = Dataset()
    dataset.VOILUTSequence = DicomSequence([])
    assert voi_lut(dataset) is None
    assert voi_lut(pydicom.Dataset()) is None
