"""What `deidentify` was asked for, in the profile's words, and where it refuses to write."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plainfilm.errors import ArchiveError, PrivacyError, SettingsError
from plainfilm.steps import parameters

if TYPE_CHECKING:
    from plainfilm.deid import Deidentify
    from plainfilm.deid.profile import Option

__all__ = [
    "Clean",
    "Dates",
    "Include",
    "Retain",
    "claim_output",
    "profile_options",
    "refuse_foreign_output",
    "refuse_nested",
]

RUN_FILE: Final = "run.json"


class Retain(StrEnum):
    """What stays though the Basic Profile removes it."""

    UIDS = "uids"
    DEVICE = "device"
    INSTITUTION = "institution"
    PATIENT_CHARACTERISTICS = "patient-characteristics"
    SAFE_PRIVATE = "safe-private"


class Dates(StrEnum):
    """What becomes of dates and times."""

    MODIFIED = "modified"
    FULL = "full"
    REMOVED = "removed"


class Clean(StrEnum):
    """What is cleaned, rather than removed, besides descriptions and pixels."""

    GRAPHICS = "graphics"
    STRUCTURED_CONTENT = "structured-content"


class Include(StrEnum):
    """What is taken though it is no film."""

    STRUCTURED_REPORTS = "structured-reports"


def profile_options(
    retain: Sequence[Retain],
    dates: Dates,
    clean: Sequence[Clean],
    *,
    remove_descriptions: bool,
    headers_only: bool,
) -> "frozenset[Option]":
    """The profile's options for those of the command line.

    Raises:
        SettingsError: they contradict.
    """
    from plainfilm.deid.profile import Option, check_options

    named = {
        Retain.UIDS: Option.RETAIN_UIDS,
        Retain.DEVICE: Option.RETAIN_DEVICE_IDENTITY,
        Retain.INSTITUTION: Option.RETAIN_INSTITUTION_IDENTITY,
        Retain.PATIENT_CHARACTERISTICS: Option.RETAIN_PATIENT_CHARACTERISTICS,
        Retain.SAFE_PRIVATE: Option.RETAIN_SAFE_PRIVATE,
        Dates.MODIFIED: Option.RETAIN_MODIFIED_DATES,
        Dates.FULL: Option.RETAIN_FULL_DATES,
        Clean.GRAPHICS: Option.CLEAN_GRAPHICS,
        Clean.STRUCTURED_CONTENT: Option.CLEAN_STRUCTURED_CONTENT,
    }
    options = {named[asked] for asked in (*retain, dates, *clean) if asked in named}
    if not remove_descriptions:
        options.add(Option.CLEAN_DESCRIPTORS)
    if not headers_only:
        options.add(Option.CLEAN_PIXEL_DATA)
    check_options(options)
    return frozenset(options)


def refuse_nested(source: Path, out: Path) -> None:
    """Refuse clean films among the unclean ones, and the reverse."""
    inner, outer = out.resolve(), source.resolve()
    if source.is_dir() and inner.is_relative_to(outer):
        raise SettingsError(f"--out ({out}) lies inside SOURCE ({source}); choose another folder")
    if outer.is_relative_to(inner):
        raise SettingsError(
            f"SOURCE ({source}) lies inside --out ({out}), which would be given away with the"
            " originals in it; choose another folder"
        )


def refuse_foreign_output(out: Path, audit: Path) -> None:
    """Refuse a folder that holds something else than what earlier runs wrote into it.

    Raises:
        SettingsError: `out` is not empty, and no run of `deidentify` has claimed it.
    """
    if not out.exists() or (audit / RUN_FILE).is_file():
        return
    if not out.is_dir():
        raise SettingsError(f"--out ({out}) is no folder")
    if any(out.iterdir()):
        raise SettingsError(
            f"--out ({out}) is not empty, and not the output of an earlier run of deidentify;"
            " choose a new folder"
        )


def claim_output(step: "Deidentify", audit: Path) -> None:
    """Write down beside the output which key its ids are made with.

    Raises:
        PrivacyError: the output's ids were made with another key; mixed with new ones, one
            patient would become two.
        ArchiveError: the file cannot be read or written.
    """
    fingerprint = parameters(step)["key"]
    path = audit / RUN_FILE
    try:
        if path.is_file():
            _refuse_other_key(json.loads(path.read_text("utf-8")), fingerprint, step.out)
            return
        audit.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(json.dumps({"out": step.out.name, "key_fingerprint": fingerprint}))
        partial.replace(path)
    except OSError as exc:
        raise ArchiveError(f"{path} cannot be read or written: {exc.strerror}") from exc
    except json.JSONDecodeError as exc:
        raise ArchiveError(f"{path} is damaged; remove it if {step.out} is this tool's") from exc


def _refuse_other_key(claim: Any, fingerprint: object, out: Path) -> None:
    if not isinstance(claim, dict) or claim.get("key_fingerprint") != fingerprint:
        raise PrivacyError(
            f"the films in {out} were made with another key; use that key, or another folder"
        )
