"""`GradientFlow`: how a network's layers fare while it learns, seen live."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from learngrad.descent.checks import text
from learngrad.descent.flow import Flow
from learngrad.descent.flow_watch import FlowWatch
from learngrad.widgets._live import Live
from learngrad.widgets._notebook import notebook
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    from learngrad.widgets.flow_view import FlowView

__all__ = ["GradientFlow"]

COST = 0.01
"""Of the time, what sending may take."""


class GradientFlow(Live, Flow):
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

    lost = "the gradient flow cannot be drawn, what was seen is kept"

    def __init__(self, model: Any, optimizer: Any = None, title: str = Flow.title, *,
                 every: int | None = None) -> None:
        super().__init__()
        self.title = text("title", title,
                          'learngrad.GradientFlow(model, optimizer, "Eight layers", every=10)')
        self._watch = FlowWatch(model, optimizer, self, every, self._touched)
        if notebook() is not None:
            self._open("gradient flow ...", self._make,
                       lambda view: Sender(view.flush, self._is_sent, share=COST))
            self._wait_for_end()

    def _make(self) -> FlowView:
        from learngrad.widgets.flow_view import FlowView

        return FlowView(self, self._watch, self.title)

    @property
    def cost(self) -> float:
        """The share of the loop's time that watching has taken so far, from 0 to 1."""
        return self._watch.share

    def flush(self) -> None:
        """Send what was seen to the screen now; a cell that ends does it by itself."""
        if self._sender is not None:
            self._sender.flush()

    def close(self) -> None:
        """Watch no more; what was seen stays."""
        self._cell_ended()
        self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    # ---- In a notebook ---------------------------------------------------------------------------

    def _touched(self) -> None:
        """A step was watched."""
        if self._sender is not None:
            self._sender.touch()
        elif self._place:
            self._wait_for_end()

    def _is_sent(self, running: bool) -> None:
        if not (running or self._waiting_for_end or self._ending):
            with self._drawing():
                self._watch.unfinished()
                self.flush()
        super()._is_sent(running)

    def _end_of_cell(self) -> None:
        self._watch.unfinished()

    def __repr__(self) -> str:
        return f"<GradientFlow: {super().__repr__()}>"
