"""The film that findings are of: what made objects take over from it, and what they refer to."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from highdicom import ContentQualificationValues
from highdicom.base import SOPClass

from plainfilm import __version__
from plainfilm.dicom import Dataset
from plainfilm.dicom_results.identity import LONGEST_NAME, Identity, short_names
from plainfilm.dicom_results.reading import Reading
from plainfilm.errors import InputError, Reason, UnreadableDicom

__all__ = [
    "SourceFilm",
    "described",
    "finished",
    "local_time",
    "make_object",
    "name_body_part",
    "source_film",
    "usable",
]

# Patient and study, which are one with the film's, and what PS3.15 says of how it was
# de-identified; type 2 attributes of the Patient and General Study modules (PS3.3 C.7.1.1,
# C.7.2.1) are there at least empty.
_TYPE_2: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
)
_TAKEN_OVER: Final = (
    *_TYPE_2,
    "IssuerOfPatientID",
    "OtherPatientIDsSequence",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyDescription",
    "IssuerOfAccessionNumberSequence",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
    "TimezoneOffsetFromUTC",
)
# What a reference to the film needs.
_REFERRED_TO: Final = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "NumberOfFrames",
)
_BODY_PARTS: Final = {"chest": "CHEST", "spine": "SPINE"}
_OFFSET: Final = re.compile(r"[+-](?:0\d|1[0-4])[0-5]\d")
_UTF8: Final = "ISO_IR 192"
_MAKER: Final = "plainfilm"


@dataclass(frozen=True, slots=True, eq=False)
class SourceFilm:
    """A film as the makers of objects see it.

    Attributes:
        dataset: the whole film, its elements decoded.
        reference: only what is referred to, with an empty patient, so that what is wrong in other
            tags keeps no object from being made.
    """

    dataset: Dataset
    reference: Dataset

    @property
    def rows(self) -> int:
        return int(self.reference.Rows)

    @property
    def columns(self) -> int:
        return int(self.reference.Columns)

    @property
    def uid(self) -> str:
        return str(self.reference.SOPInstanceUID)


def source_film(dataset: Dataset) -> SourceFilm:
    """The film of a dataset from `dicom.read_dataset`.

    Raises:
        UnreadableDicom: it lacks UIDs or its size.
    """
    reference = Dataset()
    for keyword in _REFERRED_TO:
        if usable(dataset, keyword):
            reference[keyword] = dataset[keyword]
    for keyword in _TYPE_2:
        setattr(reference, keyword, "")
    missing = [
        keyword
        for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
        if not reference.get(keyword)
    ]
    if missing:
        raise UnreadableDicom(f"{', '.join(missing)} is missing", Reason.MISSING_UID)
    if not reference.get("Rows") or not reference.get("Columns"):
        raise UnreadableDicom("Rows or Columns is missing", Reason.MALFORMED_HEADER)
    if int(reference.get("NumberOfFrames") or 1) > 1:
        raise UnreadableDicom("findings are of single films", Reason.SEVERAL_FRAMES)
    reference.pop("NumberOfFrames", None)  # highdicom takes any number for several frames
    return SourceFilm(dataset, reference)


def described(reading: Reading, identity: Identity) -> dict[str, Any]:
    """The keyword arguments that every object of highdicom's takes."""
    models = short_names(reading)
    # Where the Standard has room for one name: all if they fit, else the last, the locator's.
    names = ", ".join(models)
    name = names if len(names) <= LONGEST_NAME else models[-1]
    return {
        "series_instance_uid": identity.series_uid,
        "series_number": identity.series_number,
        "series_description": identity.series_description,
        "sop_instance_uid": identity.sop_uid,
        "instance_number": 1,
        "manufacturer": _MAKER,
        "manufacturer_model_name": name,
        "software_versions": [f"{_MAKER} {__version__}", *models],
        "device_serial_number": name,
        "content_qualification": ContentQualificationValues.RESEARCH,
        "specific_character_set": _UTF8,
    }


def finished(made: SOPClass, film: SourceFilm, moment: datetime) -> Dataset:
    """A made object with the film's patient and study, and with the moment of the findings in
    place of that of writing, so that a second export gives the same bytes.

    Args:
        moment: with its time zone.
    """
    for keyword in _TAKEN_OVER:
        if usable(film.dataset, keyword):
            made[keyword] = film.dataset[keyword]
    local = local_time(film, moment)
    for when in ("InstanceCreation", "Content", "PresentationCreation"):
        if f"{when}Date" in made:
            setattr(made, f"{when}Date", local.strftime("%Y%m%d"))
            setattr(made, f"{when}Time", local.strftime("%H%M%S"))
    for equipment in made.get("ContributingEquipmentSequence") or ():
        equipment.ContributionDateTime = local.strftime("%Y%m%d%H%M%S")
    return made


def local_time(film: SourceFilm, moment: datetime) -> datetime:
    """A moment in the time zone of the film's times: that which it names, else this machine's."""
    told = str(film.dataset.get("TimezoneOffsetFromUTC") or "").strip()
    if not _OFFSET.fullmatch(told):
        return moment.astimezone()
    return moment.astimezone(datetime.strptime(told, "%z").tzinfo)


def name_body_part(made: Dataset, film: SourceFilm, task: str) -> None:
    """Say which part of the body an image-like object shows, and the side of one that has two.

    Of a chest or a spine, which have none, the film's own tags are not needed and may be wrong.
    Source: DICOM PS3.3 C.7.3.1 (Laterality is type 2C); PS3.16 annex L.
    """
    if task in _BODY_PARTS:
        made.BodyPartExamined = _BODY_PARTS[task]
        return
    if usable(film.dataset, "BodyPartExamined"):
        made["BodyPartExamined"] = film.dataset["BodyPartExamined"]
    told = (film.dataset.get(keyword) for keyword in ("Laterality", "ImageLaterality"))
    made.Laterality = next((side for side in told if side in ("L", "R")), "")


def usable(dataset: Dataset, keyword: str) -> bool:
    """Whether an element is there, with a value that keeps the rules of its VR."""
    return keyword in dataset and dataset[keyword].VR != "UN"


@contextmanager
def make_object(what: str) -> Iterator[None]:
    """Translate what highdicom and pydicom raise when a film's tags contradict an object's rules.

    Raises:
        InputError: the object cannot be made of this film.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as exc:
        message = f"no {what} can be made of this film: {type(exc).__name__}"
        raise InputError(message, Reason.MALFORMED_HEADER) from exc
