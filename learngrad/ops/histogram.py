"""How many elements fall between edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, ShapeError
from learngrad.ops.public import floating, same_dtype
from learngrad.ops.results import results
from learngrad.ops.spelling import spelled

__all__ = ["histc", "histogram"]


class Histogram(Function):
    """How many elements, or how much weight, lies between each edge and the next."""

    formula, sign = r"\#\{i : e_k \le x_i < e_{k+1}\}", "histogram"

    def forward(self, x, weight, edges, density):
        x, last = x.reshape(-1), len(edges) - 2
        inside = np.logical_and(x >= edges[0], x <= edges[-1])
        place = np.minimum(np.searchsorted(edges, x[inside], "right") - 1, last)
        weight = None if weight is None else weight.reshape(-1)[inside]
        counts = np.bincount(place, weight, last + 1)
        if density:
            counts = counts / (counts.sum() * (edges[1:] - edges[:-1]))
        return counts.astype(x.dtype), edges


Bins = results("histogram", "hist bin_edges")


def _edges(input: Any, bins: Any, low: Any, high: Any, either: float) -> Any:
    """Edges evenly spaced between two numbers; those of the data where they are not given."""
    x = getattr(input, "_data", input)
    if low is None:
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    if low == high:
        low, high = low - either, high + either
    if not np.isfinite(high - low) or low > high:
        raise ArgumentRangeError(f"there is no histogram from {low} to {high}",
                                 fix="range=(0.0, 1.0)")
    if not isinstance(bins, int) or bins < 1:
        raise ArgumentRangeError(f"a histogram has one bin or more, not {bins!r:.60}",
                                 fix="bins=10")
    return devices.array_module(x).linspace(low, high, bins + 1).astype(x.dtype)


COUNTING = "x.float(); bincount counts integers"


@spelled()
def histogram(input, bins=100, *, range=None, weight=None, density=False):
    """How many elements lie between each edge and the next: a pair ``(hist, bin_edges)``.

    Parameters
    ----------
    input : Tensor
        Floating, of any shape.
    bins : int or Tensor, default 100
        How many bins of equal width, or their edges, a rising vector. The last one has its upper
        edge in it; what lies outside is not counted.
    range : pair of float, optional
        The first and the last edge; by default the least and the greatest element.
    weight : Tensor, optional
        Of the shape of `input`: what each element counts.
    density : bool, default False
        Divide, so that the area under it is 1.

    Raises
    ------
    ArgumentRangeError
        If there is no bin, or the range is none.
    DtypeError
        If `input` is not floating, or the edges or weights have another dtype.
    ShapeError
        If the edges are no vector, or the weights have another shape.

    Examples
    --------
    >>> import learngrad
    >>> hist, edges = learngrad.histogram(learngrad.tensor([1.0, 2.0, 1.0]), bins=2)
    >>> hist, edges
    (tensor([2., 1.]), tensor([1.0000, 1.5000, 2.0000]))
    """
    floating(input, "histogram", fix=COUNTING)
    same_dtype("histogram", input=input, bins=bins, weight=weight)
    if weight is not None and weight.shape != input.shape:
        raise ShapeError("histogram takes one weight for each element", fix="weight.expand_as(x)")
    edges = getattr(bins, "_data", bins)
    if not hasattr(bins, "dtype"):
        low, high = range or (None, None)
        edges = _edges(input, bins, low, high, 0.5)
    elif edges.ndim != 1 or len(edges) < 2:
        raise ShapeError("edges are a vector of two or more",
                         fix="bins=learngrad.linspace(0, 1, 11)")
    return Bins(*Histogram.apply(input, weight, edges, bool(density)))


@spelled()
def histc(input, bins=100, min=0, max=0):
    """How many elements lie in each of `bins` of equal width from `min` to `max`.

    Where both are 0, from the least to the greatest element. What lies outside is not counted.

    Raises
    ------
    ArgumentRangeError
        If there is no bin, or the range is none.
    DtypeError
        If `input` is not floating.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.histc(learngrad.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    low, high = (None, None) if min == max == 0 else (min, max)
    edges = _edges(floating(input, "histc", fix=COUNTING), bins, low, high, 1.0)
    return Histogram.apply(input, None, edges, False)[0]
