"""An evaluation of categories, written down: tables, a page, pictures."""

import csv
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from plainfilm.dicom import decode_image
from plainfilm.errors import ArchiveError, SettingsError
from plainfilm.evaluate import (
    UNDECIDED,
    Bootstrap,
    CategoryEvaluation,
    CategoryPair,
    evaluate_categories,
    write_category_report,
)
from plainfilm.evaluate.categories_pictures import draw_thresholds
from plainfilm.vocabulary import CATEGORIES, OTHER

NAMES = (*(category.name for category in CATEGORIES), OTHER)
PICTURES = ("calibration", "confusion", "probabilities", "thresholds")


def make_evaluation(films: int = 400, *, probabilities: bool = True) -> CategoryEvaluation:
    """Nine of ten right, surer of them; a few undecided."""
    random = np.random.default_rng(6)
    truth = random.integers(0, len(NAMES), films)
    predicted = np.where(random.random(films) < 0.9, truth, random.integers(0, len(NAMES), films))
    predicted[:3] = UNDECIDED
    probability = np.where(predicted == truth, 0.9, 0.5) + random.uniform(-0.1, 0.1, films)
    pair = CategoryPair(
        names=NAMES,
        other=OTHER,
        films=tuple(f"{number}.dcm" for number in range(films)),
        predicted=predicted.astype(np.int16),
        truth=truth.astype(np.int16),
        probability=np.where(predicted == UNDECIDED, np.nan, probability),
        second=random.integers(0, len(NAMES), films).astype(np.int16),
        decision=np.where(probability > 0.8, "straight", "person"),
    )
    if not probabilities:
        pair = replace(pair, probability=None, second=None, decision=None)
    return evaluate_categories(pair, bootstrap=Bootstrap(50))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "deep" / "down"
    write_category_report(make_evaluation(), folder)
    return folder


def test_every_table_is_there_with_plain_numbers(report: Path) -> None:
    assert {path.stem for path in report.glob("*.csv")} == {
        "summary", "categories", "confusion", "wrong", "decisions", "probability", "thresholds",
        "calibration",
    }  # fmt: skip
    rows = read(report / "categories.csv")
    assert [row["category"] for row in rows] == list(NAMES)
    assert sum(int(row["films"]) for row in rows) == 400
    assert 0 <= float(rows[0]["npv_low"]) <= float(rows[0]["npv"]) <= float(rows[0]["npv_high"])
    assert len(read(report / "thresholds.csv")) == 101
    assert len(read(report / "calibration.csv")) == 15
    confusion = read(report / "confusion.csv")
    assert [row["true"] for row in confusion] == list(NAMES)
    assert sum(int(row["(undecided)"]) for row in confusion) == 3
    (probability,) = read(report / "probability.csv")
    assert float(probability["auroc"]) > 0.9
    assert int(probability["calibration_bins"]) == 15


def test_films_that_were_not_got_right_are_listed(report: Path) -> None:
    rows = read(report / "wrong.csv")
    summary = {row["figure"]: row for row in read(report / "summary.csv")}
    assert len(rows) == 400 - int(summary["accuracy"]["count"])
    assert all(row["true"] != row["predicted"] for row in rows)
    assert (rows[0]["film"], rows[0]["predicted"], rows[0]["probability"]) == ("0.dcm", "", "")


def test_the_page_holds_every_table_and_picture(report: Path) -> None:
    page = (report / "evaluation.md").read_text()
    for title in ("All categories together, n = 400", "Each category", "By decision", "Calibration",
                  "Accuracy against threshold", "What the probability is worth"):  # fmt: skip
        assert f"**{title}" in page
    for name in PICTURES:
        assert f"![{name}]({name}.png)" in page
    assert "Wilson, 95 %" in page
    assert "50 resamples" in page
    assert "3 films without prediction" in page
    assert "| wrist_lateral | " in page


def test_pictures_are_pictures(report: Path) -> None:
    assert sorted(path.stem for path in report.glob("*.png")) == list(PICTURES)
    for name in PICTURES:
        image = decode_image((report / f"{name}.png").read_bytes())
        assert min(image.shape[:2]) > 500
        assert image.std() > 5
    # Readable: at least 60 pixels for each of the 31 categories.
    rows, columns = decode_image((report / "confusion.png").read_bytes()).shape[:2]
    assert min(rows, columns) > 31 * 60


def test_the_same_evaluation_gives_the_same_bytes(tmp_path: Path) -> None:
    """Without a date or a random id in them, pictures can be kept under version control."""
    scores = make_evaluation(60).probabilities
    assert scores is not None
    paths = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in paths:
        draw_thresholds(scores, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sum(1 for _ in ElementTree.parse(paths[0]).iter()) > 50  # noqa: S314 - our own


def test_predictions_without_probabilities_make_a_smaller_report(tmp_path: Path) -> None:
    written = write_category_report(make_evaluation(probabilities=False), tmp_path)
    assert {path.name for path in written} == {
        "evaluation.md", "evaluation.tex", "summary.csv", "categories.csv", "confusion.csv",
        "wrong.csv",
        "confusion.png",
    }  # fmt: skip
    assert "calibration" not in (tmp_path / "evaluation.md").read_text().lower()


def test_nothing_wrong_is_a_table_without_rows(tmp_path: Path) -> None:
    pair = CategoryPair(
        names=NAMES,
        other=OTHER,
        films=("a", "b"),
        predicted=np.array([0, 1], np.int16),
        truth=np.array([0, 1], np.int16),
        probability=np.array([1.0, 1.0]),
        second=np.array([1, 0], np.int16),
        decision=None,
    )
    write_category_report(evaluate_categories(pair), tmp_path)
    text = (tmp_path / "wrong.csv").read_text()
    assert text == "film,true,predicted,probability,second\n"


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ArchiveError, match="cannot write into"):
        write_category_report(make_evaluation(20), blocked / "folder")
    with pytest.raises(SettingsError, match="pictures cannot be gif; known: png, svg"):
        write_category_report(make_evaluation(20), tmp_path, pictures="gif")
