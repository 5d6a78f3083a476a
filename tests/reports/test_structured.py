"""Reports in DICOM structured reporting objects, written and read again."""

from pathlib import Path

import pytest

from plainfilm.dicom import Dataset, DicomSequence, new_uid, write_dataset
from plainfilm.errors import BadSource, UnreadableDicom
from plainfilm.reports import label_text, read_reports

BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
CR_IMAGE = "1.2.840.10008.5.1.4.1.1.1"


def item(kind: str, title: str, text: str = "", children: tuple[Dataset, ...] = ()) -> Dataset:
    content = Dataset()
    content.RelationshipType = "CONTAINS"
    content.ValueType = kind
    name = Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = "1", "99X", title
    content.ConceptNameCodeSequence = DicomSequence([name])
    if text:
        content.TextValue = text
    if children:
        content.ContentSequence = DicomSequence(children)
    return content


def write_report(path: Path, *content: Dataset, sop_class: str = BASIC_TEXT_SR) -> Dataset:
    dataset = item("CONTAINER", "Radiology Report")
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, new_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = new_uid(), new_uid()
    dataset.AccessionNumber, dataset.Modality = "ACC1", "SR"
    dataset.ContentSequence = DicomSequence(content)
    write_dataset(dataset, path)
    return dataset


def test_text_items_stand_under_their_titles(tmp_path: Path) -> None:
    written = write_report(
        tmp_path / "a.dcm",
        item("CONTAINER", "History", children=(item("TEXT", "Note", "Rule out mass."),)),
        item("CONTAINER", "Findings", children=(item("TEXT", "Finding", "Small effusion."),)),
        item("TEXT", "Impression", "No nodule."),
        item("CODE", "Procedure"),
    )
    (report,) = read_reports(tmp_path / "a.dcm")
    assert report.name == written.SOPInstanceUID
    assert report.accession_number == "ACC1"
    assert report.study_instance_uid == written.StudyInstanceUID
    found = {label.finding: label.value for label in label_text(report.text, "nih", "all")}
    assert found == {"Effusion": 1, "Nodule": 0}
    alone = {label.finding: label.value for label in label_text(report.text, "nih")}
    assert alone == {"Nodule": 0, "No Finding": 1}


def test_films_beside_reports_in_a_folder_are_left_out(tmp_path: Path) -> None:
    write_report(tmp_path / "film.dcm", sop_class=CR_IMAGE)
    written = write_report(tmp_path / "report.dcm", item("TEXT", "Findings", "Clear."))
    assert [report.name for report in read_reports(tmp_path)] == [written.SOPInstanceUID]
    with pytest.raises(BadSource, match="holds no report"):
        read_reports(tmp_path / "film.dcm")


def test_what_is_no_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_text("nothing")
    with pytest.raises(UnreadableDicom):
        read_reports(tmp_path / "a.dcm")
