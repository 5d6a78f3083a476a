"""Decoding: bit-exact on lossless data, a typed error on everything that is not a film."""

import hashlib
import struct
import sys
import warnings
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, encapsulate_extended, itemize_fragment

from plainfilm.dicom import (
    decode_film,
    encode_pixels,
    read_dataset,
    render_display,
    write_dataset,
)
from plainfilm.errors import InputError, Reason, UnsupportedPixels

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import (
    BIG_ENDIAN,
    EXPLICIT,
    JPEG_2000,
    JPEG_BASELINE,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
    all_files,
    compressed_film,
    film,
    grain,
)

FILES = all_files()


def reason_of(source: object) -> Reason | None:
    with pytest.raises(UnsupportedPixels) as caught:
        decode_film(source)  # type: ignore[arg-type]
    return caught.value.reason


# --- against pydicom ---


def test_every_film_that_pydicom_decodes_by_itself_comes_out_the_same() -> None:
    compared = 0
    for name, path in FILES.items():
        expected = _decoded_by_pydicom(path)
        if expected is None:
            continue
        decoded = decode_film(path)
        np.testing.assert_array_equal(decoded.frame, expected, err_msg=name)
        assert decoded.frame.dtype.kind == expected.dtype.kind, name
        compared += 1
    assert compared >= 60


def _decoded_by_pydicom(path: Path) -> np.ndarray | None:
    """The first frame by pydicom's decoders; None where it has none or the film is in colour."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path)
            if (
                dataset.get("SamplesPerPixel") != 1
                or "PALETTE" in dataset.PhotometricInterpretation
            ):
                return None
            frames = dataset.pixel_array
        except Exception:  # noqa: BLE001 - whatever pydicom cannot read is no oracle
            return None
    return frames[0] if frames.ndim == 3 else frames


@pytest.mark.parametrize(
    ("compressed", "uncompressed"),
    [
        ("MR_small_RLE.dcm", "MR_small.dcm"),
        ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
        ("emri_small_RLE.dcm", "emri_small.dcm"),
        ("emri_small_jpeg_ls_lossless.dcm", "emri_small.dcm"),
        ("emri_small_jpeg_2k_lossless.dcm", "emri_small.dcm"),
        ("RG1_J2KR.dcm", "RG1_UNCR.dcm"),
        ("RG3_J2KR.dcm", "RG3_UNCR.dcm"),
        ("MR2_J2KR.dcm", "MR2_UNCR.dcm"),
        ("693_J2KR.dcm", "693_UNCR.dcm"),  # signed
        ("693_J2KI.dcm", "693_UNCI.dcm"),  # values beyond BitsStored
        ("US1_J2KR.dcm", "US1_UNCR.dcm"),  # colour, to luminance
        ("SC_rgb_jpeg_gdcm.dcm", "SC_rgb.dcm"),  # JPEG lossless, colour
        ("SC_rgb_rle.dcm", "SC_rgb.dcm"),
        ("SC_rgb_expb_16bit.dcm", "SC_rgb_16bit.dcm"),
        ("OBXXXX1A_rle.dcm", "OBXXXX1A.dcm"),  # palette
        ("OBXXXX1A_expb.dcm", "OBXXXX1A.dcm"),  # palette tables in big endian words
    ],
)
def test_lossless_film_equals_its_uncompressed_twin(compressed: str, uncompressed: str) -> None:
    np.testing.assert_array_equal(
        decode_film(FILES[compressed]).frame, decode_film(FILES[uncompressed]).frame
    )


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        # SHA-256 of the little endian frame as GDCM 3.2.6 and pylibjpeg-libjpeg 2.5.0 decode it.
        ("JPEG-LL.dcm", "a6e9d32143339d3f5748b5520aa4e6c6ffb3550b6f71fdf17bdb2ebb44bc2611"),
        (
            "JPGLosslessP14SV1_1s_1f_8b.dcm",
            "36e27e4f1e87a7d50407463323ddc3736736ecff35eb4e4a4c1b74646938835d",
        ),
        (
            "J2K_pixelrep_mismatch.dcm",
            "1296350a0006ef6908ce4aa11717e3e8a236b63478a097bbfb45ac7a5fca6359",
        ),
    ],
)
def test_film_without_twin_equals_what_other_decoders_gave(name: str, digest: str) -> None:
    frame = decode_film(FILES[name]).frame
    assert (
        hashlib.sha256(frame.astype(frame.dtype.newbyteorder("<")).tobytes()).hexdigest() == digest
    )


def test_12_bit_extended_jpeg_is_decoded() -> None:
    decoded = decode_film(FILES["JPGExtended.dcm"])
    assert decoded.frame.shape == (1024, 256)
    assert decoded.bits_stored == 12
    assert decoded.frame.max() > 255


def test_near_lossless_differs_by_no_more_than_it_declares() -> None:
    frame = grain(40, 50, bits=8).astype(np.uint8)
    near = imagecodecs.jpegls_encode(frame, level=3)
    decoded = decode_film(compressed_film(frame, "1.2.840.10008.1.2.4.81", near)).frame
    difference = np.abs(decoded.astype(int) - frame)
    assert 0 < difference.max() <= 3


@pytest.mark.parametrize("predictor", range(1, 8))
def test_every_predictor_of_jpeg_lossless_is_exact(predictor: int) -> None:
    frame = grain(31, 44)
    coded = imagecodecs.jpeg8_encode(frame, lossless=True, predictor=predictor, bitspersample=12)
    dataset = compressed_film(frame, "1.2.840.10008.1.2.4.57", coded, BitsStored=12)
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


def test_jpeg_lossless_falls_back_when_the_first_decoder_declines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from plainfilm.dicom import _codecs  # noqa: PLC0415 - the only test that reaches inside

    def decline(data: bytes) -> np.ndarray:
        raise RuntimeError

    decoders = {coding: (decline, *some) for coding, some in _codecs._DECODERS.items()}
    monkeypatch.setattr(_codecs, "_DECODERS", decoders)
    frame = grain(31, 44)
    coded = imagecodecs.ljpeg_encode(frame, bitspersample=12)
    dataset = compressed_film(frame, JPEG_LOSSLESS_SV1, coded, BitsStored=12)
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


def test_high_throughput_jpeg_2000_is_exact() -> None:
    frame = grain(40, 50)
    coded = imagecodecs.htj2k_encode(frame, reversible=True)
    dataset = compressed_film(frame, "1.2.840.10008.1.2.4.201", coded)
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


def test_deflated_film_is_decoded() -> None:
    assert decode_film(FILES["image_dfl.dcm"]).frame.shape == (512, 512)


# --- bits ---


def test_overlay_in_unused_high_bits_is_dropped() -> None:
    frame = grain(8, 8)
    overlay = (np.arange(64).reshape(8, 8) % 2 << 15).astype(np.uint16)
    decoded = decode_film(film(frame | overlay, BitsStored=12)).frame
    np.testing.assert_array_equal(decoded, frame)


def test_overlay_below_left_aligned_values_is_dropped() -> None:
    frame = grain(8, 8)
    decoded = decode_film(film((frame << 4) | 5, BitsStored=12, HighBit=15)).frame
    np.testing.assert_array_equal(decoded, frame)


@pytest.mark.parametrize("bits", [8, 10, 12, 13, 16])
def test_sign_is_extended_from_the_stored_bits(bits: int) -> None:
    low = -(1 << (bits - 1))
    frame = np.array([[low, -1, 0, -low - 1]], np.int16)
    masked = frame.view(np.uint16) & np.uint16((1 << bits) - 1)
    dataset = film(masked, BitsStored=bits, PixelRepresentation=1)
    decoded = decode_film(dataset)
    np.testing.assert_array_equal(decoded.frame, frame)
    assert decoded.signed


@pytest.mark.parametrize("syntax", [JPEG_LOSSLESS_SV1, JPEG_LS])
def test_sign_is_restored_where_the_codestream_cannot_hold_it(syntax: str) -> None:
    frame = np.array([[-2048, -1, 0, 2047]], np.int16)
    masked = frame.view(np.uint16) & np.uint16(0x0FFF)
    if syntax == JPEG_LS:
        coded = imagecodecs.jpegls_encode(masked)
    else:
        coded = imagecodecs.jpeg8_encode(masked, lossless=True, predictor=1, bitspersample=12)
    dataset = compressed_film(masked, syntax, coded, BitsStored=12, PixelRepresentation=1)
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


def test_32_bit_values_are_kept() -> None:
    frame = np.array([[0, 1 << 31, (1 << 32) - 1]], np.uint32)
    np.testing.assert_array_equal(decode_film(film(frame)).frame, frame)


def test_8_bit_pixels_in_big_endian_words_are_swapped_back() -> None:
    frame = np.arange(15, dtype=np.uint8).reshape(3, 5)
    padded = np.frombuffer(frame.tobytes() + b"\0", np.uint16).byteswap().tobytes()
    dataset = film(frame, BIG_ENDIAN, PixelData=padded)
    dataset["PixelData"].VR = "OW"
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


def test_1_by_1_film_is_a_film() -> None:
    dataset = film(np.array([[7]], np.uint8), PixelData=b"\x07\0")
    assert decode_film(dataset).frame.tolist() == [[7]]


def test_grey_captured_as_colour_keeps_its_values() -> None:
    grey = grain(6, 7, bits=8).astype(np.uint8)
    rgb = np.repeat(grey[..., None], 3, axis=2)
    np.testing.assert_array_equal(decode_film(film(rgb)).frame, grey)


def test_planes_and_pixels_of_colour_give_the_same_luminance() -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (6, 7, 3)).astype(np.uint8)
    planes = np.ascontiguousarray(np.moveaxis(rgb, -1, 0)).tobytes()
    planar = film(rgb, PlanarConfiguration=1, PixelData=planes)
    np.testing.assert_array_equal(decode_film(planar).frame, decode_film(film(rgb)).frame)


def test_luminance_of_colour_jpeg_is_its_luma() -> None:
    grey = grain(16, 16, bits=8).astype(np.uint8)
    coded = imagecodecs.jpeg8_encode(np.repeat(grey[..., None], 3, axis=2), level=100)
    rgb = np.zeros((16, 16, 3), np.uint8)
    dataset = compressed_film(rgb, JPEG_BASELINE, coded, PhotometricInterpretation="YBR_FULL_422")
    assert np.abs(decode_film(dataset).frame.astype(int) - grey).max() <= 2


# --- frames and fragments ---


def test_first_of_many_frames_is_decoded_and_all_are_counted() -> None:
    frames = np.stack([grain(4, 5, seed=seed) for seed in range(3)])
    dataset = film(frames[0], NumberOfFrames=3, PixelData=frames.tobytes())
    decoded = decode_film(dataset)
    np.testing.assert_array_equal(decoded.frame, frames[0])
    assert decoded.frames == 3


def _jpeg_ls_fragments(frame: np.ndarray, count: int) -> list[bytes]:
    coded = imagecodecs.jpegls_encode(frame)
    size = -(-len(coded) // count) // 2 * 2
    pieces = [coded[at : at + size] for at in range(0, len(coded), size)]
    return [piece + b"\0" * (len(piece) % 2) for piece in pieces]


@pytest.mark.parametrize("offset_table", ["missing", "right", "wrong"])
def test_fragments_of_one_frame_are_joined(offset_table: str) -> None:
    frame = grain(30, 30)
    table = {
        "missing": b"",
        "right": struct.pack("<I", 0),
        "wrong": struct.pack("<II", 0, 0x7FFFFFF0),
    }[offset_table]
    data = itemize_fragment(table) if table else b"\xfe\xff\x00\xe0\0\0\0\0"
    data += b"".join(itemize_fragment(piece) for piece in _jpeg_ls_fragments(frame, 4))
    dataset = film(frame, JPEG_LS, PixelData=data)
    np.testing.assert_array_equal(decode_film(dataset).frame, frame)


@pytest.mark.parametrize("has_offset_table", [True, False])
def test_first_frame_is_found_among_fragments_of_several(*, has_offset_table: bool) -> None:
    frames = [grain(30, 30, seed=seed) for seed in range(3)]
    coded = [imagecodecs.jpegls_encode(frame) for frame in frames]
    data = encapsulate(coded, fragments_per_frame=2, has_bot=has_offset_table)
    dataset = film(frames[0], JPEG_LS, NumberOfFrames=3, PixelData=data)
    np.testing.assert_array_equal(decode_film(dataset).frame, frames[0])


def test_first_frame_is_found_by_the_extended_offset_table() -> None:
    frames = [grain(30, 30, seed=seed) for seed in range(2)]
    coded = [imagecodecs.jpegls_encode(frame) for frame in frames]
    data, offsets, lengths = encapsulate_extended(coded)
    dataset = film(frames[0], JPEG_LS, NumberOfFrames=2, PixelData=data)
    dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    np.testing.assert_array_equal(decode_film(dataset).frame, frames[0])


# --- what is wrong is said ---


def test_object_without_pixels_is_no_film() -> None:
    dataset = film(grain(4, 4))
    del dataset.PixelData
    assert reason_of(dataset) is Reason.NO_PIXEL_DATA
    dataset.PixelData = b""
    assert reason_of(dataset) is Reason.NO_PIXEL_DATA


def test_measurements_in_floating_point_are_refused() -> None:
    dataset = film(grain(4, 4))
    del dataset.PixelData
    dataset.FloatPixelData = np.zeros(16, np.float32).tobytes()
    assert reason_of(dataset) is Reason.UNDECODABLE_PIXELS


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.100", "1.2.3.4", "1.2.840.10008.1.2.4.92"])
def test_other_transfer_syntax_is_refused_by_name(syntax: str) -> None:
    assert reason_of(film(grain(4, 4), syntax)) is Reason.UNSUPPORTED_TRANSFER_SYNTAX


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Rows": 5}, Reason.TRUNCATED_PIXELS),  # 4 rows of data
        ({"Rows": 2}, Reason.UNDECODABLE_PIXELS),  # half of the data would be dropped
        ({"Columns": 3}, Reason.UNDECODABLE_PIXELS),  # sheared
        ({"NumberOfFrames": 2}, Reason.TRUNCATED_PIXELS),
        ({"Rows": 0}, Reason.UNDECODABLE_PIXELS),
        ({"Rows": None}, Reason.UNDECODABLE_PIXELS),
        ({"Rows": [4, 4], "Columns": None}, Reason.UNDECODABLE_PIXELS),
        ({"BitsAllocated": 12}, Reason.UNDECODABLE_PIXELS),
        ({"BitsAllocated": None}, Reason.UNDECODABLE_PIXELS),
        ({"BitsStored": 17}, Reason.UNDECODABLE_PIXELS),
        ({"HighBit": 16}, Reason.UNDECODABLE_PIXELS),
        ({"SamplesPerPixel": 2}, Reason.UNDECODABLE_PIXELS),
        ({"Rows": 65535, "Columns": 65535}, Reason.UNDECODABLE_PIXELS),  # beyond every film
    ],
)
def test_header_that_contradicts_the_pixels_is_refused(
    attributes: dict[str, object], reason: Reason
) -> None:
    assert reason_of(film(grain(4, 4) | 1, **attributes)) is reason


def test_padding_behind_the_pixels_is_allowed() -> None:
    frame = grain(4, 4)
    padded = film(frame, PixelData=frame.tobytes() + bytes(512))
    np.testing.assert_array_equal(decode_film(padded).frame, frame)


@pytest.mark.parametrize("syntax", [RLE, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000])
@pytest.mark.parametrize("attributes", [{"Rows": 41}, {"Columns": 25}])
def test_codestream_of_another_size_is_refused(syntax: str, attributes: dict[str, int]) -> None:
    dataset = film(grain(40, 50))
    encode_pixels(dataset, grain(40, 50), syntax)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    assert reason_of(dataset) in (Reason.UNDECODABLE_PIXELS, Reason.TRUNCATED_PIXELS)


@pytest.mark.parametrize("syntax", [RLE, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000])
def test_bomb_is_refused_before_it_unfolds(syntax: str) -> None:
    """A header of 100 million pixels over a few bytes must not allocate them."""
    dataset = film(grain(8, 8))
    encode_pixels(dataset, grain(8, 8), syntax)
    dataset.Rows = dataset.Columns = 10_000
    assert reason_of(dataset) in (Reason.UNDECODABLE_PIXELS, Reason.TRUNCATED_PIXELS)


@pytest.mark.parametrize("syntax", [RLE, JPEG_BASELINE, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000])
def test_codestream_cut_short_is_refused(syntax: str) -> None:
    frame = grain(40, 50, bits=8).astype(np.uint8)
    dataset = film(frame)
    encode_pixels(dataset, frame, syntax)
    coded = decode_fragment(dataset.PixelData)
    for length in (len(coded) // 2, 70, 20, 2):
        dataset.PixelData = encapsulate([coded[:length]])
        assert reason_of(dataset) in (Reason.TRUNCATED_PIXELS, Reason.UNDECODABLE_PIXELS)


def decode_fragment(pixel_data: bytes) -> bytes:
    return next(pydicom.encaps.generate_frames(pixel_data, number_of_frames=1))


def test_compressed_syntax_over_plain_bytes_is_refused() -> None:
    assert reason_of(film(grain(8, 8), JPEG_LS)) is Reason.UNDECODABLE_PIXELS


@pytest.mark.parametrize("syntax", [EXPLICIT, RLE, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000])
def test_file_cut_anywhere_in_its_pixels_is_refused(tmp_path: Path, syntax: str) -> None:
    dataset = film(grain(40, 50))
    encode_pixels(dataset, grain(40, 50), syntax)
    path = tmp_path / "film.dcm"
    write_dataset(dataset, path)
    whole = path.read_bytes()
    start = whole.index(b"\xe0\x7f\x10\x00")
    for length in np.linspace(start + 14, len(whole) - 9, 12).astype(int):
        path.write_bytes(whole[:length])
        assert reason_of(path) is Reason.TRUNCATED_PIXELS


def test_error_names_the_file_and_no_value() -> None:
    with pytest.raises(UnsupportedPixels, match=r"MR_truncated\.dcm"):
        decode_film(FILES["MR_truncated.dcm"])


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 40), name=st.sampled_from(
    ["MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm",
     "JPEGLSNearLossless_16.dcm", "SC_rgb_small_odd_jpeg.dcm", "MR_small_expb.dcm"]
))  # fmt: skip
def test_damaged_film_is_shown_or_refused_but_never_crashes(
    seed: int, changes: int, name: str
) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(FILES[name].read_bytes())
    for at in random.integers(0, len(data), changes):
        data[at] = random.integers(0, 256)
    try:
        outcome: object = render_display(read_dataset(bytes(data)), longest_side=32)
    except InputError as error:
        outcome = error.reason
    assert outcome is not None
