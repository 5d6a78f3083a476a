"""What holds for every text."""

from hypothesis import given
from hypothesis import strategies as st

from plainfilm.deid.reports import MASK, clean_report, known_from_values

_WORDS = """
Dr. Mr. Davidson DAVIDSON douglas J. van der , . : ; - ' / 12 3/4/2019 March May may 15:40 65 year
old MRN 123456 small Small effusion St. Mary Hospital Ward 7B with to by RN MD ( ) @ # ß é I
Dictated signed pager T12 1.2 cm
"""
PIECES = st.sampled_from([*_WORDS.split(), "\n"])
KNOWN = known_from_values(names=["Davidson^Douglas"])


@given(st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=80))
def test_masks_and_kept_text_make_the_whole(text: str) -> None:
    clean = clean_report(text, KNOWN)
    place = 0
    for span in clean.spans:
        assert span.start >= place
        assert clean.text[span.start : span.end] == MASK
        assert span.old
        place = span.end
    assert clean.text.count(MASK) >= len(clean.spans)


@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_a_known_name_is_never_left(text: str) -> None:
    clean = clean_report(f"{text} Davidson {text}", KNOWN).text.lower()
    assert "davidson" not in clean
    assert "douglas" not in clean
