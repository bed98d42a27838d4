"""Running sums, products, maxima and minima; and the product of all, whose gradient needs them."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError
from learngrad.ops.elementwise import where
from learngrad.ops.index import along, put_back
from learngrad.ops.public import tensor
from learngrad.ops.reduce import Reduction, in_dtype
from learngrad.ops.results import results
from learngrad.ops.spelling import spelled

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "prod"]


class CumSum(Function):
    """Running sums. The gradient runs the other way: an element counts in all sums after it."""

    formula, sign, local = r"\sum_{j \le i} x_j", "cumsum", {"x": "Σ g from here to the end"}

    def forward(self, x, dim, backwards):
        self.options = dim, not backwards
        row = x.reshape(x.shape or (1,))
        if not backwards:
            return devices.in_rows(row.cumsum(axis=dim, dtype=x.dtype).reshape(x.shape))
        turn = (*(slice(None),) * dim, slice(None, None, -1))
        return row[turn].cumsum(axis=dim, dtype=x.dtype)[turn].reshape(x.shape)

    def backward(self, g):
        return CumSum.apply(g, *self.options)


class Prod(Reduction):
    """The product of all; each element's local derivative is the product of the others."""

    saves = ("x",)
    formula, sign, local = r"\prod_i x_i", "Π", {"x": "the product of the others"}

    def forward(self, x, dim, keepdim):
        self.dim = dim
        self.remember(x, tuple(range(x.ndim)) if dim is None else (dim,))
        dim = dim if x.ndim else None
        return devices.in_rows(x.prod(axis=dim, dtype=x.dtype, keepdims=keepdim))

    def backward(self, g, x):
        if self.dim is None:
            return self.spread(g) * _others(x.reshape(-1), 0).reshape(self.before)
        return self.spread(g) * (_others(x, self.dim) if self.before else 1)


class CumProd(Function):
    """Running products."""

    saves = ("x", "out")
    formula, sign = r"\prod_{j \le i} x_j", "cumprod"
    local = {"x": "Σ g · out / x from here to the end"}

    def forward(self, x, dim):
        self.dim = dim
        row = x.reshape(x.shape or (1,))
        return devices.in_rows(row.cumprod(axis=dim, dtype=x.dtype).reshape(x.shape))

    def backward(self, g, x, out):
        if not x.shape:
            return g
        if not _has_zero(x):
            return CumSum.apply(g * out, self.dim, True) / x
        # Row k of a square holds the factors of product k, and 1 for those that come later.
        shape, d = tuple(x.shape), self.dim
        square = (*shape[:d + 1], *shape[d:])
        xp = devices.array_module(getattr(x, "_data", x))
        factor = _diagonal(xp.tril, xp, len(shape), d, shape[d])
        rows = where(factor, x.reshape((*shape[:d], 1, *shape[d:])), xp.ones(square, x.dtype))
        g = g.reshape((*shape[:d + 1], 1, *shape[d + 1:]))
        return where(factor, g * _others(rows, d + 1), 0).sum(d)


def _has_zero(x: Any) -> bool:
    return bool(np.equal(getattr(x, "_data", x), 0).any())


def _diagonal(part: Any, xp: Any, ndim: int, dim: int, n: int) -> Any:
    """A square mask in dimensions `dim` and the next, that broadcasts over all others."""
    mask = xp.ones((n, n), bool)
    return part(mask).reshape((n, n) + (1,) * (ndim - dim - 1))


def _others(x: Any, dim: int) -> Any:
    """For each element the product of all others along `dim`, also where some are 0."""
    if devices.is_array(x):
        zero = np.equal(x, 0)
        count = zero.sum(axis=dim, keepdims=True)
        rest = np.where(zero, 1, x)
        rest = rest.prod(axis=dim, keepdims=True) / rest
        return np.where(count == 0, rest, np.where((count == 1) & zero, rest, 0))
    if not _has_zero(x):
        return Prod.apply(x, dim, True) / x
    # Derivatives of it are wanted, and with a 0 no quotient has them: row k of a square holds
    # every factor but element k.
    shape, xp = tuple(x.shape), devices.array_module(x._data)
    itself = _diagonal(lambda m: xp.triu(xp.tril(m)), xp, len(shape), dim, shape[dim])
    return Prod.apply(where(itself, 1, x.reshape((*shape[:dim], 1, *shape[dim:]))), dim + 1, False)


class CumMax(Function):
    """The greatest element so far and its index; the last of equal ones counts."""

    formula, sign, local = r"\max_{j \le i} x_j", "cummax", {"x": "Σ g where it is the maximum"}
    wins: Any = staticmethod(np.greater_equal)

    def forward(self, x, dim):
        xp, self.before = devices.array_module(x), x.shape
        row = x.reshape(x.shape or (1,))
        rows = np.moveaxis(row, dim, -1)
        at = np.broadcast_to(xp.arange(rows.shape[-1]), rows.shape)
        step = 1
        while step < rows.shape[-1]:  # after each round an index looks back twice as far
            early, late = at[..., :-step], at[..., step:]
            old, new = (np.take_along_axis(rows, k, -1) for k in (early, late))
            late = np.where(self.wins(new, old) | np.isnan(new), late, early)
            at = np.concatenate([at[..., :step], late], -1)
            step *= 2
        at = np.moveaxis(at, -1, dim)
        self.key = along(at, dim)
        # A copy: whoever gets the indices may change them before the backward pass.
        return devices.in_rows(row[self.key].reshape(x.shape)), at.reshape(x.shape).copy()

    def backward(self, g, _):
        return put_back(g, self.key, self.before) if self.before else g


class CumMin(CumMax):
    """The smallest element so far and its index; the last of equal ones counts."""

    formula, sign, local = r"\min_{j \le i} x_j", "cummin", {"x": "Σ g where it is the minimum"}
    wins: Any = staticmethod(np.less_equal)


@spelled()
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product over one dimension, or of all elements.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
    keepdim : bool, default False
    dtype : dtype, optional
        Convert first. Integers and bools are multiplied in int64.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.prod(learngrad.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([3., 8.])
    """
    if isinstance(dim, (tuple, list)):
        raise ArgumentTypeError(f"prod takes one dimension, not {dim!r:.60}",
                                fix="take them one after the other: x.prod(1).prod(0)")
    input = in_dtype(tensor(input, "prod"), dtype)
    at = None if dim is None else devices.normalise_dim(dim, input.ndim)
    return Prod.apply(input, at, bool(keepdim))


@spelled()
def cumsum(input, dim, *, dtype=None):
    """Running sums along `dim`. Integers and bools are added up in int64.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cumsum(learngrad.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    input = in_dtype(tensor(input, "cumsum"), dtype)
    return CumSum.apply(input, devices.normalise_dim(dim, input.ndim), False)


@spelled()
def cumprod(input, dim, *, dtype=None):
    """Running products along `dim`. Integers and bools are multiplied in int64.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cumprod(learngrad.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    input = in_dtype(tensor(input, "cumprod"), dtype)
    return CumProd.apply(input, devices.normalise_dim(dim, input.ndim))


Highest, Lowest = results("cummax"), results("cummin")


@spelled()
def cummax(input, dim):
    """The greatest element so far along `dim`, and its index: a pair ``(values, indices)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cummax(learngrad.tensor([1.0, 3.0, 2.0]), 0).values
    tensor([1., 3., 3.])
    """
    return Highest(*CumMax.apply(tensor(input, "cummax"), devices.normalise_dim(dim, input.ndim)))


@spelled()
def cummin(input, dim):
    """The smallest element so far along `dim`, and its index: a pair ``(values, indices)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cummin(learngrad.tensor([2.0, 1.0, 3.0]), 0).values
    tensor([2., 1., 1.])
    """
    return Lowest(*CumMin.apply(tensor(input, "cummin"), devices.normalise_dim(dim, input.ndim)))
