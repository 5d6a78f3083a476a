"""Which original a clean film was made from: by a table, by the key, by its UID, by its pixels."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from plainfilm.deid.check.step import Identified, Identify
from plainfilm.deid.pseudonyms import KeyedHash
from plainfilm.errors import BadTable
from plainfilm.records import Location
from plainfilm.steps import Engine

__all__ = ["BATCH", "originals_of", "read_mapping"]

BATCH: Final = 16
_COLUMNS: Final = {"id_old", "id_new"}


def read_mapping(path: Path) -> Mapping[str, str]:
    """New id → old id, from a CSV with the columns `id_old` and `id_new` as MIDI-B writes it.

    Raises:
        BadTable: the file cannot be read, lacks a column, or gives one new id to two old ones.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not _COLUMNS.issubset(reader.fieldnames or ()):
                raise BadTable(f"{path} lacks the columns id_old and id_new")
            rows = [(row["id_new"] or "", row["id_old"] or "") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise BadTable(f"{path} cannot be read as a table") from exc
    mapping = {new.strip(): old.strip() for new, old in rows}
    if len(mapping) < len({(new.strip(), old.strip()) for new, old in rows}):
        raise BadTable(f"{path} gives one new id to two old ones")
    return mapping


def originals_of(
    clean: Sequence[Location],
    sources: Sequence[Location],
    *,
    engine: Engine,
    key: bytes | None,
    mapping: Mapping[str, str] | None,
) -> dict[Location, Location]:
    """Clean film → its original, for those whose original can be told.

    The mapping is asked first, then the key, then the SOP Instance UID, which some options keep.
    What is left is paired by equal pixels where these are of one film on each side. Of several
    files with one UID the one with equal pixels is taken, else the first.

    Raises:
        EngineError: the workers could not do their work.
    """
    old = _by_uid(_identified(sources, engine))
    by_key = {} if key is None else _by_key(old, key)
    found: dict[Location, list[Location]] = {}
    for film in _identified(clean, engine):
        mapped = "" if mapping is None else mapping.get(film.uid, "")
        originals = old.get(mapped) or by_key.get(film.uid) or old.get(film.uid)
        if originals:
            found[film.location] = originals
    pairs = {location: originals[0] for location, originals in found.items()}
    several = {location: many for location, many in found.items() if len(many) > 1}
    pairs |= _same_pixels(several, engine)
    unpaired = [location for location in clean if location not in pairs]
    taken = {location for many in found.values() for location in many}
    left = [location for many in old.values() for location in many if location not in taken]
    if unpaired and left:
        pairs |= _by_pixels(unpaired, left, engine)
    return pairs


def _by_uid(films: Iterable[Identified]) -> dict[str, list[Location]]:
    found: defaultdict[str, list[Location]] = defaultdict(list)
    for film in films:
        if film.uid:
            found[film.uid].append(film.location)
    return {uid: sorted(many, key=str) for uid, many in found.items()}


def _by_key(old: Mapping[str, list[Location]], key: bytes) -> dict[str, list[Location]]:
    keyed = KeyedHash(key)
    return {keyed.uid(uid): many for uid, many in old.items()}


def _same_pixels(
    several: Mapping[Location, list[Location]], engine: Engine
) -> dict[Location, Location]:
    """For films with several originals, the one that has the film's pixels."""
    concerned = [*several, *(original for many in several.values() for original in many)]
    digests = {film.location: film.digest for film in _identified(concerned, engine, digest=True)}
    return {
        location: original
        for location, many in several.items()
        for original in reversed(many)  # of equal ones the first is left
        if digests.get(location) and digests.get(location) == digests.get(original)
    }


def _by_pixels(
    clean: Sequence[Location], old: Sequence[Location], engine: Engine
) -> dict[Location, Location]:
    """Films whose pixels are those of one film on the other side, and of no second."""
    news, olds = _by_digest(clean, engine), _by_digest(old, engine)
    return {
        news[digest][0].location: olds[digest][0].location
        for digest in news.keys() & olds.keys()
        if len(news[digest]) == 1 and len({film.uid for film in olds[digest]}) == 1
    }


def _by_digest(locations: Sequence[Location], engine: Engine) -> Mapping[bytes, list[Identified]]:
    found: defaultdict[bytes, list[Identified]] = defaultdict(list)
    for film in _identified(locations, engine, digest=True):
        if film.digest:
            found[film.digest].append(film)
    return {digest: sorted(many, key=lambda f: str(f.location)) for digest, many in found.items()}


def _identified(
    locations: Sequence[Location], engine: Engine, *, digest: bool = False
) -> Iterable[Identified]:
    """The films that can be read; the others are told of when they are examined."""
    for result in engine.run(Identify(digest), _batched(locations)):
        yield from (item for item in result.outputs if isinstance(item, Identified))


def _batched(locations: Sequence[Location]) -> Iterable[Sequence[Location]]:
    return (locations[start : start + BATCH] for start in range(0, len(locations), BATCH))
