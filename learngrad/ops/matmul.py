"""Matrix products, and the linear layer as one operation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError, DtypeError, ShapeError, no_tensor
from learngrad.ops.elementwise import cast
from learngrad.ops.public import same_dtype
from learngrad.ops.quick import down, ones
from learngrad.ops.shape import expand, transpose
from learngrad.ops.spelling import spelled

__all__ = ["linear", "matmul"]


_ndarray = np.ndarray
SMALL = 8192  # elements; beyond, `@` is the faster by some hundredths


class Unequal(TypeError):
    """Matrix products do not promote: PyTorch refuses unequal dtypes, and so do we."""


def _refusal(cls: type[Function], inputs: tuple[Any, ...]) -> Exception | None:
    """The error for inputs that are no tensors, or not of one dtype."""
    given = [*inputs[:2], *(x for x in inputs[2:] if x is not None)]
    for x in given:
        if x is None or isinstance(x, tuple):
            return no_tensor(cls.sign, x)
        if not hasattr(x, "dtype"):
            return ArgumentTypeError(
                f"{cls.sign} is a product of tensors, and {x!r:.60} is none",
                fix="use * to multiply by a number, learngrad.tensor(…) for a list")
    dtypes = sorted({str(x.dtype) for x in given})
    if len(dtypes) > 1:
        return DtypeError(f"{cls.sign}: the dtypes {' and '.join(dtypes)} differ",
                          tensors=cls.named(inputs), fix="convert one of them: x.float()")
    return None


def product(a, b):
    """``a @ b``; two small NumPy matrices by ``dot``, which begins half a microsecond earlier."""
    small = type(a) is _ndarray and a.size < SMALL and a.ndim == b.ndim == 2
    return a.dot(b) if small else a @ b


def _rows(x):
    """A vector, a matrix or more as one matrix: the last dimension is a row."""
    return x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


class MatMul(Function):
    """The matrix product: each factor's gradient is upstream times the other one, transposed."""

    saves = {"a": "b", "b": "a"}
    broadcasts = True
    halves = "gpu"  # cuBLAS sums in float32
    formula, sign, local = r"A B", "@", {"a": "g @ bᵀ", "b": "aᵀ @ g"}

    def forward(self, a, b):
        self.ndims = a.ndim, b.ndim
        if a.dtype != b.dtype:
            raise Unequal
        return product(a, b)

    def backward(self, g, a, b):
        left, right = self.ndims
        if left == right == 1:
            return None if b is None else g * b, None if a is None else g * a
        # A vector stands for a matrix of one row (left) or one column (right).
        if left == 1:
            g = g.reshape((*g.shape[:-1], 1, g.shape[-1]))
            a = a if a is None else a.reshape((1, -1))
        if right == 1:
            g = g.reshape((*g.shape, 1))
            b = b if b is None else b.reshape((-1, 1))
        grad_a = None if b is None else g @ transpose(b, -1, -2)
        grad_b = None if a is None else transpose(a, -1, -2) @ g
        if left == 1 and grad_a is not None:
            grad_a = grad_a.reshape((*grad_a.shape[:-2], -1))
        if right == 1 and grad_b is not None:
            grad_b = grad_b.reshape(grad_b.shape[:-1])
        return grad_a, grad_b

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        a, b = inputs[:2]
        if not isinstance(error, ValueError):
            return _refusal(cls, inputs) or error
        if not a.ndim or not b.ndim:
            return ShapeError("@ needs vectors or matrices, and one of these is a single number",
                              tensors=cls.named(inputs), fix="use * to multiply by a number")
        inner = a.shape[-1], b.shape[-2] if b.ndim > 1 else b.shape[-1]
        if inner[0] == inner[1]:
            return ShapeError(
                f"@: the batch sizes of {list(a.shape)} and {list(b.shape)} do not broadcast",
                tensors=cls.named(inputs), fix="make them equal, or one of them 1")
        return ShapeError(
            f"{list(a.shape)} @ {list(b.shape)}: the inner sizes {inner[0]} and {inner[1]} do not "
            "agree. Each row of the left is multiplied with each column of the right, so they must "
            "be of one length", tensors=cls.named(inputs),
            fix="transpose one of them (`.T`), or make the inner sizes equal")


class Linear(Function):
    """A linear layer: x times the weight transposed, plus the bias."""

    saves = {"x": "weight", "weight": "x"}
    halves = "gpu"
    formula, sign = r"x W^{\mathsf T} + b", "linear"
    local = {"x": "g @ weight", "weight": "gᵀ @ x", "bias": "g summed over the batch"}

    def forward(self, x, weight, bias):
        if weight.ndim != 2:
            raise ValueError("the weight is no matrix")
        dtype = weight.dtype
        if x.dtype != dtype or (bias is not None and bias.dtype != dtype):
            raise Unequal
        # One product of all rows, where NumPy would make one for each batch.
        rows = x if x.ndim < 3 else _rows(x)
        out = rows.dot(weight.T) if rows.size < SMALL and rows.ndim == 2 else rows @ weight.T
        if bias is not None:
            out += bias
        return out if rows is x else out.reshape((*x.shape[:-1], len(weight)))

    def backward(self, g, x, weight):
        has_bias = self.edges[2] is not None
        if type(g) is _ndarray and g.size < SMALL and g.ndim == 2:  # see `product`
            return (None if weight is None else g.dot(weight), None if x is None else g.T.dot(x),
                    ones[len(g), g.dtype].dot(g) if has_bias else None)
        rows = _rows(g)
        grad_x = None if weight is None else (rows @ weight).reshape(
            (*g.shape[:-1], weight.shape[1]))
        grad_bias = down(rows) if has_bias else None
        return grad_x, None if x is None else rows.T @ _rows(x), grad_bias

    @classmethod
    def explain(cls, error: Exception, inputs: tuple[Any, ...]) -> Exception:
        x, weight, bias = inputs
        if not isinstance(error, (ValueError, IndexError)):
            return _refusal(cls, inputs) or error
        if weight.ndim != 2 or not x.ndim:
            return ShapeError("linear takes a weight [out, in] and an input [*, in]",
                              tensors=cls.named(inputs), fix="give the weight two dimensions")
        if x.shape[-1] != weight.shape[1]:
            flat = math.prod(x.shape[1:]) == weight.shape[1]
            return ShapeError(
                f"linear: the input has {x.shape[-1]} features, and the layer takes "
                f"{weight.shape[1]}: {list(x.shape)} and weight {list(weight.shape)} do not agree",
                tensors=cls.named(inputs),
                fix="one row for each sample first: x.flatten(1), or nn.Flatten()" if flat else
                    f"make the layer with in_features={x.shape[-1]}, or reshape the input")
        return ShapeError(f"linear: a bias of shape {list(bias.shape)} does not fit "
                          f"{weight.shape[0]} outputs", tensors=cls.named(inputs),
                          fix=f"give the bias shape [{weight.shape[0]}]")


@spelled()
def matmul(input, other):
    """The matrix product, with PyTorch's and NumPy's rules for vectors and batches.

    PyTorch: `torch.matmul` has no bools.

    Parameters
    ----------
    input : Tensor, shape [..., n, k] or [k]
    other : Tensor, shape [..., k, m] or [k]
        Of the same dtype.

    Raises
    ------
    ShapeError
        If the inner sizes differ, or the batch sizes do not broadcast.
    DtypeError
        If the dtypes differ.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.matmul(learngrad.ones(2, 3), learngrad.ones(3, 4)).shape
    learngrad.Size([2, 4])
    """
    return MatMul.apply(input, other)


def linear(input, weight, bias=None):
    """``input @ weight.T + bias`` as one operation.

    PyTorch: `torch.nn.functional.linear` has no bools.

    Parameters
    ----------
    input : Tensor, shape [*, in]
    weight : Tensor, shape [out, in]; or [in] without a bias, and the output is [*]
    bias : Tensor, shape [out], or one that broadcasts with the output, optional

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.linear(learngrad.ones(1, 3), learngrad.ones(2, 3))
    tensor([[3., 3.]])
    """
    if bias is None and getattr(weight, "ndim", 2) == 1:
        return MatMul.apply(input, weight)
    if getattr(bias, "ndim", 1) != 1:  # it broadcasts
        same_dtype("linear", weight=weight, bias=bias)
        out = Linear.apply(input, weight, None)
        return out + cast(expand(bias, out.shape), out.dtype)
    return Linear.apply(input, weight, bias)
