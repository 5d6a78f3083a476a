"""All commands together, and the one place where errors become messages and exit codes."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import typer

from plainfilm import __version__
from plainfilm.cli import (
    archives,
    classify,
    cluster,
    deidentify,
    deidentify_reports,
    demo,
    detect,
    evaluate,
    export_findings,
    films,
    findings,
    models,
    publish,
    repair,
    reports,
    route,
    studies,
    tables,
    train,
)
from plainfilm.cli.console import errors_to
from plainfilm.errors import PlainfilmError

__all__ = ["app", "run"]

INTERRUPTED: Final = 130
_ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_STOPPED: Final = frozenset({INTERRUPTED, *(128 + number for number in _ENDING_SIGNALS)})
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
for group in (
    demo,
    archives,
    films,
    classify,
    models,
    reports,
    tables,
    cluster,
    evaluate,
    repair,
    studies,
    route,
    findings,
    detect,
    export_findings,
    deidentify,
    deidentify_reports,
    publish,
    train,
):
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
    with _leaving_in_order():
        _run()


@contextmanager
def _leaving_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the process as an exit does: temporary films are deleted.

    Exit codes are a shell's, 128 and the signal's number. A signal that is ignored (`nohup`) stays
    ignored.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second one would interrupt the tidying up
        sys.exit(128 + number)

    numbers = [n for n in _ENDING_SIGNALS if signal.getsignal(n) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _run() -> None:
    try:
        app()
    except SystemExit as leaving:
        # Typer turns a KeyboardInterrupt into this itself, in silence.
        if leaving.code in _STOPPED:
            _tell_stopped()
        raise
    except PlainfilmError as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        errors_to().print(f"plainfilm: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        _tell_stopped()
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


def _tell_stopped() -> None:
    errors_to().print("plainfilm: stopped; what was committed stays, run it again to go on")
