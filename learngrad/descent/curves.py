"""Named series of points that only grow, and what is drawn and said of them without a browser."""

from __future__ import annotations

import math
import re
import threading
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.checks import pixels, text
from learngrad.descent.forms import Forms, plain
from learngrad.descent.late import Late, Waiting, late
from learngrad.descent.thin import thin
from learngrad.errors import ArgumentError, ArgumentTypeError, UnknownNameError, a_kind_of
from learngrad.trace.text import MINUS, elide, number

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["Curves", "Series", "counted", "single"]

PAGE = 60_000
"""Points in a page without a kernel: of more than that, those that shape the curves."""


class Series:
    """The points of one metric of one run."""

    # `array` and not ndarray: an append is ten times faster, and a slice is a copy.
    __slots__ = ("name", "run", "waiting", "x", "y")

    def __init__(self, name: str, run: str = "") -> None:
        self.name, self.run = name, run
        self.x, self.y = array("d"), array("d")
        self.waiting: Waiting | None = None

    def append(self, x: float, y: float) -> None:
        """Put a point at the end; one that a GPU has yet to compute may be nan until it is read."""
        if y.__class__ is Late:
            self.waiting = self.waiting or Waiting(self.y)
            self.waiting.put(y)
        self.x.append(x)
        self.y.append(y)

    def __getstate__(self) -> dict[str, Any]:
        x, y = (array("d", column.tolist()) for column in self.since())
        return {"name": self.name, "run": self.run, "x": x, "y": y}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.waiting = None
        for name, value in state.items():
            setattr(self, name, value)

    @property
    def label(self) -> str:
        """What the series is called where all runs stand together."""
        return f"{self.name} ({self.run})" if self.run else self.name

    def since(self, start: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Copies of the points from number `start` on: x and y, float64, shape (n,)."""
        # x grows before y: up to the length of y both are there, whoever appends meanwhile.
        end = len(self.y)
        if self.waiting is not None:
            self.waiting.fetch()
        return np.array(self.x[start:end]), np.array(self.y[start:end])


class Curves(Forms):
    """An append-only store of named series of points (float64), of one run or of several.

    One thread may append while another one reads.

    Examples
    --------
    >>> curves = Curves()
    >>> for step, loss in enumerate([4.0, 2.0, 1.0]):
    ...     curves.append("loss", step, loss)
    >>> curves.describe()
    'loss went from 4 to 1 in 3 points; the lowest is 1, at 2.'
    """

    kind, heading = "curves", "The descent"

    def __init__(self) -> None:
        self.series: list[Series] = []
        self._runs: dict[str, dict[str, Series]] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy has its numbers, and a lock of its own."""
        vars(self).update(state)
        self._lock = threading.Lock()

    def append(self, name: str, x: float, y: float, run: str = "") -> None:
        """Put a point at the end of a series; as `extend`, for one."""
        self.extend(x, {name: y}, run)

    def extend(self, x: float, values: Mapping[str, Any], run: str = "") -> None:
        """Put a point at the end of each named series: of all, or of none if one is refused.

        Raises
        ------
        ArgumentTypeError
            If x or a value is not a single number, or a name no text.
        ArgumentError
            If x lies before a series' last point, or is not finite.
        """
        if x.__class__ is not int:
            which = next(iter(values), "")
            # A loss without a name, before the others: it would stand as the step.
            if getattr(x, "requires_grad", False):
                raise ArgumentTypeError(f"the step of `{which}` is {a_kind_of(x)} that needs a "
                                        "gradient, and looks like a value without a name",
                                        fix=f"plot.log(loss=loss, {which}={which})")
            x = single(which, "step", x)
            if not math.isfinite(x):
                raise ArgumentError(f"the step of `{which}` is {x}",
                                    fix="count steps with whole numbers")
        known = self.of(run)
        with self._lock:
            points, fresh = [], []
            for name, y in values.items():
                if y.__class__ is not float:
                    y = late(y) or single(name, "value", y, known.get(name))
                try:
                    series = known[name]
                except KeyError:
                    text("a curve's name", name, 'curves.append("loss", step, value)')
                    series = Series(name, run)
                    fresh.append(series)
                else:
                    if x < series.x[-1]:
                        raise ArgumentError(
                            f"`{series.label}` is at step {counted(series.x[-1])} already; "
                            f"{counted(x)} lies before it",
                            fix='log steps in rising order, or start a run: plot.run("second")')
                points.append((series, y))
            for series, y in points:
                series.append(x, y)
            for series in fresh:
                known[series.name] = series
                self.series.append(series)

    def of(self, run: str) -> dict[str, Series]:
        """The series of a run by name; it grows with them."""
        return self._runs.setdefault(run, {})

    @property
    def names(self) -> list[str]:
        """The series' names, with that of the run where it has one, in order of appearance."""
        return [series.label for series in self.series]

    def __len__(self) -> int:
        """Points in all series together."""
        return sum(len(series.y) for series in self.series)

    def __getitem__(self, key: str | tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
        """Copies of a series' points: ``curves["loss"]``, ``curves["loss", "lr=0.1"]``.

        Returns
        -------
        x, y : ndarray of float64, shape (n,)

        Raises
        ------
        UnknownNameError
            If there is no such curve.
        """
        name, run = key if isinstance(key, tuple) and len(key) == 2 else (key, "")
        try:
            return self._runs[run][name].since()
        except (KeyError, TypeError) as error:
            raise UnknownNameError(f"there is no curve {key!r:.80}",
                                   fix=f"one of {', '.join(self.names) or 'those to come'}; of a "
                                       'run: curves["loss", "lr=0.1"]') from error

    def to_dict(self) -> dict[str, Any]:
        """Plain data: ``{"series": [{"name", "run", "x": [...], "y": [...]}]}``.

        "run" is left out where it has no name; NaN and infinities are strings.
        """
        return {"series": [
            {"name": series.name, **({"run": series.run} if series.run else {}),
             "x": x.tolist(), "y": plain(y)}
            for series in self.series for x, y in [series.since()]]}

    def page(self) -> dict[str, Any]:
        """As `to_dict`; of very many points those that shape the curves, "end" says of how many."""
        data = self.to_dict()
        share = min(1.0, PAGE / max(1, sum(len(one["y"]) for one in data["series"])))
        for one, series in zip(data["series"], self.series):
            x, y = (column[:len(one["y"])] for column in series.since())
            if share < 1:
                kept = thin(y, max(5, int(share * len(y))))
                one.update(end=len(y), y=plain(y[kept]))
                x = x[kept]
            # Whole steps are no fractions: a page rounds these, and a million are a million places.
            one["x"] = [int(at) if at.is_integer() else at for at in x.tolist()]
        return data

    def columns(self) -> dict[str, Any]:
        """Every point: run, name, step, value."""
        points = [(one, *one.since()) for one in self.series]
        sizes = [len(y) for *_, y in points]
        return {
            "run": np.repeat(np.array([one.run for one, *_ in points], dtype=object), sizes),
            "name": np.repeat(np.array([one.name for one, *_ in points], dtype=object), sizes),
            "step": np.concatenate([x for _, x, _ in points] or [np.empty(0)]),
            "value": np.concatenate([y for *_, y in points] or [np.empty(0)])}

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
        """Draw the curves with Matplotlib, for print.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.

        Returns
        -------
        matplotlib Axes
            With the losses; shares like an accuracy have a twin of it, on the right.

        Raises
        ------
        MissingDependency
            If Matplotlib is not installed.
        """
        from learngrad.descent.curves_print import to_matplotlib

        return to_matplotlib(self, ax)

    def svg(self, width: int = 640, height: int = 260) -> str:
        """The curves as a static SVG picture, in light and dark."""
        from learngrad.descent.picture import draw

        return draw(self, pixels("width", width), pixels("height", height))

    def describe(self) -> str:
        """The curves in words: where each began and is, its lowest point, and where it broke."""
        return " ".join(_said(series) for series in self.series) or "No points yet."

    def __repr__(self) -> str:
        listed = ", ".join(f"{series.label} ({len(series.y)})" for series in self.series)
        return f"<curves: {listed or 'empty'}>"


def is_share(name: str) -> bool:
    """Whether a series is a share of one, like an accuracy: it then has an axis of its own."""
    return re.search(r"(^|[^a-z])acc(uracy)?([^a-z]|$)", name, re.IGNORECASE) is not None


def single(name: str, what: str, value: Any, series: Series | None = None) -> float:
    """A number from a number, an array or a tensor of one element."""
    if value.__class__ is float:
        return value
    try:
        item = getattr(value, "item", None)
        if item is not None:  # one element of any shape, and nothing else: not so `float()`
            return float(item())
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        size = getattr(value, "shape", None)
        if isinstance(error, RuntimeError) and size is not None and math.prod(size) == 1:
            raise  # a device's own: there is one number, and it cannot be had
        is_ = (f"text: {elide(repr(value), 40)}" if isinstance(value, str | bytes) else
               "too large for a float" if isinstance(error, OverflowError) else
               f"{a_kind_of(value)}, not one number" if size is None else
               f"an array of shape {list(size)}, not one number")
        before = f"; it was a number until step {counted(series.x[-1])}" if series else ""
        raise ArgumentTypeError(f"the {what} of `{name}` is {is_}{before}",
                                fix=f"log a single number, for instance {name}=value.mean()"
                                ) from error


def counted(step: float) -> str:
    """A step as one counts them, in full; one between two steps as any number.

    >>> counted(1e5), counted(-20.0), counted(0.5)
    ('100,000', '−20', '0.5')
    """
    whole = abs(step) < 2**53 and float(step).is_integer()
    return f"{int(step):,}".replace("-", MINUS) if whole else number(step)


def _said(series: Series) -> str:
    x, y = series.since()
    shown = elide(series.label, 40)
    if len(y) == 1:
        return f"{shown} is {number(y[0].item())}."
    good = np.isfinite(y)
    said = f"{shown} went from {number(y[0].item())} to {number(y[-1].item())} in {len(y):,} points"
    if good.any():
        which, word = (np.nanargmax, "highest") if is_share(series.name) else (
            np.nanargmin, "lowest")
        at = int(which(np.where(good, y, np.nan)))
        said += f"; the {word} is {number(y[at].item())}, at {counted(x[at].item())}"
    if not good.all():
        at = int(np.argmin(good))
        said += f"; at {counted(x[at].item())} it became {number(y[at].item())}"
    return said + "."
