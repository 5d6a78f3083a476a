"""The README of a published dataset: a datasheet, with what a program can know filled in.

Source: Gebru et al., "Datasheets for Datasets", Communications of the ACM 64 (2021).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from typing import Final

from plainfilm.errors import REASON_TEXT
from plainfilm.evaluate.tables import frequency_grid, to_markdown
from plainfilm.publish.counts import PaperTables
from plainfilm.publish.croissant import CROISSANT
from plainfilm.publish.export import ExportImage
from plainfilm.publish.film_table import FILMS
from plainfilm.publish.folder import CHECKSUMS
from plainfilm.publish.layouts import Layout
from plainfilm.publish.leaks import NearDuplicates
from plainfilm.publish.lineage import LINEAGE, Lineage, StepUse
from plainfilm.publish.summary import PublishSummary
from plainfilm.publish.versions import Change, ChangeKind, Previous
from plainfilm.records import Rejection

__all__ = ["SheetFacts", "datasheet"]

_DEIDENTIFY: Final = "deidentify"
_FILES: Final = (
    (f"`{FILMS}`", "a row for each film: ids, split, path, category, view, sex, age, labels"),
    ("`tables/`", "what papers print, as CSV, Markdown and pictures"),
    (f"`{CROISSANT}`", "the dataset described for machines; `mlcroissant` reads it"),
    (f"`{LINEAGE}`", "which version of which step, with which parameters, made it"),
    (f"`{CHECKSUMS}`", f"check with `sha256sum --check --quiet {CHECKSUMS}`"),
)
_STRICT: Final = "Burned-in text that could not be decided on was removed, too."
_FIRST: Final = (
    "The first version. A published dataset is never changed; a new version lies next to it."
)
_NO_LICENCE: Final = (
    "None was given when the dataset was published. Without one, nobody but the publisher has a"
    " right to use it."
)


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What the README tells beside the counts.

    Attributes:
        test_patients: how many a list put into the test split.
        near_duplicates: how many images were left out, or have a twin in another split.
        changes: since `previous`.
    """

    layout: Layout
    step: ExportImage
    lineage: Lineage
    counted: PaperTables
    split: str
    test_patients: int
    policy: NearDuplicates
    near_duplicates: int
    licence: str
    previous: Previous | None
    changes: Sequence[Change]


def datasheet(name: str, summary: PublishSummary, facts: SheetFacts) -> str:
    """The README.md of a dataset, in Markdown. It carries no time, so equal datasets are equal."""
    template = resources.files("plainfilm.publish").joinpath("datasheet.md").read_text("utf-8")
    return template.format(
        name=name,
        films=summary.films,
        patients=summary.patients,
        studies=summary.studies,
        reported=summary.reported_studies,
        layout=facts.layout.description,
        splits=to_markdown(facts.counted.split_grid()),
        people=_people(facts.counted),
        labels=_labels(facts.counted),
        label_set=summary.label_set,
        rejections=_rejections(summary.rejections),
        near_duplicates=_near_duplicates(facts),
        deidentification=_deidentification(facts.lineage.steps),
        images=facts.step.description,
        splitting=_splitting(facts),
        files=_files(name, summary, facts),
        version_text=_version(facts),
        licence=facts.licence or _NO_LICENCE,
        version=version("plainfilm"),
        lineage=_table(
            ("step", "version", "parameters", "items"),
            (
                (use.step, use.version, f"`{use.parameters}`", use.items)
                for use in facts.lineage.steps
            ),
        ),
    )


def _people(counted: PaperTables) -> str:
    if not counted.retained:
        return "Age and sex of the patients were not retained by de-identification.\n"
    pictures = "![Patients by age and sex](tables/ages.png)\n" if counted.ages else ""
    return f"{to_markdown(counted.people_grid())}\n{pictures}"


def _labels(counted: PaperTables) -> str:
    if counted.labels is None:
        return "No published study has a labelled report.\n"
    pictures = "![What the reports say](tables/labels.png)\n"
    return f"{to_markdown(frequency_grid(counted.labels))}\n{pictures}"


def _rejections(rejections: Sequence[Rejection]) -> str:
    if not rejections:
        return "Every de-identified film that was chosen could be exported."
    counts = Counter(rejection.reason for rejection in rejections)
    rows = ((count, REASON_TEXT[reason]) for reason, count in counts.most_common())
    return _table(("films", "why"), rows)


def _near_duplicates(facts: SheetFacts) -> str:
    if not facts.near_duplicates:
        return "No image has a near-duplicate in another split."
    if facts.policy is NearDuplicates.DROP:
        told = "images were left out, since a near-duplicate is in a split nearer to the test"
    else:
        told = "pairs of near-duplicate images are in two splits, and were published all the same"
    return f"{facts.near_duplicates:,} {told}; `near_duplicates.csv` lists them."


def _deidentification(steps: Sequence[StepUse]) -> str:
    used = [use for use in steps if use.step == _DEIDENTIFY]
    return "\n".join(map(_method, used)) or "How the films were de-identified is not recorded."


def _method(use: StepUse) -> str:
    options = use.settings.get("options")
    listed = [str(option) for option in options] if isinstance(options, list) else []
    named = ", ".join(listed) or "none"
    strict = " Text that could not be decided on was removed, too." * bool(
        use.settings.get("strict")
    )
    rules = use.settings.get("rules")
    custom = (
        f" {len(rules)} rules of the publisher's own." if isinstance(rules, list) and rules else ""
    )
    return (
        f"Headers follow the Basic Profile of DICOM PS3.15, Annex E, with the options {named}"
        f" ({use.items:,} films, version {use.version}).{strict}{custom} Dates, where they are"
        " retained, are shifted by a number of days that is each patient's own."
    )


def _splitting(facts: SheetFacts) -> str:
    pinned = (
        f" {facts.test_patients:,} of the test patients were named by a list."
        if facts.test_patients
        else ""
    )
    kept = " Patients of the version before kept their split." if facts.previous else ""
    return (
        f"By patient, in the sizes {facts.split} (train, validate, test). A keyed hash of the"
        " patient proposes a split; it is another where the proposal would leave the splits more"
        " than two patients off their share, in all or of those with some finding or category in"
        f" their first study.{pinned}{kept} A patient does not change sides when films are added."
    )


def _files(name: str, summary: PublishSummary, facts: SheetFacts) -> str:
    words = {"name": name, "label_set": summary.label_set, "suffix": facts.step.format.suffix}
    rows = [
        (f"`{file.format_map(words)}`", what.format_map(words)) for file, what in facts.layout.files
    ]
    return _table(("file", "what is in it"), (*rows, *_FILES))


def _version(facts: SheetFacts) -> str:
    if facts.previous is None:
        return _FIRST
    counts: Mapping[ChangeKind, int] = Counter(change.kind for change in facts.changes)
    told = ", ".join(f"{counts[kind]:,} {kind.value}" for kind in ChangeKind if counts[kind])
    differences = told or "no film differs"
    return (
        f"Follows `{facts.previous.name}`: {differences}. `CHANGES.md` and `changes.csv` tell more."
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """A Markdown table without a title; numbers are set to the right."""
    body = [list(row) for row in rows]
    rule = ["---:" if isinstance(cell, int) else "---" for cell in (body[0] if body else columns)]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in (columns, rule, *body))


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")
