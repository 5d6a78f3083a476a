"""`evaluate findings` and `evaluate detection`: what films show, and where, against the truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from plainfilm.cli.console import (
    AsCsv,
    AsJson,
    AsLatex,
    AsMarkdown,
    errors_to,
    exit_for,
    progress,
)
from plainfilm.cli.evaluate_options import (
    Against,
    ByName,
    CommonFilms,
    Confidence,
    FilmId,
    OutFolder,
    Pictures,
    Seed,
    TruthId,
    named_by_stem,
    print_evaluation,
)
from plainfilm.errors import SettingsError

__all__ = ["add_to"]

Names = Annotated[
    str | None,
    typer.Option(metavar="A,B,…", help="What to score; the default is all that TRUTH has."),
]


def add_to(app: typer.Typer) -> None:
    app.command("findings")(evaluate_findings)
    app.command("detection")(evaluate_detection)


def evaluate_findings(
    predicted: Annotated[
        Path,
        typer.Argument(metavar="PREDICTED.csv", help="`id`, and a column of probabilities each."),
    ],
    truth: Annotated[
        Path,
        typer.Argument(metavar="TRUTH.csv", help="`id`, and a column of 1 and 0 for each finding."),
    ],
    against: Against = None,
    findings: Names = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Leave out this column; may be given again."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="A film is positive from here on; the default is Youden's index."),
    ] = None,
    validation: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="PREDICTED.csv TRUTH.csv",
            help="Other films, to choose the threshold of PREDICTED on by Youden's index.",
        ),
    ] = None,
    out: OutFolder = None,
    pictures: Pictures = "png",
    id_column: FilmId = None,
    truth_id: TruthId = None,
    by_name: ByName = False,
    common: CommonFilms = False,
    blank_is_negative: Annotated[
        bool,
        typer.Option(
            "--blank-is-negative",
            help="An empty cell of TRUTH means that the finding is not there; else not known.",
        ),
    ] = False,
    bins: Annotated[int, typer.Option(min=1, help="Of the reliability curve.")] = 10,
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples of the films; 0 for no intervals.")
    ] = 10_000,
    confidence: Confidence = 0.95,
    seed: Seed = 20,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_latex: AsLatex = False,
    as_json: AsJson = False,
) -> None:
    """Score probabilities of findings: AUROC, sensitivity, specificity and F1, with intervals.

    A finding that all films have, or none, has no AUROC: that is said, and shown as `0/0`.
    Uncertain and empty cells of TRUTH have no part. TRUTH may list the positive ones in `Finding
    Labels`. Without `--threshold` or `--validation`, thresholds are chosen on the very films that
    are judged. `--against` compares models by DeLong's test.

    Example: `plainfilm evaluate findings predicted.csv truth.csv --out evaluation`
    """
    from plainfilm.evaluate import Bootstrap, CsvTable, pair_findings, write_finding_report
    from plainfilm.evaluate import evaluate_findings as evaluate

    models = named_by_stem([predicted, *(against or ())])
    chosen = None if findings is None else _split(findings)
    pair = pair_findings(
        {name: CsvTable(path) for name, path in models.items()}, CsvTable(truth),
        findings=chosen, without=without or (), id_column=id_column, truth_id=truth_id,
        by_name=by_name, common=common, blank_is_negative=blank_is_negative,
    )  # fmt: skip
    to_choose_on = None
    if validation is not None:
        if against:
            raise SettingsError(
                "--validation is of one model; with --against give --threshold, or judge one by one"
            )
        to_choose_on = pair_findings(
            {next(iter(models)): CsvTable(validation[0])}, CsvTable(validation[1]),
            findings=pair.findings, id_column=id_column, truth_id=truth_id,
            by_name=by_name, common=common, blank_is_negative=blank_is_negative,
        )  # fmt: skip
    with progress("Resampling", resamples * len(models), quiet=as_json) as advance:
        evaluation = evaluate(
            pair, threshold=threshold, validation=to_choose_on, confidence=confidence, bins=bins,
            bootstrap=Bootstrap(resamples, confidence, seed) if resamples else None,
            progress=advance,
        )  # fmt: skip
    written = write_finding_report(evaluation, out, pictures=pictures) if out else ()
    for note in evaluation.undefined():
        errors_to().print(note, markup=False, highlight=False)
    lone = {
        "films_only_predicted": pair.only_predicted,
        "films_only_true": pair.only_true,
        "findings_only_predicted": pair.findings_only_predicted,
        "findings_only_true": pair.findings_only_true,
    }
    facts = {
        "films": len(pair.films),
        "findings": pair.findings,
        "thresholds_chosen_on": evaluation.chosen_on,
        "undefined": evaluation.undefined(),
        "resamples": resamples,
        "confidence": confidence,
        "seed": seed,
    }
    print_evaluation(
        evaluation, "scores", facts, lone, written,
        as_csv=as_csv, as_markdown=as_markdown, as_latex=as_latex, as_json=as_json,
    )  # fmt: skip


def evaluate_detection(
    predicted: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTED",
            help="CSV: `image_id, lesion_type, xmin, ymin, xmax, ymax, score`; or COCO's JSON.",
        ),
    ],
    truth: Annotated[
        Path,
        typer.Argument(
            metavar="TRUTH",
            help="The same without `score`; COCO's JSON; or ChestX-ray14's `BBox_List_2017.csv`.",
        ),
    ],
    against: Against = None,
    films: Annotated[
        Path | None,
        typer.Option(
            metavar="FILMS.csv",
            help="The films that were looked at (`image_id`, perhaps `width`, `height`), those"
            " without lesion among them.",
        ),
    ] = None,
    labels: Names = None,
    spine: Annotated[
        bool,
        typer.Option("--spine", help="Join VinDr-SpineXR's thirteen findings to seven classes."),
    ] = False,
    iou: Annotated[float, typer.Option(help="Overlap that finds a lesion, of AP and FROC.")] = 0.5,
    most: Annotated[
        int, typer.Option("--most-boxes", min=0, help="Of a film and class, for AP; 0 for all.")
    ] = 100,
    sizes: Annotated[
        bool, typer.Option("--sizes", help="COCO's figures by size of lesion, too.")
    ] = False,
    localization: Annotated[
        bool,
        typer.Option(
            "--localization",
            help="Accuracy and false positives by IoBB and IoU as for ChestX-ray8, too.",
        ),
    ] = False,
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="POINTS.csv",
            help="Highest points of heat maps (`image_id, lesion_type, x, y`), for the pointing"
            " game.",
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Pixels beside a box that still hit it, in that game.")
    ] = 0,
    common: Annotated[
        bool,
        typer.Option(
            "--common", help="Leave out unknown films and names of lesions, and list them."
        ),
    ] = False,
    skip_bad_boxes: Annotated[
        bool,
        typer.Option("--skip-bad-boxes", help="Leave out boxes that cannot be used, list them."),
    ] = False,
    out: OutFolder = None,
    pictures: Pictures = "png",
    resamples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples of the films; 0 for no intervals.")
    ] = 1_000,
    confidence: Confidence = 0.95,
    seed: Seed = 20,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    as_latex: AsLatex = False,
    as_json: AsJson = False,
) -> None:
    """Score boxes: average precision at one overlap and as for COCO, and FROC, with intervals.

    A row with an empty box is a film without lesion. Boxes over a film's edge are cut there, where
    its size is known; boxes without area, with xmin > xmax or wholly outside are refused. With
    `--against`, detectors are compared per class, such as a detector alone and after fusion.

    Example: `plainfilm evaluate detection predicted.csv truth.csv --films films.csv`
    """
    from plainfilm.evaluate import (
        Bootstrap,
        ProportionInterval,
        pair_detections,
        score_points,
        write_detection_report,
    )
    from plainfilm.evaluate import evaluate_detection as evaluate

    label_of = _spine_classes() if spine else None
    models = named_by_stem([predicted, *(against or ())])
    pair = pair_detections(
        models, truth, films=films, labels=None if labels is None else _split(labels),
        label_of=label_of, common=common, skip_bad_boxes=skip_bad_boxes,
    )  # fmt: skip
    interval = ProportionInterval(confidence=confidence)
    pointing = () if points is None else score_points(
        points, pair, label_of=label_of, common=common, tolerance=tolerance, interval=interval
    )  # fmt: skip
    with progress("Resampling", resamples, quiet=as_json) as advance:
        evaluation = evaluate(
            pair, iou=iou, most=most or None, sizes=sizes, localize=localization,
            pointing=pointing, progress=advance,
            bootstrap=Bootstrap(resamples, confidence, seed) if resamples else None,
        )  # fmt: skip
    written = write_detection_report(evaluation, out, pictures=pictures) if out else ()
    lone = {
        "films_only_predicted": pair.films_only_predicted,
        "names_of_lesions": pair.labels_left_out,
        "boxes": pair.faults,
    }
    facts = {
        "films": len(pair.first.images),
        "films_without_boxes": pair.films_without_boxes,
        "classes": pair.first.labels,
        "iou": iou,
        "resamples": resamples,
        "confidence": confidence,
        "seed": seed,
        "boxes_cut": pair.cut,
    }
    print_evaluation(
        evaluation, "scores", facts, lone, written,
        as_csv=as_csv, as_markdown=as_markdown, as_latex=as_latex, as_json=as_json,
    )  # fmt: skip
    exit_for(done=1, rejected=len(pair.faults))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _spine_classes() -> Callable[[str], str | None]:
    from plainfilm.findings.training.lesions import lesion_class

    return lesion_class
