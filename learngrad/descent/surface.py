"""The ground that training descends on: a loss along one direction or over two."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from learngrad import devices
from learngrad.descent.checks import pixels, spans, whole
from learngrad.descent.directions import Direction, chosen, flat
from learngrad.descent.forms import Forms
from learngrad.descent.surface_batch import Evaluator
from learngrad.descent.trajectory import Trajectory
from learngrad.errors import ArgumentError, ArgumentTypeError, OutOfRangeError, a_kind_of

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.nn.module import Module

__all__ = ["Progress", "Surface", "Way"]

GRIDS = (5, 9, 17, 33, 65, 129, 257)
"""Points a side, from coarse to fine: each grid has the points of the one before."""


class Progress(NamedTuple):
    """How far a surface is: points that are known, points of the finest grid, seconds left."""

    done: int
    total: int
    seconds: float


class Way(NamedTuple):
    """A trajectory as the slice shows it.

    `at` are its places in the numbers of the axes, shape (n, number of axes); `off` is how far
    from the slice each point lies, `away` how far from the slice's centre, in lengths of parameter
    space; `steps` are the training's.
    """

    steps: list[int]
    at: np.ndarray
    off: np.ndarray
    away: np.ndarray

    @property
    def seen(self) -> float:
        """The share of the way's squared distances that lies within the slice; 1 is all."""
        total = float((self.away ** 2).sum())
        return 1.0 - float((self.off ** 2).sum()) / total if total > 0 else 1.0


class Surface(Forms):
    """The loss of a model over one or two directions through its present parameters.

    It works on a copy, in evaluation mode: the model may be trained on meanwhile. It knows the loss
    on a coarse grid first and then on finer ones, each of which keeps the points of the last.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        ``loss_fn(model(X), y)``; without `y`, ``loss_fn(model(X))``; without `X`,
        ``loss_fn(model)``. It gives a tensor of one element.
    X, y : Tensor, optional
        The data, all of which is used for each point.
    directions : str, Module, mapping, Direction, or a list of one or two, default "random"
        ``"random"``: two random directions, each row (or filter) scaled to the length of the
        model's own. ``"pca"``: the principal components of `trajectory`. ``"hessian"``: the
        eigenvectors of the second derivative with the largest eigenvalues. ``"gradient"``:
        downhill; its axis is a learning rate. A parameter's name, or a number in it such as
        ``"0.weight[3, 5]"``. Another model, or its state: the straight line to it.
    span : float, or (low, high), or a list of one for each direction, optional
        How far to look, in the numbers of the axes.
    trajectory : Trajectory, optional
        The way to draw on it.
    finest : int, default 65
        Points a side of the finest grid: 5, 9, 17, 33, 65, 129 or 257.
    seed : int, default 0
        For random directions.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If the loss is not one number, or a direction is none.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.descent.surface import Surface
    >>> learngrad.manual_seed(0)  # doctest: +ELLIPSIS
    <...>
    >>> model = learngrad.nn.Linear(1, 1)
    >>> X = learngrad.tensor([[0.0], [1.0], [2.0]])
    >>> surface = Surface(model, learngrad.nn.MSELoss(), X, 2 * X + 1,
    ...                   directions=["weight", "bias"], span=(-4, 4), finest=17)
    >>> surface.compute().lowest()  # where the weight is 2 and the bias is 1
    (0.0, (2.0, 1.0))
    """

    title = "Loss surface"
    kind, heading = "surface", "The loss surface"

    def __init__(self, model: Module, loss_fn: Callable[..., Any], X: Any = None,
                 y: Any = None, *, directions: Any = "random", span: Any = None,
                 trajectory: Trajectory | None = None, finest: int = 65, seed: int = 0) -> None:
        if finest not in GRIDS:
            raise ArgumentError(f"the finest grid has {finest!r:.40} points a side, and each grid "
                                "halves the steps of the one before",
                                fix=f"finest=33; the choice is {', '.join(map(str, GRIDS))}")
        whole("seed", seed, 0)
        if trajectory is not None and not isinstance(trajectory, Trajectory):
            raise ArgumentTypeError(f"trajectory is {a_kind_of(trajectory)}",
                                    fix="trajectory=learngrad.Trajectory(model, optimizer)")
        self._evaluator = at = Evaluator(model, loss_fn, X, y)
        self.here = float("nan")
        """The loss where the parameters are."""
        if trajectory is not None and trajectory.size != at.size:
            raise ArgumentError(f"the trajectory has {trajectory.size:,} parameters and the model "
                                f"{at.size:,}", fix="pass the trajectory of this model")
        times = [perf_counter()]
        for _ in range(3):
            self.here = at.at(at.center)
            times.append(perf_counter())
            if times[-1] - times[0] > 0.1:
                break
        self._seconds = float(np.diff(times).min())  # a point; a first pass may be slower
        self.trajectory = trajectory
        self.directions: list[Direction] = chosen(directions, at, trajectory, seed)
        for direction, ends in zip(self.directions, spans(span, len(self.directions))):
            if ends is not None:
                direction.low, direction.high = (end - direction.origin for end in ends)
        self.finest = finest
        self._grid: tuple[int, np.ndarray] = (0, np.empty((0, 0)))
        self._next: np.ndarray | None = None
        self._done = 0
        self._stop = threading.Event()
        self._moves = [[devices.to_device(d.astype(c.dtype), devices.device_of(c))
                        for d, c in zip(direction.arrays, at.center)]
                       for direction in self.directions]
        self._basis = np.array([flat(direction.arrays) for direction in self.directions])
        self._dual = np.linalg.pinv(self._basis.T)
        self._center = flat(at.center)
        self._known: dict[int, tuple[np.ndarray, float, float]] = {}
        self._projecting = threading.Lock()  # a view and a picture may ask at once

    # ---- what it knows

    @property
    def size(self) -> int:
        """The number of the model's parameters, as single numbers: the dimensions it slices."""
        return self._evaluator.size

    @property
    def resolution(self) -> int:
        """Points a side of the finest grid that is known whole; 0 for none."""
        return self._grid[0]

    @property
    def loss(self) -> np.ndarray:
        """The loss at each point: shape (rows, columns), or (columns,) over one direction."""
        values = self._grid[1]
        return values[0] if len(self.directions) == 1 and len(values) else values

    def ends(self, axis: int) -> tuple[float, float]:
        """The numbers at the ends of an axis."""
        if axis not in range(len(self.directions)):
            count = "one axis" if len(self.directions) == 1 else "two axes"
            raise OutOfRangeError(f"the surface has {count}, and none is number {axis!r:.40}",
                                  fix="surface.ends(0)")
        direction = self.directions[axis]
        return direction.origin + direction.low, direction.origin + direction.high

    def ticks(self, axis: int) -> np.ndarray:
        """The numbers along an axis, one for each point, shape (n,)."""
        return np.linspace(*self.ends(axis), self.resolution)

    @property
    def center(self) -> tuple[float, ...]:
        """Where the parameters were, in the numbers of the axes."""
        return tuple(direction.origin for direction in self.directions)

    def lowest(self) -> tuple[float, tuple[float, ...]] | None:
        """The lowest loss of the grid and where it is; None where nothing is finite."""
        n, values = self._grid
        if not np.isfinite(values).any():
            return None
        row, column = np.unravel_index(np.nanargmin(np.where(np.isfinite(values), values, np.nan)),
                                       values.shape)
        at = (int(column), int(row))
        return float(values[row, column]), tuple(
            float(np.linspace(*self.ends(k), n)[at[k]]) for k in range(len(self.directions)))

    @property
    def how(self) -> str:
        """How the points are computed, in words."""
        lanes, why = self._evaluator.lanes, self._evaluator.why
        if lanes > 1:
            return f"{min(lanes, self._count(self.finest)):,} points share a forward pass"
        return "each point is a forward pass" + (f": {why}" if why else "")

    # ---- computing it

    def estimate(self, resolution: int | None = None) -> float:
        """Seconds that the points take which are not known yet, up to a grid of so many a side."""
        if resolution is not None and resolution not in GRIDS:
            raise ArgumentError(f"there is no grid of {resolution!r:.40} points a side",
                                fix=f"surface.estimate({GRIDS[3]}); there are "
                                    f"{', '.join(map(str, GRIDS))}")
        return max(0, self._count(resolution or self.finest) - self._done) * self._seconds

    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self._done, self._count(self.finest), self.estimate())

    def _count(self, n: int) -> int:
        return n ** len(self.directions)

    def refine(self) -> Iterator[Progress]:
        """Compute, from the coarse grid to the finest; yields after every few points.

        What is known stays known when it is left: another call goes on from there.
        """
        self._stop.clear()
        for n in GRIDS[:GRIDS.index(self.finest) + 1]:
            if n <= self.resolution:
                continue
            for _ in self._stage(n):
                yield self.progress()
                if self._stop.is_set():
                    return

    def compute(self) -> Surface:
        """Compute all of it now; itself."""
        for _ in self.refine():
            pass
        return self

    def cancel(self) -> None:
        """End a `refine` that runs in another thread, after the points it is at."""
        self._stop.set()

    def _stage(self, n: int) -> Iterator[None]:
        known, coarse = self._grid
        rows = n if len(self.directions) == 2 else 1
        values = np.full((rows, n), np.nan)
        fresh = np.ones((rows, n), dtype=bool)
        if known:
            old = (slice(None, None, 2 if rows > 1 else None), slice(None, None, 2))
            values[old], fresh[old] = coarse, False
        todo = np.argwhere(fresh)
        if not known:
            tests = round(float(np.clip(0.5 / self._seconds, 3, len(todo))))
            spread = np.linspace(0, len(todo) - 1, tests).round().astype(int)
            self._evaluator.prepare(self._settings(todo[spread], n))
        began, first = perf_counter(), self._done
        while len(todo):
            few, todo = np.split(todo, [self._evaluator.lanes])
            values[few[:, 0], few[:, 1]] = self._evaluator.many(self._settings(few, n))
            self._done += len(few)
            self._seconds = (perf_counter() - began) / (self._done - first)
            if not len(todo):
                self._grid = n, values
            yield
            if self._stop.is_set() and len(todo):
                self._done = first
                return

    def _settings(self, places: np.ndarray, n: int) -> list[Any]:
        """The parameters at some places (row, column) of a grid, stacked."""
        steps = [np.linspace(direction.low, direction.high, n)[places[:, 1 - axis]]
                 for axis, direction in enumerate(self.directions)]
        settings = []
        for k, center in enumerate(self._evaluator.center):
            moved = center[None]
            for along, move in zip(steps, self._moves):
                share = devices.to_device(along.astype(center.dtype), devices.device_of(center))
                moved = moved + share.reshape((-1, *[1] * center.ndim)) * move[k]
            settings.append(moved)
        return settings

    # ---- the way

    def way(self) -> Way | None:
        """The trajectory as this slice shows it, or None; a point is projected once."""
        if self.trajectory is None:
            return None
        steps, points = self.trajectory.kept()
        with self._projecting:
            for step, point in zip(steps, points):
                if step not in self._known:
                    moved = point - self._center
                    at = self._dual @ moved
                    off = moved - at @ self._basis
                    self._known[step] = (at + self.center, float(np.linalg.norm(off)),
                                         float(np.linalg.norm(moved)))
            self._known = {step: self._known[step] for step in steps}
            listed = list(self._known.values())
        return Way(steps, np.array([at for at, _, _ in listed]),
                   np.array([off for _, off, _ in listed]),
                   np.array([away for _, _, away in listed]))

    # ---- what is drawn and said of it

    def describe(self) -> str:
        """The surface in words: what is shown, its lowest point, and what a slice cannot say."""
        from learngrad.descent.surface_words import describe

        return describe(self)

    def svg(self, width: int = 560) -> str:
        """A static picture, in light and dark: contours, or a curve over one direction."""
        from learngrad.descent.surface_picture import draw

        return draw(self, pixels("width", width))

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the axes, the loss on the grid, and the way.

        Returns
        -------
        dict
            ``{"axes": [{"label", "words", "ends"}], "loss": [...], "here", "center", "size",
            "way": {"steps", "at", "off", "away"} or None}``: the loss as rows (the lowest value of
            the second axis first), `here` that where the parameters are, `size` how many numbers
            the model has. NaN and infinities are strings.
        """
        from learngrad.descent.surface_export import to_dict

        return to_dict(self)

    def page(self) -> dict[str, Any]:
        """What a page draws it from: what a view has, its bytes as text."""
        from learngrad.descent.surface_export import page

        return page(self)

    def columns(self) -> dict[str, Any]:
        """A row for each point of the grid: its place on each axis, and the loss."""
        at = np.meshgrid(*(self.ticks(k) for k in range(len(self.directions))))
        names = [direction.label for direction in self.directions]
        return {**dict(zip(names, (one.ravel() for one in at))), "loss": self.loss.ravel()}

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None,
                      kind: str = "contours") -> matplotlib.axes.Axes:
        """Draw it with Matplotlib, for print.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw, made with ``projection="3d"`` for that kind; by default in a new figure.
        kind : {"contours", "3d", "slice"}, default "contours"
            A slice is the loss along the first direction, through the parameters; over one
            direction there is no other kind.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        MissingDependency
            If Matplotlib is not installed.
        """
        from learngrad.descent.surface_print import to_matplotlib

        return to_matplotlib(self, ax, kind)

    def __repr__(self) -> str:
        n = self.resolution
        grid = " × ".join([str(n)] * len(self.directions)) if n else "nothing computed"
        return f"<surface: {grid}, a slice of {self.size:,} dimensions>"
