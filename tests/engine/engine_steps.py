"""Steps that the engine tests run; in a module of their own, so that workers can import them."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Double:
    name: ClassVar[str] = "double"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[int]) -> Sequence[int]:
        return [2 * item for item in batch]


@dataclass(frozen=True)
class DieOn:
    """Kills its own process on one item, as a broken codec does."""

    item: int
    name: ClassVar[str] = "die"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[int]) -> Sequence[int]:
        if self.item in batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return list(batch)


@dataclass(frozen=True)
class RaiseOn:
    item: int
    name: ClassVar[str] = "raise"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[int]) -> Sequence[int]:
        if self.item in batch:
            raise ZeroDivisionError
        return list(batch)


@dataclass(frozen=True)
class Sleep:
    """Leaves a file to tell that it began, and takes its time."""

    folder: Path
    name: ClassVar[str] = "sleep"
    version: ClassVar[str] = "1"

    def process(self, batch: Sequence[int]) -> Sequence[int]:
        for item in batch:
            (self.folder / str(item)).touch()
            time.sleep(120)
        return list(batch)
