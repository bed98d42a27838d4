"""Order: sorting, the largest few, different values, and counting."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import OutOfRangeError, ShapeError
from learngrad.ops.elementwise import cast
from learngrad.ops.gather import gather
from learngrad.ops.index import along, put_back
from learngrad.ops.join import unbind
from learngrad.ops.public import number
from learngrad.ops.results import results
from learngrad.ops.spelling import spelled

__all__ = ["argsort", "bincount", "bucketize", "nonzero", "searchsorted", "sort", "topk", "unique"]


Sorted, Top = results("sort"), results("topk")


class Sort(Function):
    """The elements along a dimension in order, and where each of them came from."""

    formula, sign, local = r"\operatorname{sort}(x)", "sort", {"x": "g put back in the old order"}

    def forward(self, x, dim, descending, count):
        self.before = x.shape
        order = np.argsort(np.flip(x, dim) if descending else x, axis=dim, kind="stable")
        if descending:  # reversed before and after, equal elements keep their order
            order = x.shape[dim] - 1 - np.flip(order, dim)
        order = order[(*(slice(None),) * dim, slice(count))].astype(np.int64)
        self.key = along(order.copy(), dim)  # one may change the indices before the backward pass
        return x[self.key], order

    def backward(self, g, _):
        return put_back(g, self.key, self.before)


class TopK(Sort):
    """The largest elements along a dimension, and where they are."""

    formula, sign = r"\operatorname{top}_k(x)", "top k"


class Unique(Function):
    """The different values, in order."""

    formula, sign = r"\{x_i\}", "unique"

    def forward(self, x, dim):
        values, inverse, counts = np.unique(
            x, return_inverse=True, return_counts=True, axis=dim)
        return values, inverse.reshape(x.shape if dim is None else -1), counts


class Nonzero(Function):
    """The indices of the elements that are not 0, a row for each."""

    formula, sign = r"\{i : x_i \neq 0\}", "nonzero"

    def forward(self, x):
        found = np.stack(x.reshape(x.shape or (1,)).nonzero(), axis=1)
        return found if x.ndim else found[:, :0]


class Bincount(Function):
    """How often each number 0, 1, … occurs, or the sum of the weights given to it."""

    halves = "all"  # sums are float64
    formula, sign = r"\#\{i : x_i = k\}", "bincount"

    def forward(self, x, weights, minlength):
        out = np.bincount(x, weights, minlength)
        return out if weights is None or weights.dtype != np.float32 else out.astype(np.float32)


class SearchSorted(Function):
    """Where a value would have to stand in a sequence that is in order."""

    formula, sign = r"\#\{i : s_i < x\}", "searchsorted"

    def forward(self, sequence, x, side):
        if sequence.ndim == 1:
            return np.searchsorted(sequence, x, side)
        rows = zip(sequence.reshape(-1, sequence.shape[-1]), x.reshape(-1, x.shape[-1]))
        found = [np.searchsorted(s, v, side) for s, v in rows]
        return np.stack(found).reshape(x.shape) if found else np.zeros_like(x, dtype=np.int64)


def _sorted(function: type[Function], input: Any, dim: int, descending: bool,
            count: int | None) -> tuple[Any, Any]:
    dim = devices.normalise_dim(dim, input.ndim)
    x = input if input.ndim else input.reshape(1)
    values, indices = function.apply(x, dim, bool(descending), count)
    if not input.ndim:
        values, indices = values.reshape(()), indices.reshape(())
    return values, indices


@spelled()
def sort(input, dim=-1, descending=False, stable=False):
    """The elements along `dim` in order: a pair ``(values, indices)``.

    Equal elements keep their order, whether `stable` is asked for or not; nan counts as largest.

    PyTorch: `torch.sort` may put equal elements in another order, unless `stable`.

    Examples
    --------
    >>> import learngrad
    >>> values, indices = learngrad.sort(learngrad.tensor([3.0, 1.0, 2.0]))
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    return Sorted(*_sorted(Sort, input, dim, descending, None))


@spelled()
def argsort(input, dim=-1, descending=False, stable=False):
    """The indices that put the elements along `dim` in order.

    PyTorch: `torch.argsort` may put equal elements in another order, unless `stable`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.argsort(learngrad.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    return sort(input, dim, descending).indices


@spelled()
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The `k` largest elements along `dim`, largest first: a pair ``(values, indices)``.

    PyTorch: `torch.topk` may take another one of equal elements; here it is the first.

    Parameters
    ----------
    input : Tensor
    k : int
    dim : int, default -1
    largest : bool, default True
        False for the smallest ones, smallest first.
    sorted : bool
        They are in order in any case.

    Raises
    ------
    ShapeError
        If there are fewer than `k`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.topk(learngrad.tensor([3.0, 1.0, 2.0]), 2).indices
    tensor([0, 2])
    """
    k, size = int(number(k, "k")), (input.shape or (1,))[devices.normalise_dim(dim, input.ndim)]
    if not 0 <= k <= size:
        raise ShapeError(f"topk: {k} of {size} elements cannot be had", fix="k=min(k, x.shape[-1])")
    return Top(*_sorted(TopK, input, dim, largest, k))


@spelled()
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different values, in rising order; no gradient goes through it.

    Parameters
    ----------
    input : Tensor
    sorted : bool
        They are in order in any case.
    return_inverse : bool, default False
        Also, in the shape of `input`, where each element is among the values.
    return_counts : bool, default False
        Also how often each value occurs.
    dim : int, optional
        Compare the slices along `dim` instead of the elements.

    Returns
    -------
    Tensor, or tuple of Tensor

    Examples
    --------
    >>> import learngrad
    >>> learngrad.unique(learngrad.tensor([2, 1, 2]), return_counts=True)
    (tensor([1, 2]), tensor([1, 2]))
    """
    dim = None if dim is None else devices.normalise_dim(dim, input.ndim)
    values, inverse, counts = Unique.apply(input, dim)
    if not (return_inverse or return_counts):
        return values
    return (values, *[inverse] * bool(return_inverse), *[counts] * bool(return_counts))


@spelled()
def nonzero(input, *, as_tuple=False):
    """The indices of the elements that are not 0: one row each, or with `as_tuple` one per dim.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nonzero(learngrad.tensor([[0, 7], [8, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    return unbind(Nonzero.apply(input if input.ndim else input.reshape(1)), 1) if as_tuple else (
        Nonzero.apply(input))


@spelled()
def bincount(input, weights=None, minlength=0):
    """How often each number 0, 1, … occurs in a vector, or the sum of the weights given to it.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.bincount(learngrad.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    if input.ndim != 1 or input.dtype.kind not in "iu":
        raise ShapeError("bincount counts in a vector of integers", fix="x.flatten().long()")
    if weights is not None and weights.shape != input.shape:
        raise ShapeError("bincount takes one weight for each number", fix="weights.expand_as(x)")
    array = getattr(input, "_data", input)
    if isinstance(array, np.ndarray) and array.size and array.min() < 0:
        raise ShapeError(f"bincount counts from 0, and {array.min()} is negative",
                         fix="x - x.min()")
    return Bincount.apply(input, weights, minlength)


@spelled()
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """How many places of a sequence in rising order lie before each value.

    Parameters
    ----------
    sorted_sequence : Tensor
        A vector, or a row for each row of `input`.
    input : Tensor or number
    out_int32 : bool, default False
        Give int32 instead of int64.
    right : bool, default False
        Whether places that equal the value lie before it (the same as ``side="right"``).
    sorter : Tensor of int, optional
        The order of `sorted_sequence`, where that is not in order itself.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.searchsorted(learngrad.tensor([1, 3, 5]), learngrad.tensor([3, 4]))
    tensor([1, 2])
    """
    if sorter is not None:
        sorted_sequence = gather(sorted_sequence, -1, sorter)
    if not sorted_sequence.ndim or (sorted_sequence.ndim > 1 and (
            getattr(input, "shape", ())[:-1] != sorted_sequence.shape[:-1])):
        raise ShapeError("searchsorted looks in one vector, or in a row for each row of values",
                         fix="equal sizes in all dimensions but the last")
    if side not in (None, "left", "right") or (side == "left" and right):
        raise OutOfRangeError(f"side={side!r} and right={right} contradict each other",
                              fix='side="right"')
    side = side or ("right" if right else "left")
    if not hasattr(input, "dtype"):
        input = devices.as_array(input, like=getattr(sorted_sequence, "_data", sorted_sequence))
    found = SearchSorted.apply(sorted_sequence, input, side)
    return cast(found, devices.int32) if out_int32 else found


@spelled()
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """Which of the intervals between `boundaries` each value lies in, counted from 0.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.bucketize(learngrad.tensor([0.5, 9.0]), learngrad.tensor([1.0, 2.0]))
    tensor([0, 2])
    """
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
