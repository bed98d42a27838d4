"""The greatest, the smallest and the middle element, and where they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentTypeError, DtypeError
from learngrad.ops.bounds import maximum, minimum
from learngrad.ops.index import along, put_back
from learngrad.ops.public import tensor
from learngrad.ops.quick import passed
from learngrad.ops.reduce import Reduction, dims_of, names_none, some
from learngrad.ops.results import results
from learngrad.ops.spelling import spelled

__all__ = ["amax", "amin", "argmax", "argmin", "max", "median", "min"]


class Amax(Reduction):
    """The greatest element; equal ones share the gradient evenly."""

    saves = ("x", "out")
    formula, sign, local = r"\max_i x_i", "max", {"x": "1 at the maximum, 0 elsewhere"}
    extreme = "max"

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        return devices.in_rows(getattr(x, self.extreme)(axis=dims, keepdims=keepdim))

    def backward(self, g, x, out):
        at = np.logical_or(np.equal(x, out.reshape(self.kept)), np.isnan(x))
        count = at.sum(self.dims).reshape(self.kept)
        return passed(self.spread(g) / count.astype(g.dtype), at)


class Amin(Amax):
    """The smallest element; equal ones share the gradient evenly."""

    formula, sign, local = r"\min_i x_i", "min", {"x": "1 at the minimum, 0 elsewhere"}
    extreme = "min"


class Median(Amax):
    """The lower of the middle elements of all; equal ones share the gradient evenly."""

    formula, sign = r"\operatorname{median}_i x_i", "median"
    local = {"x": "1 at the median, 0 elsewhere"}

    def forward(self, x, dims, keepdim):
        self.remember(x, dims)
        row = x.reshape(-1)
        return row[_middle(row)] if x.size else x.sum() + math.nan


class MaxDim(Reduction):
    """The greatest element along one dimension and its index; the first of equal ones counts."""

    formula, sign, local = r"\max_i x_i", "max", {"x": "1 at the maximum, 0 elsewhere"}
    pick: Any = staticmethod(np.argmax)  # which element it is

    def forward(self, x, dim, keepdim):
        self.remember(x, (dim,))
        xp = devices.array_module(x)
        indices = xp.expand_dims(self.pick(x, dim), dim) if x.ndim else xp.zeros((), np.int64)
        self.key = along(indices, dim)
        values = x[self.key] if x.ndim else x.copy()
        shape = self.kept if keepdim else tuple(s for k, s in enumerate(x.shape) if k != dim)
        # A copy: whoever gets the indices may change them before the backward pass.
        return values.reshape(shape), indices.reshape(shape).copy()

    def backward(self, g, _):
        return put_back(g.reshape(self.kept), self.key, self.before)


class MinDim(MaxDim):
    """The smallest element along one dimension and its index; the first of equal ones counts."""

    formula, sign, local = r"\min_i x_i", "min", {"x": "1 at the minimum, 0 elsewhere"}
    pick = staticmethod(np.argmin)


class MedianDim(MaxDim):
    """The lower of the middle elements along one dimension, and its index."""

    formula, sign = r"\operatorname{median}_i x_i", "median"
    local = {"x": "1 at the median, 0 elsewhere"}
    pick = staticmethod(lambda x, dim: _middle(np.moveaxis(x, dim, -1)))


class ArgMax(Reduction):
    """The index of the greatest element."""

    formula, sign = r"\operatorname{argmax}_i x_i", "argmax"
    pick = "argmax"

    def forward(self, x, dim, keepdim):
        return getattr(x, self.pick)(axis=dim, keepdims=keepdim)


class ArgMin(ArgMax):
    """The index of the smallest element."""

    formula, sign = r"\operatorname{argmin}_i x_i", "argmin"
    pick = "argmin"


def _middle(rows: Any) -> Any:
    """The index of the lower median along the last dimension; of a nan where there is one."""
    order = np.argsort(rows, axis=-1)
    last = np.take_along_axis(rows, order[..., -1:], -1)[..., 0]  # nan is sorted to the end
    return np.where(np.isnan(last), order[..., -1], order[..., (rows.shape[-1] - 1) // 2])


Greatest, Least, Middle = results("max"), results("min"), results("median")


@spelled()
def amax(input, dim=(), keepdim=False):
    """The greatest element over `dim`; equal ones share the gradient evenly.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.amax(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([5., 7.])
    """
    dims = dims_of(tensor(input, "amax"), dim)
    some(input, dims, "the maximum", not names_none(dim))
    return Amax.apply(input, dims, bool(keepdim))


@spelled()
def amin(input, dim=(), keepdim=False):
    """The smallest element over `dim`; equal ones share the gradient evenly.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.amin(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    dims = dims_of(tensor(input, "amin"), dim)
    some(input, dims, "the minimum", not names_none(dim))
    return Amin.apply(input, dims, bool(keepdim))


def _one_dim(input: Any, dim: Any, name: str, instead: str) -> int:
    if not isinstance(dim, (int, np.integer)):
        raise ArgumentTypeError(f"{name} takes one dimension, not {dim!r:.60}", fix=instead)
    dim = devices.normalise_dim(dim, tensor(input, name).ndim)
    some(input, (dim,) if input.ndim else (), f"the {name}", True)
    return dim


@spelled()
def max(input, dim=None, keepdim=False, *, other=None):
    """The greatest element; with `dim` also its index: a pair ``(values, indices)``.

    With a second tensor in place of `dim`, the greater of the two, elementwise: `maximum`. Without
    `dim`, equal elements share the gradient evenly; with it, the first one gets all of it, both as
    in PyTorch.

    PyTorch: `torch.max` takes no plain number as the second of two.

    Examples
    --------
    >>> import learngrad
    >>> values, indices = learngrad.max(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    >>> indices
    tensor([1, 0])
    """
    return _extremum("max", (amax, maximum, MaxDim, Greatest), input, dim, keepdim, other)


@spelled()
def min(input, dim=None, keepdim=False, *, other=None):
    """The smallest element; with `dim` also its index: a pair ``(values, indices)``.

    With a second tensor in place of `dim`, the smaller of the two, elementwise: `minimum`. Equal
    elements share the gradient as in `max`.

    PyTorch: `torch.min` takes no plain number as the second of two.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.min(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1).values
    tensor([1., 3.])
    """
    return _extremum("min", (amin, minimum, MinDim, Least), input, dim, keepdim, other)


def _extremum(name: str, meanings: tuple[Any, Any, Any, Any], input: Any, dim: Any, keepdim: Any,
              other: Any) -> Any:
    """Of all elements, of two tensors, or along one dimension: `name` has the three meanings."""
    of_all, of_two, by_dim, pair = meanings
    if hasattr(dim, "dtype") and not isinstance(dim, np.integer):
        other = dim
    if other is not None:
        return of_two(input, other)
    if dim is None:
        return of_all(input)
    dim = _one_dim(input, dim, name,
                   f"use a{name} for several dimensions; x.{name}imum(y) for two tensors")
    return pair(*by_dim.apply(input, dim, bool(keepdim)))


@spelled()
def median(input, dim=None, keepdim=False):
    """The middle element, the lower of two; with `dim` also its index: ``(values, indices)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.median(learngrad.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    if tensor(input, "median").dtype.kind == "b":
        raise DtypeError("bools have no median", fix="convert them first: x.int().median()")
    if dim is None:
        return Median.apply(input, dims_of(input, None), False)
    dim = _one_dim(input, dim, "median", "x.flatten().median(0) takes several dimensions")
    return Middle(*MedianDim.apply(input, dim, bool(keepdim)))


@spelled()
def argmax(input, dim=None, keepdim=False):
    """The index of the greatest element, the first one of equal ones; int64.

    Without `dim`, the index in the flattened tensor.

    PyTorch: `torch.argmax` has no bools.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.argmax(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    return _index_of(ArgMax, tensor(input, "argmax"), dim, keepdim)


@spelled()
def argmin(input, dim=None, keepdim=False):
    """The index of the smallest element, the first one of equal ones; int64.

    Without `dim`, the index in the flattened tensor.

    PyTorch: `torch.argmin` has no bools.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.argmin(learngrad.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([0, 1])
    """
    return _index_of(ArgMin, tensor(input, "argmin"), dim, keepdim)


def _index_of(operation: type[Reduction], input: Any, dim: Any, keepdim: Any) -> Any:
    dim = None if dim is None else devices.normalise_dim(dim, input.ndim)
    some(input, dims_of(input, dim), operation.sign, True)
    return operation.apply(input, dim if input.ndim else None, bool(keepdim))
