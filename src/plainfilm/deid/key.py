"""The secret key: one file, readable by its owner alone."""

import binascii
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from plainfilm.errors import PrivacyError

__all__ = ["KEY_BYTES", "load_or_create_key"]

KEY_BYTES: Final = 32


def load_or_create_key(path: Path) -> bytes:
    """Read the key at `path`, or make one there that only its owner can read.

    The file holds 32 random bytes as 64 hex digits. Whoever has it can link new ids to old ones
    (never compute old ones from new ones), so it must not travel with the data.

    Raises:
        PrivacyError: others can read or change the file, it is no plain file, it holds no key,
            or it cannot be read or made.
    """
    try:
        return _read_key(path)
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise PrivacyError(f"key file {path} cannot be read: {exc.strerror}") from exc
    try:
        return _create_key(path)
    except FileExistsError:
        # Another process was quicker; its key is the key.
        return load_or_create_key(path)
    except OSError as exc:
        raise PrivacyError(f"key file {path} cannot be made: {exc.strerror}") from exc


def _create_key(path: Path) -> bytes:
    """Make the key beside its place and link it in, so that no reader sees half a key."""
    key = secrets.token_bytes(KEY_BYTES)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)  # unlike a rename, refuses to replace a key that is already there
    finally:
        partial.unlink()
    return key


def _read_key(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PrivacyError(f"key file {path} is no plain file")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise PrivacyError(f"key file {path} is open to others; run chmod 600 on it")
        text = file.read(4 * KEY_BYTES)
    try:
        key = binascii.unhexlify(text.strip())
    except ValueError:
        # No `from exc`: the cause would carry the file's content into a traceback.
        raise PrivacyError(f"key file {path} does not hold a key") from None
    if len(key) != KEY_BYTES:
        raise PrivacyError(f"key file {path} does not hold a key of {KEY_BYTES} bytes")
    return key
