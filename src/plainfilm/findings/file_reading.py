"""Reading films that lie in folders, without an archive."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from plainfilm.errors import Reason
from plainfilm.findings.film_stream import BATCH_FILMS
from plainfilm.findings.read_chest import ReadChest
from plainfilm.findings.read_spine import ReadSpine
from plainfilm.records import Box, Film, Location, Prediction, Rejection
from plainfilm.steps import BatchResult, Engine

__all__ = ["ReadFile", "read_files"]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What was found on one film, or why it could not be used.

    Attributes:
        predictions, boxes: whose film_id is the film's place in the order, counted from 0.
        rejection: None where there are predictions.
    """

    location: Location
    predictions: tuple[Prediction, ...] = ()
    boxes: tuple[Box, ...] = ()
    rejection: Rejection | None = None


def read_files(
    locations: Iterable[Location], step: ReadChest | ReadSpine, engine: Engine
) -> Iterator[ReadFile]:
    """Read DICOM, PNG and JPEG files; they come in the order of `locations`.

    Args:
        step: with `any_category`, since nobody has told the files' categories.
    Raises:
        ModelError: a model cannot be run.
        SettingsError: the provider is not installed.
    """
    films = (Film(number, "", location) for number, location in enumerate(locations))
    waiting: dict[int, ReadFile] = {}
    following = 0
    for result in engine.run(step, _batches(films)):
        waiting.update(_by_film(result))
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def _by_film(
    result: BatchResult[Film, Prediction | Box | Rejection],
) -> Iterator[tuple[int, ReadFile]]:
    said: defaultdict[int | None, list[Prediction | Box | Rejection]] = defaultdict(list)
    for record in result.outputs:
        said[record.item_id if isinstance(record, Rejection) else record.film_id].append(record)
    for film in result.lost:
        said[film.film_id] = [Rejection(film.location, Reason.WORKER_DIED)]
    for film in result.inputs:
        records = said[film.film_id]
        yield (
            film.film_id,
            ReadFile(
                film.location,
                tuple(record for record in records if isinstance(record, Prediction)),
                tuple(record for record in records if isinstance(record, Box)),
                next((record for record in records if isinstance(record, Rejection)), None),
            ),
        )


def _batches(films: Iterator[Film]) -> Iterator[list[Film]]:
    while batch := list(islice(films, BATCH_FILMS)):
        yield batch
