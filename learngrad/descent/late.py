"""Numbers that a GPU has yet to compute: put down as they come, looked at when somebody reads.

``loss.item()`` waits until the GPU has done all it was given, and Python, which ran ahead of it,
has nothing to do meanwhile. A number that is only logged is copied on the GPU instead, into room
for some hundreds of them, and these are fetched together.
"""

from __future__ import annotations

import threading
from array import array
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.cuda.capture import recording

__all__ = ["Late", "Waiting", "late"]

ROOM = 512
AHEAD = 2  # rooms of numbers that a GPU may be behind, before who logs waits for it
_reading = threading.Lock()


class Late(float):
    """A number on a GPU, which nobody has looked at: nan to whoever does not know."""

    __slots__ = ("there",)
    there: Any


def late(value: Any) -> Late | None:
    """A tensor of one element as a number that comes later, if it is on a GPU."""
    there = getattr(value, "_data", value)
    if type(there) is np.ndarray:  # of all the most usual
        return None
    if isinstance(value, Late):
        return value
    if isinstance(there, np.ndarray) or not devices.is_array(there) or there.size != 1 or (
            there.dtype.kind == "c" or recording() is not None):
        return None  # what is recorded does not run: the error says so
    made = Late("nan")
    made.there = there.reshape(())
    return made


class _Room:
    """Room for numbers on the GPU, filled in one stream."""

    __slots__ = ("done", "fetched", "numbers", "places", "stream")

    def __init__(self, stream: Any) -> None:
        cupy = devices.cupy()
        self.stream = stream
        self.numbers = cupy.empty(ROOM)
        self.done = cupy.cuda.Event()  # what was put down is there
        self.places: list[int] = []  # where in the column each belongs
        self.fetched = 0


class Waiting:
    """What of a column of numbers was not fetched yet; one thread puts, others may fetch."""

    __slots__ = ("column", "rooms")

    def __init__(self, column: array[float]) -> None:
        self.column = column
        self.rooms: list[_Room] = []

    def put(self, number: Late) -> None:
        """Keep a number for the next place of the column."""
        stream = devices.cupy().cuda.get_current_stream()
        room = self.rooms[-1] if self.rooms else None
        if room is None or len(room.places) == ROOM or room.stream.ptr != stream.ptr:
            self.fetch(AHEAD)
            room = _Room(stream)
            self.rooms.append(room)
        room.numbers[len(room.places)] = number.there
        room.done.record(stream)
        room.places.append(len(self.column))

    def fetch(self, ahead: int = 0) -> None:
        """Wait for the numbers that stand in the column, and put them there; not for the last
        rooms, as many as `ahead` says.
        """
        with _reading:
            for room in self.rooms[:len(self.rooms) - ahead]:
                end = len(self.column)
                count = sum(place < end for place in room.places[room.fetched:]) + room.fetched
                if count > room.fetched:
                    room.done.synchronize()
                    numbers = devices.to_device(room.numbers, devices.CPU)
                    for k in range(room.fetched, count):
                        self.column[room.places[k]] = numbers[k]
                    room.fetched = count
                if room.fetched == ROOM or (
                        room is not self.rooms[-1] and room.fetched == len(room.places)):
                    self.rooms.remove(room)
