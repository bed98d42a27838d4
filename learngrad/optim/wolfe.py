"""A line search: how far to go in a direction, so that the loss falls and the slope gets flat."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["strong_wolfe"]

ENOUGH_FALL = 1e-4  # of what the slope promises
ENOUGH_FLAT = 0.9  # of the slope at the beginning


class Point(NamedTuple):
    """A point on the line: how far, and the loss, its gradient and its slope there."""

    t: float
    loss: float
    gradient: Any
    slope: float


def strong_wolfe(at: Callable[[float], tuple[float, Any]], t: float, d: Any, loss: float, g: Any,
                 slope: float, tolerance: float,
                 most: int = 25) -> tuple[float, Any, float, int]:
    """Find a length that meets the strong Wolfe conditions, or the best of those tried.

    Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6, with cubic
    interpolation between points.

    Parameters
    ----------
    at : callable
        The loss and its gradient at a length along the direction.
    t : float
        The length to try first.
    d, loss, g, slope
        The direction; the loss, its gradient and its slope along d where the line begins.
    tolerance : float
        The least length of the interval that is searched, in the units of the parameters.
    most : int
        How many lengths may be tried after the first.

    Returns
    -------
    loss, gradient, t, count
        Of the length found, and how often `at` was called.
    """
    def point(t: float) -> Point:
        loss, g = at(t)
        return Point(t, loss, g, float(g @ d))

    def falls(new: Point) -> bool:
        return new.loss <= start.loss + ENOUGH_FALL * new.t * start.slope

    def flat(new: Point) -> bool:
        return abs(new.slope) <= -ENOUGH_FLAT * start.slope

    start = before = Point(0.0, loss, g, slope)
    new, tried = point(t), 0
    # Go on until a minimum lies between the last two points.
    while tried < most:
        if not falls(new) or (tried > 1 and new.loss >= before.loss):
            break
        if flat(new):
            return new.loss, new.gradient, new.t, tried + 1
        if new.slope >= 0:
            break
        bounds = new.t + 0.01 * (new.t - before.t), new.t * 10
        before, new = new, point(_between(before, new, bounds))
        tried += 1
    else:
        before = start
    # Make the interval smaller, keeping the lower end a point that falls.
    low, high = (before, new) if before.loss <= new.loss else (new, before)
    width = float(abs(d).max())
    close = False  # whether the last try came close to an end
    while tried < most and high.t != low.t and abs(high.t - low.t) * width >= tolerance:
        t = _between(low, high)
        left, right = min(low.t, high.t), max(low.t, high.t)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) < margin:
            if close or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                close = False
            else:
                close = True
        else:
            close = False
        new = point(t)
        tried += 1
        if not falls(new) or new.loss >= low.loss:
            high = new
            if high.loss < low.loss:
                low, high = high, low
        else:
            if flat(new):
                return new.loss, new.gradient, new.t, tried + 1
            if new.slope * (high.t - low.t) >= 0:
                high = low
            low = new
    return low.loss, low.gradient, low.t, tried + 1


def _between(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is lowest (formula 3.59)."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    a, b = (a, b) if a.t <= b.t else (b, a)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    d2 = math.sqrt(square) if square >= 0 else math.nan
    span = b.slope - a.slope + 2 * d2
    if math.isnan(span) or span == 0:  # the cubic has no lowest point
        return (low + high) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / span), low), high)
