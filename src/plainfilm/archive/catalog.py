"""The catalog's database: connecting, migrating, counting ids, and errors in the user's words."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    exc,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)

from plainfilm.archive import schema
from plainfilm.errors import ArchiveError, SettingsError

__all__ = ["Catalog"]

_BUSY_SECONDS = 15.0


class Catalog:
    """The catalog of one archive, on SQLite or PostgreSQL.

    Reading needs no lock. Writing happens in one process at a time, which the archive's write lock
    sees to; a foreign lock on the database is reported after `_BUSY_SECONDS`.
    """

    def __init__(self, url: str) -> None:
        """
        Args:
            url: of a PostgreSQL database, or the path of a SQLite file behind `sqlite:///`.
        Raises:
            SettingsError: the URL is wrong, carries a password, or is of another database.
        """
        self._url = _checked(url)
        try:
            self._engine = _connectable(self._url, _BUSY_SECONDS)
        except ModuleNotFoundError as error:
            msg = f"catalog.url needs the Python package {error.name}"
            raise SettingsError(f"{msg}: pip install 'plainfilm[postgres]'") from error

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading, with database errors in the user's words."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is committed at the end, or none."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    def version(self) -> str | None:
        """The schema version of the database; None for one without a catalog."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found

    def migrate(self) -> None:
        """Bring the database to this version's schema.

        Raises:
            SettingsError: the database is newer than this plainfilm.
        """
        version = self.version()
        if version == schema.SCHEMA_VERSION:
            return
        if version is not None and version > schema.SCHEMA_VERSION:
            msg = f"the catalog has schema {version}, this plainfilm knows {schema.SCHEMA_VERSION}"
            raise SettingsError(f"{msg}; update plainfilm")
        # alembic takes a while to import and is needed once in an archive's life.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def tie_to(self, archive_id: str) -> None:
        """Make a new catalog the archive's own."""
        if self._owner() is None:
            with self.writing() as connection:
                connection.execute(insert(schema.archive_info), {"archive_id": archive_id})
        self.check_owner(archive_id)

    def check_owner(self, archive_id: str) -> None:
        """Check that the catalog is this archive's.

        Raises:
            SettingsError: the database holds the catalog of another archive.
            ArchiveError: it holds no archive's catalog.
        """
        owner = self._owner()
        if owner is None:
            raise ArchiveError(self.lost())
        if owner != archive_id:
            msg = "the database in catalog.url holds the catalog of another archive"
            raise SettingsError(f"{msg}; give each archive a database of its own")

    def lost(self) -> str:
        """What to say of a database in which the catalog should be and is not."""
        return f"the catalog {self._place} is missing or empty; restore it from a backup"

    def take_ids(self, connection: Connection, name: str, count: int) -> range:
        """Reserve `count` new ids in the running transaction."""
        counter = schema.id_counter
        first = connection.scalar(select(counter.c.next_value).where(counter.c.name == name))
        if first is None:
            first = 1
            connection.execute(insert(counter), {"name": name, "next_value": first + count})
        else:
            connection.execute(
                update(counter).where(counter.c.name == name).values(next_value=first + count)
            )
        return range(first, first + count)

    def count(self, connection: Connection, table: str) -> int:
        total = connection.scalar(select(func.count()).select_from(schema.metadata.tables[table]))
        return int(total or 0)

    def _owner(self) -> str | None:
        with self.reading() as connection:
            found: str | None = connection.scalar(select(schema.archive_info.c.archive_id))
        return found

    @property
    def _place(self) -> str:
        """The database as messages name it."""
        if self.dialect == "sqlite":
            return self._url.database or ""
        return self._url.render_as_string()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            raise ArchiveError(self._in_words(str(error.orig))) from error
        except exc.SQLAlchemyError as error:
            raise ArchiveError(f"the catalog could not be used: {type(error).__name__}") from error

    def _in_words(self, cause: str) -> str:
        lowered = cause.lower()
        for needle, words in (
            ("locked", "is locked by another program; close it and run the command again"),
            ("readonly", "cannot be written; check the permissions of the archive's folder"),
            ("read-only", "cannot be written; check the permissions"),
            ("disk is full", "could not grow: the disk is full; make room and run again"),
            ("disk i/o error", "met a disk error; check the disk's space and health"),
            ("unable to open", "cannot be opened; check that the folder exists and is writable"),
            ("malformed", "is damaged; restore it from a backup"),
            ("not a database", "is not a SQLite database; restore it from a backup"),
            ("connection", "cannot be reached; check that the server runs and the URL is right"),
        ):
            if needle in lowered:
                return f"the catalog {self._place} {words}"
        # The driver's own text may hold row values, so it is not passed on.
        shown_by = "set PLAINFILM_DEBUG=1 to see which, with its values"
        return f"the catalog {self._place} refused a statement; {shown_by}"


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise SettingsError("catalog.url is not a database URL") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(f"catalog.url: {parsed.get_backend_name()} is not PostgreSQL")
    if parsed.password is not None:
        msg = "catalog.url carries a password, which would lie open in plainfilm.toml"
        raise SettingsError(f"{msg}; put it into ~/.pgpass or PGPASSWORD")
    return parsed


def _connectable(url: URL, busy_s: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        # A foreign lock must end in an error on PostgreSQL as well, not in a wait for ever.
        options = f"-c lock_timeout={int(busy_s * 1000)}"
        return create_engine(url, connect_args={"options": options}, pool_pre_ping=True)
    path = Path(url.database or "")
    writable = os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
    if not writable:
        # Without a writer's log beside it the file is all there is, and nobody is changing it.
        still = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
        url = make_url(f"sqlite:///file:{quote(str(path))}?mode=ro{still}&uri=true")
    engine = create_engine(url, connect_args={"timeout": busy_s})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            *(("journal_mode=WAL",) if writable else ()),
            # A commit survives kill -9; WAL keeps the database sound on power loss too, and the
            # last commits that such a loss may undo are made again by the next run.
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Slices of at most `size`, since databases bound the number of parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
