"""Text that is burned into pixels: found, read, judged, filled, and searched for again.

`clean_burned_text` does all of it to a film; `search_film` only looks. Four modules are the search
(`candidates`, `extent`, `reading`, `judging`), `filling` and `planes` change pixels, and `cleaning`
goes round until nothing is left. Both functions are imported on use: they bring OpenCV along.
"""

from typing import TYPE_CHECKING

from plainfilm.deid.burned_text.boxes import TextBox, TextStays, Verdict
from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.deid.burned_text.cleaning import clean_burned_text, search_film

__all__ = ["TextBox", "TextStays", "Verdict", "clean_burned_text", "search_film"]

__getattr__ = lazy_exports(__name__, {"clean_burned_text": "cleaning", "search_film": "cleaning"})
