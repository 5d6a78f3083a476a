"""Training on a few made films: what it writes, that it can be run, that it goes on."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import MobileNetV1Config, MobileNetV1Model

from plainfilm.categories.training import (
    CLASSES,
    PRESETS,
    Notes,
    Plan,
    Trained,
    TrainingFilm,
    read_notes,
    train_network,
    write_model,
)
from plainfilm.categories.training.network import HEADS, CategoryNetwork
from plainfilm.dicom import encode_png
from plainfilm.errors import BadTable, ModelError, SettingsError
from plainfilm.models import Network, find_model
from plainfilm.models.backbones import make_backbone
from plainfilm.models.card_notes import SourceNotes
from plainfilm.models.export import export_onnx
from plainfilm.models.training import Schedule
from plainfilm.records import Location

_PLAN = replace(
    PRESETS["default"],
    side=64,
    schedule=Schedule(steps=2),
    poses=Schedule(steps=1),
    sides=Schedule(steps=1),
    folds=2,
    measured=1,
)


def _silent(_title: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[TrainingFilm]:
    folder = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    found = []
    for number in range(24):
        path = folder / f"{number}.png"
        film = random.integers(0, 120, (96, 80)).astype(np.uint8)
        film[:40] += 100 * (number % 2)
        path.write_bytes(encode_png(film))
        category = ("knee_ap", "chest_pa_ap")[number % 2]
        found.append(TrainingFilm(Location(path), category, f"p{number // 2}", source="made"))
    return found


@pytest.fixture(scope="module")
def trained(
    films: list[TrainingFilm], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Trained, Path]:
    keep = tmp_path_factory.mktemp("keep")
    return train_network(films, _PLAN, keep, _silent), keep


def test_held_out_films_are_one_part(trained: tuple[Trained, Path]) -> None:
    held_out = trained[0].held_out
    assert len(held_out.films) == 12
    assert held_out.logits["category"].shape == (12, 31)
    assert held_out.posed_logits["turn"].shape == (12, 4)


def test_a_training_that_was_stopped_goes_on(
    films: list[TrainingFilm], trained: tuple[Trained, Path]
) -> None:
    before, keep = trained
    told: list[str] = []
    again = train_network(films, _PLAN, keep, lambda title, _done, _total: told.append(title))
    assert set(told) == {"reading films"}
    for old, new in zip(before.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(old, new)


def test_other_labels_are_learnt_anew(
    films: list[TrainingFilm], trained: tuple[Trained, Path]
) -> None:
    told: list[str] = []
    changed = [replace(films[0], category="other"), *films[1:]]
    train_network(changed, _PLAN, trained[1], lambda title, _done, _total: told.append(title))
    assert "training on all films" in told


def test_what_is_written_can_be_run_and_says_what_the_network_says(
    films: list[TrainingFilm], trained: tuple[Trained, Path], tmp_path: Path
) -> None:
    notes = Notes(licence="none", data=(SourceNotes("made", "Made", "free"),))
    card = write_model(tmp_path / "m", "made", "7", trained[0], films, _PLAN, notes)
    network = Network(find_model(tmp_path / "m"))
    squares = np.random.default_rng(1).integers(0, 255, (5, 64, 64), np.uint8)
    with torch.no_grad():
        logits = trained[0].network(torch.from_numpy(squares))[0].numpy()
    covered = ~np.isin(card.classes, card.uncovered)
    said = network(squares).category
    assert (said[:, ~covered] == 0).all()
    order = logits[:, covered].argmax(axis=1)
    assert (said[:, covered].argmax(axis=1) == order).all()
    assert set(card.uncovered) == set(card.classes) - {"knee_ap", "chest_pa_ap"}
    assert [(data.name, data.films, data.patients) for data in card.data] == [("Made", 24, 12)]
    assert sum(row.films for row in card.categories) == 12
    with (tmp_path / "m" / "held_out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["file"] for row in rows} <= {str(film.location) for film in films}
    assert len(rows) == 12


def test_export_keeps_the_logits_in_half_the_size(tmp_path: Path) -> None:
    torch.manual_seed(0)
    backbone = make_backbone("efficientnet-lite0")
    network = CategoryNetwork(backbone.network, backbone.channels, 64, 31).eval()
    torch.nn.init.normal_(network.category.weight, std=0.05)
    path = tmp_path / "n.onnx"
    export_onnx(network, torch.zeros(2, 64, 64, dtype=torch.uint8), HEADS, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    films = np.random.default_rng(0).integers(0, 255, (3, 64, 64), np.uint8)
    with torch.no_grad():
        expected = network(torch.from_numpy(films))
    for said, value in zip(session.run(None, {"film": films}), expected, strict=True):
        assert np.abs(said - value.numpy()).max() < 0.02 * max(1.0, np.abs(said).max())
    assert path.stat().st_size < 8_000_000
    assert b"plainfilm" not in path.read_bytes()  # no stack traces, no paths of this machine


def test_the_papers_recipe_trains_a_layer_and_leaves_the_backbone(
    films: list[TrainingFilm], tmp_path: Path
) -> None:
    plan = replace(
        PRESETS["paper"],
        backbone="efficientnet-lite0",
        side=64,
        schedule=replace(PRESETS["paper"].schedule, steps=200),
        folds=2,
        measured=1,
    )
    trained = train_network(films, plan, tmp_path, _silent)
    untouched = make_backbone("efficientnet-lite0").network
    learnt = trained.network.backbone
    for old, new in zip(untouched.parameters(), learnt.parameters(), strict=True):
        assert torch.equal(old, new)
    card = write_model(tmp_path / "m", "paper", "1", trained, films, plan, Notes())
    assert card.untrained == ("turn", "mirrored", "inverted", "collage")
    assert not any("turn" in figure.name for figure in card.figures)
    held_out = trained.held_out
    truth = [films[number].category == "knee_ap" for number in held_out.films]
    logits = held_out.logits["category"]
    knee, chest = (CLASSES.index(name) for name in ("knee_ap", "chest_pa_ap"))
    assert ((logits[:, knee] > logits[:, chest]) == truth).mean() == 1


def test_mobilenet_v1_runs_from_a_folder_of_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    MobileNetV1Model(MobileNetV1Config(depth_multiplier=0.25)).save_pretrained(tmp_path)
    backbone = make_backbone("mobilenet-v1", weights=str(tmp_path))
    features = backbone.network(torch.zeros(2, 1, 64, 64))
    assert features.shape == (2, backbone.channels, 2, 2)


def test_missing_weights_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="--weights"):
        make_backbone("mobilenet-v1", weights=str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"folds": 1, "measured": 1}, "folds"),
        ({"folds": 2, "measured": 3}, "measured"),
        ({"backbone": "resnet"}, "backbone"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(
    films: list[TrainingFilm], tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        train_network(films, replace(_PLAN, **change), tmp_path, _silent)


def test_one_category_is_too_few(films: list[TrainingFilm], tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="1 categories"):
        train_network(films[::2], _PLAN, tmp_path, _silent)


def test_notes_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "notes.toml"
    path.write_text('licence = "x"\n[[data]]\nsource = "a"\n')
    with pytest.raises(BadTable, match="name"):
        read_notes(path)
    path.write_text('author = "x"\n')
    with pytest.raises(BadTable, match="author"):
        read_notes(path)
    path.write_text("licence = 3\n")
    with pytest.raises(BadTable, match="str"):
        read_notes(path)
    path.write_text('licence = "x"\nknown_failures = ["y"]\n')
    assert read_notes(path) == Notes(licence="x", known_failures=("y",))


def test_plans_are_what_the_documentation_says() -> None:
    paper: Plan = PRESETS["paper"]
    assert (paper.recipe, paper.backbone) == ("frozen", "mobilenet-v1")
    assert (paper.schedule.steps, paper.schedule.learning_rate) == (22_000, 0.1)
