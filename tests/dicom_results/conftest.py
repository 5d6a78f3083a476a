"""A chest-like film with findings, and an Orthanc on loopback for as long as the tests run."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

from plainfilm.demo import make_film
from plainfilm.dicom import Dataset
from plainfilm.dicom_results import Finding, Model, Point, Reading
from plainfilm.records import Box

ROWS, COLUMNS = 100, 80
CLASSIFIER = Model("tiny-findings", "1")
_ORTHANC = Path("/usr/sbin/Orthanc")
_STARTS_WITHIN_S = 60.0


def frame() -> NDArray[np.uint16]:
    """(100, 80): dark at the top, bright at the bottom, so that a turn is seen."""
    ramp = np.linspace(0, 4095, ROWS).astype(np.uint16)
    return np.ascontiguousarray(np.repeat(ramp[:, None], COLUMNS, axis=1))


@pytest.fixture
def film() -> Dataset:
    return make_film({"Modality": "DX"}, frame=frame())


@pytest.fixture
def make_reading() -> Callable[..., Reading]:
    """A reading with two findings that are present, two that are not, a box and a point."""

    def make(**other: Any) -> Reading:
        fields: dict[str, Any] = {
            "task": "chest",
            "moment": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
            "findings": (
                Finding("Effusion", 0.62, True, CLASSIFIER),
                Finding("Cardiomegaly", 0.91, True, CLASSIFIER),
                Finding("Mass", 0.1, False, CLASSIFIER),
                Finding("Hernia", 0.2, None, CLASSIFIER),
            ),
            "boxes": (Box(1, "chest", "Cardiomegaly", 20.5, 50, 60, 80, 0.91),),
            "points": (Point("Effusion", 10, 90, 0.4),),
            "locator": CLASSIFIER,
        }
        return Reading(**(fields | other))

    return make


@dataclass(frozen=True)
class Orthanc:
    """A PACS that answers on loopback."""

    url: str

    def store(self, content: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._ask("/instances", content))
        return found

    def get(self, path: str) -> bytes:
        return self._ask(path, None)

    def json(self, path: str) -> Any:
        return json.loads(self._ask(path, None))

    def _ask(self, path: str, content: bytes | None) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}", data=content)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            answered: bytes = answer.read()
        return answered


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def orthanc(
    missing_peer: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orthanc]:
    if not _ORTHANC.exists():
        missing_peer("Orthanc, of the Debian package orthanc,")
    folder = tmp_path_factory.mktemp("orthanc")
    port = _free_port()
    settings = {
        "Name": "plainfilm tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [],
        "HttpBindAddresses": ["127.0.0.1"],
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "DefaultEncoding": "Utf8",
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    # Without TCP_NODELAY each answer waits 40 ms for an acknowledgement.
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [_ORTHANC, folder / "orthanc.json"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"TCP_NODELAY": "1"},
        )
    try:
        found = Orthanc(f"http://127.0.0.1:{port}")
        _wait_for(found, server)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(orthanc: Orthanc, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while True:
        try:
            orthanc.json("/system")
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, "Orthanc ended; see its log"
            assert time.monotonic() < until, "Orthanc does not answer"
            time.sleep(0.1)
        else:
            return
