"""Opening films: files, zip members, and everything that can be wrong with them."""

import io
import os
import random
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from plainfilm.dicom import open_location, read_header
from plainfilm.dicom.location import open_source
from plainfilm.errors import Reason, UnreadableDicom
from plainfilm.records import Location

sys.path.insert(0, str(Path(__file__).parent))
from header_bytes import JPEG_BASELINE, SEQUENCE_END, UNDEFINED, element, item, part10

FRAGMENTS = item(b"") + item(b"x" * 200_000) + SEQUENCE_END
FILM = part10(
    element(0x00080060, "CS", b"DX") + element(0x7FE00010, "OB", FRAGMENTS, UNDEFINED),
    JPEG_BASELINE,
)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.dcm"
    path.write_bytes(FILM)
    return path


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    path = tmp_path / "films.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"a/{number}.dcm", FILM)
        archive.writestr("empty.dcm", b"")
    return path


def reason_of(source: Location | Path) -> Reason | None:
    with pytest.raises(UnreadableDicom) as error:
        read_header(source)
    assert str(source.path if isinstance(source, Location) else source) in str(error.value)
    return error.value.reason


def test_a_path_a_location_and_bytes_read_the_same(film: Path) -> None:
    assert read_header(film) == read_header(Location(film)) == read_header(FILM)


def test_a_zip_member_reads_like_a_file(film: Path, zipped: Path) -> None:
    for number in range(3):
        assert read_header(Location(zipped, f"a/{number}.dcm")) == read_header(film)
    with open_location(Location(zipped, "a/1.dcm")) as stream:
        assert stream.read() == FILM


def test_open_location_gives_the_bytes_of_a_file(film: Path) -> None:
    with open_location(Location(film)) as stream:
        assert stream.read() == FILM


def test_a_missing_file_has_vanished(tmp_path: Path, film: Path) -> None:
    assert reason_of(tmp_path / "none.dcm") is Reason.FILE_VANISHED
    assert reason_of(film / "below.dcm") is Reason.FILE_VANISHED
    assert reason_of(Location(tmp_path / "none.zip", "a.dcm")) is Reason.FILE_VANISHED
    with pytest.raises(UnreadableDicom), open_location(Location(tmp_path / "none.dcm")):
        pass


def test_an_empty_file_and_an_empty_member_are_empty(tmp_path: Path, zipped: Path) -> None:
    (tmp_path / "empty.dcm").touch()
    assert reason_of(tmp_path / "empty.dcm") is Reason.EMPTY_FILE
    assert reason_of(Location(zipped, "empty.dcm")) is Reason.EMPTY_FILE


def test_a_folder_is_no_film(tmp_path: Path) -> None:
    assert reason_of(tmp_path) is Reason.FILE_UNREADABLE


def test_a_named_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.dcm"
    os.mkfifo(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert reason_of(pipe) is Reason.FILE_UNREADABLE


def test_a_path_that_no_file_can_have_is_refused() -> None:
    assert reason_of(Path("nul\0byte.dcm")) is Reason.FILE_UNREADABLE


def test_a_file_without_permission_is_unreadable(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # the tests may run as root, whom nothing stops
    assert reason_of(film) is Reason.FILE_UNREADABLE


def test_a_failing_disk_is_unreadable(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    assert reason_of(film) is Reason.FILE_UNREADABLE


def test_a_file_deleted_while_it_is_read_still_reads(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = os.pread

    def delete_then_read(descriptor: int, length: int, offset: int) -> bytes:
        film.unlink(missing_ok=True)
        return read(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", delete_then_read)
    assert read_header(film).pixels_complete


def test_a_file_that_shrinks_while_it_is_read_is_cut(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = os.pread

    def shrink_then_read(descriptor: int, length: int, offset: int) -> bytes:
        os.truncate(film, 200)
        return read(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", shrink_then_read)
    header = read_header(film)
    assert not header.pixels_complete


def test_descriptors_are_closed_whatever_happens(tmp_path: Path, film: Path) -> None:
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(b"no film")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        read_header(film)
        reason_of(bad)
        reason_of(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_missing_member_is_a_bad_zip(zipped: Path) -> None:
    assert reason_of(Location(zipped, "a/9.dcm")) is Reason.BAD_ZIP


def test_a_file_that_is_no_zip_is_a_bad_zip(film: Path) -> None:
    assert reason_of(Location(film, "a.dcm")) is Reason.BAD_ZIP


def test_an_encrypted_member_is_a_bad_zip(zipped: Path) -> None:
    data = bytearray(zipped.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    zipped.write_bytes(data)
    assert reason_of(Location(zipped, "a/0.dcm")) is Reason.BAD_ZIP


def test_a_damaged_member_is_a_bad_zip(zipped: Path) -> None:
    data = bytearray(zipped.read_bytes())
    start = data.find(b"a/0.dcm") + len(b"a/0.dcm")
    data[start : start + 40] = b"\xff" * 40
    zipped.write_bytes(data)
    assert reason_of(Location(zipped, "a/0.dcm")) is Reason.BAD_ZIP
    with (
        pytest.raises(UnreadableDicom) as error,
        open_location(Location(zipped, "a/0.dcm")) as stream,
    ):
        stream.read()
    assert error.value.reason is Reason.BAD_ZIP


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_member_damaged_anywhere_is_a_bad_zip_however_it_is_packed(
    tmp_path: Path, method: int
) -> None:
    path = tmp_path / "films.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.dcm", FILM[:1000] + random.Random(1).randbytes(100_000))  # noqa: S311
    whole = path.read_bytes()
    for start in (40, 45, 5_000, len(whole) // 2):
        path.write_bytes(whole[:start] + b"\xff" * 40 + whole[start + 40 :])
        with (
            pytest.raises(UnreadableDicom) as error,
            open_location(Location(path, "a.dcm")) as stream,
        ):
            stream.read()
        assert error.value.reason is Reason.BAD_ZIP


def test_a_member_said_to_begin_beyond_any_file_is_a_bad_zip(
    zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    getinfo = zipfile.ZipFile.getinfo

    def far(self: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
        info = getinfo(self, name)
        info.header_offset = 2**64 - 1  # as a ZIP64 directory can say
        return info

    monkeypatch.setattr(zipfile.ZipFile, "getinfo", far)
    assert reason_of(Location(zipped, "a/0.dcm")) is Reason.BAD_ZIP


def test_a_disk_that_fails_while_a_film_is_copied_is_unreadable(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(io.FileIO):
        def read(self, _size: int = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdopen", lambda descriptor, *_, **__: Failing(descriptor))
    with (
        pytest.raises(UnreadableDicom, match="Input/output error") as error,
        open_location(Location(film)) as stream,
    ):
        stream.read(100)
    assert error.value.reason is Reason.FILE_UNREADABLE


def test_an_error_of_whoever_reads_a_film_stays_his_own(film: Path, zipped: Path) -> None:
    for location in (Location(film), Location(zipped, "a/0.dcm")):
        with pytest.raises(EOFError), open_location(location):
            raise EOFError


def test_an_opened_film_can_be_read_in_pieces_and_anew(film: Path, zipped: Path) -> None:
    for location in (Location(film), Location(zipped, "a/0.dcm")):
        with open_location(location) as stream:
            stream.seek(132)
            assert stream.tell() == 132
            assert stream.read(10) == FILM[132:142]
            stream.seek(0)
            pieces = iter(lambda: stream.read(70_000), b"")
            assert b"".join(pieces) == FILM


def test_a_replaced_zip_file_is_opened_anew(zipped: Path) -> None:
    location = Location(zipped, "a/0.dcm")
    assert read_header(location).tags == {"Modality": "DX"}
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a/0.dcm", part10(element(0x00080060, "CS", b"CR")))
    assert read_header(location).tags == {"Modality": "CR"}


def test_the_directory_of_a_zip_file_is_read_once(
    zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    class Counted(zipfile.ZipFile):
        def __init__(self, path: Path) -> None:
            opened.append(path)
            super().__init__(path)

    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    for _ in range(5):
        read_header(Location(zipped, "a/0.dcm"))
    assert opened == [zipped]


def test_only_the_head_of_a_film_is_read(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, lengths = os.pread, []

    def note(descriptor: int, length: int, offset: int) -> bytes:
        lengths.append(length)
        return read(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", note)
    assert read_header(film).pixels_complete
    assert sum(lengths) < 40_000  # of 200,000
    assert len(lengths) == 2  # the head, and the delimiter after the fragment


def test_reading_beyond_the_end_gives_what_there_is(film: Path, zipped: Path) -> None:
    for source in (FILM, film, Location(zipped, "a/0.dcm")):
        with open_source(source) as opened:
            assert opened.size == len(FILM)
            assert opened.read_at(opened.size - 4, 100) == FILM[-4:]
            assert opened.read_at(0, 4) == FILM[:4]
            assert opened.read_at(opened.size + 10, 4) == b""
