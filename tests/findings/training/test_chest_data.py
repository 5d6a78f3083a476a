"""Tables of films with their findings, and who learns from which."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from plainfilm.dicom import encode_png
from plainfilm.errors import BadTable, Reason
from plainfilm.findings.training.chest_data import (
    FilmTable,
    FindingFilm,
    deal,
    labels_of,
    load_squares,
    read_films,
)
from plainfilm.records import Location

_NIH = (
    "Image Index,Finding Labels,Follow-up #,Patient ID\n"
    "00000001_000.png,Cardiomegaly|Pleural_Thickening,0,1\n"
    "00000001_001.png,No Finding,1,1\n"
    "00000002_000.png,Hernia,0,2\n"
)


def _table(folder: Path, text: str) -> Path:
    path = folder / "films.csv"
    path.write_text(text)
    return path


def test_chestxray14s_own_table_is_read(tmp_path: Path) -> None:
    found = read_films(_table(tmp_path, _NIH), images=Path("images"))
    assert len(found.labels) == 14
    first = dict(zip(found.labels, found.films[0].labels, strict=True))
    assert {name for name, value in first.items() if value == 1} == {
        "Cardiomegaly",
        "Pleural_Thickening",
    }
    assert not any(found.films[1].labels)
    assert found.films[2].location == Location(Path("images/00000002_000.png"))
    assert found.films[2].patient == "2"


def test_own_columns_hold_every_kind_of_label(tmp_path: Path) -> None:
    text = "file,patient,Edema,Mass\na.png,p,1,-1\nb.png,q,0,\n"
    found = read_films(_table(tmp_path, text))
    assert found.labels == ("Edema", "Mass")
    assert labels_of(found.films)[0].tolist() == [1, -1]
    assert np.isnan(labels_of(found.films)[1, 1])
    assert read_films(_table(tmp_path, text), findings=["Mass"]).labels == ("Mass",)


def test_labels_may_be_written_as_pandas_writes_them(tmp_path: Path) -> None:
    found = read_films(_table(tmp_path, "file,patient,Mass\na,p,1.0\nb,q,-1.0\nc,r,0.0\n"))
    assert [film.labels for film in found.films] == [(1,), (-1,), (0,)]


def test_films_of_one_zip_file_have_names_of_their_own(tmp_path: Path) -> None:
    text = "file,patient,member,Mass\na.zip,p,1.png,1\na.zip,q,2.png,0\n"
    found = read_films(_table(tmp_path, text))
    assert [film.name for film in found.films] == ["a.zip:1.png", "a.zip:2.png"]
    assert found.films[1].location == Location(tmp_path / "a.zip", "2.png")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,patient,,Edema\na.png,p,,1\n", "column 3 has no name"),
        (
            "file,patient,Edema,part\na.png,p,1,test\nb.png,p,0,train\n",
            "1 patients have films for training and for the test",
        ),
        (
            "file,patient,Edema,part\na.png,p,1,test\nb.png,p,0,\n",
            "1 patients have films for training and for the test",
        ),
        (_NIH.replace(",0,2", ",0,"), "row 4: the image or its patient is empty"),
        (_NIH.replace("00000002_000.png", " "), "row 4: the image or its patient is empty"),
        ("file,patient\na.png,p\n", "no column of a finding"),
        ("file,Edema\na.png,1\n", "patient"),
        ("file,patient,Edema\na.png,,1\n", "row 2: patient is empty"),
        ("file,patient,Edema\na.png,p,2\n", "Edema is none of 1, 0, -1"),
        ("file,patient,Edema,part\na.png,p,1,maybe\n", "part is neither"),
        ("file,patient,Edema\na.png,p,1\na.png,p,1\n", "more than once"),
        ("file,patient,Edema\n", "no film"),
        (_NIH.replace("Hernia", "Rash"), "row 4: a finding is not of ChestX-ray14"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadTable, match=said):
        read_films(_table(tmp_path, text))


def test_a_finding_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="no finding Rash"):
        read_films(_table(tmp_path, _NIH), findings=["Rash"])


def test_official_lists_divide_films(tmp_path: Path) -> None:
    (tmp_path / "test_list.txt").write_text("00000002_000.png\n")
    found = read_films(_table(tmp_path, _NIH), test_list=tmp_path / "test_list.txt")
    assert [film.part for film in found.films] == ["train", "train", "test"]


@pytest.mark.parametrize(
    ("listed", "said"), [("00000001_001.png\n", "1 patients"), ("else.png\n", "no film")]
)
def test_a_list_that_divides_a_patient_is_refused(tmp_path: Path, listed: str, said: str) -> None:
    (tmp_path / "test_list.txt").write_text(listed)
    with pytest.raises(BadTable, match=said):
        read_films(_table(tmp_path, _NIH), test_list=tmp_path / "test_list.txt")


def test_no_patient_is_in_two_parts_and_rare_findings_are_in_all() -> None:
    films = [
        FindingFilm(f"{n}.png", Location(Path(f"{n}.png")), f"p{n // 2}", (float(n % 20 < 2), 0.0))
        for n in range(200)
    ]
    parts = deal(FilmTable(("Mass", "Edema"), tuple(films)), 5)
    homes = defaultdict(set)
    for film, part in zip(films, parts, strict=True):
        homes[film.patient].add(part)
    assert all(len(home) == 1 for home in homes.values())
    rare = np.bincount(parts, weights=[film.labels[0] for film in films])
    assert rare.tolist() == [4, 4, 4, 4, 4]


def test_films_become_squares_and_bad_ones_rejections(tmp_path: Path) -> None:
    film = np.full((90, 45), 200, np.uint8)
    film[0] = 0
    (tmp_path / "good.png").write_bytes(encode_png(film))
    (tmp_path / "blank.png").write_bytes(encode_png(np.full((64, 64), 7, np.uint8)))
    (tmp_path / "none.png").write_text("no image")
    films = [
        FindingFilm(name, Location(tmp_path / name), "p", (0.0,))
        for name in ("good.png", "blank.png", "none.png")
    ]
    squares, rejections = load_squares(films, 64, tmp_path / "squares.npy", lambda _: None)
    assert squares[0, 40, 32] == 200
    assert squares[0, 40, 4] == 0  # black beside a narrow film
    reasons = {number: each.reason for number, each in rejections.items()}
    assert reasons == {1: Reason.BLANK_IMAGE, 2: Reason.NOT_AN_IMAGE}
