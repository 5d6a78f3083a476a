"""Damaged and random bytes: a header or a typed error, and pydicom's values where both read."""

import io
import random
import sys
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from generated_films import films
from plainfilm.dicom import Header, read_header
from plainfilm.errors import UnreadableDicom

sys.path.insert(0, str(Path(__file__).parent))
from header_bytes import EXPLICIT, IMPLICIT, part10, plain, pydicom_files, same

HEAD = 20_000  # bytes kept of each real file

REAL_FILES = [path.read_bytes()[:HEAD] for path in pydicom_files() if path.stat().st_size < 200_000]
REAL_FILMS = [data for data in REAL_FILES if data[128:132] == b"DICM"]

# What writers get wrong: undefined and absurd lengths, delimiters, items, VRs in the wrong place.
SPLINTERS = (
    *(b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", b"\0\0\0\0", b"\xfe\xff\x00\xe0"),
    *(b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"SQ\0\0", b"UN\0\0", b"\x08\0\5\0", b"\xe0\x7f"),
)


def outcome(data: bytes) -> Header | None:
    try:
        return read_header(data)
    except UnreadableDicom as error:
        if error.reason is None:
            raise
        return None


@given(body=st.binary(max_size=600), syntax=st.sampled_from([EXPLICIT, IMPLICIT, None]))
@settings(max_examples=800)
def test_random_bytes_never_crash(body: bytes, syntax: str | None) -> None:
    outcome(part10(body, syntax))
    outcome(body)


@given(
    choice=st.integers(0, 2**32),
    flips=st.lists(st.tuples(st.integers(0, HEAD), st.integers(0, 255)), min_size=1, max_size=20),
)
@settings(max_examples=800)
def test_flipped_bytes_never_crash(choice: int, flips: list[tuple[int, int]]) -> None:
    data = bytearray(REAL_FILMS[choice % len(REAL_FILMS)])
    for position, value in flips:
        data[132 + position % (len(data) - 132)] = value
    outcome(bytes(data))


@given(choice=st.integers(0, 2**32), size=st.integers(0, HEAD))
@settings(max_examples=300)
def test_cut_files_never_crash(choice: int, size: int) -> None:
    data = REAL_FILMS[choice % len(REAL_FILMS)]
    outcome(data[: size % len(data)])


@given(
    choice=st.integers(0, 2**32),
    position=st.integers(132, 4000),
    splinter=st.sampled_from(SPLINTERS),
    replaces=st.booleans(),
)
@settings(max_examples=800)
def test_splinters_of_dicom_in_the_wrong_place_never_crash(
    choice: int, position: int, splinter: bytes, *, replaces: bool
) -> None:
    data = bytearray(REAL_FILMS[choice % len(REAL_FILMS)])
    data[position : position + len(splinter) * replaces] = splinter
    outcome(bytes(data))


def test_damage_behind_the_file_meta_does_not_change_what_is_read() -> None:
    """Where both read a damaged film, they agree; 300 seeded mutations."""
    rng = random.Random(20)  # noqa: S311 - reproducible, not secret
    compared = 0
    for _ in range(300):
        data = bytearray(rng.choice(REAL_FILMS))
        if len(data) < 1000:
            continue
        for _ in range(rng.choice((1, 2, 5))):
            data[rng.randrange(400, len(data))] = rng.randrange(256)
        header = outcome(bytes(data))
        expected = _by_pydicom(bytes(data))
        if header is not None and expected is not None and header.tags and expected:
            assert same(header.tags, expected)
            compared += 1
    assert compared > 100


def _by_pydicom(data: bytes) -> dict[str, Any] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True))
        # pydicom may raise nearly anything on damaged values, which plainfilm keeps as bytes.
        except Exception:  # noqa: BLE001
            return None


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
SINGLE_TEXT = TEXT.map(lambda text: text.replace("\\", "/"))
VALUES = {
    "PatientID": SINGLE_TEXT,
    "ImageComments": TEXT,
    "PatientName": SINGLE_TEXT,
    "ImageType": st.lists(st.sampled_from(["ORIGINAL", "PRIMARY", "", "A B"]), max_size=4),
    "StudyDate": st.dates().map(lambda date: f"{date:%Y%m%d}"),
    "StudyInstanceUID": st.integers(0, 2**100).map(lambda number: f"2.25.{number}"),
    "KVP": st.integers(-(10**6), 10**6).map(str),
    "PixelSpacing": st.lists(st.integers(0, 9999).map(lambda n: n / 1000), max_size=3),
    "InstanceNumber": st.integers(-(2**31), 2**31 - 1),
    "Rows": st.integers(0, 65535),
    "FrameIncrementPointer": st.integers(0, 2**32 - 1),
    "ExposureTimeInms": st.floats(width=64),
    "RecommendedDisplayFrameRateInFloat": st.floats(width=32),
    "ReferencePixelX0": st.integers(-(2**31), 2**31 - 1),
    "EncapsulatedDocument": st.binary(max_size=40).map(lambda data: data + b"\0" * (len(data) % 2)),
}
ELEMENTS = st.fixed_dictionaries({}, optional=VALUES)


def _dataset(elements: dict[str, Any], items: list[dict[str, Any]]) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    if items:
        dataset.ReferencedImageSequence = [_dataset(entry, []) for entry in items]
    return dataset


@given(elements=ELEMENTS, items=st.lists(ELEMENTS, max_size=3), implicit=st.booleans())
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_datasets_that_pydicom_wrote_are_read_as_pydicom_reads_them(
    elements: dict[str, Any], items: list[dict[str, Any]], *, implicit: bool
) -> None:
    dataset = _dataset(elements, items)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.file_meta.TransferSyntaxUID = (
        ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    )
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    expected = _by_pydicom(stream.getvalue())
    assert expected is not None
    assert same(read_header(stream.getvalue()).tags, expected)


def test_generated_films_are_read_as_pydicom_reads_them() -> None:
    """The films of the benchmarks are films, and both readers agree on them."""
    for film in films(60, seed=3):
        header = read_header(film)
        assert header.pixels_complete
        assert 80 <= len(header.tags) <= 110
        assert same(header.tags, _by_pydicom(film))
