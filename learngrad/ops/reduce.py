"""Operations that take many elements to few: sums, means, whether all hold, logarithms of sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import OutOfRangeError, ShapeError
from learngrad.ops.elementwise import cast
from learngrad.ops.public import floating, tensor
from learngrad.ops.shape import expand
from learngrad.ops.spelling import spelled

__all__ = ["all", "any", "count_nonzero", "logsumexp", "mean", "sum"]


class Reduction(Function):
    """Base of the reductions: `dims` is a tuple of dimensions counted from the front."""

    def remember(self, x: Any, dims: tuple[int, ...]) -> None:
        self.before, self.dims = x.shape, dims
        self.kept = tuple(1 if k in dims else s for k, s in enumerate(x.shape))

    def spread(self, g: Any) -> Any:
        """A gradient of the result, repeated for each element that went into it."""
        return expand(g.reshape(self.kept), self.before)


class Sum(Reduction):
    """The sum: each element's local derivative is 1, so the gradient is repeated for each."""

    formula, sign, local = r"\sum_i x_i", "Σ", {"x": "1 for each element"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        return devices.in_rows(x.sum(axis=dims, dtype=x.dtype, keepdims=keepdim))

    def backward(self, g):
        return self.spread(g)


class Mean(Reduction):
    """The mean: each of n elements has local derivative 1/n."""

    formula, sign, local = r"\frac{1}{n} \sum_i x_i", "mean", {"x": "1 / n for each element"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        self.count = math.prod(x.shape[d] for d in dims)
        if not self.count:  # NumPy would warn
            return x.sum(axis=dims, keepdims=keepdim) + math.nan
        return devices.in_rows(x.mean(axis=dims, keepdims=keepdim))

    def backward(self, g):
        return self.spread(g / (self.count or 1))


class LogSumExp(Reduction):
    """The logarithm of the sum of exponentials, computed without overflow: a smooth maximum."""

    promotion = staticmethod(devices.floating)
    saves = ("x", "out")
    formula, sign, local = r"\ln \sum_i e^{x_i}", "logsumexp", {"x": "softmax of x"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        if not x.size:
            return np.log(x.sum(axis=dims, keepdims=keepdim))
        top = x.max(axis=dims, keepdims=True)
        top = np.where(np.isfinite(top), top, 0)  # the difference of two infinities is nan
        out = np.log(np.exp(x - top).sum(axis=dims, keepdims=True)) + top
        return devices.in_rows(out if keepdim else out.sum(axis=dims))

    def backward(self, g, x, out):
        return self.spread(g) * np.exp(x - out.reshape(self.kept))


class AllOf(Reduction):
    """Whether no element is 0."""

    formula, sign = r"\forall i: x_i", "all"
    asked = "all"

    def forward(self, x, dims, keepdim):
        out = devices.in_rows(getattr(x, self.asked)(axis=dims, keepdims=keepdim))
        return out.astype(x.dtype) if x.dtype == np.uint8 else out  # as PyTorch, which had no bool


class AnyOf(AllOf):
    """Whether some element is not 0."""

    formula, sign = r"\exists i: x_i", "any"
    asked = "any"


class CountNonzero(Function):
    """How many elements are not 0."""

    formula, sign = r"|\{i: x_i \ne 0\}|", "count"

    def forward(self, x, dims):
        return np.not_equal(x, 0).sum(axis=dims)


def names_none(dim: Any) -> bool:
    """Whether `dim` is None or an empty list: for most functions, all dimensions."""
    return dim is None or (isinstance(dim, (tuple, list)) and not dim)


def dims_of(input: Any, dim: Any) -> tuple[int, ...]:
    """`dim` as a tuple of dimensions counted from the front; none named means all of them."""
    if names_none(dim):
        return tuple(range(input.ndim))
    dims = tuple(devices.normalise_dim(d, input.ndim)
                 for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    if len(set(dims)) != len(dims):
        raise ShapeError(f"dim={dim} names a dimension twice", fix="name each dimension once")
    return dims if input.ndim else ()


def _dims_asked(input: Any, dim: Any) -> tuple[int, ...]:
    """As `dims_of`, but of no dimensions each element is asked: so PyTorch has it for these two."""
    return () if dim is not None and names_none(dim) else dims_of(input, dim)


def some(input: Any, dims: tuple[int, ...], what: str, named: bool) -> None:
    """Refuse to reduce no elements; `named` says whether the dimensions were."""
    if 0 in [input.shape[d] for d in dims]:
        kind = OutOfRangeError if named else ShapeError
        raise kind(f"{what} of no elements is not defined",
                   fix="check that the tensor is not empty: x.numel() > 0")


def in_dtype(input: Any, dtype: Any) -> Any:
    """What is to be added up or multiplied: in `dtype`, by default integers and bools in int64."""
    if dtype is None and devices.is_floating(input.dtype):
        return input
    return cast(input, dtype or np.int64)


def floats(input: Any, what: str, dtype: Any = None) -> Any:
    """What has a fraction as its result must be floating, or be made so by `dtype`."""
    if dtype is not None:
        input = cast(input, dtype)
    return floating(input, what, fix=f"convert them first: x.float().{what}()")


@spelled()
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
    return Sum.apply(in_dtype(tensor(input, "sum"), dtype), dims_of(input, dim), bool(keepdim))


@spelled()
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean over `dim` (one dimension, several, or all); floating tensors only.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.mean(learngrad.tensor([1.0, 3.0]))
    tensor(2.)
    """
    input = floats(tensor(input, "mean"), "mean", dtype)
    return Mean.apply(input, dims_of(input, dim), bool(keepdim))


@spelled()
def logsumexp(input, dim, keepdim=False):
    """The logarithm of the sum of exponentials over `dim`, computed without overflow.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.logsumexp(learngrad.tensor([1000.0, 1000.0]), 0)
    tensor(1000.6932)
    """
    return LogSumExp.apply(tensor(input, "logsumexp"), dims_of(input, dim), bool(keepdim))


@spelled()
def all(input, dim=None, keepdim=False):
    """Whether no element is 0 (or False): of all of them, or along `dim`; a bool tensor.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.all(learngrad.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return AllOf.apply(tensor(input, "all"), _dims_asked(input, dim), bool(keepdim))


@spelled()
def any(input, dim=None, keepdim=False):
    """Whether some element is not 0 (or False): of all of them, or along `dim`; a bool tensor.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.any(learngrad.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return AnyOf.apply(tensor(input, "any"), _dims_asked(input, dim), bool(keepdim))


@spelled()
def count_nonzero(input, dim=None):
    """How many elements are not 0: of all of them, or along `dim`; int64.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.count_nonzero(learngrad.tensor([[1, 0, 2], [0, 0, 3]]), dim=1)
    tensor([2, 1])
    """
    return CountNonzero.apply(tensor(input, "count_nonzero"), dims_of(input, dim))
