"""`findings` from end to end: the router's films, their models, what the archive holds after."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_finding_models as tiny
from archive_steps import Decide
from plainfilm.archive import Archive
from plainfilm.demo import make_film, stable_uid
from plainfilm.dicom import write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.records import Outcome

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

# Where the router sends each film: its category and how sure that is.
FILMS = {
    0: ("chest_pa_ap", 0.99),
    1: ("chest_pa_ap", 0.99),
    2: ("chest_lateral", 0.99),  # goes to the chest model, which does not read it
    3: ("chest_pa_ap", 0.70),  # not sure enough: to a person
    4: ("lumbar_spine_ap", 0.99),
    5: ("hand_ap", 0.99),
}


def _decide(archive: Archive, films: dict[int, tuple[str, float]]) -> None:
    decisions = {
        stable_uid("film", number): (Outcome.AGREE, *said) for number, said in films.items()
    }
    archive.run(Decide(decisions), engine=LocalEngine(workers=1), again=True)


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    return _archive(tmp_path, FILMS)


def _archive(tmp_path: Path, films: dict[int, tuple[str, float]]) -> Path:
    frame = np.full((96, 96), 20, np.uint8)
    window = {"WindowCenter": 128, "WindowWidth": 256}
    folder = tmp_path / "films"
    folder.mkdir()
    for number in films:
        frame[:48, :48] = 220 - number
        tags = window | {"SOPInstanceUID": stable_uid("film", number)}
        write_dataset(make_film(tags, frame=frame, bits_stored=8), folder / f"{number}.dcm")
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest([folder], engine=LocalEngine(workers=1))
        _decide(archive, films)
    return tmp_path / "archive"


@pytest.fixture
def models(tmp_path: Path) -> tuple[object, ...]:
    return (
        "--chest-model", tiny.write_finding_model(tmp_path / "chest"),
        "--spine-model", tiny.write_classifier(tmp_path / "spine"),
        "--detector", tiny.write_detector(tmp_path / "lesions", framing="stretch"),
    )  # fmt: skip


def test_the_routers_films_are_read_and_a_lateral_one_is_refused(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    ran = plainfilm("findings", decided, *models, "--json")
    assert ran.code == 3
    chest, spine = ran.facts["chest"], ran.facts["spine"]
    assert (chest["sent"], chest["read"], chest["rejected"]) == (3, 2, 1)
    assert chest["reasons"] == {"category_not_read": 1}
    assert chest["present"] == {"chest:top_left": 2}
    assert (spine["sent"], spine["read"], spine["boxes"]) == (1, 1, 2)
    assert ran.facts["elsewhere"] == 2
    assert "not a medical device" in ran.facts["notice"]
    with Archive.open(decided) as archive:
        assert len(archive.rows("SELECT * FROM prediction WHERE task LIKE 'chest:%'")) == 8
        (box,) = archive.rows("SELECT DISTINCT label, task FROM box WHERE task = 'chest'")
        assert box == {"label": "top_left", "task": "chest"}


def test_the_reason_of_a_refusal_is_told(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    ran = plainfilm("findings", decided, *models)
    assert "the film is chest_lateral; tiny-findings 1 reads only chest_pa_ap" in ran.err


def test_what_is_read_is_skipped_until_it_is_asked_for_again(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    plainfilm("findings", decided, *models)
    once_more = plainfilm("findings", decided, *models, "--json")
    assert once_more.code == 0
    assert (once_more.facts["chest"]["read"], once_more.facts["chest"]["done_before"]) == (0, 3)
    again = plainfilm("findings", decided, *models, "--again", "--json")
    assert again.facts["chest"]["read"] == 2
    with Archive.open(decided) as archive:
        assert len(archive.rows("SELECT * FROM box")) == 4  # replaced, not added


def test_answers_go_when_a_film_turns_out_to_be_of_another_category(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    plainfilm("findings", decided, *models)
    with Archive.open(decided) as archive:
        _decide(archive, FILMS | {0: ("hand_ap", 0.99)})
    plainfilm("findings", decided, *models)
    with Archive.open(decided) as archive:
        films = "JOIN film USING (film_id) WHERE sop_instance_uid = $uid"
        uid = stable_uid("film", 0)
        assert not archive.rows(f"SELECT 1 FROM prediction {films}", uid=uid)
        assert not archive.rows(f"SELECT 1 FROM box {films}", uid=uid)


def test_spine_films_without_a_model_are_told_and_left(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    ran = plainfilm("findings", decided, *models[:2], "--json")
    assert ran.facts["spine"] == {"sent": 1, "read": 0}
    assert "1 spine films were not read" in ran.err


def test_two_workers_leave_what_one_leaves(
    plainfilm: Run, decided: Path, models: tuple[object, ...]
) -> None:
    def left() -> list[dict[str, object]]:
        query = "SELECT film_id, task, value, probability FROM prediction ORDER BY film_id, task"
        with Archive.open(decided) as archive:
            return archive.rows(query)

    plainfilm("findings", decided, *models, "--workers", 2)
    with_two = left()
    plainfilm("findings", decided, *models, "--workers", 1, "--again")
    assert left() == with_two


# `plainfilm findings` that commits each batch, and is killed right after the third.
_KILLED = """
import os, signal
from plainfilm.archive import run_step
from plainfilm.cli import main

commit, done = run_step._commit, []
def committed(*given):
    commit(*given)
    done.append(given)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
run_step._COMMIT_SECONDS, run_step._commit = 0.0, committed
main()
"""


def test_a_killed_run_goes_on_and_reads_nothing_twice(
    plainfilm: Run, tmp_path: Path, models: tuple[object, ...]
) -> None:
    films = 50
    killed = _archive(tmp_path, dict.fromkeys(range(films), ("chest_pa_ap", 0.99)))
    whole = tmp_path / "whole"
    shutil.copytree(killed, whole)
    command = ["findings", str(killed), *map(str, models), "--workers", "2"]
    ran = subprocess.run([sys.executable, "-c", _KILLED, *command], check=False)
    assert ran.returncode == -signal.SIGKILL
    written = _left(killed, "film_id, run_id")
    assert 0 < len({row["film_id"] for row in written}) < films

    plainfilm("findings", whole, *models)
    after = plainfilm("findings", killed, *models, "--json").facts["chest"]
    assert after["done_before"] == len({row["film_id"] for row in written})
    assert after["read"] == films - after["done_before"]
    kept = _left(killed, "film_id, run_id")
    assert [row for row in kept if row in written] == written
    said = "film_id, task, value, probability, details"
    assert _left(killed, said) == _left(whole, said)
    places = "film_id, label, x_min, y_min, x_max, y_max, score"
    assert _left(killed, places, "box") == _left(whole, places, "box")


def _left(archive: Path, columns: str, table: str = "prediction") -> list[dict[str, object]]:
    with Archive.open(archive) as opened:
        return opened.rows(f"SELECT {columns} FROM {table} ORDER BY ALL")


def test_a_damaged_or_unfit_model_stops_before_any_film(
    plainfilm: Run, decided: Path, models: tuple[object, ...], tmp_path: Path
) -> None:
    damaged = tiny.write_finding_model(tmp_path / "damaged")
    (damaged / "findings.onnx").write_bytes(b"not ONNX")
    ran = plainfilm("findings", decided, "--chest-model", damaged)
    assert (ran.code, "is damaged" in ran.err) == (1, True)
    ran = plainfilm("findings", decided, "--chest-model", models[5])
    assert (ran.code, "plainfilm detect" in ran.err) == (1, True)
    ran = plainfilm("findings", decided, *models, "--provider", "abacus")
    assert (ran.code, "no provider `abacus`" in ran.err) == (1, True)
