"""`cluster` with films' pixels: how films look, and the page, from end to end."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import tiny_film_model
import tiny_model
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import make_film
from plainfilm.dicom import write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.publish.page.content import categories
from plainfilm.records import CleanFilm, Film

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
WRONG = 7


@dataclass(frozen=True)
class Stamp:
    """Copies of all films but every fifth; of every fourth one that does not say it is clean."""

    folder: Path

    name: ClassVar[str] = "deid"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    def process(self, batch: Sequence[Film]) -> list[CleanFilm]:
        return [self._copy(film) for film in batch if film.film_id % 5]

    def _copy(self, film: Film) -> CleanFilm:
        path = self.folder / f"{film.film_id}.dcm"
        frame = np.random.default_rng(film.film_id).integers(0, 4096, (40, 30)).astype(np.uint16)
        said = {"PatientIdentityRemoved": "NO" if film.film_id % 4 == 0 else "YES"}
        write_dataset(make_film(said, frame=frame), path)
        return CleanFilm(film.film_id, path, "p", "s", f"2.25.{film.film_id}", {})


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """An archive of 26 films of two kinds; one says another body part than its kind."""
    for number in range(26):
        chest = number < 24
        part = "FOOT" if number == WRONG else ("CHEST" if chest else "KNEE")
        tags = {"BodyPartExamined": part, "KVP": "120" if chest else "60"}
        write_film(tmp_path / "films" / f"{number:02}.dcm", number, **tags)
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([tmp_path / "films"], engine=LocalEngine(workers=1))
    return tmp_path / "archive"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_film_model.write_film_model(tmp_path / "model")


def test_the_page_shows_copies_and_never_originals(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = plainfilm("cluster", films, "--k", 2, "--out", out)
    assert ran.code == 0
    page = (out / "clusters.html").read_text()
    assert page.count("not de-identified") == 3  # two medoids, and a film to review
    assert "data:image" not in page
    (tmp_path / "clean").mkdir()
    with Archive.open(films) as archive:
        archive.run(Stamp(tmp_path / "clean"), engine=LocalEngine(workers=1))
    plainfilm("cluster", films, "--k", 26, "--out", out, "--by", "BodyPartExamined", "--json")
    plainfilm("cluster", films, "--k", 2, "--out", out, "--json")
    page = (out / "clusters.html").read_text()
    with (out / "clusters.csv").open(newline="") as stream:
        shown = [int(row["medoid"]) for row in csv.DictReader(stream)]
    with (out / "suspicious.csv").open(newline="") as stream:
        shown += [int(row["film_id"]) for row in csv.DictReader(stream)]
    assert len(shown) == 3
    clean = [film for film in shown if film % 5 and film % 4]
    assert page.count("data:image/jpeg") == len(clean) > 0
    assert page.count("not marked as de-identified") == sum(
        film % 4 == 0 and film % 5 > 0 for film in shown
    )
    assert str(tmp_path) not in page


def test_a_table_has_a_page_without_thumbnails(plainfilm: Run, tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    rows = [["Modality", "KVP"], *(["CR", "60"], ["DX", "90"]) * 5]
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    out = tmp_path / "out"
    assert plainfilm("cluster", table, "--by", "Modality", "--k", 2, "--out", out).code == 0
    page = (out / "clusters.html").read_text()
    assert "<figure" not in page
    assert "<svg" in page
    asked = plainfilm("cluster", table, "--embedding", "starter")
    assert asked.code == 1
    assert "needs an archive" in asked.err


def test_films_are_looked_at_once_and_told_how_far_apart_they_look(
    plainfilm: Run, films: Path, model: Path, tmp_path: Path
) -> None:
    asked = ("cluster", films, "--k", 2, "--embedding", model)
    ran = plainfilm(*asked, "--out", tmp_path / "out", "--json")
    assert ran.code == 0
    apart = ran.facts["looks_apart"]
    assert apart["films"] == 24
    assert apart["mean"] == pytest.approx(0, abs=1e-3)  # the same ramp in all
    assert "Looks apart" in (tmp_path / "out" / "clusters.html").read_text()
    assert "from their medoids (cosine distance, 24 films)" in plainfilm(*asked).err
    with Archive.open(films) as archive:
        runs = archive.rows("SELECT count(*) AS n FROM prediction WHERE task = 'embedding'")
    assert runs[0]["n"] == 26


def test_any_model_that_takes_films_may_look(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    other = tiny_model.write_model(tmp_path / "categories")
    ran = plainfilm("cluster", films, "--k", 2, "--embedding", other, "--json")
    assert (ran.code, ran.facts["looks_apart"]["films"]) == (0, 24)


def test_a_film_that_cannot_be_shown_is_listed_and_left_out(
    plainfilm: Run, films: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "films" / "20.dcm").unlink()
    ran = plainfilm("cluster", films, "--k", 2, "--embedding", model, "--json")
    assert ran.code == 3
    assert ran.facts["looks_apart"]["films"] == 23


def test_original_and_compressed_are_compared_by_looks(
    plainfilm: Run, films: Path, model: Path, tmp_path: Path
) -> None:
    asked = ("cluster", films, "--ks", "1,2,3", "--compress", "svd", "--embedding", model)
    ran = plainfilm(*asked, "--by", "BodyPartExamined", "--out", tmp_path / "judged", "--json")
    assert ran.code == 0
    assert {row["data"] for row in ran.facts["visual"]} >= {"original"}
    assert (tmp_path / "judged" / "visual.csv").is_file()
    assert (tmp_path / "judged" / "looks.png").is_file()
    assert "cosine distance" in (tmp_path / "judged" / "evaluation.md").read_text()


@pytest.mark.usefixtures("needs_torch")
def test_films_are_learnt_from_and_the_model_looks_at_them(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    table = tmp_path / "films.csv.gz"
    table.write_text("hello")
    assert "no archive" in plainfilm("train", "films", table, "--out", tmp_path / "no").err
    learnt = tmp_path / "vectors"
    ran = plainfilm("train", "films", films, "--out", learnt, "--epochs", 1, "--json")
    assert (ran.code, ran.facts["films"] + ran.facts["held out"]) == (0, 26)
    assert "vector of 200 numbers" in plainfilm("models", "show", learnt).out
    assert plainfilm("cluster", films, "--k", 2, "--embedding", learnt, "--json").code == 0
    nothing = plainfilm("train", "films", films, "--out", tmp_path / "no", "--where", "KVP > 900")
    again = plainfilm("train", "films", films, "--out", learnt)
    assert (again.code, "holds a model already" in again.err) == (1, True)
    assert nothing.code == 1
    assert "too few" in nothing.err


def test_a_suspicious_tag_that_speaks_alone_goes_to_a_person(plainfilm: Run, films: Path) -> None:
    decided = (
        "SELECT outcome, details ->> 'why' AS why, count(*) AS n FROM decision"
        " GROUP BY ALL ORDER BY n"
    )
    asked = ("categorize", films, "--text-only", "--workers", 1, "--json")
    assert plainfilm(*asked).facts["outcomes"] == {"unknown": 26}
    plainfilm("cluster", films, "--k", 2, "--json")
    assert plainfilm(*asked).facts["outcomes"] == {"unknown": 25, "conflict": 1}
    with Archive.open(films) as archive:
        first, *_ = archive.rows(decided)
        (told,) = archive.rows(
            "SELECT details -> 'cluster' -> 'suspicious' -> 0 ->> 'tag' AS tag FROM decision"
            " WHERE outcome = 'conflict'"
        )
        shown = str(categories(archive).body)
    assert (first["outcome"], first["why"], first["n"]) == ("conflict", "tag_suspicious", 1)
    assert told["tag"] == "BodyPartExamined"
    assert "a tag looks wrong" in shown
    assert "text and pixels disagree" not in shown
