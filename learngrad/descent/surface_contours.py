"""Contours of numbers on a grid, by marching squares, for pictures without a browser.

The front end does the same (``js/core/contours.ts``); both sides are tested against
``tests/descent/contour_cases.json``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from learngrad.trace.text import number

__all__ = ["Contour", "Levels", "apart", "band_of", "contour", "levels", "ticks"]

MOST = 14
STEEP = 20
"""The highest over the lower tenth, from which levels rise by factors."""
DECADES = 6
"""Powers of ten that levels go down from the highest, at most."""
FAR = 8
"""The height over that of most points, from which only half as high a part has levels."""
SHARES = ((1, 2, 5), (1, 3), (1,))


class Levels(NamedTuple):
    """Heights at which lines are drawn, rising; and whether they rise by factors."""

    values: list[float]
    is_log: bool


class Contour(NamedTuple):
    """What is not lower than a level: closed rings, and the parts of them that are lines.

    Each is an array of shape (n, 2): column and row, in steps of the grid.
    """

    rings: list[np.ndarray]
    lines: list[np.ndarray]


def levels(values: np.ndarray, most: int = MOST) -> Levels:
    """Round heights that suit the values: by factors where they span powers of ten, else even.

    Examples
    --------
    >>> levels(np.array([0.0, 3.0, 10.0]))
    Levels(values=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], is_log=False)
    >>> levels(np.geomspace(0.02, 300, 50), most=5)
    Levels(values=[0.1, 1.0, 10.0, 100.0], is_log=True)
    """
    found = np.sort(values[np.isfinite(values)], axis=None)
    if not len(found):
        return Levels([], False)

    def quantile(share: float) -> float:
        return float(found[math.ceil(share * (len(found) - 1))])

    low, high = float(found[0]), float(found[-1])
    if low >= 0 and high > STEEP * quantile(0.1):
        bottom = max(quantile(0.01), high * 10.0 ** -DECADES)
        return Levels(_by_factors(bottom, high, most), True)
    usual = quantile(0.75) - low
    top = low + FAR / 2 * usual if high - low > FAR * usual > 0 else high
    return Levels(_even(low, top, most), False)


def _by_factors(bottom: float, top: float, most: int) -> list[float]:
    powers = range(math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
    for shares in SHARES:
        found = [level for power in powers for share in shares
                 if bottom < (level := _round(share, power)) < top]
        if len(found) <= most:
            return found
    return found[::math.ceil(len(found) / most)]


def _even(low: float, high: float, most: int) -> list[float]:
    step = _step((high - low) / most)
    if step is None:
        return []
    share, power = step
    size = _round(share, power)
    return [_round(count * share, power) for count in range(
        math.ceil(low / size), math.ceil(high / size)) if low < count * size < high]


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round marks for an axis, about `count` of them, within [low, high]."""
    step = _step((high - low) / count)
    if step is None:
        return []
    share, power = step
    size = _round(share, power)
    return [_round(at * share, power) for at in range(
        math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1)]


def _step(raw: float) -> tuple[int, int] | None:
    if not 1e-300 < raw < math.inf:
        return None
    power = math.floor(math.log10(raw))
    return next(share for share in (1, 2, 5, 10) if _round(share, power) >= raw), power


def _round(share: int, power: int) -> float:
    """One share of a power of ten as it is written in decimals, without the dust of a product."""
    return float(f"{share}e{power}")


def band_of(value: float, heights: Levels) -> int:
    """Which band a value is in: 0 below the first level, their number above the last."""
    return int(np.searchsorted(heights.values, value, side="right"))


# For each set of corners (1 lower left, 2 lower right, 4 upper right, 8 upper left) the steps from
# edge to edge (bottom, right, top, left) that keep the inside at the left. 16 and 21: 5 and 10
# with a middle that is inside.
_TURNS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((0, 3),), 2: ((1, 0),), 3: ((1, 3),), 4: ((2, 1),), 5: ((0, 3), (2, 1)), 6: ((2, 0),),
    7: ((2, 3),), 8: ((3, 2),), 9: ((0, 2),), 10: ((1, 0), (3, 2)), 11: ((1, 2),), 12: ((3, 1),),
    13: ((0, 1),), 14: ((3, 0),), 16: ((0, 1), (2, 3)), 21: ((1, 2), (3, 0))}


def contour(values: np.ndarray, level: float, is_log: bool = False) -> Contour:
    """What is not lower than a level, in a grid of shape (rows, columns); `-inf`: all but holes.

    A hole is what is not finite. Crossings between two points are found on a log scale if asked.
    """
    # A frame of lower points all round closes every ring.
    framed = np.pad(np.where(np.isfinite(values), values, np.nan).astype(float), 1,
                    constant_values=np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = framed >= level
        scaled = np.log(np.maximum(framed, 5e-324)) if is_log else framed
    at = (math.log(max(level, 5e-324)) if is_log else level) if math.isfinite(level) else level
    inner = inside.astype(int)
    corners = (inner[:-1, :-1] + 2 * inner[:-1, 1:] + 4 * inner[1:, 1:] + 8 * inner[1:, :-1])
    width = framed.shape[1]
    after: dict[int, int] = {}
    for row, column in np.argwhere((corners > 0) & (corners < 15)).tolist():
        case = int(corners[row, column])
        if case in (5, 10) and scaled[row:row + 2, column:column + 2].mean() >= at:
            case += 11
        node = row * width + column
        # An edge is twice the node it begins at, plus 1 where it is upright.
        edges = (2 * node, 2 * node + 3, 2 * (node + width), 2 * node + 1)
        for start, end in _TURNS[case]:
            after[edges[start]] = edges[end]
    heights, within = scaled.ravel(), inside.ravel()

    def place(edge: int) -> tuple[float, float, bool]:
        start, upright = edge >> 1, edge & 1
        a, b = heights[start], heights[start + (width if upright else 1)]
        real = bool(np.isfinite(a) and np.isfinite(b))
        # Beside a hole or the frame the ring runs through the point that is inside.
        share = (at - a) / (b - a) if real else 0.0 if within[start] else 1.0
        row, column = divmod(start, width)
        return (column - 1 + (0 if upright else share), row - 1 + (share if upright else 0), real)

    rings, lines = [], []
    while after:
        edge = next(iter(after))
        points = []
        while edge in after:
            points.append(place(edge))
            edge = after.pop(edge)
        rings.append(np.array([(x, y) for x, y, _ in points]))
        lines += _open(points)
    return Contour(rings, lines)


def _open(points: list[tuple[float, float, bool]]) -> list[np.ndarray]:
    """The parts of a ring that are lines: a whole one comes back to its start."""
    gap = next((k for k, (_, _, real) in enumerate(points) if not real), None)
    if gap is None:
        return [np.array([(x, y) for x, y, _ in [*points, points[0]]])]
    lines: list[list[tuple[float, float]]] = [[]]
    for x, y, real in points[gap:] + points[:gap]:
        if real:
            lines[-1].append((x, y))
        elif lines[-1]:
            lines.append([])
    return [np.array(line) for line in lines if len(line) > 1]


def apart(values: Sequence[float]) -> list[str]:
    """Marks of an axis, or levels, as text: with as many digits as tell them apart.

    >>> apart([0.5, 1.0]), apart([2.305, 2.3055, 2.306])
    (['0.5', '1'], ['2.305', '2.3055', '2.306'])
    """
    near = 0.02 * min((abs(b - a) for a, b in pairwise(values)), default=math.inf)
    digits = next((n for n in range(4, 15)
                   if all(abs(float(f"{one:.{n - 1}e}") - one) <= near for one in values)), 15)
    return [number(one, digits) for one in values]
