"""All commands together, and the one place where errors become messages and exit codes."""

import os
import sys
import traceback
from typing import Final

import typer

from plainfilm import __version__
from plainfilm.cli import archives, demo, films, release, reports, tables
from plainfilm.cli.console import errors_to
from plainfilm.errors import PlainfilmError

__all__ = ["app", "run"]

INTERRUPTED: Final = 130
DEBUG_VARIABLE: Final = "PLAINFILM_DEBUG"

app = typer.Typer(
    name="plainfilm",
    help="Turn a PACS's plain radiographs into an organised, de-identified, labelled archive.",
    epilog="Exit codes: 0 done, 1 nothing usable or refused, 2 wrong usage,"
    " 3 done with rejections.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its picture of local variables would show patients
    rich_markup_mode="markdown",
)
for group in (demo, archives, films, reports, tables, release):
    group.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"plainfilm {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", help="Show the version and exit.", callback=_version, is_eager=True
    ),
) -> None:
    pass


def run() -> None:
    """Run the command line; PlainfilmError becomes one line and exit code 1."""
    try:
        app()
    except PlainfilmError as error:
        errors_to().print(f"plainfilm: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        errors_to().print("plainfilm: stopped; what was committed stays, run it again to go on")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`); that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        # A bug. Its message may hold tag values, so only its kind and place are shown.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {place.name} ({place.filename}:{place.lineno})"
        errors_to().print(
            f"plainfilm: internal error: {where}. Set {DEBUG_VARIABLE}=1 to see all of it, which"
            " may show identities; please report the line above.",
            style="red",
            markup=False,
            highlight=False,
        )
        sys.exit(1)
