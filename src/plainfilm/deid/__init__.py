"""De-identification: clean copies of films, headers by DICOM PS3.15 annex E.

Public: the step `Deidentify`, which reads a film, cleans it and writes it under new ids;
`clean_dataset`, the same for one dataset in memory; `KeyedHash`, which makes the new ids;
`load_or_create_key`; the options and the rules of the profile; and `suspect_text`, a cheap search
for burned-in text, on whose suspicion a film is withheld.
"""

from plainfilm.deid.burned_text import TextRow, suspect_text
from plainfilm.deid.clean import CleanHeader, clean_dataset
from plainfilm.deid.key import load_or_create_key
from plainfilm.deid.profile import (
    DEFAULT_OPTIONS,
    Action,
    Option,
    Rule,
    profile_rules,
    resolve,
    rule_for,
)
from plainfilm.deid.pseudonyms import KeyedHash, PatientPseudonym
from plainfilm.deid.step import Deidentify

__all__ = [
    "DEFAULT_OPTIONS",
    "Action",
    "CleanHeader",
    "Deidentify",
    "KeyedHash",
    "Option",
    "PatientPseudonym",
    "Rule",
    "TextRow",
    "clean_dataset",
    "load_or_create_key",
    "profile_rules",
    "resolve",
    "rule_for",
    "suspect_text",
]
