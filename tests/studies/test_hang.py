"""Reading order, priors, and what turns a film upright."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from made_studies import Made, film_uid, make_archive, study_uid
from plainfilm.archive import Archive
from plainfilm.errors import SettingsError
from plainfilm.records import Outcome
from plainfilm.studies import Hanging, hang

UNDECIDED = Made("now", outcome=Outcome.UNKNOWN)


def hung(tmp_path: Path, films: Sequence[Made], **options: Any) -> Hanging:
    with Archive.open(make_archive(tmp_path, films)) as archive:
        return hang(archive, study_uid("now"), **options)


def order(hanging: Hanging, row: int = 0) -> list[str]:
    return [f"{f.category} {f.laterality}".strip() for f in hanging.films if f.row == row]


# The films of one study as they come, and as they hang.
READING_ORDER = {
    "chest PA stands left of lateral": (
        ["chest_lateral", "chest_pa_ap"],
        ["chest_pa_ap", "chest_lateral"],
    ),
    "AP, oblique, lateral, then others": (
        ["other", "foot_oblique", "ankle_lateral", "foot_ap", "ankle_ap"],
        ["ankle_ap", "ankle_lateral", "foot_ap", "foot_oblique", "other"],
    ),
    "right on the left, both sides of a view beside one another": (
        ["knee_lateral L", "knee_ap L", "knee_lateral R", "knee_ap R"],
        ["knee_ap R", "knee_ap L", "knee_lateral R", "knee_lateral L"],
    ),
    "head to foot": (
        ["lumbar_spine_ap", "cervical_spine_lateral", "thoracic_spine_ap", "cervical_spine_ap"],
        ["cervical_spine_ap", "cervical_spine_lateral", "thoracic_spine_ap", "lumbar_spine_ap"],
    ),
    "one film is a study": (["hand_ap"], ["hand_ap"]),
}


@pytest.mark.parametrize("name", READING_ORDER)
def test_films_hang_in_reading_order(tmp_path: Path, name: str) -> None:
    made, expected = READING_ORDER[name]
    films = [Made("now", *text.split()) for text in made]
    assert order(hung(tmp_path, films)) == expected


def test_collage_stands_behind_other_and_undecided_last(tmp_path: Path) -> None:
    collage = Made("now", "knee_ap", details={"collage": 0.8})
    films = [UNDECIDED, Made("now", "other"), collage, Made("now", "knee_lateral")]
    hanging = hung(tmp_path, films)
    assert order(hanging) == ["knee_lateral", "other", "knee_ap", ""]
    assert [film.position for film in hanging.films] == [0, 1, 2, 3]
    assert [film.why for film in hanging.films[1:]] == [
        ("last: other",),
        ("last: collage",),
        ("last: undecided",),
    ]


def test_film_that_nothing_was_decided_of_is_undecided(tmp_path: Path) -> None:
    assert order(
        hung(tmp_path, [Made("now", outcome=None), Made("now", "hip_oblique_lateral")])
    ) == [
        "hip_oblique_lateral",
        "",
    ]


def test_newer_film_of_one_view_hangs_first(tmp_path: Path) -> None:
    films = [
        Made("now", "chest_pa_ap", time="101500"),
        Made("now", "chest_pa_ap", time="102000"),
        Made("now", "chest_pa_ap", tags={"AcquisitionTime": None}),
    ]
    hanging = hung(tmp_path, films)
    assert [film.sop_instance_uid for film in hanging.films] == [film_uid(n) for n in (1, 0, 2)]


def test_priors_hang_below_same_part_first_then_related_then_newest(tmp_path: Path) -> None:
    films = [
        Made("now", "knee_ap"),
        Made("chest", "chest_pa_ap", date="20240101"),
        Made("old knee", "knee_ap", date="20200101"),
        Made("patella", "patella_axial", date="20230101"),
        Made("knee", "knee_lateral", date="20210101"),
        Made("knee", "chest_pa_ap", date="20210101"),
        Made("later", "knee_ap", date="20240306"),
        Made("same day", "knee_ap", tags={"StudyTime": "110000"}),
        Made("stranger", "knee_ap", patient="P2", date="20230101"),
    ]
    hanging = hung(tmp_path, films, priors=9)
    rows = [order(hanging, row) for row in range(1, 6)]
    assert rows == [
        ["knee_lateral", "chest_pa_ap"],
        ["knee_ap"],
        ["patella_axial"],
        ["chest_pa_ap"],
        [],
    ]
    assert [film.relevance for film in hanging.films] == [
        "study", "same_part", "other_part", "same_part", "related_part", "other_part",
    ]  # fmt: skip


def test_number_of_priors_is_the_callers(tmp_path: Path) -> None:
    films = [Made("now", "knee_ap")]
    films += [Made(f"prior {year}", "knee_ap", date=f"{year}0101") for year in range(2018, 2023)]
    with Archive.open(make_archive(tmp_path, films)) as archive:
        assert {film.row for film in hang(archive, study_uid("now")).films} == {0, 1, 2}
        assert {film.row for film in hang(archive, study_uid("now"), priors=0).films} == {0}
        newest = hang(archive, study_uid("now"), priors=1).films[-1]
        assert newest.study_instance_uid == study_uid("prior 2022")
        with pytest.raises(SettingsError, match="must not be negative"):
            hang(archive, study_uid("now"), priors=-1)


def test_undated_study_is_no_prior_but_is_counted(tmp_path: Path) -> None:
    films = [
        Made("now", "knee_ap"),
        Made("undated", "knee_ap", date=""),
        Made("same hour", "knee_ap", tags={"StudyTime": None}),
    ]
    hanging = hung(tmp_path, films)
    assert (len(hanging.films), hanging.undated) == (1, 2)


# What the pixels and the tag say, and what is done: turn clockwise, flip, invert.
SURE = {"turn": 90, "turn_probability": 0.99}
MENDING: list[tuple[str, dict[str, Any], list[str] | None, tuple[int, bool, bool]]] = [
    ("chest_pa_ap", {}, None, (0, False, False)),
    ("chest_pa_ap", SURE, None, (90, False, False)),
    ("chest_pa_ap", {"turn": 90, "turn_probability": 0.5}, None, (0, False, False)),
    ("chest_pa_ap", {"mirrored": 0.95}, None, (0, True, False)),
    ("chest_pa_ap", {"mirrored": 0.5}, None, (0, False, False)),
    ("chest_pa_ap", {"inverted": 0.95}, None, (0, False, True)),
    ("chest_pa_ap", {"mirrored": None, "collage": None}, None, (0, False, False)),
    # The tag: the patient's directions towards the right and the lower edge.
    ("chest_pa_ap", {}, ["L", "F"], (0, False, False)),
    ("chest_pa_ap", {}, ["R", "H"], (180, False, False)),
    ("chest_pa_ap", {}, ["F", "R"], (90, False, False)),
    ("chest_pa_ap", {}, ["H", "L"], (270, False, False)),
    ("chest_pa_ap", {}, ["R", "F"], (0, True, False)),
    ("chest_pa_ap", {}, ["F", "L"], (90, True, False)),
    ("chest_lateral", {}, ["P", "F"], (0, False, False)),
    ("chest_lateral", {}, ["A", "H"], (180, False, False)),
    ("hand_ap", {}, ["L", "F"], (180, False, False)),
    ("hand_ap", {}, ["R", "H"], (0, False, False)),
    ("patella_axial", {}, ["L", "A"], (0, False, False)),
    ("chest_pa_ap", {}, ["LF", "FR"], (0, False, False)),
    ("chest_pa_ap", {}, ["F", "F"], (0, False, False)),
    ("chest_pa_ap", {}, ["X", "Y"], (0, False, False)),
    ("other", {}, ["R", "H"], (0, False, False)),
    # Sure pixels win over the tag; where they are not sure, the tag speaks.
    ("chest_pa_ap", SURE, ["L", "F"], (90, False, False)),
    ("chest_pa_ap", {"turn": 0, "turn_probability": 0.99}, ["R", "H"], (0, False, False)),
    ("chest_pa_ap", {"turn": 90, "turn_probability": 0.5}, ["R", "H"], (180, False, False)),
    ("chest_pa_ap", {"mirrored": 0.02}, ["R", "F"], (0, False, False)),
    ("chest_pa_ap", {"mirrored": 0.5}, ["R", "F"], (0, True, False)),
]


def test_films_are_turned_flipped_and_inverted(tmp_path: Path) -> None:
    films = [
        Made("now", category, details=details, tags={"PatientOrientation": tag} if tag else {})
        for category, details, tag, _ in MENDING
    ]
    by_uid = {film.sop_instance_uid: film for film in hung(tmp_path, films).films}
    for number, (category, details, tag, expected) in enumerate(MENDING):
        film = by_uid[film_uid(number)]
        done = (film.rotate_degrees_clockwise, film.flip_horizontal, film.invert)
        assert done == expected, (category, details, tag)
        assert bool(film.why) == (done != (0, False, False) or category == "other")


def test_evidence_is_named(tmp_path: Path) -> None:
    film = Made("now", "chest_pa_ap", details={**SURE, "inverted": 0.99})
    tagged = replace(film, details={}, tags={"PatientOrientation": ["F", "L"]})
    whys = {film.why for film in hung(tmp_path, [film, tagged]).films}
    assert whys == {
        ("turn: pixels", "invert: pixels"),
        ("turn: patient_orientation", "flip: patient_orientation"),
    }


def test_unknown_study_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has no film of the study"):
        hung(tmp_path, [Made("another", "knee_ap")])


def test_films_that_nothing_tells_apart_hang_by_their_uids(tmp_path: Path) -> None:
    tags = {"InstanceNumber": 1}
    films = [Made("now", "knee_ap", "R", tags=tags) for _ in range(4)]
    uids = [film.sop_instance_uid for film in hung(tmp_path, films).films]
    assert uids == sorted(uids)
