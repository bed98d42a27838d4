"""Named series of points that only grow, and what is drawn and said of them without a browser."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.trace.text import elide, number

__all__ = ["Curves"]


class _Series:
    """Points in arrays that double when they are full."""

    __slots__ = ("size", "x", "y")

    def __init__(self) -> None:
        self.x, self.y = np.empty(64), np.empty(64)
        self.size = 0

    def append(self, x: float, y: float) -> None:
        if self.size == len(self.x):
            self.x, self.y = (np.concatenate([a, np.empty_like(a)]) for a in (self.x, self.y))
        self.x[self.size], self.y[self.size] = x, y
        self.size += 1


class Curves:
    """An append-only store of named series of points (float64).

    One thread may append while another one reads.

    Examples
    --------
    >>> curves = Curves()
    >>> for step, loss in enumerate([4.0, 2.0, 1.0]):
    ...     curves.append("loss", step, loss)
    >>> curves.describe()
    'loss went from 4 to 1 in 3 points; the lowest is 1, at 2.'
    """

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}
        self._lock = threading.Lock()

    def append(self, name: str, x: float, y: float) -> None:
        """Put a point at the end of a series; as `extend`, for one."""
        self.extend(x, {name: y})

    def extend(self, x: float, values: Mapping[str, Any]) -> None:
        """Put a point at the end of each named series: of all, or of none if one is refused.

        Raises
        ------
        ArgumentTypeError
            If x or a value is not a single number.
        ArgumentError
            If x lies before a series' last point, or is not finite.
        """
        points = {name: (_single(name, "step", x), _single(name, "value", y))
                  for name, y in values.items()}
        with self._lock:
            for name, (at, _) in points.items():
                if not math.isfinite(at):
                    raise ArgumentError(f"the step of `{name}` is {at}",
                                        fix="count steps with whole numbers")
                series = self._series.get(name)
                if series is not None and at < series.x[series.size - 1]:
                    raise ArgumentError(
                        f"`{name}` is at step {number(series.x[series.size - 1])} already; "
                        f"{number(at)} lies before it",
                        fix="log steps in rising order, or start a new plot")
            for name, (at, y) in points.items():
                self._series.setdefault(name, _Series()).append(at, y)

    @property
    def names(self) -> list[str]:
        """The series' names, in the order in which they began."""
        return list(self._series)

    def __len__(self) -> int:
        """Points in all series together."""
        with self._lock:
            return sum(series.size for series in self._series.values())

    def since(self, name: str, start: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Copies of a series' points from number `start` on.

        Returns
        -------
        x, y : ndarray of float64, shape (n,)
        """
        with self._lock:
            series = self._series[name]
            return series.x[start:series.size].copy(), series.y[start:series.size].copy()

    def __getitem__(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        return self.since(name)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: ``{"series": [{"name", "x": [...], "y": [...]}]}``; NaN and ∞ are strings."""
        def plain(name: str) -> dict[str, Any]:
            x, y = self[name]
            return {"name": name, "x": x.tolist(), "y": [_plain(v) for v in y.tolist()]}

        return {"series": [plain(name) for name in self.names]}

    def svg(self, width: int = 640, height: int = 260) -> str:
        """The curves as a static SVG picture, in light and dark."""
        from learngrad.descent.picture import draw

        return draw(self, width, height)

    def describe(self) -> str:
        """The curves in words: where each began and is, its lowest point, and where it broke."""
        return " ".join(filter(None, (_said(name, *self[name]) for name in self.names))) \
            or "No points yet."

    def __repr__(self) -> str:
        return f"<curves: {', '.join(f'{n} ({len(self[n][0])})' for n in self.names) or 'empty'}>"


def is_share(name: str) -> bool:
    """Whether a series is a share of one, like an accuracy: it then has an axis of its own."""
    return re.search(r"(^|[^a-z])acc(uracy)?([^a-z]|$)", name, re.IGNORECASE) is not None


def _single(name: str, what: str, value: Any) -> float:
    """A number from a number, an array or a tensor of one element."""
    if isinstance(value, str | bytes):
        raise ArgumentTypeError(f"the {what} of `{name}` is text: {value!r}", fix="log a number")
    try:
        # `.item()` and not `float()`: it takes one element of any shape, and nothing else.
        return float(value.item() if hasattr(value, "item") else value)
    except OverflowError as error:
        raise ArgumentTypeError(f"the {what} of `{name}` is too large for a float",
                                fix=f"log something smaller, for instance {name}=math.log(value)"
                                ) from error
    except (TypeError, ValueError, RuntimeError) as error:
        size = getattr(value, "shape", None)
        is_ = type(value).__name__ if size is None else f"an array of shape {list(size)}"
        raise ArgumentTypeError(f"the {what} of `{name}` is {is_}, not one number",
                                fix=f"log a single number, for instance {name}=value.mean()"
                                ) from error


def _plain(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _said(name: str, x: np.ndarray, y: np.ndarray) -> str:
    if not len(y):
        return ""
    shown = elide(name, 40)
    if len(y) == 1:
        return f"{shown} is {number(y[0].item())}."
    good = np.isfinite(y)
    text = f"{shown} went from {number(y[0].item())} to {number(y[-1].item())} in {len(y):,} points"
    if good.any():
        which, word = (np.nanargmax, "highest") if is_share(name) else (np.nanargmin, "lowest")
        at = int(which(np.where(good, y, np.nan)))
        text += f"; the {word} is {number(y[at].item())}, at {number(x[at].item())}"
    if not good.all():
        at = int(np.argmin(good))
        text += f"; at {number(x[at].item())} it became {number(y[at].item())}"
    return text + "."
