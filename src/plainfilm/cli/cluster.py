"""`cluster`: what kinds of film there are, judged by their tags, and which tags look wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypedDict

import typer

from plainfilm.cli.cluster_pixels import Seen, write_page
from plainfilm.cli.console import (
    AsJson,
    Where,
    errors_to,
    is_archive,
    print_grids,
    print_json,
    stages,
)
from plainfilm.cli.tag_tables import LeastShare, LeaveOut, TagSource, read_tags
from plainfilm.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plainfilm.clusters import Compression, FeatureSettings, FilmClusters, TagTable
    from plainfilm.evaluate.clusters import ClusterScore
    from plainfilm.evaluate.tables import Grid

__all__ = ["add_to"]

_LISTED: Final = 10
_PAPER: Final = "paper"


def add_to(app: typer.Typer) -> None:
    app.command()(cluster)


def cluster(
    source: TagSource,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG",
            help="Judge the clusters by this tag, and this tag by the clusters; may be given again."
            " It is no feature then. The default is BodyPartExamined and ViewPosition.",
        ),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option("--k", min=1, metavar="N", help="How many clusters; the default is 15."),
    ] = None,
    ks: Annotated[
        str | None,
        typer.Option(
            "--ks",
            metavar="LIST|paper",
            help="Only judge the clusters, of several numbers of them: `4,7,11`, or `paper` for the"
            " published ones (4 to 150).",
        ),
    ] = None,
    compress: Annotated[
        str,
        typer.Option(
            metavar="none|svd|MODEL",
            help="Cluster fewer numbers: truncated SVD's, a tenth of the columns, or those of a"
            " model that `train tags` made.",
        ),
    ] = "none",
    leave_out: LeaveOut = None,
    least_share: LeastShare = 0.2,
    descriptions: Annotated[
        bool, typer.Option("--descriptions", help="Take words of descriptions as features, too.")
    ] = False,
    metric: Annotated[
        str, typer.Option(help="How distances are measured, such as `manhattan` or `cosine`.")
    ] = "manhattan",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same clusters.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write `films.csv`, `clusters.csv`, `suspicious.csv`, `far.csv`, `tags.csv`, and"
            " the page `clusters.html`; with `--ks` the figures, as tables and pictures.",
        ),
    ] = None,
    embedding: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Of an archive: tell how much films of a cluster look alike, by a model that"
            " `train films` made, or by any other of the store that takes films.",
        ),
    ] = None,
    id_column: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="COLUMN", help="Of a table: the films' ids, for what is written."
        ),
    ] = None,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    """Cluster films by their tags; list films whose tags their cluster contradicts.

    Of an archive, each film's cluster is kept as a prediction with the task `cluster`, with
    distance, words, and what speaks against its tags; with `--where` or `--ks` nothing is kept.
    Columns of a table are called after DICOM tags. What is never a feature (identity, UIDs, dates,
    free text), and why, is in `tags.csv`. The tables show what tags hold.

    Example: `plainfilm cluster films --by BodyPartExamined --by ViewPosition --out clusters`
    """
    from plainfilm.clusters import (
        FeatureSettings,
        cluster_films,
        compression_named,
        write_tables,
    )

    if ks is not None and k is not None:
        raise SettingsError("--k makes clusters, --ks judges several numbers of them; choose one")
    tags = read_tags(source, by=by, leave_out=leave_out, where=where, id_column=id_column)
    settings = FeatureSettings(
        leave_out=tags.leave_out, least_share=least_share, descriptions=descriptions
    )
    how: _How = {
        "by": by or None,
        "settings": settings,
        "compression": compression_named(compress, seed=seed),
        "metric": metric,
        "seed": seed,
    }
    _tell_met(how["compression"], tags.table)
    seen = _seen(source, embedding, where, tags.table, quiet=as_json)
    if ks is not None:
        _judge(tags.table, _numbers(ks, len(tags.table)), how, out, seen.vectors, as_json=as_json)
        seen.leave()
        return
    found = cluster_films(tags.table, k=k, **how)
    if is_archive(source) and where is None:
        _keep(source, found, how)
    looks = seen.looks(found)
    if out is not None:
        write_tables(found, out, tags.names, tags.name_column)
        write_page(source, found, out, tags.names, looks)
    if as_json:
        facts = _facts(found, tags.names, tags.name_column, out)
        print_json(facts | ({"looks_apart": looks.facts()} if looks else {}))
    else:
        _print(found, tags.names, tags.name_column)
        if looks is not None:
            errors_to().print(looks.told())
    seen.leave()


def _tell_met(compression: "Compression", table: "TagTable") -> None:
    """Say where films lack tags that a model was trained with."""
    from plainfilm.clusters import Encoded

    if isinstance(compression, Encoded):
        met, of = compression.met(table), len(compression.card.keywords)
        if met < of:
            errors_to().print(
                f"the films have {met} of the {of} tags that the model {compression.name} was"
                " trained with; expect less of it"
            )


def _seen(
    source: Path, embedding: str | None, where: str | None, table: "TagTable", *, quiet: bool
) -> Seen:
    if embedding is None:
        return Seen()
    if not is_archive(source):
        raise SettingsError("--embedding looks at films, so it needs an archive, not a table")
    return Seen.of(source, embedding, where, table.film_ids, quiet=quiet)


class _How(TypedDict):
    """What clustering once and clustering for several K are both told."""

    by: Sequence[str] | None
    settings: "FeatureSettings"
    compression: "Compression"
    metric: str
    seed: int


def _numbers(ks: str, films: int) -> list[int]:
    """Numbers of clusters; of the published ones, those that so many films allow."""
    from plainfilm.evaluate import PAPER_KS

    if ks == _PAPER:
        return [k for k in PAPER_KS if k <= films]
    try:
        return [int(number) for number in ks.split(",")]
    except ValueError as error:
        raise typer.BadParameter("--ks takes numbers with commas between, or `paper`") from error


def _judge(
    table: "TagTable",
    ks: Sequence[int],
    how: _How,
    out: Path | None,
    vectors: "NDArray[np.float32] | None",
    *,
    as_json: bool,
) -> None:
    """Judge several numbers of clusters, and print and write what came of it."""
    from plainfilm.clusters import judge_by_k
    from plainfilm.evaluate import write_cluster_report

    with stages(quiet=as_json) as progress:
        found = judge_by_k(table, ks, vectors=vectors, progress=progress, **how)
    if out is not None:
        write_cluster_report(found, out)
    written = None if out is None else str(out)
    facts = {"films": found.films, **found.records(), "written": written}
    print_grids(found.grids(), [], facts, as_csv=False, as_markdown=False, as_json=as_json)


def _keep(folder: Path, found: "FilmClusters", how: _How) -> None:
    from plainfilm.archive import Archive
    from plainfilm.clusters import KeepClusters
    from plainfilm.engine import LocalEngine

    step = KeepClusters.of(
        found, seed=how["seed"], metric=how["metric"], compression=how["compression"].name
    )
    with Archive.open(folder) as archive, LocalEngine(workers=1) as engine:
        archive.run(step, engine=engine, again=True)


def _facts(
    found: "FilmClusters", names: Sequence[str | int], name_column: str, out: Path | None
) -> dict[str, Any]:
    from plainfilm.clusters import cluster_records, far_records, suspicion_records

    return {
        "films": len(found.table),
        "features": found.features.matrix.shape[1],
        "asked": found.asked,
        "clusters": cluster_records(found, names),
        "judged": {
            tag: None if score is None else _score(score)
            for tag, score in zip(found.by, found.scores, strict=True)
        },
        "suspicious": suspicion_records(found, names, name_column),
        "far": far_records(found, names, name_column),
        "written": None if out is None else str(out),
    }


def _score(score: "ClusterScore") -> dict[str, Any]:
    return {
        "films": score.films,
        "values": score.values,
        "homogeneity": score.homogeneity,
        "nmi_arithmetic": score.nmi_arithmetic,
        "nmi_paper": score.nmi_paper,
    }


def _print(found: "FilmClusters", names: Sequence[str | int], name_column: str) -> None:
    from plainfilm.pages import counted

    grids = [_clusters_grid(found, names), _judged_grid(found)]
    if found.suspicions:
        grids.append(_suspicions_grid(found, names, name_column))
    print_grids(grids, [], {}, as_csv=False, as_markdown=False, as_json=False)
    if found.far:
        errors_to().print(f"{counted(len(found.far), 'film')} far from every medoid; see `--out`")
    if not found.features.columns:
        errors_to().print("no tag tells the films apart: they are one cluster")
    elif len(found.clustering.medoids) < found.asked:
        clusters = counted(len(found.clustering.medoids), "cluster")
        errors_to().print(f"{clusters}, not {found.asked}: the films are of no more kinds")


def _clusters_grid(found: "FilmClusters", names: Sequence[str | int]) -> "Grid":
    from plainfilm.clusters import cluster_records
    from plainfilm.evaluate.tables import Grid
    from plainfilm.pages import counted

    rows = tuple(
        (f"{row['cluster']}", f"{row['films']:,}", f"{row['medoid']}", f"{row['words']}")
        for row in cluster_records(found, names)
    )
    films = counted(len(found.table), "film")
    title = f"{films} by {counted(found.features.matrix.shape[1], 'feature')}"
    return Grid(title, ("Cluster", "Films", "Medoid", "What its films have in common"), rows)


def _judged_grid(found: "FilmClusters") -> "Grid":
    from plainfilm.evaluate.tables import UNDEFINED, Grid

    rows = []
    for tag, score in zip(found.by, found.scores, strict=True):
        if score is not None:
            figures = (score.homogeneity, score.nmi_arithmetic, score.nmi_paper)
            told = (UNDEFINED if figure is None else f"{figure:.3f}" for figure in figures)
            rows.append((tag, f"{score.films:,}", f"{score.values:,}", *told))
    columns = ("Tag", "Films", "Values", "Homogeneity", "NMI (arithmetic)", "NMI (paper)")
    return Grid("What the clusters tell of tags that were no features", columns, tuple(rows))


def _evidence(row: Mapping[str, object]) -> str:
    counts = f"{row['agreeing']:,} of {row['others']:,}"
    return f"{row['expected']}: {counts} in cluster {row['cluster']}"


def _suspicions_grid(found: "FilmClusters", names: Sequence[str | int], name_column: str) -> "Grid":
    from plainfilm.clusters import suspicion_records
    from plainfilm.evaluate.tables import Grid
    from plainfilm.pages import counted

    records = suspicion_records(found, names, name_column)
    rows = tuple(
        (
            f"{row[name_column]}",
            f"{row['tag']}",
            f"{row['value']}",
            _evidence(row),
        )
        for row in records[:_LISTED]
    )
    more = f", the first {_LISTED}" if len(records) > _LISTED else ""
    tags = counted(len(records), "tag")
    title = f"{tags} that nearly all of the film's cluster contradicts{more}"
    return Grid(title, (name_column, "Tag", "Value", "Its cluster says"), rows)
