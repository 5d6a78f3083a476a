"""Concepts as highdicom takes them: findings, their sites, and what is said of them."""

import hashlib
import re
from typing import Final

from highdicom.sr import CodedConcept

from plainfilm.vocabulary import Code, known_finding

__all__ = [
    "ABNORMAL_STRUCTURE",
    "ARTIFICIAL_INTELLIGENCE",
    "CERTAINTY",
    "COMMENT",
    "DEVICE",
    "NOTHING_FOUND",
    "PERCENT",
    "RADIOGRAPHY",
    "SUMMARY",
    "finding_concept",
    "site_concept",
]

# DICOM PS3.16, the context group or template behind each.
ABNORMAL_STRUCTURE: Final = CodedConcept(
    "49755003", "SCT", "Morphologically Abnormal Structure"
)  # CID 7150
ARTIFICIAL_INTELLIGENCE: Final = CodedConcept("123110", "DCM", "Artificial Intelligence")  # 7162
CERTAINTY: Final = CodedConcept("111012", "DCM", "Certainty of Finding")  # TID 4104
COMMENT: Final = CodedConcept("121106", "DCM", "Comment")
DEVICE: Final = CodedConcept("121007", "DCM", "Device")  # CID 270
NOTHING_FOUND: Final = CodedConcept(
    "111241", "DCM", "All algorithms succeeded; without findings"
)  # CID 6047
PERCENT: Final = CodedConcept("%", "UCUM", "Percent")
RADIOGRAPHY: Final = CodedConcept("43468-8", "LN", "XR unspecified body region")  # CID 100
SUMMARY: Final = CodedConcept("111017", "DCM", "CAD Processing and Findings Summary")  # TID 4101

# Findings that no table knows, those of a user's own model, get codes of our own (PS3.3 8.2:
# schemes that are private begin with 99).
_OWN_SCHEME: Final = "99PLAINFILM"
_LONGEST_VALUE: Final = 16
_LONGEST_MEANING: Final = 64


def finding_concept(label: str) -> CodedConcept:
    """The code of a finding: the tables' own, else one of the private scheme 99PLAINFILM."""
    known = known_finding(label)
    if known is not None and known.code is not None:
        return _concept(known.code)
    plain = re.sub(r"[^A-Z0-9]+", "_", label.upper()).strip("_")
    if not plain or len(plain) > _LONGEST_VALUE:
        plain = hashlib.sha256(label.encode()).hexdigest()[:_LONGEST_VALUE].upper()
    return CodedConcept(plain, _OWN_SCHEME, label[:_LONGEST_MEANING])


def site_concept(label: str) -> CodedConcept | None:
    """Where a finding is, for a code that does not say it."""
    known = known_finding(label)
    return None if known is None or known.site is None else _concept(known.site)


def _concept(code: Code) -> CodedConcept:
    return CodedConcept(code.value, code.scheme, code.meaning)
