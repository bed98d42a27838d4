"""A loss curve that grows while a plain loop runs."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from learngrad.descent import Curves, Progress, Run
from learngrad.descent.checks import text
from learngrad.descent.train import ENDED
from learngrad.trace.text import elide
from learngrad.widgets._controls import PlotControls
from learngrad.widgets._interrupt import Interrupts
from learngrad.widgets._live import Live
from learngrad.widgets._notebook import notebook
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.descent.train import Training
    from learngrad.widgets.curve_view import CurveView

__all__ = ["LivePlot"]

SHARE = 0.0015
"""Of the time, what sending to the screen may take."""


class LivePlot(Live, Run):
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

    kind, heading = Curves.kind, Curves.heading
    lost = "the curves cannot be drawn, the numbers are kept"

    def __init__(self, title: str = "Descent") -> None:
        Run.__init__(self, Curves(), progress=Progress())
        self.plot = self
        self.title = text("title", title, 'learngrad.LivePlot("Two rates")')
        self._runs: dict[str, Run] = {"": self}
        self._controls = PlotControls(self._progress, lambda: self._waiting_for_end)
        self._interrupts = Interrupts(self._progress, self._controls.is_looping)
        if notebook() is not None:
            self._open("curves ...", self._make,
                       lambda view: Sender(self._keeping(view.flush), self._is_sent, share=SHARE))
            self._progress.changed = self._touched
            self._wait_for_end()

    def _make(self) -> CurveView:
        from learngrad.widgets.curve_view import CurveView

        return CurveView(self.curves, self.title, self._progress, self._controls)

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

    def describe(self) -> str:
        """The curves in words."""
        return self.curves.describe()

    def svg(self) -> str:
        """The curves as a static picture."""
        return self.curves.svg()

    def to_dict(self) -> dict[str, Any]:
        """The curves as plain data, as `Curves.to_dict`."""
        return self.curves.to_dict()

    def page(self) -> dict[str, Any]:
        """As `Curves.page`, with the heading."""
        return {**self.curves.page(), "title": self.title}

    def columns(self) -> dict[str, Any]:
        """As `Curves.columns`."""
        return self.curves.columns()

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

    def _touched(self) -> None:
        """A step was logged."""
        # A training in the background does not end with a cell.
        if not self._waiting_for_end and threading.current_thread() is threading.main_thread():
            self._wait_for_end()
        if self._sender is not None:
            self._sender.touch()

    def _is_sent(self, running: bool) -> None:
        # While a thread looks for what is new, a step has nobody to tell.
        self._progress.changed = None if running else self._touched
        super()._is_sent(running)

    def _wait_for_end(self) -> None:
        super()._wait_for_end()
        self._interrupts.begin()

    def _end_of_cell(self) -> None:
        self._interrupts.end()
        self._progress.stop()

    def _now(self) -> str:
        alive = [run for run in self._controls.trainings if run.state not in ENDED]
        if not alive and self._controls.is_looping():
            return "The cell was still running when this was stored."
        return " ".join(
            f"The training{f' {elide(run.log.name, 40)}' if run.log.name else ''} was {run.state} "
            f"when this was stored, at step {run.steps:,}." for run in alive)

    def _attach(self, training: Training) -> None:
        """Show a training's buttons."""
        self._controls.trainings.append(training)
        if self._view is not None:
            self._view.live = True

    def _turned(self, training: Training) -> None:
        """A training is in another state; called in its thread."""
        with self._drawing():
            self.flush()
        if training.state in ENDED:
            self._store()

    def __repr__(self) -> str:
        return f"<LivePlot: {self.curves!r}>"
