"""A training in hand: what a user, or a view, asks of one, whoever makes its steps."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Generator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from learngrad.descent.checks import whole
from learngrad.descent.late import Late
from learngrad.descent.progress import Progress, Stopwatch
from learngrad.descent.rates import checked_rate, rate, set_rate
from learngrad.descent.train_open import in_a_line, untold
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError

if TYPE_CHECKING:
    from learngrad.descent.run import Run

__all__ = ["ENDED", "Controls"]

ENDED = ("done", "stopped", "failed")


class Controls:
    """Asks for a pause, a step, a stop, another rate; `Training` does it where a step has ended.

    They may be used from any thread. `_work` makes steps until a time or an end.
    """

    log: Run
    optimizers: list[Any]

    def __init__(self, paused: bool, changed: Callable[[Any], None]) -> None:
        self.steps = self.epoch = 0
        self._values: dict[str, float] = {}
        self.state = "running"
        self.error: BaseException | None = None
        self._watch = Stopwatch()
        self.progress = Progress(self._watch)
        self._changed = changed
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

    # ---- What a user calls -----------------------------------------------------------------------

    @property
    def values(self) -> dict[str, float]:
        """What the last step returned; of a GPU, waited for now, as it was logged."""
        return {name: self.log.last(name) if isinstance(value, Late) else value
                for name, value in self._values.items()}

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

    def _work(self, until: float) -> bool:
        """Make steps until a time or an end; whether there is more to do."""
        raise NotImplementedError

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
