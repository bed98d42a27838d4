"""Every differentiable operation, one file a family; forward and backward stand together.

Public functions take tensors and give tensors; given arrays alone they give arrays, which is how
backward formulas use them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad.ops import (
    broadcast,
    diagonal,
    elementwise,
    gather,
    index,
    join,
    losses,
    matmul,
    rearrange,
    reduce,
    scatter,
    shape,
    sorting,
)

__all__ = [
    "NUMPY", "broadcast", "diagonal", "elementwise", "gather", "index", "join", "losses", "matmul",
    "rearrange", "reduce", "scatter", "shape", "sorting",
]


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction called as NumPy calls it: `axis`, `keepdims`."""
    def reduction(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return function(a, axis, keepdims)

    return reduction


NUMPY: dict[Any, Callable[..., Any]] = {
    np.add: elementwise.add, np.subtract: elementwise.sub, np.multiply: elementwise.mul,
    np.divide: elementwise.div, np.negative: elementwise.neg, np.power: elementwise.pow,
    np.exp: elementwise.exp, np.log: elementwise.log, np.sqrt: elementwise.sqrt,
    np.tanh: elementwise.tanh, np.abs: elementwise.absolute, np.sign: elementwise.sign,
    np.equal: elementwise.eq, np.not_equal: elementwise.ne, np.less: elementwise.lt,
    np.less_equal: elementwise.le, np.greater: elementwise.gt, np.greater_equal: elementwise.ge,
    np.where: elementwise.where, np.matmul: matmul.matmul,
    np.sum: _reduced(reduce.sum), np.mean: _reduced(reduce.mean), np.max: _reduced(reduce.amax),
    np.argmax: _reduced(reduce.argmax),
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
    np.sort: lambda a, axis=-1: sorting.sort(a, axis).values,
    np.argsort: lambda a, axis=-1: sorting.argsort(a, axis),
    np.nonzero: lambda a: sorting.nonzero(a, as_tuple=True),
}
"""NumPy's functions on tensors: what they mean there. Backward formulas may use just these."""
