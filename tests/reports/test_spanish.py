"""Spanish reports: the same engine with another folder of data."""

import pytest

from plainfilm.reports import label_text

TRUTH = [
    ("Derrame pleural izquierdo.", "Effusion", 1, "plain"),
    ("Sin derrame pleural ni neumotórax.", "Pneumothorax", 0, "a list"),
    ("No se observa derrame pleural.", "Effusion", 0, "negated before"),
    ("No se puede descartar neumonía.", "Pneumonia", -1, "double negation is doubt"),
    ("Posible neumonía en el lóbulo inferior.", "Pneumonia", -1, "hedged"),
    ("Condensación compatible con neumonía.", "Pneumonia", 1, "the writer commits to it"),
    ("Sin cambios en el derrame pleural.", "Effusion", 1, "`sin cambios` denies nothing"),
    ("Silueta cardíaca aumentada de tamaño.", "Cardiomegaly", 1, "in words"),
    ("Índice cardiotorácico en el límite alto de la normalidad.", "Cardiomegaly", 1, "PadChest"),
    ("Índice cardiotorácico dentro de límites normales.", "Cardiomegaly", 0, "normality denies"),
    ("Corazón de tamaño normal.", "Cardiomegaly", 0, "normality denies"),
    ("Campos pulmonares limpios.", "Consolidation", 0, "normality denies several"),
    ("Derrame pericárdico.", "Effusion", None, "another effusion"),
    ("Enfisema subcutáneo.", "Emphysema", None, "not in the lung"),
    ("Sin neumotórax pero con atelectasia laminar.", "Atelectasis", 1, "`pero` ends the reach"),
    ("HALLAZGOS: Nódulo.\nCONCLUSIÓN: Normal.", "Nodule", None, "the impression counts"),
    ("ANTECEDENTES: Neumonía.\nHALLAZGOS: Nódulo.", "Pneumonia", None, "history never counts"),
    # as PadChest stems it
    ("cardiomegali . no derram pleural . atelectasi lamin lid .", "Cardiomegaly", 1, "stemmed"),
    ("cardiomegali . no derram pleural . atelectasi lamin lid .", "Effusion", 0, "stemmed"),
]


@pytest.mark.parametrize(("text", "finding", "value", "why"), TRUTH)
def test_sentence_is_understood(text: str, finding: str, value: int | None, why: str) -> None:
    values = {label.finding: label.value for label in label_text(text, "nih", language="es")}
    assert values.get(finding) == value, why


def test_accents_and_case_change_nothing() -> None:
    for text, *_ in TRUTH:
        plain = text.translate(str.maketrans("áéíóúüÁÉÍÓÚ", "aeiouuAEIOU"))
        for changed in (plain, text.upper(), text.lower()):
            both = [
                [(label.finding, label.value) for label in label_text(each, "nih", language="es")]
                for each in (text, changed)
            ]
            assert both[0] == both[1]
