"""A loss surface that is computed, and shown, while the notebook goes on."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

from learngrad.descent.checks import text
from learngrad.descent.surface import Progress, Surface
from learngrad.descent.surface_picture import draw
from learngrad.descent.surface_words import describe
from learngrad.descent.trajectory import Trajectory
from learngrad.widgets._live import Live
from learngrad.widgets._notebook import notebook
from learngrad.widgets._sender import Sender

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.nn.module import Module
    from learngrad.widgets.surface_view import SurfaceView

__all__ = ["LossSurface"]

SLICE = 0.05
"""Seconds of computing at a time where there are no threads."""


class LossSurface(Live, Surface):
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
    span : float, or (low, high), or a list of one for each direction, optional
        How far to look, in the numbers of the axes; by default as far as suits the direction: 1, a
        change as large as the weights, for random ones, the whole path for ``"pca"``.
    trajectory : Trajectory, optional
        The way to draw on it, and what ``"pca"`` takes its directions from.
    finest : int, default 65
        Points a side of the finest grid: 5, 9, 17, 33, 65, 129 or 257.
    seed : int, default 0
        For random directions.
    title : str, default "Loss surface"
        The heading.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If the loss is not one number, a direction is none, or a setting makes no sense.

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

    lost = "the surface cannot be drawn, its numbers are kept"

    def __init__(self, model: Module, loss_fn: Any = None, X: Any = None, y: Any = None, *,
                 directions: Any = "random", span: Any = None,
                 trajectory: Trajectory | None = None, finest: int = 65, seed: int = 0,
                 title: str = Surface.title) -> None:
        super().__init__(model, loss_fn, X, y, directions=directions, span=span,
                         trajectory=trajectory, finest=finest, seed=seed)
        self._model, self.title = model, text("title", title, 'title="The digits\' loss"')
        self._thread: threading.Thread | None = None
        self._task: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        if notebook() is not None:
            self._open(describe(self), self._make, lambda view: Sender(view.flush, self._is_sent))
            self._follow()
            self._begin()

    def _make(self) -> SurfaceView:
        from learngrad.widgets.surface_view import SurfaceView

        view = SurfaceView(self, self.title, self._asked)
        view.running = True
        view.put()
        return view

    # ---- what a program calls

    def wait(self) -> LossSurface:
        """Return when all of it is computed, or it was cancelled; itself.

        Raises
        ------
        Exception
            What the model or the loss raised at some point.
        """
        thread = self._thread
        if thread is threading.current_thread():
            return self  # it stores what it has computed
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
        return describe(self.wait())

    def svg(self, width: int = 560) -> str:
        """The surface as a static picture, in light and dark."""
        return Surface.svg(self.wait(), width)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `Surface.to_dict`."""
        return Surface.to_dict(self.wait())

    def page(self) -> dict[str, Any]:
        """As `Surface.page`."""
        return Surface.page(self.wait())

    def columns(self) -> dict[str, Any]:
        """As `Surface.columns`."""
        return Surface.columns(self.wait())

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None,
                      kind: str = "contours") -> matplotlib.axes.Axes:
        """The surface drawn on Axes of Matplotlib, as `Surface.to_matplotlib`."""
        return Surface.to_matplotlib(self.wait(), ax, kind)

    # ---- in a notebook

    def _follow(self) -> None:
        if self.trajectory is not None and self._place:
            self.trajectory.changed = self._moved

    def _moved(self) -> None:
        """The way is longer: tell the view, and keep the picture when the cell ends."""
        if self._sender is not None:
            self._sender.touch()
        # A training in the background does not end with a cell.
        if self._sender is None or threading.current_thread() is threading.main_thread():
            self._wait_for_end()

    def _static(self) -> tuple[str, str]:
        return describe(self), draw(self, 560)  # without waiting for more

    def _alone(self) -> str | None:
        return None if self._error is not None else super()._alone()

    def _finish(self) -> None:
        if self._view is not None:
            self._view.put()

    def _store(self, *, whole: bool = True) -> None:
        if self._thread in (None, threading.current_thread()):  # else it will, when all is computed
            super()._store(whole=whole)

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
        if self._view is not None:
            self._view.running = False
        self._store()
