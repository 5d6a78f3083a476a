"""What stays on a film and what goes, as a truth table."""

from datetime import date

import pytest

from plainfilm.deid.burned_text.boxes import Verdict
from plainfilm.deid.burned_text.judging import is_legible, judge_text, kept_words
from plainfilm.deid.burned_text.reading import Reading
from plainfilm.deid.folding import fold
from plainfilm.deid.identity import KnownIdentity

DOUGLAS = KnownIdentity(
    frozenset({"davidson", "douglas", "mbeki", "supine"}),
    ("ng210010344", "ng0038126"),
    frozenset({date(1960, 11, 3)}),
)

# as read → why it goes
GOES = [
    ("DAVIDSON^DOUGLAS", "header"),
    ("Dav1dson", "header"),  # 1 for i
    ("DAV|DS0N, D0UGLAS", "header"),
    ("NG0038126", "header"),
    ("NGO038I26", "header"),  # O for 0, I for 1
    ("NG 0038 126", "header"),
    ("03/11/1960", "header"),
    ("AP SUPINE", "header"),  # a patient of that name
    ("Okafor", "unknown_word"),
    ("PORTABLE OKAFOR", "unknown_word"),
    ("04.05.1971", "date"),
    ("O4.O5.197I", "date"),
    ("1971-05-04", "date"),
    ("19710504", "date"),
    ("4 MAY 1971", "date"),
    ("04.05", "date"),  # the year is missing
    ("LI WU", "unknown_word"),  # li is a side as well
    ("WU NA AP", "unknown_word"),
    ("LEITE PORTA", "unknown_word"),  # nearly leito, and a part of portatil
    ("123 456", "number"),
    ("10:45", "time"),
    ("AP 10:45", "time"),
    ("8 pm", "time"),
    ("1234567", "number"),
    ("A31-70", "number"),
    ("李小龙", "unknown_word"),
]

# as read → why it stays
STAYS = [
    ("PORTABLE", "technique"),
    ("PORTABIE", "technique"),  # I for L
    ("P0RTABLE", "technique"),
    ("AP SEMI-ERECT", "technique"),
    ("COM CARGA", "technique"),
    ("COMCARGA", "technique"),
    ("LEITOAP", "technique"),
    ("stase", "technique"),  # of ortostase
    ("EM PÉ", "technique"),
    ("L DECUB", "technique"),
    ("RIGHT", "side"),
    ("DIREITA", "side"),
    ("R LT", "side"),
    ("L DD", "side"),  # with a technologist's initials
    ("RT DD", "side"),
    ("80 kV", "scale"),
    ("75kV 4mAs", "scale"),
    ("10 cm", "scale"),
    ("2.5 mAs", "scale"),
    ("12.5", "scale"),
    ("100", "scale"),
    ("THORAX", "technique"),
]


@pytest.mark.parametrize(("text", "why"), GOES)
def test_what_may_tell_a_person_goes(text, why):
    assert judge_text(text, DOUGLAS) == (Verdict.IDENTITY, why)


@pytest.mark.parametrize(("text", "why"), STAYS)
def test_what_tells_nobody_stays(text, why):
    assert judge_text(text, DOUGLAS) == (Verdict.KEEP, why)


@pytest.mark.parametrize("text", ["JK", "j k", "--", ""])
def test_initials_are_judged_as_nothing(text):
    assert judge_text(text, DOUGLAS) is None


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading("", 0.0), False),
        (Reading("L", 1.0), False),
        (Reading("GV", 0.94), False),
        (Reading("270", 0.95), True),
        (Reading("270", 0.8), False),
        (Reading("Okafor", 0.6), True),
        (Reading("Okafor", 0.5), False),
    ],
)
def test_short_readings_must_be_surer(reading, expected):
    assert is_legible(reading) is expected


def test_kept_words_are_folded_kinds_that_are_known():
    assert set(kept_words().values()) == {"side", "technique", "scale"}
    assert all(word == fold(word) for word in kept_words())
