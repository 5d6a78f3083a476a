"""Which version of which step, with which parameters, made a dataset: `lineage.json`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from plainfilm.archive import Archive
from plainfilm.publish.export import ExportImage
from plainfilm.publish.folder import DatasetFolder
from plainfilm.steps import parameters, parameters_hash

__all__ = ["FORMAT", "LINEAGE", "Lineage", "StepUse", "fingerprint", "steps_used", "write_lineage"]

LINEAGE: Final = "lineage.json"
FORMAT: Final = "plainfilm dataset 1"


@dataclass(frozen=True, slots=True)
class StepUse:
    """A step that had a part in the data.

    Attributes:
        parameters: their hash; equal parameters have equal hashes.
        items: how many films or reports it did.
        settings: the parameters themselves, without paths; of a key its fingerprint alone.
    """

    step: str
    version: str
    parameters: str
    items: int
    settings: Mapping[str, object]

    @classmethod
    def of_export(cls, step: ExportImage, films: int) -> "StepUse":
        settings = json.loads(json.dumps(parameters(step), default=str))
        return cls(step.name, step.version, parameters_hash(step), films, settings)


@dataclass(frozen=True, slots=True)
class Lineage:
    """How a dataset came about.

    Attributes:
        key: fingerprint of the secret key of its ids.
        options: of the publication, JSON-ready.
        previous: the SHA-256 of the list of checksums of the version before it; None for a first.
    """

    dataset: str
    layout: str
    label_set: str
    key: str
    options: Mapping[str, object]
    steps: Sequence[StepUse]
    previous: str | None = None


def fingerprint(key: bytes) -> str:
    """16 hex digits that tell two keys apart and tell nothing of either."""
    return hashlib.sha256(b"plainfilm dataset key" + key).hexdigest()[:16]


def steps_used(archive: Archive) -> list[StepUse]:
    """The steps that made what is in the archive, in the order of their names."""
    return [
        StepUse(
            row["step"],
            row["version"],
            row["parameters"],
            row["items"],
            _told(json.loads(row["settings"])),
        )
        for row in archive.rows(_STEPS)
    ]


_STEPS: Final = """
SELECT step_result.step, step_result.version, step_result.parameters, count(*) AS items,
       max(run.parameters) AS settings
FROM step_result
JOIN run ON run.run_id = step_result.run_id
WHERE step_result.reason IS NULL
GROUP BY step_result.step, step_result.version, step_result.parameters
ORDER BY step_result.step, step_result.version, step_result.parameters
"""


def _told(settings: Mapping[str, object]) -> dict[str, object]:
    """What may leave the house: paths name users, machines and sometimes patients."""
    return {name: value for name, value in settings.items() if not _is_path(name, value)}


def _is_path(name: str, value: object) -> bool:
    if name in {"out", "audit", "path", "folder", "file"}:
        return True
    if not isinstance(value, str):
        return False
    return PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()


def write_lineage(folder: DatasetFolder, lineage: Lineage) -> None:
    """Write `lineage.json`. It carries no time, so that equal datasets are equal.

    Raises:
        ArchiveError: the dataset cannot be written.
    """
    facts = {
        "format": FORMAT,
        "dataset": lineage.dataset,
        "plainfilm": version("plainfilm"),
        "layout": lineage.layout,
        "label_set": lineage.label_set,
        "key_fingerprint": lineage.key,
        "options": dict(lineage.options),
        "steps": [
            {
                "step": use.step,
                "version": use.version,
                "parameters_hash": use.parameters,
                "parameters": dict(use.settings),
                "items": use.items,
            }
            for use in lineage.steps
        ],
        "previous": lineage.previous and {"sha256_of_SHA256SUMS": lineage.previous},
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
    folder.write(LINEAGE, f"{text}\n".encode())
