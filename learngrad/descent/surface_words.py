"""What is said of a surface, and its table: for a screen reader, and where nothing is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learngrad.trace.text import number

if TYPE_CHECKING:
    from learngrad.descent.surface import Surface

__all__ = ["describe", "slice_words", "table"]

SIDE = 9
"""Points a side of the table."""


def describe(surface: Surface) -> str:
    """The surface in words: what is shown, its lowest point, the way, what a slice cannot say."""
    parts = [_shown(surface), *_found(surface), *_way(surface), slice_words(surface)]
    return " ".join(parts)


def _shown(surface: Surface) -> str:
    axes = [f"{direction.label}, from {number(float(low))} to {number(float(high))}"
            for k, direction in enumerate(surface.directions)
            for low, high in [surface.ends(k)]]
    over = "along " + axes[0] if len(axes) == 1 else f"over {axes[0]}, and {axes[1]}"
    n = surface.resolution
    grid = " × ".join([str(n)] * len(axes))
    return f"The loss {over}" + (f", at {grid} points." if n else "; nothing is computed yet.")


def _found(surface: Surface) -> list[str]:
    low = surface.lowest()
    here = f"Where the parameters are it is {number(surface.here)}."
    if not surface.resolution:
        return [here]
    if low is None:
        return [here, "No point of the grid has a finite loss."]
    value, at = low
    places = ", ".join(number(float(f"{x:.4g}")) for x in at)
    centre = all(math.isclose(x, c, abs_tol=1e-9) for x, c in zip(at, surface.center))
    values = surface.loss
    finite = values[np.isfinite(values)]
    parts = [here, "That is the lowest point of the grid;" if centre else
             f"The lowest point of the grid is {number(value)}, at {places};",
             f"the highest is {number(float(finite.max()))}."]
    broken = values.size - finite.size
    if broken:
        parts.append(f"{broken:,} of {values.size:,} points are NaN or infinite, and are hatched.")
    return parts


def _way(surface: Surface) -> list[str]:
    way = surface.way()
    if way is None or len(way.steps) < 2:
        return []
    return [f"The way of {way.steps[-1]:,} steps is projected onto it: "
            f"{_percent(way.seen)} of its squared distance from here lies within the slice."]


def slice_words(surface: Surface) -> str:
    """What a slice is, and what it cannot say."""
    shown, size = len(surface.directions), surface.size
    if size <= shown:
        return "These are all the parameters there are: nothing is left out."
    left = f"{size - shown:,}" if size - shown > 1 else "one"
    line = "a line" if shown == 1 else "a plane"
    return (f"This is {line} through a space of {size:,} dimensions: in the other {left} nothing "
            "moves. What looks like a wall may have a way round, and what looks like a minimum may "
            "go on falling in a direction that is not shown.")


def table(surface: Surface) -> tuple[list[str], list[list[str]]]:
    """A head and rows: the loss on a grid of at most 9 points a side.

    Over one direction, the axis and the loss; over two, a row for each value of the second axis.
    """
    n = surface.resolution
    if not n:
        return [], []
    every = max(1, (n - 1) // (SIDE - 1))
    across = [_short(x) for x in surface.ticks(0)[::every]]
    if len(surface.directions) == 1:
        return (["along the axis", "loss"],
                [[x, number(v)] for x, v in zip(across, surface.loss[::every].tolist())])
    up = [_short(y) for y in surface.ticks(1)[::every]]
    rows = surface.loss[::every, ::every]
    return (["", *across],
            [[y, *map(number, row)] for y, row in zip(up[::-1], rows[::-1].tolist())])


def _short(value: float) -> str:
    return number(float(f"{value:.4g}"))


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
