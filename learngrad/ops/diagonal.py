"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ShapeError
from learngrad.ops.elementwise import clone
from learngrad.ops.spelling import spelled

__all__ = ["diag", "diag_embed", "diagonal", "trace", "tril", "triu"]


class Diagonal(Function):
    """The elements of a diagonal, as a view: the last dimension runs along it."""

    view = True
    formula, sign, local = r"x_{ii}", "diagonal", {"x": "g on the diagonal, 0 elsewhere"}

    def forward(self, x, offset, dim1, dim2):
        self.where, self.before = (offset, dim1, dim2), x.shape
        out = x.diagonal(offset, dim1, dim2)
        if isinstance(out, np.ndarray) and x.flags.writeable:
            out.setflags(write=True)  # NumPy hands out its view read-only
        return out

    def backward(self, g):
        return OnDiagonal.apply(g, self.before, *self.where)


class OnDiagonal(Function):
    """Zeros of a shape with a diagonal put in: the reverse of taking it."""

    formula, sign, local = r"\operatorname{diag}(x)", "diag", {"x": "the diagonal of g"}

    def forward(self, x, shape, offset, dim1, dim2):
        self.where = offset, dim1, dim2
        xp = devices.array_module(x)
        out, k = xp.zeros(shape, x.dtype), xp.arange(x.shape[-1])
        matrices = np.moveaxis(out, (dim1, dim2), (-2, -1))
        matrices[..., k + max(-offset, 0), k + max(offset, 0)] = x
        return out

    def backward(self, g):
        return diagonal(g, *self.where)


class Triu(Function):
    """The upper triangle of a matrix, 0 below."""

    formula, sign, local = r"\operatorname{triu}(x)", "triu", {"x": "the upper triangle of g"}
    triangle: Any = staticmethod(np.triu)

    def forward(self, x, diagonal):
        self.diagonal = diagonal
        return self.triangle(x, diagonal)

    def backward(self, g):
        return self.apply(g, self.diagonal)


class Tril(Triu):
    """The lower triangle of a matrix, 0 above."""

    formula, sign, local = r"\operatorname{tril}(x)", "tril", {"x": "the lower triangle of g"}
    triangle = staticmethod(np.tril)


def _matrix(input, name):
    if input.ndim < 2:
        raise ShapeError(f"{name} is for matrices, and this tensor has {input.ndim} dimension(s)",
                         fix="x.unsqueeze(0) makes a matrix of a vector")
    return input


@spelled()
def triu(input, diagonal=0):
    """The upper triangle of each matrix; what lies below `diagonal` becomes 0.

    Parameters
    ----------
    input : Tensor
        Shape ``[..., rows, columns]``.
    diagonal : int, default 0
        0 is the main diagonal, 1 the one above it, -1 the one below.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.triu(learngrad.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return Triu.apply(_matrix(input, "triu"), diagonal)


@spelled()
def tril(input, diagonal=0):
    """The lower triangle of each matrix; what lies above `diagonal` becomes 0.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tril(learngrad.ones(2, 2), -1)
    tensor([[0., 0.],
            [1., 0.]])
    """
    return Tril.apply(_matrix(input, "tril"), diagonal)


@spelled()
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of two dimensions, as a view; it becomes the last dimension.

    Parameters
    ----------
    input : Tensor
    offset : int, default 0
        0 is the main diagonal, 1 the one above it, -1 the one below.
    dim1, dim2 : int, default 0 and 1

    Examples
    --------
    >>> import learngrad
    >>> learngrad.diagonal(learngrad.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    a, b = (devices.normalise_dim(d, input.ndim, what)
            for d, what in ((dim1, "dim1"), (dim2, "dim2")))
    if a == b:
        raise ShapeError(f"a diagonal needs two dimensions, and dim1 and dim2 are both {a}",
                         fix="x.diagonal(dim1=-2, dim2=-1)")
    return Diagonal.apply(input, offset, a, b)


@spelled()
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices with the last dimension of `input` on a diagonal, and 0 elsewhere.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.diag_embed(learngrad.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    a, b = (devices.normalise_dim(d, input.ndim + 1, what)
            for d, what in ((dim1, "dim1"), (dim2, "dim2")))
    if a == b or not input.ndim:
        raise ShapeError("diag_embed puts a vector on the diagonal of two different dimensions",
                         fix="learngrad.diag_embed(x)")
    shape = list(input.shape[:-1])
    for d in sorted((a, b)):
        shape.insert(d, input.shape[-1] + abs(offset))
    return OnDiagonal.apply(input, tuple(shape), offset, a, b)


@spelled()
def diag(input, diagonal=0):
    """A vector as the diagonal of a matrix, or the diagonal of a matrix as a vector.

    Raises
    ------
    ShapeError
        If `input` is neither a vector nor a matrix.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.diag(learngrad.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        raise ShapeError(f"diag takes a vector or a matrix, not {input.ndim} dimensions",
                         fix="x.diagonal(dim1=-2, dim2=-1) for a batch")
    return clone(Diagonal.apply(input, diagonal, 0, 1))


def trace(input):
    """The sum of a matrix's diagonal.

    ``learngrad.trace(matrix)`` too, where `learngrad.trace` is otherwise the module of traces.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.tensor([[1.0, 2.0], [3.0, 4.0]]).trace()
    tensor(5.)
    """
    if input.ndim != 2:
        raise ShapeError(f"trace is for a matrix, and this tensor has {input.ndim} dimension(s)",
                         fix="x.diagonal(dim1=-2, dim2=-1).sum(-1)")
    return diagonal(input).sum()
