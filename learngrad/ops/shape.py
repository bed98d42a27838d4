"""Operations that move elements without changing them: reshape, permute, expand and their kin."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError, OutOfRangeError, ShapeError
from learngrad.ops.elementwise import clone
from learngrad.ops.public import tensor
from learngrad.ops.spelling import spelled

__all__ = [
    "contiguous", "expand", "flatten", "mT", "movedim", "permute", "ravel", "reshape", "squeeze",
    "t", "transpose", "unflatten", "unsqueeze", "view", "view_as",
]


class Reshape(Function):
    """The same elements in another shape."""

    view = True
    formula, sign, local = r"\operatorname{reshape}(x)", "reshape", {"x": "g in the shape of x"}

    def forward(self, x, shape):
        self.before = x.shape
        return x.reshape(shape)

    def backward(self, g):
        return g.reshape(self.before)


class View(Reshape):
    """The same elements in another shape and the same memory, or an error."""

    sign = "view"

    def forward(self, x, shape):
        out = super().forward(x, shape)
        if not (x.flags.c_contiguous or not out.size
                or devices.array_module(x).may_share_memory(out, x)):
            raise ShapeError(
                f"the elements of this tensor do not lie in memory in the order that shape "
                f"{list(shape)} needs, so a view of them in that shape is not possible",
                tensors={"input": x}, fix="x.reshape(...), which copies where it has to")
        return out


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
    if len(shape) == 1 and hasattr(shape[0], "__iter__") and getattr(shape[0], "ndim", None) != 0:
        shape = tuple(shape[0])
    try:
        if not any(isinstance(s, (bool, np.bool_)) for s in shape):
            return tuple(map(operator.index, shape))
    except TypeError:
        pass
    raise ArgumentTypeError(f"a shape is made of integers, not {shape!r:.60}",
                            fix="sizes one by one, or as one tuple: (2, 3)")


def _filled(sizes: tuple[int, ...], count: int, input: Any) -> tuple[int, ...]:
    """`sizes` with what -1 stands for, if they then hold `count` elements."""
    known = math.prod(s for s in sizes if s != -1)
    holes = sizes.count(-1)
    if any(s < -1 for s in sizes) or holes > 1 or (
            known != count if not holes else not known or count % known):
        raise ShapeError(
            f"shape {list(sizes)} does not hold the {count} elements of shape {list(input.shape)}",
            fix="the sizes must multiply to the number of elements; one of them may be -1")
    return tuple(count // known if s == -1 else s for s in sizes) if holes else sizes


@spelled(many="shape")
def reshape(input, *shape):
    """The same elements in another shape; one size may be -1 and is then worked out.

    The result shares memory with `input` where that is possible, and is a copy elsewhere.

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
    return Reshape.apply(input, _filled(_sizes(shape), math.prod(input.shape), input))


@spelled(many="size")
def view(input, *shape):
    """The same elements and the same memory in another shape; one size may be -1.

    Unlike `reshape` it never copies: what it cannot show in that shape it refuses.

    Raises
    ------
    ShapeError
        If the number of elements differs, or the elements lie in memory in another order.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.zeros(2, 3)
    >>> x.view(6)[0] = 5
    >>> x[0, 0].item()
    5.0
    """
    if len(shape) == 1 and isinstance(shape[0], (np.dtype, type)):
        raise ArgumentTypeError("view changes the shape; the same bytes as other numbers are not "
                                "offered", fix="x.to(dtype) converts the numbers")
    return View.apply(input, _filled(_sizes(shape), math.prod(input.shape), input))


def view_as(input, other):
    """`input` as a view in the shape of `other`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.arange(6).view_as(learngrad.zeros(3, 2)).shape
    learngrad.Size([3, 2])
    """
    return view(input, other.shape)


@spelled(memory=True)
def contiguous(input):
    """Itself where its rows lie one after another in memory, else a copy that does.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros(2, 3).T.contiguous().is_contiguous()
    True
    """
    return input if getattr(input, "_data", input).flags.c_contiguous else clone(input)


@spelled(many="dims")
def permute(input, *dims):
    """The dimensions in the given order.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.permute(learngrad.zeros(2, 3, 4), (2, 0, 1)).shape
    learngrad.Size([4, 2, 3])
    """
    dims = _sizes(dims)
    if len(dims) != input.ndim:
        raise ShapeError(f"permute names {len(dims)} dimensions, and the tensor has {input.ndim}",
                         tensors={"input": input}, fix="name each of them once: x.permute(1, 0)")
    order = tuple(devices.normalise_dim(d, input.ndim) for d in dims)
    if sorted(order) != list(range(input.ndim)):
        raise ShapeError(f"dims {list(order)} must name each of the {input.ndim} dimensions once",
                         fix="x.permute(1, 0) swaps the two of a matrix")
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


def t(input):
    """A matrix transposed; a vector or a number as it is.

    Raises
    ------
    ShapeError
        If `input` has more than two dimensions.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.t(learngrad.zeros(2, 3)).shape
    learngrad.Size([3, 2])
    """
    if input.ndim > 2:
        raise ShapeError(f"t is for matrices, and this tensor has {input.ndim} dimensions",
                         fix="x.mT swaps the last two dimensions")
    return Permute.apply(input, tuple(range(input.ndim))[::-1])


def mT(input):
    """The last two dimensions swapped: a batch of matrices, each transposed.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.zeros(5, 2, 3).mT.shape
    learngrad.Size([5, 3, 2])
    """
    if input.ndim < 2:
        raise ShapeError(f"mT is for matrices, and this tensor has {input.ndim} dimension(s)",
                         fix="x.unsqueeze(0) makes a matrix of a vector")
    return transpose(input, -2, -1)


def movedim(input, source, destination):
    """The dimensions `source` moved to `destination`; the others keep their order.

    Parameters
    ----------
    input : Tensor
    source, destination : int or sequence of int

    Raises
    ------
    ShapeError
        If the two differ in number, or name a dimension twice.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.movedim(learngrad.zeros(2, 3, 4), 0, -1).shape
    learngrad.Size([3, 4, 2])
    """
    here, there = ([devices.normalise_dim(d, input.ndim) for d in _sizes((dims,))]
                   for dims in (source, destination))
    if len(here) != len(there) or any(len(set(d)) != len(d) for d in (here, there)):
        raise ShapeError(f"movedim from {source} to {destination}: name as many places as "
                         "dimensions, each once", fix="x.movedim((0, 1), (1, 0))")
    if not input.ndim:
        return Permute.apply(input, ())
    order = [d for d in range(input.ndim) if d not in here]
    for place, d in sorted(zip(there, here)):
        order.insert(place, d)
    return Permute.apply(input, tuple(order))


@spelled(many="size")
def expand(input, *sizes):
    """Repeated along dimensions of size 1, and along new ones in front; -1 keeps a size.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensor([[1.0], [2.0]]).expand(2, 3).shape
    learngrad.Size([2, 3])
    """
    shape = _sizes(sizes)
    extra = len(shape) - input.ndim
    filled = tuple(input.shape[k - extra] if s == -1 and k >= extra else s
                   for k, s in enumerate(shape))
    if extra < 0 or any(s < 0 for s in filled) or any(
            have not in (1, want) for have, want in zip(input.shape, filled[extra:])):
        raise ShapeError(f"shape {list(input.shape)} does not expand to {list(shape)}",
                         fix="only dimensions of size 1 can be repeated; new ones go in front")
    return Expand.apply(input, filled)


@spelled()
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


@spelled()
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
    tensor(input, "flatten")
    start = devices.normalise_dim(start_dim, input.ndim, "start_dim")
    end = devices.normalise_dim(end_dim, input.ndim, "end_dim")
    if start > end:
        raise OutOfRangeError(f"start_dim {start_dim} comes after end_dim {end_dim}",
                              fix="x.flatten(1)")
    shape = tuple(input.shape)
    middle = math.prod(shape[start:end + 1])
    return Reshape.apply(input, (*shape[:start], middle, *shape[end + 1:]))


@spelled()
def unflatten(input, dim, sizes):
    """Dimension `dim` as several of the given sizes, one of which may be -1.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.unflatten(learngrad.zeros(2, 12), 1, (3, -1)).shape
    learngrad.Size([2, 3, 4])
    """
    at = devices.normalise_dim(dim, input.ndim)
    shape = tuple(input.shape) or (1,)
    sizes = _filled(_sizes((sizes,)), shape[at], input)
    return Reshape.apply(input, (*shape[:at], *sizes, *shape[at + 1:]))


@spelled()
def ravel(input):
    """All elements in one dimension.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.ravel(learngrad.zeros(2, 3)).shape
    learngrad.Size([6])
    """
    return reshape(input, (-1,) if math.prod(input.shape) else (0,))
