"""What the words around a mention make of it.

The nearest cue before a mention decides, as far back as the last stop; where there is none, the
nearest cue after it. The families of cues are those of NegEx (Chapman et al., J Biomed Inform
2001) and ConText (Harkema et al., J Biomed Inform 2009).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from plainfilm.reports._phrases import Match

__all__ = ["NEGATIVE", "PAST", "POSITIVE", "UNCERTAIN", "Context"]

POSITIVE: Final = 1
NEGATIVE: Final = 0
UNCERTAIN: Final = -1
PAST: Final = 2
"""Only the context's answer, never a label: the mention speaks of another time."""

_REACH_AFTER: Final = 8
"""How many words after a mention a cue may begin and still be about it."""

_VALUE_OF: Final = {
    f"{family}_{place}": value
    for place in ("before", "after")
    for family, value in (
        ("negation", NEGATIVE),
        ("uncertainty", UNCERTAIN),
        ("affirmation", POSITIVE),
        ("past", PAST),
    )
}


class Context:
    """The cues of one sentence.

    Args:
        cues: every cue found in the sentence; a cue that shares a word with a neutral phrase does
            not count.
    """

    def __init__(self, cues: Sequence[Match[str]]) -> None:
        neutral: set[int] = set()
        for cue in cues:
            if cue.meaning == "neutral":
                neutral.update(range(cue.start, cue.end))
        before: list[Match[str]] = []
        after: list[Match[str]] = []
        self._stops: list[int] = []
        for cue in cues:
            if cue.meaning == "neutral" or not neutral.isdisjoint(cue.places):
                continue
            if cue.meaning == "stops":
                self._stops.append(cue.start)  # matches come in order of start
            else:
                (before if cue.meaning.endswith("_before") else after).append(cue)
        self._before = sorted(before, key=_by_end)
        self._ends = [cue.end for cue in self._before]
        self._after = after  # in order of start, the longer first, as they were found
        self._starts = [cue.start for cue in after]

    def decide(self, places: Sequence[int], *, lasting: bool = False) -> tuple[int, Sequence[int]]:
        """What is said of the mention whose words stand at `places`.

        Args:
            lasting: take no notice of cues of the past.
        Returns:
            The value, and the places of the words of the cue that decided; none for a plain
            positive.
        """
        cue = self._cue_before(places, lasting) or self._cue_after(places[-1] + 1, lasting)
        if cue is None:
            return POSITIVE, ()
        return _VALUE_OF[cue.meaning], range(cue.start, cue.end)

    def _cue_before(self, places: Sequence[int], lasting: bool) -> Match[str] | None:
        """The cue that ends nearest before the mention's last word, the longest of several; it
        may stand in the mention's gap: `heart is not enlarged`."""
        for index in range(bisect_right(self._ends, places[-1]) - 1, -1, -1):
            cue = self._before[index]
            if self._stop_between(cue.end, places[0]):
                return None  # it stops what stands farther off as well
            if lasting and cue.meaning == "past_before":
                continue
            if not any(place in places for place in cue.places):
                return cue
        return None

    def _cue_after(self, end: int, lasting: bool) -> Match[str] | None:
        for index in range(bisect_left(self._starts, end), len(self._after)):
            cue = self._after[index]
            if cue.start >= end + _REACH_AFTER or self._stop_between(end, cue.start):
                return None
            if not (lasting and cue.meaning == "past_after"):
                return cue
        return None

    def _stop_between(self, start: int, end: int) -> bool:
        place = bisect_left(self._stops, start)
        return place < len(self._stops) and self._stops[place] < end


def _by_end(cue: Match[str]) -> tuple[int, int]:
    return cue.end, -cue.start
