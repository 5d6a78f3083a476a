"""The documentation says what the code does: commands, reasons, examples."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
import typer

from plainfilm.cli.app import app
from plainfilm.errors import REASON_TEXT, Reason

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_spec = importlib.util.spec_from_file_location(
    "write_reference", ROOT / "scripts/write_reference.py"
)
assert _spec is not None
assert _spec.loader is not None
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_the_command_reference_is_what_the_commands_say() -> None:
    written = (DOCS / "commands.md").read_text()
    assert written == reference.commands_page(), "run: python scripts/write_reference.py"


def test_the_table_of_reasons_is_complete() -> None:
    page = (DOCS / "concepts/rejections.md").read_text()
    assert page == reference.rejections_page(page), "run: python scripts/write_reference.py"
    assert set(REASON_TEXT) == set(Reason)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_an_example(name: str) -> None:
    section = (
        (DOCS / "commands.md").read_text().split(f"## `plainfilm {name}`")[1].split("\n## ")[0]
    )
    assert f"Example: `plainfilm {name}" in section


def test_commands_that_the_documentation_names_exist() -> None:
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        for block in re.findall(r"```\n(.*?)```", page.read_text(), re.DOTALL):
            for name in re.findall(r"^plainfilm ([a-z-]+)", block, re.MULTILINE):
                assert name in COMMANDS, f"{page.name} names `plainfilm {name}`"


def test_python_in_the_documentation_parses() -> None:
    for page in DOCS.rglob("*.md"):
        for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
            ast.parse(block)
