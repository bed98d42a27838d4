"""The one order of everything: which node was made when, and which value was changed when.

A node's number and the number of a change in place come from one counter, so "was this changed
after the node saved it?" is a comparison of two integers.
"""

from __future__ import annotations

import itertools
from typing import Any

from learngrad.autograd.observe import thread

__all__ = ["RISING", "changed", "latest"]

RISING = itertools.count(1)
latest = [0]
"""The number of the last change in place, of any tensor: a node that is younger need not look."""


def changed(tensor: Any) -> None:
    """Say that a tensor's values were changed in place, outside the graph.

    What a tensor shares with its views and with whatever saved it is a cell, ``_cell``: the
    number of the last change, whether there are views, and how many changes there were.
    """
    cell = tensor._cell
    cell[0] = latest[0] = next(RISING)
    cell[2] += 1
    for watcher in thread.watchers:
        watcher.changed(tensor)
