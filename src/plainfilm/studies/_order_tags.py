"""Orders as the films' own tags carry them from the worklist (PS3.3 C.7.3.1 and table 10-9)."""

import json
from collections.abc import Mapping
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.studies._films import tag_columns
from plainfilm.studies._order import Order

__all__ = ["orders_from_tags"]

_KEYWORDS: Final = (
    "RequestAttributesSequence",
    "RequestedProcedureCodeSequence",
    "RequestedProcedureDescription",
)


def orders_from_tags(archive: Archive) -> tuple[Order, ...]:
    """The requested procedures that the films of each study name, each once for a study."""
    sql = _TAGS.format(tags=", ".join(tag_columns(archive, _KEYWORDS)))
    orders: dict[Order, None] = {}
    for row in archive.rows(sql):
        asked = _items(row["RequestAttributesSequence"]) or [row]
        for item in asked:
            text, code = _procedure(item)
            if text or code:
                orders[_order(row, text, code)] = None
    return tuple(orders)


_TAGS: Final = """
SELECT DISTINCT study.study_pk, study.study_instance_uid, study.accession_number, {tags}
FROM film
JOIN series ON series.series_pk = film.series_pk
JOIN study ON study.study_pk = series.study_pk
JOIN tags ON tags.film_id = film.film_id
ORDER BY ALL
"""


def _order(row: Mapping[str, Any], text: str, code: str) -> Order:
    accession = row["accession_number"]
    return Order(
        where=f"tags of study {row['study_instance_uid']}",
        procedure=text,
        code=code,
        accession_numbers=(accession,) if accession else (),
        study_instance_uid=row["study_instance_uid"],
    )


def _procedure(item: Mapping[str, Any]) -> tuple[str, str]:
    """Text and code of a requested procedure; the step's text where the procedure has none."""
    codes = [*_items(item.get("RequestedProcedureCodeSequence"))]
    codes += _items(item.get("ScheduledProtocolCodeSequence"))
    first = codes[0] if codes else {}
    texts = (
        item.get("RequestedProcedureDescription"),
        first.get("CodeMeaning"),
        item.get("ScheduledProcedureStepDescription"),
    )
    text = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    code = first.get("CodeValue")
    return text.strip(), code if isinstance(code, str) else ""


def _items(value: object) -> list[Mapping[str, Any]]:
    """The items of a sequence: JSON text in the tag table, a list inside another sequence."""
    found = json.loads(value) if isinstance(value, str) else value
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
