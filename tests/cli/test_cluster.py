"""`cluster` from end to end."""

import csv
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.engine import LocalEngine

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
WRONG = 7


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Thirty chests and thirty knees; one chest says that it is a foot."""
    path = tmp_path / "films.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "Modality", "Body Part Examined", "KVP", "Grid", "Patient's Name"])
        for number in range(60):
            chest = number < 30
            part = "FOOT" if number == WRONG else ("CHEST" if chest else "KNEE")
            kvp, grid = (120 + number % 3, "FOCUSED") if chest else (60 + number % 3, "NONE")
            writer.writerow([f"f{number}", "CR", part, kvp, grid, f"N{number % 4}"])
    return path


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """An archive of 26 films of two kinds; one says another body part than its kind."""
    for number in range(26):
        chest = number < 24
        part = "FOOT" if number == WRONG else ("CHEST" if chest else "KNEE")
        tags = {"BodyPartExamined": part, "KVP": "120" if chest else "60"}
        tags |= {"ViewPosition": "PA" if chest else "AP"}
        write_film(tmp_path / "films" / f"{number}.dcm", number, **tags)
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([tmp_path / "films"], engine=LocalEngine(workers=1))
    return tmp_path / "archive"


def test_a_table_is_clustered_and_its_wrong_tag_is_listed(
    plainfilm: Run, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    by = ("--by", "Body Part Examined", "--k", 2)
    ran = plainfilm("cluster", table, *by, "--id", "id", "--out", out, "--json")
    assert ran.code == 0
    assert [row["films"] for row in ran.facts["clusters"]] == [30, 30]
    assert ran.facts["judged"]["BodyPartExamined"]["films"] == 60
    (found,) = ran.facts["suspicious"]
    assert (found["id"], found["value"], found["expected"]) == (f"f{WRONG}", "FOOT", "CHEST")
    assert len(_rows(out / "films.csv")) == 60
    assert _rows(out / "suspicious.csv")[0]["id"] == f"f{WRONG}"
    reasons = {row["tag"]: row["reason"] for row in _rows(out / "tags.csv")}
    assert reasons["BodyPartExamined"] == "on_request"
    assert reasons["PatientName"] == "identity"
    assert reasons["Modality"] == "one_value"
    shown = plainfilm("cluster", table, *by)
    assert "1 tag that nearly all" in shown.out
    assert "CHEST: 29 of 29 in cluster" in shown.out


def test_without_ids_films_of_a_table_are_named_by_row(plainfilm: Run, table: Path) -> None:
    (found,) = plainfilm("cluster", table, "--k", 2, "--json").facts["suspicious"]
    assert found["row"] == WRONG + 2


def test_the_archive_keeps_clusters_and_what_speaks_against_tags(
    plainfilm: Run, films: Path
) -> None:
    ran = plainfilm("cluster", films, "--k", 2, "--json")
    assert (ran.code, ran.facts["films"]) == (0, 26)
    assert [row["films"] for row in ran.facts["clusters"]] == [24, 2]
    with Archive.open(films) as archive:
        kept = archive.rows("SELECT * FROM prediction WHERE task = 'cluster' ORDER BY film_id")
    assert len(kept) == 26
    assert {row["value"] for row in kept} == {"0", "1"}
    (found,) = ran.facts["suspicious"]
    (against,) = [row for row in kept if '"expected"' in row["details"]]
    assert against["film_id"] == found["film_id"]
    assert "CHEST" in against["details"]
    assert {json.loads(row["details"])["size"] for row in kept} == {2, 24}


def test_clustering_again_replaces_what_is_kept_and_a_choice_of_films_keeps_nothing(
    plainfilm: Run, films: Path
) -> None:
    chosen = plainfilm("cluster", films, "--where", "KVP > 100", "--k", 1, "--json")
    assert chosen.facts["films"] == 24
    count = "SELECT count(DISTINCT value) AS clusters, count(*) AS films FROM prediction"
    for k, kept in ((None, (0, 0)), (2, (2, 26)), (1, (1, 26))):
        if k is not None:
            plainfilm("cluster", films, "--k", k, "--json")
        with Archive.open(films) as archive:
            (row,) = archive.rows(count)
        assert (row["clusters"], row["films"]) == kept


def test_what_categorize_says_fills_a_missing_body_part(plainfilm: Run, tmp_path: Path) -> None:
    for number in range(8):
        described = {"StudyDescription": "Knie seitlich" if number % 2 else "Thorax p.a."}
        tags = {"BodyPartExamined": "", "KVP": str(60 + number)}
        write_film(tmp_path / "films" / f"{number}.dcm", number, **tags, **described)
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([tmp_path / "films"], engine=LocalEngine(workers=1))
    plainfilm("categorize", tmp_path / "archive", "--text-only", "--workers", 1)
    out = tmp_path / "out"
    plainfilm("cluster", tmp_path / "archive", "--by", "KVP", "--k", 2, "--out", out)
    rows = {row["tag"]: row for row in _rows(out / "tags.csv")}
    assert rows["BodyPartExamined"]["treatment"] == "categories"
    assert rows["BodyPartExamined"]["films"] == "8"


def test_descriptions_fill_a_missing_body_part_of_a_table(plainfilm: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "films.csv", tmp_path / "out"
    described = ["Chest 2 views,,60", "XR knee lateral,,61", "XR knee lateral,HAND,62", ",,63"]
    path.write_text("StudyDescription,BodyPartExamined,KVP\n" + "\n".join(described) + "\n")
    plainfilm("cluster", path, "--by", "KVP", "--k", 2, "--out", out)
    (row,) = [row for row in _rows(out / "tags.csv") if row["tag"] == "BodyPartExamined"]
    assert (row["films"], row["values"]) == ("3", "3")


def test_wrong_wishes_are_refused(plainfilm: Run, table: Path, films: Path) -> None:
    unknown = plainfilm("cluster", table, "--by", "Body Part Examind")
    assert (unknown.code, "near names are BodyPartExamined" in unknown.err) == (1, True)
    many = plainfilm("cluster", films, "--k", 27)
    assert (many.code, "number of films (26)" in many.err) == (1, True)
    assert plainfilm("cluster", films, "--id", "x").code == 1
    assert plainfilm("cluster", table, "--where", "KVP > 1").code == 1
    assert plainfilm("cluster", table, "--k", 0).code == 2
    assert plainfilm("cluster", table.parent / "no.csv").code == 1
    assert plainfilm("cluster", table, "--metric", "feet").code == 1


def test_films_of_several_modalities_come_apart(plainfilm: Run, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with Archive.create(folder) as archive:
        archive.ingest(_pydicom_folders(), engine=LocalEngine(workers=1))
    ran = plainfilm("cluster", folder, "--by", "Modality", "--json")
    judged = ran.facts["judged"]["Modality"]
    assert (ran.code, ran.facts["films"] > 80, judged["values"] >= 7) == (0, True, True)
    assert judged["homogeneity"] > 0.8


def _pydicom_folders() -> list[Path]:
    """The DICOM files of the wheels `pydicom` and `pydicom-data`: CT, MR, US, CR, NM and others."""
    places = (("pydicom", "data/test_files"), ("data_store", "data"))
    return [Path(str(resources.files(package))) / place for package, place in places]


def test_a_table_of_one_film_is_one_cluster(plainfilm: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("Modality,BodyPartExamined\nCR,CHEST\n")
    ran = plainfilm("cluster", path)
    assert (ran.code, "one cluster" in ran.err) == (0, True)


def test_several_numbers_of_clusters_are_judged_and_nothing_is_kept(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "judged"
    ran = plainfilm(
        "cluster", films, "--ks", "2,3,4", "--compress", "svd", "--by", "ViewPosition",
        "--out", out, "--json",
    )  # fmt: skip
    assert ran.code == 0
    assert [row["k"] for row in ran.facts["scores"]] == [2, 3, 4] * 2
    assert {row["data"] for row in ran.facts["scores"]} == {"original", "compressed"}
    assert {path.name for path in out.iterdir()} >= {
        "scores.csv", "comparisons.csv", "evaluation.md", "scores_by_k.png", "elbow.png",
    }  # fmt: skip
    with Archive.open(films) as archive:
        assert not archive.rows("SELECT 1 FROM prediction WHERE task = 'cluster'")


def test_the_published_numbers_of_clusters_are_taken_as_far_as_there_are_films(
    plainfilm: Run, table: Path
) -> None:
    ran = plainfilm("cluster", table, "--ks", "paper", "--json")
    assert [row["k"] for row in ran.facts["scores"]] == [4, 7, 11, 15, 20, 25, 30, 40, 50]
    assert "Homogeneity" in plainfilm("cluster", table, "--ks", "2,3").out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--ks", "2,many"), 2, "commas"),
        (("--ks", "2,61"), 1, "number of films"),
        (("--ks", "2", "--k", 2), 1, "choose one"),
        (("--compress", "nothing-such"), 1, "no model"),
    ],
)
def test_numbers_and_compressions_that_cannot_be_are_refused(
    plainfilm: Run, table: Path, options: tuple[object, ...], code: int, words: str
) -> None:
    refused = plainfilm("cluster", table, *options)
    assert refused.code == code
    assert words in refused.err


@pytest.mark.parametrize(
    "tag", ["Patient's Name", "(0010,0010)", "Radiologist", "StudyDate", "Log"]
)
def test_clusters_are_not_judged_by_what_tells_who_or_when(
    plainfilm: Run, tmp_path: Path, tag: str
) -> None:
    path = tmp_path / "films.csv"
    people = ["PLANTED^ANNA", "PLANTED^OTTO"]
    rows = [["Patient's Name", "Radiologist", "StudyDate", "Log", "Grid", "KVP"]]
    rows += [
        [people[n % 2]] * 2 + ["20200101", people[n % 2], f"G{n % 2}", f"{n}"] for n in range(40)
    ]
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    refused = plainfilm("cluster", path, "--by", tag)
    assert refused.code == 1
    assert "no tag to judge clusters by" in refused.err
    ran = plainfilm("cluster", path, "--leave-out", tag, "--k", 2, "--out", tmp_path / "out")
    assert ran.code == 0
    written = "".join(file.read_text() for file in (tmp_path / "out").iterdir())
    assert "PLANTED" not in written + ran.out + ran.err


@pytest.mark.parametrize("command", [("cluster",), ("train", "tags"), ("train", "films")])
def test_a_seed_below_zero_is_wrong_usage(plainfilm: Run, table: Path, command: tuple[str]) -> None:
    assert plainfilm(*command, table, "--seed", -1).code == 2


def test_fewer_clusters_than_asked_for_are_said(plainfilm: Run, tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("Modality,Grid\n" + "CR,A\nDX,B\n" * 10)
    assert "2 clusters, not 5" in plainfilm("cluster", path, "--k", 5).err
    facts = plainfilm("cluster", path, "--k", 5, "--json").facts
    assert (facts["asked"], len(facts["clusters"])) == (5, 2)


def test_ids_are_named_as_tags_are_and_never_told(plainfilm: Run, tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("Patient ID,KVP\n" + "".join(f"p{n},{60 + n % 2}\n" for n in range(8)))
    ran = plainfilm("cluster", path, "--id", "PatientID", "--out", tmp_path / "out")
    assert ran.code == 0
    assert _rows(tmp_path / "out" / "films.csv")[0]["Patient ID"] == "p0"
    path.write_text("Patient ID,KVP\nsecret,60\np,70\nsecret,80\n")
    twice = plainfilm("cluster", path, "--id", "PatientID")
    assert (twice.code, "rows 2, 4" in twice.err, "secret" in twice.err) == (1, True, False)


def test_what_is_no_table_or_archive_is_said_without_its_bytes(
    plainfilm: Run, tmp_path: Path
) -> None:
    path = tmp_path / "films.csv.gz"
    path.write_text("hello")
    packed = plainfilm("cluster", path)
    assert (packed.code, "not gzipped" in packed.err, "he'" in packed.err) == (1, True, False)
    assert "neither an archive nor a table" in plainfilm("cluster", tmp_path).err


def test_names_that_begin_alike_come_first(plainfilm: Run, table: Path) -> None:
    refused = plainfilm("cluster", table, "--by", "Body")
    assert "near names are BodyPartExamined" in refused.err
