"""Coalesces many small changes into few messages: at once when it is quiet, then paced by time.

A loop that changes something thousands of times a second must neither wait for the browser nor
flood it. The first change is sent at once, by the thread that made it; what follows within the
interval is sent together by a small thread that ends when there is nothing left to send.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from time import monotonic

__all__ = ["Throttle"]


class Throttle:
    """Calls `flush` soon after `touch`, but not too often and not with too much.

    Parameters
    ----------
    flush : callable
        Sends what has changed and returns ``(bytes sent, whether something is left)``. Never
        called by two threads at once.
    interval : float, default 0.05
        Seconds between two calls, at least.
    rate : float, default 200,000
        Bytes a second, on average.

    Examples
    --------
    >>> sent = []
    >>> throttle = Throttle(lambda: (sent.append("all"), 0)[1:] + (False,))
    >>> for _ in range(1000):
    ...     throttle.touch()
    >>> throttle.close()
    >>> len(sent) < 20
    True
    """

    def __init__(self, flush: Callable[[], tuple[int, bool]], *, interval: float = 0.05,
                 rate: float = 200_000) -> None:
        self._flush, self._interval, self._rate = flush, interval, rate
        self._due = 0.0
        self._dirty = False
        self._open = True
        self._state = threading.Lock()  # guards what says whether there is a thread
        self._sending = threading.Lock()
        self._thread: threading.Thread | None = None
        self._threads = True
        self._stop = threading.Event()
        self._error: Exception | None = None

    def touch(self) -> None:
        """Something has changed. Quick: this is called for every recorded operation."""
        if not self._open:
            return
        if monotonic() >= self._due and self._sending.acquire(blocking=False):
            try:
                self._send()
            finally:
                self._sending.release()
            if not self._dirty:
                return
        self._later()

    def flush(self) -> None:
        """Send everything now, however much it is, from this thread."""
        with self._sending:
            more = self._open
            while more:
                self._send()
                more = self._dirty and self._open

    def close(self) -> None:
        """Send what is left and end the thread; a failure to send is a warning, once."""
        self._stop.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self.flush()
        self._open = False
        if self._error is not None:
            error, self._error = self._error, None
            warnings.warn(f"the live view stopped: {error!r}", RuntimeWarning, stacklevel=3)

    def _send(self) -> None:
        self._dirty = False
        try:
            size, self._dirty = self._flush()
        except Exception as error:  # noqa: BLE001  a broken display must not end the user's loop
            self._error, self._open = error, False
            return
        self._due = monotonic() + max(self._interval, size / self._rate)

    def _later(self) -> None:
        with self._state:
            self._dirty = True
            if self._thread is not None or not self._threads or self._stop.is_set():
                return
            thread = threading.Thread(target=self._tail, name="learngrad-live", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # No threads here (Pyodide): the next change or the end sends what is left.
                self._threads = False
            else:
                self._thread = thread

    def _tail(self) -> None:
        while not self._stop.wait(max(0.001, self._due - monotonic())):
            with self._sending:
                if self._dirty and self._open and monotonic() >= self._due:
                    self._send()
            with self._state:
                if not (self._dirty and self._open):
                    self._thread = None
                    return
        with self._state:
            self._thread = None
