"""The header of a sample film: some eighty elements, as X-ray systems and a PACS fill them.

Organised by the modules of the CR and DX Image IODs (PS3.3 A.2 and A.26).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from plainfilm.demo._stored_values import StoredFrame
from plainfilm.demo._tables import Patient, SampleFilm, Site, Study
from plainfilm.demo.film import CR_IMAGE, DX_IMAGE, stable_uid
from plainfilm.dicom import Dataset

__all__ = ["add_private_elements", "film_tags", "patient_tags", "study_tags"]

Tags = dict[str, object]

# SNOMED CT codes of PS3.16 CID 4009 (anatomy) and CID 4010 (views).
_REGIONS: Final[Mapping[str, tuple[str, str]]] = {
    "CHEST": ("816094009", "Chest"),
    "ABDOMEN": ("818981001", "Abdomen"),
    "KNEE": ("72696002", "Knee"),
    "HAND": ("85562004", "Hand"),
}
_VIEWS: Final[Mapping[str, tuple[str, str]]] = {
    "PA": ("272479007", "postero-anterior"),
    "AP": ("399348003", "antero-posterior"),
}


def film_tags(film: SampleFilm, stored: StoredFrame, rng: np.random.Generator) -> Tags:
    """Every tag of the film but pixel data, its description and private elements."""
    tags = patient_tags(film.study.patient)
    tags |= study_tags(film.study)
    tags |= _age(film.study)
    tags |= _request(film)
    tags |= _series_and_equipment(film)
    tags |= _acquisition(film, rng)
    tags |= _anatomy(film)
    tags |= _image(film)
    tags |= _display(film, stored)
    return tags


def patient_tags(patient: Patient) -> Tags:
    """Patient and Patient Study modules, and the character set they are written in."""
    tags: Tags = {}
    if patient.character_set:
        # The value stays one string where there is no backslash: pydicom would write a list of
        # one just the same, but this is what it reads back.
        terms = patient.character_set.split("\\")
        tags["SpecificCharacterSet"] = terms if len(terms) > 1 else terms[0]
    tags |= {
        "PatientName": patient.name,
        "PatientID": patient.patient_id,
        "IssuerOfPatientID": patient.site.issuer,
        "PatientBirthDate": patient.birth_date,
        "PatientSex": patient.sex,
        "PatientSize": float(patient.size_m),
        "PatientWeight": float(patient.weight_kg),
        "PatientAddress": patient.street,
        "PatientTelephoneNumbers": patient.phone,
    }
    if patient.other_id:
        tags["OtherPatientIDsSequence"] = [
            _item(PatientID=patient.other_id, TypeOfPatientID="TEXT")
        ]
    return tags


def study_tags(study: Study) -> Tags:
    """General Study module."""
    site = study.patient.site
    return {
        "StudyInstanceUID": stable_uid(study.study),
        "StudyDate": study.date,
        "StudyTime": study.time,
        "StudyID": study.study.removeprefix("S"),
        "AccessionNumber": study.accession_number,
        "ReferringPhysicianName": study.referring,
        "StudyDescription": study.description,
        "NameOfPhysiciansReadingStudy": site.reader,
        "AdditionalPatientHistory": study.history,
        "ProcedureCodeSequence": [_procedure(study)],
    }


def add_private_elements(dataset: Dataset, film: SampleFilm) -> None:
    """What makers keep for themselves: processing names, counters, and now and then a name."""
    site = film.study.patient.site
    block = dataset.private_block(0x0019, site.private_creator, create=True)
    block.add_new(0x10, "LO", f"{site.model} / {film.protocol}")
    block.add_new(0x11, "DS", "1.35")
    block.add_new(0x12, "US", 3)
    block.add_new(0x1A, "LO", site.operator)
    block = dataset.private_block(0x0021, site.private_creator, create=True)
    block.add_new(0x01, "PN", film.study.patient.name)
    block.add_new(0x02, "OB", bytes(range(16)))
    block.add_new(0x10, "SQ", [_item(CodeMeaning="edge enhancement", CodeValue="EE2")])


def _age(study: Study) -> Tags:
    birthday_to_come = study.date[4:] < study.patient.birth_date[4:]
    years = int(study.date[:4]) - int(study.patient.birth_date[:4]) - birthday_to_come
    return {"PatientAge": f"{years:03d}Y"}


def _request(film: SampleFilm) -> Tags:
    study = film.study
    step = f"SPS{study.accession_number[-6:]}"
    return {
        "RequestingPhysician": study.referring,
        "RequestingService": "Outpatients" if study.time < "180000" else "Emergency",
        "RequestedProcedureDescription": study.description,
        "RequestAttributesSequence": [
            _item(
                RequestedProcedureID=f"RP{study.accession_number[-6:]}",
                RequestedProcedureDescription=study.description,
                ScheduledProcedureStepID=step,
                ScheduledProcedureStepDescription=film.protocol,
                ScheduledProtocolCodeSequence=[_procedure(study)],
            )
        ],
        "PerformedProcedureStepID": f"PPS{study.accession_number[-6:]}",
        "PerformedProcedureStepStartDate": study.date,
        "PerformedProcedureStepStartTime": study.time,
        "PerformedProcedureStepDescription": film.protocol,
        "PerformedProtocolCodeSequence": [_procedure(study)],
        "ReferencedPerformedProcedureStepSequence": [
            _item(
                ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.3",
                ReferencedSOPInstanceUID=stable_uid(study.study, "step"),
            )
        ],
    }


def _series_and_equipment(film: SampleFilm) -> Tags:
    study, site = film.study, film.study.patient.site
    return {
        "Modality": film.modality,
        "SeriesInstanceUID": stable_uid(study.study, "series"),
        "SeriesNumber": 1,
        "SeriesDate": study.date,
        "SeriesTime": study.time,
        "SeriesDescription": film.series_description,
        "ProtocolName": film.protocol,
        "OperatorsName": site.operator,
        **_equipment(site),
    }


def _equipment(site: Site) -> Tags:
    return {
        "Manufacturer": site.manufacturer,
        "ManufacturerModelName": site.model,
        "DeviceSerialNumber": site.serial,
        "SoftwareVersions": [site.software, "K1"],
        "InstitutionName": site.institution,
        "InstitutionAddress": site.address,
        "InstitutionalDepartmentName": site.department,
        "StationName": site.station,
    }


def _acquisition(film: SampleFilm, rng: np.random.Generator) -> Tags:
    portable = film.view_position == "AP"
    current_ma, time_ms = int(rng.integers(160, 401)), int(rng.integers(3, 19))
    tags: Tags = {
        "KVP": 90.0 if portable else 125.0,
        "XRayTubeCurrent": current_ma,
        "ExposureTime": time_ms,
        "Exposure": max(1, current_ma * time_ms // 1000),
        "ExposureInuAs": current_ma * time_ms,
        "DistanceSourceToDetector": 1100.0 if portable else 1800.0,
        "DistanceSourceToPatient": 950.0 if portable else 1600.0,
        "ImageAndFluoroscopyAreaDoseProduct": int(rng.integers(4, 30)) / 10,
        "FocalSpots": 0.6 if portable else 1.2,
        "FilterType": "STRIP",
        "Grid": "NONE" if portable else ["FIXED", "PARALLEL"],
        "CollimatorShape": "RECTANGULAR",
        "RelativeXRayExposure": int(rng.integers(180, 520)),
        "ExposureIndex": f"{int(rng.integers(220, 480))}",
        "TargetExposureIndex": "300",
        "DeviationIndex": "0.4",
        "AcquisitionDeviceProcessingDescription": "CHEST STANDARD",
        "ImagerPixelSpacing": [0.8, 0.8],
    }
    if film.modality == "CR":
        return tags | {
            "PlateID": f"P{int(rng.integers(10000, 99999))}",
            "PlateType": "STANDARD",
            "CassetteSize": "35CMX43CM",
            "CassetteOrientation": "PORTRAIT",
            "Sensitivity": 212.0,
        }
    return tags | {
        "PresentationIntentType": "FOR PRESENTATION",
        "DetectorType": "SCINTILLATOR",
        "DetectorID": f"D{int(rng.integers(1000, 9999))}",
        "DateOfLastDetectorCalibration": f"{film.study.date[:4]}0102",
        "FieldOfViewShape": "RECTANGLE",
        "FieldOfViewDimensions": [410, 410],
        "AcquisitionContextSequence": [],
        "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": -1,
        "ImageLaterality": "U",
    }


def _anatomy(film: SampleFilm) -> Tags:
    # A wrong protocol button sets the text and the code alike.
    region = _code(*_REGIONS[film.body_part])
    tags: Tags = {
        "BodyPartExamined": film.body_part,
        "AnatomicRegionSequence": [region],
        "ViewPosition": film.view_position or None,
        "PatientOrientation": ["L", "F"],
    }
    if film.view_position:
        tags["ViewCodeSequence"] = [_code(*_VIEWS[film.view_position])]
    return tags


def _image(film: SampleFilm) -> Tags:
    study = film.study
    tags: Tags = {
        "SOPClassUID": CR_IMAGE if film.modality == "CR" else DX_IMAGE,
        "SOPInstanceUID": stable_uid(film.film),
        "ImageType": ["DERIVED", "PRIMARY"],
        "InstanceCreationDate": study.date,
        "InstanceCreationTime": study.time,
        "AcquisitionDate": study.date,
        "AcquisitionTime": study.time,
        "ContentDate": study.date,
        "ContentTime": study.time,
        "AcquisitionNumber": film.instance,
        "InstanceNumber": film.instance,
        "QualityControlImage": "NO",
        "LossyImageCompression": "01",
        # The bundled films are JPEG; a film that passed through it once has to say so.
        "LossyImageCompressionRatio": 9.0,
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    if film.burned_in_tag:
        tags["BurnedInAnnotation"] = film.burned_in_tag
    return tags


def _display(film: SampleFilm, stored: StoredFrame) -> Tags:
    inverse = film.photometric == "MONOCHROME1"
    tags: Tags = {
        "RescaleIntercept": 0,
        "RescaleSlope": 1,
        "RescaleType": "US",
        "PresentationLUTShape": "INVERSE" if inverse else "IDENTITY",
    }
    if film.voi == "window":
        tags["WindowCenter"] = stored.window_center
        tags["WindowWidth"] = float(stored.window_width)
        tags["WindowCenterWidthExplanation"] = "STANDARD"
    if film.voi == "lut":
        tags["VOILUTSequence"] = [_voi_lut(stored)]
    return tags


def _voi_lut(stored: StoredFrame) -> Dataset:
    """The window again, as a table of 16-bit entries (PS3.3 C.11.2.1.1)."""
    entries = np.linspace(0, 65535, stored.window_width).astype("<u2")
    return _item(
        LUTDescriptor=[stored.window_width, stored.low, 16],
        LUTExplanation="STANDARD",
        LUTData=entries.tobytes(),
    )


def _procedure(study: Study) -> Dataset:
    scheme = f"99{study.patient.site.issuer}"
    return _code(study.procedure_code, study.description, scheme)


def _code(value: str, meaning: str, scheme: str = "SCT") -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _item(**tags: object) -> Dataset:
    item = Dataset()
    for keyword, value in tags.items():
        setattr(item, keyword, value)
    return item
