"""The folder of a model that is to be trained."""

from pathlib import Path

from plainfilm.errors import SettingsError

__all__ = ["new_model_folder"]


def new_model_folder(folder: Path) -> None:
    """Make the folder, before hours of training.

    Raises:
        SettingsError: it holds a model already, or cannot be made.
    """
    from plainfilm.models.store import CARD_FILES

    if any((folder / name).exists() for name in CARD_FILES):
        raise SettingsError(f"{folder} holds a model already; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot write to {folder}: {error.strerror}") from error
