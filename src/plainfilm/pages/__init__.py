"""Self-contained HTML pages: markup that cannot be written unescaped, tables, one style.

Pages that rooms write for people (the report page, the audit of a de-identification, the score of
a check) are put together here, so that they look alike and none can call home.
"""

from plainfilm.pages.document import page, write_page
from plainfilm.pages.markup import Content, Markup, element, join
from plainfilm.pages.parts import Column, Section, counted, paragraph, table, tiles

__all__ = [
    "Column",
    "Content",
    "Markup",
    "Section",
    "counted",
    "element",
    "join",
    "page",
    "paragraph",
    "table",
    "tiles",
    "write_page",
]
