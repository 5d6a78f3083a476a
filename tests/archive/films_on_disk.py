"""Small films on disk, as the archive's tests need them."""

from pathlib import Path
from typing import Any

from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import write_dataset


def write_film(path: Path, number: int = 1, **tags: Any) -> Path:
    """A film with UIDs of its own for each number; two films to a study, two studies a patient."""
    own = {
        "SOPInstanceUID": stable_uid("film", number),
        "SeriesInstanceUID": stable_uid("series", number),
        "StudyInstanceUID": stable_uid("study", number // 2),
        "PatientID": f"P{number // 4}",
        "AccessionNumber": f"A{number // 2}",
        "InstanceNumber": number,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_dataset(make_film(own | tags), path)
    return path


def write_films(folder: Path, count: int) -> Path:
    for number in range(count):
        write_film(folder / f"{number:03}.dcm", number)
    return folder
