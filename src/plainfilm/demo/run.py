"""The whole way on the sample films: from a messy export to a published dataset and its page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from plainfilm.archive import Archive, IngestSummary, ReportSummary, RunSummary
from plainfilm.categories import (
    CategoryFromPixels,
    CategoryFromText,
    DecideCategory,
    silent_on,
)
from plainfilm.deid import Deidentify
from plainfilm.deid.audit import AuditSummary, audit_folder, finish_audit
from plainfilm.deid.check import CheckReport, check_folder
from plainfilm.deid.reports import CleanReports, ReportRun, clean_all, write_tree
from plainfilm.demo.sample import SampleSource, build_sample_source
from plainfilm.errors import SettingsError
from plainfilm.findings import ReadChest
from plainfilm.models import DEFAULT_CHEST, find_finding_model, find_model
from plainfilm.publish import (
    DatasetOptions,
    MimicCxrJpg,
    PublishSummary,
    SplitSizes,
    publish,
    write_report_page,
)
from plainfilm.reports import LabelReports, read_reports
from plainfilm.route import CHEST_MODEL, load_rules, sent_to
from plainfilm.steps import Engine

__all__ = ["DemoSummary", "run_demo"]

LABEL_SET = "chexpert"
SPLIT = SplitSizes((0.6, 0.2, 0.2))

# The demo's ids and splits are the same each time, on every machine. Its films are invented
# people's; a key for real ones is random, and `load_or_create_key` makes it.
SAMPLE_KEY = hashlib.sha256(b"the sample films' key, which is no secret").digest()


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What each stage of the demo came to, and where its results are."""

    source: SampleSource
    ingested: IngestSummary
    reports: ReportSummary
    categories: RunSummary
    findings: RunSummary
    labels: RunSummary
    clean: RunSummary
    audit: AuditSummary
    clean_reports: ReportRun
    checked: CheckReport
    published: PublishSummary
    archive: Path
    dataset: Path
    page: Path


def run_demo(folder: Path, *, engine: Engine, tell: Callable[[str], None]) -> DemoSummary:
    """Run the product's main job on the bundled sample films, in an empty folder.

    Args:
        tell: hears what is being done, a line for each stage.
    Raises:
        SettingsError: the folder is not empty.
    """
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty; name a new folder for the demo")
    archive_folder, dataset, page = folder / "archive", folder / "dataset", folder / "report.html"
    clean_films = folder / "clean"
    tell("Writing 24 sample films as a hospital's messy export")
    folder.mkdir(parents=True, exist_ok=True)
    source = build_sample_source(folder)
    with Archive.create(archive_folder) as archive:
        tell("Taking the films in: every header read, duplicates and damaged files found")
        ingested = archive.ingest([source.folder], engine=engine)
        reports = archive.ingest_reports(read_reports(source.reports))
        tell("Naming each film's category from its texts and its pixels")
        archive.run(CategoryFromText(), engine=engine)
        model = find_model()
        archive.run(CategoryFromPixels.of(model), engine=engine)
        categories = archive.run(DecideCategory(silent_on(model.card)), engine=engine)
        tell("Sending frontal chest films to the example model of findings")
        chest = ReadChest.of(find_finding_model(DEFAULT_CHEST))
        sent, _ = sent_to(archive, load_rules(None), [CHEST_MODEL])
        findings = archive.run(chest, engine=engine, only=sent[CHEST_MODEL])
        tell("Reading the reports for findings")
        labels = archive.run(LabelReports(LABEL_SET), engine=engine)
        tell("De-identifying headers, blacking out names that are burned into the pixels")
        step = Deidentify(clean_films, SAMPLE_KEY, audit=audit_folder(clean_films))
        clean = archive.run(step, engine=engine)
        audit = finish_audit(audit_folder(clean_films), out=clean_films, options=step.options)
        tell("De-identifying the reports")
        clean_reports = write_tree(
            clean_all(archive.reports(), CleanReports(SAMPLE_KEY), engine),
            folder / "clean-reports",
            audit_folder(folder / "clean-reports"),
        )
        tell("Publishing images, labels, splits and checksums")
        published = publish(
            archive,
            dataset,
            layout=MimicCxrJpg(),
            engine=engine,
            key=SAMPLE_KEY,
            label_set=LABEL_SET,
            options=DatasetOptions(split=SPLIT),
        )
        tell("Writing the report page")
        write_report_page(archive, page, dataset=dataset, audit=audit_folder(clean_films))
    tell("Checking what would leave against the originals")
    originals = [location for location, _ in source.films]
    checked = check_folder(clean_films, engine=engine, source=originals, key=SAMPLE_KEY)
    return DemoSummary(
        source, ingested, reports, categories, findings, labels, clean, audit, clean_reports,
        checked, published, archive_folder, dataset, page,
    )  # fmt: skip
