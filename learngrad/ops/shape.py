"""Operations that move elements without changing them: reshape, permute, expand and their kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError, OutOfRangeError, ShapeError

__all__ = ["expand", "flatten", "permute", "reshape", "squeeze", "transpose", "unsqueeze"]


class Reshape(Function):
    """The same elements in another shape."""

    view = True
    formula, sign, local = r"\operatorname{reshape}(x)", "reshape", {"x": "g in the shape of x"}

    def forward(self, x, shape):
        self.before = x.shape
        return x.reshape(shape)

    def backward(self, g):
        return g.reshape(self.before)


class Permute(Function):
    """The same elements with the dimensions in another order."""

    view = True
    formula, sign, local = r"x^{\mathsf T}", "transpose", {"x": "g with the dimensions put back"}

    def forward(self, x, dims):
        self.dims = dims
        return np.transpose(x, dims)

    def backward(self, g):
        back = sorted(range(len(self.dims)), key=self.dims.__getitem__)
        return permute(g, back)


class Expand(Function):
    """A tensor repeated along dimensions of size 1; the gradient is summed back."""

    view = True
    broadcasts = True
    formula, sign, local = r"\operatorname{expand}(x)", "expand", {"x": "g summed over the repeats"}

    def forward(self, x, shape):
        return np.broadcast_to(x, shape)

    def backward(self, g):
        return g


def _sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence, as Python ints."""
    if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)):
        shape = tuple(shape[0])
    if not all(isinstance(s, (int, np.integer)) and not isinstance(s, bool) for s in shape):
        raise ArgumentTypeError(f"a shape is made of integers, not {shape!r:.60}",
                                fix="x.reshape(2, 3)")
    return tuple(int(s) for s in shape)


def reshape(input, *shape):
    """The same elements in another shape; one size may be -1 and is then worked out.

    Parameters
    ----------
    input : Tensor
    *shape : int, or one sequence of int

    Raises
    ------
    ShapeError
        If the number of elements differs.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.reshape(learngrad.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    sizes = _sizes(shape)
    count = math.prod(input.shape)
    known = math.prod(s for s in sizes if s != -1)
    holes = sizes.count(-1)
    if any(s < -1 for s in sizes) or holes > 1 or (
            known != count if not holes else not known or count % known):
        raise ShapeError(
            f"shape {list(sizes)} does not hold the {count} elements of shape {list(input.shape)}",
            tensors={"input": input}, fix="the sizes must multiply to the number of elements; one "
                                          "of them may be -1")
    return Reshape.apply(input, sizes)


def permute(input, *dims):
    """The dimensions in the given order.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.permute(learngrad.zeros(2, 3, 4), (2, 0, 1)).shape
    learngrad.Size([4, 2, 3])
    """
    order = tuple(devices.normalise_dim(d, input.ndim) for d in _sizes(dims))
    if sorted(order) != list(range(input.ndim)):
        raise ShapeError(f"dims {list(order)} must name each of the {input.ndim} dimensions once",
                         tensors={"input": input}, fix="x.permute(1, 0) swaps the two of a matrix")
    return Permute.apply(input, order)


def transpose(input, dim0, dim1):
    """Two dimensions swapped.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.transpose(learngrad.zeros(2, 3), 0, 1).shape
    learngrad.Size([3, 2])
    """
    order = list(range(input.ndim))
    a, b = devices.normalise_dim(dim0, input.ndim), devices.normalise_dim(dim1, input.ndim)
    if order:
        order[a], order[b] = b, a
    return Permute.apply(input, tuple(order))


def expand(input, *sizes):
    """Repeated along dimensions of size 1, and along new ones in front; -1 keeps a size.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.expand(learngrad.tensor([[1.0], [2.0]]), (2, 3)).shape
    learngrad.Size([2, 3])
    """
    shape = _sizes(sizes)
    extra = len(shape) - input.ndim
    filled = tuple(input.shape[k - extra] if s == -1 and k >= extra else s
                   for k, s in enumerate(shape))
    if extra < 0 or any(s < 0 for s in filled) or any(
            have not in (1, want) for have, want in zip(input.shape, filled[extra:])):
        raise ShapeError(f"shape {list(input.shape)} does not expand to {list(shape)}",
                         tensors={"input": input},
                         fix="only dimensions of size 1 can be repeated; new ones go in front")
    return Expand.apply(input, filled)


def unsqueeze(input, dim):
    """A dimension of size 1 put in at `dim`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.unsqueeze(learngrad.zeros(3), 0).shape
    learngrad.Size([1, 3])
    """
    at = devices.normalise_dim(dim, input.ndim + 1)
    shape = list(input.shape)
    return Reshape.apply(input, (*shape[:at], 1, *shape[at:]))


def squeeze(input, dim=None):
    """Without its dimensions of size 1, or without `dim` if it has size 1.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.squeeze(learngrad.zeros(1, 3, 1)).shape
    learngrad.Size([3])
    """
    if dim is None:
        drop = set(range(input.ndim))
    else:
        dims = dim if isinstance(dim, (tuple, list)) else (dim,)
        drop = {devices.normalise_dim(d, input.ndim) for d in dims}
    shape = tuple(s for k, s in enumerate(input.shape) if k not in drop or s != 1)
    return Reshape.apply(input, shape)


def flatten(input, start_dim=0, end_dim=-1):
    """Dimensions `start_dim` to `end_dim` as one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.flatten(learngrad.zeros(2, 3, 4), 1).shape
    learngrad.Size([2, 12])
    """
    start = devices.normalise_dim(start_dim, input.ndim, "start_dim")
    end = devices.normalise_dim(end_dim, input.ndim, "end_dim")
    if start > end:
        raise OutOfRangeError(f"start_dim {start_dim} comes after end_dim {end_dim}",
                              tensors={"input": input}, fix="x.flatten(1)")
    shape = tuple(input.shape)
    middle = math.prod(shape[start:end + 1])
    return Reshape.apply(input, (*shape[:start], middle, *shape[end + 1:]))
