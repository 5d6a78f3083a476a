"""The local engine: worker processes on this machine, or this process when there is one worker."""

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.connection import wait as wait_for
from types import TracebackType
from typing import Any, Self, TypeVar

from plainfilm.errors import EngineError, SettingsError
from plainfilm.steps import BatchResult, Step

__all__ = ["LocalEngine", "import_ahead"]

In = TypeVar("In")
Out = TypeVar("Out")

# Each worker has one batch in work and three waiting, so none idles while the driver commits.
_IN_FLIGHT_PER_WORKER = 4


class LocalEngine:
    """Runs steps on `workers` processes; with one worker in this process, for debugging.

    Use it as a context manager: the processes are started with the first step and kept until the
    end. A worker that dies takes down only the item it died on: the batches in flight are run
    again, each in a process of its own, then item by item.

    Args:
        workers: number of processes; None takes the machine's usable cores.
    Raises:
        SettingsError: fewer than one worker.
    """

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise SettingsError(f"workers ({workers}) must be at least 1")
        self.workers = workers or _cores()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; batches that wait are dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def run(
        self, step: Step[In, Out], batches: Iterable[Sequence[In]]
    ) -> Iterator[BatchResult[In, Out]]:
        """Yield what the step makes of each batch, in the order in which batches finish."""
        if self.workers == 1:
            for batch in batches:
                yield BatchResult(batch, step.process(batch))
            return
        yield from self._run_in_pool(step, batches)

    def _run_in_pool(
        self, step: Step[In, Out], batches: Iterable[Sequence[In]]
    ) -> Iterator[BatchResult[In, Out]]:
        flying: dict[Future[Sequence[Out]], Sequence[In]] = {}
        try:
            for batch in batches:
                flying[self._submit(step, batch)] = batch
                if len(flying) >= self.workers * _IN_FLIGHT_PER_WORKER:
                    yield from self._finished(step, flying)
            while flying:
                yield from self._finished(step, flying)
        finally:
            for future in flying:
                future.cancel()

    def _submit(self, step: Step[In, Out], batch: Sequence[In]) -> "Future[Sequence[Out]]":
        if self._pool is None:
            self._pool = _pool(step, self.workers)
        try:
            return self._pool.submit(step.process, batch)
        except BrokenProcessPool as error:
            # The pool broke between two batches; the next finished future tells of it.
            failed: Future[Sequence[Out]] = Future()
            failed.set_exception(error)
            return failed
        except OSError as error:
            raise EngineError(f"cannot start a worker process: {error.strerror}") from error

    def _finished(
        self, step: Step[In, Out], flying: "dict[Future[Sequence[Out]], Sequence[In]]"
    ) -> Iterator[BatchResult[In, Out]]:
        done, _ = wait(flying, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
            # Every batch in flight is lost with the pool, and which one broke it is not known.
            suspects = deque(flying.items())
            flying.clear()
            self.close()
            _probe(step)
            for future, batch in suspects:
                if future.done() and future.exception() is None:
                    yield BatchResult(batch, future.result())
                else:
                    yield _run_apart(step, batch)
            return
        for future in done:
            batch = flying.pop(future)
            yield BatchResult(batch, future.result())


def _probe(step: Step[In, Out]) -> None:
    """Make sure that workers can start at all, before items are blamed for their death.

    Raises:
        EngineError: they cannot.
    """
    try:
        with _pool(step, 1) as pool:
            pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise EngineError(
            "worker processes end as soon as they start; a script that starts them needs"
            ' `if __name__ == "__main__":` around its work, or workers=1'
        ) from error


def _run_apart(step: Step[In, Out], batch: Sequence[In]) -> BatchResult[In, Out]:
    """Run a suspect batch in a process of its own; if that dies too, find the item that kills."""
    try:
        return BatchResult(batch, _in_own_process(step, batch))
    except BrokenProcessPool:
        outputs: list[Out] = []
        lost: list[In] = []
        for item in batch:
            try:
                outputs.extend(_in_own_process(step, [item]))
            except BrokenProcessPool:
                lost.append(item)
        return BatchResult(batch, outputs, lost)


def _in_own_process(step: Step[In, Out], batch: Sequence[In]) -> Sequence[Out]:
    with _pool(step, 1) as pool:
        return pool.submit(step.process, batch).result()


def _pool(step: Step[Any, Any], workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=_context(step), initializer=_settle)


def _settle() -> None:
    """Make a worker end with its driver, use one thread, and search for garbage less often.

    A killed driver cannot end its workers, and these would wait for its next batch for ever.
    OpenCV would start a thread for each core in each worker. As for garbage: batches of records
    are all alive at once.
    """
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
    threading.Thread(target=_end_with_driver, daemon=True).start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _end_with_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        wait_for([driver.sentinel])
        os._exit(1)  # from a thread, sys.exit would end the thread only


def _context(step: Step[Any, Any]) -> Any:
    """Fork from a server process that is never threaded and has the step's imports ready.

    Plain fork copies locks that threads of pyarrow or DuckDB may hold; spawn imports everything
    anew in each worker.
    """
    return _forking_from([type(step).__module__])


def import_ahead(module: str, workers: int | None = None) -> None:
    """Begin to import a step's module in the process that workers are forked from.

    A command that calls this first, and then imports and reads what it needs itself, has its
    workers half a second sooner.

    Args:
        workers: as `LocalEngine` takes them; with one there is nothing to begin.
    """
    if (workers or _cores()) > 1:
        _forking_from([module])
        forkserver.ensure_running()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _forking_from(modules: list[str]) -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(modules)  # once the server runs, this changes nothing
    return context
