"""Ids, telephone numbers, addresses of mail and pages."""

import re
from collections.abc import Iterator
from typing import Final

from plainfilm.deid.reports._spans import Found, Kind
from plainfilm.deid.reports._tokens import Tokens
from plainfilm.deid.reports._words import Cue

__all__ = ["find_contacts", "find_ids"]

MINIMUM_BARE_DIGITS: Final = 6
"""No measurement of radiology has as many; ids and telephone numbers do."""

_EMAIL: Final = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+|[\w.+-]+@[\w-]{3,}")
_URL: Final = re.compile(
    r"\b(?:https?://|ftp://|www\.)[^\s<>]+[^\s<>.,;)]"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|de|es|fr|br|pt|uk|ch|at|health|hospital)\b(?:/\S*)?"
)
_PHONE: Final = re.compile(
    r"(?<![\w.,/-])(?:"
    r"\+\d{1,3}[ \t./-]?(?:\(0\)[ \t]?)?(?:\(?\d{1,5}\)?[ \t./-]?){1,5}\d{2,}"
    r"|\(\d{2,5}\)[ \t]?\d{3,5}[ \t.-]?\d{2,5}(?:[ \t.-]?\d{2,4})?"
    r"|(?:1[ \t.-])?\d{3}[ \t.-]\d{3}[ \t.-]\d{4}"
    r"|\d{3}[-.]\d{4}"
    r"|0\d(?:[ \t.-]\d{2}){4}"
    r"|0\d{2,5}[ \t]?[/-][ \t]?\d{3,}(?:[ \t-]?\d+)*"
    r"|0\d{3,4}[ \t]\d{3}[ \t]?\d{3,4}"
    r"|[6-9]\d{2}[ \t.-]\d{2,3}[ \t.-]\d{2,3}[ \t.-]?\d{2,3}"
    r"|9?\d{4}-\d{4}"
    r")(?:[ \t]*(?:x|ext\.?|extension|poste|ramal)[ \t]*\d{1,6})?(?![\w/]|[-.,]\d)",
    re.IGNORECASE,
)
_EXTENSION: Final = re.compile(r"(?<![\w.,/-])(?<!\d )[xX](\d{4,6})(?![\w/-]|[.,]\d)")
"""`x4432`; `512 x512` is a matrix."""
_SOCIAL: Final = re.compile(
    r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{3}\.\d{3}\.\d{3}-\d{2}|[12]\s?\d{2}\s?\d{2}\s?\d{2}\s?\d{3}\s?\d{3}(?:\s?\d{2})?)(?![\w-])"
)
_BARE: Final = re.compile(
    r"(?<![\w.,-])(?:#\s?\d{3,}|(?:[A-Z]{1,5}[-_]?)?\d{6,}(?:[-/]\d+)*|[A-Z]{1,5}[-_]?\d{4,}[A-Z]?"
    r"|\d{1,6}[A-Z]{1,3}\d{3,}|\d{2,4}[-/]\d{4,}(?:[-/]\d+)*|[A-Z]{1,4}\d{0,2}[-/]\d{2,4}[-/]\d{3,}"
    r"|(?:\d+\.){5,}\d+)(?![\w]|[.,]\d)"
)
_VALUE: Final = re.compile(
    r"(?:\s|[.:#°º=()\-]|\b(?:no|nr|num|number|numero|id|is|of|the|was|at|to|on)\b){0,8}?\s*"
    r"((?:[A-Za-z]{0,6}[-_/]?)?\d[\w]*(?:[-/.]\w*\d\w*|[-/][A-Za-z]{1,3}\b|\s\d{3,}(?!\s?(?:mm|cm|ml)))*)",
    re.IGNORECASE,
)
_PHONE_VALUE: Final = re.compile(
    r"[\s.:#(]*(?:\b(?:no|nr|number|is|at|me)\b)?[\s.:#(]*(\+?\(?\d[\d\s().x/-]{1,18}\d)",
    re.IGNORECASE,
)
_LONE_LABELS: Final = frozenset(
    {"mr", "acc", "id", "case", "visit", "order", "registro", "col"}
    | {"rg", "ins", "guia", "ip", "chi", "rut", "dea", "job", "historia", "pedido", "peticion"}
    | {"processo", "convenio", "license", "licence", "episodio", "study id", "accession", "utente"}
    | {"passport", "encounter", "account", "requisition", "dossier", "atendimento", "expediente"}
    | {"matricula", "historia clinica", "n historia"}
)
"""Labels that are ordinary words too; a number of theirs has three digits at least."""
_WEAK_PHONES: Final = frozenset(
    {"x", "at", "call", "page", "dw", "cell", "mobile", "apparat", "sala"}
)


def find_contacts(text: str, tokens: Tokens) -> Iterator[Found]:
    """E-mail and web addresses, and numbers of telephones and pagers."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Found(*match.span(), Kind.CONTACT, "email")
    if "." in text:
        for match in _URL.finditer(text):
            yield Found(*match.span(), Kind.CONTACT, "url")
    if not tokens.has_digit:
        return
    for match in _PHONE.finditer(text):
        yield Found(*match.span(), Kind.CONTACT, "phone")
    for match in _EXTENSION.finditer(text):
        yield Found(*match.span(1), Kind.CONTACT, "phone")
    for cue in tokens.cues.get("phone_label", ()):
        match_at = _PHONE_VALUE.match(text, tokens.ends[cue.end - 1])
        if match_at and _is_phone(tokens, cue, match_at):
            yield Found(*match_at.span(1), Kind.CONTACT, "phone")


def _is_phone(tokens: Tokens, cue: Cue, match: re.Match[str]) -> bool:
    digits: int = sum(map(str.isdigit, match[1]))
    weak = " ".join(tokens.folded[cue.first : cue.end]) in _WEAK_PHONES
    if "\n" in match[0].rstrip() or "." in match[1][1:-1].replace(". ", ""):
        return digits >= 7
    return digits >= (5 if weak else 3)


def find_ids(text: str, tokens: Tokens) -> Iterator[Found]:
    """Numbers behind labels such as `MRN`, and those that can be nothing but ids."""
    for match in _SOCIAL.finditer(text):
        yield Found(*match.span(), Kind.ID, "id")
    for match in _BARE.finditer(text):
        if not _is_vertebra(match[0]):
            yield Found(*match.span(), Kind.ID, "id")
    for cue in tokens.cues.get("id_label", ()):
        labelled = _VALUE.match(text, tokens.ends[cue.end - 1])
        if labelled and _is_id(tokens, cue, labelled):
            yield Found(*labelled.span(1), Kind.ID, "id_label")


def _is_id(tokens: Tokens, cue: Cue, match: re.Match[str]) -> bool:
    value = match[1]
    digits: int = sum(map(str.isdigit, value))
    between = match[0][: match.start(1) - match.start()]
    label = " ".join(tokens.folded[cue.first : cue.end])
    if "\n" in between or (digits < 5 and between.strip(" ").lower() in {"of", "to", "at", "on"}):
        return False
    if value.count(".") == 1 and value.replace(".", "").isdigit():
        return False  # a length
    return digits >= (3 if label in _LONE_LABELS else 2)


def _is_vertebra(value: str) -> bool:
    """`T11-12` and the like; four digits behind a letter are an id."""
    return bool(re.fullmatch(r"[CTLS]\d{1,2}[-/]\d{1,2}", value))
