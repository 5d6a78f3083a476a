"""Write the parts of the documentation that the code knows best: commands and rejection reasons.

python scripts/write_reference.py
"""

import re
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from plainfilm.cli.app import app
from plainfilm.errors import REASON_TEXT

DOCS = Path(__file__).resolve().parents[1] / "docs"
_REASONS = re.compile(r"<!-- reasons -->.*?(?=\n\nA rejected file)", re.DOTALL)


def commands_page() -> str:
    """The command reference, from the commands' own help."""
    command = typer.main.get_command(app)
    context = command.make_context("plainfilm", [], resilient_parsing=True)
    text = get_docs_for_click(obj=command, ctx=context, name="plainfilm")
    text = text.replace("# `plainfilm`", "# Command reference", 1)
    made = "<!-- Made by scripts/write_reference.py from the commands' help. -->"
    return f"{made}\n\n{text.strip()}\n"


def rejections_page(page: str) -> str:
    """The page on rejections with its table of reasons made anew."""
    rows = [f"| `{reason.value}` | {text} |" for reason, text in REASON_TEXT.items()]
    table = "\n".join(["<!-- reasons -->", "| reason | what it means |", "|---|---|", *rows])
    return _REASONS.sub(lambda _: table, page)


if __name__ == "__main__":
    (DOCS / "commands.md").write_text(commands_page(), encoding="utf-8")
    rejections = DOCS / "concepts" / "rejections.md"
    rejections.write_text(rejections_page(rejections.read_text(encoding="utf-8")), encoding="utf-8")
