"""The table of training films, and how patients are dealt into parts."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.categories.training.films import (
    TrainingFilm,
    deal,
    load_squares,
    read_training_films,
)
from plainfilm.dicom import encode_png
from plainfilm.errors import BadTable, Reason
from plainfilm.records import Location


def _table(folder: Path, *lines: str) -> Path:
    path = folder / "films.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def _film(patient: str, category: str = "knee_ap") -> TrainingFilm:
    return TrainingFilm(Location(Path(f"{patient}.png")), category, patient)


def test_files_are_relative_to_the_table_and_options_are_read(tmp_path: Path) -> None:
    table = _table(
        tmp_path,
        "file,category,patient,member,upright,collage,weight,measured,source",
        "a.png,knee_ap,p1,,,,,,",
        "b.zip,other,p2,in/b.dcm,0,1,2.5,0,clinic",
    )
    plain, marked = read_training_films(table)
    assert plain == TrainingFilm(Location(tmp_path / "a.png"), "knee_ap", "p1", name="a.png")
    assert marked.location == Location(tmp_path / "b.zip", "in/b.dcm")
    assert (marked.upright, marked.collage, marked.weight) == (False, True, 2.5)
    assert (marked.measured, marked.source) == (False, "clinic")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("file,category", "a,knee_ap"), "patient"),
        (("file,category,patient", "a,kneecap,p"), "row 2: the category"),
        (("file,category,patient", "a,,p"), "row 2: category is empty"),
        (("file,category,patient", "a,knee_ap,"), "row 2: patient is empty"),
        (("file,category,patient,weight", "a,knee_ap,p,heavy"), "weight is not a number"),
        (("file,category,patient,weight", "a,knee_ap,p,-1"), "weight must be above 0"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    tmp_path: Path, lines: tuple[str, ...], told: str
) -> None:
    with pytest.raises(BadTable, match=told):
        read_training_films(_table(tmp_path, *lines))


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(["knee_ap", "knee_lateral", "other"])),
        min_size=3,
        max_size=60,
    )
)
def test_no_patient_is_in_two_parts(rows: list[tuple[int, str]]) -> None:
    films = [_film(f"p{patient}", category) for patient, category in rows]
    parts = deal(films, 3)
    for patient in {film.patient for film in films}:
        own = {part for film, part in zip(films, parts, strict=True) if film.patient == patient}
        assert len(own) == 1


def test_every_part_gets_its_share_of_a_rare_category() -> None:
    films = [_film(f"c{n}", "chest_pa_ap") for n in range(90)]
    films += [_film(f"r{n}", "patella_axial") for n in range(6)]
    counts = Counter(
        part
        for film, part in zip(films, deal(films, 3).tolist(), strict=True)
        if film.category == "patella_axial"
    )
    assert counts == {0: 2, 1: 2, 2: 2}


def test_films_are_dealt_the_same_way_each_time() -> None:
    films = [_film(f"p{n}", "knee_ap" if n % 3 else "other") for n in range(30)]
    assert deal(films, 3).tolist() == deal(films, 3).tolist()


def test_films_that_cannot_be_read_are_told_and_left_out(tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    gradient = np.tile(np.arange(200, dtype=np.uint8), (150, 1))
    good.write_bytes(encode_png(gradient))
    (tmp_path / "bad.png").write_text("no image")
    films = [
        TrainingFilm(Location(tmp_path / "bad.png"), "knee_ap", "p1"),
        TrainingFilm(Location(good), "knee_ap", "p2"),
    ]
    done: list[int] = []
    squares, read, rejections = load_squares(films, 64, tmp_path / "s.npy", done.append)
    assert read == [1]
    assert squares[1].max() > 100
    assert [rejection.reason for rejection in rejections] == [Reason.NOT_AN_IMAGE]
    assert done == [2]
