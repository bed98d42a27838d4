"""The histograms of a flow on Axes of Matplotlib, for print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learngrad.descent.flow_measure import LOWEST
from learngrad.descent.flow_moment import AT, KINDS
from learngrad.descent.flow_picture import COLOURS, OF_KIND, extent, heights, shade
from learngrad.descent.forms import axes_for
from learngrad.descent.style import printed

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.descent.flow import Flow

__all__ = ["to_matplotlib"]

OVERLAP = 1.25
"""Rows that the highest ridge reaches over."""


def to_matplotlib(flow: Flow, ax: matplotlib.axes.Axes | None, kind: str) -> matplotlib.axes.Axes:
    """As `Flow.to_matplotlib`."""
    moment, at = flow.last, KINDS.index(kind)
    order = moment.order if moment is not None else []
    ax = axes_for(ax, "flow", size=flow.paper())
    ax.set_xscale("log")
    ax.set_xlabel(f"magnitude of the {kind}")
    if moment is None:
        return ax
    low, high = extent([moment], at)
    x = 2.0 ** (LOWEST + np.arange(low, high) + 0.5)
    shares = [heights(moment.bins[row, at])[low:high] for row in order]
    top = max((float(one.max(initial=0)) for one in shares), default=0.0) or 1.0
    for k, (row, share) in enumerate(zip(order, shares)):
        base = len(order) - 1 - k
        line = moment.numbers[row]
        if line[4 * at] != line[4 * at]:
            ax.text(x[0], base, "none", va="bottom", fontsize="small", color="0.5")
            continue
        colour = shade(float(line[AT["against"]])) if at == 0 else None
        face = COLOURS[colour][0] if colour is not None else OF_KIND.get(kind, ("0.6",))[0]
        ax.fill_between(x, base, base + OVERLAP * share / top, facecolor=face, edgecolor="white",
                        linewidth=0.8, zorder=2 + k)
        bad = line[4 * at + 2]
        if bad > 0:
            ax.text(x[-1], base, f"{bad:.0f} NaN or ∞", va="bottom", ha="right", fontsize="small",
                    color="#b04300", zorder=3 + len(order))
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(-0.1, len(order) - 0.6 + OVERLAP)
    ax.set_yticks(range(len(order)), [printed(flow.rows[row].label) for row in reversed(order)])
    ax.set_title(f"step {moment.step:,}")
    return ax
