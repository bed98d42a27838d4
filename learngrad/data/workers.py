"""Worker processes on the program's side: they load batches ahead of the loop.

A process of ours is one of loky's (or of the start method that was asked for), with a pipe for its
jobs and one for its answers. It is not a process pool: a pool gives a job to whichever worker is
free, and a stream has to be read on by the worker that began it. Nor do helper threads stand
between the loop and its workers: an executor's would have to win Python's interpreter lock from the
training step for every batch. Here the loop itself gives a job and takes an answer, in
microseconds. What is unpickled comes through those pipes, from processes that we started.

After the loop our processes are gone. Python's and loky's resource trackers, a small process each
that starting processes brings along, end with the program.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import pickle
import re
import shutil
import signal
import tempfile
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from learngrad import source
from learngrad.data import blocks, worker
from learngrad.data.fetch import Plan
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    LearngradError,
    MissingDependency,
    WorkerError,
)

__all__ = ["Processes", "WorkerTraceback", "context"]

HELD = 2  # batches of each worker that the loop may keep before they are copied out of its memory
PATIENCE = 5.0  # seconds that a worker gets to end before it is made to


def context(named: Any) -> Any:
    """The `multiprocessing` context of this name; "thread" is no process at all.

    None is loky's where it is installed, else threads, with a warning: programs run without it.
    """
    if named in (None, "loky"):
        try:
            from loky.backend import get_context
        except ImportError as error:
            if named is None:
                warnings.warn(
                    f"worker processes need loky, which cannot be imported ({error}): these "
                    "workers are threads, which take turns where they run Python. To have "
                    "processes, pip install loky; multiprocessing_context=\"thread\" means these",
                    stacklevel=4)
                return "thread"
            raise MissingDependency(
                f"worker processes need loky, which cannot be imported ({error})",
                fix='pip install loky, or num_workers=0, or multiprocessing_context="thread"'
            ) from error
        return get_context("loky")
    if named == "thread":
        return named
    import multiprocessing
    from multiprocessing.context import BaseContext
    if isinstance(named, BaseContext):
        return named
    if not isinstance(named, str):
        raise ArgumentTypeError(f"a multiprocessing_context is a name or a context, "
                                f"not {named!r:.60}",
                                fix='multiprocessing_context="spawn"')
    known = multiprocessing.get_all_start_methods()
    if named not in known:
        raise ArgumentError(f"there is no multiprocessing_context {named!r} here",
                            fix=f"use one of {', '.join(map(repr, ['loky', *known, 'thread']))}")
    return multiprocessing.get_context(named)


class _Worker:
    """One process: its pipes, and the memory in which its batches come."""

    def __init__(self, process: Any, jobs: Any, results: Any, slots: int) -> None:
        self.process, self.jobs, self.results = process, jobs, results
        self.free = deque(range(slots))  # memory that nobody uses
        self.ordered: deque[tuple[int, int, Any]] = deque()  # (slot, batch number, indices)
        self.memory: dict[int, Any] = {}
        self.held: dict[int, weakref.ref[Any]] = {}


class Processes:
    """Worker processes; each one's answers come in the order of its jobs.

    Parameters
    ----------
    plan : Plan
    number : int
    start : multiprocessing context
    init : callable or None
        Called with the worker's number before its first batch.
    seed : int
    ahead : int
        How many jobs a worker is given in advance.
    """

    def __init__(self, plan: Plan, number: int, start: Any,
                 init: Callable[[int], None] | None, seed: int, ahead: int) -> None:
        way = blocks.best_way()
        folder = tempfile.mkdtemp(prefix="learngrad-") if way == "file" else None
        self.number, self.epoch, self.plan = number, 0, plan
        self.workers: list[_Worker] = []
        # Stops at once, whatever the workers do; also when the program ends, and when nobody holds
        # the loader any more.
        self.abandon = weakref.finalize(self, _end, self.workers, folder)
        options: dict[str, Any] = {"daemon": True}
        if getattr(start.Process, "_start_method", None) == "loky":
            # Workers share the processor: each one's linear algebra gets one thread.
            options["env"] = {f"{name}_NUM_THREADS": "1"
                              for name in ("OMP", "OPENBLAS", "MKL", "VECLIB")}
        try:
            work = _packed(plan, init)
            for i in range(number):
                place = worker.Place(i, number, seed, way, folder)
                theirs, jobs = start.Pipe(duplex=False)
                # A socket, unlike a pipe, also carries descriptors of shared memory.
                results, answers = start.Pipe(duplex=way == "memfd")
                process = start.Process(target=worker.main, args=(work, place, theirs, answers),
                                        name=f"learngrad loader {i}", **options)
                with _uninterrupted():
                    process.start()
                theirs.close()
                answers.close()
                self.workers.append(_Worker(process, jobs, results, ahead + HELD))
        except BaseException:
            self.abandon()
            raise

    def begin(self, seed: int) -> None:
        """Begin an epoch; what an earlier one ordered and did not take is thrown away."""
        self.epoch += 1
        for one in self.workers:
            self._tell(one, (self.epoch, None, seed))
        for i, one in enumerate(self.workers):
            while one.ordered:
                self._answer(i, 0)

    def give(self, which: int, number: int, indices: Any) -> None:
        """Order a batch from a worker."""
        one = self.workers[which]
        slot = one.free.popleft()
        one.ordered.append((slot, number, indices))
        self._tell(one, (self.epoch, number, indices, slot))

    def take(self, which: int, timeout: float) -> tuple[bool, Any]:
        """The next batch of a worker: whether there is one (a stream may have ended), and it."""
        _, number, indices = self.workers[which].ordered[0]
        kind, told = self._answer(which, timeout)
        if kind == "end":
            return False, None
        if kind == "error":
            error, trace = worker.unpickle_error(told), _with_lines(told[1])
            where = f"in {self._name(which)}, loading {_items(number, indices)}"
            if error is None:
                raise WorkerError(f"this happened {where}:\n{trace}",
                                  fix="num_workers=0 loads in this process, where a debugger works")
            if isinstance(error, LearngradError) and error.where is None:
                error.where = source.here()
            error.add_note(f"This happened {where}.")
            raise error from WorkerTraceback(trace)
        return True, told

    def first(self, due: Iterable[int], timeout: float) -> int:
        """Which of the workers that owe a batch has one."""
        from multiprocessing.connection import wait as waited
        pipes = {self.workers[i].results: i for i in due}
        ready = waited(list(pipes), timeout or None)
        return pipes[ready[0]] if ready else next(iter(pipes.values()))  # `take` says it is late

    def stop(self) -> None:
        """Let the workers, which have nothing to do any more, end as programs end."""
        for one in self.workers:
            self._tell(one, None)
        for one in self.workers:
            one.process.join(PATIENCE)
        self.abandon()

    def _tell(self, one: _Worker, job: Any) -> None:
        with contextlib.suppress(OSError):  # it is dead, and `take` says how it died
            one.jobs.send_bytes(pickle.dumps(job, 5))

    def _answer(self, which: int, timeout: float) -> tuple[str, Any]:
        one = self.workers[which]
        slot, number, indices = one.ordered[0]
        try:
            if timeout and not one.results.poll(timeout):
                raise WorkerError(
                    f"{self._name(which)} has not loaded {_items(number, indices)} "
                    f"in {timeout:g} seconds",
                    fix="a longer timeout, or timeout=0 to wait for ever")
            kind, told = pickle.loads(one.results.recv_bytes())
            if kind == "batch" and told[1] is not None:
                one.memory[slot] = blocks.attach(told[1], one.results)
        except (EOFError, OSError) as error:
            raise self._death(which, error) from None
        one.ordered.popleft()
        if kind == "batch":
            stream, _, places = told
            return kind, pickle.loads(stream, buffers=_buffers(one, slot, places))
        one.free.append(slot)
        return kind, told

    def _name(self, which: int) -> str:
        return f"worker {which} of {self.number} (process {self.workers[which].process.pid})"

    def _death(self, which: int, error: Exception) -> WorkerError:
        one = self.workers[which]
        one.process.join(PATIENCE)
        code, (_, number, indices) = one.process.exitcode, one.ordered[0]
        how = f"ended with exit code {code}"
        fix = ('num_workers=0 shows what happens; under "spawn" and "forkserver" the lines of a '
               'script need `if __name__ == "__main__":`, by default they do not')
        if code is None:
            how = f"cannot be heard any more ({str(error) or type(error).__name__})"
        elif code < 0:
            named = {int(known): known.name for known in signal.Signals}
            how = f"was killed by {named.get(-code, f'signal {-code}')}"
            fix = "num_workers=0 shows a crash of the data set's own code"
            if -code == getattr(signal, "SIGKILL", 9):
                fix = ("if it was not you: a system that runs out of memory does this; use a "
                       "smaller batch_size or fewer workers")
        return WorkerError(f"{self._name(which)} {how} while {_items(number, indices)} was due",
                           fix=fix)


def _packed(plan: Plan, init: Callable[[int], None] | None) -> bytes:
    try:
        return worker.dumps((plan, init))
    except (TypeError, pickle.PicklingError) as error:
        raise ArgumentTypeError(
            f"the {type(plan.dataset).__name__} cannot be sent to a worker process: {error}",
            fix="open files and the like when an item is first asked for, not in __init__; or "
                'multiprocessing_context="thread"') from error


class WorkerTraceback(Exception):
    """What a worker's own traceback said."""

    def __str__(self) -> str:
        return f"in the worker:\n\n{self.args[0].rstrip()}"


def _with_lines(trace: str) -> str:
    """A worker cannot read a notebook's cells; the program, which runs them, can."""
    def filled(frame: re.Match[str]) -> str:
        line = linecache.getline(frame[1], int(frame[2])).strip()
        return f"{frame[0]}    {line}\n" if line else frame[0]

    return re.sub(r'^  File "(.+)", line (\d+), in .+\n(?! {4})', filled, trace, flags=re.MULTILINE)


def _items(number: int, indices: Any) -> str:
    if indices is None:
        return f"batch {number}"
    text = str(indices)
    return f"batch {number}, items {text if len(text) < 60 else text[:56] + ' ...'}"


def _buffers(one: _Worker, slot: int, places: Sequence[Any]) -> list[Any]:
    """The bytes of a batch's arrays, in the memory that the worker wrote where possible."""
    if not any(isinstance(place, tuple) for place in places):
        one.free.append(slot)
        return list(places)
    # Everything made from the batch keeps this array alive; when it goes, the memory is free.
    root = np.frombuffer(one.memory[slot], np.uint8)
    copied = len(one.held) >= HELD
    if copied:  # the loop keeps its batches: shared memory must not grow with them
        root = root.copy()
        one.free.append(slot)
    else:
        held, free = one.held, one.free

        def released(_: Any) -> None:
            held.pop(slot, None)
            free.append(slot)

        held[slot] = weakref.ref(root, released)
    return [root[p[0]:p[0] + p[1]] if isinstance(p, tuple) else p for p in places]


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """A process that starts now never hears of Ctrl-C: it would print a traceback of its own."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(workers: list[_Worker], folder: str | None) -> None:
    """End the processes that are still there; nothing of theirs stays behind."""
    for one in workers:
        one.process.terminate()
    for one in workers:
        one.process.join(PATIENCE)
        if one.process.exitcode is None and hasattr(signal, "SIGKILL"):
            os.kill(one.process.pid, signal.SIGKILL)  # its own code refuses to be terminated
            one.process.join(PATIENCE)
        one.jobs.close()
        one.results.close()
    workers.clear()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
