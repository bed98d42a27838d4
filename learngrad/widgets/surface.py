"""A loss surface that is computed, and shown, while the notebook goes on."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import uuid
import warnings
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from learngrad.descent.surface import Progress, Surface
from learngrad.descent.trajectory import Trajectory
from learngrad.widgets._notebook import has_widgets, notebook, publish
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.nn.module import Module
    from learngrad.widgets.surface_view import SurfaceView

__all__ = ["LossSurface"]

SLICE = 0.05
"""Seconds of computing at a time where there are no threads."""


class LossSurface(Surface):
    """The loss of a model over one or two directions, drawn as it is computed.

    In a notebook it is displayed at once and computed in the background, from a grid of 5 × 5 to
    one of 65 × 65: the cell comes back, the view says how long it takes and has a button to cancel.
    In a plain program it is computed when it is asked for something. The model is not touched, and
    may be trained on; `track` draws where it goes.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        ``loss_fn(model(X), y)``; without `y`, ``loss_fn(model(X))``; without `X`,
        ``loss_fn(model)``.
    X, y : Tensor, optional
        The data, all of which is used for each point.
    directions : str, Module, mapping, Direction, or a list of one or two, default "random"
        ``"random"``, ``"pca"`` (of `trajectory`), ``"gradient"``, ``"hessian"``, a parameter's name
        or a number in it (``"0.weight[3, 5]"``), another model or its state.
    span, trajectory, finest, seed
        As for `learngrad.descent.surface.Surface`, which says more of all of them.
    title : str, default "Loss surface"
        The heading.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> X, y = learngrad.data.digits("test")
    >>> model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    >>> optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)
    >>> path = learngrad.Trajectory(model, optimizer)
    >>> loss_fn = nn.CrossEntropyLoss()
    >>> for step in range(20):
    ...     optimizer.zero_grad()
    ...     loss_fn(model(X), y).backward()
    ...     optimizer.step()
    >>> surface = learngrad.LossSurface(model, loss_fn, X, y, directions="pca", trajectory=path,
    ...                                 finest=9)
    >>> surface.wait().loss.shape
    (9, 9)
    """

    def __init__(self, model: Module, loss_fn: Callable[..., Any], X: Any = None, y: Any = None, *,
                 directions: Any = "random", span: Any = None,
                 trajectory: Trajectory | None = None, finest: int = 65, seed: int = 0,
                 title: str = "Loss surface") -> None:
        super().__init__(model, loss_fn, X, y, directions=directions, span=span,
                         trajectory=trajectory, finest=finest, seed=seed)
        self._model, self._title = model, title
        self._view: SurfaceView | None = None
        self._sender: Sender | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._place = ""
        self._shown_in: int | None = None
        self._listening = False
        shell = notebook()
        if shell is not None:
            self._open(shell)

    # ---- what a program calls

    def wait(self) -> LossSurface:
        """Return when all of it is computed, or it was cancelled; itself.

        Raises
        ------
        Exception
            What the model or the loss raised at some point.
        """
        thread = self._thread
        if thread is not None:
            thread.join()
        elif self.resolution < self.finest and not self._stop.is_set():
            self.compute()
            self._end()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self

    def cancel(self) -> None:
        """Stop computing; what is known is kept."""
        super().cancel()

    def track(self, optimizer: Any) -> Trajectory:
        """Draw where the model goes, after each step of this optimiser.

        Returns
        -------
        Trajectory
            The surface's own; ``add()`` puts a point to it by hand.
        """
        if self.trajectory is None:
            self.trajectory = Trajectory(self._model)
        self.trajectory.track(optimizer)
        self._follow()
        return self.trajectory

    def describe(self) -> str:
        """The surface in words."""
        self.wait()
        return super().describe()

    def svg(self, width: int = 560) -> str:
        """The surface as a static picture, in light and dark."""
        self.wait()
        return super().svg(width)

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None,
                      kind: str = "contours") -> matplotlib.axes.Axes:
        """The surface drawn on Axes of Matplotlib, as `Surface.to_matplotlib`."""
        self.wait()
        return super().to_matplotlib(ax, kind)

    # ---- in a notebook

    def _open(self, shell: Any) -> None:
        self._place, self._shown_in = uuid.uuid4().hex, shell.execution_count
        try:
            if has_widgets():
                from learngrad.widgets.surface_view import SurfaceView

                self._view = SurfaceView(self, self._title, self._asked)
                self._view.running = True
                self._view.put()
                self._sender = Sender(self._view.flush)
            publish(super().describe(), None, self._view, self._place)
        except Exception as problem:  # noqa: BLE001  no drawing, but the numbers are computed
            _warn(problem)
        self._follow()
        self._begin()

    def _follow(self) -> None:
        if self.trajectory is not None and self._place:
            self.trajectory.changed = self._moved

    def _moved(self) -> None:
        """The way is longer: tell the view, and keep the picture when the cell ends."""
        if self._sender is not None:
            self._sender.touch()
        shell = None if self._listening else notebook()
        if shell is not None:
            self._listening = True
            shell.events.register("post_run_cell", self._cell_ended)

    def _cell_ended(self, _: Any = None) -> None:
        shell = notebook()
        if shell is not None and self._listening:
            shell.events.unregister("post_run_cell", self._cell_ended)
        self._listening = False
        if self._thread is None:
            self._end()

    def _asked(self, what: str) -> None:
        """A button of the view was pressed."""
        if what == "cancel":
            self.cancel()
        elif self._thread is None and self.resolution < self.finest:
            self._begin()

    def _begin(self) -> None:
        if self._view is not None:
            self._view.running = True
        # With the context of the cell: what is displayed later belongs to its output.
        run = contextvars.copy_context().run
        thread = threading.Thread(target=lambda: run(self._work), name="learngrad-surface",
                                  daemon=True)
        self._thread = thread
        try:
            thread.start()
        except RuntimeError:  # no threads here (Pyodide): in slices, between other work
            self._thread = None
            self._task = asyncio.ensure_future(self._slices())

    def _work(self) -> None:
        known = self.resolution
        try:
            for progress in self.refine():
                known = self._tell(known, progress)
        except Exception as error:  # noqa: BLE001  shown, and raised by `wait` in the program's thread
            self._error = error
            if self._view is not None:
                self._view.problem = f"computing stopped: {error}"
        finally:
            self._end()
            self._thread = None

    async def _slices(self) -> None:
        known, due = self.resolution, monotonic() + SLICE
        for progress in self.refine():
            known = self._tell(known, progress)
            if monotonic() > due:
                await asyncio.sleep(0)
                due = monotonic() + SLICE
        self._end()

    def _tell(self, known: int, progress: Progress) -> int:
        """Draw a grid that is finished; else only say how far it is."""
        if self._view is not None and self.resolution > known:
            self._view.put()
        elif self._sender is not None:
            self._sender.touch()
        return self.resolution

    def _end(self) -> None:
        """Store the whole, and a picture and words beside it."""
        if not self._place or (self._view is not None and self._view.comm is None):
            return  # a plain program; or its cell ran again, and shows another
        try:
            if self._view is not None:
                self._view.running = False
                self._view.put()
            self._publish(self._place, update=True)
        except Exception as problem:  # noqa: BLE001  no drawing, but the numbers are kept
            _warn(problem)

    def _publish(self, place: str, *, update: bool) -> None:
        publish(super().describe(), super().svg(), self._view, place, update=update)

    def _ipython_display_(self) -> None:
        """Nothing in the cell that shows it already; in another cell, a view of its own."""
        shell = notebook()
        if shell is None:
            sys.stdout.write(self.describe() + "\n")
        elif self._shown_in != shell.execution_count:
            self._shown_in = shell.execution_count
            self._publish(uuid.uuid4().hex, update=False)


def _warn(problem: Exception) -> None:
    warnings.warn(f"the surface cannot be drawn, its numbers are kept: {problem!r}",
                  RuntimeWarning, stacklevel=4)
