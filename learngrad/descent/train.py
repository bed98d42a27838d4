"""Training that gives its caller back: paused, stopped and changed between two steps, never in one.

It runs in a thread; where there are none, in slices on the event loop. Knows no widget.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Any

from learngrad.autograd.mode import no_grad
from learngrad.descent.checks import whole
from learngrad.descent.rates import optimizers_of
from learngrad.descent.run import Run
from learngrad.descent.style import is_of_part
from learngrad.descent.train_controls import ENDED, Controls
from learngrad.descent.train_given import (
    as_observers,
    as_optimizers,
    callable_for,
    named,
    source,
    way_in,
)
from learngrad.descent.train_open import (
    from_the_users_lines,
    open_runs,
    running,
    untold,
)
from learngrad.descent.turns import short_turns
from learngrad.errors import ArgumentError, GraphError

__all__ = ["ENDED", "Observer", "Training"]

SLICE = 0.03
"""Seconds of work between two looks at the event loop, where there are no threads."""

Observer = Callable[["Training"], Any]
_starting = threading.Lock()


class Training(Controls):
    """A training under way; made by `learngrad.train`, which says what `step` may be.

    Its controls may be used from any thread. They act where a step has ended, so model, optimiser
    and curves always belong together.

    Attributes
    ----------
    state : str
        ``"running"``, ``"paused"``, ``"done"``, ``"stopped"`` or ``"failed"``.
    steps, epoch : int
        Steps made so far, and the number of the epoch, from 0.
    values : dict of str to float
        What the last step returned.
    optimizers : list
        Whose learning rate `lr` is.
    observers : list of callable
        Each is called with the training after every step, in the thread that trains, before the
        next one begins. It may be changed at any time. What an observer raises ends the training.
    error : BaseException or None
        What ended it, where it failed.
    waited : bool
        Whether somebody waits for its end, and so will hear of an error.

    Examples
    --------
    >>> from learngrad.descent import Curves
    >>> losses = iter([4.0, 2.0, 1.0, 0.5])
    >>> run = Training(lambda: next(losses), 4, log=Run(Curves()), paused=True).start()
    >>> run.step()
    >>> run.state, run.values
    ('paused', {'loss': 4.0})
    >>> run.resume()
    >>> run.wait()
    >>> run.state, run.steps
    ('done', 4)
    """

    def __init__(self, step: Callable[..., Any], over: Any = None, *, epochs: int = 1,
                 validate: Callable[[], Any] | None = None, optimizer: Any = None,
                 observe: Observer | Iterable[Observer] = (), log: Run, paused: bool = False,
                 lingers: bool = True,
                 changed: Callable[[Training], None] = lambda _: None) -> None:
        super().__init__(paused, changed)
        self._step, self._validate = callable_for("step", step), validate
        if validate is not None:
            callable_for("validate", validate)
        self._epochs = whole("epochs", epochs)
        self._over = source(step, over, self._epochs)
        self.observers = as_observers(observe)
        self.optimizers = as_optimizers(optimizer) or optimizers_of(step, validate)
        self.log, self.lingers = log, lingers
        self._takes: Callable[[Any], Any] | None = None
        self._slices: asyncio.Task[None] | None = None
        self._loop = self._go()

    def check(self) -> None:
        """Raise a GraphError if another training moves the same parameters."""
        for other in running():
            if any(one is two for one in self.optimizers for two in other.optimizers):
                raise GraphError("another training moves the same parameters and has not ended",
                                 fix="run.wait() or run.stop() of the other one first")

    def start(self) -> Training:
        """Begin, in a thread of its own; `learngrad.train` has done it."""
        with _starting:
            self.check()
            open_runs.add(self)
        # In a copy of the context: what a step prints belongs to the cell that trains.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._drive,), daemon=True,
                                        name="learngrad-train")
        try:
            self._thread.start()
        except RuntimeError:  # no threads here (Pyodide)
            self._thread = None
            with suppress(RuntimeError):  # no event loop either: `wait` makes the steps
                self._slices = asyncio.get_running_loop().create_task(self._slice())
        return self

    # ---- The loop --------------------------------------------------------------------------------

    def _go(self) -> Generator[bool, None, None]:
        """The training, a step at a time: it yields before each of them."""
        epochs: Iterable[int] = range(self._epochs)
        if self._epochs > 1:
            epochs = self.progress.over(epochs, self._epochs, "epochs")
        for epoch in epochs:
            self.epoch = epoch
            items, total = self._over()
            before = self.steps
            for item in self.progress.over(items, total, "steps"):
                yield True
                self._make(item)
            if self.steps == before:
                raise ArgumentError("there is nothing to train on: the loader is empty",
                                    fix="a loader with at least one batch")
            if self._validate is not None:
                with no_grad():
                    measured = named(self._validate(), "validate", self._validate)
                self.log.log_epoch(**{name if is_of_part(name) else f"val_{name}": value
                                      for name, value in measured.items()})

    def _make(self, item: Any) -> None:
        """One step."""
        if self._takes is None:
            self._takes = way_in(self._step, item)
        self._values = named(self._takes(item), "step", self._step)
        self.log.log(**self._values)
        self.steps += 1
        for observer in tuple(self.observers):
            observer(self)

    def _drive(self) -> None:
        """The thread."""
        with short_turns():
            self._work(math.inf)

    async def _slice(self) -> None:
        """The task, where there are no threads."""
        while self.state not in ENDED and self._work(perf_counter() + SLICE):
            await asyncio.sleep(0.02 if self.state == "paused" else 0)

    def _work(self, until: float) -> bool:
        """Make steps until a time or an end; whether there is more to do."""
        error: BaseException | None = None
        self._inside = True
        try:
            more = self._begun or next(self._loop, False)
            self._begun = True
            while more and not (self._asked and not self._stand()) and perf_counter() < until:
                more = next(self._loop, False)
            if more and not self._stopping:
                return True
            self._stopping = more
        except BaseException as raised:  # noqa: BLE001  told by `wait`, whatever it is
            error = raised
        finally:
            self._inside = False
        self._end(error)
        return False

    def _stand(self) -> bool:
        """Do what was asked for, here where a step has ended; whether to make another one."""
        while True:
            with self._turn:
                self._take_rate()
                if self._stopping:
                    return False
                if self._singles or not self._pausing:
                    self._watch.go()
                    if self._singles:
                        self._singles -= 1
                        return True
                    self.state, self._asked = "running", False
                    break
                if self._standing and self._thread is not None:
                    self._turn.wait()
                    continue
                fresh, self._standing, self.state = not self._standing, True, "paused"
                self._watch.halt()
                self._turn.notify_all()
            if fresh:
                self.tell()
            if self._thread is None:
                return False
        self.tell()
        return True

    def _end(self, error: BaseException | None) -> None:
        with self._turn:
            self._take_rate()
            self._loop.close()  # a loader's workers end here
            self.progress.stop()
            self._watch.halt()
            self.error = from_the_users_lines(error)
            self.state = "failed" if error else "stopped" if self._stopping else "done"
            if error:
                untold.add(self)
        try:
            self.tell()
        finally:
            with self._turn:
                self._standing = self._is_over = True
                open_runs.discard(self)
                self._turn.notify_all()
