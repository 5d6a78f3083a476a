"""What sets clusters apart, and which films do not fit."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from plainfilm.clusters import (
    Clustering,
    TagTable,
    build_features,
    cluster_films,
    cluster_words,
    far_films,
    suspicious,
)
from plainfilm.errors import BadTable, SettingsError

BY = "\N{MULTIPLICATION SIGN}"


def _clustering(labels: Sequence[int], distances: Sequence[float] | None = None) -> Clustering:
    found = np.asarray(labels, np.int32)
    medoids = np.asarray([np.flatnonzero(found == k)[0] for k in range(found.max() + 1)])
    far = np.zeros(len(labels)) if distances is None else distances
    return Clustering(medoids, found, np.asarray(far, np.float32), 0.0, 0)


def _table(**columns: Sequence[object]) -> TagTable:
    return TagTable.of(pa.table({name: list(values) for name, values in columns.items()}))


def test_a_film_that_its_whole_cluster_contradicts_is_listed_with_evidence() -> None:
    parts = ["CHEST"] * 30 + ["ABDOMEN"] + ["KNEE"] * 30
    clustering = _clustering([0] * 31 + [1] * 30, [0.5] * 61)
    (found,) = suspicious(_table(BodyPartExamined=parts), clustering, ["BodyPartExamined"])
    assert (found.row, found.value, found.expected) == (30, "ABDOMEN", "CHEST")
    assert (found.cluster, found.others, found.agreeing, found.alike) == (0, 30, 30, 0)
    # Wilson's lower end of 30 of 30 is 30 / (30 + 1.96²).
    assert found.score == pytest.approx(30 / (30 + 1.959964**2))


# parts of one cluster → rows that are listed
TRUTH: list[tuple[list[str | None], list[int]]] = [
    (["CHEST"] * 10 + ["ABDOMEN"], []),  # ten others prove too little
    (["CHEST"] * 25 + ["ABDOMEN"] * 5, []),  # a mixture
    (["CHEST"] * 40 + ["ABDOMEN"] * 2, [40, 41]),
    (["CHEST"] * 40 + ["PORTABLE CHEST"], []),  # another name of it
    (["CHEST"] * 40 + [None], []),  # says nothing
    ([None] * 40 + ["CHEST"], []),
    ([None] * 40 + ["CHEST"] * 25 + ["HAND"], [65]),
]


@pytest.mark.parametrize(("parts", "rows"), TRUTH)
def test_only_contradiction_by_nearly_all_is_suspicious(
    parts: list[str | None], rows: list[int]
) -> None:
    table = _table(BodyPartExamined=parts, Modality=["CR"] * len(parts))
    found = suspicious(table, _clustering([0] * len(parts)), ["BodyPartExamined", "NoSuchTag"])
    assert sorted(item.row for item in found) == rows


def test_the_surest_comes_first() -> None:
    parts = ["CHEST"] * 25 + ["HAND"] + ["KNEE"] * 200 + ["FOOT"]
    found = suspicious(
        _table(BodyPartExamined=parts), _clustering([0] * 26 + [1] * 201), ["BodyPartExamined"]
    )
    assert [item.value for item in found] == ["FOOT", "HAND"]


def test_films_that_say_the_same_take_away_from_one_anothers_score() -> None:
    table = _table(BodyPartExamined=["CHEST"] * 99 + ["HAND"] * 2)
    first, second = suspicious(table, _clustering([0] * 101), ["BodyPartExamined"])
    assert first.alike == second.alike == 1
    # Wilson's lower end of 99 of 100 at 95 % is 0.9455.
    assert first.score == pytest.approx(0.9455 - 1 / 100, abs=1e-4)


def test_numbers_can_be_judged_too() -> None:
    table = _table(KVP=[60.0] * 30 + [120.0])
    (found,) = suspicious(table, _clustering([0] * 31), ["KVP"])
    assert (found.value, found.expected) == ("120", "60")


def test_films_far_from_every_medoid_are_told_with_what_differs() -> None:
    table = _table(KVP=[60.0] * 20 + [120.0], Modality=["CR"] * 19 + ["DX"] * 2)
    distances = [0.0, 0.1, 0.2, 0.3] * 5 + [3.0]
    (found,) = far_films(_clustering([0] * 21, distances), build_features(table))
    assert (found.row, found.cluster, found.distance) == (20, 0, 3.0)
    assert found.typical == pytest.approx(0.2)
    assert set(found.differs) == {"KVP", "Modality=CR", "Modality=DX"}


def test_a_cluster_is_told_by_what_it_shares_and_what_others_lack() -> None:
    half = [1] * 30
    table = _table(
        Modality=["CR"] * 60,
        BodyPartExamined=["CHEST"] * 60,
        Rows=[2391] * 30 + [1500] * 30,
        Columns=[2945] * 30 + [2000] * 30,
        ImagerPixelSpacing=[[0.146, 0.146]] * 30 + [[0.12, 0.12]] * 30,
        KVP=[117.0, 125.0, 121.0] * 10 + [60.0] * 30,
        PatientName=["Miller^A"] * 60,
        StudyDescription=["portable of Mr. Miller"] * 60,
        Polarity=["NORMAL"] * 60,  # shared by all, so it sets nothing apart
    )
    first, second = cluster_words(table, _clustering([0] * len(half) + [1] * len(half)))
    texts = [word.text for word in first]
    assert texts[:3] == ["CR", "CHEST", f"35{BY}43 cm"]
    assert "117\N{EN DASH}125 kV" in texts
    assert [word.text for word in second][:3] == ["CR", "CHEST", f"18{BY}24 cm"]
    assert "60 kV" in [word.text for word in second]
    assert not any("Miller" in text or "NORMAL" in text for text in texts)


def test_what_all_films_share_and_what_descriptions_say_sets_nothing_apart() -> None:
    table = _table(
        Modality=["CR"] * 20,
        Polarity=["NORMAL"] * 20,
        StudyDescription=["portable of Mr. Miller"] * 10 + ["knee"] * 10,
        Grid=["IN"] * 10 + ["NONE"] * 10,
    )
    first, _ = cluster_words(table, _clustering([0] * 10 + [1] * 10))
    assert [word.text for word in first] == ["CR", "grid IN"]


def test_a_cluster_without_agreement_has_no_words() -> None:
    table = _table(Modality=["CR", "DX"] * 5, ViewPosition=["PA"] + [None] * 9)
    assert cluster_words(table, _clustering([0] * 10)) == [()]


def _films(count: int = 60) -> TagTable:
    halves = (count // 2, count - count // 2)
    return _table(
        BodyPartExamined=["CHEST"] * halves[0] + ["KNEE"] * halves[1],
        KVP=[120.0 + n % 3 for n in range(halves[0])] + [60.0 + n % 3 for n in range(halves[1])],
        Grid=["FOCUSED"] * halves[0] + ["NONE"] * halves[1],
    )


def test_judged_tags_are_no_features() -> None:
    found = cluster_films(_films(), k=2)
    assert found.by == ("BodyPartExamined",)
    assert not any(name.startswith("BodyPart") for name in found.features.columns)
    (score,) = found.scores
    assert score is not None
    assert score.homogeneity == pytest.approx(1)


def test_tags_are_named_as_people_write_them_and_near_names_are_told() -> None:
    assert cluster_films(_films(), by=["body part examined"], k=2).by == ("BodyPartExamined",)
    with pytest.raises(BadTable, match=r"no tag BodyPartExamind; near names are BodyPartExamined"):
        cluster_films(_films(), by=["BodyPartExamind"])
    with pytest.raises(BadTable, match="no name is near"):
        cluster_films(_films(), by=["qqqq"])


@pytest.mark.parametrize("films", [1, 5])
def test_films_that_no_tag_tells_apart_are_one_cluster(films: int) -> None:
    table = _table(Modality=["CR"] * films, BodyPartExamined=["CHEST"] * films)
    found = cluster_films(table)
    assert found.clustering.labels.tolist() == [0] * films
    assert [word.text for word in found.words[0]] == ["CR", "CHEST"]
    assert (list(found.suspicions), list(found.far)) == ([], [])


def test_more_clusters_than_films_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"k \(61\).*60"):
        cluster_films(_films(), k=61)
