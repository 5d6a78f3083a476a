"""De-identification: clean copies of films, headers by DICOM PS3.15 annex E.

Public: the step `Deidentify`, which reads a film, cleans its header and its pixels and writes it
under its new ids; `clean_file`, the header's part of that for a film's bytes, and `clean_dataset`,
for a dataset in memory; `KeyedHash`, which makes the new ids; `load_or_create_key`; `load_rules`,
which reads a user's own rules; and the options and the rules of the profile. What is done to
pixels, the audit and the check of other tools' output are packages of this one.
"""

from typing import TYPE_CHECKING

from plainfilm.deid.clean import CleanFile, CleanHeader, clean_dataset, clean_file
from plainfilm.deid.key import load_or_create_key
from plainfilm.deid.profile import (
    DEFAULT_OPTIONS,
    Action,
    Option,
    Rule,
    profile_rules,
    report_options,
    resolve,
    rule_for,
)
from plainfilm.deid.pseudonyms import KeyedHash, PatientPseudonym
from plainfilm.deid.rules import CustomAction, CustomRule, load_rules
from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.deid.step import Deidentify

__all__ = [
    "DEFAULT_OPTIONS",
    "Action",
    "CleanFile",
    "CleanHeader",
    "CustomAction",
    "CustomRule",
    "Deidentify",
    "KeyedHash",
    "Option",
    "PatientPseudonym",
    "Rule",
    "clean_dataset",
    "clean_file",
    "load_or_create_key",
    "load_rules",
    "profile_rules",
    "report_options",
    "resolve",
    "rule_for",
]

# With the step come OpenCV and Numba.
__getattr__ = lazy_exports(__name__, {"Deidentify": "step"})
