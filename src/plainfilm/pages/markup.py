"""HTML that cannot be written unescaped: text becomes markup only through `element`.

A page shows paths and tags that came from outside, so escaping must not be left to whoever
writes a section.
"""

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

__all__ = ["Content", "Markup", "element", "join"]


class Markup(str):
    """Text that is HTML already. Only this module and constants of ours make it."""

    __slots__ = ()


Content: TypeAlias = "Markup | str | int | Iterable[Content] | None"

_WITHOUT_END: Final = frozenset({"br", "img", "link", "meta", "wbr"})


def element(tag: str, /, *contents: Content, **attributes: str | int | bool | None) -> Markup:
    """One HTML element.

    Args:
        contents: markup stays as it is, text and numbers are escaped, None is left out, and the
            members of any other iterable follow one another.
        attributes: `class_` stands for `class`, `aria_label` for `aria-label`; an attribute that
            is None or False is left out, and one that is True has no value.
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in _WITHOUT_END:
        return Markup(f"<{tag}{opening}>")
    return Markup(f"<{tag}{opening}>{join(contents)}</{tag}>")


def join(contents: Iterable[Content]) -> Markup:
    """Contents one after the other, escaped as `element` does."""
    return Markup("".join(_escaped(content) for content in contents))


def _escaped(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, int):
        return f"{content:,}"
    return escape(_visible(content)) if isinstance(content, str) else join(content)


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(_visible(str(value)))}"'


def _visible(text: str) -> str:
    """Text with what HTML or UTF-8 cannot hold (control characters, lone surrogates) replaced."""
    sound = text.encode("utf-8", "replace").decode()
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in sound
    )
