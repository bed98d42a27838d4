"""Which worker of a loader runs; known without anything that starts processes or threads."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import Any

__all__ = ["WorkerInfo", "get_worker_info", "here", "possible"]

possible = sys.platform not in ("emscripten", "wasi")
"""Whether there are processes and threads here; in the browser (Pyodide) there are not."""


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
