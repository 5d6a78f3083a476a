"""Nothing but pixels leaves in PixelData, and the pixels stay what they were."""

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from plainfilm.deid.pixel_bytes import blank_comments, clean_pixel_bytes

SECRET = b"DOE^JANE 1956-03-04"
FRAME = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8)


def with_segment(jpeg, marker, content):
    return (
        jpeg[:2]
        + bytes((0xFF, marker))
        + (len(content) + 2).to_bytes(2, "big")
        + content
        + jpeg[2:]
    )


JPEGS = {
    "jpeg": imagecodecs.jpeg8_encode(FRAME),
    "lossless": imagecodecs.ljpeg_encode(FRAME),
    "jpegls": imagecodecs.jpegls_encode(FRAME),
}
DECODE = {
    "jpeg": imagecodecs.jpeg8_decode,
    "lossless": imagecodecs.ljpeg_decode,
    "jpegls": imagecodecs.jpegls_decode,
}


@pytest.mark.parametrize("marker", [0xFE, 0xE1, 0xE2, 0xED])
@pytest.mark.parametrize("kind", JPEGS)
def test_comment_of_a_jpeg_frame_is_blanked(kind, marker):
    frame = with_segment(JPEGS[kind], marker, SECRET)
    dirty = encapsulate([frame, frame])
    clean = blank_comments(dirty)
    assert SECRET not in clean
    assert len(clean) == len(dirty)
    start = clean.index(b"\xff\xd8")
    decode = DECODE[kind]
    assert np.array_equal(decode(clean[start : start + len(frame)]), decode(JPEGS[kind]))


@pytest.mark.parametrize("kind", JPEGS)
def test_bytes_behind_the_end_of_a_jpeg_are_blanked(kind):
    clean = blank_comments(encapsulate([JPEGS[kind] + SECRET]))
    assert SECRET not in clean
    start = clean.index(b"\xff\xd8")
    assert np.array_equal(DECODE[kind](clean[start:]), DECODE[kind](JPEGS[kind]))


def test_comment_of_a_jpeg_2000_frame_is_blanked():
    frame = imagecodecs.jpeg2k_encode(FRAME, reversible=True, codecformat="j2k")
    comment = b"\xff\x64" + (len(SECRET) + 4).to_bytes(2, "big") + b"\x00\x01" + SECRET
    size = 2 + int.from_bytes(frame[4:6], "big") + 2  # SIZ comes first (ISO 15444-1 A.5.1)
    dirty = frame[:size] + comment + frame[size:] + SECRET
    clean = blank_comments(encapsulate([dirty]))
    assert SECRET not in clean
    start = clean.index(b"\xff\x4f\xff\x51")
    assert np.array_equal(imagecodecs.jpeg2k_decode(clean[start:]), FRAME)


def test_frame_without_comments_is_passed_on_as_it_is():
    data = encapsulate([JPEGS["jpeg"]])
    assert blank_comments(data) is data


@pytest.mark.parametrize(
    "data", [b"", b"\xfe\xff\x00\xe0", SECRET, b"\xfe\xff\x00\xe0\xff\xff\xff\xff"]
)
def test_broken_encapsulation_does_no_harm(data):
    assert blank_comments(data) == data


def test_bytes_behind_native_pixels_are_cut(film):
    dataset = film()
    pixels = dataset.PixelData
    dataset.PixelData = pixels + SECRET
    before = dataset["PixelData"]
    clean_pixel_bytes(dataset)
    assert dataset.PixelData == pixels
    assert before.value == pixels + SECRET
