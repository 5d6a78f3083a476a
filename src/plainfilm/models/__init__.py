"""Models: their cards, where they are kept, and how they are run.

A model is an ONNX file with a card beside it. `find_model` opens one of film categories by name or
path, `find_tag_model` one of tags, `find_finding_model` one of findings, `find_detector` one that
puts boxes around them; `Network`, `TagEncoder`, `FindingNetwork` and `Detector` run them with ONNX
Runtime on the processor. A damaged file, a card that does not fit or an interface of another
release is a ModelError that says what to do. Training modules import PyTorch and are not among this
room's names: `plainfilm.models.training` and its neighbours.
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
    from plainfilm.models.detector import Detector, FoundBoxes, suppress
    from plainfilm.models.detector_card import DetectorCard
    from plainfilm.models.film_card import FilmCard
    from plainfilm.models.film_encoder import FilmEncoder
    from plainfilm.models.finding_card import NOTICE, FindingCard, Framing, TaskCard
    from plainfilm.models.finding_network import FindingAnswers, FindingNetwork
    from plainfilm.models.page import card_page
    from plainfilm.models.runtime import Answers, Network
    from plainfilm.models.store import (
        CARD_FILE,
        DEFAULT,
        DEFAULT_CHEST,
        DETECTOR_CARD_FILE,
        DETECTOR_NETWORK_FILE,
        FILM_CARD_FILE,
        FILM_NETWORK_FILE,
        FINDING_CARD_FILE,
        FINDING_NETWORK_FILE,
        NETWORK_FILE,
        TAG_CARD_FILE,
        TAG_NETWORK_FILE,
        Stored,
        StoredModel,
        StoredTagModel,
        add_model,
        find_any_model,
        find_detector,
        find_film_model,
        find_finding_model,
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
    "DEFAULT_CHEST",
    "DETECTOR_CARD_FILE",
    "DETECTOR_NETWORK_FILE",
    "FILM_CARD_FILE",
    "FILM_NETWORK_FILE",
    "FINDING_CARD_FILE",
    "FINDING_NETWORK_FILE",
    "INTERFACE",
    "NETWORK_FILE",
    "NOTICE",
    "TAG_CARD_FILE",
    "TAG_NETWORK_FILE",
    "Answers",
    "Card",
    "CategoryFigures",
    "Data",
    "Detector",
    "DetectorCard",
    "Figure",
    "FilmCard",
    "FilmEncoder",
    "FindingAnswers",
    "FindingCard",
    "FindingNetwork",
    "FoundBoxes",
    "Framing",
    "Network",
    "NumberInput",
    "Stored",
    "StoredModel",
    "StoredTagModel",
    "TagCard",
    "TagEncoder",
    "TagInput",
    "TaskCard",
    "Threshold",
    "add_model",
    "card_page",
    "check_name",
    "find_any_model",
    "find_detector",
    "find_film_model",
    "find_finding_model",
    "find_model",
    "find_tag_model",
    "list_models",
    "read_card",
    "remove_model",
    "suppress",
    "user_folder",
    "write_card",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "add_model": "store",
        "Answers": "runtime",
        "Card": "card",
        "CARD_FILE": "store",
        "card_page": "page",
        "CategoryFigures": "card",
        "check_name": "card",
        "Data": "card",
        "DEFAULT": "store",
        "DEFAULT_CHEST": "store",
        "Detector": "detector",
        "DETECTOR_CARD_FILE": "store",
        "DETECTOR_NETWORK_FILE": "store",
        "DetectorCard": "detector_card",
        "Figure": "card",
        "FILM_CARD_FILE": "store",
        "FILM_NETWORK_FILE": "store",
        "FilmCard": "film_card",
        "FilmEncoder": "film_encoder",
        "find_any_model": "store",
        "find_detector": "store",
        "find_film_model": "store",
        "find_finding_model": "store",
        "find_model": "store",
        "find_tag_model": "store",
        "FINDING_CARD_FILE": "store",
        "FINDING_NETWORK_FILE": "store",
        "FindingAnswers": "finding_network",
        "FindingCard": "finding_card",
        "FindingNetwork": "finding_network",
        "FoundBoxes": "detector",
        "Framing": "finding_card",
        "INTERFACE": "card",
        "list_models": "store",
        "Network": "runtime",
        "NETWORK_FILE": "store",
        "NOTICE": "finding_card",
        "NumberInput": "tag_card",
        "read_card": "card",
        "remove_model": "store",
        "Stored": "store",
        "StoredModel": "store",
        "StoredTagModel": "store",
        "suppress": "detector",
        "TAG_CARD_FILE": "store",
        "TAG_NETWORK_FILE": "store",
        "TagCard": "tag_card",
        "TagEncoder": "tag_encoder",
        "TagInput": "tag_card",
        "TaskCard": "finding_card",
        "Threshold": "card",
        "user_folder": "store",
        "write_card": "card",
    },
)
