"""Clusters as the archive keeps them."""

import pyarrow as pa

from plainfilm.clusters import FilmClusters, KeepClusters, TagTable, cluster_films
from plainfilm.records import Film, Location, Prediction

_FAR, _WRONG = (10, 11), 3


def _found() -> FilmClusters:
    """Thirty films of one kind, thirty of another; two far from all, one with a wrong tag."""
    kinds = [0] * 30 + [1] * 30
    columns = {
        "film_id": [100 + row for row in range(60)],
        "KVP": [(70 if kind else 120) + row % 3 for row, kind in enumerate(kinds)],
        "Grid": ["NONE" if kind else "FOCUSED" for kind in kinds],
        "BodyPartExamined": ["KNEE" if kind else "CHEST" for kind in kinds],
        "PlateType": ["another" if row in _FAR else "code15" for row in range(60)],
    }
    columns["BodyPartExamined"][_WRONG] = "FOOT"
    return cluster_films(TagTable.of(pa.table(columns)), by=["BodyPartExamined"], k=2)


def _kept(found: FilmClusters, film_ids: range) -> list[Prediction]:
    step = KeepClusters.of(found, seed=0, metric="manhattan")
    return step.process([Film(film_id, "", Location("")) for film_id in film_ids])


def test_each_film_is_kept_with_its_cluster_and_what_is_odd_about_it() -> None:
    found = _found()
    kept = {told.film_id: told for told in _kept(found, range(100, 160))}
    assert len(kept) == 60
    details = {film_id: told.details for film_id, told in kept.items()}
    assert {told["size"] for told in details.values()} == {30}
    assert [film for film, told in details.items() if told["far"]] == [100 + row for row in _FAR]
    (against,) = details[100 + _WRONG]["suspicious"]
    assert (against["tag"], against["expected"]) == ("BodyPartExamined", "CHEST")
    assert not details[100]["suspicious"]
    medoid = details[100]["medoid"]
    assert details[medoid]["distance"] == 0
    assert kept[medoid].value == kept[100].value


def test_films_that_were_not_clustered_are_passed_over() -> None:
    assert [told.film_id for told in _kept(_found(), range(98, 102))] == [100, 101]
