"""Names of people that nobody told us, by what stands beside them."""

import re
from collections.abc import Iterator
from typing import Final

from plainfilm.deid.descriptor_words import is_medical_word
from plainfilm.deid.folding import fold
from plainfilm.deid.reports._name_shape import (
    begins_name,
    could_be_name,
    is_name_alone,
    name_end,
    name_start,
    reaches_back,
)
from plainfilm.deid.reports._spans import Found, Kind
from plainfilm.deid.reports._tokens import Tokens
from plainfilm.deid.reports._words import (
    Cue,
    cue_words,
    is_everyday,
    is_given_name,
    is_listed_name,
    is_word_too,
)

__all__ = ["find_people"]

_AND: Final = frozenset({"and", "&", "/", ",", "und", "y", "e", "et", "or", ";"})
_ALSO_WORDS: Final = frozenset({"fr", "hr", "mr", "ms", "mx", "sr", "m", "don", "dona", "sir"})
"""Titles that are abbreviations of medicine too (French size, heart rate, magnetic resonance), or
words."""
_NEVER_SMALL: Final = _ALSO_WORDS | {"madam", "miss"}
_LONG_CREDENTIALS: Final = frozenset({"ph", "phd", "facharzt", "arzt"})
_ALSO_PLAIN: Final = frozenset({"do", "rt", "np", "pac", "rn", "bsn"})
"""Credentials that are words or abbreviations of medicine without a comma in front."""
_WITH_CARETS: Final = re.compile(
    r"[^\W\d_](?:['\u2019-]?[^\W\d_])+(?:\^+[^\W\d_](?:['\u2019-]?[^\W\d_])*)+"
)
"""`DAVIDSON^DOUGLAS^J`, as DICOM and HL7 write names, and `CHEST^PA`, as they write codes."""


def find_people(tokens: Tokens) -> Iterator[Found]:
    """Names behind titles, in labelled lines, in signatures, in front of credentials, in sentences
    that tell who spoke to whom, behind roles, with carets between their parts, and names that the
    lists know."""
    cues = tokens.cues
    for cue in cues.get("title", ()):
        yield from _after_title(tokens, cue)
    for cue in cues.get("person_label", ()):
        yield from _in_labelled_line(tokens, cue)
    for cue in cues.get("signature", ()):
        yield from _in_signature(tokens, cue)
    for cue in cues.get("credential", ()):
        yield from _before_credential(tokens, cue)
    for cue in cues.get("says", ()):
        yield from _in_conversation(tokens, cue)
    for kind in ("role", "kin"):
        for cue in cues.get(kind, ()):
            yield from _after_role(tokens, cue)
    yield from _in_first_person(tokens)
    yield from _with_carets(tokens)
    yield from _listed(tokens)


def _name(tokens: Tokens, first: int, rule: str) -> tuple[Found, int]:
    end = name_end(tokens, first)
    start = reaches_back(tokens, first)
    return Found(tokens.starts[start], tokens.ends[end - 1], Kind.NAME, rule), end


def _after_title(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    title = tokens.words[cue.first]
    place = cue.end
    dotted = place < len(tokens) and tokens.words[place] == "."
    if not _is_title(tokens, cue, title, dotted=dotted):
        return
    place += dotted
    while place < len(tokens) and tokens.folded[place] in cue_words("title"):
        place += 1  # Prof. Dr. med.
        place += place < len(tokens) and tokens.words[place] == "."
    if dotted and place < len(tokens) and _is_certain(tokens, place):
        yield _name(tokens, place, "title")[0]
    yield from _names_in_row(tokens, place, "title")


def _is_certain(tokens: Tokens, place: int) -> bool:
    """Whether a word behind `Dr.` is a name, though it may belong to medicine: `DR. HAND`."""
    word = tokens.folded[place]
    other = word in cue_words("not_a_name") or word in cue_words("role")
    meant = not other or (is_word_too(word) and not tokens.is_shouted(place))  # Mr. Ward
    return tokens.is_word(place) and tokens.words[place][0].isupper() and meant


def _is_title(tokens: Tokens, cue: Cue, title: str, *, dotted: bool) -> bool:
    place = cue.end + dotted
    if place >= len(tokens) or not tokens.is_word(place):
        return False
    folded = tokens.folded[cue.end - 1]
    if folded == "fr" and cue.first and tokens.words[cue.first - 1].isdigit():
        return False
    if title.islower() and folded in _NEVER_SMALL:
        return dotted and tokens.words[place][0].isupper() and folded not in {"m", "fr"}
    if len(title) == 1:
        return dotted and tokens.is_capital(place) and not is_everyday(tokens.folded[place])
    if title.isupper() and not dotted and (folded in _ALSO_WORDS or folded == "dr"):
        return not is_medical_word(tokens.folded[place]) and could_be_name(
            tokens, place, sure=folded == "dr"
        )
    return True


def _names_in_row(tokens: Tokens, place: int, rule: str) -> Iterator[Found]:
    """A name, and those that follow it with a comma or an `and` between."""
    sure = True
    while place < len(tokens) and begins_name(tokens, place, sure=sure):
        found, place = _name(tokens, place, rule)
        yield found
        if place >= len(tokens) or tokens.folded[place] not in _AND:
            return
        place += 1
        sure = False


def _in_labelled_line(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    """`Referring physician: DAVIDSON, DOUGLAS J.`: all names of the line behind the colon."""
    place = cue.end
    while place < len(tokens) and tokens.words[place] in "().s" and tokens.touches(place):
        place += 1
    if place < len(tokens) and tokens.folded[place] in _IS and _labels_name(tokens, cue):
        if could_be_name(tokens, place + 1, sure=True) and tokens.words[place + 1][0].isupper():
            yield _name(tokens, place + 1, "label")[0]
        return
    if place >= len(tokens) or tokens.words[place] not in ":=":
        return
    for at in _rest_of_line(tokens, place + 1):
        if at < place:
            continue
        if tokens.folded[at] in cue_words("title") or tokens.words[at] in ".,/&":
            continue
        if not _is_labelled_name(tokens, at):
            return
        found, place = _name(tokens, at, "label")
        yield found


_IS: Final = frozenset({"is", "was", "ist", "war", "es", "e", "est", "lautet"})
_NAME_WORDS: Final = frozenset({"name", "nombre", "nome", "nom", "surname", "nachname", "apellido"})


def _labels_name(tokens: Tokens, cue: Cue) -> bool:
    return not _NAME_WORDS.isdisjoint(tokens.folded[cue.first : cue.end])


def _is_labelled_name(tokens: Tokens, place: int) -> bool:
    if could_be_name(tokens, place, sure=True) and not is_medical_word(tokens.folded[place]):
        listed = is_listed_name(tokens.folded[place]) or is_word_too(tokens.folded[place])
        return listed or not is_everyday(tokens.folded[place]) or tokens.is_capital(place)
    return tokens.folded[place] in cue_words("particle")


def _rest_of_line(tokens: Tokens, place: int) -> Iterator[int]:
    """The line behind a label; the next one where nothing follows the label."""
    return tokens.line(place)


def _in_signature(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    place = cue.end
    single = cue.end - cue.first == 1
    marked = False
    while place < len(tokens) and tokens.words[place] in ":.-,_":
        marked = True
        place += 1
    wrapped = place < len(tokens) and "\n" in tokens.gap(place)
    if single and not marked and not wrapped:
        return
    while place < len(tokens) and tokens.folded[place] in (cue_words("title") | {".", "the"}):
        place += 1
    sure = not wrapped or marked or not single
    for found in _names_in_row(tokens, place, "signature"):
        if sure or tokens.is_capital(place):
            yield found


def _before_credential(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    words = [word for word in tokens.words[cue.first : cue.end] if word.isalpha()]
    folded = tokens.folded[cue.first]
    if not all(map(str.isupper, words)) and folded not in _LONG_CREDENTIALS:
        return
    comma = cue.first > 0 and tokens.words[cue.first - 1] in ",("
    end = cue.first - comma
    if (
        not comma
        and folded in _ALSO_PLAIN
        and not (end > 0 and is_listed_name(tokens.folded[end - 1]))
    ):
        return
    start = name_start(tokens, end)
    if start < end:
        yield Found(tokens.starts[start], tokens.ends[end - 1], Kind.NAME, "credential")


def _in_conversation(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    toward = cue_words("toward") | cue_words("role")
    sentence = tokens.sentence(cue.first)
    for place in sentence:
        at = place + 1
        if tokens.folded[place] not in toward or at not in sentence:
            continue
        while at in sentence and tokens.folded[at] in _ARTICLES:
            at += 1
        if at in sentence and _is_spoken_of(tokens, at):
            yield from _names_in_row(tokens, at, "conversation")


_ARTICLES: Final = frozenset({"the", "el", "la", "le", "der", "den", "die", "o", "a", "his", "her"})


def _is_spoken_of(tokens: Tokens, place: int) -> bool:
    """Whether a word behind `with` or `to` is a person's name."""
    if not begins_name(tokens, place, sure=False):
        word, after = tokens.folded[place], place + 1
        initial = len(word) == 1 and after < len(tokens) and tokens.words[after] == "."
        named = is_word_too(word) and tokens.is_capital(place) and not is_medical_word(word)
        eponym = after < len(tokens) and tokens.folded[after] in cue_words("eponym_noun")
        return (named and not eponym) or (initial and tokens.words[place].isupper())
    if tokens.is_german and not is_listed_name(tokens.folded[place]):
        return could_be_name(tokens, place + 1, sure=False)
    return True


def _after_role(tokens: Tokens, cue: Cue) -> Iterator[Found]:
    place = cue.end
    if place >= len(tokens) or not tokens.is_capital(place) or "\n" in tokens.gap(place):
        return
    named = could_be_name(tokens, place, sure=False) or is_given_name(tokens.folded[place])
    if named and not tokens.is_german:
        yield _name(tokens, place, "role")[0]


def _in_first_person(tokens: Tokens) -> Iterator[Found]:
    """`I, Jane Doe, have reviewed the images`."""
    for place, word in enumerate(tokens.words[:-2]):
        if word == "I" and tokens.words[place + 1] == "," and tokens.is_word(place + 2):
            title = tokens.folded[place + 2] in cue_words("title")
            if not title and could_be_name(tokens, place + 2, sure=True):
                yield _name(tokens, place + 2, "signature")[0]


def _with_carets(tokens: Tokens) -> Iterator[Found]:
    for match in _WITH_CARETS.finditer(tokens.text):
        if not all(len(part) < 2 or is_everyday(part) for part in fold(match[0]).split("^")):
            yield Found(*match.span(), Kind.NAME, "carets")


def _listed(tokens: Tokens) -> Iterator[Found]:
    """Names that the lists know: two of them side by side, or one whose capital tells."""
    place = 0
    while place < len(tokens):
        word = tokens.folded[place]
        end = place + 1
        if tokens.is_word(place) and len(word) > 2 and tokens.words[place][0].isupper():
            if _is_full_name(tokens, place):
                found, end = _name(tokens, place, "listed")
                yield found
            elif last_first := _last_first(tokens, place):
                yield Found(tokens.starts[place], tokens.ends[last_first - 1], Kind.NAME, "listed")
                end = last_first
            elif is_name_alone(tokens, place):
                found, end = _name(tokens, place, "listed")
                yield found
        place = end


def _is_full_name(tokens: Tokens, place: int) -> bool:
    """`John Smith`, `JOHN P. DAVIDSON`: a given name and what can be a surname."""
    if not is_given_name(tokens.folded[place]) or tokens.folded[place] in cue_words("eponym"):
        return False
    after = place + 1
    if after + 1 < len(tokens) and len(tokens.words[after]) == 1:  # an initial between
        after += 1 + (tokens.words[after + 1] == ".")
    if not tokens.is_word(after) or "\n" in tokens.gap(after) or len(tokens.words[after]) < 3:
        return False
    return _is_surname(tokens, after, tokens.folded[place], begins=tokens.begins_sentence(place))


def _is_surname(tokens: Tokens, place: int, given: str, *, begins: bool) -> bool:
    word = tokens.folded[place]
    if tokens.is_shouted(place) or not tokens.is_capital(place):
        return tokens.is_shouted(place) and is_listed_name(word)
    if is_medical_word(word) or word in cue_words("eponym_noun"):
        return False
    if is_everyday(given):  # Grace Hill, but not at the beginning of a line
        return is_listed_name(word) or (is_word_too(word) and not begins)
    return is_word_too(word) or not is_everyday(word)


def _last_first(tokens: Tokens, place: int) -> int:
    """The end of `DAVIDSON, DOUGLAS`; 0 where it is none."""
    if place + 2 >= len(tokens) or tokens.words[place + 1] != ",":
        return 0
    word, given = tokens.folded[place], tokens.folded[place + 2]
    if not is_given_name(given) or not tokens.words[place + 2][0].isupper():
        return 0
    if not is_listed_name(word) and (is_everyday(word) or not tokens.begins_sentence(place)):
        return 0
    return name_end(tokens, place + 2)
