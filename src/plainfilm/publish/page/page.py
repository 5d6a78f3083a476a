"""Putting the report page together and writing it."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Final

from plainfilm.archive import Archive
from plainfilm.errors import ArchiveError
from plainfilm.publish.page import content, intake, release
from plainfilm.publish.page.evidence import evidence
from plainfilm.publish.page.markup import Markup, element
from plainfilm.publish.page.parts import Section

__all__ = ["write_report_page"]

# The page may show its own images and styles and nothing else; it cannot call home.
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report_page(
    archive: Archive,
    path: Path,
    *,
    dataset: Path | None = None,
    title: str = "What came of these films",
) -> None:
    """Write one HTML file on what came in, what was found, and what left.

    It needs no other file and no network. Thumbnails are of de-identified copies only, films and
    reports go by the catalog's own numbers, and no tag's value or report's text is shown. Paths
    of rejected and duplicate files are shown as they are, since someone has to find them.

    Args:
        path: the file; one that is there is replaced.
        dataset: a published dataset whose splits are shown.
    Raises:
        BadTable: the dataset's split table cannot be read.
        ArchiveError: the archive cannot be read, or the page cannot be written.
    """
    sections = list(_sections(archive, dataset))
    page = "<!doctype html>\n" + _document(title, sections, intake.tiles(archive))
    partial = path.with_name(f".{path.name}.partial-{secrets.token_hex(4)}")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ArchiveError(f"cannot write {path}: {error.strerror}") from error


def _sections(archive: Archive, dataset: Path | None) -> Iterator[Section]:
    yield content.categories(archive)
    yield content.wrong_tags(archive)
    yield content.labels(archive)
    if shown := evidence(archive):
        yield shown
    if unlinked := content.unlinked_reports(archive):
        yield unlinked
    yield release.deidentification(archive)
    yield release.withheld(archive)
    if dataset is not None:
        yield release.splits(dataset)
    yield intake.rejections(archive)
    yield intake.duplicates(archive)
    yield intake.encodings(archive)
    yield intake.runs(archive)


def _document(title: str, sections: Sequence[Section], tiles: Markup) -> Markup:
    style = resources.files("plainfilm.publish.page").joinpath("style.css").read_text("utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(style)),
    )
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    body = element(
        "body",
        element(
            "header",
            element("h1", title),
            element("p", f"plainfilm {version('plainfilm')}, {made}", class_="quiet"),
        ),
        element("main", tiles, _notices(sections), _contents(sections), map(_section, sections)),
        element(
            "footer",
            element(
                "p",
                "Thumbnails are of de-identified copies only. Numbers of films and reports are the "
                "archive's own. File paths are shown as they were found: where folders or files "
                "are named after people, keep this page inside.",
            ),
        ),
    )
    return element("html", head, body, lang="en")


def _notices(sections: Sequence[Section]) -> Markup | None:
    links = [
        element("li", element("a", section.notice, href=f"#{section.anchor}"))
        for section in sections
        if section.notice
    ]
    if not links:
        return None
    heading = element("h2", "To look at", id="notices")
    return element("section", heading, element("ul", links), class_="notices")


def _contents(sections: Sequence[Section]) -> Markup:
    links = (element("a", section.title, href=f"#{section.anchor}") for section in sections)
    return element("nav", links, aria_label="Sections")


def _section(section: Section) -> Markup:
    heading = element("h2", section.title, id=f"{section.anchor}-title")
    label = f"{section.anchor}-title"
    return element("section", heading, section.body, id=section.anchor, aria_labelledby=label)
