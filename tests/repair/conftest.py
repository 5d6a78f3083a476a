"""An archive of made films with decisions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive_steps import Decide
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.engine import LocalEngine
from plainfilm.records import Outcome

ONE_WORKER = LocalEngine(workers=1)


@pytest.fixture
def engine() -> LocalEngine:
    return ONE_WORKER


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive") as made:
        yield made


@pytest.fixture
def decided(archive: Archive, tmp_path: Path) -> Callable[..., list[Path]]:
    """Takes in films and decides them: `decided({tags}, {tags}, category=…)`."""

    def make(
        *films: dict[str, Any], category: str = "knee_ap", outcome: Outcome = Outcome.REPAIR
    ) -> list[Path]:
        paths = [
            write_film(tmp_path / "films" / f"{number}.dcm", number, **tags)
            for number, tags in enumerate(films)
        ]
        archive.ingest([tmp_path / "films"], engine=ONE_WORKER)
        details = {"text": "", "pixels": [[category, 0.97]]}
        uids = [stable_uid("film", number) for number in range(len(films))]
        step = Decide(dict.fromkeys(uids, (outcome, category, 0.97, "", details)))
        archive.run(step, engine=ONE_WORKER, again=True)
        return paths

    return make
