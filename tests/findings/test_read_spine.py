"""The step that joins what a classifier and a detector say of a spine film."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiny_finding_models as tiny
from plainfilm.errors import ModelError, Reason, SettingsError
from plainfilm.findings import ReadSpine
from plainfilm.models import find_detector, find_finding_model
from plainfilm.records import Box, Film, Prediction, Rejection

MakeFilm = Callable[..., Film]

ABNORMAL_FILM = (200, 100, 20, 20)  # classifier 0.78; left half 0.43, right half 0.24
NORMAL_FILM = (100, 200, 250, 20)  # classifier 0.39; left half 0.69, right half 0.43
# The detector takes 64 x 32, into which the square film is fitted as 32 x 32.


@pytest.fixture
def both(tmp_path: Path) -> ReadSpine:
    return step_of(tmp_path)


def step_of(folder: Path, *, detector: bool = True, **classifier: Any) -> ReadSpine:
    return ReadSpine.of(
        find_finding_model(tiny.write_classifier(folder / "classifier", **classifier)),
        find_detector(tiny.write_detector(folder / "detector", framing="stretch"))
        if detector
        else None,
    )


def spine(make: MakeFilm, quarters: tuple[int, int, int, int]) -> Film:
    return make(1, quarters, category="lumbar_spine_ap")


def told(said: list[Any]) -> dict[str, Prediction]:
    return {one.task: one for one in said if isinstance(one, Prediction)}


def test_on_an_abnormal_film_all_boxes_stay(both: ReadSpine, make: MakeFilm) -> None:
    said = both.process([spine(make, ABNORMAL_FILM)])
    boxes = [one for one in said if isinstance(one, Box)]
    assert [(box.task, box.label) for box in boxes] == [("spine", "left"), ("spine", "right")]
    assert boxes[0].score == pytest.approx(110 / 255, abs=0.01)
    left, top, right, bottom = tiny.LESION_BOXES[0]
    found = (boxes[0].xmin, boxes[0].ymin, boxes[0].xmax, boxes[0].ymax)
    assert found == pytest.approx((left * 128, top * 128, right * 128, bottom * 128), abs=0.01)
    answers = told(said)
    assert answers["spine:abnormal"].value == "present"
    assert answers["spine:lesions"].value == "left, right"
    assert answers["spine:lesions"].details["model"] == "tiny-detector"


def test_on_a_normal_film_only_sure_boxes_stay(both: ReadSpine, make: MakeFilm) -> None:
    said = both.process([spine(make, NORMAL_FILM)])
    assert [one.label for one in said if isinstance(one, Box)] == ["left"]
    answers = told(said)
    assert answers["spine:abnormal"].value == "absent"
    assert answers["spine:lesions"].value == "left"
    assert answers["spine:lesions"].details["dropped"] == 1


def test_the_fused_probability_is_the_mean_of_both(both: ReadSpine, make: MakeFilm) -> None:
    fused = told(both.process([spine(make, NORMAL_FILM)]))["spine:fused"]
    assert fused.probability == pytest.approx((100 / 255 + 175 / 255) / 2, abs=0.01)
    assert fused.value == ""
    assert fused.details["classifier"]["model"] == "tiny-spine"  # type: ignore[index]
    assert fused.details["detector"]["model"] == "tiny-detector"  # type: ignore[index]


def test_a_classifier_alone_gives_its_probability(tmp_path: Path, make: MakeFilm) -> None:
    said = step_of(tmp_path, detector=False).process([spine(make, ABNORMAL_FILM)])
    assert list(told(said)) == ["spine:abnormal"]
    assert len(said) == 1


def test_a_detector_alone_keeps_its_boxes(tmp_path: Path, make: MakeFilm) -> None:
    detector = find_detector(tiny.write_detector(tmp_path / "detector"))
    said = ReadSpine.of(None, detector).process([spine(make, NORMAL_FILM)])
    assert list(told(said)) == ["spine:lesions"]
    assert len([one for one in said if isinstance(one, Box)]) == 2


def test_a_film_that_one_model_does_not_read_is_refused(both: ReadSpine, make: MakeFilm) -> None:
    (said,) = both.process([make(1, category="chest_pa_ap")])
    assert isinstance(said, Rejection)
    assert said.reason is Reason.CATEGORY_NOT_READ


def test_a_classifiers_answer_that_is_no_number_is_a_rejection(
    tmp_path: Path, make: MakeFilm
) -> None:
    step = step_of(tmp_path, nan_above=0.5)
    (said,) = step.process([spine(make, ABNORMAL_FILM)])
    assert isinstance(said, Rejection)
    assert said.reason is Reason.UNUSABLE_ANSWER


def test_some_model_is_needed() -> None:
    with pytest.raises(SettingsError, match="needed"):
        ReadSpine.of(None, None)


@pytest.mark.parametrize(
    "card", [{"thresholds": {}}, {"labels": ("Effusion",), "thresholds": {"Effusion": 0.5}}]
)
def test_a_classifier_that_cannot_be_joined_is_refused(
    tmp_path: Path, card: dict[str, Any]
) -> None:
    with pytest.raises(ModelError, match="abnormal"):
        step_of(tmp_path, **card)
