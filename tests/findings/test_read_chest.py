"""The step that asks a model which findings films show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tiny_finding_models as tiny
from plainfilm.engine import LocalEngine
from plainfilm.errors import ModelError, Reason
from plainfilm.findings import ReadChest, read_files
from plainfilm.models import find_finding_model
from plainfilm.records import Box, Film, Location, Prediction, Rejection
from plainfilm.steps import parameters_hash

MakeFilm = Callable[..., Film]


def step_of(folder: Path, *, any_category: bool = False, **model: Any) -> ReadChest:
    found = find_finding_model(tiny.write_finding_model(folder, **model))
    return ReadChest.of(found, any_category=any_category)


@pytest.fixture
def step(tmp_path: Path) -> ReadChest:
    return step_of(tmp_path / "model")


def test_each_label_gets_a_prediction_that_names_its_model(step: ReadChest, make: MakeFilm) -> None:
    said = step.process([make(7)])
    predictions = [one for one in said if isinstance(one, Prediction)]
    assert {one.task: one.value for one in predictions} == {
        "chest:top_left": "present",
        "chest:top_right": "absent",
        "chest:bottom_left": "absent",
        "chest:bottom_right": "",  # the card has no threshold for it
    }
    assert predictions[0].film_id == 7
    assert predictions[0].probability == pytest.approx(200 / 255, abs=0.01)
    assert predictions[0].details == {
        "model": "tiny-findings",
        "version": "1",
        "sha256": step.model.sha256,
        "threshold": 0.5,
        "present_from": 0.5,
    }


def test_what_is_present_gets_boxes_in_pixels_of_the_film(step: ReadChest, make: MakeFilm) -> None:
    (box,) = (one for one in step.process([make(7)]) if isinstance(one, Box))
    assert (box.film_id, box.task, box.label) == (7, "chest", "top_left")
    # The quarter is 64 x 64; the map of 8 x 8 places blurs its edges by half a place at most.
    assert (box.xmin, box.ymin) == (0, 0)
    assert box.xmax == pytest.approx(64, abs=8)
    assert box.ymax == pytest.approx(64, abs=8)
    assert box.score == pytest.approx(200 / 255, abs=0.01)


@pytest.mark.parametrize(
    ("grey", "value", "boxes"),
    [
        (100, "absent", 0),
        (150, "possible", 0),  # reaches the threshold of 0.5
        (200, "present", 1),  # reaches 0.7, too
    ],
)
def test_what_is_only_possible_is_not_boxed(
    tmp_path: Path, make: MakeFilm, grey: int, value: str, boxes: int
) -> None:
    step = step_of(tmp_path / "model", present_from={"top_left": 0.7})
    said = step.process([make(1, (grey, 20, 20, 20))])
    (told,) = (one for one in said if getattr(one, "task", "") == "chest:top_left")
    assert told.value == value
    assert told.details["present_from"] == 0.7
    assert len([one for one in said if isinstance(one, Box)]) == boxes


def test_a_map_that_speaks_against_a_finding_everywhere_gives_no_box(
    tmp_path: Path, make: MakeFilm
) -> None:
    step = step_of(tmp_path / "model", maps_less=1.0)
    said = step.process([make(1)])
    assert "present" in {one.value for one in said if isinstance(one, Prediction)}
    assert not [one for one in said if isinstance(one, Box)]


def test_a_film_on_its_side_is_read_upright_and_its_boxes_lie_on_it_as_stored(
    step: ReadChest, make: MakeFilm
) -> None:
    # Bright low on the left; a turn clockwise brings that to the upper left.
    said = step.process([make(1, (20, 20, 200, 20), turn=90)])
    (box,) = (one for one in said if isinstance(one, Box))
    assert box.label == "top_left"
    assert (box.xmin, box.ymax) == (0, 128)
    assert box.ymin == pytest.approx(64, abs=8)
    unsure = step.process([make(2, (20, 20, 200, 20), turn=90, turn_probability=0.6)])
    assert [one.label for one in unsure if isinstance(one, Box)] == ["bottom_left"]


@pytest.mark.parametrize(
    ("category", "told"),
    [("chest_lateral", "chest_lateral"), ("", "not categorized"), (None, "not categorized")],
)
def test_films_that_the_model_was_not_made_for_are_refused_with_the_reason(
    step: ReadChest, make: MakeFilm, category: str | None, told: str
) -> None:
    (said,) = step.process([make(3, category=category)])
    assert isinstance(said, Rejection)
    assert (said.item_id, said.reason) == (3, Reason.CATEGORY_NOT_READ)
    assert said.detail == f"the film is {told}; tiny-findings 1 reads only chest_pa_ap"


def test_a_bad_film_does_not_stop_the_others(step: ReadChest, make: MakeFilm) -> None:
    films = [make(number) for number in range(11)]
    films[4].location.path.write_bytes(films[4].location.path.read_bytes()[:-500])
    films[6].location.path.unlink()
    films[9] = make(9, category="hand_ap")
    said = step.process(films)
    rejected = {one.item_id: one.reason for one in said if isinstance(one, Rejection)}
    assert rejected == {
        4: Reason.TRUNCATED_PIXELS,
        6: Reason.FILE_VANISHED,
        9: Reason.CATEGORY_NOT_READ,
    }
    read = {one.film_id for one in said if isinstance(one, Prediction)}
    assert read == set(range(11)) - {4, 6, 9}


def test_films_in_one_batch_get_the_answers_that_they_get_alone(
    step: ReadChest, make: MakeFilm
) -> None:
    films = [make(number, (20 * number, 250 - 20 * number, 7, 99)) for number in range(10)]
    alone = [said for film in films for said in step.process([film])]
    together = step.process(films)
    key = str  # records of one film keep their order
    assert sorted(together, key=key) == sorted(alone, key=key)


@pytest.mark.parametrize("wrong", [{"nan_above": 0.9}, {"maps_nan_above": 0.9}])
def test_an_answer_that_is_no_number_is_a_rejection_of_its_film_alone(
    tmp_path: Path, make: MakeFilm, wrong: dict[str, float]
) -> None:
    step = step_of(tmp_path / "model", **wrong)
    said = step.process([make(1), make(2, (250, 20, 20, 20)), make(3)])
    (rejection,) = (one for one in said if isinstance(one, Rejection))
    assert (rejection.item_id, rejection.reason) == (2, Reason.UNUSABLE_ANSWER)
    assert {one.film_id for one in said if isinstance(one, Prediction)} == {1, 3}


def test_a_model_without_maps_gives_no_boxes(tmp_path: Path, make: MakeFilm) -> None:
    step = step_of(tmp_path / "model", has_maps=False)
    assert not [one for one in step.process([make(1)]) if isinstance(one, Box)]


def test_a_model_that_was_exchanged_stops_the_work(tmp_path: Path, make: MakeFilm) -> None:
    step = step_of(tmp_path / "model")
    tiny.write_finding_model(tmp_path / "model", nan_above=0.99)
    with pytest.raises(ModelError, match="exchanged"):
        step.process([make(1)])


def test_another_threshold_is_another_parameter_and_another_summary_is_none(
    tmp_path: Path,
) -> None:
    plain, other, told = (
        step_of(tmp_path / name, **card)
        for name, card in (
            ("a", {}), ("b", {"present_from": {"top_left": 0.7}}), ("c", {"summary": "Four."})
        )
    )  # fmt: skip
    assert parameters_hash(plain) != parameters_hash(other)
    assert parameters_hash(plain) == parameters_hash(told)


def test_where_a_model_lies_is_no_parameter(tmp_path: Path) -> None:
    one, other = step_of(tmp_path / "a"), step_of(tmp_path / "b")
    assert parameters_hash(one) == parameters_hash(other)
    assert parameters_hash(one) != parameters_hash(replace(one, level=60.0))


@pytest.mark.parametrize("workers", [1, 2])
def test_files_are_read_in_their_order(tmp_path: Path, make: MakeFilm, workers: int) -> None:
    step = step_of(tmp_path / "model", any_category=True)
    locations = [make(n, category=None).location for n in range(40)]
    locations.insert(5, Location(tmp_path / "missing.dcm"))
    with LocalEngine(workers) as engine:
        read = list(read_files(locations, step, engine))
    assert [film.location for film in read] == locations
    assert read[5].rejection is not None
    assert all(len(film.predictions) == 4 for film in read if film.rejection is None)
    assert read[40].boxes[0].label == "top_left"
