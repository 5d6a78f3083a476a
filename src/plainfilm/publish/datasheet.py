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
from plainfilm.publish.cleaning import Cleaning
from plainfilm.publish.counts import PaperTables
from plainfilm.publish.croissant import CROISSANT
from plainfilm.publish.export import ExportImage
from plainfilm.publish.film_table import FILMS
from plainfilm.publish.folder import CHECKSUMS, LINEAGE
from plainfilm.publish.layouts import Layout, describe_layout
from plainfilm.publish.leaks import Leak, NearDuplicates
from plainfilm.publish.lineage import Lineage, StepUse
from plainfilm.publish.summary import PublishSummary
from plainfilm.publish.versions import Change, ChangeKind, Previous
from plainfilm.records import Rejection

__all__ = ["SheetFacts", "datasheet", "opening"]

_FILES: Final = (
    (f"`{FILMS}`", "a row for each film: ids, split, path, category, view, sex, age, labels"),
    ("`tables/`", "what papers print, as CSV, Markdown and pictures"),
    (f"`{CROISSANT}`", "the dataset described for machines; `mlcroissant` reads it"),
    (f"`{LINEAGE}`", "which version of which step, with which parameters, made it"),
    (f"`{CHECKSUMS}`", f"check with `sha256sum --check --quiet {CHECKSUMS}`"),
)
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
        leaks: near-duplicate images in two splits.
        cleaning: how the films were de-identified.
        changes: since `previous`.
    """

    layout: Layout
    step: ExportImage
    lineage: Lineage
    cleaning: Cleaning
    counted: PaperTables
    split: str
    test_patients: int
    policy: NearDuplicates
    leaks: Sequence[Leak]
    licence: str
    previous: Previous | None
    changes: Sequence[Change]

    @property
    def description(self) -> str:
        """What the dataset is laid out like, and what reads it."""
        return describe_layout(self.layout, self.step.format)


def opening(summary: PublishSummary) -> str:
    """What the dataset is, in a sentence; called de-identified only where its pixels are, too."""
    searched = not summary.unsearched_pixels
    counts = (
        quantity(summary.films, "plain radiograph"),
        f"of {quantity(summary.patients, 'patient')}",
        f"in {quantity(summary.studies, 'study', 'studies')},",
    )
    kind = "de-identified" if searched else "with de-identified headers and pixels as they came"
    return f"{' '.join(counts)} {kind}."


def quantity(number: int, one: str, many: str = "") -> str:
    """`1 film`, `2 films`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def datasheet(name: str, summary: PublishSummary, facts: SheetFacts) -> str:
    """The README.md of a dataset, in Markdown. It carries no time, so equal datasets are equal."""
    template = resources.files("plainfilm.publish").joinpath("datasheet.md").read_text("utf-8")
    return template.format(
        name=name,
        opening=opening(summary),
        reported=(
            f"{quantity(summary.reported_studies, 'study', 'studies')}"
            f" {'has' if summary.reported_studies == 1 else 'have'} a labelled report"
        ),
        layout=facts.description,
        splits=to_markdown(facts.counted.split_grid()),
        people=_people(facts.counted),
        labels=_labels(facts.counted),
        label_set=summary.label_set,
        rejections=_rejections(summary.rejections),
        near_duplicates=_near_duplicates(facts),
        deidentification=_deidentification(facts.cleaning),
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
    if not facts.leaks:
        return "No image has a near-duplicate in another split."
    if facts.policy is NearDuplicates.DROP:
        images = len({leak.film.film_id for leak in facts.leaks})
        told = (
            f"{quantity(images, 'image was', 'images were')} left out, with a near-duplicate in a"
            " split nearer to the test"
        )
    else:
        pairs = quantity(len(facts.leaks), "pair")
        told = f"Published in two splits all the same: {pairs} of near-duplicate images"
    return f"{told}; `near_duplicates.csv` lists them."


def _deidentification(cleaning: Cleaning) -> str:
    """The method, in each way that was used, and what a user must know of dates and pixels."""
    runs = [_method(run) for run in cleaning.runs]
    told = [*(runs or ["How the films were de-identified is not recorded."]), *cleaning.dates]
    if cleaning.unsearched_pixels:
        films = quantity(cleaning.unsearched_pixels, "film")
        told.append(
            f"**The pixels of {films} were not searched for burned-in text**, which may show who"
            " the patient is."
        )
    return "\n".join(told)


def _method(run: StepUse) -> str:
    options = run.settings.get("options")
    listed = ", ".join(map(str, options)) if isinstance(options, list) else "not recorded"
    strict = " Text that could not be decided on was removed, too." if _is_strict(run) else ""
    return (
        f"Headers follow the Basic Profile of DICOM PS3.15, Annex E, with the options"
        f" {listed or 'none'} ({quantity(run.items, 'film')}, version {run.version})."
        f"{strict}{_rules(run)}"
    )


def _is_strict(run: StepUse) -> bool:
    return run.settings.get("strict") is True


def _rules(run: StepUse) -> str:
    rules = run.settings.get("rules")
    if not isinstance(rules, list) or not rules:
        return ""
    named = (f"{rule['action']} {rule['attribute']}" for rule in rules if "attribute" in rule)
    told = f" {quantity(len(rules), 'rule')} of the publisher's own went before: {', '.join(named)}"
    return f"{told.removesuffix(': ')}."


def _splitting(facts: SheetFacts) -> str:
    pinned = (
        f" Test patients that were named by a list: {facts.test_patients:,}."
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
