from hypothesis import given
from hypothesis import strategies as st

from plainfilm.pages import Markup, element, join


def test_text_is_escaped_and_markup_is_not() -> None:
    inner = element("b", "<script>")
    assert element("p", "a & b ", inner) == "<p>a &amp; b <b>&lt;script&gt;</b></p>"


def test_attributes_are_escaped() -> None:
    shown = element("img", alt='"><script>', class_="x", aria_hidden="true", hidden=True, id=None)
    assert shown == '<img alt="&quot;&gt;&lt;script&gt;" class="x" aria-hidden="true" hidden>'


def test_iterables_follow_one_another_and_none_is_left_out() -> None:
    assert join([1234, None, ("a", iter(["<", "b"]))]) == "1,234a&lt;b"


def test_what_html_cannot_hold_is_replaced() -> None:
    assert element("p", "a\x00b\udcffc") == "<p>a\N{REPLACEMENT CHARACTER}b?c</p>"


@given(st.text(st.characters(), max_size=50))
def test_any_text_is_encodable_and_harmless(text: str) -> None:
    shown = element("p", text, title=text)
    shown.encode()
    assert isinstance(shown, Markup)
    assert shown.count("<") == 2
    assert shown.count('"') == 2
