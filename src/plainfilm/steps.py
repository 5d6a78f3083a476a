"""The one protocol between steps, the archive that feeds them and the engines that run them.

A step is a frozen dataclass: its fields are its parameters. It knows nothing of processes,
clusters or the archive's paths. An engine runs any step over batches and knows nothing of films.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from plainfilm.errors import InputError, Reason
from plainfilm.records import Film, Rejection, Report

__all__ = [
    "BatchResult",
    "Engine",
    "FilmStep",
    "ReportStep",
    "Step",
    "parameters",
    "parameters_hash",
    "process_each",
]

In = TypeVar("In")
Out = TypeVar("Out")
InContra = TypeVar("InContra", contravariant=True)
OutCo = TypeVar("OutCo", covariant=True)


class Step(Protocol[InContra, OutCo]):
    """Maps a batch of inputs to a batch of records.

    `name` and `version` go into every result; raise `version` when the same input would give
    another result, and the archive computes it anew. A step that takes long for each input has
    `batch_items: ClassVar[int]`, how many it wants at once, so that all workers end together.
    """

    name: ClassVar[str]
    version: ClassVar[str]

    def process(self, batch: Sequence[InContra]) -> Sequence[OutCo]: ...


class FilmStep(Step[Film, OutCo], Protocol[OutCo]):
    """A step over films; `keywords` names the tags it reads, so that no others are loaded.

    One that builds on others also has `tasks: ClassVar[tuple[str, ...]]`, their names: it gets
    their predictions in `Film.predictions`, their decision in `Film.decision`, and a film is done
    anew when one of them was.
    """

    keywords: ClassVar[tuple[str, ...]]


class ReportStep(Step[Report, OutCo], Protocol[OutCo]):
    """A step over reports: one that has a label set.

    Results of one label set replace earlier ones of the same set and leave other sets alone.
    """

    @property
    def label_set(self) -> str: ...


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[In, Out]):
    """What came of one batch; `lost` are the inputs whose worker died on them."""

    inputs: Sequence[In]
    outputs: Sequence[Out]
    lost: Sequence[In] = ()


class Engine(Protocol):
    """Runs a step over many batches, in any order, with a bounded number in flight."""

    def run(
        self, step: Step[In, Out], batches: Iterable[Sequence[In]]
    ) -> Iterator[BatchResult[In, Out]]: ...


def parameters(step: Step[Any, Any]) -> dict[str, object]:
    """The step's fields as JSON-ready values, safe to write down.

    Of a field marked `metadata={"secret": True}` (a key) only a fingerprint is given: enough to
    see that another key was used. A field marked `metadata={"parameter": False}` is left out: it
    says where something is, not what.
    """
    if not dataclasses.is_dataclass(step):
        return {}
    return {
        field.name: _fingerprint(getattr(step, field.name))
        if field.metadata.get("secret")
        else _plain(getattr(step, field.name))
        for field in dataclasses.fields(step)
        if field.metadata.get("parameter", True)
    }


def _fingerprint(secret: bytes) -> str:
    return hashlib.sha256(b"plainfilm fingerprint" + secret).hexdigest()[:16]


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.metadata.get("parameter", True)
        }
    return value


def parameters_hash(step: Step[Any, Any]) -> str:
    """16 hex digits that change when a parameter changes."""
    text = json.dumps(parameters(step), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def process_each(batch: Sequence[Film], compute: Callable[[Film], Out]) -> list[Out | Rejection]:
    """Apply `compute` to each film; a film whose input is bad becomes a Rejection."""
    results: list[Out | Rejection] = []
    for film in batch:
        try:
            results.append(compute(film))
        except InputError as error:
            reason = error.reason or Reason.FILE_UNREADABLE
            results.append(Rejection(film.location, reason, str(error), film.film_id))
    return results
