"""Elements repeated, rolled round and turned over."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, OutOfRangeError, ShapeError
from learngrad.ops.index import getitem
from learngrad.ops.shape import _sizes, permute, ravel
from learngrad.ops.spelling import spelled

__all__ = ["flip", "fliplr", "flipud", "repeat", "repeat_interleave", "roll", "rot90", "tile"]


class Repeat(Function):
    """A tensor laid beside itself; the gradients of the repeats are summed."""

    formula, sign, local = r"[x\; x\; \dots]", "repeat", {"x": "g summed over the repeats"}

    def forward(self, x, times):
        self.times, self.before = times, x.shape
        return np.tile(x.reshape((1,) * (len(times) - x.ndim) + x.shape), times)

    def backward(self, g):
        sizes = (1,) * (len(self.times) - len(self.before)) + tuple(self.before)
        pairs = [size for pair in zip(self.times, sizes) for size in pair]
        return g.reshape(pairs).sum(tuple(range(0, len(pairs), 2))).reshape(self.before)


class Roll(Function):
    """The elements moved along; what falls off one end comes in at the other."""

    formula, sign, local = r"\operatorname{roll}(x)", "roll", {"x": "g rolled back"}

    def forward(self, x, shifts, dims):
        self.shifts, self.dims = shifts, dims
        return devices.in_rows(np.roll(x, shifts, dims))

    def backward(self, g):
        return Roll.apply(g, tuple(-s for s in self.shifts), self.dims)


class Flip(Function):
    """The elements in reverse order along some dimensions."""

    formula, sign, local = r"\operatorname{flip}(x)", "flip", {"x": "g flipped back"}

    def forward(self, x, dims):
        self.dims = dims
        return np.flip(x, dims).copy()

    def backward(self, g):
        return flip(g, self.dims)


@spelled(many="repeats")
def repeat(input, *sizes):
    """`input` laid beside itself: so many times along each dimension, new ones in front.

    NumPy calls this `tile`; what NumPy calls `repeat` is `repeat_interleave`.

    Raises
    ------
    ShapeError
        If there are fewer numbers than dimensions, or a negative one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = _sizes(sizes)
    if len(times) < input.ndim or any(n < 0 for n in times):
        raise ShapeError(f"repeat{times}: give a number of repeats, 0 or more, for each of the "
                         f"{input.ndim} dimensions",
                         fix="x.repeat(2, 1) for a matrix; 1 leaves a dimension as it is")
    return Repeat.apply(input, times)


@spelled(many="dims")
def tile(input, *dims):
    """`input` laid beside itself; missing numbers in front are 1.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tile(learngrad.tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    times = _sizes(dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + times)


@spelled()
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element repeated; NumPy's `repeat`.

    Parameters
    ----------
    input : Tensor
    repeats : int or Tensor of int
        How often: one number for all, or one for each place along `dim`. Left out, `input` itself
        holds the numbers, and the result is the places 0, 1, … repeated so often.
    dim : int, optional
        Along which dimension; by default the tensor is flattened first.
    output_size : int, optional
        Taken for PyTorch's sake; the size is worked out.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.repeat_interleave(learngrad.tensor([7, 8]), learngrad.tensor([1, 2]))
    tensor([7, 8, 8])
    """
    if repeats is None:
        places = devices.array_module(input._data).arange(len(input._data))
        return repeat_interleave(type(input)._from_array(places, None), input, 0)
    if dim is None:
        input, dim = ravel(input), 0
    dim = devices.normalise_dim(dim, input.ndim)
    if hasattr(repeats, "tolist"):
        repeats = repeats.tolist()  # the result's size depends on the numbers: a GPU has to tell
    each = repeats if isinstance(repeats, (list, tuple)) else [repeats]
    size = input.shape[dim]
    if len(each) not in (1, size) or any(isinstance(n, float) or n < 0 for n in each):
        raise ArgumentRangeError(
            f"repeats must be one integer, 0 or more, or {size} of them, one for each place along "
            f"dimension {dim}, and not {repeats!r:.60}", fix="x.repeat_interleave(2, dim=0)")
    places = np.repeat(np.arange(size), each)
    return getitem(input, (*(slice(None),) * dim, places))


@spelled()
def roll(input, shifts, dims=None, *, dim=None):
    """The elements moved by `shifts` along `dims`; what falls off comes in at the other end.

    Without `dims` the tensor is rolled as if it were flat.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.roll(learngrad.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    dims = dims if dim is None else dim
    shifts = _sizes((shifts,))
    if dims is None:
        if len(shifts) != 1:
            raise ShapeError(f"{len(shifts)} shifts of a flat tensor",
                             fix="name a dimension for each of them: x.roll((1, 1), (0, 1))")
        return Roll.apply(ravel(input), shifts, (0,)).reshape(input.shape)
    dims = tuple(devices.normalise_dim(d, input.ndim) for d in _sizes((dims,)))
    if len(dims) != len(shifts):
        raise ShapeError(f"{len(shifts)} shift(s) for {len(dims)} dimension(s)",
                         fix="x.roll((1, 2), (0, 1))")
    if not input.ndim:
        raise OutOfRangeError(f"dims={dims}: a single number has no dimensions",
                              fix="x.roll(1), without dims")
    return Roll.apply(input, shifts, dims)


@spelled(many="dims")
def flip(input, *dims):
    """The elements in reverse order along each of `dims`; a copy.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.flip(learngrad.arange(3), (0,))
    tensor([2, 1, 0])
    """
    order = tuple(devices.normalise_dim(d, input.ndim) for d in _sizes(dims))
    if len(set(order)) != len(order):
        raise ShapeError(f"flip{tuple(dims)} names a dimension twice",
                         fix="name each dimension once")
    return Flip.apply(input, order if input.ndim else ())


@spelled()
def fliplr(input):
    """The columns in reverse order.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.fliplr(learngrad.tensor([[1, 2]]))
    tensor([[2, 1]])
    """
    if input.ndim < 2:
        raise ShapeError("fliplr turns a matrix over, and this has fewer than 2 dimensions",
                         fix="x.flip(0)")
    return flip(input, 1)


@spelled()
def flipud(input):
    """The rows in reverse order.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.flipud(learngrad.tensor([[1], [2]]))
    tensor([[2],
            [1]])
    """
    if not input.ndim:
        raise ShapeError("flipud turns rows over, and a single number has none", fix="x.reshape(1)")
    return flip(input, 0)


@spelled()
def rot90(input, k=1, dims=(0, 1)):
    """Turned by 90 degrees, `k` times, from the first of `dims` towards the second.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.rot90(learngrad.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    a, b = (devices.normalise_dim(d, input.ndim) for d in dims) if (
        input.ndim > 1 and len(dims) == 2) else (0, 0)
    if a == b:
        raise ShapeError(f"rot90 turns in two dimensions, not in {tuple(dims)}",
                         fix="x.rot90(1, (0, 1))")
    order: list[Any] = list(range(input.ndim))
    order[a], order[b] = b, a
    turned = input if k % 2 == 0 else permute(input, order)
    flips = {0: (), 1: (a,), 2: (a, b), 3: (b,)}[k % 4]
    return flip(turned, flips)

