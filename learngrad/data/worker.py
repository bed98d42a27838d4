"""What runs in a worker process: it loads the batches that it is asked for, one after another."""

from __future__ import annotations

import copyreg
import os
import pickle
import queue
import random
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from learngrad import devices, source
from learngrad.creation import own
from learngrad.data.blocks import Room
from learngrad.data.collate import default_collate, place
from learngrad.data.fetch import loading, streaming
from learngrad.tensor import Tensor

__all__ = ["WorkerInfo", "dumps", "get_worker_info", "here", "main", "unpickle_error"]


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this is: its number, how many there are, its seed, its copy of the data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here(threading.local):
    info: WorkerInfo | None = None


here = _Here()


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a `DataLoader` this code runs in; None outside of workers.

    Examples
    --------
    >>> from learngrad.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return here.info


def dumps(value: Any) -> bytes:
    """`value` as bytes; cloudpickle also takes what was defined in a notebook or a function."""
    try:
        from cloudpickle import dumps as by_value
    except ImportError:
        return pickle.dumps(value, 5)
    return by_value(value, 5)


def seed_all(seed: int) -> None:
    """Start every stream of random numbers that an augmentation may draw from."""
    random.seed(seed)
    # The third word keeps NumPy's numbers from being Python's: both use the same generator.
    key = [seed % 2**32, seed // 2**32 % 2**32, 1]
    np.random.seed(key)  # noqa: NPY002 - programs draw from it
    devices.manual_seed(seed)


def main(setup: bytes, jobs: Any, results: Any) -> None:
    """Load batches until the program says stop, or is gone.

    Parameters
    ----------
    setup : bytes
        A pickled tuple: number of this worker, number of workers, plan, function to begin with,
        seed, way of sharing memory, folder for it.
    jobs, results : multiprocessing.connection.Connection
        Where jobs come from and answers go to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program is interrupted, and ends us
    copyreg.pickle(Tensor, _handed)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    latest = [0]
    threading.Thread(target=_listen, args=(jobs, inbox, latest), daemon=True).start()
    try:
        worker = Worker(setup)
    except BaseException as error:  # noqa: BLE001 - told to the program, which raises it
        results.send_bytes(pickle.dumps(("error", _told(error)), 5))
        return
    while (job := inbox.get()) is not None:
        epoch, number, *rest = job
        if number is None:
            worker.begin(*rest)
            continue
        # A loop that was left early has lost interest in what it still had ordered.
        answer = worker.answer(number, *rest) if epoch == latest[0] else ("dropped", None)
        results.send_bytes(pickle.dumps(answer, 5))


def _listen(jobs: Any, inbox: queue.SimpleQueue[Any], latest: list[int]) -> None:
    """Take jobs off the pipe at once, so that the program never waits to give one."""
    while True:
        try:
            job = pickle.loads(jobs.recv_bytes())
        except (EOFError, OSError):
            os._exit(1)  # the program is gone without a word: nobody waits for the batch in hand
        if job is not None:
            latest[0] = job[0]
        inbox.put(job)


class Worker:
    """One worker's copy of the data set, and the memory its batches go to."""

    def __init__(self, setup: bytes) -> None:
        unpickled = pickle.loads(setup)
        number, workers, self.plan, init, seed, way, folder = unpickled
        self.rooms: dict[int, Room] = {}
        self.way, self.folder, self.number = way, folder, number
        self.load: Callable[[Any], Any] = loading(self.plan)
        self.stream: Iterator[Any] = iter(())
        self.share_at_once = self.plan.collate is default_collate
        here.info = WorkerInfo(number, workers, seed + number, self.plan.dataset)
        self.workers, self.seed = workers, seed
        seed_all(seed + number)
        if init is not None:
            init(number)

    def begin(self, seed: int) -> None:
        """Begin an epoch."""
        self.seed = seed
        here.info = WorkerInfo(self.number, self.workers, seed + self.number, self.plan.dataset)
        if self.plan.stream:
            seed_all(seed + self.number)
            self.stream = streaming(self.plan)

    def answer(self, number: int, indices: Any, slot: int) -> tuple[str, Any]:
        """The batch as ("batch", …), or ("end", None), or ("error", …)."""
        room = self.rooms.get(slot)
        if room is None:
            room = self.rooms[slot] = Room(self.way, self.folder)
        room.used = 0
        try:
            if self.share_at_once:  # nobody else sees these arrays, so nobody keeps them
                place.make = room.make
            try:
                if self.plan.stream:
                    batch = next(self.stream, self)
                    if batch is self:
                        return "end", None
                else:
                    # By batch, not by worker: draws are the same for any number of workers.
                    seed_all(self.seed + number)
                    batch = self.load(indices)
            finally:
                place.make = np.empty
            stream, buffers = _pickled(batch)
            return "batch", (stream, *room.put(buffers))
        except BaseException as error:  # noqa: BLE001 - told to the program, which raises it
            return "error", _told(error)


def _pickled(batch: Any) -> tuple[bytes, list[Any]]:
    """A batch without its arrays' bytes, and those."""
    buffers: list[Any] = []
    try:
        return pickle.dumps(batch, 5, buffer_callback=buffers.append), buffers
    except (pickle.PicklingError, AttributeError, TypeError):  # a class of a notebook
        from cloudpickle import dumps as by_value
    buffers = []
    return by_value(batch, 5, buffer_callback=buffers.append), buffers


def _handed(tensor: Tensor) -> tuple[Any, tuple[Any, bool]]:
    """A tensor that is unpickled round the memory it came in."""
    return own, (tensor._data, tensor.requires_grad)


def _told(error: BaseException) -> tuple[bytes | None, str]:
    """An error as the program can raise it: itself if it can be pickled, and how it came about."""
    trace = error.__traceback__
    while trace is not None and source.inside[trace.tb_frame.f_code.co_filename]:
        trace = trace.tb_next  # our own frames say nothing to the reader
    text = "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))
    if not isinstance(error, Exception):  # SystemExit would end the program
        return None, text
    try:
        return dumps(error.with_traceback(None)), text
    except Exception:  # noqa: BLE001 - an error that holds an open file, for instance
        return None, text


def unpickle_error(told: tuple[bytes | None, str]) -> Exception | None:
    """The error that a worker told of, or None where it could not be sent."""
    if told[0] is None:
        return None
    try:
        error = pickle.loads(told[0])
    except Exception:  # noqa: BLE001 - a class that cannot be made from its `args`
        return None
    return error if isinstance(error, Exception) else None
