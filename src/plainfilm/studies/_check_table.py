"""The check as a CSV table."""

import csv
from dataclasses import asdict, fields
from pathlib import Path

from plainfilm.errors import BadSource, Reason
from plainfilm.studies._check import OrderCheck
from plainfilm.studies._group_check import CheckRow
from plainfilm.text_files import write_beside

__all__ = ["write_check"]


def write_check(check: OrderCheck, out_csv: Path) -> None:
    """Write all rows, a column for each attribute of a CheckRow.

    Raises:
        BadSource: the file cannot be written; none is left then.
    """
    try:
        with write_beside(out_csv) as stream:
            table = csv.DictWriter(stream, [field.name for field in fields(CheckRow)])
            table.writeheader()
            table.writerows(map(asdict, check.rows))
    except OSError as exc:
        message = f"{out_csv}: cannot be written ({exc.strerror})"
        raise BadSource(message, Reason.FILE_UNREADABLE) from exc
