"""How far a loop is, how fast, and how long it still takes; and what watching it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import Any

from learngrad.trace.text import number

# A thread's own time where it is known: then waiting for other threads does not count as work.
try:
    from time import thread_time as busy
except ImportError:
    busy = perf_counter

__all__ = ["Progress", "Stopwatch", "busy"]


STOPPED = "stopped where a step had ended"


class Stopwatch:
    """Seconds that went by while it was not halted."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._lost = 0.0
        self._halted: float | None = None

    def __call__(self) -> float:
        """What it shows."""
        return (self._clock() if self._halted is None else self._halted) - self._lost

    def halt(self) -> None:
        """Let no time go by until `go`."""
        if self._halted is None:
            self._halted = self._clock()

    def go(self) -> None:
        """Go on."""
        if self._halted is not None:
            self._lost += self._clock() - self._halted
            self._halted = None


class _Loop:
    """One loop that runs: how many of its items are done, and how many of loops inside it."""

    __slots__ = ("done", "inside", "of", "started", "total")

    def __init__(self, total: int | None, started: float, of: str) -> None:
        self.total, self.started, self.of, self.done, self.inside = total, started, of, 0, 0

    def __str__(self) -> str:
        if not self.total:
            return _steps(self.done)
        return f"{self.done:,} of {self.total:,}" + (f" {self.of}" if self.of else "")


class Progress:
    """The loops that run, one inside the other, and the time that logging took in all.

    Parameters
    ----------
    clock : callable, default time.perf_counter
        Gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._loops: list[_Loop] = []
        self._ended = ""
        self.steps = 0
        """Calls of `log`."""
        self.spent = 0.0
        """Seconds of work that they took, with all that was sent to the screen for them."""
        self.changed: Callable[[], None] | None = None
        """Called after each step; None where nobody looks."""
        self.stopping = self.stopped = False
        """Whether the loops are asked to end after the step that runs, and whether they did."""
        self.interrupted = False
        """Whether it was an interrupt that asked, which then goes on to the cell."""

    def over(self, items: Iterable[Any], total: int | None, of: str = "") -> Iterator[Any]:
        """The items one by one, counted; `of` says in the plural what they are.

        Asked to stop, all loops that run end after the step, quietly; one that begins later is
        refused by a KeyboardInterrupt: there is a loop round it that nobody tracks, or another
        training. An interrupt is raised after the step, here.
        """
        if self.is_halting:
            raise KeyboardInterrupt(STOPPED)
        loop = _Loop(total, self._clock(), of)
        self._loops.append(loop)
        try:
            for item in items:
                yield item
                loop.done += 1
                if self.changed is not None:
                    self.changed()
                if self.interrupted:
                    self._interrupt()
                if self.stopping:
                    break
        finally:
            self._end(loop)
            if self.stopping and not self._loops:
                self.stopping, self.stopped = False, True
            if self.changed is not None:
                self.changed()

    def halt(self) -> None:
        """End a loop that nobody tracks, where a step has ended, if it was asked to end."""
        if self._loops:
            return
        if self.interrupted:
            self._interrupt()
        if self.stopping:
            self.stopping, self.stopped = False, True
            raise KeyboardInterrupt(STOPPED)

    def _interrupt(self) -> None:
        """Hand on the interrupt that was held back; who catches it may go on."""
        self.stopping = self.interrupted = False
        raise KeyboardInterrupt(STOPPED)

    @property
    def is_tracking(self) -> bool:
        """Whether a loop runs whose steps are counted here."""
        return bool(self._loops)

    @property
    def is_halting(self) -> bool:
        """Whether the loops of this cell were asked to end, and maybe have."""
        return self.stopping or self.stopped

    def _end(self, loop: _Loop) -> None:
        if loop not in self._loops:  # the cell was over before
            return
        at = self._loops.index(loop)
        # What an exception left unfinished inside it ends, too.
        for inner, outer in zip(self._loops[:at:-1], self._loops[-2::-1]):
            outer.inside += inner.inside or inner.done
        del self._loops[at + 1:]
        self._ended = self._all(loop)
        self._loops.pop()
        if self._loops:
            self._loops[-1].inside += loop.inside or loop.done

    def stop(self) -> None:
        """No loop runs any more, however it ended."""
        if self._loops:
            self._end(self._loops[0])

    @property
    def share(self) -> float | None:
        """How much of the outermost loop is done, from 0 to 1; None where nobody can know."""
        if not self._loops or not self._loops[0].total:
            return None
        done, part = 0.0, 1.0
        for loop in self._loops:
            if not loop.total:
                break
            part /= loop.total
            done += part * loop.done
        return min(done, 1.0)

    @property
    def cost(self) -> float:
        """Microseconds that a call of `log` took on average."""
        return 1e6 * self.spent / self.steps if self.steps else 0.0

    def describe(self) -> str:
        """Progress in words: ``2 of 10, 45 of 90 · 38 steps/s · 1 min 10 s left``."""
        if not self._loops:
            return self._ended
        counts = ", ".join(map(str, self._loops))
        # Speed and time left are of the whole time, so that they fit each other.
        took, inner = self._clock() - self._loops[0].started, self._loops[-1]
        steps = sum(loop.inside for loop in self._loops[:-1]) + (inner.inside or inner.done)
        said = [counts]
        if steps and took > 0:
            said.append(_speed(steps / took))
        share = self.share
        if share:
            said.append(f"{_duration(took * (1 - share) / share)} left")
        return " · ".join(said)

    def _all(self, loop: _Loop) -> str:
        took = self._clock() - loop.started
        steps = loop.inside or loop.done
        of = f" of {loop.total:,}" if loop.total and loop.done != loop.total and not loop.inside \
            else ""
        speed = f" · {_speed(steps / took)}" if took > 0 else ""
        counted = _steps(steps) if not of else f"{steps:,}{of} steps"
        return f"{counted} in {_duration(took)}{speed}"


def _steps(count: int) -> str:
    return f"{count:,} {'step' if count == 1 else 'steps'}"


def _speed(value: float) -> str:
    value = float(f"{value:.3g}")
    return f"{value:,.0f} steps/s" if value >= 1000 else f"{number(value)} steps/s"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
