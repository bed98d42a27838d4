"""A loss curve that grows while a plain loop runs."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Any

from learngrad.descent import Curves
from learngrad.errors import ArgumentError
from learngrad.widgets._notebook import has_widgets, notebook, publish
from learngrad.widgets._throttle import Throttle

if TYPE_CHECKING:
    from learngrad.widgets.curve_view import CurveView

__all__ = ["LivePlot"]


class LivePlot:
    """Curves that grow in the cell that makes the plot, while a loop logs to it.

    In a notebook the plot is displayed at once; nothing else in the output is touched. In a plain
    program it only collects: `curves`, `svg` and `describe` have what was logged.

    Parameters
    ----------
    title : str, default "Descent"
        The heading.

    Examples
    --------
    >>> import learngrad
    >>> plot = learngrad.LivePlot()
    >>> for step in range(100):
    ...     plot.log(loss=1 / (1 + step), accuracy=step / 100)
    >>> plot.describe()
    'loss went from 1 to 0.01 in 100 points; ... accuracy went from 0 to 0.99 ...'
    """

    def __init__(self, title: str = "Descent") -> None:
        self.curves = Curves()
        self._steps = 0
        self._view: CurveView | None = None
        self._throttle: Throttle | None = None
        self._place = ""
        self._shown_in: int | None = None
        self._waiting_for_end = False
        self._title = title
        shell = notebook()
        if shell is not None:
            self._open(shell)

    def log(self, step: float | None = None, **values: Any) -> None:
        """Put one point at the end of each named curve.

        Parameters
        ----------
        step : float, optional
            Where on the horizontal axis; by default one after the last, from 0.
        **values : float or Tensor of one element
            A curve's name and its value, for instance ``loss=loss``.

        Raises
        ------
        ArgumentError
            If there is no value, or the step lies before the last one.
        ArgumentTypeError
            If a value is not a single number; then none of them is kept.
        """
        if not values:
            raise ArgumentError("there is nothing to log", fix="name a value: plot.log(loss=loss)")
        at = self._steps if step is None else step
        self.curves.extend(at, values)
        self._steps = int(at) + 1
        if self._throttle is not None:
            if not self._waiting_for_end:
                self._wait_for_end()
            self._throttle.touch()

    def svg(self) -> str:
        """The curves as a static picture."""
        return self.curves.svg()

    def describe(self) -> str:
        """The curves in words."""
        return self.curves.describe()

    def flush(self) -> None:
        """Send what was logged to the screen now; a cell that ends does it by itself."""
        if self._throttle is not None:
            self._throttle.flush()

    def _open(self, shell: Any) -> None:
        self._place, self._shown_in = uuid.uuid4().hex, shell.execution_count
        if has_widgets():
            from learngrad.widgets.curve_view import CurveView

            self._view = CurveView(self.curves, self._title)
            self._throttle = Throttle(self._view.flush)
        publish("curves ...", None, self._view, self._place)
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        """Ask to be called when the running cell ends, however it ends."""
        shell = notebook()
        if shell is not None:
            shell.events.register("post_run_cell", self._cell_ended)
            self._waiting_for_end = True

    def _cell_ended(self, _: Any = None) -> None:
        shell = notebook()
        if shell is not None:
            shell.events.unregister("post_run_cell", self._cell_ended)
        self._waiting_for_end = False
        if self._throttle is not None and self._view is not None:
            self._throttle.close()
            self._throttle = Throttle(self._view.flush)
            self._view.finish()
        self._publish(self._place, update=True)

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
