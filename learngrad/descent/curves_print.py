"""Curves on Axes of Matplotlib, for print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.curves import Curves, is_share
from learngrad.descent.forms import axes_for
from learngrad.descent.style import COLOURS, DASHES, printed, styles

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["to_matplotlib"]


def to_matplotlib(curves: Curves, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
    """As `Curves.to_matplotlib`."""
    ax = axes_for(ax)
    shares = [is_share(series.name) for series in curves.series]
    right = ax.twinx() if any(shares) and not all(shares) else ax
    lines: list[Any] = []
    for series, share, (colour, dash) in zip(curves.series, shares, styles(curves.series)):
        x, y = series.since()
        on, shade = right if share else ax, COLOURS[colour][0]
        style: Any = (0, DASHES[dash]) if DASHES[dash] else "-"
        good = np.isfinite(y)
        # With NaN for the infinities: a line that ends where the numbers end.
        lines += on.plot(x, np.where(good, y, np.nan), color=shade, linestyle=style,
                         label=printed(series.label, 40), marker="o" if good.sum() < 2 else None)
        on.plot(x[~good], np.full((~good).sum(), 0.98), "x", color=COLOURS[1][0], clip_on=False,
                transform=on.get_xaxis_transform(), label="_not a number")
    ax.set_xlabel("step")
    if any(shares):
        right.set_ylabel("share")
    if lines:
        ax.legend(handles=lines)
    return ax
