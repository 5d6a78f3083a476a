"""Models: their cards, where they are kept, and how they are run.

A model is an ONNX file with a card beside it. `find_model` opens one of film categories by name or
path, `find_tag_model` one of tags; `Network` and `TagEncoder` run them with ONNX Runtime on the
processor. A damaged file, a card that does not fit or an interface of another release is a
ModelError that says what to do. Training modules import PyTorch and are not among this room's
names: `plainfilm.models.training` and its neighbours.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.models.card import (
        INTERFACE,
        Card,
        CategoryFigures,
        Data,
        Figure,
        Threshold,
        check_name,
        read_card,
        write_card,
    )
    from plainfilm.models.film_card import FilmCard
    from plainfilm.models.film_encoder import FilmEncoder
    from plainfilm.models.page import card_page
    from plainfilm.models.runtime import Answers, Network
    from plainfilm.models.store import (
        CARD_FILE,
        DEFAULT,
        FILM_CARD_FILE,
        FILM_NETWORK_FILE,
        NETWORK_FILE,
        TAG_CARD_FILE,
        TAG_NETWORK_FILE,
        Stored,
        StoredModel,
        StoredTagModel,
        add_model,
        find_any_model,
        find_film_model,
        find_model,
        find_tag_model,
        list_models,
        remove_model,
        user_folder,
    )
    from plainfilm.models.tag_card import NumberInput, TagCard, TagInput
    from plainfilm.models.tag_encoder import TagEncoder

__all__ = [
    "CARD_FILE",
    "DEFAULT",
    "FILM_CARD_FILE",
    "FILM_NETWORK_FILE",
    "INTERFACE",
    "NETWORK_FILE",
    "TAG_CARD_FILE",
    "TAG_NETWORK_FILE",
    "Answers",
    "Card",
    "CategoryFigures",
    "Data",
    "Figure",
    "FilmCard",
    "FilmEncoder",
    "Network",
    "NumberInput",
    "Stored",
    "StoredModel",
    "StoredTagModel",
    "TagCard",
    "TagEncoder",
    "TagInput",
    "Threshold",
    "add_model",
    "card_page",
    "check_name",
    "find_any_model",
    "find_film_model",
    "find_model",
    "find_tag_model",
    "list_models",
    "read_card",
    "remove_model",
    "user_folder",
    "write_card",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "Answers": "runtime",
        "CARD_FILE": "store",
        "Card": "card",
        "CategoryFigures": "card",
        "DEFAULT": "store",
        "Data": "card",
        "FILM_CARD_FILE": "store",
        "FILM_NETWORK_FILE": "store",
        "Figure": "card",
        "FilmCard": "film_card",
        "FilmEncoder": "film_encoder",
        "INTERFACE": "card",
        "NETWORK_FILE": "store",
        "Network": "runtime",
        "NumberInput": "tag_card",
        "Stored": "store",
        "StoredModel": "store",
        "StoredTagModel": "store",
        "TAG_CARD_FILE": "store",
        "TAG_NETWORK_FILE": "store",
        "TagCard": "tag_card",
        "TagEncoder": "tag_encoder",
        "TagInput": "tag_card",
        "Threshold": "card",
        "add_model": "store",
        "check_name": "card",
        "card_page": "page",
        "find_any_model": "store",
        "find_film_model": "store",
        "find_model": "store",
        "find_tag_model": "store",
        "list_models": "store",
        "read_card": "card",
        "remove_model": "store",
        "user_folder": "store",
        "write_card": "card",
    },
)
