"""What has to be still there: the object stays valid, and nothing of medicine is lost."""

from functools import cache
from typing import Final

from plainfilm.deid.check.elements import (
    MARKS,
    PIXELS,
    Place,
    by_path,
    children,
    concept_of,
    dataset_text,
    items_of,
)
from plainfilm.deid.check.removed import CLASS_UIDS, TEXT, HeaderCheck
from plainfilm.deid.check.scores import Check
from plainfilm.deid.check.values import is_empty
from plainfilm.deid.content_items import CONTENT, CONTENT_SEQUENCES, content_rule
from plainfilm.deid.descriptors import clean_descriptor
from plainfilm.deid.element_text import texts_of
from plainfilm.deid.profile import Action, Option, attribute_type, data_rows, resolve, rule_for
from plainfilm.dicom import DataElement, Dataset
from plainfilm.dicom.dictionary import keyword_tag

__all__ = ["judge_required", "judge_retained"]

# The Image Pixel module (PS3.3 C.7.6.3) and SOP Common, of type 1 in every radiograph IOD.
_TYPE_1: Final = (
    "SOPClassUID",
    "Modality",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)
# Modules that every radiograph IOD has (PS3.3 tables A.2-1, A.8-1, A.26-1 …); attributes of others,
# such as a clinical trial's, are required where that module is there.
_MANDATORY: Final = frozenset(
    {"acquisition-context", "general-series", "general-study", "patient", "sop-common"}
)
_REMOVING: Final = (Action.REMOVE, Action.EMPTY, Action.DUMMY, Action.NEW_UID)
_TEMPORAL: Final = frozenset({"DA", "DT", "TM"})
# What tools may have to change when they write a film anew.
_MAY_CHANGE: Final = frozenset(
    keyword_tag(keyword)
    for keyword in (
        "SpecificCharacterSet",
        "ImageType",
        "PlanarConfiguration",
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
        "LossyImageCompression",
        "LossyImageCompressionRatio",
        "LossyImageCompressionMethod",
        "IconImageSequence",
        "ReferencedContentItemIdentifier",
    )
)


def judge_required(header: HeaderCheck) -> None:
    """Whether attributes of type 1 have a value and those of type 2 are there.

    Of an object class that is no radiograph's, the types are not known and nothing is judged. With
    the original at hand, only what that had is asked for.
    """
    for tag, kind in _required(dataset_text(header.clean, "SOPClassUID")):
        if header.original is not None and tag not in header.original:
            continue
        element = header.clean.get(tag)
        path = f"{tag:08X}"
        if kind == "2":
            header.tally.judge(element is not None, Check.TAG_RETAINED, path, "missing")
        elif header.original is None or not is_empty(header.original[tag]):
            filled = element is not None and not is_empty(element)
            reason = "missing" if element is None else "empty"
            header.tally.judge(filled, Check.TEXT_NOTNULL, path, reason)


@cache
def _required(sop_class_uid: str) -> tuple[tuple[int, str], ...]:
    """Tags of types 1 and 2 at the top level of an IOD."""
    tags = [
        int(row["tag"][1:5] + row["tag"][6:10], 16)
        for row in data_rows("attribute_types.csv")
        if not row["within"] and row["module"] in _MANDATORY
    ]
    listed = [(tag, attribute_type(tag, None, sop_class_uid)) for tag in dict.fromkeys(tags)]
    found = [(tag, kind) for tag, kind in listed if kind in ("1", "2")]
    if not found:
        return ()
    return (*found, *((keyword_tag(keyword), "1") for keyword in _TYPE_1))


def judge_retained(header: HeaderCheck) -> None:
    """Whether what the profile keeps is there and is as it was in the original."""
    if header.original is None:
        return
    clean = by_path(header.clean)
    waiting = list(children(header.original))
    while waiting:
        place = waiting.pop()
        if not _stays(place, header):
            continue
        now = clean.get(place.exact)
        if now is None:
            good = is_empty(place.element)
            header.tally.judge(good, Check.TAG_RETAINED, place.path, "missing")
            continue
        if place.element.VR == "SQ":
            for name, item in items_of(place):
                if not _is_removed(item, place, header):
                    waiting.extend(children(item, place, name))
        else:
            _judge_value(place, now.element, header)


def _is_removed(item: Dataset, place: Place, header: HeaderCheck) -> bool:
    """Whether the profile removes a content item for its concept."""
    if place.element.tag not in CONTENT_SEQUENCES:
        return False
    rule = content_rule(*concept_of(item), header.options)
    return rule is not None and rule.action is Action.REMOVE


def _stays(place: Place, header: HeaderCheck) -> bool:
    """Whether the profile keeps an element, so that it can be missed."""
    element = place.element
    group = element.tag >> 16
    if element.tag in MARKS | PIXELS | _MAY_CHANGE or element.tag & 0xFFFF == 0:
        return False
    if group % 2 or group >> 8 in (0x50, 0x60) or not element.keyword or is_empty(element):
        return False
    if element.VR == "UI" and not element.keyword.endswith(CLASS_UIDS):
        return False
    rule = rule_for(element.tag)
    if rule is None:
        return element.VR not in _TEMPORAL and element.VR != "PN"
    sop_class = dataset_text(header.clean, "SOPClassUID")
    action = resolve(rule, header.options, attribute_type(element.tag, place.within, sop_class))
    if action is Action.CLEAN:
        descriptors = rule.options.get(Option.CLEAN_DESCRIPTORS) is Action.CLEAN
        described = descriptors and element.VR in TEXT | {"SQ"} and _words(element, header) != set()
        return described or element.tag == CONTENT  # of content, each item tells
    return action not in _REMOVING


def _words(element: DataElement, header: HeaderCheck) -> set[str]:
    """The words of radiography in a description; of a sequence, a sign that it has items."""
    if element.VR == "SQ":
        return {"items"}
    return {
        word
        for text in texts_of(element)
        for word in clean_descriptor(text, header.identity).casefold().split()
    }


def _judge_value(place: Place, now: DataElement, header: HeaderCheck) -> None:
    element = place.element
    is_prose = place.within == CONTENT and element.VR in ("UT", "ST", "LT")
    if is_prose or (
        element.VR in TEXT and any(header.finds_identity(text) for text in texts_of(element))
    ):
        lost = _words(element, header) - _words(now, header)
        header.tally.judge(not lost, Check.TEXT_RETAINED, place.path, "words_lost")
        return
    rule = rule_for(element.tag)
    if rule is not None and Option.CLEAN_DESCRIPTORS in rule.options and element.VR in TEXT:
        lost = _words(element, header) - _words(now, header)
        header.tally.judge(not lost, Check.TEXT_RETAINED, place.path, "words_lost")
        return
    same = element.value == now.value or _plain(element) == _plain(now)
    header.tally.judge(same, Check.TEXT_RETAINED, place.path, "changed")


def _plain(element: DataElement) -> list[str]:
    return [text.strip(" \0") for text in texts_of(element)]
