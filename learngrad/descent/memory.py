"""How much memory a loop holds: where it grows from step to step, something is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

__all__ = ["Memory", "resident"]

WORTH_SAYING = 5e6
"""Bytes of growth: less than this is Python's own coming and going."""
_STATM = Path("/proc/self/statm")


def resident() -> int | None:
    """Bytes of memory that this process holds; None where nothing tells."""
    psutil = sys.modules.get("psutil")  # a notebook's kernel has it
    if psutil is not None:
        return int(psutil.Process().memory_info().rss)
    try:
        return int(_STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux
        return None


def on_gpu() -> int:
    """Bytes that tensors and graphs hold on the GPU; 0 while nothing of ours is there."""
    from learngrad import cuda

    return cuda.memory_allocated() if cuda.is_initialized() else 0


class Memory:
    """What is held, in words: ``142 MB (+38 MB)``, in brackets what came since this was made.

    It is looked at once a second at most.
    """

    def __init__(self, here: Callable[[], int | None] = resident,
                 there: Callable[[], int] = on_gpu,
                 clock: Callable[[], float] = monotonic) -> None:
        self._here, self._there, self._clock = here, there, clock
        self._first = here()
        self._due = 0.0
        self._said = self._look()  # now: the first look is the slow one

    def describe(self) -> str:
        """The words; none where nothing tells."""
        if self._clock() >= self._due:
            self._due = self._clock() + 1
            self._said = self._look()
        return self._said

    def _look(self) -> str:
        now, gpu = self._here(), self._there()
        said = []
        if now is not None and self._first is not None:
            more = now - self._first
            said.append(_megabytes(now)
                        + (f" (+{_megabytes(more)})" if more >= WORTH_SAYING else ""))
        if gpu:
            said.append(f"GPU {_megabytes(gpu)}")
        return ", ".join(said)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size < 1e10 else f"{size / 1e9:,.1f} GB"
