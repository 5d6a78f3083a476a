"""Sections on what the films show: categories with thumbnails, wrong tags, label frequencies."""

import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.errors import Reason
from plainfilm.pages import (
    Column,
    Content,
    Markup,
    Section,
    counted,
    element,
    join,
    paragraph,
    table,
)
from plainfilm.publish.page import thumbnails
from plainfilm.publish.page.intake import reason_text
from plainfilm.publish.page.parts import Listing, listing
from plainfilm.publish.selection import study_labels
from plainfilm.publish.summary import LabelCounts, count_labels
from plainfilm.records import Outcome
from plainfilm.vocabulary import CATEGORIES, LABEL_SETS, label_set

__all__ = ["THUMBNAILS", "categories", "labels", "unlinked_reports", "wrong_tags"]

THUMBNAILS: Final = 12
"""Films that a category shows."""

_WITHHELD_SHOWN: Final = 2

_TITLES: Final = {category.name: category.title for category in CATEGORIES}
_UNDECIDED: Final = "Undecided"

_FILMS: Final = """
SELECT * FROM (
    SELECT film.film_id, coalesce(decision.category, '') AS category, prediction.details,
           decision.outcome, decision.details ->> 'why' AS why,
           clean_film.path AS clean, refused.reason,
           count(*) OVER (PARTITION BY coalesce(decision.category, '')) AS films,
           count(clean_film.path) OVER (PARTITION BY coalesce(decision.category, '')) AS cleaned,
           row_number() OVER (
               PARTITION BY coalesce(decision.category, ''), clean_film.path IS NULL
               ORDER BY film.film_id
           ) AS place
    FROM film
    LEFT JOIN decision ON decision.film_id = film.film_id
    LEFT JOIN prediction
        ON prediction.film_id = film.film_id AND prediction.task = 'category_text'
    LEFT JOIN clean_film ON clean_film.film_id = film.film_id
    LEFT JOIN (
        SELECT item_id, min(reason) AS reason
        FROM step_result
        WHERE item_kind = 'film' AND reason IS NOT NULL
        GROUP BY item_id
    ) AS refused ON refused.item_id = film.film_id
)
WHERE place <= $thumbnails
ORDER BY category = '', films DESC, category, clean IS NULL, place
"""


def categories(archive: Archive) -> Section:
    """The films of each category, with thumbnails of de-identified copies."""
    rows = archive.rows(_FILMS, thumbnails=THUMBNAILS)
    groups = [
        _group(name, list(films)) for name, films in groupby(rows, key=lambda row: row["category"])
    ]
    if not groups:
        return Section("categories", "Categories", paragraph("The archive has no films yet."))
    totals = {row["category"]: row["films"] for row in rows}
    undecided = totals.pop("", 0)
    lead = paragraph(
        f"{counted(len(totals), 'category', 'categories')} told by the films' texts and pixels. ",
        "Thumbnails are of de-identified copies; a film without one is not shown.",
    )
    notice = f"{counted(undecided, 'film')} whose category is undecided"
    return Section("categories", "Categories", (lead, groups), notice if undecided else "")


def _group(name: str, films: list[dict[str, Any]]) -> Markup:
    total, cleaned = films[0]["films"], films[0]["cleaned"]
    title = _title(name)
    count = counted(total, "film")
    if cleaned < total:
        count += f", {total - cleaned:,} withheld"
    shown = _chosen(films)
    rest = total - len(shown)
    query = f"SELECT film_id FROM decision WHERE category = '{name}'"  # noqa: S608 - shown, not run
    more = (
        f"and {rest:,} more; all of them: ",
        element("code", f'plainfilm query ARCHIVE "{query}"'),
    )
    return element(
        "article",
        element("h3", title, " ", element("span", count, class_="quiet")),
        element("div", (_film(title, film) for film in shown), class_="films"),
        paragraph(*more, class_="more") if rest else None,
        class_="category",
    )


def _chosen(films: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Films to show: mostly copies, but where films were withheld, some of those as well."""
    copies = [film for film in films if film["clean"] is not None]
    others = [film for film in films if film["clean"] is None]
    room = max(THUMBNAILS - len(copies), min(len(others), _WITHHELD_SHOWN))
    return copies[: THUMBNAILS - min(room, len(others))] + others[:room]


def _film(title: str, film: dict[str, Any]) -> Markup:
    details = json.loads(film["details"] or "{}")
    caption: list[Content] = [element("span", f"Film {film['film_id']}")]
    if not film["category"] and details.get("body_part"):
        caption.append(element("span", details["body_part"].replace("_", " ")))
    if film["outcome"] == Outcome.CONFLICT:
        suspicious = film["why"] == "tag_suspicious"
        said = "a tag looks wrong" if suspicious else "text and pixels disagree"
        caption.append(element("span", said, class_="badge"))
    elif details.get("disagreement") or film["outcome"] == Outcome.REPAIR:
        caption.append(element("span", "wrong tag", class_="badge"))
    if film["clean"] is not None:
        alt = f"{title}, film {film['film_id']}, de-identified"
        return thumbnails.figure(Path(film["clean"]), alt, caption)
    why = "not de-identified"
    if film["reason"] == Reason.BURNED_IN_TEXT:
        why = "withheld: text in the pixels"
    elif film["reason"]:
        why = reason_text(film["reason"])
    return thumbnails.placeholder(why, caption)


_WRONG_TAGS: Final = """
SELECT decision.film_id, decision.category, decision.outcome, decision.details AS decided,
       coalesce(prediction.details, '{}') AS told
FROM decision
LEFT JOIN prediction
    ON prediction.film_id = decision.film_id AND prediction.task = 'category_text'
WHERE decision.outcome IN ('repair', 'conflict')
    OR json_array_length(prediction.details -> 'disagreement') > 0
ORDER BY decision.film_id
"""


def wrong_tags(archive: Archive) -> Section:
    """Films whose tags contradict one another, or the pixels."""
    found = listing(archive, _WRONG_TAGS)
    if not found.total:
        body: Content = paragraph("No film's tags contradict one another, or the pixels.")
        return Section("wrong-tags", "Wrong tags", body)
    body = table(
        "Films whose tags contradict one another or the pixels, or say too little",
        (
            Column("Film"),
            Column("Taken for"),
            Column("Because"),
            Column("Although"),
        ),
        (_contradiction(row) for row in found.rows),
        found.rest,
    )
    notice = f"{counted(found.total, 'film')} whose tags are wrong or say too little"
    return Section("wrong-tags", "Wrong tags", body, notice)


def _contradiction(row: Mapping[str, Any]) -> tuple[Content, ...]:
    told, pixels = json.loads(row["told"]), json.loads(row["decided"])["pixels"]
    evidence, against = told.get("evidence", []), told.get("disagreement", [])
    taken = _title(row["category"])
    seen = [_seen(*pixels[0])] if pixels else []
    if row["outcome"] in {Outcome.REPAIR, Outcome.CONFLICT}:
        return str(row["film_id"]), taken, seen, map(_statement, (*evidence, *against))
    kinds = {item["says"] for item in against}
    because = [_statement(item) for item in evidence if item["says"] in kinds]
    return str(row["film_id"]), taken, because + seen, map(_statement, against)


def _title(category: str) -> str:
    return _TITLES.get(category, category.replace("_", " ").capitalize()) or _UNDECIDED


def _seen(category: str, probability: float) -> Markup:
    return element("div", f"the pixels show {_title(category)}, probability {probability:.2f}")


def _statement(item: Mapping[str, str]) -> Markup:
    """One piece of evidence; its words are those of the rule tables, never a tag's text."""
    said = item["value"].replace("_", " ")
    return element("div", element("code", item["source"]), f" says {said}")


def labels(archive: Archive) -> Section:
    """How often each finding is positive, uncertain, negative and unmentioned."""
    tables = [shown for name in LABEL_SETS if (shown := _label_table(archive, name)) is not None]
    if not tables:
        return Section("labels", "Labels", paragraph("No reports were labelled yet."))
    return Section("labels", "Labels from reports", tables)


_LEGEND: Final = element(
    "p",
    (
        element("span", element("span", class_=f"key {kind}"), kind)
        for kind in ("positive", "uncertain", "negative")
    ),
    class_="legend",
)


def _label_table(archive: Archive, name: str) -> Markup | None:
    studies = study_labels(archive, name)
    if not studies:
        return None
    counts = count_labels(sorted(label_set(name)), studies.values())
    shown = table(
        f"Label set {name}: {counted(len(studies), 'study', 'studies')} with a report",
        (
            Column("Finding"),
            Column("Share"),
            *(Column(title, number=True) for title in ("Positive", "Uncertain", "Negative")),
            Column("Unmentioned", number=True),
        ),
        (_label_row(entry) for entry in counts),
    )
    return join((_LEGEND, shown))


def _label_row(entry: LabelCounts) -> tuple[Content, ...]:
    parts = (entry.positive, entry.uncertain, entry.negative)
    bar = element(
        "span",
        (
            element("span", class_=kind, style=f"width:{count / entry.total:.2%}")
            for kind, count in zip(("positive", "uncertain", "negative"), parts, strict=True)
            if count
        ),
        class_="bar",
        aria_hidden="true",  # the numbers beside it say the same
    )
    return (
        entry.finding,
        bar,
        *(_with_share(count, entry.total) for count in (*parts, entry.unmentioned)),
    )


def _with_share(count: int, total: int) -> Content:
    share = element("span", f"{count / total:.1%}", class_="quiet")
    return element("span", count, " ", share, class_="pair")


_UNLINKED: Final = """
SELECT report_id FROM report WHERE study_pk IS NULL ORDER BY report_id
"""


def unlinked_reports(archive: Archive) -> Section | None:
    """Reports whose study is not in the archive; None when there are no such reports."""
    found: Listing = listing(archive, _UNLINKED)
    if not found.total:
        return None
    # A report's name in its source may be an accession number, so only our own number is shown.
    numbers = ", ".join(f"{row['report_id']}" for row in found.rows)
    body = (
        paragraph(
            "Neither accession number nor Study Instance UID of these reports belongs to a study "
            f"of the archive. Report {numbers}."
        ),
        found.rest,
    )
    verb = "belongs" if found.total == 1 else "belong"
    notice = f"{counted(found.total, 'report')} {verb} to no study"
    return Section("unlinked", "Reports without a study", body, notice)
