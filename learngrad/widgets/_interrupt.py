"""An interrupt (the notebook's button, a plot's Stop) that waits until a step has ended."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any

from learngrad.descent import Progress

__all__ = ["Interrupts"]

PATIENCE = 2.0
"""Seconds that a step may take to end, at least; a slow loop's steps may take more."""
STEPS = 3
"""How many of its steps' usual time a step may take."""


class Interrupts:
    """Between `begin` and `end` an interrupt waits until a step has ended, and is raised there.

    The step is not torn apart, so model, optimiser and curves belong together. A second interrupt,
    or the first one where no step ends, comes at once; so does one where the cell has no loop
    (`is_looping`), but waits for a training in the background. Where interrupts are
    somebody else's (another thread, a host without signals), nothing is changed.
    """

    def __init__(self, progress: Progress,
                 is_looping: Callable[[], bool] = lambda: True) -> None:
        self._progress, self._is_looping = progress, is_looping
        self._before: Any = None
        self._timer: threading.Timer | None = None
        self._began, self._steps = 0.0, 0
        self._held = False

    def begin(self) -> None:
        """From now on; may be called again."""
        if self._before is None and threading.current_thread() is threading.main_thread():
            self._began, self._steps = perf_counter(), self._progress.steps
            self._before = signal.signal(signal.SIGINT, self._caught) or signal.SIG_DFL

    def end(self) -> None:
        """As it was before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._before is not None:
            if signal.getsignal(signal.SIGINT) == self._caught:
                signal.signal(signal.SIGINT, self._before)
            self._before = None
        self._held = False
        progress = self._progress
        progress.stopping = progress.stopped = progress.interrupted = False

    def _caught(self, _: int, __: FrameType | None) -> None:
        progress = self._progress
        held_back = self._held and progress.stopping
        if progress.stopped or held_back or not self._is_looping():
            self.end()
            raise KeyboardInterrupt
        # The page interrupts, too, where it was not heard soon: then it is a Stop that was slow.
        progress.interrupted = not progress.stopping
        progress.stopping = self._held = True
        took = (perf_counter() - self._began) / max(1, progress.steps - self._steps)
        try:
            self._timer = threading.Timer(max(PATIENCE, STEPS * took), self._again)
            self._timer.daemon = True
            self._timer.start()
        except RuntimeError:  # no threads here (Pyodide): whoever interrupts has to do it again
            self._timer = None

    def _again(self) -> None:
        """No step has ended: interrupt as if nothing were held back."""
        if not self._progress.stopping:
            return
        main = threading.main_thread().ident
        if hasattr(signal, "pthread_kill") and main is not None:
            signal.pthread_kill(main, signal.SIGINT)  # this wakes it, too
        else:
            _thread.interrupt_main()
