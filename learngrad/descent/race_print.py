"""A race for elsewhere: as plain data, and drawn with Matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.forms import axes_for, plain
from learngrad.descent.race_picture import MARKERS
from learngrad.descent.style import COLOURS, printed
from learngrad.descent.surface_contours import levels

if TYPE_CHECKING:
    import matplotlib.axes

    from learngrad.descent.race import Race

__all__ = ["ground", "to_dict", "to_matplotlib"]


def to_dict(race: Race) -> dict[str, Any]:
    """As `Race.to_dict`."""
    land = ground(race)
    if land is not None:
        land["values"] = _shortened(land["values"].ravel())
    return plain({
        "title": race.title, "steps": race.steps, "start": race.start, "ground": land,
        "walks": [{"name": name, "kind": race.entrants[name].kind,
                   "dials": race.entrants[name].dials(),
                   "settings": race.entrants[name].settings, "loss": walk.loss,
                   "path": None if walk.path is None else walk.path.ravel(),
                   "diverged": walk.diverged, "problem": walk.problem}
                  for name, walk in race.runs.items()]})


def _shortened(values: np.ndarray) -> list[float]:
    """Heights in five digits, counted from the lowest: half the text, and the same picture."""
    above = values - values[np.isfinite(values)].min(initial=np.inf)
    digits = 4 - np.floor(np.log10(above, where=above > 0, out=np.full_like(above, -9.0)))
    return [round(value, int(n)) if math.isfinite(value) else value
            for value, n in zip(values.tolist(), np.nan_to_num(digits).tolist(), strict=True)]


def ground(race: Race) -> dict[str, Any] | None:
    """The surface as data, with "values" on a grid.

    It is so fine that a valley as narrow as Rosenbrock's is one, and no chain of ponds.
    """
    land = race.landscape
    if land is None:
        return None
    values = land.grid(129)
    return {"name": land.name, "about": land.about, "domain": [list(end) for end in land.domain],
            "size": len(values), "minima": [list(at) for at in land.minima], "values": values}


def to_matplotlib(race: Race, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
    """As `Race.to_matplotlib`."""
    land = race.landscape
    if land is None:
        return race.curves.to_matplotlib(ax)
    ax = axes_for(ax, "race")
    values = land.grid(257)
    (x0, x1), (y0, y1) = land.domain
    x, y = np.linspace(x0, x1, values.shape[1]), np.linspace(y0, y1, values.shape[0])
    heights = levels(values)
    if heights.values:
        ax.contour(x, y, np.where(np.isfinite(values), values, np.nan), heights.values,
                   colors="0.7", linewidths=0.8)
    for at, (name, walk) in enumerate(race.runs.items()):
        if walk.path is None or not len(walk.path):
            continue
        gone = walk.diverged is not None
        look: dict[str, Any] = {"color": COLOURS[at % len(COLOURS)][0]}
        said = f" (diverged at step {walk.diverged})" if gone else ""
        ax.plot(*walk.path.T, marker="x" if gone else MARKERS[at % len(MARKERS)],
                markevery=[len(walk.path) - 1], markeredgecolor=None if gone else "white",
                markersize=8, label=printed(name, 40) + said, **look)
    for place in land.minima:
        ax.plot(*place, "+", color="0.2", markersize=14, zorder=1.5)
    if race.start is not None:
        ax.plot(*race.start, "o", color="0.1", fillstyle="none", markersize=9, zorder=3)
    ax.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="x", ylabel="y", title=printed(land.name))
    ax.legend()
    return ax
