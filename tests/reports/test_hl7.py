"""Reports in HL7 v2 messages; all of them invented."""

from pathlib import Path

import pytest

from plainfilm.errors import BadSource, BadTable
from plainfilm.records import SourceReport
from plainfilm.reports import label_text, read_reports

HEADER = "MSH|^~\\&|RIS|HOSP|PACS|HOSP|20240101||ORU^R01^ORU_R01|MSG1|P|2.5"
OBR = "OBR|1|PLACER1|ACC1^RIS|71020^CHEST"


def read(tmp_path: Path, *segments: str, end: str = "\r") -> list[SourceReport]:
    path = tmp_path / "r.hl7"
    path.write_bytes(end.join(segments).encode())
    return list(read_reports(path))


def test_text_observations_of_an_order_are_one_report(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        HEADER,
        "PID|1||invented",
        OBR,
        "OBX|1|TX|1^REPORT||FINDINGS:",
        "OBX|2|NM|2^DOSE||3.5",
        "OBX|3|FT|1^REPORT||Small effusion.~No nodule.\\.br\\Clear apices.",
        "ZDS|1.2.3.4^RIS^APPLICATION^DICOM",
    ) == [
        SourceReport(
            "ACC1",
            "FINDINGS:\nSmall effusion.\nNo nodule.\nClear apices.",
            "ACC1",
            "1.2.3.4",
            ("invented",),
        )
    ]


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        ("5 \\F\\ 6", "5 | 6"),
        ("a\\S\\b\\T\\c\\R\\d\\E\\e", "a^b&c~d\\e"),
        ("a\\.br\\b", "a\nb"),
        ("a\\.sp2\\b", "a\nb"),
        ("a\\H\\b\\N\\c", "abc"),
        ("a\\X0D0A\\b", "a\nb"),
        ("a\\X41\\b\\Xzz\\", "aAb"),
        ("a \\ b", "a \\ b"),
    ],
)
def test_escapes_are_resolved(tmp_path: Path, escaped: str, plain: str) -> None:
    (report,) = read(tmp_path, HEADER, OBR, f"OBX|1|TX|1||{escaped}")
    assert report.text == plain


def test_delimiters_are_those_that_the_message_names(tmp_path: Path) -> None:
    (report,) = read(
        tmp_path,
        "MSH#*!$%#a#b#c#d#e##ORU*R01#M#P#2.3",
        "OBR#1##ACC*x",
        "OBX#1#TX#1##one!two$F$|",
    )
    assert (report.name, report.text) == ("ACC", "one\ntwo#|")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_several_messages_and_their_framing_are_read(tmp_path: Path, end: str) -> None:
    first = end.join([HEADER, OBR, "OBX|1|TX|1||One."])
    second = end.join([HEADER, OBR.replace("ACC1", "ACC2"), "OBX|1|TX|1||Two."])
    path = tmp_path / "r.hl7"
    path.write_bytes(f"\x0b{first}{end}\x1c\r\x0b{second}{end}\x1c\r".encode())
    assert [(r.name, r.text) for r in read_reports(path)] == [("ACC1", "One."), ("ACC2", "Two.")]


def test_each_order_of_a_message_is_a_report(tmp_path: Path) -> None:
    reports = read(
        tmp_path,
        HEADER,
        OBR,
        "OBX|1|TX|1||One.",
        "ORC|RE||ACC2",
        "OBR|2|P2",
        "OBX|1|TX|1||Two.",
        "OBR|3|P3",
        "OBX|1|TX|1||Three.",
        "OBR|4||ACC4",
    )
    assert [(r.name, r.text) for r in reports] == [
        ("ACC1", "One."),
        ("ACC2", "Two."),
        ("P3", "Three."),
    ]


def test_message_without_accession_number_goes_by_its_control_id(tmp_path: Path) -> None:
    (report,) = read(tmp_path, HEADER, "OBX|1|TX|1||One.")
    assert (report.name, report.accession_number) == ("MSG1", "")


def test_suffixes_of_identifiers_become_titles(tmp_path: Path) -> None:
    (report,) = read(
        tmp_path,
        HEADER,
        OBR,
        "OBX|1|TX|18748-4&GDT^X||Large effusion.",
        "OBX|2|TX|18748-4&GDT^X||Stable.",
        "OBX|3|TX|18748-4&IMP^X||Small nodule.",
    )
    assert report.text == "FINDINGS:\nLarge effusion.\nStable.\n\nIMPRESSION:\nSmall nodule."
    assert [label.finding for label in label_text(report.text, "nih")] == ["Nodule"]


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        (["PID|1"], "message|MSH"),
        ([""], "no HL7 message"),
        (["MSH|^~"], "message 1|delimiters"),
        ([HEADER.replace("ORU^R01^ORU_R01", "ADT^A08"), OBR], r"message 1: its type is ADT\^A08"),
        ([HEADER.replace("MSG1", ""), "OBX|1|TX|1||a"], "neither accession number nor control id"),
        ([HEADER, OBR, "OBX|1|TX|1||a", HEADER, OBR, "OBX|1|TX|1||b"], "more than once: ACC1"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, segments: list[str], says: str) -> None:
    with pytest.raises(BadTable, match=says):
        read(tmp_path, *segments)


def test_message_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="holds no report"):
        read(tmp_path, HEADER, OBR)
