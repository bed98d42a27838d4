"""What a training loop calls: one line a step."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from learngrad.descent.curves import Curves, single
from learngrad.descent.late import Late, late
from learngrad.descent.progress import Progress, busy
from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of

__all__ = ["Run", "items_of"]

Item = TypeVar("Item")
SAMPLED = 64
"""One call in so many is timed: asking the time costs as much as the call."""


class Run:
    """One training among the curves of a plot; made by `LivePlot.run`, which says more."""

    def __init__(self, curves: Curves, name: str = "", progress: Progress | None = None) -> None:
        self.curves, self.name = curves, name
        self._progress = progress or Progress()
        self._known = curves.of(name)
        self.plot: Any = None
        self._next = 0
        self._last: float | None = None
        self._epoch: float | None = None

    def __repr__(self) -> str:
        return f"<run {self.name!r} of {self.curves!r}>"

    def log(self, step: float | None = None, **values: Any) -> None:
        """Put one point at the end of each named curve.

        Parameters
        ----------
        step : float, optional
            Where on the horizontal axis; by default one after the last, from 0.
        **values : float or Tensor of one element
            A curve's name and its value, for instance ``loss=loss``; one on a GPU is not waited
            for. A name may come later than others. ``val_loss`` has the colour of ``loss``,
            ``accuracy`` an axis of its own.

        Raises
        ------
        ArgumentError
            If there is no value, or the step lies before the last one.
        ArgumentTypeError
            If a value is not a single number; then none of them is kept.
        KeyboardInterrupt
            In a notebook, if the cell was interrupted, or the view's Stop pressed, while no loop
            was tracked: the step is over, and its values are kept.
        """
        self.log_all(step, values)

    def log_all(self, step: float | None, values: dict[str, Any]) -> None:
        """As `log`, for names that are no names of Python's, or that `log` itself has."""
        progress = self._progress
        progress.steps = count = progress.steps + 1
        if count % SAMPLED:
            self._put(step, values)
        else:
            before, started = busy(), busy()
            self._put(step, values)
            # Less what asking the time takes.
            progress.spent += SAMPLED * max(0.0, busy() - started - (started - before))
        if progress.changed is not None:
            progress.changed()
        if progress.stopping and threading.current_thread() is threading.main_thread():
            progress.halt()

    def _put(self, step: float | None, values: dict[str, Any]) -> None:
        if not values:
            names = isinstance(step, dict)
            raise ArgumentError(
                "there is nothing to log" if step is None else
                f"there is nothing to log: {step!r:.40} would be the step, and no value has a name",
                fix="plot.log(**values)" if names else "name a value: plot.log(loss=loss)")
        at = self._next if step is None else step
        # The way of nearly every step, in half the time: curves that are there already.
        known = self._known
        for name, y in values.items():
            if y.__class__ is not float:
                y = values[name] = late(y) or single(name, "value", y, known.get(name))
            if name not in known or at.__class__ is not int or at < known[name].x[-1] or (
                    y.__class__ is Late):
                self.curves.extend(at, values, self.name)
                break
        else:
            for name, y in values.items():
                series = known[name]
                series.x.append(at)
                series.y.append(y)
        self._last, self._next = at, int(at) + 1

    def last(self, name: str) -> float:
        """The last value of a curve."""
        series = self._known[name]
        return float(series.since(len(series.y) - 1)[1][0])

    def log_epoch(self, **values: Any) -> None:
        """Put one point a curve where an epoch ended: at the last step that `log` was given.

        Parameters
        ----------
        **values : float or Tensor of one element
            As for `log`, for instance ``val_loss=loss``. Without a call of `log` since the epoch
            before it counts on by one.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            As `log`.

        Examples
        --------
        >>> run = Run(Curves())
        >>> for epoch in range(2):
        ...     for batch in range(10):
        ...         run.log(loss=1.0)
        ...     run.log_epoch(val_loss=1.5)
        >>> run.curves["val_loss"][0].tolist()
        [9.0, 19.0]
        """
        at = self._last if self._last is not None and self._last != self._epoch else self._next
        self.log(at, **values)
        self._epoch = at

    def track(self, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
        """Go through a loader, or anything else, and show how far it is under the plot.

        Parameters
        ----------
        items : iterable
            What the loop goes through. Loops may stand inside each other: one over the epochs, one
            over the batches.
        total : int, optional
            How many there are; by default ``len(items)``, where it has one. Without it there is a
            count and a speed, and no time left.

        Returns
        -------
        iterator
            The same items.

        Raises
        ------
        ArgumentTypeError, ArgumentError
            If `items` cannot be gone through, or `total` is no count.

        Notes
        -----
        In a notebook the view's Stop ends the loop after the step that runs, and the program goes
        on after it. An interrupt (the notebook's button, Ctrl-C) is a KeyboardInterrupt, as in any
        loop, but raised where the step has ended, so that model, optimiser and curves belong
        together; a second one, or one that no step's end meets for a while, is raised at once.
        Where a page cannot reach a kernel that works (ipykernel before 7), Stop is an interrupt.

        Examples
        --------
        >>> run = Run(Curves())
        >>> for x in run.track([3.0, 2.0, 1.0]):
        ...     run.log(loss=x)
        >>> len(run.curves)
        3
        """
        return self._progress.over(*items_of(items, total))


def items_of(items: Iterable[Item], total: Any = None) -> tuple[Iterator[Item], int | None]:
    """What a loop goes through, and how many there are, where that can be known.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        As `Run.track`.
    """
    if isinstance(items, type):
        raise ArgumentTypeError(f"{items.__name__} is a class, and has nothing in it to go through",
                                fix=f"make one: {items.__name__}(...)")
    try:
        found = iter(items)
    except TypeError as error:
        raise ArgumentTypeError(f"{a_kind_of(items)} cannot be gone through one by one",
                                fix="for x, y in plot.track(loader): ...") from error
    if total is None:
        return found, _length(items) if hasattr(items, "__len__") else None
    if isinstance(total, bool) or not hasattr(total, "__index__") or total < 0:
        raise ArgumentError(f"total counts steps, and is {total!r:.60}", fix="total=len(loader)")
    return found, int(total)


def _length(items: Any) -> int | None:
    try:
        return len(items)
    except (TypeError, NotImplementedError):  # a loader of a stream has the method, and no answer
        return None
