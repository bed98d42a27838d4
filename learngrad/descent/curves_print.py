"""Curves on Axes of Matplotlib, for print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.curves import Curves, is_share
from learngrad.descent.forms import axes_for, cross_out
from learngrad.descent.style import COLOURS, DASHES, printed, styles

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["to_matplotlib"]


def to_matplotlib(curves: Curves, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
    """As `Curves.to_matplotlib`."""
    ax = axes_for(ax)
    shares = [is_share(series.name) for series in curves.series]
    right = ax
    if any(shares) and not all(shares):
        right = ax.twinx()
        # Else the shares' lines would run through the legend.
        ax.set_zorder(right.get_zorder() + 1)
        right.set_facecolor(ax.get_facecolor())
        right.patch.set_visible(True)
        ax.patch.set_visible(False)
    lines: list[Any] = []
    for series, share, (colour, dash) in zip(curves.series, shares, styles(curves.series)):
        x, y = series.since()
        on, shade = right if share else ax, COLOURS[colour][0]
        style: Any = (0, DASHES[dash]) if DASHES[dash] else "-"
        good = np.isfinite(y)
        # With NaN for the infinities: a line that ends where the numbers end.
        lines += on.plot(x, np.where(good, y, np.nan), color=shade, linestyle=style,
                         label=printed(series.label, 40), marker="o" if good.sum() < 2 else None)
        cross_out(on, x[~good], COLOURS[1][0])
    ax.set_xlabel("step")
    if any(shares):
        right.set_ylabel("share")
    if lines:
        ax.legend(handles=lines, fontsize="small" if len(lines) > 5 else None)
    return ax
