"""Training the network that names categories: from a table of films to a model with its card.

The only part of the room that needs PyTorch; nothing else of it imports this.
"""

from plainfilm.categories.training.films import CLASSES, TrainingFilm, read_training_films
from plainfilm.categories.training.label_review import SuspectLabel
from plainfilm.categories.training.model_card import write_model
from plainfilm.categories.training.run import PRESETS, Plan, Trained, train_network
from plainfilm.categories.training.suspects import find_suspects
from plainfilm.models.card_notes import Notes, read_notes

__all__ = [
    "CLASSES",
    "PRESETS",
    "Notes",
    "Plan",
    "SuspectLabel",
    "Trained",
    "TrainingFilm",
    "find_suspects",
    "read_notes",
    "read_training_films",
    "train_network",
    "write_model",
]
