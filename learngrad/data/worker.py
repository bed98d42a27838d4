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
from multiprocessing import process
from multiprocessing.connection import wait as waited
from typing import Any, NamedTuple

import numpy as np

from learngrad import devices, source
from learngrad.data.blocks import Room
from learngrad.data.collate import default_collate, make_with
from learngrad.data.fetch import loading, streaming
from learngrad.data.info import WorkerInfo, here
from learngrad.errors import LearngradError
from learngrad.ops.making import own
from learngrad.tensor import Tensor

__all__ = ["Place", "dumps", "main", "unpickle_error"]


class Place(NamedTuple):
    """A worker's place among the others."""

    number: int
    workers: int
    seed: int
    way: str  # of sharing memory
    folder: str | None  # for memory that is shared as files


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


def main(work: bytes, place: Place, jobs: Any, results: Any) -> None:
    """Load batches until the program says stop, or is gone.

    Parameters
    ----------
    work : bytes
        The plan and the function to begin with, pickled.
    place : Place
    jobs, results : multiprocessing.connection.Connection
        Where jobs come from and answers go to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program is interrupted, and ends us
    copyreg.pickle(Tensor, _handed)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    latest = [0]
    threading.Thread(target=_listen, args=(jobs, inbox, latest), daemon=True).start()
    try:
        worker = Worker(work, place)
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
        if answer[0] == "batch":
            worker.rooms[rest[1]].send(results)


def _listen(jobs: Any, inbox: queue.SimpleQueue[Any], latest: list[int]) -> None:
    """Take jobs off the pipe at once, so that the program never waits to give one."""
    # A forked worker also holds the pipe's other end, and would not see it close.
    program = process.parent_process()
    sentinel = program and program.sentinel  # loky has none, and needs none
    signs = [jobs] if sentinel is None else [jobs, sentinel]
    while True:
        try:
            if jobs not in waited(signs):
                os._exit(1)
            job = pickle.loads(jobs.recv_bytes())
        except (EOFError, OSError):
            os._exit(1)  # the program is gone without a word: nobody waits for the batch in hand
        if job is None:
            inbox.put(None)
            return
        latest[0] = job[0]
        inbox.put(job)


class Worker:
    """One worker's copy of the data set, and the memory its batches go to."""

    def __init__(self, work: bytes, at: Place) -> None:
        self.plan, init = pickle.loads(work)
        self.at, self.seed = at, at.seed
        self.rooms: dict[int, Room] = {}
        self.load: Callable[[Any], Any] = loading(self.plan)
        self.stream: Iterator[Any] = iter(())
        self.share_at_once = self.plan.collate is default_collate
        self._introduce()
        seed_all(at.seed + at.number)
        if init is not None:
            init(at.number)

    def _introduce(self) -> None:
        here.info = WorkerInfo(self.at.number, self.at.workers, self.seed + self.at.number,
                               self.plan.dataset)

    def begin(self, seed: int) -> None:
        """Begin an epoch."""
        self.seed = seed
        self._introduce()
        if self.plan.stream:
            seed_all(seed + self.at.number)
            self.stream = streaming(self.plan)

    def answer(self, number: int, indices: Any, slot: int) -> tuple[str, Any]:
        """The batch as ("batch", …), or ("end", None), or ("error", …)."""
        room = self.rooms.get(slot)
        if room is None:
            room = self.rooms[slot] = Room(self.at.way, self.at.folder)
        room.used = 0
        try:
            if self.share_at_once:  # nobody else sees these arrays, so nobody keeps them
                make_with.make = room.make
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
                make_with.make = np.empty
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
    if isinstance(error, LearngradError) and error.where is not None and (
            error.where.filename == process.__file__):
        error.where = None  # no line of the user's runs here; the program knows one
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
