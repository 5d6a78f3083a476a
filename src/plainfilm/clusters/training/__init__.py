"""Training an autoencoder of tags: from a table of films to a model with its card.

The only part of the room that needs PyTorch; nothing else of it imports this.
"""

from plainfilm.clusters.training.model_card import Notes, write_model
from plainfilm.clusters.training.network import Shape
from plainfilm.clusters.training.search import Plan, Trained, Tried, train_tags

__all__ = ["Notes", "Plan", "Shape", "Trained", "Tried", "train_tags", "write_model"]
