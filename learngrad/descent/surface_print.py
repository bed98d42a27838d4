"""Surfaces for print, with Matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.forms import axes_for, cross_out
from learngrad.descent.style import COLOURS, printed
from learngrad.descent.surface_contours import levels
from learngrad.descent.surface_picture import BANDS, BROKEN, HALO, LINE, WAY
from learngrad.errors import ArgumentError

if TYPE_CHECKING:
    import matplotlib.axes
    from matplotlib.colors import Colormap

    from learngrad.descent.surface import Surface

__all__ = ["bands", "to_matplotlib"]

KINDS = ("contours", "3d", "slice")


def to_matplotlib(surface: Surface, ax: matplotlib.axes.Axes | None, kind: str
                  ) -> matplotlib.axes.Axes:
    """As `Surface.to_matplotlib`."""
    if kind not in KINDS:
        raise ArgumentError(f"there is no kind {kind!r:.40} of drawing",
                            fix=f"kind={KINDS[0]!r}; the choice is {', '.join(KINDS)}")
    if not surface.resolution:
        raise ArgumentError("nothing of the surface is computed yet",
                            fix="surface.compute().to_matplotlib()")
    if len(surface.directions) == 1:
        kind = "slice"
    return {"contours": _contours, "3d": _solid, "slice": _slice}[kind](
        surface, axes_for(ax, "surface", solid=kind == "3d"))


def bands() -> Colormap:
    """The colours from low to high, as a colour map."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("learngrad", [light for light, _ in BANDS])


def _contours(surface: Surface, ax: Any) -> Any:
    from matplotlib.colors import BoundaryNorm

    values = np.ma.masked_invalid(surface.loss)
    heights = levels(surface.loss).values
    x, y = surface.ticks(0), surface.ticks(1)
    ax.set_facecolor("white")
    ax.patch.set_hatch("///")
    ax.patch.set_edgecolor(BROKEN[0])
    if heights and values.count():
        edges = [min(float(values.min()), heights[0]) - 1e-9, *heights,
                 max(float(values.max()), heights[-1]) + 1e-9]
        colours = bands().resampled(len(edges) - 1)
        ax.contourf(x, y, values, levels=edges, cmap=colours,
                    norm=BoundaryNorm(edges, colours.N))
        lines = ax.contour(x, y, values, levels=heights, colors=LINE[0], linewidths=0.6)
        ax.clabel(lines, fmt="%g", fontsize=7)
    way = surface.way()
    at = way.at if way is not None else np.array([surface.center])
    _walk(ax, at[:, 0], at[:, 1])
    ax.set(xlabel=printed(surface.directions[0].label),
           ylabel=printed(surface.directions[1].label), xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    return ax


def _walk(ax: Any, *at: np.ndarray) -> None:
    """A way with a halo, a ring where it begins, a disc where it is."""
    colour = COLOURS[WAY][0]
    if len(at[0]) > 1:
        ax.plot(*at, color=HALO[0], linewidth=3.5, zorder=3)
        ax.plot(*at, color=colour, linewidth=1.6, zorder=4)
        ax.plot(*(x[:1] for x in at), "o", color=HALO[0], markeredgecolor=colour, zorder=5)
    ax.plot(*(x[-1:] for x in at), "o", color=colour, markeredgecolor=HALO[0], zorder=6)


def _solid(surface: Surface, ax: Any) -> Any:
    finite = surface.loss[np.isfinite(surface.loss)]
    heights = levels(surface.loss)
    top = float(finite.max()) if len(finite) else 1.0
    if heights.values and not heights.is_log and len(heights.values) > 1:
        top = min(top, 2 * heights.values[-1] - heights.values[-2])
    # Where the levels rise by factors, so does the height.
    ground = heights.values[0] / 3 if heights.is_log and heights.values else 1e-12
    tall = np.log10(np.maximum(surface.loss, ground)) if heights.is_log else surface.loss
    limit = np.log10(max(top, ground)) if heights.is_log else top
    z = np.where(np.isfinite(tall), np.minimum(tall, limit), np.nan)
    x, y = np.meshgrid(surface.ticks(0), surface.ticks(1))
    ax.plot_surface(x, y, z, cmap=bands(), rcount=65, ccount=65, linewidth=0.1,
                    edgecolor=LINE[0], antialiased=True)
    way = surface.way()
    if way is not None:
        high = [_at(surface, z, point) for point in way.at]
        _walk(ax, way.at[:, 0], way.at[:, 1], np.array(high))
    ax.set(xlabel=printed(surface.directions[0].label),
           ylabel=printed(surface.directions[1].label),
           zlabel="log₁₀ of the loss" if heights.is_log else "loss")
    # Room for what the height is called, beside its numbers and within the figure.
    ax.zaxis.labelpad = 8
    ax.set_box_aspect(None, zoom=0.86)
    return ax


def _at(surface: Surface, values: np.ndarray, point: np.ndarray) -> float:
    """The value between the four points around; NaN outside."""
    n = surface.resolution
    place = [(x - low) / (high - low) * (n - 1)
             for x, (low, high) in zip(point, (surface.ends(0), surface.ends(1)))]
    if not all(0 <= at <= n - 1 for at in place):
        return float("nan")
    (left, s), (low, t) = ((min(int(at), n - 2), at - min(int(at), n - 2)) for at in place)
    around = values[low:low + 2, left:left + 2]
    return float(np.array([1 - t, t]) @ around @ np.array([1 - s, s]))


def _slice(surface: Surface, ax: Any) -> Any:
    x = surface.ticks(0)
    if len(surface.directions) == 1:
        values = surface.loss
    else:  # the row through the parameters, or the nearest to it
        values = surface.loss[int(np.abs(surface.ticks(1) - surface.center[1]).argmin())]
    good = np.isfinite(values)
    ax.plot(x, np.where(good, values, np.nan), color=COLOURS[0][0])
    cross_out(ax, x[~good], BROKEN[0])
    ax.plot([surface.center[0]], [surface.here], "o", color=COLOURS[WAY][0],
            markeredgecolor=HALO[0])
    heights = levels(values)
    if heights.is_log:
        ax.set_yscale("log")
    elif len(heights.values) > 1 and good.any():
        low, top = float(values[good].min()), heights.values[-1] + heights.values[1] - \
            heights.values[0]
        ax.set_ylim(low - 0.05 * (top - low), min(top, 1.05 * float(values[good].max()) + 1e-12))
    ax.set(xlabel=printed(surface.directions[0].label), ylabel="loss")
    return ax
