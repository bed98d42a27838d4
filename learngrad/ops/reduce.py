"""Operations that take many elements to few: sums, means, maxima."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError, DtypeError, OutOfRangeError, ShapeError
from learngrad.ops.index import index_add
from learngrad.ops.shape import expand

__all__ = ["amax", "argmax", "max", "mean", "sum"]


class Reduction(Function):
    """Base of the reductions: `dims` is a tuple of dimensions counted from the front."""

    def remember(self, x: Any, dims: tuple[int, ...]) -> None:
        self.before = x.shape
        self.kept = tuple(1 if k in dims else s for k, s in enumerate(x.shape))

    def spread(self, g: Any) -> Any:
        """A gradient of the result, repeated for each element that went into it."""
        return expand(g.reshape(self.kept), self.before)


class Sum(Reduction):
    """The sum: each element's local derivative is 1, so the gradient is repeated for each."""

    formula, sign, local = r"\sum_i x_i", "Σ", {"x": "1 for each element"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        return x.sum(axis=dims, keepdims=keepdim)

    def backward(self, g):
        return self.spread(g)


class Mean(Reduction):
    """The mean: each of n elements has local derivative 1/n."""

    formula, sign, local = r"\frac{1}{n} \sum_i x_i", "mean", {"x": "1 / n for each element"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        self.count = math.prod(x.shape[d] for d in dims)
        return x.mean(axis=dims, keepdims=keepdim)

    def backward(self, g):
        return self.spread(g / self.count)


class Amax(Reduction):
    """The greatest element; equal ones share the gradient evenly."""

    saves = ("x", "out")
    formula, sign, local = r"\max_i x_i", "max", {"x": "1 at the maximum, 0 elsewhere"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        self.dims = dims
        return x.max(axis=dims, keepdims=keepdim)

    def backward(self, g, x, out):
        at = np.equal(x, out.reshape(self.kept))
        count = at.sum(self.dims).reshape(self.kept)
        return self.spread(g) * at / count.astype(g.dtype)


class MaxDim(Reduction):
    """The greatest element along one dimension and its index; the first of equal ones counts."""

    formula, sign, local = r"\max_i x_i", "max", {"x": "1 at the maximum, 0 elsewhere"}

    def forward(self, x, dim, keepdim):
        self.remember(x, (dim,))
        xp = devices.array_module(x)
        indices = xp.expand_dims(x.argmax(axis=dim), dim) if x.ndim else xp.zeros((), np.int64)
        self.key = _along(xp, indices, dim)
        values = x[self.key] if x.ndim else x.copy()
        shape = self.kept if keepdim else tuple(s for k, s in enumerate(x.shape) if k != dim)
        # A copy: whoever gets the indices may change them before the backward pass.
        return values.reshape(shape), indices.reshape(shape).copy()

    def backward(self, g, _):
        return index_add(g.reshape(self.kept), self.key, self.before)


class ArgMax(Reduction):
    """The index of the greatest element."""

    formula, sign = r"\operatorname{argmax}_i x_i", "argmax"

    def forward(self, x, dim, keepdim):
        out = x.argmax(axis=dim)
        if not keepdim:
            return out
        return out.reshape([1 if dim is None or k == dim else s for k, s in enumerate(x.shape)])


def _along(xp: Any, indices: Any, dim: int) -> tuple[Any, ...]:
    """The index that picks ``indices`` along `dim` and everything along the other dimensions."""
    key = list(xp.ogrid[tuple(slice(s) for s in indices.shape)]) if indices.ndim else []
    if key:
        key[dim] = indices
    return tuple(key)


def dims_of(input: Any, dim: Any) -> tuple[int, ...]:
    """`dim` as a tuple of dimensions counted from the front; None means all of them."""
    if dim is None or dim == ():
        return tuple(range(input.ndim))
    dims = tuple(devices.normalise_dim(d, input.ndim)
                 for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    if len(set(dims)) != len(dims):
        raise ShapeError(f"dim={dim} names a dimension twice", tensors={"input": input},
                         fix="name each dimension once")
    return dims if input.ndim else ()


def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim` (one dimension, several, or all).

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
    keepdim : bool, default False
        Keep the summed dimensions with size 1.
    dtype : dtype, optional
        Convert first. Integers and bools are summed in int64.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.sum(learngrad.ones(2, 3), dim=0)
    tensor([2., 2., 2.])
    """
    from learngrad.ops.elementwise import cast
    if dtype is not None or input.dtype.kind in "biu":
        input = cast(input, dtype or np.int64)
    return Sum.apply(input, dims_of(input, dim), bool(keepdim))


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean over `dim` (one dimension, several, or all); floating tensors only.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.mean(learngrad.tensor([1.0, 3.0]))
    tensor(2.)
    """
    from learngrad.ops.elementwise import cast
    if dtype is not None:
        input = cast(input, dtype)
    if input.dtype.kind != "f":
        raise DtypeError(f"the mean of {input.dtype} numbers is no {input.dtype}",
                         tensors={"input": input}, fix="convert them first: x.float().mean()")
    return Mean.apply(input, dims_of(input, dim), bool(keepdim))


def _some(input: Any, dims: tuple[int, ...], what: str) -> None:
    if any(input.shape[d] == 0 for d in dims):
        kind = OutOfRangeError if len(dims) < input.ndim else ShapeError
        raise kind(f"{what} of no elements is not defined", tensors={"input": input},
                   fix="check that the tensor is not empty: x.numel() > 0")


def amax(input, dim=(), keepdim=False):
    """The greatest element over `dim`; equal ones share the gradient evenly.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.amax(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([5., 7.])
    """
    dims = dims_of(input, dim)
    _some(input, dims, "the maximum")
    return Amax.apply(input, dims, bool(keepdim))


class MaxResult(NamedTuple):
    """The two results of ``max`` along a dimension."""

    values: Any
    indices: Any


def max(input, dim=None, keepdim=False):
    """The greatest element; with `dim` also its index: a pair ``(values, indices)``.

    Without `dim`, equal elements share the gradient evenly; with it, the first one gets all of it,
    both as in PyTorch.

    Examples
    --------
    >>> import learngrad
    >>> values, indices = learngrad.max(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    >>> indices
    tensor([1, 0])
    """
    if dim is None:
        return amax(input)
    if not isinstance(dim, (int, np.integer)):
        raise ArgumentTypeError(f"max takes one dimension, not {dim!r:.60}",
                                fix="use amax for several dimensions; x.maximum(y) for two tensors")
    dim = devices.normalise_dim(dim, input.ndim)
    _some(input, (dim,) if input.ndim else (), "the maximum")
    return MaxResult(*MaxDim.apply(input, dim, bool(keepdim)))


def argmax(input, dim=None, keepdim=False):
    """The index of the greatest element, the first one of equal ones; int64.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.argmax(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    if dim is not None:
        dim = devices.normalise_dim(dim, input.ndim)
    _some(input, dims_of(input, dim), "argmax")
    return ArgMax.apply(input, dim if input.ndim else None, bool(keepdim))
