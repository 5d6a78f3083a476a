"""A PACS takes every object, files it with the film, and gives it back as it was."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plainfilm.dicom import Dataset, write_dataset
from plainfilm.dicom_results import HeatMap, Kind, Reading, make_objects

from .conftest import Orthanc

SOP_CLASSES = {
    Kind.SR: "1.2.840.10008.5.1.4.1.1.88.33",
    Kind.PRESENTATION_STATE: "1.2.840.10008.5.1.4.1.1.11.1",
    Kind.SEGMENTATION: "1.2.840.10008.5.1.4.1.1.66.4",
    Kind.KEY_IMAGE: "1.2.840.10008.5.1.4.1.1.7",
}


def content(dataset: Dataset, folder: Path) -> bytes:
    write_dataset(dataset, folder / "sent.dcm")
    return (folder / "sent.dcm").read_bytes()


@pytest.mark.parametrize("heat_maps", [(), (HeatMap("Mass", np.eye(4)),)], ids=["boxes", "heat"])
def test_objects_are_stored_with_the_film_and_read_back_as_they_were(
    orthanc: Orthanc,
    film: Dataset,
    make_reading: Callable[..., Reading],
    heat_maps: tuple[HeatMap, ...],
    tmp_path: Path,
) -> None:
    film.StudyInstanceUID = f"2.25.77{len(heat_maps)}"
    study = orthanc.store(content(film, tmp_path))["ParentStudy"]
    made = make_objects(film, make_reading(heat_maps=heat_maps))
    assert set(made) == set(SOP_CLASSES)
    for kind, found in made.items():
        sent = content(found, tmp_path)
        stored = orthanc.store(sent)
        assert stored["Status"] == "Success", kind
        assert stored["ParentStudy"] == study
        assert orthanc.get(f"/instances/{stored['ID']}/file") == sent
        tags = orthanc.json(f"/instances/{stored['ID']}/simplified-tags")
        assert tags["SOPClassUID"] == SOP_CLASSES[kind]
        assert tags["SOPInstanceUID"] == found.SOPInstanceUID
        assert orthanc.store(sent)["Status"] == "AlreadyStored"
    modalities = {
        orthanc.json(f"/series/{series}")["MainDicomTags"]["Modality"]
        for series in orthanc.json(f"/studies/{study}")["Series"]
    }
    assert modalities == {"DX", "SR", "PR", "SEG", "OT"}


def test_a_pacs_shows_the_key_image(
    orthanc: Orthanc, film: Dataset, make_reading: Callable[..., Reading], tmp_path: Path
) -> None:
    film.StudyInstanceUID = "2.25.780"
    made = make_objects(film, make_reading(), (Kind.KEY_IMAGE,))[Kind.KEY_IMAGE]
    stored = orthanc.store(content(made, tmp_path))
    picture = orthanc.get(f"/instances/{stored['ID']}/preview")
    assert picture.startswith(b"\x89PNG")
