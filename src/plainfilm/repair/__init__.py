"""Tag repair: films' tags made to say what the films were decided to be, and made what they were.

`film_proposals` tells what to change and why, `write_proposals` makes a table of it,
`apply_proposals` writes changed copies that carry a record of the change, and `undo_repairs`
brings back the earlier files from such copies alone. An original is never written to.
"""

from plainfilm.repair.apply import ApplySummary, apply_proposals
from plainfilm.repair.proposals import REPAIRED_KEYWORDS, Proposal, Why, propose
from plainfilm.repair.steps import ApplyRepairs, UndoRepairs
from plainfilm.repair.table import (
    FilmProposals,
    ProposalCounts,
    film_proposals,
    write_proposals,
)
from plainfilm.repair.undo import UndoSummary, undo_repairs

__all__ = [
    "REPAIRED_KEYWORDS",
    "ApplyRepairs",
    "ApplySummary",
    "FilmProposals",
    "Proposal",
    "ProposalCounts",
    "UndoRepairs",
    "UndoSummary",
    "Why",
    "apply_proposals",
    "film_proposals",
    "propose",
    "undo_repairs",
    "write_proposals",
]
