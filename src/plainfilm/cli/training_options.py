"""What the commands share that train models."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from plainfilm.errors import ModelError

__all__ = ["AS_THE_FILMS", "Licence", "ModelName", "ModelOut", "ModelVersion", "training_packages"]

AS_THE_FILMS: Final = "as the films that it was trained on"

ModelOut = Annotated[Path, typer.Option("--out", metavar="DIR", help="The model's folder.")]
ModelName = Annotated[str | None, typer.Option("--name", help="The model's; the default is DIR's.")]
ModelVersion = Annotated[str, typer.Option("--version", help="The model's.")]
Licence = Annotated[
    str, typer.Option("--licence", help="For the card: under which terms the model may be used.")
]


@contextmanager
def training_packages() -> Iterator[None]:
    """Around the import of a training module: says what to install where a package is missing.

    Raises:
        ModelError: it is.
    """
    try:
        yield
    except ImportError as error:
        missing = error.name or "a package"
        raise ModelError(f"training needs {missing}: pip install 'plainfilm[train]'") from error
