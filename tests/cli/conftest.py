"""Running commands as a user does, in this process."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plainfilm.cli import main
from plainfilm.demo import SampleSource, build_sample_source


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)


@pytest.fixture
def plainfilm(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["plainfilm", *(str(item) for item in arguments)])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSource:
    """The bundled sample films as a hospital's messy export."""
    return build_sample_source(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def archive(plainfilm: Callable[..., Ran], tmp_path: Path, sample: SampleSource) -> Path:
    """An archive with the sample films and their reports."""
    folder = tmp_path / "archive"
    plainfilm("init", folder)
    plainfilm("ingest", folder, sample.folder, "--workers", 1)
    plainfilm("ingest-reports", folder, sample.reports)
    return folder
