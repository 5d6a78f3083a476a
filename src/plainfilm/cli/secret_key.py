"""The option `--key`: where the secret key of the new ids lies, and where it must not."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from plainfilm.cli.console import is_archive
from plainfilm.errors import ArchiveError, SettingsError

__all__ = ["KEY_FILE", "KeyFile", "key_file", "load_key", "refuse_given_away", "tentative_key"]

KEY_FILE: Final = "plainfilm.key"

# What marks a folder as one that is given away; named here, since to import who writes them takes
# longer than some commands.
_DATASET_FILES: Final = ("SHA256SUMS", "lineage.json")
_AUDIT_FILES: Final = ("run.json", "reports.parquet")

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The secret key of the new ids; made on first use, readable by its owner only."
        f" The default is `{KEY_FILE}` beside the output folder.",
    ),
]


def key_file(key: Path | None, out: Path) -> Path:
    """Where the secret key is, or will be: never in a folder that is given away.

    Raises:
        SettingsError: `out` or the key lies in the output of an earlier command or in an archive,
            or the key in `out`.
    """
    refuse_given_away(out, "--out")
    if key is None:
        return out.absolute().parent / KEY_FILE
    if key.resolve().is_relative_to(out.resolve()):
        raise SettingsError(
            f"--key ({key}) lies inside --out ({out}); whoever gets that folder must not get the"
            " key, so choose another place for it"
        )
    refuse_given_away(key, "--key")
    return key


def refuse_given_away(path: Path, option: str) -> None:
    """Refuse a path inside a dataset, a folder of clean films or reports, or an archive.

    Nothing is to be added to them, and least of all the key that lies beside an output by default.

    Raises:
        SettingsError: it lies in one; the message names the option and the folder.
    """
    # As it is spelled, too: a link out of a dataset is in the dataset.
    for folder in dict.fromkeys((*path.resolve().parents, *path.absolute().parents)):
        kind = _kind_of(folder)
        if kind:
            msg = f"{option} ({path}) lies inside {folder}, which is {kind}"
            raise SettingsError(f"{msg}; choose a place outside of it")


def _kind_of(folder: Path) -> str:
    """What the folder was made as by this tool; empty where it was not."""
    if all((folder / name).is_file() for name in _DATASET_FILES):
        return "a published dataset and is never changed"
    audit = folder.parent / f"{folder.name}.audit"
    if any((audit / name).is_file() for name in _AUDIT_FILES):
        return "the output of a de-identification"
    return "an archive" if is_archive(folder) else ""


def load_key(path: Path) -> bytes:
    """Read the key, or make it and the folder that it lies in.

    Raises:
        PrivacyError: see `load_or_create_key`.
        ArchiveError: the folder cannot be made.
    """
    from plainfilm.deid import load_or_create_key

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ArchiveError(f"cannot make {path.parent}: {exc.strerror}") from exc
    return load_or_create_key(path)


@contextmanager
def tentative_key(path: Path) -> Iterator[bytes]:
    """The key, for a command that writes all or nothing: one that was made for it goes if it fails.

    Raises:
        PrivacyError, ArchiveError: see `load_key`.
    """
    is_new = not path.exists()
    new_folders = [folder for folder in path.absolute().parents if not folder.exists()]
    is_used = False
    try:
        yield load_key(path)
        is_used = True
    finally:
        if not is_used:
            if is_new:
                path.unlink(missing_ok=True)
            with suppress(OSError):  # something else has come into them
                for folder in new_folders:
                    folder.rmdir()
