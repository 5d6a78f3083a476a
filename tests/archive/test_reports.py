"""Reports find their study as in a radiology information system."""

from pathlib import Path

import pytest

from archive_steps import CountWords
from films_on_disk import write_film, write_films
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.engine import LocalEngine
from plainfilm.records import SourceReport


def _studies(archive: Archive) -> dict[str, str | None]:
    rows = archive.rows(
        "SELECT name, s.study_instance_uid AS uid FROM report LEFT JOIN study AS s USING (study_pk)"
    )
    return {row["name"]: row["uid"] for row in rows}


@pytest.fixture
def filled(archive: Archive, engine: LocalEngine, tmp_path: Path) -> Archive:
    archive.ingest([write_films(tmp_path / "in", 4)], engine=engine)
    return archive


def test_reports_link_by_accession_number_or_study_uid(filled: Archive) -> None:
    summary = filled.ingest_reports(
        [
            SourceReport("by accession", "text", accession_number="A0"),
            SourceReport("by uid", "text", study_instance_uid=stable_uid("study", 1)),
            SourceReport("uid wins", "text", "A0", stable_uid("study", 1)),
            SourceReport("unknown", "text", accession_number="nowhere"),
            SourceReport("nothing given", "text"),
        ]
    )
    assert (summary.new, summary.linked, summary.unlinked) == (5, 3, 2)
    assert _studies(filled) == {
        "by accession": stable_uid("study", 0),
        "by uid": stable_uid("study", 1),
        "uid wins": stable_uid("study", 1),
        "unknown": None,
        "nothing given": None,
    }


def test_an_accession_number_of_two_studies_links_to_neither(
    filled: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    write_film(tmp_path / "x.dcm", 50, AccessionNumber="A0")
    filled.ingest([tmp_path / "x.dcm"], engine=engine)
    assert filled.ingest_reports([SourceReport("r", "text", accession_number="A0")]).unlinked == 1


def test_reports_that_came_before_their_films_link_later(
    archive: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    archive.ingest_reports([SourceReport("r", "text", accession_number="A0")])
    summary = archive.ingest([write_films(tmp_path / "in", 1)], engine=engine)
    assert summary.linked_reports == 1
    assert _studies(archive)["r"] == stable_uid("study", 0)


def test_the_same_reports_twice_change_nothing(filled: Archive, engine: LocalEngine) -> None:
    reports = [SourceReport("r", "text", accession_number="A0")]
    filled.ingest_reports(reports)
    filled.run(CountWords(), engine=engine)
    again = filled.ingest_reports(reports)
    assert (again.new, again.updated, again.known) == (0, 0, 1)
    assert len(filled.rows("SELECT * FROM label")) == 1


def test_a_corrected_report_loses_its_old_labels(filled: Archive, engine: LocalEngine) -> None:
    filled.ingest_reports([SourceReport("r", "text", accession_number="A0")])
    filled.run(CountWords(), engine=engine)
    summary = filled.ingest_reports([SourceReport("r", "corrected", accession_number="A0")])
    assert (summary.updated, summary.linked) == (1, 1)
    assert filled.rows("SELECT * FROM label") == []
    assert filled.to_do(CountWords()) == 1
