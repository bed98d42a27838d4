"""Every differentiable operation, one file a family; forward and backward stand together.

Public functions take tensors and give tensors; given arrays alone they give arrays, which is how
backward formulas use them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.ops import (
    bounds,
    cumulative,
    diagonal,
    einsum,
    elementwise,
    exponential,
    extrema,
    gather,
    index,
    join,
    logical,
    matmul,
    rearrange,
    reduce,
    rounding,
    shape,
    sorting,
    statistics,
    trigonometry,
)

__all__ = ["NUMPY"]


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction called as NumPy calls it: `axis`, `keepdims`."""
    def reduction(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return function(a, axis, keepdims)

    return reduction


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    """A running sum or product called as NumPy calls it: without `axis`, of the flattened array."""
    def reduction(a: Any, axis: Any = None) -> Any:
        return function(shape.ravel(a), 0) if axis is None else function(a, axis)

    return reduction


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """A variance as NumPy calls it: by default the plain mean square."""
    def reduction(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: bool = False) -> Any:
        return function(a, axis, keepdim=keepdims, correction=ddof)

    return reduction


def _taken(a: Any, indices: Any, axis: Any) -> Any:
    """Elements of the flattened tensor, or slices along `axis`, named by integers of any shape."""
    indices = list(indices) if isinstance(indices, tuple) else indices
    if axis is None:
        return index.getitem(shape.ravel(a), indices)
    return index.getitem(a, (*(slice(None),) * devices.normalise_dim(axis, a.ndim), indices))


def _dotted(a: Any, b: Any) -> Any:
    """The sum over the last dimension of `a` and the last but one of `b`; numbers scale."""
    if not getattr(a, "ndim", 0) or not getattr(b, "ndim", 0):
        return elementwise.mul(a, b)
    return einsum.tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))


# Functions that NumPy calls by the same name, and means the same by.
_SAME = {
    bounds: "maximum minimum", diagonal: "trace", einsum: "einsum kron",
    elementwise: "absolute add pow sign square where",
    exponential: "exp exp2 expm1 hypot log log1p log2 log10 logaddexp reciprocal sqrt",
    join: "dstack hstack stack vstack",
    logical: "allclose bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor "
             "isclose isfinite isinf isnan logical_and logical_not logical_or logical_xor",
    matmul: "matmul", rearrange: "tile",
    rounding: "ceil floor floor_divide fmod remainder trunc", shape: "ravel reshape squeeze",
    trigonometry: "acos acosh asin asinh atan atan2 atanh cos cosh sin sinh tan tanh",
}

NUMPY: dict[Any, Callable[..., Any]] = {
    getattr(np, name): getattr(family, name)
    for family, names in _SAME.items() for name in names.split()
} | {
    np.subtract: elementwise.sub, np.multiply: elementwise.mul, np.divide: elementwise.div,
    np.negative: elementwise.neg, np.copy: elementwise.clone, np.rint: rounding.round,
    np.round: lambda a, decimals=0: rounding.round(a, decimals=decimals),
    np.clip: lambda a, a_min=None, a_max=None, *, min=None, max=None: bounds.clamp(
        a, min if a_min is None else a_min, max if a_max is None else a_max),
    np.equal: logical.eq, np.not_equal: logical.ne, np.less: logical.lt,
    np.less_equal: logical.le, np.greater: logical.gt, np.greater_equal: logical.ge,
    np.array_equal: logical.equal, np.invert: logical.bitwise_not,
    np.dot: lambda a, b: _dotted(a, b),
    np.outer: lambda a, b: einsum.outer(shape.ravel(a), shape.ravel(b)),
    np.tensordot: lambda a, b, axes=2: einsum.tensordot(a, b, axes),
    np.sum: _reduced(reduce.sum), np.mean: _reduced(reduce.mean), np.max: _reduced(extrema.amax),
    np.min: _reduced(extrema.amin), np.argmax: _reduced(extrema.argmax),
    np.argmin: _reduced(extrema.argmin), np.prod: _reduced(cumulative.prod),
    np.all: _reduced(reduce.all), np.any: _reduced(reduce.any),
    np.var: _spread(statistics.var), np.std: _spread(statistics.std),
    np.cumsum: _running(cumulative.cumsum), np.cumprod: _running(cumulative.cumprod),
    np.count_nonzero: lambda a, axis=None: reduce.count_nonzero(a, axis),
    np.broadcast_to: shape.expand, np.expand_dims: shape.unsqueeze,
    np.swapaxes: shape.transpose, np.moveaxis: shape.movedim,
    np.transpose: lambda a, axes=None: shape.permute(a, axes or range(a.ndim)[::-1]),
    np.concatenate: join.cat, np.repeat: rearrange.repeat_interleave,
    np.roll: lambda a, shift, axis=None: rearrange.roll(a, shift, axis),
    np.flip: lambda m, axis=None: rearrange.flip(m, range(m.ndim) if axis is None else axis),
    np.triu: lambda m, k=0: diagonal.triu(m, k), np.tril: lambda m, k=0: diagonal.tril(m, k),
    np.diag: lambda v, k=0: diagonal.diag(v, k),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: diagonal.diagonal(a, offset, axis1, axis2),
    np.take_along_axis: lambda arr, indices, axis: gather.take_along_dim(arr, indices, axis),
    np.take: lambda a, indices, axis=None: _taken(a, indices, axis),
    np.shape: lambda a: tuple(a.shape), np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: math.prod(a.shape) if axis is None else a.shape[axis],
    np.unique: lambda ar, return_inverse=False, return_counts=False, axis=None: sorting.unique(
        ar, True, return_inverse, return_counts, axis),
    np.argwhere: sorting.nonzero, np.searchsorted: lambda a, v, side="left": sorting.searchsorted(
        a, v, side=side),
    np.bincount: lambda x, weights=None, minlength=0: sorting.bincount(x, weights, minlength),
    np.sort: lambda a, axis=-1: sorting.sort(a, axis).values,
    np.argsort: lambda a, axis=-1: sorting.argsort(a, axis),
    np.nonzero: lambda a: sorting.nonzero(a, as_tuple=True),
}
"""NumPy's functions on tensors: what they mean there. Backward formulas may use just these."""
