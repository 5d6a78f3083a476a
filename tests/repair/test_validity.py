"""A repaired film breaks no rule of its object that the original kept, by dciodvfy's judgement."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plainfilm.demo import make_film
from plainfilm.dicom import amend_film, write_dataset
from plainfilm.records import Decision, Film, Location, Outcome
from plainfilm.repair import propose
from plainfilm.vocabulary import CATEGORIES

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
WRONG = {
    "BodyPartExamined": "SKULL",
    "ViewPosition": "RLO",
    "ImageLaterality": None,
}
DETAILS = {
    "turn": 0,
    "turn_probability": 0.99,
    "mirrored": 0.01,
    "text_evidence": [{"says": "body_part", "value": "knee"}],
}


def errors(dciodvfy: Path, path: Path) -> set[str]:
    ran = subprocess.run(
        [dciodvfy, "-new", path], capture_output=True, text=True, check=False, errors="replace"
    )
    return {line for line in ran.stderr.splitlines() if line.startswith("Error")}


@pytest.mark.parametrize("sop_class", [CR, DX, SC], ids=["CR", "DX", "SC"])
@pytest.mark.parametrize("tags", [{}, WRONG], ids=["bare", "wrong"])
def test_a_repair_brings_no_new_error(
    dciodvfy: Path, tmp_path: Path, sop_class: str, tags: dict[str, Any]
) -> None:
    modality = {CR: "CR", DX: "DX", SC: "OT"}[sop_class]
    dataset = make_film({"SOPClassUID": sop_class, "Modality": modality, **tags})
    write_dataset(dataset, tmp_path / "before.dcm")
    before = errors(dciodvfy, tmp_path / "before.dcm")
    content = (tmp_path / "before.dcm").read_bytes()
    for name in ("knee_ap", "chest_pa_ap", "hip_oblique_lateral", "panoramic_radiograph"):
        decision = Decision(1, Outcome.REPAIR, name, 0.9, "R", DETAILS)
        held = {"SOPClassUID": sop_class, **tags}
        found = propose(Film(1, "1.2", Location(tmp_path), held), decision)
        assert found
        values = {one.keyword: one.proposed for one in found}
        content = amend_film(content, values, moment=NOW)
        (tmp_path / "after.dcm").write_bytes(content)
        assert errors(dciodvfy, tmp_path / "after.dcm") <= before, name


def test_the_categories_are_those_of_the_table() -> None:
    names = {category.name for category in CATEGORIES}
    assert {"knee_ap", "chest_pa_ap", "hip_oblique_lateral", "panoramic_radiograph"} <= names
