"""Sends what has grown to the screen from a thread of its own, paced by time and by its own cost.

The loop that logs does nothing but append. `Throttle` sends a first change at once, from the thread
that made it: right for a graph that is drawn in one go, too dear for a loop of thousands of steps.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from time import monotonic

from learngrad.descent.progress import busy

__all__ = ["Sender"]

INTERVAL, RATE, SHARE = 0.05, 200_000, 0.002
"""Seconds between messages, at least; bytes a second; of the time, what sending may take."""
SLOWEST = 0.5
"""Seconds between messages, at most, whatever they cost."""
QUIET = 40
"""Ticks without anything new, after which the thread ends."""


class Sender:
    """Calls `flush` in a thread while something comes.

    Parameters
    ----------
    flush : callable
        Sends what is new and returns its bytes, 0 for nothing. It may be called by two threads.
    running : callable, optional
        Told True when the thread begins, and False before it looks for the last time: in between
        nobody needs to call `touch`.

    Examples
    --------
    >>> points, sent = [], []
    >>> def flush():
    ...     new = points[len(sent):]
    ...     sent.extend(new)
    ...     return len(new)
    >>> sender = Sender(flush)
    >>> for step in range(1000):
    ...     points.append(step)
    ...     sender.touch()
    >>> sender.close()
    >>> sent == points
    True
    """

    def __init__(self, flush: Callable[[], int],
                 running: Callable[[bool], None] = lambda _: None) -> None:
        self._flush, self._running = flush, running
        self._thread: threading.Thread | None = None
        self._threads = True
        self._stop = threading.Event()
        self._due = 0.0
        self._error: Exception | None = None

    def touch(self) -> None:
        """Something is new. Quick: this is called for every step."""
        if self._thread is None and self._error is None:
            if self._threads:
                self._begin()
            elif monotonic() >= self._due:
                self._due = monotonic() + self.flush()

    def flush(self) -> float:
        """Send what is new now, from this thread; the seconds to wait after it, 0 for nothing."""
        if self._error is not None:
            return 0.0
        began = busy()
        try:
            size = self._flush()
        except Exception as error:  # noqa: BLE001  a broken display must not end the user's loop
            self._error = error
            return 0.0
        cost = (busy() - began) / SHARE
        return max(INTERVAL, size / RATE, min(SLOWEST, cost)) if size else 0.0

    def close(self) -> None:
        """End the thread and send what is left; a failure to send is a warning, once."""
        self._stop.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self.flush()
        self._stop.clear()
        if self._error is not None:
            error, self._error = self._error, None
            self._flush = lambda: 0
            warnings.warn(f"the live view stopped: {error!r}", RuntimeWarning, stacklevel=3)

    def _begin(self) -> None:
        thread = threading.Thread(target=self._send, name="learngrad-curves", daemon=True)
        self._thread = thread
        self._running(True)
        try:
            thread.start()
        except RuntimeError:
            # No threads here (Pyodide): what logs sends.
            self._thread, self._threads = None, False
            self._running(False)

    def _send(self) -> None:
        quiet = 0
        while quiet < QUIET and self._error is None:
            pause = self.flush()
            quiet = 0 if pause else quiet + 1
            if self._stop.wait(pause or INTERVAL):
                break
        # In this order: what comes before the first line is sent by the second, what comes later
        # begins a thread.
        self._thread = None
        self._running(False)
        self.flush()
