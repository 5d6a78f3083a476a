"""Models: their cards, where they are kept, and how they are run.

A model is an ONNX file with a card beside it. `find_model` opens one by name or path, `Network`
runs it with ONNX Runtime on the processor; a damaged file, a card that does not fit or an
interface of another release is a ModelError that says what to do. Training modules import PyTorch
and are not among this room's names: `plainfilm.models.training` and its neighbours.
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
    from plainfilm.models.page import card_page
    from plainfilm.models.runtime import Answers, Network
    from plainfilm.models.store import (
        CARD_FILE,
        DEFAULT,
        NETWORK_FILE,
        StoredModel,
        add_model,
        find_model,
        list_models,
        remove_model,
        user_folder,
    )

__all__ = [
    "CARD_FILE",
    "DEFAULT",
    "INTERFACE",
    "NETWORK_FILE",
    "Answers",
    "Card",
    "CategoryFigures",
    "Data",
    "Figure",
    "Network",
    "StoredModel",
    "Threshold",
    "add_model",
    "card_page",
    "check_name",
    "find_model",
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
        "Figure": "card",
        "INTERFACE": "card",
        "NETWORK_FILE": "store",
        "Network": "runtime",
        "StoredModel": "store",
        "Threshold": "card",
        "add_model": "store",
        "check_name": "card",
        "card_page": "page",
        "find_model": "store",
        "list_models": "store",
        "read_card": "card",
        "remove_model": "store",
        "user_folder": "store",
        "write_card": "card",
    },
)
