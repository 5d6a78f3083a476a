"""Results as tables: what is printed, for people in Markdown and for programs in CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from plainfilm.evaluate.agreement import TaskAgreement
from plainfilm.evaluate.frequencies import CoOccurrence, LabelFrequency
from plainfilm.evaluate.intervals import Estimate

__all__ = [
    "UNDEFINED",
    "Cell",
    "Grid",
    "agreement_grid",
    "agreement_records",
    "cooccurrence_grid",
    "cooccurrence_records",
    "escape_latex",
    "flat",
    "frequency_grid",
    "frequency_records",
    "to_csv",
    "to_latex",
    "to_markdown",
    "with_interval",
]

UNDEFINED: Final = "0/0"
"""What stands in a table for a figure that has no value."""

_NOTE: Final = f"{UNDEFINED}: undefined."

_TO: Final = "\N{EN DASH}"

_LATEX: Final = {
    **{letter: rf"\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # In LaTeX's old encoding, which is still its default, these are other characters.
    **{letter: f"${letter}$" for letter in "<>|"},
    # After a line's end these would be its arguments.
    **{letter: f"{{{letter}}}" for letter in "[*"},
    "\n": " ",
    _TO: "--",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MINUS SIGN}": "$-$",
}
"""What LaTeX reads as something else, and what old ones cannot read."""

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for people: every cell is text; the first column is set to the left."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def frequency_grid(frequencies: Sequence[LabelFrequency]) -> Grid:
    """Counts with percentages, in the form of the label tables of MIMIC-CXR-JPG."""
    total = frequencies[0].total if frequencies else 0
    rows = tuple(
        (
            entry.label,
            *(
                _with_percent(count, entry.percent(count))
                for count in (entry.positive, entry.negative, entry.uncertain, entry.not_mentioned)
            ),
        )
        for entry in frequencies
    )
    columns = ("Label", "Positive", "Negative", "Uncertain", "Not mentioned")
    return Grid(f"Label frequencies, n = {total:,}", columns, rows)


def frequency_records(frequencies: Sequence[LabelFrequency]) -> list[dict[str, Cell]]:
    """One record per label, with plain numbers."""
    records: list[dict[str, Cell]] = []
    for entry in frequencies:
        record: dict[str, Cell] = {"label": entry.label}
        for name in ("positive", "negative", "uncertain", "not_mentioned"):
            count = getattr(entry, name)
            record |= {name: count, f"{name}_percent": entry.percent(count)}
        records.append({**record, "total": entry.total})
    return records


def cooccurrence_grid(found: CoOccurrence) -> Grid:
    """The matrix, and the totals in a row below it, as ChestX-ray14 prints them."""
    rows = [
        (name, *(f"{count:,}" for count in counts))
        for name, counts in zip(found.labels, found.counts.tolist(), strict=True)
    ]
    rows.append(("Total", *(f"{count:,}" for count in found.totals.tolist())))
    title = "Films with both labels; on the diagonal with this label alone"
    return Grid(title, ("Label", *found.labels), tuple(rows))


def cooccurrence_records(found: CoOccurrence) -> list[dict[str, Cell]]:
    """One record per row of the matrix, then the totals."""
    rows = [
        *zip(found.labels, found.counts.tolist(), strict=True),
        ("Total", found.totals.tolist()),
    ]
    return [
        {"label": name, **dict(zip(found.labels, counts, strict=True))} for name, counts in rows
    ]


def agreement_grid(agreement: TaskAgreement) -> Grid:
    """Precision, recall and F1 with their intervals: labels, micro, macro."""
    rows = [
        (
            score.label,
            f"{score.true_positives + score.false_negatives:,}",
            f"{score.true_positives + score.false_positives:,}",
            *map(with_interval, (score.precision, score.recall, score.f1)),
        )
        for score in (*agreement.labels, agreement.micro)
    ]
    macro = agreement.macro
    rows.append(("macro", "", "", *map(with_interval, (macro.precision, macro.recall, macro.f1))))
    columns = ("Label", "True", "Predicted", "Precision", "Recall", "F1")
    return Grid(agreement.task.capitalize(), columns, tuple(rows))


def agreement_records(agreement: TaskAgreement) -> list[dict[str, Cell]]:
    """One record per label, then micro and macro, with plain numbers; None where undefined."""
    records: list[dict[str, Cell]] = [
        {
            "task": agreement.task,
            "label": score.label,
            "true_positives": score.true_positives,
            "false_positives": score.false_positives,
            "false_negatives": score.false_negatives,
            "true_negatives": score.true_negatives,
            **flat(precision=score.precision, recall=score.recall, f1=score.f1),
        }
        for score in (*agreement.labels, agreement.micro)
    ]
    macro = agreement.macro
    counts = dict.fromkeys(
        ("true_positives", "false_positives", "false_negatives", "true_negatives")
    )
    figures = flat(precision=macro.precision, recall=macro.recall, f1=macro.f1)
    return [*records, {"task": agreement.task, "label": "macro", **counts, **figures}]


def to_csv(records: Sequence[dict[str, Cell]], columns: Sequence[str] = ()) -> str:
    """Records with the same keys as CSV; None is an empty cell.

    Args:
        columns: where there may be no record; else they are the records' keys.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, records[0] if records else columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return stream.getvalue()


def to_markdown(grid: Grid) -> str:
    """The table in Markdown, its title above it, and below it what `0/0` means."""
    rule = ("---", *("---:" for _ in grid.columns[1:]))
    lines = [_line(row) for row in (grid.columns, rule, *grid.rows)]
    return "\n".join([f"**{grid.title}**", "", *lines, *(["", _NOTE] if _lacks(grid) else []), ""])


def to_latex(grid: Grid) -> str:
    """The table in LaTeX, for the package booktabs, its title as caption, `0/0` as in Markdown."""
    lines = [r"\begin{table}", rf"\caption{{{escape_latex(grid.title)}}}"]
    lines += [rf"\begin{{tabular}}{{l{'r' * (len(grid.columns) - 1)}}}", r"\toprule"]
    lines += [_latex_row(grid.columns), r"\midrule", *map(_latex_row, grid.rows)]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip{{\footnotesize {_NOTE}}}"] if _lacks(grid) else []
    return "\n".join([*lines, r"\end{table}", ""])


def escape_latex(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _latex_row(cells: Sequence[str]) -> str:
    return rf"{' & '.join(map(escape_latex, cells))} \\"


def _lacks(grid: Grid) -> bool:
    return any(UNDEFINED in row for row in grid.rows)


def _line(cells: Sequence[str]) -> str:
    plain = (cell.replace("|", "&#124;").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(plain)} |"


def flat(**estimates: Estimate) -> dict[str, Cell]:
    """Estimates as cells of a record: value, ends, and resamples in which there was no value."""
    record: dict[str, Cell] = {}
    for name, estimate in estimates.items():
        record[name] = estimate.value
        record[f"{name}_low"] = estimate.low
        record[f"{name}_high"] = estimate.high
        record[f"{name}_undefined_resamples"] = estimate.undefined_resamples
    return record


def _with_percent(count: int, percent: float | None) -> str:
    return f"{count:,}" if percent is None else f"{count:,} ({percent:.1f} %)"


def with_interval(estimate: Estimate) -> str:
    """`0.754 (0.734-0.776)`; `0/0` where there is no value."""
    if estimate.value is None:
        return UNDEFINED
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    to = _TO if estimate.low >= 0 else " to "  # a dash beside a minus sign cannot be read
    return f"{estimate.value:.3f} ({estimate.low:.3f}{to}{estimate.high:.3f})"
