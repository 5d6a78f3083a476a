"""Fetching a file that a user asked for by name, checked before it is used."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from plainfilm.errors import ModelError, SettingsError

__all__ = ["download", "file_sha256"]

_AT_ONCE: Final = 1 << 20
_TIMEOUT_S: Final = 60
_LARGEST: Final = 2 << 30


def download(
    url: str, target: Path, sha256: str = "", progress: Callable[[int, int], None] | None = None
) -> str:
    """Fetch a file; it is there when it is whole and right.

    Args:
        url: `https`, or `http` for a mirror of one's own.
        sha256: 64 hex digits that the file must have; empty where nobody knows them.
        progress: called with how many bytes are there, and how many there will be, 0 if unknown.
    Returns:
        The file's SHA-256.
    Raises:
        ModelError: the file cannot be fetched, is cut off, or has another SHA-256.
        SettingsError: the address is none of these, or the file cannot be written.
    """
    if not url.startswith(("https://", "http://")):
        raise SettingsError("only https:// and http:// addresses are fetched")
    partial = target.with_name(f"{target.name}.partial")
    try:
        found = _fetched(url, partial, progress or (lambda *_: None))
        if sha256 and found != sha256.lower():
            raise ModelError(
                f"what came from {url} is not the file that was published: its SHA-256 begins with"
                f" {found[:12]}, not with {sha256[:12]}"
            )
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return found


def file_sha256(path: Path) -> str:
    """A file's SHA-256.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})") from error


def _fetched(url: str, target: Path, progress: Callable[[int, int], None]) -> str:
    digest = hashlib.sha256()
    try:
        with target.open("wb") as file:
            for block in _blocks(url, progress):
                file.write(block)
                digest.update(block)
    except OSError as error:
        raise SettingsError(f"cannot write {target}: {error.strerror}") from error
    return digest.hexdigest()


def _blocks(url: str, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    """What comes from an address, to its end."""
    done = 0
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked
            length = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(_AT_ONCE):
                done += len(block)
                if done > _LARGEST:
                    raise ModelError(f"{url} is larger than any network's weights")
                yield block
                progress(done, length)
    except urllib.error.HTTPError as error:
        raise ModelError(f"{url} cannot be fetched: the server answers {error.code}") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise ModelError(
            f"{url} cannot be fetched ({type(error).__name__}); fetch it in another way and give"
            " the file"
        ) from error
    if length and done != length:
        raise ModelError(f"{url}: {done:,} of {length:,} bytes came; try again")
