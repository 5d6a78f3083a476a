"""Training autoencoders of tags on a few made films."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from plainfilm.clusters import Features, FeatureSettings, build_features, compression_named
from plainfilm.clusters.training import Notes, Plan, Shape, Trained, train_tags, write_model
from plainfilm.clusters.training.network import Autoencoder, learn, mean_error
from plainfilm.errors import BadTable, SettingsError
from plainfilm.models import TagEncoder, find_tag_model

_PLAN = Plan(bottleneck=4, tried=2, epochs=3)


def _silent(_title: str, _done: int, _total: int) -> None:
    pass


def _films(films: int = 300) -> Features:
    """Films of five devices, each with its own values of three tags."""
    random = np.random.default_rng(0)
    device = random.integers(0, 5, films)
    return build_features(
        pa.table(
            {
                "Manufacturer": [f"M{number}" for number in device],
                "FilterType": [f"F{number % 3}" for number in device],
                "Grid": [f"G{number % 2}" for number in device],
                "KVP": device * 10.0 + random.random(films),
            }
        )
    )


@pytest.fixture(scope="module")
def features() -> Features:
    return _films()


@pytest.fixture(scope="module")
def trained(features: Features) -> Trained:
    return train_tags(features, _PLAN, _silent)


def test_the_published_network_is_built_as_published() -> None:
    network = Autoencoder(565, Shape((256, 128, 64), 56))
    kinds = [type(layer).__name__ for layer in network.encoder]
    assert kinds == ["Linear", "BatchNorm1d", "LeakyReLU"] * 4
    widths = [layer.weight.shape[0] for layer in network.encoder if hasattr(layer, "in_features")]
    assert widths == [256, 128, 64, 56]
    widths = [layer.weight.shape[0] for layer in network.decoder if hasattr(layer, "in_features")]
    assert widths == [64, 128, 256, 565]
    assert type(network.decoder[-1]).__name__ == "Sigmoid"
    assert [type(layer).__name__ for layer in network.decoder[-3:-1]] == ["LeakyReLU", "Linear"]


def test_films_are_given_back_better_than_by_means(trained: Trained) -> None:
    assert trained.error < 0.7 * trained.column_means_error
    assert (trained.films, trained.held_out) == (270, 30)


def test_the_error_of_means_is_that_of_the_films_learnt_from(features: Features) -> None:
    found = train_tags(features, replace(_PLAN, tried=1, epochs=1), _silent)
    order = np.random.default_rng(0).permutation(300)
    dense = features.matrix.toarray()
    means = dense[order[30:]].mean(axis=0)
    expected = np.square(dense[order[:30]] - means).mean()
    assert found.column_means_error == pytest.approx(expected, rel=1e-4)


def test_distances_are_kept_where_they_count(features: Features) -> None:
    plan = replace(_PLAN, tried=1, epochs=60)
    kept, as_published = (
        train_tags(features, replace(plan, distances=weight), _silent).distance_error
        for weight in (0.1, 0.0)
    )
    assert kept < 0.7 * as_published


def test_the_shape_with_the_lowest_error_is_kept(trained: Trained) -> None:
    errors = [each.error for each in trained.tried]
    assert errors == sorted(errors)
    assert len({each.shape for each in trained.tried}) == 2
    assert trained.shape == trained.tried[0].shape
    assert trained.error == errors[0]
    assert all(each.shape.bottleneck <= 4 for each in trained.tried)


def test_the_same_seed_gives_the_same_network(features: Features) -> None:
    one, two, other = (
        train_tags(features, replace(_PLAN, tried=1, epochs=1, seed=seed), _silent).network
        for seed in (0, 0, 1)
    )
    weights = [next(network.parameters()).detach() for network in (one, two, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_written_model_runs_without_torch_as_it_was_trained(
    features: Features, trained: Trained, tmp_path: Path
) -> None:
    card = write_model(tmp_path / "m", "m", "1", trained, features, _PLAN, Notes("mine"))
    model = find_tag_model(tmp_path / "m")
    assert model.card == card
    assert (card.columns, card.outputs) == (len(features.columns), trained.shape.bottleneck)
    assert [figure.value for figure in card.figures] == [
        trained.error,
        trained.distance_error,
        trained.column_means_error,
    ]
    dense = features.matrix.toarray()
    with torch.no_grad():
        expected = trained.network.encoder(torch.from_numpy(dense)).numpy()
    found = TagEncoder(model)(features.matrix)
    assert found == pytest.approx(expected, abs=0.02)  # weights are kept in half precision
    points = compression_named(str(tmp_path / "m")).points(features)
    assert np.array_equal(points, found)


def test_films_that_are_alike_stay_so(features: Features, trained: Trained, tmp_path: Path) -> None:
    """In whatever place of a batch: equal films must not make two clusters."""
    write_model(tmp_path / "m", "m", "1", trained, features, _PLAN, Notes())
    encoder = TagEncoder(find_tag_model(tmp_path / "m"))
    one = np.tile(features.matrix[[7]].toarray(), (4_097, 1))
    assert len(np.unique(encoder(one), axis=0)) == 1


def test_a_batch_need_not_be_filled() -> None:
    films = _films(65).matrix
    done: list[int] = []
    network = learn(
        films, Shape((8,), 2), epochs=2, batch=64, distances=0.1, seed=0, progress=done.append
    )
    assert done == [1, 2]
    assert np.isfinite(mean_error(network, films))


def test_many_films_are_searched_by_a_part_and_learnt_whole(
    features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plainfilm.clusters.training.search._SEARCHED_FILMS", 100)
    told: list[str] = []
    found = train_tags(features, _PLAN, lambda title, _done, _of: told.append(title))
    assert dict.fromkeys(told) == dict.fromkeys(
        ["shape 1 of 2", "shape 2 of 2", "training on all films"]
    )
    assert found.error < found.tried[0].error


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kept": 0.0}, "shares"),
        ({"kept": 1.0}, "shares"),
        ({"held_out": 1.0}, "shares"),
        ({"tried": 0}, "shape"),
        ({"distances": -0.1}, "distances"),
        ({"distances": float("nan")}, "distances"),
        ({"epochs": 0}, "epoch"),
        ({"batch": 1}, "two films"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(fields: dict[str, float], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Plan(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("bottleneck", [0, 11, 500])
def test_a_bottleneck_is_narrower_than_the_films(features: Features, bottleneck: int) -> None:
    with pytest.raises(SettingsError, match="does not compress"):
        train_tags(features, replace(_PLAN, bottleneck=bottleneck), _silent)


def test_few_films_or_films_without_features_cannot_be_learnt_from() -> None:
    with pytest.raises(BadTable, match="19 films"):
        train_tags(_films(19), _PLAN, _silent)
    same = build_features(pa.table({"Modality": ["CR"] * 30}))
    with pytest.raises(BadTable, match="0 features"):
        train_tags(same, _PLAN, _silent)


def test_words_of_descriptions_cannot_be_learnt() -> None:
    words = {"StudyDescription": ["chest pa", "knee lateral"] * 15, "Grid": ["A", "B", "C"] * 10}
    features = build_features(pa.table(words), FeatureSettings(descriptions=True))
    with pytest.raises(SettingsError, match="descriptions"):
        train_tags(features, _PLAN, _silent)
