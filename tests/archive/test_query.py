"""Queries see catalog and tags together, and nothing else."""

from pathlib import Path

import pytest

from films_on_disk import write_film, write_films
from plainfilm.archive import Archive
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError, BadTable


@pytest.fixture
def filled(archive: Archive, engine: LocalEngine, tmp_path: Path) -> Archive:
    archive.ingest([write_films(tmp_path / "in", 4)], engine=engine)
    write_film(tmp_path / "x.dcm", 9, KVP=70.5, Modality="CR")
    archive.ingest([tmp_path / "x.dcm"], engine=engine)
    return archive


def test_catalog_and_tags_join(filled: Archive) -> None:
    rows = filled.rows(
        "SELECT p.patient_id, t.KVP FROM film JOIN tags AS t USING (film_id)"
        " JOIN series USING (series_pk) JOIN study USING (study_pk)"
        " JOIN patient AS p USING (patient_pk) WHERE t.KVP > 70"
    )
    assert rows == [{"patient_id": "P2", "KVP": 70.5}]


def test_films_is_the_join_ready_made(filled: Archive) -> None:
    rows = filled.rows("SELECT Modality, count(*) AS n FROM films GROUP BY ALL ORDER BY n")
    assert rows == [{"Modality": "CR", "n": 1}, {"Modality": "DX", "n": 4}]


def test_an_empty_archive_has_empty_tables(archive: Archive) -> None:
    assert archive.rows("SELECT count(*) AS n FROM tags") == [{"n": 0}]
    assert archive.rows("SELECT * FROM film") == []


def test_values_are_passed_as_parameters(filled: Archive) -> None:
    rows = filled.rows("SELECT count(*) AS n FROM tags WHERE Modality = $m", m="CR'--")
    assert rows == [{"n": 0}]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM film",
        "SELECT 1; SELECT 2",
        "SELECT * FROM nowhere",
        "SELEC 1",
        "",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        # Its columns would be values, and a message that suggests columns would quote them.
        "SELECT nosuch FROM (PIVOT films ON PatientID USING count(*))",
    ],
)
def test_anything_but_one_select_over_the_archive_is_refused(filled: Archive, sql: str) -> None:
    with pytest.raises(BadTable):
        filled.rows(sql)


def test_a_lost_part_of_the_tag_table_is_named(filled: Archive) -> None:
    next((filled.path / "tags").glob("part-*")).unlink()
    with pytest.raises(ArchiveError, match="tags"):
        filled.rows("SELECT * FROM tags")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT PatientID::INT FROM films",
        "SELECT PatientID::DATE FROM films",
        "SELECT strptime(PatientID, '%Y') FROM films",
        "SELECT error(PatientID) FROM films",
        "SELECT regexp_matches('a', PatientID || '(') FROM films",
        "SELECT json_extract(PatientID, '$.a') FROM films",
        "SELECT timezone(PatientID, TIMESTAMP '2020-01-01') FROM films",
        "SELECT date_part(PatientID, DATE '2020-01-01') FROM films",
    ],
)
def test_errors_quote_no_values(filled: Archive, sql: str) -> None:
    values = {row["PatientID"] for row in filled.rows("SELECT PatientID FROM films")}
    with pytest.raises(BadTable) as caught:
        filled.rows(sql)
    assert all(value not in str(caught.value) for value in values)
    assert caught.value.__suppress_context__, "a traceback would quote the value"
    assert caught.value.__cause__ is None


def test_errors_about_the_statement_say_what_is_wrong(filled: Archive) -> None:
    with pytest.raises(BadTable, match=r"Modalty.*Modality"):
        filled.rows("SELECT Modalty FROM films")
    with pytest.raises(BadTable, match="ConversionException"):
        filled.rows("SELECT PatientID::INT FROM films")
