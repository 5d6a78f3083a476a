"""Archives on both databases, and a PostgreSQL server on loopback for as long as the tests run."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest

from plainfilm.archive import Archive
from plainfilm.archive.catalog import Catalog
from plainfilm.engine import LocalEngine


def _as_server(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; as root, run it as the user that its package made."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_port(missing_peer: Callable[[str], NoReturn]) -> Iterator[int]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        missing_peer("PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="plainfilm-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, port = folder / "data", _free_port()
    try:
        subprocess.run(
            _as_server(
                [str(programs[-1] / "initdb"), "-D", str(data), "-A", "trust", "-U", "films"]
            ),
            check=True,
            capture_output=True,
        )
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        control = [str(programs[-1] / "pg_ctl"), "-D", str(data), "-w"]
        start = _as_server([*control, "-o", options, "-l", str(folder / "log"), "start"])
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
        yield port
        subprocess.run(
            _as_server([*control, "-m", "immediate", "stop"]), check=True, capture_output=True
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_port: int) -> str:
    """A database with the catalog's schema, which new ones copy: migrating takes a second."""
    with psycopg.connect(_server(postgres_port), autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    catalog = Catalog(_url(postgres_port, "migrated"))
    catalog.migrate()
    catalog.close()
    return "migrated"


@pytest.fixture
def postgres_url(postgres_port: int, postgres_template: str) -> Iterator[str]:
    """A catalog without an archive."""
    name = f"films_{uuid.uuid4().hex}"
    with psycopg.connect(_server(postgres_port), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _url(postgres_port, name)
    with psycopg.connect(_server(postgres_port), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _server(port: int) -> str:
    return f"host=127.0.0.1 port={port} user=films dbname=postgres"


def _url(port: int, database: str) -> str:
    return f"postgresql+psycopg://films@127.0.0.1:{port}/{database}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def catalog_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty catalog, once for each database that archives run on."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def archive(tmp_path: Path, catalog_url: str) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", catalog_url) as made:
        yield made


@pytest.fixture
def engine() -> LocalEngine:
    return LocalEngine(workers=1)
