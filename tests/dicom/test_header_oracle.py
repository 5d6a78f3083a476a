"""The header reader gives pydicom's values on every file of pydicom's test data."""

import io
import subprocess
import sys
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.errors import InvalidDicomError

from plainfilm.dicom import Header, fallback, read_header
from plainfilm.errors import Reason, UnreadableDicom

sys.path.insert(0, str(Path(__file__).parent))
from header_bytes import BIG_ENDIAN, plain, pydicom_files, same

FILES = pydicom_files()

# Files that pydicom reads and plainfilm refuses on purpose.
REFUSED = {
    "rtplan_truncated.dcm": Reason.TRUNCATED_HEADER,  # cut inside its header; pydicom keeps silent
}

# Files without preamble that pydicom reads by force only, and plainfilm because they begin as a
# dataset does and name their SOP Class.
BARE = {"ExplVR_LitEndNoMeta.dcm", "rtstruct.dcm", "OT-PAL-8-face.dcm"}


def with_pydicom(path: Path, *, force: bool = False) -> pydicom.FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, stop_before_pixels=True, force=force)


def assert_same(header: Header, dataset: pydicom.FileDataset) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tags, file_meta = plain(dataset), plain(dataset.file_meta)
    different = [
        key
        for key in header.tags.keys() | tags.keys()
        if key not in header.tags or key not in tags or not same(header.tags[key], tags[key])
    ]
    assert different == []
    assert same(header.file_meta, file_meta)


def test_the_wheels_hold_the_test_data() -> None:
    assert len(FILES) > 260


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_values_are_those_of_pydicom(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(UnreadableDicom) as error:
            read_header(path)
        assert error.value.reason is REFUSED[path.name]
        return
    try:
        dataset = with_pydicom(path, force=path.name in BARE)
    except InvalidDicomError:
        with pytest.raises(UnreadableDicom) as error:
            read_header(path)
        assert error.value.reason is Reason.NOT_DICOM
        return
    assert_same(read_header(path), dataset)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.suffix == ".dcm"], ids=lambda path: path.name
)
def test_pixel_data_is_found_where_pydicom_finds_it(path: Path) -> None:
    if path.name in REFUSED or path.stat().st_size > 1 << 20:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path)
        except InvalidDicomError:
            return
    header = read_header(path)
    keywords = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
    pixels = [dataset.get_item(keyword) for keyword in keywords if keyword in dataset]
    if not pixels:
        # pydicom drops encapsulated pixel data whose delimiter is missing.
        assert header.pixel_offset is None or not header.pixels_complete
        return
    assert header.pixel_offset == pixels[0].value_tell
    assert header.pixels_complete == (header.pixel_length in (None, len(pixels[0].value)))


def test_only_big_endian_and_one_broken_dicomdir_need_pydicom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lean parser must not hide behind its fallback."""
    declined: list[Path] = []

    def refuse(_source: object, _limit: int, name: str) -> None:
        declined.append(Path(name))
        raise UnreadableDicom(name, Reason.MALFORMED_HEADER)

    monkeypatch.setattr(fallback, "read_with_pydicom", refuse)
    for path in FILES:
        try:
            read_header(path)
        except UnreadableDicom:
            continue
    little_endian = [
        path.name
        for path in declined
        if with_pydicom(path).file_meta.TransferSyntaxUID != BIG_ENDIAN
    ]
    assert little_endian == ["DICOMDIR-nooffset"]  # an item longer than its sequence


def test_big_endian_films_report_their_pixels() -> None:
    path = next(path for path in FILES if path.name == "MR_small_bigendian.dcm")
    header = read_header(path)
    assert header.transfer_syntax_uid == BIG_ENDIAN
    assert header.pixel_length == 64 * 64 * 2
    assert header.pixel_offset == path.stat().st_size - 8192
    assert header.pixels_complete


def test_reading_bytes_reads_the_same_as_reading_the_file() -> None:
    path = next(path for path in FILES if path.name == "CT_small.dcm")
    assert read_header(path.read_bytes()) == read_header(path)


def test_transfer_syntax_is_inferred_where_the_file_does_not_say() -> None:
    path = next(path for path in FILES if path.name == "meta_missing_tsyntax.dcm")
    header = read_header(path)
    assert "TransferSyntaxUID" not in header.file_meta
    assert header.transfer_syntax_uid == "1.2.840.10008.1.2"


def test_reading_little_endian_does_not_import_pydicom() -> None:
    """Importing pydicom costs a third of a second in every worker."""
    path = next(path for path in FILES if path.name == "CT_small.dcm")
    code = (
        "import sys; from pathlib import Path; from plainfilm.dicom import read_header;"
        f"read_header(Path({str(path)!r})); sys.exit('pydicom' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bytes_beyond_the_first_read_are_read_on_demand() -> None:
    """A header longer than one read must not be cut or read twice into wrong values."""
    path = next(path for path in FILES if path.name == "CT_small.dcm")
    dataset = pydicom.dcmread(path)
    dataset.ImageComments = "x" * 10_000
    dataset.add_new(0x00420011, "OB", bytes(range(256)) * 1000)
    stream = io.BytesIO()
    dataset.save_as(stream)
    header = read_header(stream.getvalue())
    assert header.tags["EncapsulatedDocument"] == bytes(range(256)) * 1000
    assert header.pixels_complete
