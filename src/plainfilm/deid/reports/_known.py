"""What is known of a report's patient and staff, and its search in the report."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from plainfilm.deid.descriptor_words import is_place_word
from plainfilm.deid.folding import fold
from plainfilm.deid.identity import KnownIdentity, identity_of
from plainfilm.deid.reports._language import is_latin
from plainfilm.deid.reports._name_shape import reaches_back
from plainfilm.deid.reports._spans import Found, Kind
from plainfilm.deid.reports._tokens import Tokens
from plainfilm.deid.reports._words import cue_words, is_everyday, is_prose, is_word_too
from plainfilm.dicom import Dataset

__all__ = [
    "KnownPerson",
    "find_known",
    "known_from_dataset",
    "known_from_texts",
    "known_from_values",
    "known_people",
]

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_MARKS: Final = frozenset(",.-^'\u2019")
_SHORT_NAME: Final = 2
_SPACED: Final = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .-][^\W\d_]){2,}(?![^\W_])")
"""`M A R I A`, `M.A.R.I.A`"""
_FOLLOWING_NAMES: Final = 3
_DONE_BY_PEOPLE: Final = frozenset(
    {"is", "was", "has", "had", "will", "remains", "presents", "presented", "reports", "reported"}
    | {"denies", "denied", "complains", "came", "fell", "says", "said", "called", "underwent"}
)
_INITIALS: Final = re.compile(r"\b(?:[A-Z]\.\s?){2,4}")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What a film's header or a table's columns say of who is in a report.

    Attributes:
        identity: names, numbers and dates; see `KnownIdentity`.
        short_names: parts of names with two letters (`Li`, `Ng`), folded; they count beside
            another part of a name.
        initials: of each name, folded, in both orders (`dd`, `djd`).
    """

    identity: KnownIdentity
    short_names: frozenset[str] = frozenset()
    initials: frozenset[str] = frozenset()


def known_from_dataset(dataset: Dataset) -> KnownPerson:
    """What the header of a film tells: patient, physicians, operators, ids, dates, institution."""
    names = [
        str(value)
        for element in dataset.iterall()
        if element.VR == "PN"
        for value in (element.value if element.VM > 1 else [element.value])
        if value
    ]
    return known_people(identity_of(dataset), names)


def known_from_values(
    names: Iterable[str] = (), ids: Iterable[str] = (), places: Iterable[str] = ()
) -> KnownPerson:
    """What columns of a table tell.

    Args:
        names: of patients and staff, as DICOM writes them or in any order.
        ids: of patients, orders and telephones.
        places: institutions and addresses.
    """
    dataset = Dataset()
    dataset.PatientName = ""
    dataset.OtherPatientNames = [_as_person_name(name) for name in names if name.strip()]
    dataset.OtherPatientIDs = [value.replace("\\", " ") for value in ids if value.strip()]
    dataset.InstitutionName = " ".join(place.replace("\\", " ") for place in places)
    return known_from_dataset(dataset)


def known_from_texts(values: Iterable[str]) -> KnownPerson:
    """What values of unknown kind tell: those with a digit are ids, those with a word of
    institutions are places, all others are names."""
    names: list[str] = []
    ids: list[str] = []
    places: list[str] = []
    for value in values:
        if any(character.isdigit() for character in value):
            ids.append(value)
        elif any(map(is_place_word, _LETTERS.findall(fold(value)))):
            places.append(value)
        else:
            names.append(value)
    return known_from_values(names, ids, places)


def _as_person_name(text: str) -> str:
    return text.replace("\\", " ").replace("=", " ").replace(",", "^").replace(";", "^").strip()


def known_people(identity: KnownIdentity, names: Iterable[str]) -> KnownPerson:
    """The people of an identity that was gathered before.

    Args:
        names: theirs, as DICOM writes them; `identity` has lost who is called what.
    """
    short: set[str] = set()
    initials: set[str] = set()
    for name in names:
        for group in fold(unicodedata.normalize("NFC", name)).split("="):
            parts = _LETTERS.findall(group)
            short.update(part for part in parts if len(part) == _SHORT_NAME)
            if len(parts) > 1:
                letters = "".join(part[0] for part in parts)
                initials |= {letters, letters[1:] + letters[0], letters[0] + letters[1]}
                initials.add(letters[1] + letters[0])
    return KnownPerson(identity, frozenset(short), frozenset(initials))


def find_known(tokens: Tokens, known: KnownPerson) -> Iterator[Found]:
    """Where a text shows what is known; a part of a name that is a word too counts where its
    capital or what stands beside it tells that it is the name."""
    text = tokens.text
    starts = {start: place for place, start in enumerate(tokens.starts)}
    for start, end in known.identity.spans(text):
        place = starts.get(start)
        shown = text[start:end]
        if any(character.isdigit() for character in shown):
            yield Found(start, end, _kind_of_number(known, shown), "known")
        elif place is None or _is_meant(tokens, place, known):
            yield Found(*_whole_name(tokens, place, start, end), Kind.NAME, "known")
    for place, word in enumerate(tokens.folded):
        if word in known.short_names and (
            _stands_with_name(tokens, place, known) or _acts(tokens, place)
        ):
            yield Found(tokens.starts[place], tokens.ends[place], Kind.NAME, "known")
    for match in _SPACED.finditer(text):
        letters = "".join(_LETTERS.findall(fold(match[0])))
        if any(name in letters for name in known.identity.names):
            yield Found(*match.span(), Kind.NAME, "known")
    for match in _INITIALS.finditer(text):
        if "".join(_LETTERS.findall(fold(match[0]))) in known.initials:
            yield Found(match.start(), match.start() + len(match[0].rstrip()), Kind.NAME, "known")


def _kind_of_number(known: KnownPerson, shown: str) -> Kind:
    compact = "".join(character for character in fold(shown) if character.isalnum())
    return Kind.ID if compact in known.identity.numbers else Kind.DATE


def _is_meant(tokens: Tokens, place: int, known: KnownPerson) -> bool:
    """Whether a word that is, or resembles, a known name is meant as the name.

    | the word | counts |
    |---|---|
    | is the name, and no word of medicine or English | always |
    | is the name and a word too, beside another part of a name | always |
    | … with a capital inside a sentence | unless it begins an eponym, or a German noun is meant |
    | … at the beginning of a sentence, or in capitals | unless reports are made of such words |
    | … in small letters | no |
    | resembles the name | where it is no word, and not in small letters |
    """
    word = tokens.folded[place]
    exact = word in known.identity.names
    if (exact and not is_everyday(word)) or _beside_known(tokens, place, known):
        return True
    if not exact:
        holds = any(len(name) > 5 and name in word for name in known.identity.names)
        small = tokens.words[place].islower() and not tokens.is_shouted(place)
        is_word = is_everyday(word) or is_word_too(word)
        return not is_word and (holds or not small)
    if tokens.is_shouted(place):
        return not is_prose(word)
    if not tokens.is_capital(place):
        return False
    if tokens.begins_sentence(place) or tokens.is_german:
        return not is_prose(word)
    after = tokens.folded[place + 1] if place + 1 < len(tokens) else ""
    return after not in cue_words("eponym_noun")


def _beside_known(tokens: Tokens, place: int, known: KnownPerson) -> bool:
    """Whether another part of a known name, or a title, stands beside a word."""
    names = known.identity.names | known.short_names
    between = cue_words("particle")
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(tokens) and (
            tokens.words[at] in _MARKS or tokens.folded[at] in between
        ):
            at += step
        if not 0 <= at < len(tokens) or tokens.folded[at] == tokens.folded[place]:
            continue
        word = tokens.folded[at]
        if word in names and (not tokens.words[at].islower() or not is_everyday(word)):
            return True
        if step < 0 and word in cue_words("title") and tokens.words[place][0].isupper():
            return True
    return False


def _acts(tokens: Tokens, place: int) -> bool:
    """`Li is stable`: a short name that does what people do; `Na is low` is sodium."""
    if place + 1 >= len(tokens) or tokens.folded[place] in cue_words("not_a_name"):
        return False
    acts = tokens.folded[place + 1] in _DONE_BY_PEOPLE
    return acts and tokens.is_capital(place) and tokens.words[place][1:].islower()


def _whole_name(tokens: Tokens, place: int | None, start: int, end: int) -> tuple[int, int]:
    """A known name with the initials in front of it; in other scripts also with its ending."""
    if place is None:
        return start, end
    if _has_other_script(tokens, place):
        end = tokens.ends[_end_in_other_script(tokens, place) - 1]
    return tokens.starts[reaches_back(tokens, place)], end


def _has_other_script(tokens: Tokens, place: int) -> bool:
    """Whether a token is a word with a capital in a script that is not Latin, such as Cyrillic."""
    word = tokens.words[place]
    return not is_latin(word[0]) and word[0].isupper()


def _end_in_other_script(tokens: Tokens, place: int) -> int:
    """The end of the name that begins at a token: with its ending, patronymic and surname."""
    end = place + 1
    while (
        end < min(place + _FOLLOWING_NAMES, len(tokens))
        and tokens.gap(end) == " "
        and _has_other_script(tokens, end)
    ):
        end += 1
    return end


def _stands_with_name(tokens: Tokens, place: int, known: KnownPerson) -> bool:
    return tokens.words[place][0].isupper() and _beside_known(tokens, place, known)
