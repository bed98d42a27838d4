"""Tensors put together, and taken apart again."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentRangeError, ArgumentTypeError, OutOfRangeError, ShapeError
from learngrad.ops.shape import reshape, unsqueeze
from learngrad.ops.spelling import spelled

__all__ = ["cat", "chunk", "dstack", "hstack", "split", "stack", "unbind", "vstack"]

TOGETHER = 8  # arrays that one kernel of CuPy's takes


class Joined(Function):
    """Base of the operations on any number of tensors of one dtype; the dimension comes last."""

    promotion = staticmethod(lambda inputs: [
        *devices.cast_to(inputs[:-1], devices.result_type(*inputs[:-1])), inputs[-1]])
    local = {f"x{k}": "its own part of g" for k in range(1, 100)}


def _joined(join, parts, dim):
    """Arrays put together; many on a GPU in groups, since CuPy would copy their addresses to it."""
    while len(parts) > TOGETHER and type(parts[0]) is not np.ndarray:
        parts = [join(parts[k:k + TOGETHER], axis=dim) for k in range(0, len(parts), TOGETHER)]
        join = np.concatenate
    return devices.in_rows(join(parts, axis=dim))


class Cat(Joined):
    """Tensors one after another along a dimension; each gets its own part of the gradient."""

    formula, sign = r"\begin{bmatrix} x_1 & x_2 & \dots \end{bmatrix}", "cat"

    def forward(self, *x):
        *parts, (self.dim,) = x
        self.sizes = [part.shape[self.dim] for part in parts]
        return _joined(np.concatenate, parts, self.dim)

    def backward(self, g):
        return *split(g, self.sizes, self.dim), None


class Stack(Joined):
    """Tensors of one shape along a new dimension."""

    formula, sign = r"\begin{bmatrix} x_1 & x_2 & \dots \end{bmatrix}", "stack"

    def forward(self, *x):
        *parts, (self.dim,) = x
        return _joined(np.stack, parts, self.dim)

    def backward(self, g):
        return *unbind(g, self.dim), None


class Split(Function):
    """Parts of a tensor along a dimension, each a view; their gradients are put together again."""

    view = True
    formula, sign, local = r"x_{[\dots]}", "split", {"x": "the g of each part, joined"}

    def forward(self, x, sizes, dim):
        self.dim, at, parts = dim, 0, []
        for size in sizes:
            parts.append(x[(*(slice(None),) * dim, slice(at, at + size))])
            at += size
        return tuple(parts)

    def backward(self, *g):
        return cat(g, self.dim)


class Unbind(Function):
    """The parts of a tensor along a dimension, which they lose; each a view."""

    view = True
    formula, sign, local = r"x_{[\dots]}", "unbind", {"x": "the g of each part, stacked"}

    def forward(self, x, dim):
        self.dim = dim
        return tuple(x[(*(slice(None),) * dim, k)] for k in range(x.shape[dim]))

    def backward(self, *g):
        return stack(g, self.dim)


def _sequence(tensors: Any, name: str) -> tuple[Any, ...]:
    """The tensors to be joined; one tensor, an empty list and other things are refused."""
    fix = f"learngrad.{name}([a, b])"
    if hasattr(tensors, "shape") or not isinstance(tensors, (tuple, list)):
        raise ArgumentTypeError(f"{name} takes a list of tensors, not {tensors!r:.60}", fix=fix)
    for x in tensors:
        if not hasattr(x, "shape"):
            raise ArgumentTypeError(f"{name} joins tensors, and {x!r:.60} is none", fix=fix)
    if not tensors:
        raise ArgumentRangeError(f"{name} of no tensors is not defined", fix=fix)
    return tuple(tensors)


@spelled()
def cat(tensors, dim=0):
    """The tensors one after another along `dim`.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape, but for the size along `dim`. Tensors of shape ``[0]`` are left out. Dtypes
        are promoted as in an addition.
    dim : int, default 0

    Raises
    ------
    ShapeError
        If another size differs, or a tensor is a single number.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cat([learngrad.ones(2), learngrad.zeros(3)])
    tensor([1., 1., 0., 0., 0.])
    """
    tensors = _sequence(tensors, "cat")
    if any(not x.ndim for x in tensors):
        raise ShapeError("cat joins along a dimension, and a single number has none",
                         tensors=tensors, fix="learngrad.stack makes a new dimension")
    if any(x.shape == (0,) for x in tensors):  # PyTorch's old notion of an empty tensor
        shape = next((x.shape for x in tensors if x.shape != (0,)), (0,))
        at = devices.normalise_dim(dim, len(shape))
        none = (*shape[:at], 0, *shape[at + 1:])
        tensors = tuple(reshape(x, none) if x.shape == (0,) and 0 in none else x for x in tensors)
    dim = devices.normalise_dim(dim, tensors[0].ndim)
    shapes = [(*x.shape[:dim], *x.shape[dim + 1:]) for x in tensors]
    if any(s != shapes[0] for s in shapes) or len({x.ndim for x in tensors}) > 1:
        raise ShapeError(
            f"cat along dimension {dim}: shapes {', '.join(str(list(x.shape)) for x in tensors)} "
            "may differ in that dimension alone", tensors=tensors,
            fix="choose another dim, or reshape one of them")
    return Cat.apply(*tensors, (dim,))


@spelled()
def stack(tensors, dim=0):
    """The tensors side by side along a new dimension `dim`.

    Raises
    ------
    ShapeError
        If their shapes differ.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.stack([learngrad.ones(2), learngrad.zeros(2)], dim=1)
    tensor([[1., 0.],
            [1., 0.]])
    """
    tensors = _sequence(tensors, "stack")
    dim = devices.normalise_dim(dim, tensors[0].ndim + 1)
    if any(x.shape != tensors[0].shape for x in tensors):
        raise ShapeError("stack takes tensors of one shape, not "
                         f"{', '.join(str(list(x.shape)) for x in tensors)}", tensors=tensors,
                         fix="learngrad.cat joins along a dimension that is there already")
    return Stack.apply(*tensors, (dim,))


def _raised(x: Any, ndim: int) -> Any:
    """`x` with at least `ndim` dimensions, as ``atleast_1d`` to ``atleast_3d`` add them."""
    if not x.ndim:
        x = reshape(x, (1,))
    if x.ndim < 2 <= ndim:
        x = unsqueeze(x, 0)
    return unsqueeze(x, 2) if x.ndim < 3 <= ndim else x


@spelled()
def hstack(tensors):
    """The tensors side by side, in columns: along dimension 1, vectors along their only one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.hstack([learngrad.ones(2, 1), learngrad.zeros(2, 2)])
    tensor([[1., 0., 0.],
            [1., 0., 0.]])
    """
    tensors = [_raised(x, 1) for x in _sequence(tensors, "hstack")]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


@spelled()
def vstack(tensors):
    """The tensors one below another, in rows: a vector is a row.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.vstack([learngrad.ones(2), learngrad.zeros(2)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    return cat([_raised(x, 2) for x in _sequence(tensors, "vstack")], 0)


@spelled()
def dstack(tensors):
    """The tensors behind one another, along dimension 2.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.dstack([learngrad.ones(2), learngrad.zeros(2)]).shape
    learngrad.Size([1, 2, 2])
    """
    return cat([_raised(x, 3) for x in _sequence(tensors, "dstack")], 2)


def _divided(input: Any, dim: int, name: str) -> int:
    if not input.ndim:
        kind = OutOfRangeError if name == "unbind" else ShapeError
        raise kind(f"{name} divides a dimension, and a single number has none", fix="x.reshape(1)")
    return devices.normalise_dim(dim, input.ndim)


@spelled()
def split(input, split_size_or_sections, dim=0):
    """Parts of `input` along `dim`, as views.

    Parameters
    ----------
    input : Tensor
    split_size_or_sections : int or sequence of int
        The size of each part (the last may be smaller), or the sizes of all parts.
    dim : int, default 0

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    ShapeError
        If the sizes do not add up to that of the dimension.

    Examples
    --------
    >>> import learngrad
    >>> [part.tolist() for part in learngrad.split(learngrad.arange(5), 2)]
    [[0, 1], [2, 3], [4]]
    """
    dim = _divided(input, dim, "split")
    whole, sizes = input.shape[dim], split_size_or_sections
    if isinstance(sizes, (int, np.integer)):
        size = int(sizes)
        if size < 0 or (size == 0 and whole):
            raise ShapeError(f"parts of size {size} do not make up a dimension of size {whole}",
                             fix="x.split(1)")
        sizes = [min(size, whole - at) for at in range(0, whole, size)] if whole else [0]
    sizes = [int(s) for s in sizes]
    if sum(sizes) != whole or any(s < 0 for s in sizes):
        raise ShapeError(f"the sizes {sizes} do not add up to {whole}, the size of dimension {dim}",
                         fix="name the size of each part, or one for all")
    return Split.apply(input, sizes, dim)


@spelled()
def chunk(input, chunks, dim=0):
    """`input` in at most `chunks` parts of equal size along `dim`, as views; the last is smaller.

    Examples
    --------
    >>> import learngrad
    >>> [part.tolist() for part in learngrad.chunk(learngrad.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    dim = _divided(input, dim, "chunk")
    if not isinstance(chunks, (int, np.integer)) or chunks < 1:
        raise ShapeError(f"chunk makes one part or more, not {chunks!r:.60}", fix="x.chunk(2)")
    whole = input.shape[dim]
    return split(input, -(-whole // chunks), dim) if whole else split(input, [0] * chunks, dim)


@spelled()
def unbind(input, dim=0):
    """The parts of `input` along `dim`, which they lose, as views.

    Examples
    --------
    >>> import learngrad
    >>> rows = learngrad.unbind(learngrad.zeros(2, 3))
    >>> len(rows), rows[0].shape
    (2, learngrad.Size([3]))
    """
    dim = _divided(input, dim, "unbind")
    return Unbind.apply(input, dim) if input.shape[dim] else ()
