"""`evaluate findings` and `evaluate detection` from end to end."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from random_boxes import random_boxes

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest
FEW = ("--resamples", 50)
BOXES = ("image_id", "lesion_type", "xmin", "ymin", "xmax", "ymax")
LESIONS = ("Osteophytes", "Ankylosis")


def write(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


@pytest.fixture
def findings(tmp_path: Path) -> list[Path]:
    """Two models' probabilities, and the truth: no film has a hernia."""
    random = np.random.default_rng(1)
    truth = (random.random((60, 2)) < (0.4, 0)).astype(int)
    names = ("id", "Mass", "Hernia")
    tables = (random.random((60, 2)), np.clip(0.5 * truth + 0.2, 0, 1), truth)
    return [
        write(tmp_path / f"{name}.csv", [names, *((film, *row) for film, row in enumerate(rows))])
        for name, rows in zip(
            ("guess", "good", "truth"), (table.tolist() for table in tables), strict=True
        )
    ]


@pytest.fixture
def boxes(tmp_path: Path) -> list[Path]:
    """Predicted and true boxes, and the list of films."""
    predicted, truth = random_boxes(3, 40, 2)
    paths = []
    for name, each in (("said", predicted), ("true", truth)):
        columns = [each.image_id, each.label, *each.corners.T.tolist()]
        scores = [] if each.score is None else [each.score.tolist()]
        rows = [
            (film, LESIONS[int(label)], *numbers)
            for film, label, *numbers in zip(*columns, *scores, strict=True)
        ]
        head = BOXES if each.score is None else (*BOXES, "score")
        paths.append(write(tmp_path / f"{name}.csv", [head, *rows]))
    films = [(f"{number:06d}",) for number in range(40)]
    return [*paths, write(tmp_path / "films.csv", [("image_id",), *films])]


def test_findings_are_scored_and_models_compared(plainfilm: Run, findings: list[Path]) -> None:
    guess, good, truth = findings
    ran = plainfilm("evaluate", "findings", guess, truth, "--against", good, *FEW, "--json")
    facts = json.loads(ran.out, parse_constant=pytest.fail)
    assert ran.code == 0
    scores = {(row["model"], row["finding"]): row for row in facts["scores"]}
    assert scores["good", "Mass"]["auroc"] == 1
    guessed = scores["guess", "Mass"]
    assert guessed["auroc_low"] < guessed["auroc"] < guessed["auroc_high"] < 1
    assert scores["guess", "Hernia"]["auroc"] is None
    assert facts["undefined"] == ["Hernia: AUROC is undefined, as all 60 films are negative"]
    assert facts["undefined"][0] in ran.err
    (test, _) = facts["tests"]
    assert test["difference"] == pytest.approx(1 - scores["guess", "Mass"]["auroc"])
    assert test["p"] < 0.001
    assert facts["thresholds_chosen_on"] == "these films"


@pytest.mark.parametrize("form", ["--markdown", "--csv", "--latex", ""])
def test_findings_are_printed_in_every_form(
    plainfilm: Run, findings: list[Path], form: str
) -> None:
    given = [form] if form else []
    ran = plainfilm("evaluate", "findings", findings[0], findings[2], *FEW, *given)
    start = {"--markdown": "**guess**", "--csv": "model,finding", "--latex": r"\begin{table}"}
    assert (ran.code, ran.out.startswith(start.get(form, "guess"))) == (0, True)
    assert ("Youden" in ran.out) == (form in {"", "--markdown"})
    if form == "--markdown":  # a paragraph right below a table would be a row of it
        assert "\n\nThresholds maximise" in ran.out
    if form != "--csv":
        assert "0/0" in ran.out  # no film has a hernia


def test_findings_can_have_their_thresholds_from_other_films(
    plainfilm: Run, findings: list[Path]
) -> None:
    guess, good, truth = findings
    command = ("evaluate", "findings", guess, truth, "--findings", "Mass", *FEW, "--json")
    ran = plainfilm(*command, "--validation", good, truth)
    assert ran.facts["thresholds_chosen_on"] == "validation"
    assert ran.facts["scores"][0]["threshold"] == 0.7
    assert plainfilm(*command, "--threshold", 0.3).facts["scores"][0]["threshold"] == 0.3


def test_out_holds_tables_page_and_pictures(
    plainfilm: Run, findings: list[Path], boxes: list[Path], tmp_path: Path
) -> None:
    for name, command, pictures in [
        ("f", ("findings", findings[0], findings[2], "--against", findings[1]), 2),
        ("d", ("detection", *boxes[:2], "--films", boxes[2], "--localization"), 2),
    ]:
        out = tmp_path / name
        ran = plainfilm("evaluate", *command, *FEW, "--out", out, "--pictures", "svg", "--json")
        assert ran.code == 0
        assert sorted(ran.facts["written"]) == sorted(str(path) for path in out.iterdir())
        assert len(list(out.glob("*.svg"))) == pictures
        latex = (out / "evaluation.tex").read_text()
        assert r"\toprule" in latex
        said = {"f": "Hernia: AUROC is undefined", "d": "COCO AP: mean over IoU 0.5 to 0.95"}
        assert said[name] in latex


def test_boxes_are_scored_with_intervals(plainfilm: Run, boxes: list[Path]) -> None:
    said, true, films = boxes
    command = ("evaluate", "detection", said, true, "--films", films, *FEW)
    ran = plainfilm(*command, "--sizes", "--localization", "--json")
    facts = json.loads(ran.out, parse_constant=pytest.fail)
    assert (ran.code, facts["films"], facts["classes"]) == (0, 40, ["Ankylosis", "Osteophytes"])
    *_, mean = facts["scores"]
    for name in ("ap", "coco_ap", "coco_ap75", "coco_ap_large", "recall_100"):
        assert mean[f"{name}_low"] <= mean[name] <= mean[f"{name}_high"]
    assert [row["false_alarms_per_film"] for row in facts["froc"][-7:]] == [0.125, 0.25, 0.5, 1, 2, 4, 8]  # fmt: skip # noqa: E501
    assert {row["overlap"] for row in facts["localization"]} == {0.1, 0.25, 0.5, 0.75, 0.9}
    shown = plainfilm(*command)
    assert "AP@0.5 of each class" in shown.out
    assert "40 films" in shown.out


def test_spine_findings_are_joined_to_classes(plainfilm: Run, boxes: list[Path]) -> None:
    ran = plainfilm("evaluate", "detection", *boxes[:2], "--films", boxes[2], "--spine", *FEW, "--json")  # fmt: skip # noqa: E501
    assert ran.facts["classes"] == ["osteophytes", "other lesions"]


def test_a_detector_is_compared_with_the_whole_framework(
    plainfilm: Run, boxes: list[Path], tmp_path: Path
) -> None:
    said, true, films = boxes
    fused = tmp_path / "framework.csv"
    fused.write_text(true.read_text().replace("ymax\n", "ymax,score\n", 1))
    lines = fused.read_text().splitlines()
    fused.write_text("\n".join([lines[0], *(f"{line},0.9" for line in lines[1:])]))
    ran = plainfilm(
        "evaluate", "detection", said, true, "--films", films, "--against", fused, *FEW, "--json"
    )
    mean = {row["detector"]: row for row in ran.facts["scores"] if row["class"] == "mean"}
    assert mean["framework"]["ap"] == pytest.approx(1)
    assert mean["framework"]["ap_difference"] == pytest.approx(1 - mean["said"]["ap"])
    assert mean["said"]["ap_difference"] is None
    shown = plainfilm("evaluate", "detection", said, true, "--films", films, "--against", fused, *FEW)  # fmt: skip # noqa: E501
    assert "Difference of AP@0.5 to said" in shown.out


def test_points_play_the_pointing_game(plainfilm: Run, boxes: list[Path], tmp_path: Path) -> None:
    rows = list(csv.DictReader(boxes[1].read_text().splitlines()))
    middles = {
        (row["image_id"], row["lesion_type"], float(row["xmin"]) + 1, float(row["ymin"]) + 1)
        for row in {(row["image_id"], row["lesion_type"]): row for row in rows}.values()
    }
    head = ("image_id", "lesion_type", "x", "y")
    points = write(tmp_path / "points.csv", [head, *sorted(middles)])
    ran = plainfilm("evaluate", "detection", *boxes[:2], "--films", boxes[2], "--points", points, *FEW, "--json")  # fmt: skip # noqa: E501
    assert ran.facts["pointing"][-1]["accuracy"] == 1
    assert ran.facts["pointing"][-1]["of"] == len(middles)


def test_thresholds_of_several_models_are_not_chosen_on_validation_films(
    plainfilm: Run, findings: list[Path]
) -> None:
    guess, good, truth = findings
    ran = plainfilm("evaluate", "findings", guess, truth, "--against", good, "--validation", guess, truth)  # fmt: skip # noqa: E501
    assert ran.code == 1
    assert "--validation is of one model" in ran.err


def test_chestxray14s_boxes_are_judged_as_its_paper_does(plainfilm: Run, tmp_path: Path) -> None:
    head = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]", "", "", "")
    films = [f"{number:08d}_000.png" for number in range(4)]
    truth = write(
        tmp_path / "BBox_List_2017.csv",
        [head, *((film, "Mass", 100, 100, 100, 100) for film in films)],
    )
    found = [(film, "Mass", 100, 100, 200, 160, 0.9) for film in films[:3]]  # IoBB 1, IoU 0.6
    said = write(tmp_path / "said.csv", [(*BOXES, "score"), *found])
    points = write(
        tmp_path / "points.csv",
        [("image_id", "lesion_type", "x", "y"), *((film, "Mass", 150, 150) for film in films)],
    )
    ran = plainfilm(
        "evaluate", "detection", said, truth, "--localization", "--points", points, *FEW, "--json"
    )
    places = {(row["measure"], row["overlap"]): row for row in ran.facts["localization"]}
    limits = (0.1, 0.25, 0.5, 0.75, 0.9)
    assert {places["iobb", limit]["accuracy"] for limit in limits} == {0.75}
    assert [places["iou", limit]["accuracy"] for limit in (0.5, 0.75)] == [0.75, 0]
    assert [places["iou", limit]["false_positives"] for limit in (0.5, 0.75)] == [0, 0.75]
    assert ran.facts["pointing"][-1]["accuracy"] == 1


def test_bad_boxes_are_refused_or_listed_with_exit_code_3(
    plainfilm: Run, boxes: list[Path]
) -> None:
    said, true, films = boxes
    true.write_text(f"{true.read_text()}000001,Osteophytes,9,9,9,20\n")
    command = ("evaluate", "detection", said, true, "--films", films, *FEW)
    refused = plainfilm(*command)
    assert (refused.code, refused.out) == (1, "")
    assert "1 boxes cannot be used" in refused.err
    assert "(no area)" in refused.err
    done = plainfilm(*command, "--skip-bad-boxes", "--json")
    assert (done.code, len(done.facts["boxes"])) == (3, 1)
    assert "not compared, boxes" in done.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--iou", "0"], "above 0 and not above 1"),
        (["--confidence", "95"], "between 0 and 1"),
        (["--against", "{said}"], "two of them have the same one"),
        (["--csv", "--latex"], "choose one"),
        (["--labels", "Fracture"], "not scored: Ankylosis, Osteophytes"),
        (["--pictures", "gif", "--out", "{tmp}/out"], "pictures cannot be gif"),
        (["--films", "{tmp}/none.csv"], "there is no such file"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_1(
    plainfilm: Run, boxes: list[Path], tmp_path: Path, options: list[str], words: str
) -> None:
    given = [option.format(said=boxes[0], tmp=tmp_path) for option in options]
    command = ("evaluate", "detection", *boxes[:2], "--films", boxes[2], *FEW)
    ran = plainfilm(*command, *given)
    assert (ran.code, ran.out) == (1, "")
    assert words in " ".join(ran.err.split())


def test_nan_is_no_probability(plainfilm: Run, findings: list[Path]) -> None:
    lines = findings[0].read_text().splitlines()
    findings[0].write_text("\n".join([lines[0], "0,nan,0.5", *lines[2:]]))
    ran = plainfilm("evaluate", "findings", findings[0], findings[2], *FEW)
    assert (ran.code, ran.out) == (1, "")
    assert "row 2, column Mass: no probability from 0 to 1" in ran.err
