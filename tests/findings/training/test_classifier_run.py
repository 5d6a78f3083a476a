"""Training a classifier: it learns, resumes, repeats itself, and is measured on strangers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from plainfilm.dicom import encode_png
from plainfilm.errors import BadTable, ModelError, SettingsError
from plainfilm.evaluate import roc_auc
from plainfilm.findings.training.augment import Changes
from plainfilm.findings.training.chest_data import FilmTable, FindingFilm, labels_of
from plainfilm.findings.training.classifier import Classifier
from plainfilm.findings.training.classifier_learning import said_of
from plainfilm.findings.training.classifier_plan import PRESETS, ClassifierPlan
from plainfilm.findings.training.classifier_run import (
    TrainedClassifier,
    averaged,
    train_classifier,
)
from plainfilm.findings.training.finding_model import Notes, Task, write_classifier
from plainfilm.findings.training.grad_cam import GradientMaps
from plainfilm.findings.training.linear_probe import linear_probe
from plainfilm.models import FindingNetwork, find_finding_model
from plainfilm.models.training import Schedule
from plainfilm.records import Location

_PLAN = replace(
    PRESETS["few-films"],
    side=64,
    batch=8,
    schedule=Schedule(steps=12, learning_rate=1e-3, warm_up=2, averaging=0.5),
    changes=Changes(reach=0.2),
    folds=2,
    copies=2,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ClassifierPlan:
    """A plan of a network so small that a training takes no time."""
    folder = tmp_path_factory.mktemp("network")
    config = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
    (folder / "config.json").write_text(json.dumps({"model_type": "resnet", **config}))
    return ClassifierPlan(
        architecture=f"transformers:{folder}",
        side=32,
        batch=8,
        schedule=Schedule(steps=3, learning_rate=1e-3, warm_up=1, averaging=0.5),
        folds=2,
    )


def _silent(_title: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> FilmTable:
    """Films with a bright disc where they show an opacity, and a stripe where they show a line."""
    folder = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    films = []
    rows, columns = np.mgrid[:72, :72]
    for number in range(32):
        opacity, line = number % 2, number // 2 % 2
        film = random.integers(20, 60, (72, 72)).astype(np.uint8)
        if opacity:
            film[(rows - 22) ** 2 + (columns - 50) ** 2 < 150] = 250
        if line:
            film[50:56] = 220
        path = folder / f"{number}.png"
        path.write_bytes(encode_png(film))
        truth = (float(opacity), float(line))
        films.append(FindingFilm(path.name, Location(path), f"p{number // 2}", truth))
    return FilmTable(("opacity", "line"), tuple(films))


@pytest.fixture(scope="module")
def trained(
    table: FilmTable, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainedClassifier, Path]:
    keep = tmp_path_factory.mktemp("keep")
    return train_classifier(table, _PLAN, keep, _silent), keep


def test_it_finds_what_was_planted_on_films_of_strangers(
    table: FilmTable, trained: tuple[TrainedClassifier, Path]
) -> None:
    truth, said = labels_of(table.films), trained[0].held_out
    assert roc_auc(truth[:, 0], said[:, 0]) > 0.9
    assert roc_auc(truth[:, 1], said[:, 1]) > 0.9


def test_a_training_that_was_stopped_goes_on_and_ends_with_the_same_weights(
    table: FilmTable, trained: tuple[TrainedClassifier, Path], tmp_path: Path
) -> None:
    class Stopped(Exception):
        pass

    def stop(title: str, done: int, _total: int) -> None:
        if title == "part 2" and done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        train_classifier(table, _PLAN, tmp_path, stop)
    told: list[tuple[str, int]] = []
    again = train_classifier(
        table, _PLAN, tmp_path, lambda title, done, _total: told.append((title, done))
    )
    assert ("part 1", 12) not in told
    assert np.array_equal(again.held_out, trained[0].held_out)
    states = (again.network.state_dict(), trained[0].network.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[1])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"architecture": "densenet121"}, "another architecture.*efficientnet-lite0 for 2"),
        ({"side": 96}, "at 64 pixels"),
        ({"uncertain": "ones"}, "other films or by another plan"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    table: FilmTable,
    trained: tuple[TrainedClassifier, Path],
    changed: dict[str, object],
    said: str,
) -> None:
    plan = replace(_PLAN, copies=0, **changed)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=said):
        train_classifier(table, plan, trained[1], _silent)


def test_what_is_written_says_what_the_network_says(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    trained = train_classifier(table, small, tmp_path / "keep", _silent)
    task = Task("chest", ("chest_pa_ap",))
    notes = Notes(licence="none", limits=("Made films.",))
    card = write_classifier(tmp_path / "m", "m", "1", trained, table, small, task, notes)
    assert card.labels == ("opacity", "line")
    assert card.has_maps
    assert "Made films." in card.limits
    assert card.thresholds == {"opacity": None, "line": None}  # fewer than 30 films of a kind
    assert card.notice == "Research use only; not a medical device."
    films = np.random.default_rng(0).random((3, 1, 32, 32)).astype(np.float32)
    answers = FindingNetwork(find_finding_model(tmp_path / "m")).run(films, maps=True)
    with torch.no_grad():
        probabilities, maps = trained.network(torch.from_numpy(films))
    assert np.allclose(answers.probabilities, probabilities.numpy(), atol=2e-3)  # half precision
    assert answers.maps is not None
    assert np.abs(answers.maps - maps.numpy()).max() < 0.05
    lines = (tmp_path / "m" / "held_out.csv").read_text().splitlines()
    assert lines[0] == "id,opacity,line"
    assert len(lines) == 33


def test_a_finding_is_present_where_few_films_without_it_are(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path, trained: tuple[TrainedClassifier, Path]
) -> None:
    films = tuple(
        replace(table.films[0], name=str(n), labels=(float(n % 2), float(n % 3 == 0)))
        for n in range(120)
    )
    many = FilmTable(table.labels, films)
    truth = labels_of(films)
    said = (2 * np.random.default_rng(0).random(truth.shape) + truth) / 3
    held = replace(trained[0], held_out=said.astype(np.float32), rejections={})
    task = Task("chest")
    card = write_classifier(tmp_path / "m", "m", "1", held, many, small, task, Notes())
    written = (tmp_path / "m" / "held_out.csv").read_text().splitlines()[1:]
    told = np.array([line.split(",")[1:] for line in written], float)
    for place, label in enumerate(card.labels):
        without = told[truth[:, place] == 0, place]
        least = card.present_from[label]
        assert (without >= least).mean() <= 0.05
        assert (card.thresholds[label] or 1) <= least
        shown = (told[truth[:, place] == 1, place] >= least).mean()
        names = {figure.name: figure.value for figure in card.figures}
        assert names[f"sensitivity for {label}, called present"] == pytest.approx(shown)
    assert any("at most 5% of the films without it" in limit for limit in card.limits)


class _Largest(nn.Module):
    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps.amax((2, 3))


def _with_own_head(pool: nn.Module, films: int) -> tuple[Classifier, TrainedClassifier]:
    """A network whose logits are no means of maps, as if it had learnt from all films."""
    torch.manual_seed(0)
    maps = nn.Conv2d(1, 6, 3, 4, 1)
    network = Classifier(nn.Sequential(maps, nn.ReLU(), pool, nn.Flatten(), nn.Linear(6, 2)))
    nobody = np.full((films, 2), np.nan, np.float32)
    return network, TrainedClassifier(network, (), np.full(films, -1, np.intp), nobody, {})


def test_a_network_whose_gradients_cannot_be_exported_is_written_without_maps(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    _, trained = _with_own_head(nn.AdaptiveMaxPool2d(1), len(table.films))
    card = write_classifier(tmp_path, "m", "1", trained, table, small, Task("chest"), Notes())
    assert not card.has_maps
    assert not any("Grad-CAM" in limit for limit in card.limits)


def test_a_network_with_a_head_of_its_own_is_written_with_maps_by_gradients(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    network, trained = _with_own_head(_Largest(), len(table.films))
    card = write_classifier(tmp_path, "m", "1", trained, table, small, Task("chest"), Notes())
    assert card.has_maps
    assert "Grad-CAM" in card.limits[-1]
    films = torch.rand(3, 1, 32, 32)  # another number than the export's example has
    answers = FindingNetwork(find_finding_model(tmp_path)).run(films.numpy(), maps=True)
    probabilities, wanted = GradientMaps(network.eval())(films)
    assert wanted.shape == (3, 2, 8, 8)
    assert float(wanted.max()) > 0
    assert np.allclose(answers.probabilities, probabilities.numpy(), atol=1e-3)
    assert answers.maps is not None
    assert np.allclose(answers.maps, wanted.numpy(), atol=1e-3)


def test_a_list_decides_who_is_measured(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    films = tuple(
        replace(film, part="test" if number < 8 else "train")
        for number, film in enumerate(table.films)
    )
    found = train_classifier(replace(table, films=films), small, tmp_path, _silent)
    assert found.folds == ()
    assert (~np.isnan(found.held_out).any(axis=1)).tolist() == [True] * 8 + [False] * 24


@pytest.mark.parametrize(("part", "said"), [("test", "none are for the test"), ("", "all are")])
def test_a_list_needs_films_of_both_sides_that_can_be_read(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path, part: str, said: str
) -> None:
    lost = replace(table.films[0], name="lost", location=Location(tmp_path / "lost"), part=part)
    films = tuple(replace(film, part="" if part else "test") for film in table.films)
    with pytest.raises(BadTable, match=said):
        train_classifier(replace(table, films=(lost, *films)), small, tmp_path / "k", _silent)


def test_parts_are_dealt_of_the_films_that_can_be_read(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    lost = tuple(
        replace(film, patient=f"lost {film.patient}", location=Location(tmp_path / "lost"))
        for film in table.films * 4
    )
    found = train_classifier(
        replace(table, films=(*table.films[:4], *lost)), small, tmp_path / "keep", _silent
    )
    assert sorted(found.parts[:4].tolist()) == [0, 0, 1, 1]
    assert set(found.parts[4:].tolist()) == {-1}


@pytest.mark.parametrize(("value", "policy"), [(0.0, "ignore"), (1.0, "ignore"), (-1.0, "ones")])
def test_a_finding_that_nothing_can_be_learnt_of_is_named(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path, value: float, policy: str
) -> None:
    films = tuple(replace(film, labels=(film.labels[0], value)) for film in table.films)
    with pytest.raises(BadTable, match="one kind is not there of line"):
        train_classifier(
            FilmTable(table.labels, films), replace(small, uncertain=policy), tmp_path, _silent
        )


def test_normal_and_abnormal_are_trained_alike_and_averaged(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    films = tuple(replace(film, labels=film.labels[:1]) for film in table.films)
    spine = FilmTable(("abnormal",), films)
    plan = replace(small, loss="two-class")
    members = [
        train_classifier(spine, replace(plan, seed=seed), tmp_path / str(seed), _silent)
        for seed in (0, 1)
    ]
    both = averaged(members)
    wanted = (members[0].held_out + members[1].held_out) / 2
    assert np.allclose(both.held_out, wanted)
    assert both.network.has_maps
    with pytest.raises(SettingsError, match="one finding"):
        train_classifier(table, plan, tmp_path / "two", _silent)


def test_the_spines_published_plan() -> None:
    plan = PRESETS["spine-paper"]
    assert (plan.side, plan.batch, plan.loss) == (224, 32, "two-class")
    assert (plan.schedule.optimizer, plan.schedule.learning_rate) == ("sgd", 1e-3)


def test_films_that_cannot_be_read_are_left_out(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no image")
    bad = FindingFilm("text.png", Location(tmp_path / "text.png"), "p99", (1.0, 1.0))
    more = replace(table, films=(*table.films, bad))
    found = train_classifier(more, small, tmp_path / "keep", _silent)
    assert list(found.rejections) == [32]
    assert np.isnan(found.held_out[32]).all()
    with pytest.raises(BadTable, match=r"none of 1 films.*text\.png, is refused: not_an_image"):
        train_classifier(replace(table, films=(bad,)), small, tmp_path / "none", _silent)


def test_fewer_patients_than_parts_are_refused(
    table: FilmTable, small: ClassifierPlan, tmp_path: Path
) -> None:
    with pytest.raises(BadTable, match="20 parts need as many patients, and there are 16"):
        train_classifier(table, replace(small, folds=20), tmp_path, _silent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": "hinge"},
        {"folds": 0},
        {"batch": 1},
        {"side": 31},
        {"uncertain": "maybe"},
        {"frozen_blocks": 0},
    ],
)
def test_a_plan_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        replace(_PLAN, **wrong)  # type: ignore[arg-type]


def test_probabilities_that_are_no_numbers_are_refused(
    trained: tuple[TrainedClassifier, Path],
) -> None:
    class Broken(type(trained[0].network)):  # type: ignore[misc]
        def forward(self, films: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return (torch.full((len(films), 2), float("nan")),)

    network = trained[0].folds[0]
    broken = Broken.__new__(Broken)
    broken.__dict__.update(network.__dict__)
    with pytest.raises(ModelError, match="no numbers"):
        said_of(broken, np.zeros((2, 64, 64), np.uint8), np.arange(2), 64)


def test_the_default_is_densenet_121() -> None:
    assert ClassifierPlan().architecture == PRESETS["default"].architecture == "densenet121"


def test_the_linear_probe_never_sees_the_part_it_judges() -> None:
    features = np.eye(40, dtype=np.float32)  # tells films apart, and nothing of strangers
    labels = (np.arange(40) % 2 == 0).astype(np.float32)[:, None]
    said = linear_probe(features, labels, np.arange(40) // 8)
    assert abs((roc_auc(labels[:, 0], said[:, 0]) or 0) - 0.5) < 0.2
