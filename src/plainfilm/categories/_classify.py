"""Classifying films that lie in folders: a table with a row for each."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final, Self

from plainfilm.categories._pixels import PixelCategory, check_classes, classify, network_of
from plainfilm.errors import InputError, Reason, SettingsError
from plainfilm.models import StoredModel
from plainfilm.records import Location, Rejection
from plainfilm.steps import Engine
from plainfilm.text_files import write_beside

__all__ = [
    "CLASSIFIED_COLUMNS",
    "ClassifiedFile",
    "ClassifyFiles",
    "classify_files",
    "row_of",
    "write_classified",
]

CLASSIFIED_COLUMNS: Final = (
    "file",
    "category",
    "probability",
    "second",
    "second_probability",
    "decision",
    "third",
    "third_probability",
    "turn",
    "turn_probability",
    "mirrored",
    "inverted",
    "collage",
)

_BATCH_FILES: Final = 16


@dataclass(frozen=True, slots=True)
class _File:
    """One file to classify; `number` tells its place in the order."""

    number: int
    location: Location


@dataclass(frozen=True, slots=True)
class ClassifiedFile:
    """One file, and what the model says of it, or why it could not be used."""

    location: Location
    outcome: PixelCategory | Rejection


@dataclass(frozen=True)
class ClassifyFiles:
    """The step behind `classify_files`; its fields are as for `CategoryFromPixels`."""

    sha256: str
    card: Path = field(metadata={"parameter": False})

    name: ClassVar[str] = "classify_files"
    version: ClassVar[str] = "1"

    @classmethod
    def of(cls, model: StoredModel) -> Self:
        """The step that runs this model.

        Raises:
            ModelError: it names categories that the category table does not have.
        """
        check_classes(model)
        return cls(model.card.sha256, model.network.with_suffix(".json"))

    def process(self, batch: Sequence[_File]) -> list[tuple[int, ClassifiedFile]]:
        network = network_of(self.card, self.sha256)
        said = classify(network, [file.location for file in batch])
        return [
            (file.number, ClassifiedFile(file.location, _outcome(file.location, one)))
            for file, one in zip(batch, said, strict=True)
        ]


def classify_files(
    locations: Iterable[Location], model: StoredModel, engine: Engine
) -> Iterator[ClassifiedFile]:
    """Classify DICOM, PNG and JPEG files; they come in the order of `locations`.

    Raises:
        ModelError: the model cannot be run.
    """
    waiting: dict[int, ClassifiedFile] = {}
    following = 0
    for result in engine.run(ClassifyFiles.of(model), _batches(locations)):
        waiting.update(result.outputs)
        for file in result.lost:
            lost = Rejection(file.location, Reason.WORKER_DIED)
            waiting[file.number] = ClassifiedFile(file.location, lost)
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def write_classified(
    files: Iterable[ClassifiedFile], out: Path, name: Callable[[Location], str] = str
) -> Iterator[ClassifiedFile]:
    """Write a row for each classified file as it passes; the table is there when all have passed.

    Args:
        name: what a file is called in the table.
    Raises:
        SettingsError: the table cannot be written.
    """
    try:
        with write_beside(out) as lines:
            writer = csv.writer(lines)
            writer.writerow(CLASSIFIED_COLUMNS)
            for file in files:
                if isinstance(file.outcome, PixelCategory):
                    writer.writerow(row_of(name(file.location), file.outcome))
                yield file
    except OSError as error:
        raise SettingsError(f"cannot write {out}: {error.strerror}") from error


def row_of(name: str, said: PixelCategory) -> tuple[str | float | None, ...]:
    """The values of `CLASSIFIED_COLUMNS` for one film."""
    pairs = [*said.ranked, ("", None), ("", None)]
    (best, first), (second, next_best), (third, least) = pairs[:3]
    return (
        *(name, best, first, second, next_best, said.decision, third, least),
        *(said.turn, said.turn_probability, said.mirrored, said.inverted, said.collage),
    )


def _outcome(location: Location, said: PixelCategory | InputError) -> PixelCategory | Rejection:
    if isinstance(said, PixelCategory):
        return said
    return Rejection(location, said.reason or Reason.FILE_UNREADABLE, str(said))


def _batches(locations: Iterable[Location]) -> Iterator[list[_File]]:
    files = (_File(number, location) for number, location in enumerate(locations))
    while batch := list(islice(files, _BATCH_FILES)):
        yield batch
