"""What was done to one element of a film, as the audit keeps it."""

from typing import Final, NamedTuple

__all__ = ["FILE_META_GROUP", "RULE_CODES", "Treatment"]

FILE_META_GROUP: Final = "0002"

RULE_CODES: Final = {
    "E.1-1": "the row of PS3.15 table E.1-1, as the Basic Profile has it",
    "option:<name>": "the row of table E.1-1, as changed by that option",
    "custom:<n>": "the user's own rule, by its place in the file",
    "identity": "what is known of the patient was found in a text that the profile keeps",
    "unlisted": "table E.1-1 does not name the element and it is kept, or treated by its VR",
    "private": "a private element",
    "unknown": "the data dictionary does not know the element",
    "invalid": "the value breaks its VR, so it cannot be judged",
    "pseudonym": "replaced by a new id made with the key",
    "file": "file meta information and preamble, which are written anew",
}
"""What a treatment's `rule` may be, and what each means."""


class Treatment(NamedTuple):
    """What was done to one element.

    Attributes:
        path: `00104000` at the top level, `00400275[0]/00400007` inside a sequence, `00020003` in
            the file meta information. Readers look the keyword up.
        action: action code of PS3.15 table E.1-1a: D, Z, X, K, C or U.
        rule: short code of what decided; see `RULE_CODES`.
        old: the first 8 bytes of `KeyedHash.audit_hash` of the old value; empty where nothing
            was changed.
    """

    path: str
    action: str
    rule: str
    old: bytes
