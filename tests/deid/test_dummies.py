"""Every VR has a dummy that is valid for it."""

import pytest
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.valuerep import VR

from plainfilm.deid import profile_rules
from plainfilm.deid.dummies import dummy_element
from plainfilm.dicom import DataElement, Dataset, DicomSequence

ONE_VRS = sorted(vr.value for vr in VR if len(vr.value) == 2 and vr.value not in ("SQ", "UI"))


@pytest.mark.parametrize("vr", ONE_VRS)
def test_dummy_is_valid_and_not_empty(vr, monkeypatch):
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)
    original = DataElement(0x00180000, vr, None)
    dummy = dummy_element(original)
    assert (dummy.tag, dummy.VR) == (original.tag, vr)
    assert dummy.VM == 1
    assert dummy.value is not None


def test_dummy_of_a_sequence_is_one_item():
    original = DataElement(0x00081072, "SQ", DicomSequence([Dataset(), Dataset()]))
    assert dummy_element(original).value == [Dataset()]


def test_dummy_of_a_code_sequence_is_a_valid_code():
    (code,) = dummy_element(DataElement(0x00401101, "SQ", DicomSequence())).value
    assert set(code.dir()) == {"CodeValue", "CodingSchemeDesignator", "CodeMeaning"}


def test_every_dummy_that_the_profile_asks_for_can_be_made():
    for rule in profile_rules():
        if "D" in rule.basic and rule.keyword and "x" not in rule.tag:
            tag = int(rule.tag[1:5] + rule.tag[6:10], 16)
            vr = dictionary_VR(tag)
            if vr != "UI":
                assert dummy_element(DataElement(tag, vr, None)).VM == 1
