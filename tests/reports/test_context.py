"""What the words around a mention make of it: a truth table of sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.reports import label_text

# sentence, label set, finding, value (None: not mentioned), why
TRUTH = [
    ("There is a small left pleural effusion.", "nih", "Effusion", 1, "plain"),
    ("No pleural effusion.", "nih", "Effusion", 0, "negated before"),
    ("Pleural effusion is not seen.", "nih", "Effusion", 0, "negated after"),
    ("Cannot exclude a small effusion.", "nih", "Effusion", -1, "double negation is doubt"),
    ("Effusion cannot be excluded.", "nih", "Effusion", -1, "the same, after"),
    ("Possible small effusion.", "nih", "Effusion", -1, "hedged before"),
    ("Large pericardial effusion.", "nih", "Effusion", None, "another effusion"),
    ("Knee effusion.", "nih", "Effusion", None, "another effusion"),
    ("The effusion has resolved.", "nih", "Effusion", 0, "gone"),
    ("Effusion unchanged.", "nih", "Effusion", 1, "unchanged is still there"),
    ("No change in the right effusion.", "nih", "Effusion", 1, "`no change` denies nothing"),
    ("No focal consolidation, effusion or pneumothorax.", "nih", "Pneumothorax", 0, "a list"),
    ("No focal consolidation, effusion or pneumothorax.", "nih", "Consolidation", 0, "a list"),
    ("No consolidation to suggest pneumonia.", "nih", "Consolidation", 0, "both are denied"),
    ("No consolidation to suggest pneumonia.", "nih", "Pneumonia", 0, "both are denied"),
    ("No pneumothorax but a large effusion.", "nih", "Effusion", 1, "`but` ends the reach"),
    ("No pneumothorax but a large effusion.", "nih", "Pneumothorax", 0, "`but` ends the reach"),
    ("Opacity may represent pneumonia.", "chexpert", "Pneumonia", -1, "hedged"),
    ("Opacity may represent pneumonia.", "chexpert", "Lung Opacity", 1, "the sign is there"),
    ("Atelectasis versus infiltrate.", "nih", "Atelectasis", -1, "either"),
    ("Atelectasis versus infiltrate.", "nih", "Infiltration", -1, "either"),
    ("Probable small effusion.", "nih", "Effusion", 1, "the writer commits to it"),
    ("Opacity, likely atelectasis.", "nih", "Atelectasis", 1, "the writer commits to it"),
    ("Less likely pneumonia.", "nih", "Pneumonia", -1, "and here not"),
    ("Effusion is unlikely.", "nih", "Effusion", 0, "denied after"),
    ("Concern for pneumonia.", "nih", "Pneumonia", -1, "hedged"),
    (
        "In the appropriate clinical setting, this is pneumonia.",
        "nih",
        "Pneumonia",
        -1,
        "on a condition",
    ),
    ("No effusion seen, dense nodule on the left.", "nih", "Nodule", 1, "`seen,` ends the reach"),
    ("No effusion, nodule or mass is seen.", "nih", "Nodule", 0, "a comma alone does not"),
    ("No new infiltrate.", "nih", "Infiltration", 0, "an old one would be told"),
    ("New right effusion.", "nih", "Effusion", 1, "new is there"),
    ("Improved edema.", "nih", "Edema", 1, "improved is still there"),
    ("Effusion is no longer seen.", "nih", "Effusion", 0, "gone"),
    ("No interval development of effusion.", "nih", "Effusion", 0, "nothing came"),
    ("No significant interval change in the effusion.", "nih", "Effusion", 1, "nothing changed"),
    ("Not without effusion.", "nih", "Effusion", -1, "double negation is doubt"),
    ("No mass except a small nodule.", "nih", "Nodule", 1, "`except` ends the reach"),
    ("History of pneumonia.", "nih", "Pneumonia", None, "another time"),
    ("History of rib fracture.", "chexpert", "Fracture", 1, "old is still a fracture"),
    ("Atypical infectious process.", "chexpert", "Pneumonia", 1, "CheXpert counts it"),
    ("Atypical infectious process.", "nih", "Pneumonia", None, "the nih set does not"),
    ("No definite changes of edema.", "nih", "Edema", 0, "`changes of` is no change"),
    ("Heart size within normal limits with prominent atrium.", "nih", "Cardiomegaly", 0, "normal"),
    ("Atelectasis rather than pneumonia.", "nih", "Pneumonia", 0, "the other was meant"),
    ("The heart is enlarged.", "nih", "Cardiomegaly", 1, "in words"),
    ("The heart is not enlarged.", "nih", "Cardiomegaly", 0, "negation inside the phrase"),
    ("Heart size is normal.", "nih", "Cardiomegaly", 0, "normality denies"),
    ("Heart size is not normal.", "nih", "Cardiomegaly", None, "denied normality says nothing"),
    ("Heart size is normal.", "chexpert", "Cardiomegaly", 0, "normality denies"),
    ("Mild cardiomegaly.", "chexpert", "Cardiomegaly", 1, "plain"),
    ("The lungs are clear.", "chexpert", "Consolidation", 0, "normality denies several"),
    ("The lungs are clear.", "nih", "Infiltration", 0, "normality denies several"),
    ("Subcutaneous emphysema.", "nih", "Emphysema", None, "not in the lung"),
    ("Nipple shadow mimicking a nodule.", "nih", "Nodule", None, "no nodule"),
    ("A 6 mm nodule in the right lung.", "chexpert", "Lung Lesion", 1, "a nodule is a lesion"),
    ("Nodular opacity at the left apex.", "nih", "Nodule", None, "an opacity, maybe no nodule"),
    ("Collapse of the left upper lobe.", "nih", "Atelectasis", 1, "in words"),
    ("Collapse of the L1 vertebral body.", "nih", "Atelectasis", None, "a bone"),
    ("Old healed rib fractures.", "chexpert", "Fracture", 1, "old is still a fracture"),
    ("Right PICC with its tip in the SVC.", "chexpert", "Support Devices", 1, "a device"),
    ("Large hiatal hernia.", "nih", "Hernia", 1, "plain"),
    ("Apical pleural thickening.", "chexpert", "Pleural Other", 1, "plain"),
    ("Small hydropneumothorax.", "nih", "Effusion", 1, "both at once"),
    ("Small hydropneumothorax.", "nih", "Pneumothorax", 1, "both at once"),
    ("Widened mediastinum.", "chexpert", "Enlarged Cardiomediastinum", 1, "plain"),
    ("Pulmonary vascular congestion.", "chexpert", "Edema", 1, "CheXpert counts it"),
    ("Pulmonary vascular congestion.", "nih", "Edema", None, "the nih set does not"),
]


def value_of(text: str, label_set: str, finding: str) -> int | None:
    values = {label.finding: label.value for label in label_text(text, label_set)}
    return values.get(finding)


@pytest.mark.parametrize(("text", "label_set", "finding", "value", "why"), TRUTH)
def test_sentence_is_understood(
    text: str, label_set: str, finding: str, value: int | None, why: str
) -> None:
    assert value_of(text, label_set, finding) == value, why


def test_positive_wins_over_uncertain_over_negative() -> None:
    doubt = "No effusion. Possible effusion."
    assert value_of(doubt, "nih", "Effusion") == -1
    assert value_of(doubt + " Small effusion on the left.", "nih", "Effusion") == 1


@pytest.mark.parametrize("label_set", ["chexpert", "nih"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("No acute disease. No effusion.", 1),
        ("Possible effusion.", None),
        ("Small effusion.", None),
        ("Pacemaker. The lungs are clear.", 1),  # devices alone keep a report normal
    ],
)
def test_no_finding_is_as_chexpert_defines_it(label_set: str, text: str, value: int | None) -> None:
    assert value_of(text, label_set, "No Finding") == value


FINDINGS_SENTENCES = st.lists(st.sampled_from(sorted({row[0] for row in TRUTH})), max_size=5)


@given(FINDINGS_SENTENCES)
def test_every_span_is_in_the_text_and_holds_the_phrase(chosen: list[str]) -> None:
    text = "FINDINGS:  " + "\n".join(chosen)
    for label_set in ("chexpert", "nih"):
        for label in label_text(text, label_set):
            for mention in label.mentions:
                spoken = text[mention.start : mention.end].lower().split()
                assert mention.phrase.split()[0] == spoken[0].strip(".,")
                assert mention.section == "findings"


@given(FINDINGS_SENTENCES, st.sampled_from(["upper", "lower", "spaces", "wrapped"]))
def test_case_and_line_breaks_change_nothing(chosen: list[str], change: str) -> None:
    text = "Findings: " + " ".join(chosen)
    changed = {
        "upper": text.upper(),
        "lower": text.lower(),
        "spaces": text.replace(" ", "  "),
        "wrapped": text.replace(" ", "\n"),
    }[change]
    values = [
        [(label.finding, label.value) for label in label_text(each, "chexpert")]
        for each in (text, changed)
    ]
    assert values[0] == values[1]


@given(FINDINGS_SENTENCES, st.sampled_from(["pneumothorax", "effusion", "consolidation"]))
def test_denying_a_finding_never_makes_it_positive(chosen: list[str], finding: str) -> None:
    text = " ".join(each for each in chosen if finding not in each.lower())
    name = finding.capitalize()
    before = value_of(text, "nih", name)
    after = value_of(f"{text} No evidence of {finding}.", "nih", name)
    assert after == (before if before is not None else 0)


@given(st.text(max_size=300))
def test_any_text_is_labelled(text: str) -> None:
    for label in label_text(text, "chexpert", "findings+impression"):
        assert all(0 <= m.start < m.end <= len(text) for m in label.mentions)
