"""Names of people in descriptions: `Frau Brust`, `Hand, Mary`, `John Foot`."""

from collections.abc import Collection, Sequence
from typing import Final

from plainfilm.categories._rules import UNKNOWN, UNKNOWN_WORD, Rules
from plainfilm.categories._tokens import BREAK, CARET, SEPARATOR

_STRANGE: Final = frozenset({UNKNOWN, UNKNOWN_WORD})
_SAINTS: Final = frozenset({"st", "saint", "san", "santa", "sankt", "sao", "ste", "sainte"})


def without_caret_names(words: tuple[str, ...], rules: Rules) -> tuple[str, ...]:
    """Drop names in DICOM's form: `DOE^JANE`. What follows a caret in `KNEE^STANDING`, the name of
    an exam, is a word of the rules."""
    kept: list[str] = []
    place = 0
    while place < len(words):
        end = place
        while words[end + 1 : end + 2] == (CARET,):
            end += 2
        rest = words[place + 2 : end + 1 : 2]
        if not any(word in _STRANGE or word in rules.given_names for word in rest):
            kept += [SEPARATOR if word == CARET else word for word in words[place : end + 1]]
        place = end + 1
    return tuple(kept)


def without_titled_names(words: tuple[str, ...], rules: Rules) -> tuple[str, ...]:
    """Drop the name that follows a title (`Dr`, `Frau`): the next word, whatever it is, and those
    behind it that go on being a name. At the very start `DR` is digital radiography, `MR` magnetic
    resonance: no title.
    """
    kept: list[str] = []
    place = 0
    for hit in rules.titles.find(words):
        if hit.start >= place and (hit.start > 0 or any(hit.meanings)):
            kept += words[place : hit.start]
            place = _end_of_name(words, hit.end, rules)
    return (*kept, *words[place:]) if place else words


def _end_of_name(words: Sequence[str], place: int, rules: Rules) -> int:
    surname_seen = False
    while place < len(words) and words[place] not in {BREAK, SEPARATOR}:
        word = words[place]
        if word not in rules.given_names and not rules.titles.has(word):
            if surname_seen and word not in _STRANGE:
                break
            surname_seen = True
        place += 1
    return place


def surnames(
    words: Sequence[str], part_words: Collection[int], given_names: Collection[str]
) -> set[int]:
    """Places of body-part words that stand where a surname stands: beside a given name.

    `Hand, Mary`; `John Hand`; `Hand Mary`; but not where an unknown word beside the given name is
    the surname (`Smith, John KNEE AP`), nor after a saint, who names the hospital.

    Args:
        words: of one description.
        part_words: places of single words that name a body part.
        given_names: folded.
    """
    found: set[int] = set()
    place = 0
    while place < len(words):
        if words[place] not in given_names:
            place += 1
            continue
        end = place + 1
        while end < len(words) and words[end] in given_names:
            end += 1
        surname = _surname_beside(words, place, end, part_words)
        if surname is not None:
            found.add(surname)
        place = end
    return found


def _surname_beside(
    words: Sequence[str], first: int, end: int, part_words: Collection[int]
) -> int | None:
    """The place of a part's word that is the surname to the given names `words[first:end]`."""
    listed = first > 0 and words[first - 1] == BREAK
    before = first - 2 if listed else first - 1
    previous = words[before] if before >= 0 else ""
    if listed and before in part_words:
        return before
    following = words[end] if end < len(words) else ""
    if previous in _STRANGE or previous in _SAINTS or following in _STRANGE:
        return None
    beside = [place for place in (end, before) if place in part_words]
    return beside[0] if len(beside) == 1 else None  # in `FOOT JAMES HAND` either may be his name
