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


NUMPY: dict[Any, Callable[..., Any]] = {
    np.add: elementwise.add, np.subtract: elementwise.sub, np.multiply: elementwise.mul,
    np.divide: elementwise.div, np.negative: elementwise.neg, np.power: elementwise.pow,
    np.square: elementwise.square, np.abs: elementwise.absolute, np.sign: elementwise.sign,
    np.where: elementwise.where,
    np.exp: exponential.exp, np.exp2: exponential.exp2, np.expm1: exponential.expm1,
    np.log: exponential.log, np.log1p: exponential.log1p, np.log2: exponential.log2,
    np.log10: exponential.log10, np.logaddexp: exponential.logaddexp, np.sqrt: exponential.sqrt,
    np.reciprocal: exponential.reciprocal, np.hypot: exponential.hypot,
    np.sin: trigonometry.sin, np.cos: trigonometry.cos, np.tan: trigonometry.tan,
    np.arcsin: trigonometry.asin, np.arccos: trigonometry.acos, np.arctan: trigonometry.atan,
    np.arctan2: trigonometry.atan2, np.sinh: trigonometry.sinh, np.cosh: trigonometry.cosh,
    np.tanh: trigonometry.tanh, np.arcsinh: trigonometry.asinh, np.arccosh: trigonometry.acosh,
    np.arctanh: trigonometry.atanh,
    np.floor: rounding.floor, np.ceil: rounding.ceil, np.trunc: rounding.trunc,
    np.rint: rounding.round, np.floor_divide: rounding.floor_divide,
    np.round: lambda a, decimals=0: rounding.round(a, decimals=decimals),
    np.remainder: rounding.remainder, np.fmod: rounding.fmod,
    np.maximum: bounds.maximum, np.minimum: bounds.minimum,
    np.clip: lambda a, a_min=None, a_max=None, *, min=None, max=None: bounds.clamp(
        a, min if a_min is None else a_min, max if a_max is None else a_max),
    np.equal: logical.eq, np.not_equal: logical.ne, np.less: logical.lt,
    np.less_equal: logical.le, np.greater: logical.gt, np.greater_equal: logical.ge,
    np.isnan: logical.isnan, np.isinf: logical.isinf, np.isfinite: logical.isfinite,
    np.isclose: logical.isclose, np.allclose: logical.allclose, np.array_equal: logical.equal,
    np.logical_and: logical.logical_and, np.logical_or: logical.logical_or,
    np.logical_xor: logical.logical_xor, np.logical_not: logical.logical_not,
    np.bitwise_and: logical.bitwise_and, np.bitwise_or: logical.bitwise_or,
    np.bitwise_xor: logical.bitwise_xor, np.invert: logical.bitwise_not,
    np.left_shift: logical.bitwise_left_shift, np.right_shift: logical.bitwise_right_shift,
    np.matmul: matmul.matmul, np.dot: lambda a, b: _dotted(a, b), np.einsum: einsum.einsum,
    np.kron: einsum.kron,
    np.outer: lambda a, b: einsum.outer(shape.ravel(a), shape.ravel(b)),
    np.tensordot: lambda a, b, axes=2: einsum.tensordot(a, b, axes),
    np.sum: _reduced(reduce.sum), np.mean: _reduced(reduce.mean), np.max: _reduced(extrema.amax),
    np.min: _reduced(extrema.amin), np.argmax: _reduced(extrema.argmax),
    np.argmin: _reduced(extrema.argmin), np.prod: _reduced(cumulative.prod),
    np.all: _reduced(reduce.all), np.any: _reduced(reduce.any),
    np.var: _spread(statistics.var), np.std: _spread(statistics.std),
    np.cumsum: _running(cumulative.cumsum), np.cumprod: _running(cumulative.cumprod),
    np.count_nonzero: lambda a, axis=None: reduce.count_nonzero(a, axis),
    np.reshape: shape.reshape, np.broadcast_to: shape.expand, np.squeeze: shape.squeeze,
    np.transpose: lambda a, axes=None: shape.permute(a, axes or range(a.ndim)[::-1]),
    np.expand_dims: shape.unsqueeze,
    np.swapaxes: shape.transpose, np.moveaxis: shape.movedim, np.ravel: shape.ravel,
    np.copy: elementwise.clone,
    np.concatenate: join.cat, np.stack: join.stack, np.hstack: join.hstack,
    np.vstack: join.vstack, np.dstack: join.dstack,
    np.tile: rearrange.tile, np.repeat: rearrange.repeat_interleave,
    np.roll: lambda a, shift, axis=None: rearrange.roll(a, shift, axis),
    np.flip: lambda m, axis=None: rearrange.flip(m, range(m.ndim) if axis is None else axis),
    np.triu: lambda m, k=0: diagonal.triu(m, k), np.tril: lambda m, k=0: diagonal.tril(m, k),
    np.diag: lambda v, k=0: diagonal.diag(v, k),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: diagonal.diagonal(a, offset, axis1, axis2),
    np.trace: diagonal.trace,
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
