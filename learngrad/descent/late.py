"""Numbers that a GPU has yet to compute: put down as they come, looked at when somebody reads.

``loss.item()`` waits until the GPU has done all it was given, and Python, which ran ahead of it,
has nothing to do meanwhile. A number that is only logged is copied on the GPU instead, into room
for some hundreds of them, and these are fetched together.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.cuda.capture import recording

__all__ = ["Late", "Waiting", "late", "now"]

ROOM = 512
_reading = threading.Lock()


class Late(float):
    """A number on a GPU, which nobody has looked at: nan to whoever does not know."""

    __slots__ = ("there",)
    there: Any


def late(value: Any) -> Late | None:
    """A tensor of one element as a number that comes later, if it is on a GPU."""
    if isinstance(value, Late):
        return value
    there = getattr(value, "_data", value)
    if isinstance(there, np.ndarray) or not devices.is_array(there) or there.size != 1 or (
            recording() is not None):  # what is recorded does not run: the error says so
        return None
    made = Late("nan")
    made.there = there.reshape(())
    return made


def now(value: float) -> float:
    """A number as it is, waited for if need be."""
    return float(value.there.item()) if isinstance(value, Late) else value


class Waiting:
    """What of a column of numbers was not fetched yet; one thread puts, others may fetch."""

    __slots__ = ("at", "column", "done", "free", "room")

    def __init__(self, column: array[float]) -> None:
        self.column = column
        self.at: deque[tuple[int, Any, int]] = deque()  # where in the column, and where it is now
        self.room: Any = None
        self.done: Any = None  # an event: what was put down is there
        self.free = 0

    def put(self, number: Late) -> None:
        """Keep a number for the next place of the column."""
        if not self.free:
            self.fetch()
            cupy = devices.cupy()
            self.room, self.free, self.done = cupy.empty(ROOM), ROOM, cupy.cuda.Event()
        self.free -= 1
        self.room[self.free] = number.there
        self.done.record()
        self.at.append((len(self.column), (self.room, self.done), self.free))

    def fetch(self) -> None:
        """Wait for the numbers that stand in the column, and put them there."""
        with _reading:
            end, found = len(self.column), dict[int, Any]()
            while self.at and self.at[0][0] < end:
                place, room, number = self.at.popleft()
                found.setdefault(id(room[0]), (room, []))[1].append((place, number))
            for (room, done), places in found.values():
                done.synchronize()  # whichever stream it was computed in
                numbers = devices.to_device(room, devices.CPU)
                for place, number in places:
                    self.column[place] = numbers[number]
