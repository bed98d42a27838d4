"""Threads take turns more often while a training runs, so that whoever wants to speak to it can."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["short_turns"]

TURN = 0.001
"""Seconds that a thread may keep others waiting for the interpreter; Python's own is 0.005.

What a button asks passes through some ten of them before it is answered.
"""
_changing = threading.Lock()
_inside = 0
_before = TURN


@contextmanager
def short_turns() -> Iterator[None]:
    """Shorter turns in this block; as it was before when the last such block has ended.

    Examples
    --------
    >>> with short_turns():
    ...     sys.getswitchinterval()
    0.001
    """
    global _inside, _before
    with _changing:
        if not _inside:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(min(TURN, _before))
        _inside += 1
    try:
        yield
    finally:
        with _changing:
            _inside -= 1
            if not _inside:
                sys.setswitchinterval(_before)
