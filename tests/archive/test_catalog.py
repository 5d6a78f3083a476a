"""The catalog: schema, migrations, ownership."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from plainfilm.archive import Archive, schema, settings
from plainfilm.archive.catalog import Catalog
from plainfilm.errors import ArchiveError, SettingsError


def test_migrations_lead_to_the_tables_that_the_code_uses(archive: Archive) -> None:
    with archive._catalog.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []


def test_the_newest_migration_is_the_version_that_the_code_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.SCHEMA_VERSION]


def test_a_newer_catalog_is_left_alone(archive: Archive) -> None:
    with archive._catalog.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="update plainfilm"):
        Archive.open(archive.path)


def test_two_archives_cannot_share_a_catalog(archive: Archive, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    settings.write_settings(other, archive.settings.catalog_url)
    if not archive.settings.catalog_url:
        archive.close()  # what is in its log goes into the file
        shutil.copy(archive.path / "catalog.db", other / "catalog.db")
    with pytest.raises(SettingsError, match="another archive"):
        Archive.open(other)


def test_a_lost_catalog_is_said_to_be_lost_and_never_replaced(archive: Archive) -> None:
    if archive.settings.catalog_url:
        with archive._catalog.writing() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(text(f'DROP TABLE "{table.name}"'))
            connection.execute(text("DROP TABLE alembic_version"))
    else:
        archive.close()
        (archive.path / "catalog.db").unlink()
    with pytest.raises(ArchiveError, match="restore it from a backup"):
        Archive.open(archive.path)
    assert not (archive.path / "catalog.db").exists()


def test_an_archive_is_its_owners_alone(archive: Archive) -> None:
    assert archive.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://films:secret@127.0.0.1/films", "password"),
        ("mysql://films@127.0.0.1/films", "not PostgreSQL"),
        ("sqlite:////tmp/other.db", "leave it out for SQLite"),
        ("no url", "not a database URL"),
        ("postgresql+psycopg://films@127.0.0.1:9/films", "cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_used_leaves_nothing_behind(
    tmp_path: Path, url: str, words: str
) -> None:
    with pytest.raises((SettingsError, ArchiveError), match=words) as caught:
        Archive.create(tmp_path / "archive", url)
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "archive").exists()


def test_an_archive_that_may_only_be_read_can_be_read(archive: Archive) -> None:
    if archive.settings.catalog_url:
        pytest.skip("a file's permissions are SQLite's matter")
    archive.close()
    reader = (
        "import os, sys; os.access = lambda *_: False;"
        "from pathlib import Path; from plainfilm.archive import Archive;"
        "print(Archive.open(Path(sys.argv[1])).counts()['film'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", reader, str(archive.path)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "0"


def test_ids_are_never_handed_out_twice(archive: Archive) -> None:
    catalog: Catalog = archive._catalog
    with catalog.writing() as connection:
        first = catalog.take_ids(connection, "film", 3)
    with catalog.writing() as connection:
        second = catalog.take_ids(connection, "film", 2)
    assert list(first) + list(second) == [1, 2, 3, 4, 5]


def test_a_transaction_that_fails_leaves_nothing(archive: Archive) -> None:
    catalog: Catalog = archive._catalog

    def fail() -> None:
        with catalog.writing() as connection:
            catalog.take_ids(connection, "film", 3)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with catalog.writing() as connection:
        assert catalog.take_ids(connection, "film", 1)[0] == 1


def test_foreign_keys_hold(archive: Archive) -> None:
    orphan = schema.series.insert().values(series_pk=1, study_pk=99, series_instance_uid="1.2")
    with pytest.raises(ArchiveError), archive._catalog.writing() as connection:
        connection.execute(orphan)


@pytest.mark.parametrize(
    ("text_of_file", "words"),
    [
        ("format = 1\narchive_id = ", "not valid TOML"),
        ("format = 2\narchive_id = 'a'", "format"),
        ("format = 1", "archive_id is missing"),
        ("format = 1\narchive_id = 'a'\n[catalog]\nurl = 5", "catalog.url must be text"),
        ("format = 1\narchive_id = 'a'\n[ingest]\nzip_max_gib = 0", "zip_max_gib"),
        ("format = 1\narchive_id = 'a'\n[catalog]\nurl = 'nonsense'", "not a database URL"),
    ],
)
def test_wrong_settings_say_what_is_wrong(tmp_path: Path, text_of_file: str, words: str) -> None:
    (tmp_path / "plainfilm.toml").write_text(text_of_file)
    with pytest.raises(SettingsError, match=words):
        Archive.open(tmp_path)


def test_a_folder_without_settings_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is not an archive"):
        Archive.open(tmp_path)


def test_an_archive_is_not_made_over_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArchiveError, match="is not empty"):
        Archive.create(tmp_path)
