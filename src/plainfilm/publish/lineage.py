"""Which version of which step, with which parameters, made a dataset: `lineage.json`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.publish.export import ExportImage
from plainfilm.publish.folder import LINEAGE, DatasetFolder
from plainfilm.steps import parameters_hash

__all__ = ["FORMAT", "Lineage", "StepUse", "fingerprint", "step_use", "steps_used", "write_lineage"]

FORMAT: Final = "plainfilm dataset 1"

# Step → settings that may leave the house. What is not named here does not: a path names users,
# machines and sometimes patients, and a rule's value is whatever somebody typed.
_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "category": ("uncovered", "pixels", "plausible"),
    "category_pixels": ("sha256",),
    "cluster": ("k", "seed", "metric", "compression", "by"),
    "deidentify": ("key", "options", "rules", "strict"),
    "embedding": ("sha256",),
    "export-image": ("format", "quality", "resize"),
    "label_reports": ("label_set", "sections", "language", "lexicon_digest"),
}


@dataclass(frozen=True, slots=True)
class StepUse:
    """A step that had a part in the data.

    Attributes:
        parameters: their hash; equal parameters have equal hashes.
        items: how many films or reports it did.
        settings: those parameters that may be told; of a key its fingerprint alone.
    """

    step: str
    version: str
    parameters: str
    items: int
    settings: Mapping[str, object]

    @classmethod
    def of_export(cls, step: ExportImage, films: int) -> "StepUse":
        settings = {
            "format": step.format.value,
            "quality": step.quality,
            "resize": step.resize and str(step.resize),
        }
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
    return [step_use(row) for row in archive.rows(_STEPS)]


_STEPS: Final = """
SELECT step_result.step, step_result.version, step_result.parameters, count(*) AS items,
       max(run.parameters) AS settings
FROM step_result
JOIN run ON run.run_id = step_result.run_id
WHERE step_result.reason IS NULL
GROUP BY step_result.step, step_result.version, step_result.parameters
ORDER BY step_result.step, step_result.version, step_result.parameters
"""


def step_use(row: Mapping[str, Any]) -> StepUse:
    """A row of step, version, parameters, items and settings, without what may not be told."""
    step = str(row["step"])
    allowed = _TOLD.get(step.partition(":")[0], ())  # `label_reports:nih` is a `label_reports`
    held = json.loads(row["settings"])
    settings = {name: held[name] for name in allowed if name in held}
    if isinstance(rules := settings.get("rules"), list):
        settings["rules"] = [_rule(rule, number) for number, rule in enumerate(rules, 1)]
    return StepUse(step, row["version"], row["parameters"], row["items"], settings)


def _rule(rule: object, number: int) -> dict[str, object]:
    """Which attribute a rule was for and what it asked for, but no value and no private creator."""
    match rule:
        case {"tag": int(tag), "action": str(action), "creator": str(creator)}:
            element = f"xx{tag & 0xFF:02X}" if creator else f"{tag & 0xFFFF:04X}"
            told = {"attribute": f"({tag >> 16:04X},{element})", "action": action}
            return {"number": number, **told}
    return {"number": number}


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
