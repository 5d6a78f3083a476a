"""The audit: parts in, one set of files and a page out, whatever happened to the run."""

import hashlib
from html import unescape
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from plainfilm.deid.audit import (
    FilmAudit,
    audit_folder,
    finish_audit,
    result_thumbnail,
    write_part,
)
from plainfilm.deid.audit import page as audit_page
from plainfilm.deid.burned_text.boxes import TextBox, Verdict
from plainfilm.deid.profile import DEFAULT_OPTIONS
from plainfilm.deid.treatment import Treatment
from plainfilm.dicom import decode_image, encode_png
from plainfilm.errors import ArchiveError

OLD = hashlib.sha256(b"Davidson").digest()[:8]
TREATMENTS = (
    Treatment("00100010", "D", "pseudonym", OLD),
    Treatment("00081030", "C", "option:clean_descriptors", OLD),
    Treatment("00400275[0]/00400007", "C", "identity", OLD),
    Treatment("00180015", "K", "unlisted", b""),
    Treatment("00091001", "X", "private", OLD),
    Treatment("00020003", "U", "E.1-1", OLD),
)
BOX = TextBox(0, 10, 20, 200, 30, 0, Verdict.IDENTITY, "name")
DOUBT = TextBox(0, 10, 60, 100, 20, 90, Verdict.DOUBTFUL, "unreadable")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "clean films"


@pytest.fixture
def record(out):
    """Write a part on films by number, and the clean films of those that are released."""

    def write(*numbers, withheld="", boxes=(), treatments=TREATMENTS, **more):
        films = []
        for number in numbers:
            uid, patient, study = f"2.25.{number}", f"p{number // 2}", f"s{number}"
            films.append(
                FilmAudit(uid, patient, study, treatments, boxes, withheld, film_id=number, **more)
            )
            path = out / patient / study / f"{uid}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            if withheld:
                path.unlink(missing_ok=True)
            else:
                path.touch()
        write_part(audit_folder(out), films)

    return write


@pytest.fixture
def finish(out):
    def run(**options):
        return finish_audit(audit_folder(out), out=out, options=DEFAULT_OPTIONS, **options)

    return run


def asked(out: Path, sql: str) -> list[tuple]:
    folder = audit_folder(out)
    for name in ("films", "audit", "boxes"):
        sql = sql.replace(f"{{{name}}}", f"'{folder / name}.parquet'")
    return duckdb.sql(sql).fetchall()


def test_every_element_is_told_of_with_rule_and_reason(record, finish, out):
    record(1)
    finish()
    rows = asked(out, "SELECT path, tag, keyword, vr, action, rule, reason, old FROM {audit}")
    assert sorted(rows) == sorted(
        [
            (
                "00100010", "(0010,0010)", "PatientName", "PN", "D", "pseudonym",
                "replaced by a dummy value: new id made with the key", OLD.hex(),
            ),
            (
                "00081030", "(0008,1030)", "StudyDescription", "LO", "C",
                "option:clean_descriptors",
                "cleaned of identity, the rest kept: option Clean Descriptors (113105)", OLD.hex(),
            ),
            (
                "00400275[0]/00400007", "(0040,0007)", "ScheduledProcedureStepDescription", "LO",
                "C", "identity",
                "cleaned of identity, the rest kept: the film's own identity was found in it",
                OLD.hex(),
            ),
            (
                "00180015", "(0018,0015)", "BodyPartExamined", "CS", "K", "unlisted",
                "kept: not in table E.1-1", None,
            ),
            ("00091001", "(0009,1001)", "", "", "X", "private", "removed: private element",
             OLD.hex()),
            (
                "00020003", "(0002,0003)", "MediaStorageSOPInstanceUID", "UI", "U", "E.1-1",
                "UID replaced, the same everywhere: table E.1-1, Basic Profile", OLD.hex(),
            ),
        ]
    )  # fmt: skip


def test_films_are_counted_released_and_withheld(record, finish, out):
    record(1, 2, boxes=(BOX, DOUBT))
    record(3, withheld="burned_in_text", detail="3 places with text")
    summary = finish()
    assert (summary.films, summary.released, summary.withheld) == (3, 2, 1)
    assert (summary.elements, summary.boxes, summary.doubtful, summary.unrecorded) == (18, 4, 2, 0)
    rows = asked(out, "SELECT film, outcome, reason, detail, kept, boxes FROM {films} ORDER BY 1")
    assert rows == [
        ("2.25.1", "released", None, None, 1, 2),
        ("2.25.2", "released", None, None, 1, 2),
        ("2.25.3", "withheld", "burned_in_text", "3 places with text", 1, 0),
    ]
    boxes = asked(out, "SELECT film, x, width, turn, verdict, why FROM {boxes} ORDER BY film, y")
    assert boxes[:2] == [
        ("2.25.1", 10, 200, 0, "identity", "name"),
        ("2.25.1", 10, 100, 90, "doubtful", "unreadable"),
    ]


def test_newest_record_of_a_film_wins(record, finish, out):
    record(1, 2)
    finish()
    record(1, treatments=TREATMENTS[:1])
    record(2, withheld="burned_in_text", treatments=())
    finish()
    assert asked(out, "SELECT film, outcome FROM {films} ORDER BY 1") == [
        ("2.25.1", "released"),
        ("2.25.2", "withheld"),
    ]
    assert asked(out, "SELECT film, path FROM {audit}") == [("2.25.1", "00100010")]


def test_newest_record_wins_within_one_joining_too(record, finish, out):
    record(1)
    record(1, treatments=TREATMENTS[:1])
    finish()
    assert asked(out, "SELECT count(*) FROM {audit}") == [(1,)]


def test_a_further_run_adds_its_films(record, finish, out):
    record(1)
    finish()
    before = asked(out, "SELECT * FROM {audit} ORDER BY ALL")
    record(2, 3)
    assert finish().films == 3
    kept = asked(out, "SELECT * FROM {audit} WHERE film = '2.25.1' ORDER BY ALL")
    assert kept == before


def test_parts_of_a_killed_run_are_taken_in_and_deleted(record, finish, out):
    record(1)
    record(2)
    parts = audit_folder(out) / "parts"
    (parts / ".123-4.parquet.partial").write_bytes(b"half")
    assert finish().films == 2
    assert not parts.exists()


def test_parts_that_were_joined_but_not_deleted_are_not_taken_twice(record, finish, out):
    record(1, boxes=(BOX,))
    parts = audit_folder(out) / "parts"
    saved = {path.name: path.read_bytes() for path in parts.iterdir()}
    finish()
    parts.mkdir()
    for name, content in saved.items():
        (parts / name).write_bytes(content)
    summary = finish()
    assert (summary.films, summary.elements, summary.boxes) == (1, 6, 1)
    assert asked(out, "SELECT count(*) FROM {audit}") == [(6,)]


def test_film_that_is_gone_from_the_output_is_dropped(record, finish, out):
    record(1, 2)
    finish()
    next(out.rglob("2.25.1.dcm")).unlink()
    assert finish().films == 1
    assert asked(out, "SELECT DISTINCT film FROM {audit}") == [("2.25.2",)]


def test_clean_film_without_a_record_is_told_of(record, finish, out):
    record(1)
    (out / "p0" / "s1" / "2.25.99.dcm").touch()
    summary = finish()
    assert summary.unrecorded == 1
    assert "1 check of the audit itself found something" in summary.page.read_text()


def test_audit_of_nothing_is_an_audit(finish, out):
    assert finish().films == 0
    assert asked(out, "SELECT count(*) FROM {audit}") == [(0,)]


def test_folder_names_that_look_like_patterns_are_names(tmp_path, record, finish, out):
    strange = tmp_path / "a[1]*'b"
    write_part(audit_folder(strange), [FilmAudit("2.25.1", "p", "s", (), (), "burned_in_text")])
    summary = finish_audit(audit_folder(strange), out=strange, options=DEFAULT_OPTIONS)
    assert summary.withheld == 1
    again = finish_audit(audit_folder(strange), out=strange, options=DEFAULT_OPTIONS)
    assert again.withheld == 1


def test_detail_with_a_path_is_not_kept(record, finish, out):
    record(1, withheld="file_changed", detail="/pacs/Davidson/1.dcm holds another film")
    summary = finish()
    assert asked(out, "SELECT detail FROM {films}") == [(None,)]
    assert "Davidson" not in summary.page.read_text()


def test_page_is_self_contained_and_shows_no_old_value(record, finish):
    picture = encode_png(np.zeros((20, 10), np.uint8))
    record(1, boxes=(BOX, DOUBT), thumbnail=picture)
    record(3, withheld="burned_in_text")
    page = finish().page.read_text()
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert page.count("data:image/png;base64,") == 1
    assert OLD.hex() not in page
    assert "http" not in page.replace("http-equiv", "")
    for words in (
        "1 film withheld", "1 doubtful box of text", "Clean Descriptors (113105)",
        "StudyDescription", "FROM 'audit.parquet'", "Basic Application Confidentiality Profile",
    ):  # fmt: skip
        assert words in unescape(page)


def test_doubtful_results_are_shown_first_and_pictures_are_capped(record, finish, monkeypatch):
    picture = encode_png(np.random.default_rng(1).integers(0, 255, (30, 30)).astype(np.uint8))
    monkeypatch.setattr(audit_page, "_THUMBNAIL_BYTES", 2 * len(picture))
    record(1, 2, boxes=(BOX,), thumbnail=picture)
    record(5, boxes=(DOUBT,), thumbnail=picture)
    page = finish().page.read_text()
    assert page.count("data:image/png") == 2
    assert page.index("Film 2.25.5 after") < page.index("Film 2.25.1 after")


def test_strict_run_says_so_and_asks_nobody_to_look(record, finish):
    record(1, boxes=(DOUBT,))
    page = finish(strict=True).page.read_text()
    assert "was filled (--strict)" in page
    assert "doubtful box of text to look at" not in page


def test_attribute_table_is_capped(record, finish, monkeypatch):
    monkeypatch.setattr(audit_page, "_ATTRIBUTES_SHOWN", 2)
    record(1)
    assert "and 3 more, in audit.parquet" in finish().page.read_text()


def test_damaged_part_stops_the_joining_with_an_error_of_ours(record, finish, out):
    record(1)
    (audit_folder(out) / "parts" / "9-9-9.parquet").write_bytes(b"no parquet")
    with pytest.raises(ArchiveError):
        finish()


def test_part_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    (tmp_path / "in the way").write_text("")
    film = FilmAudit("2.25.1", "p", "s", (), ())
    with pytest.raises(ArchiveError):
        write_part(tmp_path / "in the way", [film])


def test_batch_without_films_writes_no_part(tmp_path):
    write_part(tmp_path / "audit", [])
    assert not (tmp_path / "audit").exists()


def test_parts_hold_no_more_than_they_say(record, out):
    record(1)
    (part,) = (audit_folder(out) / "parts").iterdir()
    assert pq.read_schema(part).names == [
        "film", "patient", "study", "withheld", "detail", "film_id", "thumbnail", "recorded",
        "treatments", "boxes",
    ]  # fmt: skip


def test_thumbnail_frames_the_boxes_of_the_first_frame(film):
    frame = np.zeros((480, 480), np.uint8)
    frame[200:, :] = 90
    shown = decode_image(
        result_thumbnail(film(Rows=480, Columns=480, PixelData=frame.tobytes()), (BOX, DOUBT))
    )
    assert shown.shape == (240, 240)
    plain = decode_image(
        result_thumbnail(film(Rows=480, Columns=480, PixelData=frame.tobytes()), ())
    )
    rows, columns = np.nonzero(shown != plain)
    assert rows.min() == 20 // 2 - 2
    assert columns.max() == (10 + 200) // 2 + 2


def test_boxes_of_a_withheld_film_are_shown(record, finish, out):
    record(1, withheld="burned_in_text", boxes=(DOUBT, DOUBT, DOUBT))
    finish()
    assert asked(out, "SELECT outcome, boxes, doubtful FROM {films}") == [("withheld", 3, 3)]
    assert asked(out, "SELECT x, y, width FROM {boxes}") == [(10, 60, 100)] * 3
    page = (audit_folder(out) / "audit.html").read_text()
    withheld = page[page.index('id="withheld"') : page.index('id="boxes"')]
    assert "Boxes of text" in withheld
    assert ">3</td>" in withheld
