"""Tables of probabilities and of the truth, good and bad."""

from pathlib import Path

import pytest

from plainfilm.errors import BadTable, SettingsError
from plainfilm.evaluate import (
    UNKNOWN,
    CsvTable,
    FindingPair,
    evaluate_findings,
    pair_findings,
)

SAID = "id,Mass,Edema\n1,0.9,0.2\n2,0.1,0.3\n3,0.4,0.8\n"
TRUE = "id,Edema,Mass\n3,1,0\n1,0,1\n2,0,0\n"


@pytest.fixture
def tables(tmp_path: Path):
    def pair(predicted: str = SAID, truth: str = TRUE, **options: object) -> FindingPair:
        (tmp_path / "p.csv").write_text(predicted)
        (tmp_path / "t.csv").write_text(truth)
        models = {"p": CsvTable(tmp_path / "p.csv")}
        return pair_findings(models, CsvTable(tmp_path / "t.csv"), **options)

    return pair


def test_films_and_findings_come_in_the_order_of_the_truth(tables) -> None:
    pair = tables()
    assert (pair.films, pair.findings) == (("3", "1", "2"), ("Edema", "Mass"))
    assert pair.truth.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert pair.models["p"].tolist() == [[0.8, 0.4], [0.2, 0.9], [0.3, 0.1]]


def test_uncertain_is_unknown_and_so_is_empty_unless_told(tables) -> None:
    truth = "id,Edema,Mass\n1,-1,\n2,1,0\n3,0,1\n"
    assert tables(truth=truth).truth[0].tolist() == [UNKNOWN, UNKNOWN]
    assert tables(truth=truth, blank_is_negative=True).truth[0].tolist() == [UNKNOWN, 0]


def test_the_truth_may_list_findings_as_chestxray14_does(tables) -> None:
    truth = "Image Index,Finding Labels\n1,Mass|Edema\n2,No Finding\n3,Edema\n"
    pair = tables(truth=truth, without=["No Finding"])
    assert pair.findings == ("Edema", "Mass")
    assert pair.truth.tolist() == [[1, 1], [0, 0], [1, 0]]


def test_what_one_table_alone_has_is_refused_or_left_out(tables) -> None:
    truth = "id,Edema,Mass,Hernia\n1,0,1,0\n2,1,0,0\n4,0,0,0\n"
    with pytest.raises(BadTable, match=r"t.csv alone has 1 findings: Hernia"):
        tables(truth=truth)
    with pytest.raises(BadTable, match=r"p.csv alone has 1 films: 3"):
        tables(truth=truth, without=["Hernia"])
    pair = tables(truth=truth, common=True)
    assert (pair.films, pair.only_predicted, pair.only_true) == (("1", "2"), ("3",), ("4",))
    assert pair.findings_only_true == ("Hernia",)


@pytest.mark.parametrize("cell", ["nan", "", "1.2", "-0.1", "high"])
def test_what_is_no_probability_is_refused_with_row_and_column(tables, cell: str) -> None:
    with pytest.raises(BadTable, match=r"p.csv, row 3, column Mass: no probability from 0 to 1"):
        tables(predicted=SAID.replace("2,0.1", f"2,{cell}"))


@pytest.mark.parametrize(
    ("predicted", "truth", "words"),
    [
        ("film,Mass\n1,0.5\n", TRUE, "missing columns id"),
        (SAID, "id,Edema,Mass\n1,2,0\n2,0,0\n3,0,0\n", "row 2, column Edema"),
        (SAID + "1,0.5,0.5\n", TRUE, "more than once, in rows 2, 5"),
        ("id,Other\n1,0.5\n", "id,Mass\n1,1\n", "alone has 1 findings"),
        (SAID.replace("3,", "4,"), TRUE.replace("3,", "5,"), "alone has 1 films"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(
    tables, predicted: str, truth: str, words: str
) -> None:
    with pytest.raises(BadTable, match=words):
        tables(predicted=predicted, truth=truth)


def test_thresholds_are_chosen_on_validation_films(tables) -> None:
    pair = tables()
    other = tables(predicted=SAID.replace("0.9", "0.7"))
    found = evaluate_findings(pair, validation=other)
    assert found.chosen_on == "validation"
    assert [score.threshold for score in found.models["p"].findings] == [0.8, 0.7]
    assert "validation films" in found.methods()


def test_validation_films_that_choose_nothing_are_refused(tables) -> None:
    pair = tables()
    with pytest.raises(SettingsError, match="Edema: all validation films are of one kind"):
        evaluate_findings(pair, validation=tables(truth=TRUE.replace("3,1", "3,0")))
    with pytest.raises(SettingsError, match="not both"):
        evaluate_findings(pair, validation=pair, threshold=0.5)
    alone = tables("id,Mass\n1,0.5\n", "id,Mass\n1,1\n")
    with pytest.raises(SettingsError, match="no column Edema"):
        evaluate_findings(pair, validation=alone)


@pytest.mark.parametrize("threshold", [float("nan"), -0.1, 7])
def test_a_threshold_that_is_no_probability_is_refused(tables, threshold: float) -> None:
    with pytest.raises(SettingsError, match="must lie between 0 and 1"):
        evaluate_findings(tables(), threshold=threshold)


def test_columns_without_a_name_are_no_findings(tables) -> None:
    """Data frames write the number of the row there, spreadsheets nothing."""
    numbered = [f"{place if place else ''},{row}" for place, row in enumerate(SAID.split())]
    pair = tables(predicted="\n".join(numbered), truth=TRUE.replace("Mass\n", "Mass,,\n"))
    assert pair.findings == ("Edema", "Mass")
    assert tables(findings=["Mass", "Mass"]).findings == ("Mass",)


def test_calibration_has_one_error_for_each_finding(tables) -> None:
    rows = evaluate_findings(tables(), bins=20_000).records()["calibration"]
    errors = {(row["finding"], row["calibration_error"]) for row in rows}
    assert len(rows) == 40_000
    assert {finding: pytest.approx(error) for finding, error in errors} == {
        "Mass": (0.1 + 0.4 + 0.1) / 3, "Edema": (0.2 + 0.3 + 0.2) / 3,
    }  # fmt: skip


def test_one_kind_of_film_is_said_to_have_no_auroc(tables) -> None:
    found = evaluate_findings(tables(truth=TRUE.replace("3,1", "3,0")))
    assert found.undefined() == ("Edema: AUROC is undefined, as all 3 films are negative",)
    assert "0/0" in found.grids()[0].rows[0]
    assert found.grids()[0].rows[-1][0] == "mean, where defined"
    assert evaluate_findings(tables()).grids()[0].rows[-1][0] == "mean"
