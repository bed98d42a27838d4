"""Where a classifier of two features changes its mind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad import devices
from learngrad.autograd.mode import no_grad
from learngrad.descent.checks import whole
from learngrad.descent.forms import axes_for
from learngrad.descent.style import COLOURS
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError, a_kind_of
from learngrad.tensor import Tensor

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["plot_boundary"]

MOST_POINTS = 5_000
"""Points of the data that are drawn; of more, evenly chosen ones."""


def plot_boundary(model: Any, X: Any, y: Any = None, *, ax: matplotlib.axes.Axes | None = None,
                  resolution: int = 200) -> matplotlib.axes.Axes:
    """Draw the regions in which a classifier of two features gives each class, with Matplotlib.

    The line between two regions is where their classes are equally likely.

    Parameters
    ----------
    model : Module or callable
        Takes a tensor of shape [n, 2] and gives scores: [n, classes], of which the highest wins,
        or one for each row, [n] or [n, 1], which says class 1 where it is above 0 (or above ½,
        where all of them are between 0 and 1). A module is asked in evaluation mode.
    X : Tensor or ndarray, shape [n, 2]
        Points, which give the part of the plane that is drawn.
    y : Tensor or ndarray, shape [n], optional
        Their classes, whole numbers from 0, to mark them by.
    ax : matplotlib Axes, optional
        Where to draw; by default in a new figure.
    resolution : int, default 200
        Points a side at which the model is asked.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ShapeError
        If the points do not have two features, or the model's scores are not one row for each.
    ArgumentError
        If a point, or what the model gives, is NaN.
    MissingDependency
        If Matplotlib is not installed.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> X = learngrad.randn(50, 2)
    >>> ax = learngrad.plot_boundary(nn.Linear(2, 3), X, X.sum(1) > 0)
    >>> ax.get_xlabel()
    'feature 0'
    """
    points = _plain(X)
    if points.dtype.kind not in "biuf":
        raise ArgumentTypeError("points are numbers, and these are "
                                f"{points.ravel()[:1].tolist()!r:.40}",
                                fix="plot_boundary(model, X, y) with X of shape [n, 2]")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"a boundary in the plane needs points of two features, and these have "
                         f"shape {list(points.shape)}", tensors={"X": X},
                         fix="choose two columns, X[:, [0, 1]], and train the model on them")
    if not np.isfinite(points.astype(float)).all():
        raise ArgumentError("some of the points are NaN or ∞, which is nowhere in the plane",
                            fix="seen = X.isfinite().all(1), and then X[seen] and y[seen]",
                            tensors={"X": X})
    if not callable(model):
        raise ArgumentTypeError(f"{a_kind_of(model)} cannot be asked for a class",
                                fix="plot_boundary(model, X, y)")
    resolution = whole("resolution", resolution, 2, "resolution=200")
    ax = axes_for(ax)
    low, high = points.min(0), points.max(0)
    room = np.where(high > low, 0.08 * (high - low), 1.0)
    xs, ys = (np.linspace(low[k] - room[k], high[k] + room[k], resolution) for k in (0, 1))
    grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    dtype = X.dtype if isinstance(X, Tensor) and devices.is_floating(X.dtype) else \
        devices.get_default_dtype()
    scores = _scores(_asked(model, grid.astype(dtype), X))
    if np.isnan(scores).any():
        raise ArgumentError("the model gives NaN, and so no class, for "
                            f"{np.isnan(scores).any(1).mean():.0%} of the plane",
                            fix="look at its weights: for p in model.parameters(): "
                                "print(p.isnan().any())")
    classes = scores.argmax(1).reshape(resolution, resolution)
    count = scores.shape[1]
    for k in range(count):
        ax.contourf(xs, ys, classes == k, levels=[0.5, 1.5], colors=[_shade(k)], alpha=0.25)
        if count > 2 or k == 0:
            others = np.delete(scores, k, axis=1).max(1)
            ax.contour(xs, ys, (scores[:, k] - others).reshape(resolution, resolution),
                       levels=[0.0], colors="#33506a", linewidths=1.2)
    _mark(ax, points, None if y is None else _plain(y))
    ax.set(xlabel="feature 0", ylabel="feature 1", xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    return ax


def _plain(values: Any) -> np.ndarray:
    array = values._data if isinstance(values, Tensor) else np.asarray(values)
    return np.asarray(devices.to_device(array, devices.CPU))


def _asked(model: Any, grid: np.ndarray, like: Any) -> np.ndarray:
    device = devices.device_of(like._data) if isinstance(like, Tensor) else devices.CPU
    modules = list(model.modules()) if hasattr(model, "modules") else []
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        with no_grad():
            return _plain(model(Tensor._from_array(devices.to_device(grid, device), None)))
    finally:
        for module, training in zip(modules, before):
            module.training = training


def _scores(out: np.ndarray) -> np.ndarray:
    """A column for each class."""
    if out.ndim == 2 and out.shape[1] > 1:
        return out
    if out.ndim not in (1, 2):
        raise ShapeError(f"the model gives shape {list(out.shape)}, and a boundary needs a score "
                         "or a row of scores for each point",
                         fix="let it give [n, classes], or [n]")
    one = out.reshape(-1)
    middle = 0.5 if one.min() >= 0 and one.max() <= 1 else 0.0
    return np.stack([middle - one, one - middle], 1)


def _mark(ax: Any, points: np.ndarray, classes: np.ndarray | None) -> None:
    every = max(1, -(-len(points) // MOST_POINTS))
    if classes is None:
        ax.plot(*points[::every].T, ".", color="#33506a", markersize=4)
        return
    classes = classes.reshape(-1)
    if classes.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"a class is a whole number, not {classes[:1].tolist()[0]!r:.40}",
                                fix="y = learngrad.tensor([names.index(name) for name in y])")
    if len(classes) != len(points):
        raise ShapeError(f"there are {len(points)} points and {len(classes)} classes",
                         fix="pass the classes of these points")
    shapes = "os^Dvp"
    for k, kind in enumerate(np.unique(classes)):
        chosen = points[classes == kind][::every]
        ax.plot(*chosen.T, shapes[int(kind) % len(shapes)], color=_shade(int(kind)), markersize=5,
                markeredgecolor="white", markeredgewidth=0.6, label=f"class {int(kind)}")
        if k > 20:
            break
    ax.legend()


def _shade(kind: int) -> str:
    return COLOURS[kind % len(COLOURS)][0]
