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
from learngrad.descent.progress import Progress, Stopwatch
from learngrad.descent.rates import checked_rate, optimizers_of, rate, set_rate
from learngrad.descent.run import Run
from learngrad.descent.style import is_of_part
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
    in_a_line,
    open_runs,
    running,
    untold,
)
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError

__all__ = ["ENDED", "Observer", "Training"]

SLICE = 0.03
"""Seconds of work between two looks at the event loop, where there are no threads."""
ENDED = ("done", "stopped", "failed")

Observer = Callable[["Training"], Any]
_starting = threading.Lock()


class Training:
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
        self._step, self._validate = callable_for("step", step), validate
        if validate is not None:
            callable_for("validate", validate)
        self._epochs = whole("epochs", epochs)
        self._over = source(step, over, self._epochs)
        self.observers = as_observers(observe)
        self.optimizers = as_optimizers(optimizer) or optimizers_of(step, validate)
        self.log, self.lingers = log, lingers
        self.steps = self.epoch = 0
        self.values: dict[str, float] = {}
        self.state = "running"
        self.error: BaseException | None = None
        self._watch = Stopwatch()
        self.progress = Progress(self._watch)
        self._changed = changed
        self._takes: Callable[[Any], Any] | None = None
        # What was asked for. `_asked` says that there is something: a step looks at it alone.
        self._turn = threading.Condition()
        self._asked = self._pausing = paused
        self._stopping = False
        self._singles = 0
        self._rate: float | None = None
        self._standing = False
        self._begun = self._inside = self._is_over = False
        self.waited = False
        self._thread: threading.Thread | None = None
        self._slices: asyncio.Task[None] | None = None
        self._loop = self._go()

    # ---- What a user calls -----------------------------------------------------------------------

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

    def pause(self) -> None:
        """Halt where the step that runs ends; returns when it has."""
        self.ask("pause")
        self._await(lambda: self._standing)

    def resume(self) -> None:
        """Go on."""
        self._must_go_on("resume")
        self.ask("resume")

    def step(self, count: int = 1) -> None:
        """Make so many steps and halt again; returns when they are made."""
        self._must_go_on("step")
        for _ in range(whole("count", count)):
            self.ask("step")
        self._await(lambda: self._standing and not self._singles)

    def stop(self) -> None:
        """End where the step that runs ends; returns when it has. It cannot go on afterwards."""
        self.ask("stop")
        self._await(lambda: False)

    @property
    def lr(self) -> float:
        """The learning rate of the optimiser's first parameter group; may be set at any time.

        A new one holds from the next step on. The other groups keep their ratio to it, and a
        schedule goes on from there.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            If it is set to what is no rate, or `step` names no optimiser.
        """
        found = self._rate if self._rate is not None else rate(self.optimizers)
        if found is None:
            raise ArgumentError("the training knows no optimiser: none is named in `step`",
                                fix="learngrad.train(step, loader, optimizer=optimizer)")
        return found

    @lr.setter
    def lr(self, value: float) -> None:
        if rate(self.optimizers) is None:
            self.lr  # noqa: B018  says what is missing
        number = checked_rate(value)
        with self._turn:
            self._rate = number
            if self.state in ENDED or self._standing:
                self._take_rate()
            else:
                self._asked = True
        self.tell()

    def wait(self, timeout: float | None = None) -> None:
        """Return when it has ended; an interrupt (Ctrl-C, the notebook's button) stops it first.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Raises
        ------
        Exception
            What the training raised.
        TimeoutError
            If it goes on after `timeout`. Nothing is changed by that.
        GraphError
            If it is paused, and would never end; or if a step or an observer of its own waits.
        KeyboardInterrupt
            If it was interrupted: then it has ended where a step had.
        """
        if self._pausing and not self._stopping and self.state not in ENDED and timeout is None:
            raise GraphError("the training is paused and would never end", fix="run.resume()")
        if self._is_within():
            raise GraphError("a step cannot wait for the end of its own training",
                             fix="run.stop(), which ends it after this step")
        if timeout is not None and (isinstance(timeout, bool)
                                    or not isinstance(timeout, int | float)):
            raise ArgumentTypeError(f"timeout is a number of seconds, not {timeout!r:.60}",
                                    fix="run.wait(timeout=60)")
        self.waited = True
        try:
            ended = self._await(lambda: False, timeout)
        except KeyboardInterrupt:
            self.stop()
            raise
        finally:
            self.waited = False
        if not ended:
            raise TimeoutError(f"the training goes on after {timeout} s: step {self.steps}")
        if self.error is not None:
            self.heard()
            raise self.error

    def __await__(self) -> Generator[Any, None, None]:
        """``await run`` waits as `wait` does, and lets the event loop work meanwhile."""
        while self.state not in ENDED:
            yield from asyncio.sleep(0.02).__await__()
        self.wait()

    def __repr__(self) -> str:
        text = self.progress.describe()
        return f"<training: {self.state}, {self.steps:,} steps{text and f', {text}'}>"

    # ---- What a view calls -----------------------------------------------------------------------

    def ask(self, what: str) -> None:
        """Ask for ``"pause"``, ``"resume"``, ``"step"`` or ``"stop"``, and do not wait for it."""
        with self._turn:
            if self.state in ENDED:
                return
            if what == "stop":
                self._stopping = True
            elif what == "step":
                self._pausing = True
                self._singles += 1
                self._standing = False
            else:
                self._pausing = what == "pause"
                self._singles = 0
                self._standing = self._standing and self._pausing
            self._asked = True
            self._turn.notify_all()

    def leave(self, seconds: float) -> None:
        """Stop, and wait so long for it: the program ends, and whoever looked at it is going."""
        self._changed = lambda _: None
        self.ask("stop")
        self._await(lambda: False, seconds)

    def heard(self) -> None:
        """Its error has been shown: the end of the program need not do it."""
        untold.discard(self)

    def tell(self) -> None:
        """Have the view told how it stands."""
        self._changed(self)

    def status(self) -> dict[str, Any]:
        """How it stands, as plain data."""
        return {"name": self.log.name, "state": self.state, "text": self.progress.describe(),
                "share": self.progress.share, "steps": self.steps,
                "lr": rate(self.optimizers) if self._rate is None else self._rate,
                "error": "" if self.error is None else in_a_line(self.error)}

    # ---- The loop --------------------------------------------------------------------------------

    def _go(self) -> Generator[bool, None, None]:
        """The training, a step at a time: it yields before each of them."""
        epochs: Iterable[int] = range(self._epochs)
        if self._epochs > 1:
            epochs = self.progress.over(epochs, self._epochs)
        for epoch in epochs:
            self.epoch = epoch
            items, total = self._over()
            before = self.steps
            for item in self.progress.over(items, total):
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
        self.values = named(self._takes(item), "step", self._step)
        self.log.log(**self.values)
        self.steps += 1
        for observer in tuple(self.observers):
            observer(self)

    def _drive(self) -> None:
        """The thread."""
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

    def _take_rate(self) -> None:
        if self._rate is not None:
            set_rate(self.optimizers, self._rate)
            self._rate = None

    # ---- Waiting for it --------------------------------------------------------------------------

    def _must_go_on(self, what: str) -> None:
        if self.state in ENDED:
            raise GraphError(f"the training has ended ({self.state}): there is nothing to {what}",
                             fix="begin another one: learngrad.train(step, loader)")

    def _is_within(self) -> bool:
        """Whether a step, or an observer, is what calls."""
        return self._inside and self._thread in (None, threading.current_thread())

    def _await(self, reached: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait until it has ended or something is reached; whether that is so.

        Called from within a step, or by an observer, it does not wait: the step must end first.
        """
        if self._is_within():
            return False
        until = math.inf if seconds is None else perf_counter() + seconds
        if self._thread is None:
            return self._is_over or (self._work(until) and reached()) or self._is_over
        with self._turn:
            while not (self._is_over or reached()):
                left = until - perf_counter()
                if left <= 0:
                    return False
                # Not for ever: where a lock cannot be interrupted, the user still can.
                self._turn.wait(min(left, 0.2))
        return True
