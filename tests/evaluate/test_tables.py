"""Results as text: what people read and what programs read hold the same figures."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plainfilm.evaluate import (
    Bootstrap,
    Estimate,
    LabelTable,
    cooccurrence,
    label_agreement,
    label_frequencies,
    tables,
)

Write = Callable[..., Path]


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_frequencies_have_counts_with_their_share(table: Write) -> None:
    counted = label_frequencies(LabelTable(table("id,Mass|Nodule\na,1\nb,\nc,0\nd,1\n")))
    assert tables.to_markdown(tables.frequency_grid(counted)) == (
        "**Label frequencies, n = 4**\n\n"
        "| Label | Positive | Negative | Uncertain | Not mentioned |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| Mass&#124;Nodule | 2 (50.0 %) | 1 (25.0 %) | 0 (0.0 %) | 1 (25.0 %) |\n"
    )
    (row,) = read_csv(tables.to_csv(tables.frequency_records(counted)))
    assert row["label"] == "Mass|Nodule"
    assert (row["positive"], row["positive_percent"], row["total"]) == ("2", "50.0", "4")


def test_the_matrix_has_its_totals_below(table: Write) -> None:
    found = cooccurrence(LabelTable(table("id,A,B\n1,1,1\n2,1,\n")))
    assert tables.cooccurrence_grid(found).rows == (
        ("A", "1", "1"),
        ("B", "1", "0"),
        ("Total", "2", "1"),
    )
    assert tables.to_csv(tables.cooccurrence_records(found)) == (
        "label,A,B\nA,1,1\nB,1,0\nTotal,2,1\n"
    )


def test_scores_have_intervals_and_say_what_is_undefined() -> None:
    predicted = np.array([[1, 1], [1, 0], [0, 0]], np.int8)
    truth = np.array([[1, 0], [0, 0], [1, 0]], np.int8)
    (found,) = label_agreement(
        predicted, truth, ["A", "B"], tasks=("positive",), bootstrap=Bootstrap(500)
    )
    grid = tables.agreement_grid(found)
    assert [row[0] for row in grid.rows] == ["A", "B", "micro", "macro"]
    assert grid.rows[0][1:3] == ("2", "2")
    assert grid.rows[0][3].startswith("0.500 (0.000")
    assert grid.rows[1][4] == tables.UNDEFINED
    rows = read_csv(tables.to_csv(tables.agreement_records(found)))
    assert (rows[0]["precision"], rows[1]["recall"], rows[1]["recall_low"]) == ("0.5", "", "")
    assert rows[0]["precision_low"] == "0.0"
    assert int(rows[0]["precision_undefined_resamples"]) > 0
    assert (rows[3]["label"], rows[3]["true_positives"]) == ("macro", "")


def test_without_a_bootstrap_there_is_no_interval() -> None:
    one = np.array([[1]], np.int8)
    (found,) = label_agreement(one, one, ["A"], tasks=("mention",))
    assert tables.agreement_grid(found).rows[0][3:] == ("1.000",) * 3
    assert tables.agreement_records(found)[0]["f1_low"] is None


def test_latex_is_escaped() -> None:
    grid = tables.Grid(
        "50 % of x_1", ("Finding", "A & B"), (("#1 ~ {a}", "0.5 (0.4\N{EN DASH}0.6)"),)
    )
    lines = tables.to_latex(grid).splitlines()
    assert lines[1] == r"\caption{50 \% of x\_1}"
    assert lines[2] == r"\begin{tabular}{lr}"
    assert r"Finding & A \& B \\" in lines
    assert r"\#1 \textasciitilde{} \{a\} & 0.5 (0.4--0.6) \\" in lines


def test_latex_prints_the_letters_that_are_meant_and_takes_none_for_a_command() -> None:
    grid = tables.Grid("Test", ("Finding", "p"), (("[x] | *y\nz", "< 0.001"), ("*", "0/0")))
    lines = tables.to_latex(grid).splitlines()
    assert r"{[}x] $|$ {*}y z & $<$ 0.001 \\" in lines
    assert r"{*} & 0/0 \\" in lines


@pytest.mark.parametrize("form", [tables.to_latex, tables.to_markdown])
def test_a_table_with_an_undefined_figure_says_what_its_sign_means(
    form: Callable[[tables.Grid], str],
) -> None:
    for cell in ("0/0", "0.5"):
        found = form(tables.Grid("Test", ("Finding", "AUROC"), (("Mass", cell),)))
        assert ("0/0: undefined." in found) == (cell == "0/0")


def test_intervals_around_0_have_no_dash_beside_a_minus() -> None:
    assert tables.with_interval(Estimate(-0.1, -0.2, 0.05)) == "-0.100 (-0.200 to 0.050)"
    assert tables.with_interval(Estimate(0.1, 0.05, 0.2)) == "0.100 (0.050\N{EN DASH}0.200)"
    assert tables.with_interval(Estimate(None)) == "0/0"
