"""Worker threads: they load batches ahead of the loop, and nothing has to be sent.

They suit work that waits, for files or the network, and work done inside NumPy, which lets other
threads run meanwhile; Python's own code runs in one thread at a time.
"""

from __future__ import annotations

import queue
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from learngrad.data.fetch import Plan, loading, streaming
from learngrad.data.info import WorkerInfo, here
from learngrad.errors import WorkerError

__all__ = ["Threads"]


class _Thread:
    """One thread. It is no executor's, which a program that was interrupted would wait for."""

    def __init__(self, name: str) -> None:
        self.jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=_run, args=(self.jobs,), name=name, daemon=True).start()

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.jobs.put((future, function, args))
        return future


def _run(jobs: queue.SimpleQueue[Any]) -> None:
    while (job := jobs.get()) is not None:
        future, function, args = job
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(function(*args))
            except BaseException as error:  # noqa: BLE001 - raised where the result is taken
                future.set_exception(error)
        del job, future, args  # or the batch would live until the next job


class Threads:
    """Worker threads with what `Processes` offers: nothing is sent, and nothing can be killed."""

    def __init__(self, plan: Plan, number: int, init: Callable[[int], None] | None,
                 seed: int) -> None:
        self.plan, self.number = plan, number
        self.load = loading(plan)
        self.streams: list[Iterator[Any]] = [iter(())] * number
        self.due: list[deque[Future[Any]]] = [deque() for _ in range(number)]
        self.threads = [_Thread(f"learngrad loader {i}") for i in range(number)]
        # A thread cannot be killed: it ends when the batch in hand is done, or with the program.
        self.stop = self.abandon = weakref.finalize(self, _stop, self.threads, self.due)
        for i, thread in enumerate(self.threads):
            thread.submit(_set_info, i, number, seed, plan.dataset)
            if init is not None:
                thread.submit(init, i).result()

    def begin(self, seed: int) -> None:
        """Begin an epoch."""
        for i, thread in enumerate(self.threads):
            for future in self.due[i]:
                future.cancel()
            self.due[i].clear()
            thread.submit(_set_info, i, self.number, seed, self.plan.dataset)
            if self.plan.stream:
                self.streams[i] = streaming(self.plan)

    def give(self, which: int, number: int, indices: Any) -> None:
        """Order a batch from a worker."""
        if self.plan.stream:
            future = self.threads[which].submit(next, self.streams[which], self)
        else:
            future = self.threads[which].submit(self.load, indices)
        self.due[which].append(future)

    def take(self, which: int, timeout: float) -> tuple[bool, Any]:
        """The next batch of a worker: whether there is one (a stream may have ended), and it."""
        future = self.due[which].popleft()
        if timeout and not wait([future], timeout).done:
            raise WorkerError(f"worker {which} of {self.number} (a thread) has not loaded its "
                              f"batch in {timeout:g} seconds",
                              fix="a longer timeout, or timeout=0 to wait for ever")
        batch = future.result()
        return batch is not self, batch

    def first(self, due: Iterable[int], timeout: float) -> int:
        """Which of the workers that owe a batch has one."""
        heads = {self.due[i][0]: i for i in due}
        done = wait(heads, timeout or None, FIRST_COMPLETED).done
        return heads[next(iter(done))] if done else next(iter(heads.values()))


def _set_info(which: int, number: int, seed: int, dataset: Any) -> None:
    here.info = WorkerInfo(which, number, seed + which, dataset)


def _stop(threads: list[_Thread], due: list[deque[Future[Any]]]) -> None:
    for thread, futures in zip(threads, due):
        for future in futures:
            future.cancel()
        thread.jobs.put(None)

