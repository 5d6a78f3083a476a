"""Tables of clusters and of tags, brought together film by film."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plainfilm.errors import BadTable
from plainfilm.evaluate.clusters_evaluation import ClusterRun
from plainfilm.evaluate.csv_tables import CsvTable, listed
from plainfilm.evaluate.film_tables import cells_of, common_films, film_rows, id_columns, place_of

__all__ = ["ClusterPair", "pair_clusters"]

_CLUSTER: Final = "cluster"
_DISTANCE: Final = "distance"
_RUN: Final = re.compile(r"(?P<data>[A-Za-z][A-Za-z -]*)_(?P<k>[1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True, eq=False)
class ClusterPair:
    """Clusters and tags of the same films, in the order of the table of tags.

    Attributes:
        films: their ids.
        runs: in the order of the columns.
        truth: tag → its value for each film; empty where not known.
        only_predicted, only_true: ids that one table alone has; not compared.
    """

    films: tuple[str, ...]
    runs: tuple[ClusterRun, ...]
    truth: dict[str, list[str]]
    only_predicted: tuple[str, ...]
    only_true: tuple[str, ...]


def pair_clusters(
    predicted: CsvTable,
    truth: CsvTable,
    by: Sequence[str],
    *,
    id_column: str | None = None,
    truth_id: str | None = None,
    by_name: bool = False,
    common: bool = False,
) -> ClusterPair:
    """Read two tables and bring them together by their films.

    Clusters are in the column `cluster`; or in columns such as `original_15` and `compressed_15`,
    which say what was clustered and into how many. Beside each there may be the distance to the
    medoid: `distance`, `original_15_distance`.

    Args:
        by: columns of the truth, at least one.
        id_column: of both tables; where not given, `file` if both have it, else `id`.
        truth_id: the column of the ids in the truth, where it has another name there.
        by_name: compare files by their names, whatever folders stand before them.
        common: compare the films that both tables have; else a film without partner is an error.
    Raises:
        BadTable: columns are missing (the message names near ones); an id is empty, there twice, or
            in one table only; a film has no cluster, or a distance is no number of at least 0 (the
            message names row and column).
    """
    if not by:
        raise BadTable(f"{truth.path}: name at least one column to judge the clusters by")
    for name in by:
        _check_column(truth, name)
    said_id, true_id = id_columns(predicted, truth, id_column, truth_id)
    said = film_rows(predicted, said_id, by_name=by_name)
    true = film_rows(truth, true_id, by_name=by_name)
    films, lone = common_films(predicted, truth, said, true, by_name=by_name, common=common)
    tags = dict(zip(by, cells_of(truth, by), strict=True))
    places = np.array([said[film] for film in films], np.intp)
    return ClusterPair(
        films,
        _runs(predicted, places),
        {tag: [cells[true[film]] for film in films] for tag, cells in tags.items()},
        *lone,
    )


def _check_column(table: CsvTable, name: str) -> None:
    """Names of other columns are shown only where they are near: a table without column names has
    a patient there."""
    if name not in table.columns:
        near = get_close_matches(name, table.columns, n=3)
        hint = f"; near: {listed(near)}" if near else ""
        raise BadTable(f"{table.path}: there is no column {name}{hint}")


def _runs(table: CsvTable, places: NDArray[np.intp]) -> tuple[ClusterRun, ...]:
    named = {name: match for name in table.columns if (match := _RUN.fullmatch(name))}
    columns = [_CLUSTER] if _CLUSTER in table.columns else list(named)
    if not columns:
        raise BadTable(
            f"{table.path}: no column of clusters: neither `{_CLUSTER}` nor columns such as"
            " `original_15`"
        )
    runs: list[ClusterRun] = []
    for name, cells in zip(columns, cells_of(table, columns), strict=True):
        empty = [row for row in places.tolist() if not cells[row]]
        if empty:
            raise BadTable(f"{place_of(table, empty[0], name)}: the film has no cluster")
        clusters = np.array(cells, np.str_)[places]
        distances = _distances(table, _DISTANCE if name == _CLUSTER else f"{name}_distance", places)
        match = named.get(name)
        data = match["data"] if match else _CLUSTER
        k = int(match["k"]) if match else len(np.unique(clusters))
        runs.append(ClusterRun(data, k, clusters, distances))
    return tuple(runs)


def _distances(
    table: CsvTable, column: str, places: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    if column not in table.columns:
        return None
    (cells,) = cells_of(table, (column,))
    values = np.empty(len(places))
    for place, row in enumerate(places.tolist()):
        try:
            values[place] = float(cells[row])
        except ValueError:
            values[place] = np.nan
        if not 0 <= values[place] < np.inf:
            raise BadTable(f"{place_of(table, row, column)}: no number of at least 0")
    return values
