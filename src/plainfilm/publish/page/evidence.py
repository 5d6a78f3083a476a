"""The section on what labels rest on: phrases, cues and sections, never a report's own text."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.pages import Column, Content, Markup, Section, counted, element, paragraph, table

__all__ = ["evidence"]

_PHRASES_SHOWN: Final = 4
_REPORTS_SHOWN: Final = 3

_DECISIONS: Final = {1: "positive", -1: "uncertain", 0: "negative"}

# The words inside a cue may be the report's own ("no [anything] to suggest"); the lexicon's grammar
# holds only for its ends. So nothing else of a longer cue leaves the catalog.
_MENTIONS: Final = """
SELECT report_id, label_set, finding, start, decision, section, phrase,
       CASE WHEN len(words) > 2 THEN words[1] || ' … ' || words[-1] ELSE cue END AS cue
FROM (
    SELECT *, string_split(cue, ' ') AS words
    FROM (
        SELECT label.report_id, label.label_set, label.finding,
               CAST(entry.value ->> 'start' AS BIGINT) AS start,
               CAST(entry.value ->> 'value' AS INTEGER) AS decision,
               entry.value ->> 'section' AS section,
               entry.value ->> 'phrase' AS phrase,
               entry.value ->> 'cue' AS cue
        FROM label, json_each(label.mentions) AS entry
        WHERE label.label_set = $label_set
    )
)
"""

_FREQUENT: Final = f"""
SELECT finding, decision, what, said, mentions, kinds, all_mentions FROM (
    SELECT *,
           row_number() OVER (PARTITION BY finding, decision, what
                              ORDER BY mentions DESC, said) AS place,
           count(*) OVER (PARTITION BY finding, decision, what) AS kinds,
           CAST(sum(mentions) OVER (PARTITION BY finding, decision, what) AS BIGINT)
               AS all_mentions
    FROM (
        SELECT finding, decision, what, said, count(*) AS mentions
        FROM ({_MENTIONS})
        UNPIVOT (said FOR what IN (phrase, cue, section))
        GROUP BY finding, decision, what, said
    )
)
WHERE place <= $shown
ORDER BY finding, decision = 0, decision = -1, what, place
"""  # noqa: S608 - queries of ours

_FULLEST: Final = f"""
SELECT report_id, finding, label.value, mention.* EXCLUDE (report_id, label_set, finding)
FROM label JOIN ({_MENTIONS}) AS mention USING (report_id, label_set, finding)
WHERE report_id IN (
    SELECT report_id FROM label
    WHERE label_set = $label_set AND mentions <> '[]'
    GROUP BY report_id
    ORDER BY count(DISTINCT value) DESC, count(*) DESC, report_id
    LIMIT $shown
)
ORDER BY report_id, finding, start, phrase
"""  # noqa: S608 - queries of ours


def evidence(archive: Archive) -> Section | None:
    """What the labels of reports rest on; None when no label has evidence.

    Report text may hold identity. Shown are the words that the lexicon matched, the first and
    last word of the cue that decided, the normalised title of the section, and counts; not what
    stands around them, and not where.
    """
    sets = archive.rows("SELECT DISTINCT label_set FROM label ORDER BY label_set")
    body = [part for row in sets for part in _label_set(archive, row["label_set"])]
    if not body:
        return None
    lead = paragraph(
        "The phrases that were found, and the cues that made them negative or uncertain. "
        "Words of the lexicon only: the reports' own text stays in the archive. ",
        element("code", "plainfilm query ARCHIVE"),
        " shows it.",
    )
    return Section("evidence", "What the labels rest on", (lead, body))


def _label_set(archive: Archive, name: str) -> list[Markup]:
    found = archive.rows(_FREQUENT, label_set=name, shown=_PHRASES_SHOWN)
    if not found:
        return []
    frequent = table(
        f"Label set {name}: the most frequent phrases, cues and sections",
        (
            Column("Finding"),
            Column("Decision"),
            Column("Mentions", number=True),
            Column("Phrases"),
            Column("Cues"),
            Column("Sections"),
        ),
        (
            _frequent_row(list(rows))
            for _, rows in groupby(found, key=itemgetter("finding", "decision"))
        ),
    )
    shown = archive.rows(_FULLEST, label_set=name, shown=_REPORTS_SHOWN)
    reports = len({row["report_id"] for row in shown})
    examples = table(
        f"Label set {name}: {counted(reports, 'report')} with many labels, and the mentions",
        (Column("Report"), Column("Finding"), Column("Label"), Column("Mentions")),
        (
            _example_row(list(rows))
            for _, rows in groupby(shown, key=itemgetter("report_id", "finding"))
        ),
    )
    return [frequent, examples]


def _frequent_row(rows: Sequence[Mapping[str, Any]]) -> tuple[Content, ...]:
    """One finding and decision: rows are the most frequent of its phrases, cues and sections."""
    of_kind = {kind: list(found) for kind, found in groupby(rows, key=itemgetter("what"))}
    first = of_kind["phrase"][0]
    return (
        first["finding"],
        _decision(first["decision"]),
        first["all_mentions"],
        *(_most_frequent(of_kind[kind]) for kind in ("phrase", "cue", "section")),
    )


def _most_frequent(rows: Sequence[Mapping[str, Any]]) -> Iterable[Markup]:
    for row in rows:
        if row["said"]:
            count = element("span", row["mentions"], class_="quiet")
            yield element("span", element("q", row["said"]), " ", count, class_="said")
    rest = rows[0]["kinds"] - len(rows)
    if rest:
        yield element("span", f"and {rest:,} more", class_="quiet")


def _example_row(rows: Sequence[Mapping[str, Any]]) -> tuple[Content, ...]:
    """One label of one report: rows are its mentions."""
    first = rows[0]
    label = _decision(first["value"])
    return str(first["report_id"]), first["finding"], label, map(_mention, rows)


def _mention(row: Mapping[str, Any]) -> Markup:
    cue = (" by ", element("q", row["cue"])) if row["cue"] else None
    section = element("span", f", {row['section']}" if row["section"] else "", class_="quiet")
    return element(
        "div", element("q", row["phrase"]), f" {_DECISIONS[row['decision']]}", cue, section
    )


def _decision(value: int) -> Markup:
    name = _DECISIONS[value]
    return element("span", element("span", class_=f"key {name}"), name, class_="decision")
