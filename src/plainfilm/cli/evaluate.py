"""`evaluate`: predictions against the truth, with intervals."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plainfilm.cli import evaluate_findings
from plainfilm.cli.console import AsCsv, AsJson, AsMarkdown, print_grids, progress
from plainfilm.cli.evaluate_options import (
    ByName,
    CommonFilms,
    Confidence,
    FilmId,
    OutFolder,
    Pictures,
    Seed,
    TruthId,
    list_lone,
    print_evaluation,
)
from plainfilm.cli.tables import IdColumn, Labels, Without, open_labels

if TYPE_CHECKING:
    from plainfilm.evaluate import LabelPair

__all__ = ["add_to"]

_evaluate = typer.Typer(
    help="Score predictions against the truth, with intervals.\n\n"
    "Example: `plainfilm evaluate labels predicted.csv truth.csv`",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def add_to(app: typer.Typer) -> None:
    _evaluate.command("labels")(evaluate_labels)
    _evaluate.command("categories")(evaluate_categories)
    _evaluate.command("clusters")(evaluate_clusters)
    evaluate_findings.add_to(_evaluate)
    app.add_typer(_evaluate, name="evaluate")


def evaluate_labels(
    predicted: Annotated[Path, typer.Argument(metavar="PREDICTED.csv", help="Labels to score.")],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH.csv", help="Labels that are right.")],
    labels: Labels = None,
    without: Without = None,
    id_column: IdColumn = None,
    truth_id: TruthId = None,
    common: Annotated[
        bool,
        typer.Option("--common", help="Compare the ids and labels that both have; list the rest."),
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK",
            help="`mention`, `negation`, `uncertainty` or `positive`; may be given again."
            " The default is all four.",
        ),
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples of the reports; 0 for no intervals.")
    ] = 10_000,
    confidence: Confidence = 0.95,
    seed: Seed = 20,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Score labels of reports: precision, recall and F1 per label, pooled (micro), mean (macro).

    As for MIMIC-CXR, each task asks one question of each cell. Mention: is there any value?
    Negation: is it 0? Uncertainty: is it -1? And as for ChestX-ray8, positive: is it 1? A figure
    that is 0/0 is shown as such and is no part of the mean. Tables are read as by `frequencies`.

    Example: `plainfilm evaluate labels predicted.csv truth.csv`
    """
    from plainfilm.evaluate import TASKS, Bootstrap, label_agreement, pair_labels, tables

    pair = pair_labels(
        open_labels(predicted, labels, without, id_column),
        open_labels(truth, labels, without, truth_id or id_column),
        common=common,
    )
    bootstrap = Bootstrap(resamples, confidence, seed) if resamples else None
    with progress("Resampling", resamples, quiet=as_json) as advance:
        agreements = label_agreement(
            pair.predicted, pair.truth, pair.names,
            tasks=tuple(dict.fromkeys(task or TASKS)), bootstrap=bootstrap, progress=advance,
        )  # fmt: skip
    records = [record for each in agreements for record in tables.agreement_records(each)]
    facts: dict[str, object] = {"reports": len(pair.truth), "labels": pair.names}
    facts |= {"resamples": resamples, "confidence": confidence, "seed": seed}
    facts |= _lone(pair)
    list_lone(_lone(pair))
    print_grids(
        [tables.agreement_grid(each) for each in agreements], records, {**facts, "scores": records},
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def evaluate_categories(
    predicted: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTED.csv",
            help="`file` (or `id`), `category`, `probability`, `second`, perhaps `decision`.",
        ),
    ],
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH.csv", help="`file` (or `id`) and `category`.")
    ],
    out: OutFolder = None,
    pictures: Pictures = "png",
    interval: Annotated[
        str, typer.Option(help="Of proportions: `wilson`, or `wald` as many papers print it.")
    ] = "wilson",
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CATEGORY",
            help="Leave out films that truly are of this category, such as `other`; may be given"
            " again.",
        ),
    ] = None,
    id_column: FilmId = None,
    truth_id: TruthId = None,
    by_name: ByName = False,
    common: CommonFilms = False,
    no_probabilities: Annotated[
        bool,
        typer.Option("--no-probabilities", help="PREDICTED has none; leave out what needs them."),
    ] = False,
    categories: Annotated[
        Path | None,
        typer.Option(metavar="TABLE.csv", help="A table of categories of your own."),
    ] = None,
    bins: Annotated[int, typer.Option(min=1, help="Of the calibration, of equal width.")] = 15,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples of the films, for F1; 0 for none.")
    ] = 10_000,
    confidence: Confidence = 0.95,
    seed: Seed = 20,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Score predicted categories: sensitivity to NPV per category, overall, and by probability.

    Reads what `classify` writes. An empty `category` is a film that stayed undecided: it was not
    got right. With `--out` there is also the confusion matrix, the accuracy against the
    threshold and the reliability diagram as pictures, and a list of the films not got right.

    Example: `plainfilm evaluate categories predicted.csv truth.csv --out evaluation`
    """
    from plainfilm.evaluate import (
        Bootstrap,
        CsvTable,
        ProportionInterval,
        pair_categories,
        write_category_report,
    )
    from plainfilm.evaluate import evaluate_categories as evaluate
    from plainfilm.vocabulary import CATEGORIES, OTHER, load_categories

    table = CATEGORIES if categories is None else load_categories(categories)
    pair = pair_categories(
        CsvTable(predicted),
        CsvTable(truth),
        [category.name for category in table],
        other=OTHER,
        id_column=id_column,
        truth_id=truth_id,
        by_name=by_name,
        common=common,
        without=without or (),
        probabilities=not no_probabilities,
    )
    evaluation = evaluate(
        pair,
        interval=ProportionInterval(interval, confidence),
        bootstrap=Bootstrap(resamples, confidence, seed) if resamples else None,
        bins=bins,
    )
    written = write_category_report(evaluation, out, pictures=pictures) if out else ()
    lone = {"films_only_predicted": pair.only_predicted, "films_only_true": pair.only_true}
    records = evaluation.records()
    facts = {
        "films": len(pair.films),
        "interval": interval,
        "confidence": confidence,
        "resamples": resamples,
        "seed": seed,
        "summary": {row.pop("figure"): row for row in records["summary"]},
        "probability": next(iter(records.get("probability", ())), None),
    }
    print_evaluation(
        evaluation, "categories", facts, lone, written,
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def evaluate_clusters(
    predicted: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTED.csv",
            help="`file` (or `id`), and `cluster`, or columns such as `original_15`.",
        ),
    ],
    truth: Annotated[
        Path,
        typer.Argument(metavar="TRUTH.csv", help="`file` (or `id`) and the tags; may be the same."),
    ],
    by: Annotated[
        list[str],
        typer.Option(metavar="TAG", help="A column of TRUTH to judge by; may be given again."),
    ],
    out: OutFolder = None,
    pictures: Pictures = "png",
    alpha: Annotated[float, typer.Option(help="The level of the tests.")] = 0.05,
    id_column: FilmId = None,
    truth_id: TruthId = None,
    by_name: ByName = False,
    common: CommonFilms = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Judge clusters by tags: homogeneity and normalised mutual information for each K.

    PREDICTED has the clusters in the column `cluster`, or in columns that say what was clustered
    into how many, such as `original_15` and `compressed_15`: then the two are compared over all K.
    With the distances to the medoids (`distance`, `original_15_distance`) there is also the sum of
    their squares, and its elbow. Films without a value of a tag have no part in its scores.

    Example: `plainfilm evaluate clusters clusters.csv tags.csv --by Modality --by ViewPosition`
    """
    from plainfilm.evaluate import CsvTable, pair_clusters, write_cluster_report
    from plainfilm.evaluate import evaluate_clusters as evaluate

    pair = pair_clusters(
        CsvTable(predicted), CsvTable(truth), tuple(dict.fromkeys(by)),
        id_column=id_column, truth_id=truth_id, by_name=by_name, common=common,
    )  # fmt: skip
    evaluation = evaluate(pair.runs, pair.truth, alpha=alpha)
    written = write_cluster_report(evaluation, out, pictures=pictures) if out else ()
    lone = {"films_only_predicted": pair.only_predicted, "films_only_true": pair.only_true}
    facts = {
        "films": evaluation.films,
        "known": dict(evaluation.known),
        "alpha": alpha,
        "elbows": {curve.data: curve.elbow for curve in evaluation.curves},
    }
    print_evaluation(
        evaluation, "scores", facts, lone, written,
        as_csv=as_csv, as_markdown=as_markdown, as_json=as_json,
    )  # fmt: skip


def _lone(pair: "LabelPair") -> dict[str, tuple[str, ...]]:
    return {
        "ids_only_predicted": pair.only_predicted,
        "ids_only_true": pair.only_true,
        "labels_only_predicted": pair.labels_only_predicted,
        "labels_only_true": pair.labels_only_true,
    }
