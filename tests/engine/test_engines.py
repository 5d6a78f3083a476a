"""The contract of every engine."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from engine_steps import DieOn, Double, RaiseOn
from plainfilm.engine import LocalEngine
from plainfilm.errors import SettingsError


@pytest.fixture(params=[1, 2], ids=["in this process", "two workers"])
def engine(request: pytest.FixtureRequest) -> Iterator[LocalEngine]:
    with LocalEngine(workers=request.param) as engine:
        yield engine


def _batches(count: int, size: int = 3) -> Iterator[Sequence[int]]:
    return (list(range(i * size, (i + 1) * size)) for i in range(count))


def test_every_batch_comes_back_with_its_own_inputs(engine: LocalEngine) -> None:
    results = list(engine.run(Double(), _batches(20)))
    assert sorted(item for result in results for item in result.inputs) == list(range(60))
    assert all(list(r.outputs) == [2 * item for item in r.inputs] for r in results)


def test_no_batches_give_no_results(engine: LocalEngine) -> None:
    assert list(engine.run(Double(), [])) == []


def test_batches_are_taken_only_as_they_are_needed(engine: LocalEngine) -> None:
    taken = itertools.count()
    endless = ([next(taken)] for _ in itertools.count())
    assert len(list(itertools.islice(engine.run(Double(), endless), 5))) == 5
    assert next(taken) < 20


def test_an_error_of_a_step_reaches_the_caller(engine: LocalEngine) -> None:
    with pytest.raises(ZeroDivisionError):
        list(engine.run(RaiseOn(4), _batches(3)))


def test_an_engine_runs_a_second_step_after_a_first(engine: LocalEngine) -> None:
    list(engine.run(Double(), _batches(2)))
    assert len(list(engine.run(RaiseOn(-1), _batches(2)))) == 2


def test_a_worker_that_dies_loses_only_the_item_it_died_on() -> None:
    with LocalEngine(workers=2) as engine:
        results = list(engine.run(DieOn(7), _batches(6)))
        assert [item for result in results for item in result.lost] == [7]
        assert sorted(i for r in results for i in r.outputs) == [i for i in range(18) if i != 7]
        assert len(list(engine.run(Double(), _batches(2)))) == 2


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"workers \(0\)"):
        LocalEngine(workers=0)


def test_workers_that_cannot_start_are_an_error_and_no_fault_of_the_items(tmp_path: Path) -> None:
    script = tmp_path / "without_guard.py"
    script.write_text(
        "from engine_steps import Double\n"
        "from plainfilm.engine import LocalEngine\n"
        "list(LocalEngine(workers=2).run(Double(), [[1], [2], [3]]))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "EngineError: worker processes end as soon as they start" in done.stderr


def _alive_in_session(session: int) -> list[str]:
    """The processes of a session, those left out that have ended and wait to be counted out."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of_session = status.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of_session) == session and state != "Z":
            found.append(status.parent.name)
    return found


def _await(what: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (done := what()) and time.monotonic() < end:
        time.sleep(0.05)
    return done


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_workers_end_with_a_driver_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from engine_steps import Sleep\n"
        "from plainfilm.engine import LocalEngine\n"
        'if __name__ == "__main__":\n'
        "    list(LocalEngine(workers=2).run(Sleep(Path(sys.argv[1])), [[1], [2], [3]]))\n"
    )
    began = tmp_path / "began"
    began.mkdir()
    driver = subprocess.Popen(
        [sys.executable, script, began],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        start_new_session=True,
    )
    try:
        assert _await(lambda: len(list(began.iterdir())) == 2, 30)
        assert len(_alive_in_session(driver.pid)) >= 3
        driver.kill()
        driver.wait()
        assert _await(lambda: not _alive_in_session(driver.pid), 10)
    finally:
        for process in _alive_in_session(driver.pid):
            os.kill(int(process), signal.SIGKILL)
        driver.wait()


_AHEAD = """
import sys, time
from pathlib import Path
from plainfilm.engine import import_ahead
import_ahead("leaves_a_mark", 2)
mark, end = Path(sys.argv[1]), time.monotonic() + 60
while not mark.exists() and time.monotonic() < end:
    time.sleep(0.02)
"""


def test_imports_begin_before_there_is_work(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    module = f"from pathlib import Path; Path({str(mark)!r}).touch()"
    (tmp_path / "leaves_a_mark.py").write_text(module, encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [sys.executable, "-c", _AHEAD, str(mark)],
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert mark.exists()
