"""DICOM, PNG and JPEG files as pictures: facts, colour, grey for display, and what is refused."""

import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import (
    Dataset,
    ImageFacts,
    colour_channels,
    encode_jpeg,
    encode_png,
    open_image,
    render_display,
    write_dataset,
)
from plainfilm.dicom.colour import is_colour
from plainfilm.errors import InputError, Reason

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import JPEG_BASELINE, RLE, compressed_film, film

GREY = np.add.outer(np.arange(90), np.arange(120)).astype(np.uint8)
PHOTO = np.dstack([GREY, GREY[::-1], 255 - GREY])
AS_COLOUR = np.dstack([GREY] * 3)


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_dicom_tells_what_it_is(tmp_path: Path) -> None:
    made = make_film({"Modality": "CT", "NumberOfFrames": 1})
    write_dataset(made, tmp_path / "a.dcm")
    facts = open_image(tmp_path / "a.dcm").facts
    assert facts == ImageFacts(32, 24, 1, "CT", made.SOPClassUID)


def test_an_image_has_its_size_and_no_more(tmp_path: Path) -> None:
    facts = open_image(saved(tmp_path / "a.png", encode_png(GREY))).facts
    assert facts == ImageFacts(90, 120)


@pytest.mark.parametrize("content", [encode_png(GREY), encode_jpeg(GREY, 98)])
def test_eight_bits_are_shown_as_they_are(tmp_path: Path, content: bytes) -> None:
    shown = open_image(saved(tmp_path / "a", content)).render(120)
    assert np.abs(shown.astype(int) - GREY).max() <= 3


def test_sixteen_bits_are_shown_like_a_film_without_a_window(tmp_path: Path) -> None:
    deep = GREY.astype(np.uint16) * 9 + 300  # 12 bits of 16: the upper 8 alone would be black
    shown = open_image(saved(tmp_path / "a.png", imagecodecs.png_encode(deep))).render(120)
    np.testing.assert_array_equal(shown, render_display(film(deep)))
    assert shown.max() == 255


@pytest.mark.parametrize(("picture", "expected"), [(PHOTO, True), (AS_COLOUR, False)])
@pytest.mark.parametrize("encode", [encode_png, encode_jpeg])
def test_colour_is_told_from_grey_in_three_channels(
    tmp_path: Path, picture: np.ndarray, expected: bool, encode: object
) -> None:
    image = open_image(saved(tmp_path / "a", encode(picture)))  # type: ignore[operator]
    assert image.is_colour() is expected
    assert image.render(120).shape == GREY.shape


def ycbcr(rgb: np.ndarray) -> np.ndarray:
    """ITU-R BT.601 in full range, as YBR_FULL."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    return np.rint(rgb @ matrix.T + [0, 128, 128]).clip(0, 255).astype(np.uint8)


def palette(picture: np.ndarray) -> Dataset:
    """Eight indices, each of them a colour of the picture's first rows."""
    made = film((GREY % 8).astype(np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for channel, name in enumerate(("Red", "Green", "Blue")):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [8, 0, 16])
        entries = picture[:8, :8, channel].diagonal().astype("<u2") * 257
        setattr(made, f"{name}PaletteColorLookupTableData", entries.tobytes())
    return made


def jpeg(picture: np.ndarray) -> Dataset:
    return compressed_film(
        picture, JPEG_BASELINE, encode_jpeg(picture), PhotometricInterpretation="YBR_FULL_422"
    )


def rle(picture: np.ndarray) -> Dataset:
    segments = [imagecodecs.packbits_encode(picture[..., n].copy(), axis=-1) for n in range(3)]
    segments = [one + b"\0" * (len(one) % 2) for one in segments]
    offsets = np.zeros(16, "<u4")
    offsets[:4] = 3, 64, 64 + len(segments[0]), 64 + len(segments[0]) + len(segments[1])
    return compressed_film(picture, RLE, offsets.tobytes() + b"".join(segments))


@pytest.mark.parametrize(("picture", "expected"), [(PHOTO, True), (AS_COLOUR, False)])
@pytest.mark.parametrize(
    "made",
    [
        film,
        lambda rgb: film(rgb, PlanarConfiguration=1, PixelData=np.moveaxis(rgb, -1, 0).tobytes()),
        lambda rgb: film(ycbcr(rgb), PhotometricInterpretation="YBR_FULL"),
        jpeg,
        rle,
        palette,
    ],
    ids=["rgb", "planar", "ybr", "jpeg", "rle", "palette"],
)
def test_colour_is_found_in_every_dicom_encoding(
    made: object, picture: np.ndarray, expected: bool
) -> None:
    assert is_colour(made(picture)) is expected  # type: ignore[operator]


@pytest.mark.parametrize("made", [film, rle])
def test_channels_are_those_of_a_film_in_colour(made: object) -> None:
    channels = colour_channels(made(PHOTO), 0)  # type: ignore[operator]
    np.testing.assert_array_equal(channels, np.moveaxis(PHOTO, -1, 0))


@pytest.mark.parametrize("made", [film, jpeg, rle, palette])
def test_a_grey_film_has_no_channels_of_colour(made: object) -> None:
    assert colour_channels(made(AS_COLOUR), 0) == ()  # type: ignore[operator]
    assert colour_channels(film(GREY), 0) == ()
    assert len(colour_channels(palette(PHOTO), 0)) == 3


def test_a_little_coloured_text_does_not_make_a_film_a_photograph() -> None:
    marked = AS_COLOUR.copy()
    marked[:10, :10, 0] = 255
    assert not is_colour(film(marked))


CUT_JPEG = encode_jpeg(GREY)[:-200]
WITH_THUMBNAIL = CUT_JPEG[:2] + b"\xff\xe1\x00\x08ab\xff\xd9xx" + CUT_JPEG[2:]


# content -> reason
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY_FILE),
        (b"a text, which is no image at all" * 20, Reason.NOT_AN_IMAGE),
        (b"GIF89a" + bytes(200), Reason.NOT_AN_IMAGE),
        (CUT_JPEG, Reason.TRUNCATED_PIXELS),
        (CUT_JPEG[:30], Reason.TRUNCATED_PIXELS),
        (WITH_THUMBNAIL, Reason.TRUNCATED_PIXELS),  # the end marker is the thumbnail's
        (encode_png(GREY)[:-40], Reason.TRUNCATED_PIXELS),
        (encode_png(GREY)[:60] + encode_png(GREY)[80:], Reason.UNDECODABLE_PIXELS),
    ],
)
def test_what_is_no_whole_picture_is_refused(
    tmp_path: Path, content: bytes, reason: Reason
) -> None:
    with pytest.raises(InputError) as caught:
        open_image(saved(tmp_path / "a", content))
    assert caught.value.reason is reason


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_image(tmp_path / "gone.png")
    assert caught.value.reason is Reason.FILE_VANISHED
