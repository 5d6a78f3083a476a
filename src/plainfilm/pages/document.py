"""A whole page from its sections, and writing it."""

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Final

from plainfilm.errors import ArchiveError
from plainfilm.pages.markup import Content, Markup, element
from plainfilm.pages.parts import Section

__all__ = ["page", "write_page"]

# The page may show its own images and styles and nothing else; it cannot call home.
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(
    title: str, sections: Iterable[Section], *, tiles: Content = None, footer: Content = None
) -> str:
    """One self-contained HTML page: it needs no other file and no network.

    Args:
        tiles: large numbers at the top; see `parts.tiles`.
        footer: what a reader should know before the page is shown to others.
    """
    shown = list(sections)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    heading = (
        element("h1", title),
        element("p", f"plainfilm {version('plainfilm')}, {made}", class_="quiet"),
    )
    body = element(
        "body",
        element("header", heading),
        element("main", tiles, _notices(shown), _contents(shown), map(_section, shown)),
        element("footer", element("p", footer)) if footer else None,
    )
    return "<!doctype html>\n" + element("html", _head(title), body, lang="en")


def write_page(text: str, path: Path) -> None:
    """Write a page beside `path` and rename, so that it is there whole or not at all.

    Raises:
        ArchiveError: the page cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial-{secrets.token_hex(4)}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ArchiveError(f"cannot write {path}: {error.strerror}") from error


def _head(title: str) -> Markup:
    style = resources.files("plainfilm.pages").joinpath("style.css").read_text("utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(style)),
    )


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
