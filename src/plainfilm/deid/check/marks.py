"""What an object says of its own de-identification, and what stands before its dataset."""

from functools import cache
from typing import Final

from plainfilm.deid.check.elements import dataset_text
from plainfilm.deid.check.scores import Check, Tally
from plainfilm.deid.check.values import is_dummy, is_empty
from plainfilm.deid.profile import Option, data_rows
from plainfilm.dicom import Dataset, is_structured_report

__all__ = ["claimed_options", "judge_file", "judge_marks"]

_LONGITUDINAL: Final = {
    "UNMODIFIED": Option.RETAIN_FULL_DATES,
    "MODIFIED": Option.RETAIN_MODIFIED_DATES,
}
# Source, Sending and Receiving Application Entity Title and Presentation Address; private
# information (PS3.10 table 7.1-1).
_META_THAT_NAMES: Final = (
    *range(0x00020016, 0x00020019),
    *range(0x00020026, 0x00020029),
    0x00020100,
    0x00020102,
)


def claimed_options(dataset: Dataset) -> frozenset[Option]:
    """The options of the profile that an object says were used; none where it does not say.

    Source: DICOM PS3.15 E.1.1, PS3.16 CID 7050, PS3.3 C.12.1.
    """
    codes = dataset.get("DeidentificationMethodCodeSequence") or ()
    claimed = {_options().get(str(item.get("CodeValue", "")).strip()) for item in codes}
    said = dataset_text(dataset, "LongitudinalTemporalInformationModified").upper()
    claimed.add(_LONGITUDINAL.get(said))
    return frozenset(option for option in claimed if option is not None)


@cache
def _options() -> dict[str, Option]:
    known = set(Option)
    return {
        row["code"]: Option(row["option"])
        for row in data_rows("deidentification_methods.csv")
        if row["option"] in known
    }


def judge_marks(dataset: Dataset, tally: Tally) -> None:
    """Whether an object says what PS3.15 E.1.1 wants it to say."""
    removed = dataset_text(dataset, "PatientIdentityRemoved").upper() == "YES"
    tally.judge(removed, Check.MARKS_SET, "00120062", "not_said")
    method = dataset.get("DeidentificationMethod") or dataset.get(
        "DeidentificationMethodCodeSequence"
    )
    tally.judge(bool(method), Check.MARKS_SET, "00120063", "not_said")
    longitudinal = dataset_text(dataset, "LongitudinalTemporalInformationModified").upper()
    known = longitudinal in {*_LONGITUDINAL, "REMOVED"}
    tally.judge(known, Check.MARKS_SET, "00280303", "not_said")
    burned_in = dataset_text(dataset, "BurnedInAnnotation").upper()
    if not is_structured_report(dataset_text(dataset, "SOPClassUID")):
        tally.judge(burned_in in ("NO", "YES"), Check.MARKS_SET, "00280301", "not_said")
    tally.judge(burned_in != "YES", Check.PIXELS_HIDDEN, "00280301", "said_burned_in")


def judge_file(dataset: Dataset, tally: Tally) -> None:
    """The preamble, and the file meta information (PS3.10 section 7.1)."""
    preamble = getattr(dataset, "preamble", None) or b""
    tally.judge(not preamble.strip(b"\0"), Check.TEXT_REMOVED, "preamble", "preamble")
    meta = getattr(dataset, "file_meta", None) or Dataset()
    for tag in _META_THAT_NAMES:
        if tag in meta:
            silent = is_empty(meta[tag]) or is_dummy(meta[tag])
            tally.judge(silent, Check.TEXT_REMOVED, f"{tag:08X}", "file_meta")
    if "MediaStorageSOPInstanceUID" in meta:
        same = dataset_text(meta, "MediaStorageSOPInstanceUID") == dataset_text(
            dataset, "SOPInstanceUID"
        )
        tally.judge(same, Check.UID_CONSISTENT, "00020003", "file_meta_uid")
