"""Reading and writing whole datasets: typed errors, no warnings, no half-written file."""

import errno
import io
import logging
import struct
import sys
import threading
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from plainfilm.dicom import (
    Dataset,
    DicomSequence,
    decode_film,
    new_uid,
    read_dataset,
    write_dataset,
)
from plainfilm.dicom._quiet import quiet_pydicom
from plainfilm.errors import (
    ArchiveError,
    InputError,
    PlainfilmError,
    Reason,
    UnreadableDicom,
    UnsupportedPixels,
)
from plainfilm.records import Location

sys.path.insert(0, str(Path(__file__).parent))
from pixel_films import BIG_ENDIAN, all_files, film, grain

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

FILES = all_files()
CT = FILES["CT_small.dcm"]


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One element in explicit VR little endian, with a false length if one is given."""
    size = len(value) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return head + struct.pack("<HI", 0, size) + value
    return head + struct.pack("<H", size) + value


def part10(body: bytes, syntax: bytes = b"1.2.840.10008.1.2.1\0") -> bytes:
    meta = element(0x00020010, b"UI", syntax)
    return (
        bytes(128)
        + b"DICM"
        + element(0x00020000, b"UL", struct.pack("<I", len(meta)))
        + meta
        + body
    )


SOP_CLASS = element(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.1.1\0")


def refused(source: bytes | Path | Location) -> Reason | None:
    with pytest.raises(InputError) as caught:
        read_dataset(source)
    return caught.value.reason


def test_path_location_zip_member_and_bytes_read_the_same(tmp_path: Path) -> None:
    zipped = tmp_path / "films.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(CT, "in/ct.dcm")
    expected = read_dataset(CT)
    for source in (Location(CT), Location(zipped, "in/ct.dcm"), CT.read_bytes()):
        assert read_dataset(source) == expected


def test_pixels_are_left_out_on_request() -> None:
    dataset = read_dataset(CT, pixels=False)
    assert "PixelData" not in dataset
    assert dataset.Rows == 128


def test_every_file_of_pydicom_is_read_or_refused_by_type() -> None:
    read, reasons = 0, []
    for path in FILES.values():
        try:
            dataset = read_dataset(path)
        except InputError as error:
            reasons.append(error.reason)
            continue
        for one in dataset.iterall():  # nothing is left to be decoded later
            assert isinstance(one, pydicom.DataElement), path.name
        read += 1
    assert read > 150
    assert None not in reasons


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY_FILE),
        (b"just some text, at least as long as a preamble" * 10, Reason.NOT_DICOM),
        (part10(element(0x00080016, b"UI", b"1.2", length=64)), Reason.TRUNCATED_HEADER),
        (part10(SOP_CLASS + element(0x7FE00010, b"OW", bytes(8), 64)), Reason.TRUNCATED_PIXELS),
        (part10(SOP_CLASS + element(0x7FE00010, b"OW", bytes(8), 0xFFFFFFF0)),
         Reason.TRUNCATED_PIXELS),
        (part10(SOP_CLASS + element(0x7FE00010, b"OB", b"\xfe\xff\x00\xe0\0\0\0\0", 0xFFFFFFFF)),
         Reason.TRUNCATED_PIXELS),
    ],
)  # fmt: skip
def test_bad_bytes_are_refused_with_their_reason(data: bytes, reason: Reason) -> None:
    assert refused(data) is reason


def test_cut_in_the_pixels_does_not_matter_when_they_are_not_asked_for() -> None:
    assert read_dataset(FILES["MR_truncated.dcm"], pixels=False).Rows == 64
    assert refused(FILES["MR_truncated.dcm"]) is Reason.TRUNCATED_PIXELS


def test_sequences_nested_without_end_are_refused() -> None:
    start = element(0x0040A730, b"SQ", b"", 0xFFFFFFFF) + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    assert refused(part10(SOP_CLASS + start * 3000)) in (
        Reason.NESTED_TOO_DEEP,
        Reason.TRUNCATED_HEADER,
    )


def test_deflated_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plainfilm.dicom.extent._MAX_INFLATED", 1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(SOP_CLASS + element(0x00204000, b"UT", bytes(1 << 22)))
    data = part10(packed + packer.flush(), b"1.2.840.10008.1.2.1.99")
    assert len(data) < 10_000
    assert refused(data) is Reason.HEADER_TOO_LARGE


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.dcm") is Reason.FILE_VANISHED
    assert refused(tmp_path) is not None


def test_value_that_breaks_its_vr_keeps_its_bytes() -> None:
    dataset = read_dataset(part10(SOP_CLASS + element(0x00280010, b"US", b"\1\2\3")))
    assert dataset["Rows"].VR == "UN"
    assert dataset["Rows"].value == b"\1\2\3"


def test_no_warning_and_no_log_line_quotes_a_value(caplog: pytest.LogCaptureFixture) -> None:
    body = (
        SOP_CLASS + element(0x00080020, b"DA", b"SECRET!!") + element(0x00101010, b"AS", b"SECRET")
    )
    with caplog.at_level(logging.DEBUG, logger="pydicom"), warnings.catch_warnings():
        warnings.simplefilter("error")
        read_dataset(part10(body))
    assert "SECRET" not in caplog.text


def test_silence_ends_with_the_block() -> None:
    with quiet_pydicom():
        warnings.warn("unheard", UserWarning, stacklevel=1)
    with pytest.warns(UserWarning, match="heard again"):
        warnings.warn("heard again", UserWarning, stacklevel=1)


def test_threads_that_read_at_once_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    threads = [threading.Thread(target=read_dataset, args=(CT,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


# --- writing ---


def test_written_dataset_reads_back_the_same(tmp_path: Path) -> None:
    dataset = film(grain(4, 5))
    dataset.PatientName = "Invented^Name"
    item = Dataset()
    item.CodeValue = "T1"
    dataset.AnatomicRegionSequence = DicomSequence([item])
    write_dataset(dataset, tmp_path / "film.dcm")
    assert read_dataset(tmp_path / "film.dcm") == dataset


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_expb.dcm", "MR_small_RLE.dcm",
                                  "image_dfl.dcm", "MR_small_implicit.dcm"])  # fmt: skip
def test_film_of_each_encoding_survives_a_round_trip(tmp_path: Path, name: str) -> None:
    dataset = read_dataset(FILES[name])
    write_dataset(dataset, tmp_path / name)
    again = read_dataset(tmp_path / name)
    assert again.file_meta.TransferSyntaxUID == dataset.file_meta.TransferSyntaxUID
    np.testing.assert_array_equal(
        decode_film(tmp_path / name).frame, decode_film(FILES[name]).frame
    )


def test_nothing_of_the_source_survives_in_the_file_meta(tmp_path: Path) -> None:
    dataset = film(grain(4, 5))
    dataset.file_meta.SourceApplicationEntityTitle = "HOSPITAL"
    dataset.file_meta.ImplementationVersionName = "VENDOR"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    write_dataset(dataset, tmp_path / "film.dcm")
    meta = read_dataset(tmp_path / "film.dcm").file_meta
    assert "SourceApplicationEntityTitle" not in meta
    assert meta.ImplementationVersionName.startswith("PLAINFILM")
    assert meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


def test_dataset_without_file_meta_is_written_in_explicit_little_endian(tmp_path: Path) -> None:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", new_uid()
    write_dataset(dataset, tmp_path / "film.dcm")
    assert read_dataset(tmp_path / "film.dcm").file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID"])
def test_dataset_without_identity_is_not_written(tmp_path: Path, keyword: str) -> None:
    dataset = film(grain(4, 5))
    delattr(dataset, keyword)
    with pytest.raises(InputError) as caught:
        write_dataset(dataset, tmp_path / "film.dcm")
    assert caught.value.reason is Reason.MISSING_UID
    assert list(tmp_path.iterdir()) == []


def test_value_that_cannot_be_encoded_leaves_no_file(tmp_path: Path) -> None:
    dataset = film(grain(4, 5))
    dataset["Rows"]._value = 1 << 40  # past the setter's check, as a hand-made dataset may be
    with pytest.raises(InputError) as caught:
        write_dataset(dataset, tmp_path / "film.dcm")
    assert caught.value.reason is Reason.MALFORMED_HEADER
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_an_archive_error_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.dcm"
    write_dataset(film(grain(4, 5)), path)
    before = path.read_bytes()

    class FullDisk(io.FileIO):
        def write(self, data: "Buffer") -> int:
            super().write(memoryview(data)[:100])
            raise OSError(errno.ENOSPC, "No space left on device")

    def open_full(path: Path, mode: str) -> FullDisk:
        return FullDisk(path, mode)

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(ArchiveError, match="No space left"):
        write_dataset(film(grain(6, 7)), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["film.dcm"]


def test_folder_that_is_not_there_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError):
        write_dataset(film(grain(4, 5)), tmp_path / "no" / "film.dcm")


def test_new_uids_are_valid_and_differ() -> None:
    first, second = new_uid(), new_uid()
    assert first != second
    assert len(first) <= 64
    assert first.startswith("2.25.")


def test_big_endian_film_without_file_meta_keeps_its_byte_order() -> None:
    dataset = read_dataset(FILES["MR_small_expb.dcm"])
    expected = decode_film(dataset).frame
    assert dataset.file_meta.TransferSyntaxUID == BIG_ENDIAN
    del dataset.file_meta.TransferSyntaxUID
    np.testing.assert_array_equal(decode_film(dataset).frame, expected)


def test_errors_have_one_root() -> None:
    assert issubclass(UnreadableDicom, PlainfilmError)
    assert issubclass(UnsupportedPixels, PlainfilmError)
