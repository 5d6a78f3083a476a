"""Table E.1-1 is whole, and its actions are resolved as PS3.15 says."""

import re

import pytest
from pydicom.datadict import dictionary_has_tag, keyword_for_tag, tag_for_keyword

from plainfilm.deid import DEFAULT_OPTIONS, Action, Option, profile_rules, resolve, rule_for
from plainfilm.deid.profile import attribute_type, check_options, data_rows
from plainfilm.errors import SettingsError

CR, DX, MFSC = (f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("1", "1.1", "7.2"))
UNKNOWN = "1.2.840.10008.5.1.4.1.1.2"  # CT is no radiograph
COMBINATIONS = {"X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"}


def rule(keyword):
    return rule_for(tag_for_keyword(keyword))


def test_table_has_the_rows_of_edition_2026d():
    assert len(profile_rules()) == 657
    assert len({rule.tag for rule in profile_rules()}) == 657


def test_every_row_is_well_formed():
    for row in profile_rules():
        assert re.fullmatch(r"\([0-9A-Fx]{4},[0-9A-Fx]{4}\)|\(gggg,eeee\).*", row.tag)
        assert row.basic in COMBINATIONS
        assert set(row.options.values()) <= {Action.KEEP, Action.CLEAN}


# Counted in the edition's own table.
@pytest.mark.parametrize(
    ("option", "kept", "cleaned"),
    [
        (Option.RETAIN_SAFE_PRIVATE, 0, 1),
        (Option.RETAIN_UIDS, 60, 0),
        (Option.RETAIN_DEVICE_IDENTITY, 48, 11),
        (Option.RETAIN_INSTITUTION_IDENTITY, 10, 0),
        (Option.RETAIN_PATIENT_CHARACTERISTICS, 14, 5),
        (Option.RETAIN_FULL_DATES, 169, 0),
        (Option.RETAIN_MODIFIED_DATES, 0, 169),
        (Option.CLEAN_DESCRIPTORS, 0, 141),
        (Option.CLEAN_STRUCTURED_CONTENT, 0, 4),
        (Option.CLEAN_GRAPHICS, 0, 4),
    ],
)
def test_every_option_column_is_whole(option, kept, cleaned):
    column = [rule.options.get(option) for rule in profile_rules()]
    assert (column.count(Action.KEEP), column.count(Action.CLEAN)) == (kept, cleaned)


def test_keywords_are_those_of_the_data_dictionary():
    for row in profile_rules():
        if re.fullmatch(r"\([0-9A-F]{4},[0-9A-F]{4}\)", row.tag):
            tag = int(row.tag[1:5] + row.tag[6:10], 16)
            if dictionary_has_tag(tag):
                assert row.keyword == keyword_for_tag(tag)
            assert rule_for(tag) is row


@pytest.mark.parametrize(
    ("tag", "row"),
    [
        (0x00091001, "(gggg,eeee) where gggg is odd"),
        (0x00290010, "(gggg,eeee) where gggg is odd"),
        (0x50000005, "(50xx,xxxx)"),
        (0x501E3000, "(50xx,xxxx)"),
        (0x60003000, "(60xx,3000)"),
        (0x60020022, "(60xx,3000)"),  # OverlayDescription is free text
        (0x00100010, "(0010,0010)"),
    ],
)
def test_tag_patterns_are_matched(tag, row):
    assert rule_for(tag).tag == row


def test_attribute_that_the_table_does_not_name_has_no_rule():
    assert rule("BodyPartExamined") is None


@pytest.mark.parametrize(
    ("keyword", "basic", "by_type"),
    [
        # combination, then the action for types 1, 2, 3 and for an unknown IOD
        ("PatientName", "Z", "DZZZ"),
        ("AcquisitionDate", "X/Z", "ZZXZ"),
        ("ProtocolName", "X/D", "DDXD"),
        ("ContentDate", "Z/D", "DZZD"),
        ("InstitutionName", "X/Z/D", "DZXD"),
        ("SourceImageSequence", "X/Z/U*", "UZXU"),
        ("PatientAddress", "X", "XXXX"),
        ("ClinicalTrialSponsorName", "D", "DDDD"),
        ("SOPInstanceUID", "U", "UUUU"),
    ],
)
def test_combination_is_resolved_by_type(keyword, basic, by_type):
    assert rule(keyword).basic == basic
    resolved = [resolve(rule(keyword), frozenset(), kind) for kind in ("1", "2", "3", None)]
    assert "".join(resolved) == by_type
    conditional = [resolve(rule(keyword), frozenset(), kind) for kind in ("1C", "2C")]
    assert conditional == resolved[:2]


@pytest.mark.parametrize(
    ("keyword", "options", "action"),
    [
        ("StudyDate", DEFAULT_OPTIONS, "C"),
        ("StudyDate", {Option.RETAIN_FULL_DATES}, "K"),
        ("StudyDescription", DEFAULT_OPTIONS, "C"),
        ("StudyDescription", set(), "X"),
        ("SOPInstanceUID", {Option.RETAIN_UIDS}, "K"),
        ("PatientAge", {Option.RETAIN_PATIENT_CHARACTERISTICS}, "K"),
        ("PatientAge", DEFAULT_OPTIONS, "X"),
        # Two options disagree: the more careful one wins.
        (
            "DateOfLastDetectorCalibration",
            {Option.RETAIN_DEVICE_IDENTITY, Option.RETAIN_MODIFIED_DATES},
            "C",
        ),
    ],
)
def test_option_overrides_the_basic_profile(keyword, options, action):
    assert resolve(rule(keyword), frozenset(options), "3") == action


@pytest.mark.parametrize(
    ("keyword", "within", "sop_class", "kind"),
    [
        ("PatientID", None, CR, "2"),
        ("SOPInstanceUID", None, CR, "1"),
        ("InstitutionName", None, CR, "3"),
        ("AcquisitionContextSequence", None, DX, "2"),
        ("AcquisitionContextSequence", None, CR, "3"),
        ("ReferencedPerformedProcedureStepSequence", None, DX, "1C"),
        ("ContentDate", None, MFSC, "1"),
        ("ReferencedSOPInstanceUID", "SourceImageSequence", CR, "1"),
        ("PatientID", None, UNKNOWN, None),
    ],
)
def test_attribute_type_depends_on_the_iod(keyword, within, sop_class, kind):
    parent = tag_for_keyword(within) if within else None
    assert attribute_type(tag_for_keyword(keyword), parent, sop_class) == kind


def test_types_table_names_attributes_of_the_profile_only():
    tags = {rule.tag for rule in profile_rules()}
    for row in data_rows("attribute_types.csv"):
        assert row["tag"] in tags
        assert row["type"] in {"1", "1C", "2", "2C"}


@pytest.mark.parametrize(
    "options",
    [
        {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES},
        {Option.CLEAN_GRAPHICS},  # without Clean Pixel Data
    ],
)
def test_options_that_cannot_be_kept_are_refused(options):
    with pytest.raises(SettingsError):
        check_options(options)
