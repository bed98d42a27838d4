"""A loss curve that grows while a plain loop runs."""

from __future__ import annotations

import os
import sys
import threading
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from learngrad.descent import Curves, Progress, Run
from learngrad.descent.train import ENDED
from learngrad.widgets._controls import PlotControls
from learngrad.widgets._interrupt import Interrupts
from learngrad.widgets._notebook import has_widgets, notebook, publish
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    import matplotlib.axes
    import pandas

    from learngrad.descent.train import Training
    from learngrad.widgets.curve_view import CurveView

__all__ = ["LivePlot"]

SHARE = 0.0015
"""Of the time, what sending to the screen may take."""


class LivePlot(Run):
    """Curves that grow in the cell that makes the plot, while a loop logs to it.

    In a notebook the plot is displayed at once; nothing else in the output is touched. In a plain
    program it only collects: `curves`, `svg` and `describe` have what was logged. What goes wrong
    with the drawing is a warning, once: the loop goes on, and its numbers are kept.

    Parameters
    ----------
    title : str, default "Descent"
        The heading.

    Examples
    --------
    >>> import learngrad
    >>> plot = learngrad.LivePlot()
    >>> for step in plot.track(range(100)):
    ...     plot.log(loss=1 / (1 + step), accuracy=step / 100)
    >>> plot.describe()
    'loss went from 1 to 0.01 in 100 points; ... accuracy went from 0 to 0.99 ...'

    As a context it is complete where the block ends, not only where the cell does:

    >>> with learngrad.LivePlot("Two rates") as plot:
    ...     for lr in (0.1, 0.01):
    ...         run = plot.run(f"lr={lr}")
    ...         for step in range(10):
    ...             run.log(loss=(1 - lr) ** step)
    >>> plot.curves.names
    ['loss (lr=0.1)', 'loss (lr=0.01)']
    """

    def __init__(self, title: str = "Descent") -> None:
        super().__init__(Curves(), progress=Progress())
        self.plot = self
        self._runs: dict[str, Run] = {"": self}
        self._interrupts = Interrupts(self._progress)
        self._controls = PlotControls(self._progress, lambda: self._waiting_for_end)
        self._view: CurveView | None = None
        self._sender: Sender | None = None
        self._place = ""
        self._shown_in: int | None = None
        self._waiting_for_end = False
        self._title = title
        shell = notebook()
        if shell is not None:
            self._open(shell)

    def run(self, name: str) -> Run:
        """One of several trainings in this plot, with `log`, `log_epoch` and `track` of its own.

        Its steps begin at 0. The same name gives the same run again, which goes on.

        Parameters
        ----------
        name : str
            What the legend calls it, for instance ``"lr=0.1"``.
        """
        name = str(name)
        if name not in self._runs:
            self._runs[name] = Run(self.curves, name, self._progress)
            self._runs[name].plot = self
        return self._runs[name]

    def svg(self) -> str:
        """The curves as a static picture."""
        return self.curves.svg()

    def describe(self) -> str:
        """The curves in words."""
        return self.curves.describe()

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Every point in a CSV file, as `Curves.to_csv`."""
        return self.curves.to_csv(path)

    def to_dataframe(self) -> pandas.DataFrame:
        """Every point in a pandas DataFrame, as `Curves.to_dataframe`."""
        return self.curves.to_dataframe()

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """The curves drawn on Axes of Matplotlib, as `Curves.to_matplotlib`."""
        return self.curves.to_matplotlib(ax)

    def flush(self) -> None:
        """Send what was logged to the screen now; a cell that ends does it by itself."""
        if self._sender is not None:
            self._sender.flush()

    def __enter__(self) -> LivePlot:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        if self._waiting_for_end:
            self._cell_ended()

    def _open(self, shell: Any) -> None:
        self._place, self._shown_in = uuid.uuid4().hex, shell.execution_count
        try:
            if has_widgets():
                from learngrad.widgets.curve_view import CurveView

                self._view = CurveView(self.curves, self._title, self._progress, self._controls)
                self._sender = Sender(self._view.flush, self._is_sent, share=SHARE)
            publish("curves ...", None, self._view, self._place)
        except Exception as problem:  # noqa: BLE001  no drawing, but the numbers are kept
            _warn(problem)
        self._progress.changed = self._touched
        self._wait_for_end()

    def _touched(self) -> None:
        """A step was logged."""
        # A training in the background does not end with a cell.
        if not self._waiting_for_end and threading.current_thread() is threading.main_thread():
            self._wait_for_end()
        if self._sender is not None:
            self._sender.touch()

    def _is_sent(self, running: bool) -> None:
        """While a thread looks for what is new, a step has nobody to tell."""
        self._progress.changed = None if running else self._touched

    def _wait_for_end(self) -> None:
        """Ask to be called when the running cell ends, however it ends."""
        shell = notebook()
        if shell is not None:
            shell.events.register("post_run_cell", self._cell_ended)
            self._waiting_for_end = True
            self._interrupts.begin()

    def _cell_ended(self, _: Any = None) -> None:
        shell = notebook()
        if shell is not None and self._waiting_for_end:
            shell.events.unregister("post_run_cell", self._cell_ended)
        self._waiting_for_end = False
        self._interrupts.end()
        self._progress.stop()
        self._settle(Sender.close)

    def _settle(self, send: Callable[[Sender], None]) -> None:
        """Bring view, state and static picture up to what was logged."""
        try:
            if self._sender is not None and self._view is not None:
                send(self._sender)
                self._view.finish()
            self._publish(self._place, update=True)
        except Exception as problem:  # noqa: BLE001  no drawing, but the numbers are kept
            _warn(problem)

    def _attach(self, training: Training) -> None:
        """Show a training's buttons."""
        self._controls.trainings.append(training)
        if self._view is not None:
            self._view.live = True

    def _turned(self, training: Training) -> None:
        """A training is in another state; called in its thread."""
        if training.state in ENDED and notebook() is not None:
            self._settle(Sender.flush)
        else:
            self.flush()

    def _publish(self, place: str, *, update: bool) -> None:
        publish(self.describe(), self.svg(), self._view, place, update=update)

    def _ipython_display_(self) -> None:
        """Nothing in the cell that shows it already; in another cell, a view of its own."""
        shell = notebook()
        if shell is None:
            sys.stdout.write(self.describe() + "\n")
        elif self._shown_in != shell.execution_count:
            self._shown_in = shell.execution_count
            self._publish(uuid.uuid4().hex, update=False)

    def __repr__(self) -> str:
        return f"<LivePlot: {self.curves!r}>"


def _warn(problem: Exception) -> None:
    warnings.warn(f"the curves cannot be drawn, the numbers are kept: {problem!r}", RuntimeWarning,
                  stacklevel=4)
