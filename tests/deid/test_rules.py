"""A user's own rules: what is accepted, what is refused with which advice, and what they do."""

import pytest

from plainfilm.deid import (
    DEFAULT_OPTIONS,
    CustomAction,
    Deidentify,
    Option,
    clean_dataset,
    load_rules,
)
from plainfilm.dicom import Dataset
from plainfilm.errors import SettingsError


@pytest.fixture
def rules(tmp_path):
    def load(text):
        path = tmp_path / "rules.toml"
        path.write_text(text)
        return load_rules(path)

    return load


def rule(tag, action, **more):
    lines = [f'tag = "{tag}"', f'action = "{action}"']
    lines += [f"{name} = {value}" for name, value in more.items()]
    return "[[rule]]\n" + "\n".join(lines) + "\n"


# What a rule does to a film: rule, keyword, value before, value after (None: gone).
EFFECTS = [
    (rule("StationName", "keep", i_know="true"), "StationName", "DX-2", "DX-2"),
    (rule("(0008,1010)", "keep", i_know="true"), "StationName", "DX-2", "DX-2"),
    (rule("Manufacturer", "remove"), "Manufacturer", "Kestrel", None),
    (rule("Manufacturer", "empty"), "Manufacturer", "Kestrel", ""),
    (rule("Manufacturer", "dummy"), "Manufacturer", "Kestrel", "ANON"),
    (rule("ProtocolName", "replace", value='"CHEST"'), "ProtocolName", "Davidson", "CHEST"),
    (rule("Manufacturer", "clean"), "Manufacturer", "Kestrel CHEST", "CHEST"),
    (rule("PatientSex", "keep", i_know="true"), "PatientSex", "M", "M"),
    (rule("Manufacturer", "remove", modality='["DX"]'), "Manufacturer", "Kestrel", "Kestrel"),
    (rule("Manufacturer", "remove", modality='["CR", "DX"]'), "Manufacturer", "Kestrel", None),
    # kept without i_know, since the table does not name it: the film's identity still goes
    (rule("Manufacturer", "keep"), "Manufacturer", "Kestrel for Davidson", "Kestrel for"),
]


@pytest.mark.parametrize(("text", "keyword", "before", "after"), EFFECTS)
def test_rule_goes_before_the_table(film, keyed, rules, text, keyword, before, after):
    clean = clean_dataset(film(**{keyword: before}), keyed, rules=rules(text))
    assert clean.dataset.get(keyword) == after


def test_rule_for_the_top_leaves_sequences_alone(film, keyed, rules):
    inner = Dataset()
    inner.Manufacturer = "Kestrel Imaging"
    source = film(Manufacturer="Kestrel", AnatomicRegionSequence=[inner])
    top = clean_dataset(
        source, keyed, rules=rules(rule("Manufacturer", "remove", where='"top"'))
    ).dataset
    assert "Manufacturer" not in top
    assert top.AnatomicRegionSequence[0].Manufacturer == "Kestrel Imaging"
    both = clean_dataset(source, keyed, rules=rules(rule("Manufacturer", "remove"))).dataset
    assert "Manufacturer" not in both.AnatomicRegionSequence[0]


def test_private_element_is_kept_with_its_creator(film, keyed, rules):
    source = film()
    source.add_new(0x00190011, "LO", "ACME 1.1")
    source.add_new(0x00191123, "DS", "4.5")
    source.add_new(0x00191124, "LO", "other")
    text = '[[rule]]\ncreator = "ACME 1.1"\ntag = "(0019,xx23)"\naction = "keep"\ni_know = true\n'
    clean = clean_dataset(source, keyed, rules=rules(text))
    assert clean.dataset[0x00190011].value == "ACME 1.1"
    assert clean.dataset[0x00191123].value == 4.5
    assert 0x00191124 not in clean.dataset
    assert any(t.path == "00191123" and t.rule == "custom:1" for t in clean.treatments)


def test_dates_and_uids(film, keyed, rules):
    text = rule("DateOfLastCalibration", "shift_date") + rule("PyramidUID", "new_uid")
    source = film(DateOfLastCalibration="20210302", PyramidUID="1.2.3")
    clean = clean_dataset(source, keyed, frozenset(), rules(text)).dataset
    moved = clean_dataset(source, keyed, frozenset({Option.RETAIN_MODIFIED_DATES})).dataset
    assert clean.DateOfLastCalibration == moved.StudyDate
    assert clean.PyramidUID == keyed.uid("1.2.3")


# What is refused, and a part of the advice.
REFUSED = [
    ("rule = 3", "two brackets"),
    ("[[rules]]\n", "begin with [[rule]]"),
    ("[[rule]]\naction = 'keep'", "has no tag"),
    (rule("StationNam", "keep"), "no such keyword"),
    (rule("stationname", "remove"), "did you mean StationName"),
    (rule("StationName", "keep"), "i_know = true"),
    (rule("StationName", "hide"), "action is one of"),
    (rule("StationName", "keep", i_know='"yes"'), "without quotes"),
    (rule("StationName", "remove", where='"deep"'), "where is one of"),
    (rule("StationName", "remove", colour='"red"'), "colour is unknown"),
    (rule("StationName", "remove", value='"x"'), "has a value"),
    (rule("StationName", "replace"), "value is missing"),
    (rule("Modality", "replace", value='"lower case"'), "valid value of VR CS"),
    (rule("StudyDate", "replace", value='"2021"'), "valid value of VR DA"),
    (rule("StationName", "new_uid"), "VR UI"),
    (rule("StudyTime", "shift_date"), "DA and DT"),
    (rule("KVP", "clean"), "clean is for text"),
    (rule("PatientID", "keep", i_know="true"), "product's own"),
    (rule("PixelData", "remove"), "not for rules"),
    (rule("(0009,1001)", "keep"), "needs its creator"),
    (rule("(0019,1023)", "keep", creator='"ACME"'), "(gggg,xxee)"),
    (rule("(0019,xx23)", "keep", creator='"ACME"'), "i_know = true"),
    (rule("(0019,xx23)", "dummy", creator='"ACME"'), "private element takes"),
    (rule("StationName", "remove") + rule("StationName", "empty"), "never counts"),
    (rule("ImageType", "replace", value='"ORIGINAL"'), "has 2-n"),
    (rule("Modality", "remove"), "not valid without"),
    (rule("Modality", "empty"), "not valid without"),
    ("[[rule]\n", "not valid TOML"),
]


@pytest.mark.parametrize(("text", "advice"), REFUSED)
def test_wrong_rules_are_refused_with_advice(rules, text, advice):
    with pytest.raises(SettingsError) as caught:
        rules(text)
    assert advice in str(caught.value)
    assert "rules.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("tag", "option", "advice"),
    [
        ("FrameOfReferenceUID", Option.RETAIN_UIDS, "--retain uids"),
        ("(6000,3000)", Option.CLEAN_GRAPHICS, "--clean graphics"),
    ],
)
def test_rules_that_the_options_break_are_refused(tmp_path, rules, tag, option, advice):
    kept = rules(rule(tag, "keep", i_know="true"))
    with pytest.raises(SettingsError, match=advice):
        Deidentify(tmp_path, b"k" * 32, rules=kept)
    Deidentify(tmp_path, b"k" * 32, DEFAULT_OPTIONS | {option}, kept)


def test_missing_file_is_a_settings_error(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_rules(tmp_path / "none.toml")


def test_every_action_has_a_code():
    assert {action.code for action in CustomAction} == set("KXZDCU")
