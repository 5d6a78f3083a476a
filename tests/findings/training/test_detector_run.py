"""From films with boxes to a detector with its card, and on from where a training was stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from plainfilm.errors import BadTable, ModelError, SettingsError
from plainfilm.findings.training.box_changes import BoxChanges
from plainfilm.findings.training.detection_data import BoxedFilms
from plainfilm.findings.training.detector_model import (
    PREDICTED_FILE,
    TRUTH_FILE,
    BoxTask,
    write_detector,
)
from plainfilm.findings.training.detector_run import DETECTOR_PRESETS, DetectorPlan, train_detector
from plainfilm.findings.training.detectors import Detector as TrainedNetwork
from plainfilm.findings.training.detectors.anchors import Anchors
from plainfilm.findings.training.lesions import LESION_CLASSES
from plainfilm.findings.training.read_boxed_films import read_boxed_films
from plainfilm.findings.training.spine_like_folder import write_spine_like_films
from plainfilm.models import find_detector
from plainfilm.models.card_notes import Notes
from plainfilm.models.detector import Detector
from plainfilm.models.runtime import open_session
from plainfilm.models.training import Checkpoint, Schedule

PLAN = DetectorPlan(
    settings={
        "anchors": Anchors(strides=(16, 32), octaves=1),
        "width": 8,
        "pyramids": 1,
        "depth": 1,
        "pretrained": False,
    },
    rows=96,
    columns=64,
    batch=2,
    schedule=Schedule(steps=4, warm_up=1),
    changes=BoxChanges(shorter=(56, 64), longer=112, shift=0.05, tilt=3.0, grey=0.2),
)


def quiet(_title: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("films") / "data"
    write_spine_like_films(made, train=10, test=4, seed=2)
    return made


@pytest.fixture(scope="module")
def data(folder: Path) -> BoxedFilms:
    return read_boxed_films(folder)


def test_a_detector_is_trained_measured_and_written_with_its_card(
    data: BoxedFilms, tmp_path: Path
) -> None:
    trained = train_detector(data, PLAN, tmp_path / "keep", quiet)
    assert (trained.films, trained.held_out) == (10, 4)
    card = write_detector(tmp_path, "tiny", "1", trained, data, PLAN, BoxTask(), Notes())
    assert card.labels == LESION_CLASSES
    assert (card.rows, card.columns, card.overlap) == (96, 64, 0.5)
    assert card.figures[0].name == "mAP@0.5"
    assert "4 films were held out" in card.split
    assert "image_id,lesion_type" in (tmp_path / PREDICTED_FILE).read_text()
    true = (tmp_path / TRUTH_FILE).read_text().splitlines()
    assert len(true) == 1 + sum(len(film.labels) for film in data.films if film.part == "test")
    model = find_detector(tmp_path)
    assert len(Detector(model).run(np.zeros((96, 64), np.float32))) >= 0
    _same_as_onnx(trained.network, open_session(model, 1).run)


def _same_as_onnx(network: TrainedNetwork, run: Callable[..., list[np.ndarray]]) -> None:
    films = np.random.default_rng(0).random((3, 1, 96, 64), np.float32)
    with torch.no_grad():
        boxes, scores, _ = network.eval()(torch.from_numpy(films))
    said = run(["boxes", "scores", "labels"], {"films": films})
    assert said[2].dtype == np.int64
    # Weights are stored in half precision.
    assert np.allclose(scores.numpy(), said[1], atol=5e-3)
    assert np.allclose(boxes.sum((1, 2)).numpy(), said[0].sum((1, 2)), rtol=0.05)


def test_a_stopped_training_ends_as_it_would_have_ended(data: BoxedFilms, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(title: str, done: int, _total: int) -> None:
        if title == "training" and done == 3:
            raise StoppedError

    whole = train_detector(data, PLAN, tmp_path / "whole", quiet)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "plainfilm.findings.training.detector_run.Checkpoint",
            lambda *given: Checkpoint(*given, every=2),
        )
        with pytest.raises(StoppedError):
            train_detector(data, PLAN, tmp_path / "stopped", stop)
        assert (tmp_path / "stopped" / "detector.pt").exists()
        again = train_detector(data, PLAN, tmp_path / "stopped", quiet)
    for first, second in zip(whole.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(first, second)


def test_a_checkpoint_of_another_architecture_or_plan_is_refused(
    data: BoxedFilms, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "plainfilm.findings.training.detector_run.Checkpoint",
            lambda *given: Checkpoint(*given, every=1),
        )
        short = PLAN.shortened(1)
        train_detector(data, short, tmp_path, quiet)
        wider = replace(short, settings=dict(PLAN.settings) | {"width": 16})
        with pytest.raises(ModelError, match="is of another architecture"):
            train_detector(data, wider, tmp_path, quiet)
        with pytest.raises(ModelError, match="another plan"):
            train_detector(data, replace(short, seed=1), tmp_path, quiet)


def test_patients_are_dealt_out_where_no_list_divides_them(
    data: BoxedFilms, tmp_path: Path
) -> None:
    films = tuple(
        replace(film, part="", patient=str(place // 2)) for place, film in enumerate(data.films)
    )
    loose = replace(data, films=films)
    trained = train_detector(loose, replace(PLAN.shortened(1), parts=3), tmp_path / "a", quiet)
    assert trained.held_out % 2 == 0
    assert trained.films + trained.held_out == len(films)
    alone = train_detector(loose, replace(PLAN.shortened(1), parts=1), tmp_path / "b", quiet)
    assert (alone.held_out, alone.boxes) == (0, None)
    with pytest.raises(BadTable, match="fewer patients than 9 parts"):
        train_detector(loose, replace(PLAN, parts=9), tmp_path / "c", quiet)
    both = replace(data, films=tuple(replace(film, patient="one") for film in data.films))
    with pytest.raises(BadTable, match="1 patients have films for training and for the test"):
        train_detector(both, PLAN, tmp_path / "d", quiet)


def test_a_folder_that_cannot_be_written_is_told(data: BoxedFilms, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SettingsError, match="cannot write to"):
        train_detector(data, PLAN, tmp_path / "taken", quiet)
    (tmp_path / "keep" / "films").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"cannot write .*films: Is a directory"):
        train_detector(data, PLAN, tmp_path / "keep", quiet)


def test_films_without_any_box_teach_nothing(data: BoxedFilms, tmp_path: Path) -> None:
    bare = tuple(replace(film, boxes=np.zeros((0, 4)), labels=(), part="") for film in data.films)
    with pytest.raises(BadTable, match="has a box"):
        train_detector(replace(data, films=bare), PLAN, tmp_path, quiet)


def test_the_papers_preset_is_the_papers() -> None:
    paper = DETECTOR_PRESETS["paper"]
    assert paper.changes.shorter == (640, 800)
    assert (paper.schedule.optimizer, paper.schedule.steps) == ("sgd", 50_000)
    assert paper.schedule.drops == (30_000,)
    assert paper.shortened(50).schedule.drops == (30,)


@pytest.mark.parametrize("given", [{"rows": 100}, {"batch": 0}, {"parts": 0}], ids=str)
def test_a_plan_out_of_range_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(SettingsError):
        replace(PLAN, **given)  # type: ignore[arg-type]
