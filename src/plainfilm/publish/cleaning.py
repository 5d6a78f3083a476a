"""How the films to publish were de-identified, as far as a user of the dataset must know."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from plainfilm.archive import Archive
from plainfilm.dicom import element_entry
from plainfilm.errors import PrivacyError
from plainfilm.publish.lineage import StepUse, step_use
from plainfilm.publish.selection import chosen_films

__all__ = ["Cleaning", "Dates", "read_cleaning"]

_SEARCHED: Final = "clean_pixel_data"
_ATTRIBUTE: Final = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)")


class Dates(StrEnum):
    """What became of dates; the value says it in a sentence."""

    FULL = "Dates are the real ones."
    MODIFIED = (
        "Dates are shifted by a number of days that is each patient's own, so that times between"
        " them are the real ones."
    )
    REMOVED = "Dates were removed."
    UNKNOWN = "What became of dates is not recorded."

    @property
    def in_short(self) -> str:
        """The same of one date, for a table's column."""
        return {
            self.FULL: "the real date",
            self.MODIFIED: "shifted by a number of days of each patient's own",
            self.REMOVED: "empty, as dates were removed",
        }.get(self, "it is not recorded whether it was shifted")


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The de-identification of the films to publish.

    Attributes:
        runs: of `deidentify`, one for each way in which it was asked; `items` are films.
        films: all of them.
    """

    runs: Sequence[StepUse]
    films: int

    @property
    def dates(self) -> tuple[Dates, ...]:
        """What became of dates, each way once; the real ones first."""
        found = {dates_of(run) for run in self.runs}
        if self._recorded < self.films:
            found.add(Dates.UNKNOWN)
        return tuple(dates for dates in Dates if dates in found)

    @property
    def real_dates(self) -> int:
        """How many films have their real dates."""
        return sum(run.items for run in self.runs if dates_of(run) is Dates.FULL)

    @property
    def unsearched_pixels(self) -> int:
        """How many films' pixels nobody is known to have searched for text."""
        return self.films - sum(run.items for run in self.runs if _SEARCHED in _options(run))

    @property
    def _recorded(self) -> int:
        return sum(run.items for run in self.runs)

    def refuse_unsearched(self) -> None:
        """Refuse films in whose pixels a name may stand.

        Raises:
            PrivacyError: there are some.
        """
        if self.unsearched_pixels:
            number = f"{self.unsearched_pixels:,} of {self.films:,}"
            raise PrivacyError(
                f"films whose pixels were not searched for burned-in text: {number}; run `plainfilm"
                " deidentify` over them without --headers-only, or publish them all the same with"
                " --unsearched-pixels"
            )


def read_cleaning(archive: Archive, where: str | None, films: int) -> Cleaning:
    """How the films that a condition chooses were de-identified.

    Args:
        where: an SQL condition on `films`; None chooses all.
        films: how many it chooses.
    """
    rows = archive.rows(_RUNS.format(films=chosen_films(where)))
    return Cleaning([step_use(row) for row in rows], films)


_RUNS: Final = """
SELECT step_result.step, step_result.version, step_result.parameters, count(*) AS items,
       max(run.parameters) AS settings
FROM step_result
JOIN run ON run.run_id = step_result.run_id
WHERE step_result.reason IS NULL AND step_result.item_kind = 'film'
  AND step_result.step = 'deidentify' AND step_result.item_id IN ({films})
GROUP BY step_result.step, step_result.version, step_result.parameters
ORDER BY step_result.version, step_result.parameters
"""


def dates_of(run: StepUse) -> Dates:
    """What a run of `deidentify` did with dates; one that a rule keeps is a real one."""
    if "options" not in run.settings:
        return Dates.UNKNOWN
    options = _options(run)
    if "retain_longitudinal_full_dates" in options or any(map(_keeps_date, _rules(run))):
        return Dates.FULL
    shifted = "retain_longitudinal_modified_dates" in options
    return Dates.MODIFIED if shifted else Dates.REMOVED


def _options(run: StepUse) -> Sequence[str]:
    options = run.settings.get("options")
    return options if isinstance(options, list) else ()


def _rules(run: StepUse) -> Sequence[Mapping[str, Any]]:
    rules = run.settings.get("rules")
    return rules if isinstance(rules, list) else ()


def _keeps_date(rule: Mapping[str, Any]) -> bool:
    found = _ATTRIBUTE.fullmatch(str(rule.get("attribute", "")))
    if found is None or rule.get("action") != "keep":
        return False
    entry = element_entry(int(found[1] + found[2], 16))
    return entry is not None and entry.vr in {"DA", "DT"}
