"""The audit as a page for whoever answers for privacy.

Every section is capped, so that the page of a hundred thousand films stays a few megabytes; the
Parquet files hold all of it, and the page says how to ask them.
"""

import base64
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plainfilm.deid.audit.meanings import ACTIONS, BOX_REASONS, method_of
from plainfilm.deid.profile import Option
from plainfilm.errors import REASON_TEXT, Reason
from plainfilm.pages import (
    Column,
    Content,
    Markup,
    Section,
    counted,
    element,
    page,
    paragraph,
    table,
    tiles,
    write_page,
)

if TYPE_CHECKING:
    from plainfilm.deid.audit.finish import AuditSummary

__all__ = ["write_audit_page"]

_ATTRIBUTES_SHOWN: Final = 300
_WITHHELD_SHOWN: Final = 100
_THUMBNAIL_BYTES: Final = 2 << 20
"""Of all thumbnails on the page together, before base64 adds a third."""

_TITLE: Final = "Audit of a de-identification"
_FOOTER: Final = (
    "Films go by their new ids. Old values are in the Parquet files as keyed hashes only; without "
    "the key nobody can try out old values against them. The pictures are of the results, and one "
    "whose text is doubtful may still show a name: look at those first, and keep this page and its "
    "folder inside."
)
_FILMS: Final = Column("Films", number=True)
_ELEMENTS: Final = Column("Elements", number=True)


def write_audit_page(
    connection: Any,
    summary: "AuditSummary",
    path: Path,
    *,
    options: Collection[Option],
    strict: bool,
) -> None:
    """Write the page.

    Args:
        connection: to a DuckDB with the tables films, audit, boxes and thumbnails.
        options, strict: of the run that ended now.
    Raises:
        ArchiveError: the page cannot be written.
    """
    facts = tiles(
        (
            ("films released", summary.released),
            ("films withheld", summary.withheld),
            ("elements looked at", summary.elements),
            ("boxes of text", summary.boxes),
            ("doubtful boxes", summary.doubtful),
        )
    )
    sections = (
        _method(options, strict=strict),
        _checks(connection, summary),
        _actions(connection),
        _attributes(connection),
        _withheld(connection, summary),
        _boxes(connection, summary, strict=strict),
        _pictures(connection),
        _queries(),
    )
    write_page(page(_TITLE, sections, tiles=facts, footer=_FOOTER), path)


def _method(options: Collection[Option], *, strict: bool) -> Section:
    used = [method_of(""), *(method_of(str(option)) for option in sorted(options))]
    doubtful = "was filled (--strict)" if strict else "made a film be withheld for review"
    body = (
        paragraph(
            "Headers were treated by the Basic Profile of DICOM PS3.15 annex E with these options "
            "(codes of PS3.16 CID 7050, as each film's De-identification Method Code Sequence "
            "names them):"
        ),
        element("ul", (element("li", name) for name in used)),
        paragraph(f"Text in the pixels that could not be read {doubtful}."),
    )
    return Section("method", "What was asked for", body)


def _checks(connection: Any, summary: "AuditSummary") -> Section:
    (bare,) = connection.execute(
        "SELECT count(*) FROM films WHERE outcome = 'released'"
        " AND removed + emptied + replaced + new_uids + cleaned + kept = 0"
    ).fetchone()
    (wrong,) = connection.execute(
        "SELECT count(*) FROM audit SEMI JOIN films"
        " ON films.film = audit.film AND films.outcome = 'released'"
        " WHERE action <> 'K' AND rule = 'private' AND action <> 'X'"
    ).fetchone()
    checks = (
        ("Clean films in the output folder that no record tells of", summary.unrecorded),
        ("Released films without a record of their elements", bare),
        ("Private elements that were changed rather than removed", wrong),
    )
    body = table(
        "What the audit found when it was joined; each line should say 0",
        (Column("Check"), Column("Found", number=True)),
        checks,
    )
    amiss = sum(found > 0 for _, found in checks)
    notice = f"{counted(amiss, 'check')} of the audit itself found something" if amiss else ""
    return Section("checks", "The audit's own checks", body, notice)


def _actions(connection: Any) -> Section:
    rows = connection.execute(
        "SELECT action, rule, any_value(reason), count(*) FROM audit"
        " GROUP BY action, rule ORDER BY count(*) DESC, action, rule"
    ).fetchall()
    order = list(ACTIONS)
    by_action = [
        (code, ACTIONS[code], sum(row[3] for row in rows if row[0] == code)) for code in order
    ]
    body = (
        table(
            "Elements by action of PS3.15 table E.1-1a",
            (Column("Action"), Column("Meaning"), _ELEMENTS),
            by_action,
        ),
        table(
            "… and by the rule that decided",
            (Column("Action"), Column("Rule"), Column("In words"), _ELEMENTS),
            rows,
        ),
    )
    return Section("actions", "What was done to headers", body)


def _attributes(connection: Any) -> Section:
    rows = connection.execute(
        "SELECT keyword, tag, any_value(vr), action, any_value(reason), count(*) AS elements"
        " FROM audit GROUP BY keyword, tag, action, rule ORDER BY elements DESC, tag, action, rule"
    ).fetchall()
    columns = (
        Column("Attribute"),
        Column("Tag"),
        Column("VR"),
        Column("Action"),
        Column("Why"),
        _ELEMENTS,
    )
    body = (
        _capped("Attributes that were changed", columns, [row for row in rows if row[3] != "K"]),
        _capped("Attributes that were kept", columns, [row for row in rows if row[3] == "K"]),
    )
    return Section("attributes", "Attribute by attribute", body)


def _capped(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Markup:
    left = len(rows) - _ATTRIBUTES_SHOWN
    rest = element("p", f"and {left:,} more, in audit.parquet", class_="more") if left > 0 else None
    shown = ((row[0] or "(no keyword)", *row[1:]) for row in rows[:_ATTRIBUTES_SHOWN])
    return table(caption, columns, shown, rest)


def _withheld(connection: Any, summary: "AuditSummary") -> Section:
    if not summary.withheld:
        return Section("withheld", "Withheld films", paragraph("No film was withheld."))
    by_reason = connection.execute(
        "SELECT reason, count(*) FROM films WHERE outcome = 'withheld'"
        " GROUP BY reason ORDER BY count(*) DESC, reason"
    ).fetchall()
    listed = connection.execute(
        "SELECT film, patient, reason, detail, boxes FROM films WHERE outcome = 'withheld'"
        " ORDER BY reason, film LIMIT $1",
        [_WITHHELD_SHOWN],
    ).fetchall()
    left = summary.withheld - len(listed)
    rest = element("p", f"and {left:,} more, in films.parquet", class_="more") if left else None
    body = (
        table(
            "Films withheld, by reason; none of them was written",
            (Column("Reason"), Column("Meaning"), _FILMS),
            ((code, _meaning(code), films) for code, films in by_reason),
        ),
        table(
            "The withheld films, under the ids that they would have had",
            (
                Column("Film"),
                Column("Patient"),
                Column("Reason"),
                Column("Detail"),
                Column("Boxes of text", number=True),
            ),
            listed,
            rest,
        ),
    )
    notice = f"{counted(summary.withheld, 'film')} withheld: somebody should look at them"
    return Section("withheld", "Withheld films", body, notice)


def _meaning(code: str) -> str:
    try:
        return REASON_TEXT[Reason(code)]
    except ValueError:
        return ""


def _boxes(connection: Any, summary: "AuditSummary", *, strict: bool) -> Section:
    if not summary.boxes:
        body: Content = paragraph("No text was found in the pixels of any film.")
        return Section("boxes", "Text in the pixels", body)
    rows = connection.execute(
        "SELECT verdict, why, count(*), count(DISTINCT film) FROM boxes"
        " GROUP BY verdict, why ORDER BY verdict, count(*) DESC, why"
    ).fetchall()
    body = table(
        "Boxes of text that were found, and what became of them",
        (Column("Verdict"), Column("Why"), Column("Boxes", number=True), _FILMS),
        ((verdict, BOX_REASONS.get(why, why), boxes, films) for verdict, why, boxes, films in rows),
    )
    open_questions = summary.doubtful and not strict
    notice = f"{counted(summary.doubtful, 'doubtful box', 'doubtful boxes')} of text to look at"
    return Section("boxes", "Text in the pixels", body, notice if open_questions else "")


def _pictures(connection: Any) -> Section:
    found = connection.execute(
        "SELECT film, doubtful, boxes, png FROM thumbnails"
        " ORDER BY doubtful > 0 DESC, boxes DESC, film"
    ).fetchall()
    shown = list(_within_size(found))
    (concerned,) = connection.execute("SELECT count(*) FROM films WHERE boxes > 0").fetchone()
    text = (
        f"{counted(len(shown), 'result')} of {counted(concerned, 'film')} with text, the doubtful "
        "first. A grey frame is around each box that was decided on."
        if shown
        else "There is no picture to show."
    )
    films = element("div", (_figure(*row) for row in shown), class_="films")
    return Section("pictures", "What the results look like", (paragraph(text), films))


def _within_size(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    total = 0
    for row in rows:
        total += len(row[3])
        if total > _THUMBNAIL_BYTES:
            return
        yield row


def _figure(film: str, doubtful: int, boxes: int, png: bytes) -> Markup:
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    picture = element("img", src=source, alt=f"Film {film} after cleaning", loading="lazy")
    caption = (
        element("span", f"{doubtful} doubtful", class_="badge") if doubtful else None,
        element("span", counted(boxes, "box", "boxes")),
        element("span", film, class_="path"),
    )
    return element(
        "figure", element("div", picture, class_="plate"), element("figcaption", caption)
    )


_EXAMPLES: Final = (
    (
        "Everything that was done to one film",
        "SELECT path, keyword, action, reason FROM 'audit.parquet' WHERE film = '2.25.…'",
    ),
    (
        "Attributes in which a patient's identity was found, though the profile keeps them",
        "SELECT keyword, count(*) FROM 'audit.parquet' WHERE rule = 'identity' GROUP BY keyword",
    ),
    (
        "Films with the same old value, such as one study description before cleaning",
        "SELECT old, count(*) FROM 'audit.parquet' WHERE keyword = 'StudyDescription' GROUP BY old",
    ),
    (
        "Doubtful boxes, to be looked at",
        "SELECT film, frame, x, y, width, height FROM 'boxes.parquet' WHERE verdict = 'doubtful'",
    ),
    (
        "Withheld films of each reason",
        "SELECT reason, count(*) FROM 'films.parquet' WHERE outcome = 'withheld' GROUP BY reason",
    ),
)


def _queries() -> Section:
    asked = (
        element("div", paragraph(text + ":"), element("pre", element("code", sql)), class_="query")
        for text, sql in _EXAMPLES
    )
    body = (
        paragraph(
            "films.parquet has a row for each film, audit.parquet one for each element of each "
            "film, boxes.parquet one for each box of text. With DuckDB, started in this folder:"
        ),
        asked,
    )
    return Section("queries", "Asking the audit", body)
