"""Running a model of tags with ONNX Runtime."""

from typing import Any, Final

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from plainfilm.errors import InputError, ModelError
from plainfilm.models.runtime import open_session
from plainfilm.models.store import StoredTagModel

__all__ = ["TAG_INPUT", "TAG_OUTPUT", "TagEncoder"]

TAG_INPUT: Final = "film"
TAG_OUTPUT: Final = "code"
_AT_ONCE: Final = 4_096


class TagEncoder:
    """A loaded model of tags. It is not made for threads.

    Args:
        model: from `find_tag_model`.
        threads: that compute.
    Raises:
        ModelError: the file is missing, damaged, no ONNX, or does not take and give what its
            card says.
    """

    def __init__(self, model: StoredTagModel, threads: int = 1) -> None:
        self.card = model.card
        self._session = open_session(model, threads)
        _check_interface(self._session, model)

    def __call__(self, films: NDArray[np.float32] | scipy.sparse.csr_array) -> NDArray[np.float32]:
        """Compress films.

        Args:
            films: (n, columns) in [0, 1], n ≥ 1, dense or CSR; columns as in the card's `inputs`.
        Returns:
            (n, outputs).
        Raises:
            InputError: there are other columns than the card's.
        """
        if films.ndim != 2 or films.shape[1] != self.card.columns:
            wanted = f"(films, {self.card.columns})"
            raise InputError(f"the model takes {wanted} numbers, not {films.shape}")
        out = np.empty((films.shape[0], self.card.outputs), np.float32)
        for start in range(0, len(out), _AT_ONCE):
            rows: Any = films[start : start + _AT_ONCE]
            dense = rows.toarray() if scipy.sparse.issparse(rows) else rows
            given = {TAG_INPUT: np.ascontiguousarray(dense, np.float32)}
            (out[start : start + _AT_ONCE],) = self._session.run([TAG_OUTPUT], given)
        return out


def _check_interface(session: Any, model: StoredTagModel) -> None:
    found = {each.name: (each.type, each.shape[1:]) for each in session.get_inputs()}
    made = {each.name: (each.type, each.shape[1:]) for each in session.get_outputs()}
    card = model.card
    wanted = {TAG_INPUT: ("tensor(float)", [card.columns])}
    given = {TAG_OUTPUT: ("tensor(float)", [card.outputs])}
    if (found, made) != (wanted, given):
        raise ModelError(
            f"{model.network} does not have what its card says: an input `{TAG_INPUT}` of"
            f" n x {card.columns} and an output `{TAG_OUTPUT}` of n x {card.outputs}, float32;"
            " export it anew, or mend its card"
        )
