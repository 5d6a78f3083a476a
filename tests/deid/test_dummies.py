"""Every VR has a dummy that is valid for it."""

import pytest
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.valuerep import VR

from plainfilm.deid import profile_rules
from plainfilm.deid.dummies import dummy_items, dummy_value
from plainfilm.dicom import decode_elements, encode_element

ONE_VRS = sorted(vr.value for vr in VR if len(vr.value) == 2 and vr.value not in ("SQ", "UI"))


def decoded(tag, vr, value):
    return decode_elements(encode_element(tag, vr, value, implicit=False))[tag]


@pytest.mark.parametrize("vr", ONE_VRS)
def test_dummy_is_valid_and_not_empty(vr, monkeypatch):
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)
    dummy = decoded(0x00180001, vr, dummy_value(vr))
    assert (vr, 1) == (dummy.VR, dummy.VM)
    assert dummy.value is not None


def test_dummy_of_a_sequence_is_one_item():
    items = dummy_items("OperatorIdentificationSequence", implicit=False)
    (item,) = decoded(0x00081072, "SQ", items).value
    assert not item.dir()


def test_dummy_of_a_code_sequence_is_a_valid_code():
    items = dummy_items("PersonIdentificationCodeSequence", implicit=False)
    (code,) = decoded(0x00401101, "SQ", items).value
    assert set(code.dir()) == {"CodeValue", "CodingSchemeDesignator", "CodeMeaning"}


def test_dummy_of_a_verifier_has_what_one_must_have():
    items = dummy_items("VerifyingObserverSequence", implicit=False)
    (item,) = decoded(0x0040A073, "SQ", items).value
    assert str(item.VerifyingObserverName) == item.VerifyingOrganization == "ANON"
    assert item.VerificationDateTime.startswith("1900")
    assert not item.VerifyingObserverIdentificationCodeSequence


def test_every_dummy_that_the_profile_asks_for_can_be_made():
    for rule in profile_rules():
        if "D" in rule.basic and rule.keyword and "x" not in rule.tag:
            vr = dictionary_VR(int(rule.tag[1:5] + rule.tag[6:10], 16))
            if vr not in ("UI", "SQ"):
                assert dummy_value(vr)
