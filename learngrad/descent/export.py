"""Curves for elsewhere: a CSV file, a pandas DataFrame, a Matplotlib drawing."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learngrad.descent.curves import Curves, is_share
from learngrad.descent.style import COLOURS, DASHES, styles
from learngrad.errors import ArgumentTypeError, MissingDependency
from learngrad.saving.files import replacing
from learngrad.trace.text import elide

if TYPE_CHECKING:
    import matplotlib.axes
    import pandas

__all__ = ["to_csv", "to_dataframe", "to_matplotlib"]

HEADS = ["run", "name", "step", "value"]


def to_csv(curves: Curves, path: str | os.PathLike[str]) -> Path:
    """As `Curves.to_csv`."""
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        rows = csv.writer(text)
        rows.writerow(HEADS)
        rows.writerows(_rows(curves))
        text.detach()  # flushed; the file itself is closed by whoever opened it
    return Path(path)


def _rows(curves: Curves) -> Iterator[tuple[str, str, float, float]]:
    for series in curves.series:
        x, y = series.since()
        for at, value in zip(x.tolist(), y.tolist()):
            yield series.run, series.name, int(at) if at.is_integer() else at, value


def to_dataframe(curves: Curves) -> pandas.DataFrame:
    """As `Curves.to_dataframe`."""
    try:
        import pandas
    except ImportError as error:
        raise MissingDependency("a DataFrame is pandas', which is not installed",
                                fix="pip install pandas, or plot.to_csv(path)") from error
    points = [series.since() for series in curves.series]
    sizes = [len(y) for _, y in points]

    def column(values: list[Any]) -> np.ndarray:
        return np.repeat(np.array(values, dtype=object), sizes)

    return pandas.DataFrame({
        "run": column([series.run for series in curves.series]),
        "name": column([series.name for series in curves.series]),
        "step": np.concatenate([x for x, _ in points] or [np.empty(0)]),
        "value": np.concatenate([y for _, y in points] or [np.empty(0)])})


def to_matplotlib(curves: Curves, ax: matplotlib.axes.Axes | None = None) -> matplotlib.axes.Axes:
    """As `Curves.to_matplotlib`."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingDependency("Matplotlib is not installed",
                                fix="pip install matplotlib, or plot.svg()") from error
    if ax is None:
        ax = plt.subplots()[1]
    elif not hasattr(ax, "get_xaxis_transform"):
        raise ArgumentTypeError(f"ax is a {type(ax).__name__}, not Axes of Matplotlib",
                                fix="figure, ax = plt.subplots(); plot.to_matplotlib(ax)")
    shares = [is_share(series.name) for series in curves.series]
    right = ax.twinx() if any(shares) and not all(shares) else ax
    lines = []
    for series, share, (colour, dash) in zip(curves.series, shares, styles(curves.series)):
        x, y = series.since()
        on, shade = right if share else ax, COLOURS[colour][0]
        style: Any = (0, DASHES[dash]) if DASHES[dash] else "-"
        good = np.isfinite(y)
        # With NaN for the infinities: a line that ends where the numbers end.
        lines += on.plot(x, np.where(good, y, np.nan), color=shade, linestyle=style,
                         label=elide(series.label, 40), marker="o" if good.sum() < 2 else None)
        on.plot(x[~good], np.full((~good).sum(), 0.98), "x", color=COLOURS[1][0], clip_on=False,
                transform=on.get_xaxis_transform(), label="_not a number")
    ax.set_xlabel("step")
    if any(shares):
        right.set_ylabel("share")
    if lines:
        ax.legend(handles=lines)
    return ax
