"""`record` and `show`: a computation on screen, live where there is a notebook, else in words."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from learngrad.errors import ArgumentError, ArgumentTypeError, a_kind_of
from learngrad.tensor import Tensor
from learngrad.trace.account import describe
from learngrad.trace.html import to_html
from learngrad.trace.recorder import LIMIT, Recorder
from learngrad.trace.rehearsal import veiled
from learngrad.trace.subject import called, freed, is_called, still, taken
from learngrad.trace.svg import to_svg
from learngrad.widgets._notebook import apart, frame, has_widgets, marimo, notebook, publish
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    from learngrad.widgets.graph import GraphView

LARGEST_PAGE = 3_000_000
"""Characters of a page in an output: a notebook is saved with all of them."""

__all__ = ["Tape", "record", "show"]


class _Screen:
    """Where a tape is displayed: the live view, the place it has, and what is sent when."""

    def __init__(self, tape: Recorder, shell: Any) -> None:
        self._tape = tape
        self._place = uuid.uuid4().hex
        self.cell = shell.execution_count
        self._view: GraphView | None = None
        self._sender: Sender | None = None

    def begin(self) -> Callable[[], None] | None:
        """Display the live view; what to call after each change."""
        if not has_widgets():
            return None
        self._view = _view(self._tape)
        self._sender = Sender(self._view.flush)
        publish("recording ...", None, self._view, self._place)
        return self._sender.touch

    def end(self) -> None:
        """Store the picture and the words beside the live view, which stays as it is."""
        if self._sender is not None:
            self._sender.close()
        first, trace = self._view, self._tape.to_dict()
        if first is not None and not first.finish(trace):
            # Too much for an update: a new widget carries everything from the start.
            self._view = _view(self._tape)
        self._publish(trace, update=first is not None)
        if first is not None and first is not self._view:
            first.close()

    def again(self, cell: int) -> None:
        """Display it in another cell, too."""
        self.cell, self._place = cell, uuid.uuid4().hex
        closed = self._view is None or self._view.comm is None
        if closed and has_widgets():  # its cell may have run again without it
            self._view = _view(self._tape)
        self._publish(self._tape.to_dict(), update=False)

    def _publish(self, trace: dict[str, Any], *, update: bool) -> None:
        publish(describe(trace), to_svg(trace), self._view, self._place, update=update,
                page=_page(trace))


def _view(source: Recorder | dict[str, Any], *, step: bool = False, predict: bool = False,
          colour: str | None = None) -> GraphView:
    # Here and not above: without anywidget everything but this works.
    from learngrad.widgets.graph import GraphView

    return GraphView(source, step=step, predict=predict, colour=colour)


def _page(trace: dict[str, Any], predict: bool = False) -> str | None:
    """The page that stands in for a live view where widgets are apart from each other."""
    if not apart():
        return None
    page = to_html(trace, predict=predict)
    return page if len(page) < LARGEST_PAGE else None


class Tape(Recorder):
    """A recorder that shows itself: what ``with learngrad.record() as tape`` gives.

    In a notebook it is displayed when the block begins and grows while it runs. Everywhere it
    can be read (`to_dict`, `describe`, `svg`) and exported (`to_html`) afterwards.
    """

    def __init__(self, *, live: bool = True, limit: int = LIMIT, predict: bool = False) -> None:
        super().__init__(limit=limit)
        self._live, self._predict = live and not predict, predict
        self._asked_in: int | None = None  # the cell whose view asks
        self._screen: _Screen | None = None

    def __enter__(self) -> Tape:
        self.start()
        shell = notebook()
        if self._live and shell is not None:
            self._screen = _Screen(self, shell)
            self.listener = self._screen.begin()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.stop(error)
        self.listener = None
        if self._screen is not None:
            self._screen.end()
        if self._predict:
            shell = notebook()
            self._asked_in = None if shell is None else shell.execution_count
            _show(self, step=True, predict=error is None, colour=None)

    def _ipython_display_(self) -> None:
        """Nothing in the cell that shows it already; in another cell, a view of its own."""
        shell = notebook()
        if shell is None:
            sys.stdout.write(f"{self!r}\n")
            return
        if self._asked_in == shell.execution_count:
            return
        if self._screen is None:
            self._screen = _Screen(self, shell)
        elif self._screen.cell == shell.execution_count:
            return
        self._screen.again(shell.execution_count)


    def _mime_(self) -> tuple[str, str]:
        """What marimo shows of it: the stand-alone page."""
        return "text/html", frame(self.to_html())


def record(*given: Any, live: bool = True, limit: int = LIMIT, predict: bool = False) -> Tape:
    """Record what runs in a block, and show it while it runs.

    Parameters
    ----------
    *given
        Nothing: what is to be recorded stands in the block.
    live : bool, default True
        Whether to display the graph at once; a tape can be displayed later as well, by ending a
        cell with it.
    limit : int, default 20,000
        Operations and tensors to keep; what comes after is only counted.
    predict : bool, default False
        Whether to ask for each next number, shape or node before it is shown. The graph is then
        displayed when the block has run, before its first operation. In a terminal
        ``learngrad.step(tape, predict=True)`` asks the same.

    Returns
    -------
    Tape
        A context manager: the tape itself.

    Raises
    ------
    ArgumentTypeError
        If it is given a model, a function or anything else.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.record() as tape:
    ...     a = learngrad.tensor(2.0, requires_grad=True)
    ...     b = learngrad.tensor(-3.0, requires_grad=True)
    ...     loss = (a * b).tanh()
    ...     loss.backward()
    >>> tape
    <trace of 4 nodes, 4 backward steps, done>
    """
    if given:
        whole = "; a call of it is drawn by learngrad.show(model, x)" if callable(given[0]) else ""
        raise ArgumentTypeError("record() takes what stands in its block, and is given "
                                f"{a_kind_of(given[0])}",
                                fix=f"with learngrad.record() as tape: ...{whole}")
    return Tape(live=live, limit=limit, predict=predict)


def show(what: Tensor | Recorder | dict[str, Any] | str | os.PathLike[str] | Callable[..., Any],
         *inputs: Any, step: bool = False, predict: bool = False,
         colour: str | None = None) -> None:
    """Draw a graph that is there already, or that of a call.

    Parameters
    ----------
    what : Tensor, Recorder, dict, path or callable
        A tensor, whose graph is drawn back to its leaves; a tape; a trace as plain data, or the
        file that `tape.save("step.json")` wrote; or a module or function, which is called with
        `inputs` and recorded. In a notebook it is a live view, elsewhere the same in words.
    *inputs
        What to call it with. What needs names too: ``show(lambda: model(x, mask=mask))``. A
        function that is given plain numbers alone gets floats and arrays of them as leaves:
        ``show(lambda a, b: a * b + a, 2.0, -3.0)``.
    step : bool, default False
        Whether the view stands before the first operation, to be stepped through, and not at the
        end. Of a loss the backward pass is then replayed; every ``.grad`` stays as it is.
    predict : bool, default False
        Whether to ask for the next number, shape or node before it is shown: for the backward
        pass, and with `step` going forward as well. A wrong answer gets its likely cause. The
        backward pass is then replayed, as with `step`. In a terminal `learngrad.step` asks the
        same.
    colour : {"gradient"}, optional
        Colour the boxes by the size of their gradients to that at the output, as `GradientFlow`
        does; in the view a button, or H, does the same. Of a loss the backward pass is then
        replayed, too.

    Raises
    ------
    ArgumentError
        If it is to be coloured by something else.
    ArgumentTypeError
        If it is none of these, or what is called takes other inputs. What a call raises is
        raised when its graph up to there is drawn.
    TraceError
        If plain data or a file is not a whole trace.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> learngrad.show(x * x)  # doctest: +ELLIPSIS
    A graph of 1 operation and 1 leaf...
    >>> learngrad.show(learngrad.nn.Linear(3, 2), learngrad.ones(1, 3))  # doctest: +ELLIPSIS
    A graph of 1 operation, 2 parameters and 1 constant...
    """
    if colour not in (None, "gradient"):
        raise ArgumentError(f"a graph cannot be coloured by {colour!r:.60}",
                            fix='learngrad.show(loss, colour="gradient")')
    replay = predict or step or colour is not None
    if is_called("show", what, inputs):
        tape, why = Recorder(), ""
        try:
            why = called(tape, what, inputs, replay=replay)  # type: ignore[arg-type]
        finally:  # also what ran before an error
            _show(tape, step, predict, colour)
        _tell(why if predict or why.startswith("Nothing") else "")
        return
    whole = replay and not (isinstance(what, Tensor) and freed(what) and not predict)
    _show(taken("show", what, replay=whole), step, predict, colour)
    if isinstance(what, Tensor):
        _tell(still(what) if predict or what._edge is None else "")


def _tell(why: str) -> None:
    """Why there is less to see than was asked for."""
    if why:
        sys.stdout.write(f"{why}\n")


def _show(source: Recorder | dict[str, Any], step: bool, predict: bool,
          colour: str | None) -> None:
    trace = source if isinstance(source, dict) else source.to_dict()
    # What stands in for the live view must not say what it asks for.
    bare = veiled(trace, forward=step) if predict else trace
    host = marimo()
    if host is not None:
        host.output.append(host.Html(frame(to_html(trace, predict=predict))))
        return
    if notebook() is None:
        asks = "\nlearngrad.step(..., predict=True) asks in a terminal." if predict else ""
        sys.stdout.write(f"{describe(bare)}{asks}\n")
        return
    view = None
    if has_widgets():
        view = _view(source, step=step, predict=predict, colour=colour)
    publish(describe(bare), to_svg(bare), view, uuid.uuid4().hex, page=_page(trace, predict))
