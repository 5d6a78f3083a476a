"""Reading reports from tables and folders, and refusing what is none."""

import json
from pathlib import Path

import pytest

from plainfilm.errors import BadSource, BadTable
from plainfilm.records import SourceReport
from plainfilm.reports import read_reports

OPENI = """<?xml version="1.0" encoding="utf-8"?>
<eCitation><uId id="CXR1"/><MedlineCitation><Article><Abstract>
<AbstractText Label="INDICATION">Invented.</AbstractText>
<AbstractText Label="COMPARISON"/>
<AbstractText Label="FINDINGS">Small effusion.</AbstractText>
</Abstract></Article></MedlineCitation></eCitation>
"""


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_with_links(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.csv",
        "Text,ID,accession_number,study_instance_uid,else\n"
        '"Line one.\nLine two.",r1,A1,1.2.3,x\nClear.,r2,,,\n',
    )
    assert list(read_reports(path)) == [
        SourceReport("r1", "Line one.\nLine two.", "A1", "1.2.3"),
        SourceReport("r2", "Clear."),
    ]


def test_json_lines_with_numbers_as_ids(tmp_path: Path) -> None:
    lines = [{"id": 7, "text": "Clear."}, {"id": "b", "text": None, "accession_number": "A"}]
    path = write(tmp_path / "r.jsonl", "\n".join(json.dumps(line) for line in lines) + "\n\n")
    assert list(read_reports(path)) == [SourceReport("7", "Clear."), SourceReport("b", "", "A")]


def test_folder_of_text_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "a.txt", "Clear.")
    write(tmp_path / "sub" / "b.TXT", "Klärung".encode("latin-1"))
    write(tmp_path / "notes.md", "none")
    assert list(read_reports(tmp_path)) == [
        SourceReport("a", "Clear."),
        SourceReport("sub/b", "Klärung"),
    ]


def test_openi_xml_becomes_titled_sections_under_its_own_id(tmp_path: Path) -> None:
    write(tmp_path / "1.xml", OPENI)
    assert list(read_reports(tmp_path)) == [
        SourceReport("CXR1", "INDICATION: Invented.\n\nFINDINGS: Small effusion.")
    ]


def test_single_file_is_one_report(tmp_path: Path) -> None:
    assert [r.name for r in read_reports(write(tmp_path / "a.txt", "x"))] == ["a"]
    assert [r.name for r in read_reports(write(tmp_path / "1.xml", OPENI))] == ["CXR1"]


def test_columns_have_the_names_that_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "Study,Report,text\ns1,Clear.,no\n")
    reports = read_reports(path, id_column="study", text_column="REPORT")
    assert list(reports) == [SourceReport("s1", "Clear.")]
    path = write(tmp_path / "r.jsonl", '{"Study": 1, "Report": "Clear."}\n')
    reports = read_reports(path, id_column="Study", text_column="Report")
    assert list(reports) == [SourceReport("1", "Clear.")]
    with pytest.raises(BadTable, match="missing columns body; found study, report"):
        read_reports(path, id_column="study", text_column="body")


@pytest.mark.parametrize("mark", [";", "\t"])
def test_csv_as_excel_writes_it_in_other_languages(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path / "r.csv", f"id{mark}text\nr1{mark}Clear, both sides.\n")
    assert [(r.name, r.text) for r in read_reports(path)] == [("r1", "Clear, both sides.")]


def test_short_rows_and_blank_lines_of_a_csv_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "id,text,accession_number\n\na\nb,x\n")
    assert list(read_reports(path)) == [SourceReport("a", ""), SourceReport("b", "x")]


def test_xml_in_another_layout_gives_the_same_report(tmp_path: Path) -> None:
    plain = read_reports(write(tmp_path / "1.xml", OPENI.replace("\n<", "<")))
    entities = OPENI.replace("Small effusion.", "Small&#32;effusion.")
    parsed = read_reports(write(tmp_path / "2.xml", entities))
    latin = OPENI.replace('"utf-8"', '"latin-1"').encode("latin-1")
    assert list(plain) == list(parsed) == list(read_reports(write(tmp_path / "3.xml", latin)))


def test_hidden_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "Clear.")
    write(tmp_path / "._a.txt", b"\x00\x05")
    assert [report.name for report in read_reports(tmp_path)] == ["a"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "r.csv", "id,text\nr1,Überblähung\n".encode(encoding))
    assert [report.text for report in read_reports(path)] == ["Überblähung"]


def test_report_of_five_megabytes_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", 'id,text\nr1,"' + "Clear. " * 750_000 + '"\n')
    assert len(next(read_reports(path)).text) == 5_250_000


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("r.csv", "name,report\na,b\n", "missing columns id, text; found name, report"),
        ("r.csv", "", "found none"),
        ("r.csv", "id,text\na,x\nb,y\na,z\nb,w\n", "more than once: a, b"),
        ("r.csv", "id,text\n,x\n", "line 2: the id is empty"),
        ("r.csv", "id,text\na,x,y\n", "line 2: more values"),
        ("r.csv", b"id,text\na,\x00\x01\n", "line 2: holds binary bytes"),
        ("r.csv", 'id,text\na,x\nb,"never closed\nc,y\n', "line 3: no CSV"),
        ("r.csv", 'id,text\na,"closed" and on\n', "line 2: no CSV"),
        ("r.jsonl", '{"id": 1}\n', "line 1: missing columns text; found id"),
        ("r.jsonl", "[1]\n", "line 1: not a JSON object"),
        ("r.jsonl", "nope\n", "line 1: no JSON"),
        ("r.jsonl", '{"id":1,"text":"a"}\n{"id":"1","text":"b"}\n', "more than once: 1"),
        ("r.txt", b"\x89PNG\r\n\x1a\n\x00", "binary bytes"),
        ("r.xml", "<a><b></a>", "no well-formed XML"),
        ("r.xml", "<a><b/></a>", "no AbstractText"),
        ("r.xml", '<?xml version="1.0" encoding="nope"?><a/>', "encoding|well-formed"),
        ("r.xml", "<a/>".encode("utf-16"), "UTF-16"),
        ("r.csv", 'id,text\na,"' + "x" * 40_000_000, "longer than"),
        ("r.jsonl", '{"id":"a","text":["b"]}\n', "line 1: `text` is neither"),
        ("r.hl7", "PID|1\rMSH|", "does not begin with an MSH"),
        ("r.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_report(
    tmp_path: Path, name: str, content: str | bytes, says: str
) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(BadTable, match=says):
        read_reports(path)


def test_many_duplicates_are_named_in_part(tmp_path: Path) -> None:
    rows = "".join(f"r{n},x\n" for n in range(15)) * 2
    path = write(tmp_path / "r.csv", "id,text\n" + rows)
    with pytest.raises(BadTable, match=r"r0, r1.* and 5 more"):
        read_reports(path)


def test_same_id_in_two_files_of_a_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "x")
    write(tmp_path / "a.xml", OPENI.replace("CXR1", "a"))
    with pytest.raises(BadTable, match="more than once: a"):
        list(read_reports(tmp_path))


def test_folder_without_reports_and_unknown_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"no \.txt, \.xml, \.hl7, \.dcm"):
        read_reports(tmp_path)
    with pytest.raises(BadSource, match="no such file"):
        read_reports(tmp_path / "gone.csv")
    with pytest.raises(BadSource, match="are read from"):
        read_reports(write(tmp_path / "r.pdf", "x"))
