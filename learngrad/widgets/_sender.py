"""Sends what has changed to the screen from a thread of its own, paced by time, size and cost.

A loop that changes something thousands of times a second must neither wait for the browser nor
flood it. It only says that there is something new; what follows within the interval is sent
together. The thread ends when there has been nothing to send for a while.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from time import monotonic

from learngrad.descent.progress import busy

__all__ = ["Sender"]

INTERVAL, RATE = 0.05, 200_000
"""Seconds between messages, at least; bytes a second, on average."""
SLOWEST = 0.5
"""Seconds between messages, at most, whatever they cost."""
QUIET = 40
"""Ticks without anything new, after which the thread ends."""


class Sender:
    """Calls `flush` in a thread while something comes.

    Parameters
    ----------
    flush : callable
        Sends what is new, one message at most, and returns ``(bytes sent, whether something is
        left)``; 0 bytes for nothing. Never called by two threads at once.
    running : callable, optional
        Told True when the thread begins, and False before it looks for the last time: in between
        nobody needs to call `touch`.
    interval : float, default 0.05
        Seconds between two messages, at least.
    share : float, default 1
        Of the time, what sending may take at most.

    Examples
    --------
    >>> points, sent = [], []
    >>> def flush():
    ...     new = points[len(sent):]
    ...     sent.extend(new)
    ...     return len(new), False
    >>> sender = Sender(flush)
    >>> for step in range(1000):
    ...     points.append(step)
    ...     sender.touch()
    >>> sender.close()
    >>> sent == points
    True
    """

    def __init__(self, flush: Callable[[], tuple[int, bool]],
                 running: Callable[[bool], None] = lambda _: None, *,
                 interval: float = INTERVAL, share: float = 1.0) -> None:
        self._flush, self._running = flush, running
        self._interval, self._share = interval, share
        self._thread: threading.Thread | None = None
        self._threads = True
        self._starting, self._sending = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._due = 0.0
        self._error: Exception | None = None

    def touch(self) -> None:
        """Something is new. Quick: this is called for every step."""
        if self._thread is None and self._error is None:
            if self._threads:
                self._begin()
            elif monotonic() >= self._due:
                self._due = monotonic() + self._send()[0]

    @property
    def has_threads(self) -> bool:
        """Whether there are threads here, as far as that was tried."""
        return self._threads

    def flush(self) -> None:
        """Send everything that is new now, however much it is, from this thread."""
        while self._send()[1]:
            pass

    def close(self) -> None:
        """End the thread and send what is left; a failure to send is a warning, once."""
        self._stop.set()
        with self._starting:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self.flush()
        self._stop.clear()
        if self._error is not None:
            error, self._error = self._error, None
            self._flush = lambda: (0, False)
            warnings.warn(f"the live view stopped: {error!r}", RuntimeWarning, stacklevel=3)

    def _send(self) -> tuple[float, bool]:
        """Send a message: the seconds to wait after it, 0 for nothing; whether more is left."""
        with self._sending:
            if self._error is not None:
                return 0.0, False
            began = busy()
            try:
                size, more = self._flush()
            except Exception as error:  # noqa: BLE001  a broken display must not end the user's loop
                self._error = error
                return 0.0, False
            cost = (busy() - began) / self._share
        pause = max(self._interval, size / RATE, min(SLOWEST, cost)) if size else 0.0
        return pause, more

    def _begin(self) -> None:
        with self._starting:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._work, name="learngrad-live", daemon=True)
            self._running(True)
            try:
                self._thread.start()
            except RuntimeError:
                # No threads here (Pyodide): what changes something sends.
                self._thread, self._threads = None, False
                self._running(False)

    def _work(self) -> None:
        quiet = 0
        while quiet < QUIET and self._error is None:
            pause, _ = self._send()
            quiet = 0 if pause else quiet + 1
            if self._stop.wait(pause or self._interval):
                break
        # In this order: what comes before the first line is sent by the last one, what comes later
        # begins a thread.
        self._thread = None
        self._running(False)
        self._send()
