"""The command line: each command parses, calls the API and prints. Nothing imports this room.

Commands import what they call when they are called: `plainfilm --help` should not wait for NumPy,
DuckDB and SQLAlchemy.
"""

__all__ = ["main"]


def main() -> None:
    """Run the `plainfilm` command.

    The commands are imported here, not above: worker processes import the main module again, and
    would load the whole command line each time.
    """
    from plainfilm.cli.app import run

    run()
