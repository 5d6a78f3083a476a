"""`plainfilm.toml`: what an archive is, where its catalog lives and how much it takes in."""

import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path

from plainfilm.errors import ArchiveError, SettingsError

__all__ = ["SETTINGS_FILE", "Settings", "read_settings", "write_settings"]

SETTINGS_FILE = "plainfilm.toml"
FORMAT = 1

_TEMPLATE = """\
# An archive of plain radiographs, kept by plainfilm.
format = {format}
archive_id = "{archive_id}"

[catalog]
# Empty: SQLite in catalog.db beside this file.
# PostgreSQL: "postgresql+psycopg://USER@HOST/DATABASE" (pip install 'plainfilm[postgres]');
# the password comes from PGPASSWORD or ~/.pgpass. One database holds one archive.
url = {url}

[ingest]
# A zip file that would expand beyond this is refused whole.
zip_max_gib = {zip_max_gib}
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """An archive's settings.

    Attributes:
        archive_id: ties this folder to its catalog.
        catalog_url: SQLAlchemy database URL; empty for SQLite in the archive's folder.
        zip_max_gib: largest sum of declared member sizes of a zip file, in GiB.
    """

    archive_id: str
    catalog_url: str = ""
    zip_max_gib: float = 64.0


def write_settings(folder: Path, catalog_url: str = "") -> Settings:
    """Write the settings of a new archive, with an id of its own."""
    settings = Settings(archive_id=uuid.uuid4().hex, catalog_url=catalog_url)
    quoted = '"' + catalog_url.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = _TEMPLATE.format(
        format=FORMAT,
        archive_id=settings.archive_id,
        url=quoted,
        zip_max_gib=settings.zip_max_gib,
    )
    try:
        (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ArchiveError(f"cannot write {folder / SETTINGS_FILE}: {error.strerror}") from error
    return settings


def read_settings(folder: Path) -> Settings:
    """Read and check an archive's settings.

    Raises:
        ArchiveError: the folder is no archive.
        SettingsError: the file cannot be parsed, or a value is wrong or of a newer format.
    """
    path = folder / SETTINGS_FILE
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError as error:
        msg = f"{folder} is not an archive (no {SETTINGS_FILE}); make one: plainfilm init {folder}"
        raise ArchiveError(msg) from error
    except OSError as error:
        raise ArchiveError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    return _check(path, values)


def _check(path: Path, values: dict[str, object]) -> Settings:
    if values.get("format") != FORMAT:
        msg = f"{path}: format {values.get('format')!r} is not {FORMAT}; update plainfilm"
        raise SettingsError(msg)
    catalog, ingest = values.get("catalog", {}), values.get("ingest", {})
    if not isinstance(catalog, dict) or not isinstance(ingest, dict):
        raise SettingsError(f"{path}: [catalog] and [ingest] must be tables")
    archive_id, url = values.get("archive_id"), catalog.get("url", "")
    zip_max = ingest.get("zip_max_gib", Settings("").zip_max_gib)
    if not isinstance(archive_id, str) or not archive_id:
        raise SettingsError(f"{path}: archive_id is missing")
    if not isinstance(url, str):
        raise SettingsError(f"{path}: catalog.url must be text")
    if not isinstance(zip_max, (int, float)) or isinstance(zip_max, bool) or zip_max <= 0:
        raise SettingsError(f"{path}: ingest.zip_max_gib must be a number above 0")
    return Settings(archive_id, url, float(zip_max))
