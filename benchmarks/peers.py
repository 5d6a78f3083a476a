"""Virtual environments for the peers that benchmarks measure against.

A peer may be under a licence that plainfilm does not install, or clash with what it does install;
so each has its own environment, built once from a pinned requirements file in `benchmarks/peers/`
and kept in the user's cache folder.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["peer_python"]

_FOLDER = Path(__file__).parent / "peers"


def peer_python(requirements: str) -> Path:
    """The Python of a peer's environment, which is built when it is not there yet.

    Args:
        requirements: name of a file in `benchmarks/peers/`, without `.txt`. What is in a file of
            the same name with `.no-deps.txt` is installed after it, without dependencies.
    Raises:
        subprocess.CalledProcessError: pip could not install the peer.
    """
    listed = _FOLDER / f"{requirements}.txt"
    alone = _FOLDER / f"{requirements}.no-deps.txt"
    files = [(listed, []), *([(alone, ["--no-deps"])] if alone.exists() else [])]
    contents = b"".join(file.read_bytes() for file, _ in files)
    digest = hashlib.sha256(contents + sys.version.encode()).hexdigest()[:12]
    home = _cache() / f"{requirements}-{digest}"
    python = home / "bin" / "python"
    ready = home / "ready"  # written last, so that an interrupted installation is done again
    if not ready.exists():
        print(f"installing {listed.name} into {home} …", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        for file, options in files:
            command = [str(python), "-m", "pip", "install", "--quiet", *options, "-r", str(file)]
            subprocess.run(command, check=True)
        ready.touch()
    return python


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plainfilm" / "benchmark-peers"
