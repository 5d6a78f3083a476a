"""Finding ids that are there twice among many millions, exactly and in bounded memory."""

import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final

__all__ = ["ids_twice"]

_PARTS: Final = 64
_HELD: Final = 500_000
"""Hashes held in memory before they go to disk: 4 MB."""
_CONFIRMED_AT_MOST: Final = 1_000
_MASK: Final = (1 << 64) - 1


def ids_twice(read: Callable[[], Iterable[str]]) -> tuple[list[str], int]:
    """The ids that are there more than once.

    A first pass keeps 8 bytes for each id: its 64-bit hash, in memory up to 500,000 ids, beyond
    that in temporary files by its first bits, of which one at a time is sorted. Only where hashes
    are equal, a second pass compares the ids themselves, so the answer is exact. Memory is bounded
    by 4 MB and two bytes for each id (a 64th of them at a time, in a set); the temporary files
    take 8 bytes each.

    Args:
        read: gives the ids; called once more where hashes are equal.
    Returns:
        The first of those ids, at most 1,000, in the order of the source, and how many there are
        in all.
    """
    with _Hashes() as hashes:
        for name in read():
            hashes.add(hash(name) & _MASK)
        suspects: set[int] = set()
        count = 0
        for twice in hashes.twice():
            count += len(twice)
            suspects.update(twice[: _CONFIRMED_AT_MOST - len(suspects)])
    if not suspects:
        return [], 0
    seen: dict[str, bool] = {}
    for name in read():
        if hash(name) & _MASK in suspects:
            seen[name] = name in seen
    confirmed = [name for name, again in seen.items() if again]
    return confirmed, count - (len(suspects) - len(confirmed))


class _Hashes:
    """Hashes by their first bits, on disk when there are many."""

    def __init__(self) -> None:
        self._held = [array("Q") for _ in range(_PARTS)]
        self._files: list[IO[bytes]] = []
        self._count = 0

    def __enter__(self) -> "_Hashes":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def add(self, value: int) -> None:
        self._held[value & (_PARTS - 1)].append(value)
        self._count += 1
        if self._count == _HELD:
            self._spill()

    def _spill(self) -> None:
        if not self._files:
            # Closed in __exit__; they have no name, so that nothing is left of a killed process.
            self._files = [tempfile.TemporaryFile() for _ in range(_PARTS)]  # noqa: SIM115
        for part, file in zip(self._held, self._files, strict=True):
            part.tofile(file)
        self._held = [array("Q") for _ in range(_PARTS)]
        self._count = 0

    def twice(self) -> Iterator[list[int]]:
        """The hashes that are there more than once, part by part."""
        if not self._files:
            yield from map(_repeated, self._held)
            return
        self._spill()
        for file in self._files:
            part = array("Q")
            length = file.tell()
            file.seek(0)
            part.frombytes(file.read(length))
            yield _repeated(part)


def _repeated(values: "array[int]") -> list[int]:
    if len(set(values)) == len(values):
        return []
    return [value for value, times in Counter(values).items() if times > 1]
