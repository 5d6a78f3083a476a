"""Kill -9 at any moment, full disks, missing rights and foreign locks: nothing lost or twice."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from films_on_disk import write_films
from plainfilm.archive import Archive
from plainfilm.archive import ingest as ingest_module
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError

_INGEST = """
import sys
from pathlib import Path
from plainfilm.archive import Archive, ingest
from plainfilm.engine import LocalEngine

ingest.BATCH_FILES, ingest.COMMIT_FILMS = 5, 10
with Archive.open(Path(sys.argv[1])) as archive:
    source = Path(sys.argv[2])
    archive.ingest([source], engine=LocalEngine(1), progress=lambda n: print(n, flush=True))
"""


@pytest.mark.parametrize("commits", [0, 1, 3, 5])
def test_a_killed_ingest_goes_on_where_it_was(
    archive: Archive, engine: LocalEngine, tmp_path: Path, commits: int
) -> None:
    folder = write_films(tmp_path / "in", 60)
    command = [sys.executable, "-c", _INGEST, str(archive.path), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = 0
        while seen < commits and process.stdout.readline():
            seen += 1
        if not commits:
            time.sleep(0.4)
        process.send_signal(signal.SIGKILL)
    summary = archive.ingest([folder], engine=engine)
    assert summary.rejected.total() == 0
    assert archive.counts()["film"] == 60
    assert archive.rows("SELECT count(*) AS n, count(DISTINCT film_id) AS d FROM tags") == [
        {"n": 60, "d": 60}
    ]
    parts = {row["name"] for row in archive.rows("SELECT name FROM tag_part")}
    assert {path.name for path in (archive.path / "tags").iterdir()} == parts


def test_a_part_without_its_catalog_rows_does_not_exist(
    archive: Archive, engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_films(tmp_path / "in", 4)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("plainfilm.archive.film_rows.FilmWriter._insert_films", killed)
        with pytest.raises(KeyboardInterrupt):
            archive.ingest([folder], engine=engine)
    assert len(list((archive.path / "tags").iterdir())) == 1
    assert archive.rows("SELECT count(*) AS n FROM tags") == [{"n": 0}]
    archive.ingest([folder], engine=engine)
    assert archive.rows("SELECT count(*) AS n FROM tags") == [{"n": 4}]
    assert len(list((archive.path / "tags").iterdir())) == 1


def test_a_full_disk_ends_in_a_clear_error_and_a_sound_archive(
    tmp_path: Path, engine: LocalEngine
) -> None:
    folder = write_films(tmp_path / "in", 40)
    with Archive.create(tmp_path / "archive") as archive:
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, limit[1]))
            with pytest.raises(ArchiveError):
                archive.ingest([folder], engine=engine)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, previous)
        assert archive.ingest([folder], engine=engine).films == 40


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_tag_part_on_a_full_disk_names_the_disk(
    archive: Archive, engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_films(tmp_path / "in", 2)

    def no_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plainfilm.archive.tags.pq.write_table", no_space)
    with pytest.raises(ArchiveError, match="No space left on device"):
        archive.ingest([folder], engine=engine)


def test_an_archive_without_write_permission_says_so(tmp_path: Path, engine: LocalEngine) -> None:
    folder = write_films(tmp_path / "in", 1)
    with Archive.create(tmp_path / "archive") as archive:
        if os.geteuid() == 0:
            # Root may write anywhere but into a folder that is no folder.
            (archive.path / "writer.lock").unlink(missing_ok=True)
            (archive.path / "writer.lock").mkdir()
        else:
            archive.path.chmod(0o500)
        with pytest.raises(ArchiveError, match="cannot write to the archive"):
            archive.ingest([folder], engine=engine)
        archive.path.chmod(0o700)


def test_a_locked_database_is_reported(
    tmp_path: Path, engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plainfilm.archive.catalog._BUSY_SECONDS", 0.2)
    folder = write_films(tmp_path / "in", 1)
    with Archive.create(tmp_path / "archive"):
        pass
    foreign = sqlite3.connect(tmp_path / "archive" / "catalog.db", isolation_level=None)
    try:
        with Archive.open(tmp_path / "archive") as archive:
            foreign.execute("BEGIN IMMEDIATE")
            with pytest.raises(ArchiveError, match="locked by another program"):
                archive.ingest([folder], engine=engine)
            foreign.execute("ROLLBACK")
            assert archive.ingest([folder], engine=engine).films == 1
    finally:
        foreign.close()


def test_a_second_writer_is_told_of_the_first(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    folder = write_films(tmp_path / "in", 1)

    class Meanwhile(LocalEngine):
        def run(self, step, batches):  # type: ignore[no-untyped-def]
            with (
                Archive.open(archive.path) as other,
                pytest.raises(ArchiveError, match="another plainfilm process"),
            ):
                other.ingest([folder], engine=engine)
            yield from super().run(step, batches)

    assert archive.ingest([folder], engine=Meanwhile(1)).films == 1


def test_the_modules_constants_are_what_the_killed_ingest_changes() -> None:
    assert ingest_module.BATCH_FILES > 5
    assert ingest_module.COMMIT_FILMS > 10
