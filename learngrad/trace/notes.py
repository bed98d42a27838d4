"""What a recorder knows of the tensors it has seen, and the queue it tells the transcript by."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import source
from learngrad.autograd.function import AccumulateGrad, Function
from learngrad.autograd.observe import Watcher
from learngrad.tensor import Tensor
from learngrad.trace import earlier
from learngrad.trace.calls import Calls
from learngrad.trace.preview import MIDDLE, WHOLE, capture
from learngrad.trace.record import TEXT_LIMIT
from learngrad.trace.transcript import Dropped, Transcript

__all__ = ["Notes"]

ROOM = 32_000_000  # bytes of larger arrays that may wait for somebody to look


class Notes(Watcher):
    """The nodes of a trace by the tensors they stand for; none of these is kept alive.

    Parameters
    ----------
    listener : callable or None
        Called after each change.
    limit : int
        The number of nodes to keep.
    """

    def __init__(self, listener: Callable[[], None] | None, limit: int) -> None:
        self.listener = listener
        self.limit = limit
        self._events: deque[tuple[Any, ...]] = deque()
        # What ran when the trace was full: its operation, its place, how often.
        self._dropped: Dropped = {}
        self._transcript = Transcript(self._events, self._dropped)
        self._room = ROOM
        self._calls = Calls()
        self._versions: list[Any] = []  # of each node, the version of its value that is known
        self._ids: dict[int, int] = {}  # by the number of what made it in the graph
        # Tensors outside of a graph: their id, and the output they are.
        self._objects: dict[int, tuple[weakref.ref[Any], int, int]] = {}
        # Nodes from before the recording whose value is not known, with their shape.
        self._unseen: dict[int, tuple[int, ...]] = {}
        # Detached tensors, with what they were.
        self._cut: dict[int, tuple[weakref.ref[Any], Any]] = {}
        # The versions of what `.data` gave, with the node of the tensor whose memory it is.
        self._bare: dict[int, tuple[list[Any], int]] = {}

    # ---- The queue -------------------------------------------------------------------------------

    def _tell(self, *event: Any) -> None:
        self._events.append(event)
        if self.listener is not None:
            self.listener()

    def _kept(self, value: Any) -> Any:
        """What is kept of a tensor or an array until somebody looks, see `preview`."""
        array = getattr(value, "_data", value)
        if array.size <= WHOLE:
            return array.copy()
        if type(array) is not np.ndarray:
            return capture(array)
        if self._room <= 0:
            self._transcript.relieve()
            self._room = ROOM
        self._room -= min(array.size, MIDDLE) * array.itemsize
        return array.copy() if array.size <= MIDDLE else capture(array)

    def _drop(self, node: Function, made: source.Made | None) -> None:
        """Count what there is no room for."""
        key = (type(node), id(made and made[0]), made[1] if made else 0)
        self._dropped.setdefault(key, [type(node), made, 0])[2] += 1

    # ---- Tensors ---------------------------------------------------------------------------------

    def _find(self, tensor: Any) -> tuple[int, int] | None:
        """The node that a tensor came out of, if it is known, and which output it is."""
        edge = tensor._edge
        if edge is not None:
            index = self._ids.get(edge[0].seq)
            return None if index is None else (index, edge[1])
        known = self._objects.get(id(tensor))
        return known[1:] if known is not None and known[0]() is tensor else None

    def _remember(self, outputs: tuple[Any, ...], index: int) -> None:
        for slot, t in enumerate(outputs):
            if t._edge is None:
                self._objects[id(t)] = weakref.ref(t), index, slot
            else:
                self._ids[t._edge[0].seq] = index

    def _part(self, tensor: Any, user: tuple[source.Made, int]) -> Any:
        """An input as the transcript has it; one from before the recording joins as what it is."""
        found = self._find(tensor)
        if found is None:
            edge = tensor._edge
            if edge is not None and type(edge[0]) is not AccumulateGrad:
                earlier.adopt(self, [edge[0]])
                found = self._find(tensor)
            else:
                index = self._leaf(tensor, user)
                found = None if index is None else (index, 0)
        if found is None:
            return None
        index, slot = found
        if self._versions[index] != tensor._cell[0] or index in self._unseen:
            self._look(tensor, index, slot)  # changed in place since then, or never looked at
        return found if slot else index

    def _look(self, tensor: Any, index: int, slot: int) -> None:
        """Keep the value of a node's output as it is now."""
        self._tell("value", index, slot, self._kept(tensor))
        self._versions[index] = tensor._cell[0]
        if not slot:
            self._unseen.pop(index, None)

    def _leaf(self, tensor: Any, user: tuple[source.Made, int] | None = None) -> int | None:
        """A tensor that no recorded operation made: a parameter, a leaf or a constant."""
        index = len(self._versions)
        if index >= self.limit:
            return None
        needs, calls = tensor._edge is not None, self._calls
        path, buffer = calls.name(tensor)
        kind = ("parameter" if path is not None or type(tensor) is not Tensor else "leaf") \
            if needs else "buffer" if buffer else "constant"
        name = path or tensor.name or None
        ref, origin = self._cut.get(id(tensor), (None, None))
        event = ("leaf", index, kind, None if name is None else str(name)[:TEXT_LIMIT],
                 tensor._made, user, needs, calls.handed(tensor), self._kept(tensor),
                 None if tensor._grad is None else self._kept(tensor._grad),
                 origin if ref is not None and ref() is tensor else None)
        self._versions.append(tensor._cell[0])
        self._tell(*event)
        self._remember((tensor,), index)
        return index
