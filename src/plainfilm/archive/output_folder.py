"""Folders that a command fills with films or what is made of them: whose they are, and where they
may lie."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from plainfilm.archive.archive import Archive
from plainfilm.errors import ArchiveError, SettingsError

__all__ = ["claim_folder", "film_folders"]


def claim_folder(
    out: Path, marker: str, owner: Mapping[str, str], originals: Iterable[Path]
) -> None:
    """Make a folder ready for results: a new one, an empty one, or one that holds results of this
    owner already.

    Args:
        marker: the name of the file in it that tells whose it is; begins with `OWN_PREFIX`.
        owner: what made the folder, written into that file.
        originals: folders that hold originals.
    Raises:
        SettingsError: the folder holds something else, or lies among originals or around them.
        ArchiveError: it cannot be made.
    """
    place = out.resolve()
    for folder in originals:
        original = folder.resolve()
        if place.is_relative_to(original) or original.is_relative_to(place):
            raise SettingsError(
                f"{out} and the films in {folder} lie within one another; choose another folder,"
                " so that originals and changed films never mix"
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = [path.name for path in out.iterdir()]
        if not taken:
            (out / marker).write_text(json.dumps(dict(owner)) + "\n", encoding="utf-8")
            return
        same = marker in taken and json.loads((out / marker).read_text("utf-8")) == dict(owner)
    except OSError as error:
        raise ArchiveError(f"cannot use {out}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{out / marker} is damaged; choose another folder") from error
    if not same:
        raise SettingsError(f"{out} is not empty, and not an earlier result of this command")


def film_folders(archive: Archive) -> list[Path]:
    """The folders that films of an archive lie in, outside of the archive."""
    rows = archive.rows("SELECT DISTINCT regexp_replace(path, '[^/]*$', '') AS folder FROM film")
    folders = (Path(row["folder"]) for row in rows)
    return [folder for folder in folders if folder.is_absolute()]
