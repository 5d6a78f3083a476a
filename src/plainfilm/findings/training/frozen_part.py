"""What the frozen part of a backbone makes of films, computed once for many trainings.

On a processor, the first blocks of a network take most of the time, and are the same for all folds
where they are frozen. So a number of changed copies of each film passes through them once.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from plainfilm.findings.training.augment import Changes, change_films
from plainfilm.models.disk_array import array_on_disk
from plainfilm.models.efficientnet_lite import EfficientNetLite

__all__ = ["FrozenCopies"]

_AT_ONCE: Final = 32


class FrozenCopies:
    """What the frozen blocks make of changed copies of films; computed when first asked for.

    Args:
        squares: (n, s, s) uint8, s ≥ side.
        side: of the films that the network sees, in pixels.
        file: where it is kept, in half precision.
        progress: called with how many copies of films are done.
    """

    def __init__(
        self,
        backbone: EfficientNetLite,
        squares: NDArray[np.uint8],
        side: int,
        changes: Changes,
        copies: int,
        file: Path,
        *,
        seed: int,
        progress: Callable[[int], None],
    ) -> None:
        self._backbone = backbone.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._squares, self._side, self._changes = squares, side, changes
        self._copies, self._file, self._seed = copies, file, seed
        self._progress = progress
        self._features: NDArray[np.float16] | None = None

    def of(self, films: NDArray[np.intp], epochs: NDArray[np.intp]) -> Tensor:
        """Each film's copy of an epoch: (n, channels, rows, columns) float32.

        Raises:
            SettingsError: the disk has no room for the copies.
        """
        if self._features is None:
            with torch.random.fork_rng(devices=()):
                self._features = self._passed()
        found = self._features[epochs % self._copies, films]
        return torch.from_numpy(found).float().contiguous(memory_format=torch.channels_last)

    def _passed(self) -> NDArray[np.float16]:
        """(copies, n, channels, rows, columns)."""
        shape = (self._copies, len(self._squares), *self._made(0, 0).shape[1:])
        kept = array_on_disk(self._file, np.float16, shape)
        for copy in range(self._copies):
            for start in range(0, len(self._squares), _AT_ONCE):
                made = self._made(copy, start)
                kept[copy, start : start + len(made)] = made.numpy()
                self._progress(copy * len(self._squares) + start + len(made))
        return kept

    def _made(self, copy: int, start: int) -> Tensor:
        """Some films of one copy, the same each time."""
        torch.manual_seed(hash((self._seed, copy, start)) % (1 << 63))
        some = torch.from_numpy(self._squares[start : start + _AT_ONCE])
        films = change_films(some, self._side, self._changes) * 2 - 1
        with torch.no_grad():
            found: Tensor = self._backbone.frozen(
                films.contiguous(memory_format=torch.channels_last)
            )
        return found.half()
