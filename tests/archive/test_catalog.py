"""The catalog: schema, migrations, ownership."""

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
    url = archive.settings.catalog_url or f"sqlite:///{archive.path / 'catalog.db'}"
    settings.write_settings(other, url)
    with pytest.raises(SettingsError, match="another archive"):
        Archive.open(other)


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


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql+psycopg://films:secret@127.0.0.1:9/films"
    with pytest.raises(ArchiveError, match="cannot be reached") as caught:
        Archive.create(tmp_path / "archive", url)
    assert "secret" not in str(caught.value)
