"""Reading a film as the network takes it: bad files have their reasons, good ones their place."""

from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from plainfilm.categories._square import read_square
from plainfilm.demo import make_film
from plainfilm.dicom import Dataset, encode_jpeg, encode_png, squared, write_dataset
from plainfilm.errors import InputError, Reason
from plainfilm.records import Location

SIDE = 64
RAMP = np.add.outer(np.arange(120), np.arange(80)).astype(np.uint8)


def dicom(**tags: object) -> Callable[[Path], None]:
    frame = tags.pop("frame", RAMP)
    return lambda path: write_dataset(make_film(tags, frame=frame, bits_stored=8), path)


def with_frames(path: Path) -> None:
    made = make_film(frame=RAMP, bits_stored=8)
    made.NumberOfFrames = 3
    made.PixelData = made.PixelData * 3
    write_dataset(made, path)


def in_colour(path: Path) -> None:
    photo = np.dstack([RAMP, RAMP[::-1], 255 - RAMP])
    made: Dataset = make_film(frame=RAMP, bits_stored=8)
    made.SamplesPerPixel, made.PlanarConfiguration = 3, 0
    made.PhotometricInterpretation, made.PixelData = "RGB", photo.tobytes()
    write_dataset(made, path)


def in_lower_case(path: Path) -> None:
    dicom(Modality="US")(path)
    path.write_bytes(path.read_bytes().replace(b"CS\x02\x00US", b"CS\x02\x00us"))


def content(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


PHOTO = np.dstack([RAMP, RAMP[::-1], 255 - RAMP])
CT, ULTRASOUND = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.6.1"

# what the file is, how it is made, why it is refused
BAD = [
    ("a colour photograph as JPEG", content(encode_jpeg(PHOTO)), Reason.COLOUR_IMAGE),
    ("a colour photograph as PNG", content(encode_png(PHOTO)), Reason.COLOUR_IMAGE),
    ("a colour photograph as DICOM", in_colour, Reason.COLOUR_IMAGE),
    ("an empty film", dicom(frame=np.full((99, 99), 7, np.uint8)), Reason.BLANK_IMAGE),
    ("a black image", content(encode_png(np.zeros((99, 99), np.uint8))), Reason.BLANK_IMAGE),
    ("a CT slice", dicom(Modality="CT"), Reason.NOT_A_RADIOGRAPH),
    ("a CT by its class", dicom(Modality="OT", SOPClassUID=CT), Reason.NOT_A_RADIOGRAPH),
    ("an ultrasound image", dicom(Modality="US"), Reason.NOT_A_RADIOGRAPH),
    ("an ultrasound image of a careless export", in_lower_case, Reason.NOT_A_RADIOGRAPH),
    ("an ultrasound by its class", dicom(SOPClassUID=ULTRASOUND), Reason.NOT_A_RADIOGRAPH),
    ("60 x 60 pixels", dicom(frame=RAMP[:60, :60]), Reason.IMAGE_TOO_SMALL),
    ("60 x 60 as PNG", content(encode_png(RAMP[:60, :60])), Reason.IMAGE_TOO_SMALL),
    ("a strip", dicom(frame=np.tile(RAMP, (1, 250))[:100]), Reason.IMAGE_TOO_NARROW),
    ("a strip as JPEG", content(encode_jpeg(np.tile(RAMP[:64], (1, 9)))), Reason.IMAGE_TOO_NARROW),
    ("several frames", with_frames, Reason.SEVERAL_FRAMES),
    ("no image", content(b"meeting notes " * 50), Reason.NOT_AN_IMAGE),
    ("no bytes", content(b""), Reason.EMPTY_FILE),
    ("a cut JPEG", content(encode_jpeg(RAMP)[:-300]), Reason.TRUNCATED_PIXELS),
    ("a cut PNG", content(encode_png(RAMP)[:-30]), Reason.TRUNCATED_PIXELS),
]


@pytest.mark.parametrize(("make", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_no_single_radiograph_is_refused(
    tmp_path: Path, make: Callable[[Path], None], reason: Reason
) -> None:
    path = tmp_path / "file"
    make(path)
    with pytest.raises(InputError) as caught:
        read_square(Location(path), SIDE)
    assert caught.value.reason is reason
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("modality", ["DX", "CR", "RG", "PX", "OT", "MG", "RF", ""])
def test_every_kind_of_radiograph_is_taken(tmp_path: Path, modality: str) -> None:
    dicom(Modality=modality)(tmp_path / "a.dcm")
    assert read_square(Location(tmp_path / "a.dcm"), SIDE).shape == (SIDE, SIDE)


def test_transparency_is_no_colour(tmp_path: Path) -> None:
    grey = np.tile(np.arange(200, dtype=np.uint8), (150, 1))
    opaque = np.full_like(grey, 255)
    shown = {}
    for name, channels in {
        "l": [grey],
        "la": [grey, opaque],
        "rgba": [grey] * 3 + [opaque],
    }.items():
        image = channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)
        path = tmp_path / f"{name}.png"
        path.write_bytes(imagecodecs.png_encode(image))
        shown[name] = read_square(Location(path), 64)
    assert np.array_equal(shown["l"], shown["la"])
    assert np.array_equal(shown["l"], shown["rgba"])


def test_a_film_looks_the_same_whatever_file_it_is_in(tmp_path: Path) -> None:
    dicom(WindowCenter=128, WindowWidth=256)(tmp_path / "a.dcm")
    (tmp_path / "a.png").write_bytes(encode_png(RAMP))
    (tmp_path / "a.jpg").write_bytes(encode_jpeg(RAMP, 98))
    squares = [
        read_square(Location(tmp_path / name), SIDE).astype(int)
        for name in ("a.dcm", "a.png", "a.jpg")
    ]
    assert np.abs(squares[0] - squares[1]).max() <= 1
    assert np.abs(squares[0] - squares[2]).max() <= 3


@pytest.mark.parametrize("shape", [(120, 80), (80, 120), (64, 64), (40, 20), (200, 199)])
def test_the_longer_side_fills_the_square_and_the_film_is_centred(shape: tuple[int, int]) -> None:
    small = np.full(
        tuple(max(1, round(length * min(1, SIDE / max(shape)))) for length in shape), 9, np.uint8
    )
    shown = squared(small, SIDE) == 9
    filled = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    assert max(len(filled[0]), len(filled[1])) == SIDE
    assert shown.sum() == len(filled[0]) * len(filled[1])
    for places in filled:
        assert abs(places[0] - (SIDE - 1 - places[-1])) <= 1
