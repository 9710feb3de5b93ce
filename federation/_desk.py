"""Where letters are signed: at once when one waits alone, on threads when several do.

The rule kept here: RSA (245 µs, the GIL released) does not stand in the event loop's way when there is much to sign.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
Job = Callable[[], Any]
Outcome = tuple[Any, Exception | None]


class Desk:
    """Runs short pieces of arithmetic.

    Those that come in the same turn of the loop are shared out among threads, in chunks: a hop to a thread costs
    50 µs, so one letter alone is not worth it.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or min(os.cpu_count() or 1, 4)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="sign")
        self._waiting: list[tuple[Job, asyncio.Future[Any]]] = []

    async def run(self, job: Callable[[], T]) -> T:
        """What `job` returns or raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((job, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._work, loop)
        return await future

    def close(self) -> None:
        """End the threads; what was begun is finished."""
        self._pool.shutdown(wait=False)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, self._waiting = self._waiting, []
        if len(waiting) == 1:
            _settle([waiting[0][1]], _do([waiting[0][0]]))
            return
        for start in range(min(self._threads, len(waiting))):
            jobs, futures = zip(*waiting[start :: self._threads], strict=True)
            chunk = loop.run_in_executor(self._pool, _do, jobs)
            chunk.add_done_callback(partial(_settle_chunk, futures))


def _do(jobs: Any) -> list[Outcome]:
    return [_outcome(job) for job in jobs]


def _outcome(job: Job) -> Outcome:
    try:
        return job(), None
    except Exception as error:  # noqa: BLE001 - handed to the one who waits for it
        return None, error


def _settle_chunk(futures: Any, chunk: asyncio.Future[list[Outcome]]) -> None:
    _settle(futures, chunk.result())


def _settle(futures: Any, outcomes: list[Outcome]) -> None:
    for future, (value, error) in zip(futures, outcomes, strict=True):
        if future.cancelled():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
