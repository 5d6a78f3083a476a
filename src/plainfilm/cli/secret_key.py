"""The option `--key`: where the secret key of the new ids lies."""

from pathlib import Path
from typing import Annotated, Final

import typer

from plainfilm.errors import SettingsError

__all__ = ["KEY_FILE", "KeyFile", "key_file"]

KEY_FILE: Final = "plainfilm.key"

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="The secret key of the new ids; made on first use, readable by its owner only."
        f" The default is `{KEY_FILE}` beside the output folder.",
    ),
]


def key_file(key: Path | None, out: Path) -> Path:
    """Where the secret key is, or will be: never in the folder that is given away."""
    if key is None:
        return out.absolute().parent / KEY_FILE
    if key.resolve().is_relative_to(out.resolve()):
        raise SettingsError(
            f"--key ({key}) lies inside --out ({out}); whoever gets that folder must not get the"
            " key, so choose another place for it"
        )
    return key
