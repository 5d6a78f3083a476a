"""Films in fewer numbers, and several numbers of clusters judged."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from plainfilm.clusters import (
    FeatureSettings,
    TagTable,
    TruncatedSvd,
    Uncompressed,
    build_features,
    cluster_films,
    compression_named,
    features_like,
    judge_by_k,
)
from plainfilm.errors import InputError, ModelError, SettingsError
from tiny_tag_model import write_tag_model

_COLUMNS = {
    "BodyPartExamined": ["CHEST", "KNEE"] * 20,
    "KVP": [120.0, 60.0] * 20,
    "Grid": ["FOCUSED", "NONE"] * 20,
    "StationName": [f"S{number % 4}" for number in range(40)],
    "Manufacturer": [f"M{number % 5}" for number in range(40)],
}


def _table(**columns: list[object]) -> TagTable:
    return TagTable.of(pa.table(_COLUMNS | columns))


def test_other_films_become_the_same_columns() -> None:
    """Values, ranges and missing numbers are those of the films that the columns come from."""
    ours = build_features(
        pa.table({"KVP": [60.0, 120.0, None, 90.0], "Grid": ["A", "A", "B", "B"]})
    )
    theirs = TagTable.of(
        pa.table({"Grid": ["B", "NEW", None], "Modality": ["CR"] * 3, "KVP": [150.0, 75.0, None]})
    )
    found = features_like(theirs, ours.inputs)
    assert found.columns == ("KVP", "KVP missing", "Grid=A", "Grid=B")
    assert found.matrix.toarray().tolist() == [[1, 0, 0, 1], [0.25, 0, 0, 0], [0, 1, 0, 0]]
    reasons = {plan.keyword: plan.reason for plan in found.plan}
    assert reasons == {"KVP": "as_before", "Grid": "as_before", "Modality": "not_in_model"}


def test_values_unknown_before_are_rare_ones_or_hashed() -> None:
    settings = FeatureSettings(rare_share=0.2, most_categories=2, hash_buckets=4)
    values = [*"AAABBB", *"xyz", "A"]
    ours = build_features(pa.table({"Grid": values, "FilterType": [*"PPPQQQRRR", "P"]}), settings)
    assert ours.columns[:3] == ("Grid=A", "Grid=B", "Grid=(rare)")
    theirs = TagTable.of(pa.table({"Grid": ["NEW", "A"], "FilterType": ["NEW", None]}))
    matrix = features_like(theirs, ours.inputs).matrix.toarray()
    assert matrix[:, :3].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert matrix[:, 3:].sum(axis=1).tolist() == [1, 0]


def test_the_same_films_become_the_same_numbers() -> None:
    ours = build_features(_table())
    again = features_like(_table(), ours.inputs)
    assert again.columns == ours.columns
    assert (again.matrix != ours.matrix).nnz == 0


def test_a_tag_that_other_films_lack_is_missing_in_all() -> None:
    ours = build_features(pa.table({"KVP": [60.0, 120.0, None], "Grid": ["A", "B", "A"]}))
    found = features_like(TagTable.of(pa.table({"Grid": ["A"]})), ours.inputs)
    assert found.matrix.toarray().tolist() == [[0, 1, 1, 0]]


def test_svd_keeps_what_numpy_says_is_the_best_of_that_rank() -> None:
    features = build_features(_table())
    svd = TruncatedSvd(kept=0.25)
    points = np.asarray(svd.points(features))
    assert points.shape == (40, round(0.25 * len(features.columns)))
    lengths = np.linalg.svd(features.matrix.toarray(), compute_uv=False)
    assert np.linalg.norm(points, axis=0) == pytest.approx(lengths[: points.shape[1]], rel=1e-5)
    assert np.array_equal(points, svd.points(features))
    assert np.array_equal(points[0], points[20])  # films that are alike stay so


@pytest.mark.parametrize("kept", [0.0, -1.0, 1.01, float("nan")])
def test_svd_keeps_a_share(kept: float) -> None:
    with pytest.raises(SettingsError, match="share"):
        TruncatedSvd(kept)


def test_svd_of_what_cannot_be_made_smaller_is_the_films_themselves() -> None:
    features = build_features(pa.table({"KVP": [60.0, 120.0]}))
    assert TruncatedSvd().points(features) is features.matrix


def test_what_a_model_makes_of_films_is_clustered(tmp_path: Path) -> None:
    inputs = build_features(_table(), FeatureSettings(leave_out=("BodyPartExamined",))).inputs
    columns = sum(each.columns for each in inputs)
    as_they_are = write_tag_model(tmp_path / "same", inputs, outputs=columns)
    summed = write_tag_model(tmp_path / "sum", inputs, outputs=1)
    plain = cluster_films(_table(), by=["BodyPartExamined"], k=2)
    same, one = (
        cluster_films(
            _table(), by=["BodyPartExamined"], k=2, compression=compression_named(str(model))
        )
        for model in (as_they_are, summed)
    )
    assert same.clustering.labels.tolist() == plain.clustering.labels.tolist()
    assert one.clustering.loss != pytest.approx(plain.clustering.loss)
    assert {plan.reason for plan in same.features.plan} == {"as_before", "not_in_model"}


def test_a_model_judges_no_tag_that_it_was_trained_with(tmp_path: Path) -> None:
    inputs = build_features(_table()).inputs
    model = compression_named(str(write_tag_model(tmp_path / "m", inputs, outputs=3)))
    with pytest.raises(SettingsError, match="trained with BodyPartExamined"):
        cluster_films(_table(), compression=model)
    with pytest.raises(SettingsError, match="descriptions"):
        model.features(_table(), FeatureSettings(descriptions=True))


def test_names_stand_for_compressions() -> None:
    assert compression_named("none") == Uncompressed()
    assert compression_named("svd", seed=3) == TruncatedSvd(seed=3)
    with pytest.raises(ModelError, match="no model"):
        compression_named("no-such-model")


@pytest.mark.parametrize("name", ["none", "svd"])
def test_films_without_features_are_one_cluster(name: str) -> None:
    table = TagTable.of(pa.table({"Modality": ["CR"] * 5}))
    found = cluster_films(table, compression=compression_named(name))
    assert len(found.clustering.medoids) == 1


def test_each_number_of_clusters_is_judged_as_if_it_were_alone() -> None:
    done: list[tuple[str, int, int]] = []
    found = judge_by_k(
        _table(),
        [4, 2, 3],
        compression=TruncatedSvd(kept=0.3),
        progress=lambda *told: done.append(told),
    )
    assert done == [(data, n, 3) for data in ("original", "compressed") for n in (1, 2, 3)]
    alone = cluster_films(_table(), k=3)
    assert found.scores["original", "BodyPartExamined", 3] == alone.scores[0]
    assert {key[2:] for key in found.comparisons} == {("original", "compressed")}
    assert [curve.ks for curve in found.curves] == [(2, 3, 4)] * 2


def test_without_compression_there_is_nothing_to_compare() -> None:
    found = judge_by_k(_table(), [2, 3, 4])
    assert {data for data, _, _ in found.scores} == {"original"}
    assert not found.comparisons


def test_a_tag_to_judge_by_that_no_film_has_is_passed_over_unless_it_is_named() -> None:
    table = _table(ViewPosition=[None] * 40)
    assert set(judge_by_k(table, [2]).known) == {"BodyPartExamined"}
    with pytest.raises(InputError, match="ViewPosition"):
        judge_by_k(table, [2], by=["ViewPosition"])


@pytest.mark.parametrize("ks", [[], [0, 3], [41]])
def test_numbers_of_clusters_are_of_the_films(ks: list[int]) -> None:
    with pytest.raises(SettingsError, match="number of films"):
        judge_by_k(_table(), ks)


def test_films_that_no_tag_tells_apart_cannot_be_judged() -> None:
    table = TagTable.of(pa.table({"ViewPosition": ["AP", "PA"], "Modality": ["CR", "CR"]}))
    with pytest.raises(InputError, match="nothing to cluster"):
        judge_by_k(table, [1])
