"""Archives whose films were read by models whose answers can be foreseen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tiny_finding_models as tiny
from archive_steps import Decide
from plainfilm.archive import Archive
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.findings import ReadChest, ReadSpine
from plainfilm.models import find_detector, find_finding_model
from plainfilm.records import Outcome

ENGINE = LocalEngine(workers=1)
BRIGHT_TOP_LEFT = (200, 20, 20, 20)
DARK = (40, 20, 20, 20)


def write_quarters(folder: Path, number: int, quarters: Sequence[int], **tags: Any) -> str:
    """A film of four even quarters, upper left first; returns its SOP Instance UID."""
    uid = stable_uid("quarters", number)
    frame = np.kron(np.array(quarters, np.uint8).reshape(2, 2), np.ones((64, 64), np.uint8))
    own = {
        "SOPInstanceUID": uid,
        "SeriesInstanceUID": stable_uid("quarters series", number),
        "StudyInstanceUID": stable_uid("quarters study", number),
        "WindowCenter": 128,
        "WindowWidth": 256,
    }
    folder.mkdir(parents=True, exist_ok=True)
    film = make_film(own | tags, frame=frame, bits_stored=8)
    write_dataset(film, folder / f"{number}.dcm")
    return uid


def read_chests(
    archive: Archive, films: Path, uids: Sequence[str], model: Path, turn: int = 0
) -> None:
    """Take in films, call them chests, and read them with the model of this folder."""
    archive.ingest([films], engine=ENGINE)
    details = {"turn": turn, "turn_probability": 0.99}
    decided = (Outcome.AGREE, "chest_pa_ap", 0.99, "", details)
    archive.run(Decide(dict.fromkeys(uids, decided)), engine=ENGINE, again=True)
    archive.run(ReadChest.of(find_finding_model(model)), engine=ENGINE, again=True)


def read_spines(archive: Archive, films: Path, uids: Sequence[str], models: Path) -> None:
    """Take in films, call them lumbar spines, and read them with a classifier and a detector."""
    archive.ingest([films], engine=ENGINE)
    decided = (Outcome.AGREE, "lumbar_spine_ap", 0.99, "", {})
    archive.run(Decide(dict.fromkeys(uids, decided)), engine=ENGINE, again=True)
    classifier = find_finding_model(tiny.write_classifier(models / "classifier"))
    detector = find_detector(tiny.write_detector(models / "detector"))
    archive.run(ReadSpine.of(classifier, detector), engine=ENGINE, again=True)
