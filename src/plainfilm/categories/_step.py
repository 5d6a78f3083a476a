"""The step that names categories from tags."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from plainfilm.categories._decide import BUNDLED, CategoryIndex, decide
from plainfilm.categories._sources import KEYWORDS
from plainfilm.records import Film, Prediction, TagValue
from plainfilm.vocabulary import load_categories

__all__ = ["CategoryFromText"]


@dataclass(frozen=True)
class CategoryFromText:
    """Names each film's category from its descriptions; empty where they do not say.

    Attributes:
        categories: a table of categories in place of the bundled thirty.
    """

    categories: Path | None = None

    name: ClassVar[str] = "category_text"
    version: ClassVar[str] = "3"
    keywords: ClassVar[tuple[str, ...]] = KEYWORDS

    def process(self, batch: Sequence[Film]) -> list[Prediction]:
        """One Prediction per film, task `category_text`, no probability.

        Raises:
            BadTable: the table of categories cannot be used.
        """
        index = _index(self.categories)
        return [self._predict(film, index) for film in batch]

    def _predict(self, film: Film, index: CategoryIndex) -> Prediction:
        result = decide(_texts(film.tags), index)
        details = {
            "body_part": result.body_part,
            "view": result.view,
            "laterality": result.laterality,
            "evidence": [asdict(item) for item in result.evidence],
            "disagreement": [asdict(item) for item in result.disagreement],
        }
        return Prediction(film.film_id, self.name, result.category, None, details)


@lru_cache(maxsize=8)
def _index(path: Path | None) -> CategoryIndex:
    return BUNDLED if path is None else CategoryIndex(load_categories(path))


def _texts(tags: Mapping[str, TagValue]) -> tuple[tuple[str, str], ...]:
    """The tags that hold text; several values are read as one list."""
    texts: list[tuple[str, str]] = []
    for keyword in KEYWORDS:
        value = tags.get(keyword)
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            value = ", ".join(item for item in value if isinstance(item, str))
        if isinstance(value, str) and value:
            texts.append((keyword, value))
    return tuple(texts)
