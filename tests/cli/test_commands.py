"""Each command from end to end on the sample films, as a user runs it."""

import csv
import gzip
import html
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from plainfilm.archive import Archive
from plainfilm.deid import Deidentify
from plainfilm.demo import SampleSource
from plainfilm.dicom import read_dataset, render_display
from plainfilm.engine import LocalEngine
from plainfilm.errors import REASON_TEXT, ArchiveError

DOCS = Path(__file__).resolve().parents[2] / "docs"
Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
ONE = ("--workers", 1)


def test_ingest_finds_every_planted_file(
    plainfilm: Run, tmp_path: Path, sample: SampleSource
) -> None:
    assert plainfilm("init", tmp_path / "a").code == 0
    ran = plainfilm("ingest", tmp_path / "a", sample.folder, *ONE, "--json")
    assert ran.code == 3
    assert ran.facts["films"] == len(sample.films)
    assert ran.facts["duplicates"] == len(sample.duplicates)
    assert ran.facts["reasons"] == Counter(reason.value for _, reason in sample.rejections)


def test_rejections_are_listed_for_people(
    plainfilm: Run, tmp_path: Path, sample: SampleSource
) -> None:
    plainfilm("init", tmp_path / "a")
    ran = plainfilm("ingest", tmp_path / "a", sample.folder, *ONE)
    listed = ran.err.replace("\n", "")
    for location, reason in sample.rejections:
        assert f"{location}: {reason.value}" in listed


def test_ingest_again_has_nothing_to_reject(
    plainfilm: Run, archive: Path, sample: SampleSource
) -> None:
    ran = plainfilm("ingest", archive, sample.folder, *ONE, "--json")
    assert (ran.code, ran.facts["films"], ran.facts["rejected"]) == (0, 0, 0)


def test_ingest_of_nothing_usable_is_exit_code_1(plainfilm: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "text.dcm").write_text("no film")
    plainfilm("init", tmp_path / "a")
    assert plainfilm("ingest", tmp_path / "a", tmp_path / "in", *ONE).code == 1


def test_ingest_reports_links_and_lists_what_it_cannot(
    plainfilm: Run, tmp_path: Path, sample: SampleSource
) -> None:
    plainfilm("init", tmp_path / "a")
    plainfilm("ingest", tmp_path / "a", sample.folder, *ONE)
    ran = plainfilm("ingest-reports", tmp_path / "a", sample.reports, "--json")
    assert ran.code == 0
    assert ran.facts["new"] == sample.report_count
    assert ran.facts["unlinked_reports"] == list(sample.unlinked_reports)


def test_status_counts(plainfilm: Run, archive: Path, sample: SampleSource) -> None:
    facts = plainfilm("status", archive, "--json").facts
    assert facts["films"] == len(sample.films)
    assert (facts["patients"], facts["studies"]) == (sample.patients, sample.studies)
    assert facts["rejected"] == len(sample.rejections)
    assert facts["runs"][0]["step"] == "ingest"
    assert "Latest runs" in plainfilm("status", archive).out


def test_query_prints_a_table_csv_or_json(plainfilm: Run, archive: Path) -> None:
    sql = "SELECT Modality, count(*) AS n FROM films GROUP BY ALL ORDER BY n"
    rows = plainfilm("query", archive, sql, "--json").facts
    assert sum(row["n"] for row in rows) == 24
    printed = list(csv.DictReader(plainfilm("query", archive, sql, "--csv").out.splitlines()))
    assert [int(row["n"]) for row in printed] == [row["n"] for row in rows]
    assert "Modality" in plainfilm("query", archive, sql).out


def test_query_keeps_columns_of_one_name(plainfilm: Run, archive: Path) -> None:
    sql = "SELECT 1 AS a, 2 AS a, 3 AS b"
    ran = plainfilm("query", archive, sql, "--csv")
    assert list(csv.reader(ran.out.splitlines())) == [["a", "a", "b"], ["1", "2", "3"]]
    assert plainfilm("query", archive, sql).out.split() == ["a", "a", "b", "1", "2", "3"]
    ran = plainfilm("query", archive, sql, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "several columns named a;" in ran.err


def test_query_prints_json_without_nan(plainfilm: Run, archive: Path) -> None:
    sql = "SELECT 'nan'::DOUBLE AS a, {'x': ['inf'::DOUBLE, 1.5::DOUBLE]} AS b"
    ran = plainfilm("query", archive, sql, "--json")
    assert json.loads(ran.out, parse_constant=pytest.fail) == [{"a": None, "b": {"x": [None, 1.5]}}]


def test_query_as_csv_and_as_json_is_wrong_usage(plainfilm: Run, archive: Path) -> None:
    assert plainfilm("query", archive, "SELECT 1", "--csv", "--json").code == 2


def test_query_prints_long_values_whole(
    plainfilm: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = "x" * 500
    assert long in plainfilm("query", archive, f"SELECT '{long}' AS a, 1 AS b").out
    monkeypatch.setattr("plainfilm.cli.console.results_to", Console)
    monkeypatch.setattr("plainfilm.cli.archives.results_to", Console)
    shown = plainfilm("query", archive, f"SELECT '{long}' AS a, 1 AS b").out
    assert shown.count("x") == 500
    assert "…" not in shown


def test_query_quotes_no_value_in_an_error(plainfilm: Run, archive: Path) -> None:
    names = plainfilm("query", archive, "SELECT PatientName FROM films", "--json").facts
    ran = plainfilm("query", archive, "SELECT PatientName::INT FROM films")
    assert ran.code == 1
    assert "ConversionException" in ran.err
    assert not any(row["PatientName"] in ran.err for row in names if row["PatientName"])


def test_queries_of_the_guide_run_as_printed(plainfilm: Run, archive: Path) -> None:
    examples = re.findall(r"```sql\n(.*?)```", (DOCS / "howto/query.md").read_text(), re.DOTALL)
    assert len(examples) >= 3
    for sql in examples:
        ran = plainfilm("query", archive, sql, "--json")
        assert (ran.code, ran.err) == (0, "")
        assert ran.facts


def test_status_tells_runs_in_words(plainfilm: Run, archive: Path, sample: SampleSource) -> None:
    shown = plainfilm("status", archive).out
    assert f"films {len(sample.films)}, duplicates {len(sample.duplicates)}" in shown
    assert "{" not in shown


def test_label_into_an_archive_and_into_a_table(
    plainfilm: Run, archive: Path, sample: SampleSource, tmp_path: Path
) -> None:
    ran = plainfilm("label", archive, *ONE, "--json")
    assert (ran.code, ran.facts["done"]) == (0, sample.report_count)
    out, evidence = tmp_path / "labels.csv", tmp_path / "evidence.jsonl"
    ran = plainfilm(
        "label", sample.reports, "--labels", "nih", "--out", out, "--evidence", evidence
    )
    assert ran.code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sample.report_count
    assert {value for row in rows for name, value in row.items() if name != "id"} <= {
        "1", "0", "-1", "",
    }  # fmt: skip
    with sample.reports.open(newline="") as file:
        texts = {row["id"]: row["text"] for row in csv.DictReader(file)}
    for line in evidence.read_text().splitlines():
        found = json.loads(line)
        assert found["id"] in texts


def test_map_descriptions(plainfilm: Run, tmp_path: Path) -> None:
    table = tmp_path / "exams.csv"
    table.write_text(
        "study_description,series_description,body_part_examined\n"
        "XR KNEE 2 VIEWS,KNEE LAT,KNEE\nXR CHEST,,CHEST\n"
    )
    ran = plainfilm("map-descriptions", table, "--out", tmp_path / "out.csv", "--json")
    assert (ran.code, ran.facts["rows"]) == (0, 2)
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["category"] for row in csv.DictReader(file)] == ["knee_lateral", ""]


def test_deidentify_leaves_no_identity(plainfilm: Run, archive: Path, tmp_path: Path) -> None:
    ran = plainfilm("deidentify", archive, "--out", tmp_path / "clean", *ONE, "--json")
    assert ran.code in (0, 3)
    withheld = plainfilm(
        "query", archive, "--json",
        "SELECT path, member FROM film JOIN step_result ON item_id = film_id"
        " WHERE step = 'deidentify' AND reason = 'burned_in_text'",
    ).facts  # fmt: skip
    clean = list((tmp_path / "clean").rglob("*.dcm"))
    assert len(clean) == ran.facts["clean"] == 24 - len(withheld)
    repeated = plainfilm("deidentify", archive, "--out", tmp_path / "clean", *ONE, "--json")
    assert repeated.facts["skipped_as_rejected_before"] == len(withheld)
    content = b"".join(path.read_bytes() for path in clean)
    for row in plainfilm(
        "query", archive, "--json",
        "SELECT PatientName, PatientID, AccessionNumber, InstitutionName FROM tags",
    ).facts:  # fmt: skip
        for value in row.values():
            for part in str(value).split("^"):
                assert len(part) < 4 or part.encode() not in content


def test_deidentify_a_folder_without_an_archive(
    plainfilm: Run, sample: SampleSource, tmp_path: Path
) -> None:
    ran = plainfilm("deidentify", sample.folder, "--out", tmp_path / "clean", *ONE, "--json")
    assert ran.code == 3
    assert ran.facts["clean"] == len(list((tmp_path / "clean").rglob("*.dcm"))) > 0
    assert ran.facts["reasons"]["truncated_pixels"] == 1
    assert Path(ran.facts["key"]).stat().st_mode & 0o777 == 0o600


def test_deidentify_refuses_to_write_into_its_source(
    plainfilm: Run, sample: SampleSource, tmp_path: Path
) -> None:
    copy = shutil.copytree(sample.folder, tmp_path / "export")
    ran = plainfilm("deidentify", copy, "--out", copy / "clean")
    assert ran.code == 1
    assert "lies inside SOURCE" in ran.err
    assert not (copy / "clean").exists()


@pytest.mark.parametrize("spelled", ["other/../export/clean", "link/clean", "link"])
def test_deidentify_refuses_its_source_however_it_is_spelled(
    plainfilm: Run, sample: SampleSource, tmp_path: Path, spelled: str
) -> None:
    copy = shutil.copytree(sample.folder, tmp_path / "export")
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(copy)
    ran = plainfilm("deidentify", copy, "--out", tmp_path / spelled, *ONE)
    assert ran.code == 1
    assert "lies inside SOURCE" in ran.err


@pytest.mark.parametrize("command", ["deidentify", "publish"])
@pytest.mark.parametrize("key", ["out/secret.key", "out/a/secret.key", "link/secret.key"])
def test_a_key_inside_the_output_is_refused(
    plainfilm: Run, archive: Path, tmp_path: Path, command: str, key: str
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    ran = plainfilm(command, archive, "--out", tmp_path / "out", "--key", tmp_path / key, *ONE)
    assert ran.code == 1
    assert "lies inside --out" in ran.err
    assert not list(tmp_path.rglob("secret.key"))


def test_deidentify_of_nothing_makes_no_key(plainfilm: Run, tmp_path: Path) -> None:
    assert plainfilm("deidentify", tmp_path / "none", "--out", tmp_path / "out", *ONE).code == 1
    assert not list(tmp_path.iterdir())


def test_deidentify_of_a_folder_lists_every_rejection(plainfilm: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(15):
        (tmp_path / "in" / f"{number}.dcm").write_text("no film")
    ran = plainfilm("deidentify", tmp_path / "in", "--out", tmp_path / "out", *ONE)
    assert ran.code == 1
    assert all(f"{tmp_path}/in/{number}.dcm: not_dicom" in ran.err for number in range(15))
    assert "more" not in ran.err
    facts = plainfilm(
        "deidentify", tmp_path / "in", "--out", tmp_path / "out", *ONE, "--json"
    ).facts
    assert facts["rejected"] == len(facts["rejections"]) == 15


def test_publish_makes_a_dataset_whose_checksums_hold(
    plainfilm: Run, archive: Path, tmp_path: Path
) -> None:
    plainfilm("categorize", archive, *ONE)
    plainfilm("label", archive, *ONE)
    plainfilm("deidentify", archive, "--out", tmp_path / "clean", *ONE)
    ran = plainfilm("publish", archive, "--out", tmp_path / "dataset", *ONE, "--json")
    assert ran.code == 0
    images = list((tmp_path / "dataset" / "files").rglob("*.jpg"))
    assert len(images) == ran.facts["films"] > 0
    subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=tmp_path / "dataset",
        check=True,
    )
    with gzip.open(next((tmp_path / "dataset").glob("*-split.csv.gz")), "rt", newline="") as file:
        splits = list(csv.DictReader(file))
    assert len(splits) == len(images)
    by_subject = {(row["subject_id"], row["split"]) for row in splits}
    assert len(by_subject) == len({subject for subject, _ in by_subject})
    again = plainfilm("publish", archive, "--out", tmp_path / "dataset")
    assert again.code == 1


def test_publish_warns_when_no_report_is_labelled_so(
    plainfilm: Run, archive: Path, tmp_path: Path
) -> None:
    plainfilm("label", archive, *ONE)
    plainfilm("deidentify", archive, "--out", tmp_path / "clean", *ONE)
    ran = plainfilm("publish", archive, "--labels", "nih", "--out", tmp_path / "n", *ONE, "--json")
    assert (ran.code, ran.facts["reported_studies"]) == (0, 0)
    assert "labelled for nih (the archive's labels are chexpert)" in ran.err
    ran = plainfilm("publish", archive, "--out", tmp_path / "c", *ONE, "--json")
    assert ran.facts["reported_studies"] > 0
    assert ran.err == ""


def test_publish_without_clean_films_is_refused(
    plainfilm: Run, archive: Path, tmp_path: Path
) -> None:
    ran = plainfilm("publish", archive, "--out", tmp_path / "dataset", *ONE)
    assert ran.code == 1
    assert "deidentify" in ran.err
    assert not (tmp_path / "dataset").exists()


def test_report_page_is_one_file_that_fetches_nothing(
    plainfilm: Run, archive: Path, tmp_path: Path
) -> None:
    plainfilm("deidentify", archive, "--out", tmp_path / "clean", *ONE)
    ran = plainfilm("report-page", archive, "--out", tmp_path / "page.html")
    assert ran.code == 0
    page = (tmp_path / "page.html").read_text()
    assert "<html" in page
    for fetched in ('src="http', 'href="http', "url(http", "@import"):
        assert fetched not in page


def _planted_words(sample: SampleSource) -> set[str]:
    """Patients' names, and the ids that their reports hold."""
    patients = {film.study.patient for _, film in sample.films}
    words = {part for each in patients for part in re.findall(r"[A-Z][a-z]{4,}", each.name)}
    return words | {each.patient_id for each in patients}


def _all_text(demo: Path) -> str:
    """What is given away as text: clean reports and the dataset's tables."""
    texts = [*(demo / "clean-reports").rglob("*.txt"), *(demo / "dataset").glob("*.csv.gz")]
    return "".join(
        gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
        for path in texts
    )


def test_demo_blacks_out_the_words_that_were_burned_in(
    sample: SampleSource, tmp_path: Path
) -> None:
    with LocalEngine(1) as engine, Archive.create(tmp_path / "archive") as archive:
        archive.ingest([film.location.path for film in sample.burned_in], engine=engine)
        archive.run(Deidentify(tmp_path / "clean", b"k" * 32), engine=engine)
        clean = {
            (row["path"], row["member"]): Path(row["clean"])
            for row in archive.rows(
                "SELECT film.path, member, clean_film.path AS clean"
                " FROM film JOIN clean_film USING (film_id)"
            )
        }
    for film in sample.burned_in:
        path = clean[str(film.location.path), film.location.member]
        shown = render_display(read_dataset(path)).astype(int)
        top, left, height, width = film.box
        field = shown[top + 10 : top + height - 10, left + 10 : left + width - 10]
        strays = abs(field - np.median(field)) > 60
        assert strays.mean() < 0.005, film.location


def test_demo_shows_everything_that_was_planted(
    plainfilm: Run, sample: SampleSource, tmp_path: Path
) -> None:
    ran = plainfilm("demo", tmp_path / "demo", "--json")
    assert ran.code == 0
    facts = ran.facts
    assert facts["films"] == len(sample.films)
    assert facts["duplicates"] == len(sample.duplicates)
    assert facts["rejected"] == Counter(reason.value for _, reason in sample.rejections)
    assert (facts["films_de-identified"], facts["films_withheld"]) == (len(sample.films), {})
    lines = sum(len(film.lines) for film in sample.burned_in)
    assert facts["places_blacked_out"] >= lines > 0
    assert facts["reports_de-identified"] == sample.report_count
    assert (facts["films_checked"], facts["identity_left"]) == (len(sample.films), 0)
    page = Path(facts["report_page"]).read_text()
    for reason in {reason for _, reason in sample.rejections}:
        assert html.escape(REASON_TEXT[reason]) in page
    for location in sample.duplicates:
        assert location.path.name in page
    assert "data:image/jpeg;base64," in page
    assert f"{facts['places_blacked_out']} places with identity" in page
    assert not [word for word in _planted_words(sample) if word in _all_text(tmp_path / "demo")]
    again = plainfilm("demo", tmp_path / "demo")
    assert again.code == 1
    assert "is not empty" in again.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ingest", "{tmp}/none", "{tmp}"], "is not an archive"),
        (["ingest", "{archive}", "{tmp}/none"], "does not exist"),
        (["init", "{archive}"], "is not empty"),
        (["query", "{archive}", "DROP TABLE film"], "one SELECT"),
        (["query", "{archive}", "SELECT nothing FROM film"], "query failed"),
        (["label", "{tmp}/none.csv", "--out", "{tmp}/o.csv"], "none.csv"),
        (["label", "{archive}", "--out", "{tmp}/o.csv"], "leave out --out"),
        (["label", "{archive}", "--labels", "unknown"], "chexpert"),
        (["map-descriptions", "{tmp}/none.csv", "--out", "{tmp}/o.csv"], "none.csv"),
        (["publish", "{archive}", "--out", "{tmp}/d", "--layout", "unknown"], "mimic-cxr-jpg"),
        (["publish", "{archive}", "--out", "{tmp}/d", "--split", "a,b"], "three parts"),
        (["deidentify", "{tmp}/none", "--out", "{tmp}/d"], "does not exist"),
        (["report-page", "{tmp}/none", "--out", "{tmp}/p.html"], "is not an archive"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(
    plainfilm: Run, archive: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    ran = plainfilm(*(item.format(archive=archive, tmp=tmp_path) for item in arguments))
    assert ran.code == 1
    assert words in ran.err
    assert len(ran.err.strip().splitlines()) <= 2


def test_wrong_usage_is_exit_code_2(plainfilm: Run) -> None:
    assert plainfilm("ingest").code == 2
    assert plainfilm("no-such-command").code == 2


def test_a_bug_shows_its_place_but_not_its_message(
    plainfilm: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("DOE^JANE was here")

    monkeypatch.setattr("plainfilm.archive.archive.Archive.counts", broken)
    ran = plainfilm("status", archive)
    assert ran.code == 1
    assert "internal error: RuntimeError" in ran.err
    assert "JANE" not in ran.err


def test_what_the_catalog_refused_is_shown_on_request(
    plainfilm: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(archive / "catalog.db") as catalog:
        catalog.execute("ALTER TABLE film RENAME COLUMN path TO elsewhere")
    ran = plainfilm("query", archive, "SELECT path FROM film")
    assert ran.code == 1
    assert "PLAINFILM_DEBUG=1" in ran.err
    monkeypatch.setenv("PLAINFILM_DEBUG", "1")
    with pytest.raises(ArchiveError) as shown:
        plainfilm("query", archive, "SELECT path FROM film")
    assert "no such column: film.path" in str(shown.value.__cause__)


def test_error_lines_are_not_wrapped(
    plainfilm: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ran = plainfilm("status", tmp_path / ("long name " * 12))
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_stopped_command_says_so_and_leaves_no_identities_behind(
    sample: SampleSource, tmp_path: Path, number: int, code: int
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = tmp_path / "in"
    for copy in range(20):
        shutil.copytree(sample.folder, source / str(copy))
    command = ["deidentify", str(source), "--out", str(tmp_path / "out"), *map(str, ONE)]
    with subprocess.Popen(
        [sys.executable, "-m", "plainfilm", *command],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not list(scratch.glob("plainfilm-*/archive/catalog.db")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert errors == "plainfilm: stopped; what was committed stays, run it again to go on\n"
    assert list(scratch.iterdir()) == []


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plainfilm", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("plainfilm ")
