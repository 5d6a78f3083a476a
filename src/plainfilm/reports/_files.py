"""`label`: reports in, a table of labels out, with the evidence beside it on request."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from plainfilm.errors import BadSource, Reason
from plainfilm.records import Label
from plainfilm.reports._context import NEGATIVE, POSITIVE, UNCERTAIN
from plainfilm.reports._labeler import Labeler
from plainfilm.reports._lexicon import load_lexicon
from plainfilm.reports._sources import read_reports
from plainfilm.text_files import write_beside

__all__ = ["LabelCounts", "LabelSummary", "label_files"]


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """How many reports say a finding is there, is not there, or may be there."""

    positive: int = 0
    negative: int = 0
    uncertain: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LabelSummary:
    """What `label_files` did.

    Attributes:
        reports: reports read, each a row.
        unlabelled: reports without text in a section that counts; their rows are empty.
        findings: counts per label, in the order of the label set.
    """

    reports: int
    unlabelled: int
    findings: dict[str, LabelCounts]


def label_files(
    source: Path,
    out_csv: Path,
    label_set: str = "chexpert",
    sections: str = "impression",
    evidence: Path | None = None,
    *,
    language: str = "en",
    lexicon: Path | None = None,
    id_column: str = "id",
    text_column: str = "text",
) -> LabelSummary:
    """Label the reports of a file or folder.

    The table has `id` and one column per label: 1 positive, 0 negative, -1 uncertain, empty not
    mentioned. The evidence is JSON Lines: `id`, `label_set` and per label its mentions with
    spans in the report's text. Reports stream.

    Args:
        language: `en` or `es`.
        lexicon: a folder with additions to the lexicon of that language.
        id_column, text_column: the names of these columns where the source is a table.
    Raises:
        BadSource, BadTable, UnreadableDicom: the source or the lexicon cannot be read (see
            `read_reports`, `load_lexicon`), or the output not written. No output is left then.
        SettingsError: no such label set, choice of sections or language.
    """
    labeler = Labeler(label_set, sections, load_lexicon(language, lexicon))
    names = labeler.names
    counts: Counter[tuple[str, int]] = Counter()
    read = unlabelled = 0
    with ExitStack() as files:
        table = csv.writer(files.enter_context(_written(out_csv)), lineterminator="\n")
        lines = files.enter_context(_written(evidence)) if evidence is not None else None
        table.writerow(["id", *names])
        for report in read_reports(source, id_column=id_column, text_column=text_column):
            if lines is None:
                values = labeler.values(report.text)
            else:
                labels = labeler.label(report.text)
                values = {label.finding: label.value for label in labels}
                lines.write(_evidence_line(report.name, label_set, labels))
            table.writerow([report.name, *map(values.get, names)])
            read += 1
            unlabelled += not values
            counts.update(values.items())
    findings = {
        name: LabelCounts(*(counts[name, value] for value in (POSITIVE, NEGATIVE, UNCERTAIN)))
        for name in names
    }
    return LabelSummary(read, unlabelled, findings)


def _evidence_line(name: str, label_set: str, labels: Sequence[Label]) -> str:
    found = [
        {
            "finding": label.finding,
            "value": label.value,
            "mentions": [asdict(mention) for mention in label.mentions],
        }
        for label in labels
    ]
    record = {"id": name, "label_set": label_set, "labels": found}
    return json.dumps(record, ensure_ascii=False) + "\n"


@contextmanager
def _written(path: Path) -> Iterator[IO[str]]:
    """A text file that takes its name only when all went well."""
    try:
        with write_beside(path) as stream:
            yield stream
    except OSError as exc:
        message = f"{path}: cannot be written ({exc.strerror})"
        raise BadSource(message, Reason.FILE_UNREADABLE) from exc
