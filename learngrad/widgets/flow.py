"""`GradientFlow`: how a network's layers fare while it learns, seen live."""

from __future__ import annotations

import sys
import uuid
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from learngrad.descent.flow import Flow
from learngrad.descent.flow_watch import FlowWatch
from learngrad.widgets._notebook import has_widgets, notebook, publish
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.widgets.flow_view import FlowView

__all__ = ["GradientFlow"]

COST = 0.01
"""Of the time, what sending may take."""


class GradientFlow:
    """Shows of each layer, while a loop trains: gradients, activations, weights, and what is wrong.

    One line before the loop. For each layer there is a histogram of the magnitudes of its weights,
    of what comes out of it (behind the ReLU, tanh or sigmoid that follows, as module or as
    function), of the gradients that arrive there, and of those of its weights; how much a step
    changes its weights; which of its units are dead and what share of its outputs is saturated; and
    a verdict in words. A layer that is called several times, as in an unrolled recurrent network,
    has a line for each call.

    Not every step is watched, but as many as a fiftieth of the loop's time allows; the corner of
    the view says what it takes. What goes wrong in watching or drawing is a warning, once: the loop
    goes on.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
        Of some of its parameters, at least; its step is where a step is over.
    title : str, default "Gradient flow"
        The heading.
    every : int, optional
        Watch each so many steps instead, whatever it takes.

    Raises
    ------
    ArgumentTypeError
        If the model is no module, or the optimiser none of learngrad's.
    ArgumentError
        If the model has no parameters, or the optimiser none of them.

    Notes
    -----
    Of a large array 1,024 evenly spaced elements are looked at. A unit is called dead if it gave
    nothing but zeros in the last five steps that were watched, and an output of tanh saturated
    beyond ±0.97. A gradient is called vanishing, or exploding, if it is a hundred times smaller, or
    larger, than that at the output. As a rule of thumb a step changes weights by a thousandth of
    their length (A. Karpathy, CS231n, "Neural Networks Part 3").

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> _ = learngrad.manual_seed(0)
    >>> layers = [layer for _ in range(8) for layer in (nn.Linear(16, 16), nn.Sigmoid())]
    >>> model = nn.Sequential(*layers, nn.Linear(16, 2))
    >>> optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    >>> flow = learngrad.GradientFlow(model, optimizer)
    >>> X, y = learngrad.randn(32, 16), learngrad.randint(0, 2, (32,))
    >>> for step in range(3):
    ...     optimizer.zero_grad()
    ...     nn.functional.cross_entropy(model(X), y).backward()
    ...     optimizer.step()
    >>> flow.describe().splitlines()[0]
    'Step 2: 9 layers, ... to look at.'
    >>> flow.describe().splitlines()[1]
    '0: vanishing: gradient ...× smaller than at the output.'

    As a context it stops watching where the block ends; `close` does the same.
    """

    def __init__(self, model: Any, optimizer: Any, title: str = "Gradient flow", *,
                 every: int | None = None) -> None:
        self.history = Flow()
        self._watch = FlowWatch(model, optimizer, self.history, every, self._touched)
        self._view: FlowView | None = None
        self._sender: Sender | None = None
        self._place = ""
        self._shown_in: int | None = None
        self._waiting_for_end = False
        shell = notebook()
        if shell is not None:
            self._open(shell, str(title))

    @property
    def cost(self) -> float:
        """The share of the loop's time that watching has taken so far, from 0 to 1."""
        return self._watch.share

    def describe(self) -> str:
        """The newest step that was watched, in words: a line for each layer that is not healthy."""
        return self.history.describe()

    def svg(self, kind: str = "gradients") -> str:
        """The newest step that was watched as a static picture; kinds as in `to_matplotlib`."""
        return self.history.svg(kind)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `Flow.to_dict`."""
        return self.history.to_dict()

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None, *,
                      kind: str = "gradients") -> matplotlib.axes.Axes:
        """Draw the newest histograms on Axes of Matplotlib, for print: a ridge a layer.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.
        kind : {"gradients", "activations", "weights", "weight gradients"}
            What to draw.

        Raises
        ------
        MissingDependency
            If Matplotlib is not installed.
        """
        return self.history.to_matplotlib(ax, kind=kind)

    def flush(self) -> None:
        """Send what was seen to the screen now; a cell that ends does it by itself."""
        if self._sender is not None:
            self._sender.flush()

    def close(self) -> None:
        """Watch no more; what was seen stays."""
        self._complete()
        self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    # ---- In a notebook ---------------------------------------------------------------------------

    def _open(self, shell: Any, title: str) -> None:
        self._place, self._shown_in = uuid.uuid4().hex, shell.execution_count
        try:
            if has_widgets():
                from learngrad.widgets.flow_view import FlowView

                self._view = FlowView(self.history, self._watch, title)
                self._sender = Sender(self._view.flush, self._is_sent, share=COST)
            publish("gradient flow ...", None, self._view, self._place)
        except Exception as problem:  # noqa: BLE001  no drawing, but what was seen is kept
            _warn(problem)
        self._wait_for_end()

    def _touched(self) -> None:
        """A step was watched."""
        if self._sender is not None:
            self._sender.touch()
        if not self._waiting_for_end and self._place and self._sender is None:
            self._wait_for_end()

    def _is_sent(self, running: bool) -> None:
        """The sending begins or ends; where no cell waits for it (a training in the background) the
        picture is stored now.
        """
        if running or self._waiting_for_end:
            return
        try:
            self._watch.unfinished()
            if self._view is not None:
                self._view.flush()
            self._store()
        except Exception as problem:  # noqa: BLE001  no drawing, but what was seen is kept
            _warn(problem)

    def _wait_for_end(self) -> None:
        """Ask to be called when the running cell ends, however it ends."""
        shell = notebook()
        if shell is not None:
            shell.events.register("post_run_cell", self._complete)
            self._waiting_for_end = True

    def _complete(self, _: Any = None) -> None:
        """A cell has ended: send what is left, and store the picture beside the live view."""
        try:
            self._watch.unfinished()
            if self._sender is not None:
                self._sender.close()
            if self._place:
                self._store()
        except Exception as problem:  # noqa: BLE001  no drawing, but what was seen is kept
            _warn(problem)
        shell = notebook()
        if shell is not None and self._waiting_for_end:
            shell.events.unregister("post_run_cell", self._complete)
        self._waiting_for_end = False

    def _store(self) -> None:
        if self._view is not None:
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

    def _mime_(self) -> tuple[str, str]:
        """What marimo shows of it: the static picture."""
        return "image/svg+xml", self.svg()

    def __repr__(self) -> str:
        return f"<GradientFlow: {self.history!r}>"


def _warn(problem: Exception) -> None:
    warnings.warn(f"the gradient flow cannot be drawn, what was seen is kept: {problem!r}",
                  RuntimeWarning, stacklevel=4)
