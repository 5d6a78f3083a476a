"""Structured reports of every class, each with an item of every value type, and who is in them."""

from typing import Any, Final

from plainfilm.dicom import Dataset

STORAGE: Final = "1.2.840.10008.5.1.4.1.1"
CR_IMAGE: Final = f"{STORAGE}.1"
BASIC_TEXT: Final = f"{STORAGE}.88.11"

SR_CLASSES: Final = {
    "basic_text": 11, "enhanced": 22, "comprehensive": 33, "comprehensive_3d": 34,
    "extensible": 35, "procedure_log": 40, "mammography_cad": 50, "key_object_selection": 59,
    "chest_cad": 65, "xray_dose": 67, "radiopharmaceutical_dose": 68, "colon_cad": 69,
    "implantation_plan": 70, "acquisition_context": 71, "adult_echo": 72, "patient_dose": 73,
    "planned_agent": 74, "performed_agent": 75, "enhanced_xray_dose": 76,
    "waveform_annotation": 77,
}  # fmt: skip

SENTENCE: Final = "No pneumothorax. Small left effusion, 3 mm nodule, not seen before."
PLANTED: Final = (
    "Davidson", "Douglas", "Mbeki", "Thandi", "Okafor", "Ngozi", "Wolniak", "NGH0038126",
    "0038126", "NG21-0010344", "0010344", "SUBJ778812", "778812", "19601103", "20210302",
    "03.11.1960", "Northgate", "1.2.3.4",
)  # fmt: skip
"""What is nowhere in a clean report: people, their ids and dates, their hospital, their UIDs."""


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content(
    kind: str, concept: Dataset | None, relation: str = "CONTAINS", **value: Any
) -> Dataset:
    """A content item."""
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, kind
    if concept is not None:
        item.ConceptNameCodeSequence = [concept]
    for keyword, given in value.items():
        setattr(item, keyword, given)
    return item


def number(concept: Dataset, value: str, unit: str, relation: str = "CONTAINS") -> Dataset:
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = [code(unit, "UCUM", unit)]
    return content("NUM", concept, relation, MeasuredValueSequence=[measured])


def reference(sop_class: str = CR_IMAGE, uid: str = "1.2.3.4.1") -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    return item


def evidence() -> Dataset:
    series, study = Dataset(), Dataset()
    series.ReferencedSOPSequence = [reference(), reference(BASIC_TEXT, "1.2.3.4.7")]
    series.SeriesInstanceUID = "1.2.3.4.0"
    study.ReferencedSeriesSequence, study.StudyInstanceUID = [series], "1.2.3.4"
    return study


def items() -> list[Dataset]:
    """One item of every value type but those of tables, each with identity where it holds text."""
    finding = code("121071", "DCM", "Finding")
    marked = content("SCOORD", code("111030", "DCM", "Image Region"), GraphicType="POINT",
                     GraphicData=[10.0, 20.0])  # fmt: skip
    marked.ContentSequence = [
        content("IMAGE", None, "SELECTED FROM", ReferencedSOPSequence=[reference()])
    ]
    by_reference = Dataset()
    by_reference.RelationshipType = "INFERRED FROM"
    by_reference.ReferencedContentItemIdentifier = [1, 4]
    nodule = content("CODE", finding, ConceptCodeSequence=[code("27925004", "SCT", "Nodule")])
    nodule.ContentSequence = [by_reference]
    return [
        content("PNAME", code("121008", "DCM", "Person Observer Name"), "HAS OBS CONTEXT",
                PersonName="Wolniak^Ada"),
        content("TEXT", code("121022", "DCM", "Accession Number"), "HAS OBS CONTEXT",
                TextValue="NG21-0010344"),
        content("TEXT", code("121030", "DCM", "Subject ID"), "HAS OBS CONTEXT",
                TextValue="SUBJ778812"),
        number(code("81827009", "SCT", "Diameter"), "3.5", "mm"),
        content("TEXT", code("X1", "99LOCAL", "Impression by Okafor"),
                TextValue=f"Douglas Davidson, SUBJ778812, born 03.11.1960. {SENTENCE}"
                " Dr. Ngozi Okafor was told on 02.03.2021."),
        content("TEXT", finding, TextValue=f"{SENTENCE} Signed Ada Wolniak, Northgate"),
        content("CODE", code("121072", "DCM", "Impression"),
                ConceptCodeSequence=[code("Z7", "99LOCAL", "No mass, seen by Davidson")]),
        content("DATE", code("X2", "99LOCAL", "Day"), Date="20210302"),
        content("TIME", code("X3", "99LOCAL", "Hour"), Time="112359"),
        content("DATETIME", code("X4", "99LOCAL", "Moment"), DateTime="20210302112359"),
        content("UIDREF", code("X5", "99LOCAL", "Object"), UID="1.2.3.4.1"),
        content("IMAGE", None, ReferencedSOPSequence=[reference()]),
        content("COMPOSITE", None, ReferencedSOPSequence=[reference(BASIC_TEXT, "1.2.3.4.7")]),
        marked,
        nodule,
    ]  # fmt: skip


def make_report(kind: str = "comprehensive", **changes: Any) -> Dataset:
    """A structured report; a keyword given as None is left out."""
    verifier = Dataset()
    verifier.VerifyingObserverName = "Okafor^Ngozi"
    verifier.VerifyingOrganization = "Northgate General Hospital"
    verifier.VerificationDateTime = "20210302120000"
    verifier.VerifyingObserverIdentificationCodeSequence = [code("778", "99STAFF", "Okafor")]
    tags: dict[str, Any] = {
        "SOPClassUID": f"{STORAGE}.88.{SR_CLASSES[kind]}",
        "SOPInstanceUID": f"1.2.3.4.88.{SR_CLASSES[kind]}",
        "StudyInstanceUID": "1.2.3.4",
        "SeriesInstanceUID": "1.2.3.4.88",
        "PatientName": "Davidson^Douglas",
        "PatientID": "NGH0038126",
        "PatientBirthDate": "19601103",
        "PatientSex": "M",
        "AccessionNumber": "NG21-0010344",
        "StudyID": "77",
        "StudyDate": "20210302",
        "StudyTime": "112359",
        "ContentDate": "20210302",
        "ContentTime": "113000",
        "ReferringPhysicianName": "Mbeki^Thandi",
        "InstitutionName": "Northgate General Hospital",
        "Manufacturer": "Kestrel Imaging",
        "Modality": "SR",
        "SeriesNumber": 99,
        "InstanceNumber": 1,
        "StudyDescription": "XR CHEST AP PORTABLE for Douglas Davidson",
        "ReferencedPerformedProcedureStepSequence": [],
        "PerformedProcedureCodeSequence": [],
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "VERIFIED",
        "VerifyingObserverSequence": [verifier],
        "CurrentRequestedProcedureEvidenceSequence": [evidence()],
        "ValueType": "CONTAINER",
        "ContinuityOfContent": "SEPARATE",
        "ConceptNameCodeSequence": [code("18748-4", "LN", "Diagnostic Imaging Report")],
        "ContentSequence": items(),
    }
    dataset = Dataset()
    for keyword, value in (tags | changes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.ensure_file_meta()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    return dataset
