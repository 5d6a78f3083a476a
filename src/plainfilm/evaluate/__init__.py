"""How often, how well, how sure: frequencies, agreement and intervals. Numbers in, numbers out.

`LabelTable` reads tables of labels, `label_frequencies` and `cooccurrence` count them,
`pair_labels` brings predicted and true ones together and `label_agreement` scores them;
`Bootstrap`, `wilson` and `wald` give intervals, and `tables` turns results into CSV and Markdown.
"""

from plainfilm.evaluate import tables
from plainfilm.evaluate.agreement import (
    TASKS,
    LabelScore,
    MacroScore,
    TaskAgreement,
    label_agreement,
)
from plainfilm.evaluate.frequencies import (
    CoOccurrence,
    LabelFrequency,
    cooccurrence,
    label_frequencies,
)
from plainfilm.evaluate.intervals import Bootstrap, Estimate, percentile, wald, wilson
from plainfilm.evaluate.label_tables import (
    NEGATIVE,
    NOT_MENTIONED,
    POSITIVE,
    UNCERTAIN,
    LabelMatrix,
    LabelTable,
)
from plainfilm.evaluate.pairing import LabelPair, pair_labels

__all__ = [
    "NEGATIVE",
    "NOT_MENTIONED",
    "POSITIVE",
    "TASKS",
    "UNCERTAIN",
    "Bootstrap",
    "CoOccurrence",
    "Estimate",
    "LabelFrequency",
    "LabelMatrix",
    "LabelPair",
    "LabelScore",
    "LabelTable",
    "MacroScore",
    "TaskAgreement",
    "cooccurrence",
    "label_agreement",
    "label_frequencies",
    "pair_labels",
    "percentile",
    "tables",
    "wald",
    "wilson",
]
