"""Putting the report page together and writing it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.pages import Section, page, write_page
from plainfilm.publish.page import content, intake, release
from plainfilm.publish.page.burned_text import burned_text
from plainfilm.publish.page.evidence import evidence

__all__ = ["write_report_page"]

_FOOTER: Final = (
    "Thumbnails are of de-identified copies only. Numbers of films and reports are the archive's "
    "own. File paths are shown as they were found: where folders or files are named after people, "
    "keep this page inside."
)


def write_report_page(
    archive: Archive,
    path: Path,
    *,
    dataset: Path | None = None,
    audit: Path | None = None,
    title: str = "What came of these films",
) -> None:
    """Write one HTML file on what came in, what was found, and what left.

    It needs no other file and no network. Thumbnails are of de-identified copies only, films and
    reports go by the catalog's own numbers, and no tag's value or report's text is shown. Paths
    of rejected and duplicate files are shown as they are, since someone has to find them.

    Args:
        path: the file; one that is there is replaced.
        dataset: a published dataset whose splits are shown.
        audit: the folder of the de-identification's audit, for the text that was blacked out.
    Raises:
        BadTable: the dataset's split table, or the audit, cannot be read.
        ArchiveError: the archive cannot be read, or the page cannot be written.
    """
    shown = page(
        title, _sections(archive, dataset, audit), tiles=intake.tiles(archive), footer=_FOOTER
    )
    write_page(shown, path)


def _sections(archive: Archive, dataset: Path | None, audit: Path | None) -> Iterator[Section]:
    yield content.categories(archive)
    yield content.wrong_tags(archive)
    yield content.labels(archive)
    if shown := evidence(archive):
        yield shown
    if unlinked := content.unlinked_reports(archive):
        yield unlinked
    yield release.deidentification(archive)
    if audit is not None:
        yield burned_text(archive, audit)
    yield release.withheld(archive)
    if dataset is not None:
        yield release.splits(dataset)
    yield intake.rejections(archive)
    yield intake.duplicates(archive)
    yield intake.encodings(archive)
    yield intake.runs(archive)
