"""Variances, standard deviations and norms."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentError, ArgumentRangeError, ShapeError
from learngrad.ops.elementwise import absolute
from learngrad.ops.public import number, tensor
from learngrad.ops.reduce import Reduction, dims_of, floats, mean
from learngrad.ops.spelling import spelled

__all__ = ["norm", "std", "std_mean", "var", "var_mean"]


class Var(Reduction):
    """The variance: the mean square of the distances from the mean."""

    saves: ClassVar[tuple[str, ...]] = ("x",)
    formula = r"\frac{1}{n - c} \sum_i (x_i - \bar x)^2"
    sign, local = "var", {"x": "2 · (x − mean x) / (n − c)"}

    def forward(self, x, dims, correction, keepdim):
        self.remember(x, dims)
        self.count = math.prod(x.shape[d] for d in dims)
        rest = max(self.count - correction, 0)
        self.weight = 1 / rest if rest else math.inf  # no element to spare: 0 · inf is nan
        distance = self.distance(x)
        squares = (distance * distance).sum(axis=dims, keepdims=keepdim)
        return devices.in_rows(squares * self.weight)

    def distance(self, x: Any) -> Any:
        """Each element less the mean."""
        total = x.sum(self.dims).reshape(self.kept) if self.dims else x
        return x - total / self.count if self.count else x

    def backward(self, g, x, *_):
        return self.spread(g) * (self.distance(x) * (2 * self.weight))


class Std(Var):
    """The standard deviation: the root of the variance; where it is 0, its gradient is 0."""

    saves = ("x", "out")
    formula = r"\sqrt{\frac{1}{n - c} \sum_i (x_i - \bar x)^2}"
    sign, local = "std", {"x": "(x − mean x) / ((n − c) · out)"}

    def forward(self, x, dims, correction, keepdim):
        return np.sqrt(super().forward(x, dims, correction, keepdim))

    def backward(self, g, x, *saved):
        out, = saved
        return super().backward(np.where(np.equal(out, 0), 0, g / (2 * out)), x)


class Norm(Reduction):
    """The length of a vector, by the p-th powers of its elements; where it is 0, it is flat."""

    saves = ("x", "out")
    formula, sign = r"\left( \sum_i |x_i|^p \right)^{1/p}", "norm"
    local = {"x": "sign x · (|x| / out)^(p − 1)"}

    def forward(self, x, p, dims, keepdim):
        self.remember(x, dims)
        self.p, size = p, np.abs(x)
        if math.isinf(p):
            return (size.max if p > 0 else size.min)(axis=dims, keepdims=keepdim)
        if p == 0:
            return np.not_equal(x, 0).sum(axis=dims, keepdims=keepdim).astype(x.dtype)
        if p == 1:
            return size.sum(axis=dims, keepdims=keepdim)
        if p == 2:
            return devices.in_rows(np.sqrt((x * x).sum(axis=dims, keepdims=keepdim)))
        return (size**p).sum(axis=dims, keepdims=keepdim)**(1 / p)

    def backward(self, g, x, out):
        p, out = self.p, out.reshape(self.kept)
        g = g.reshape(self.kept)
        if p == 0:
            return x * 0
        if p == 1:
            return g * np.sign(x)
        if math.isinf(p):  # equal ones share it evenly
            at = np.equal(absolute(x), out)
            return g * np.sign(x) * at / at.sum(self.dims).reshape(self.kept).astype(g.dtype)
        safe = np.where(np.equal(out, 0), 1, out)
        g = np.where(np.equal(out, 0), 0, g)
        if p == 2:
            return x * (g / safe)
        size = absolute(x)
        size = np.where(np.equal(size, 0), 1, size)  # the sign of 0 is 0, whatever stands here
        return np.sign(x) * size**(p - 1) * (g / safe**(p - 1))


def _options(dim: Any, unbiased: Any, correction: Any) -> tuple[Any, Any]:
    """`dim` and the correction, from PyTorch's two ways to say it."""
    if isinstance(dim, bool):  # x.var(False)
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise ArgumentError("unbiased and correction say the same", fix="x.var(correction=0)")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    return dim, number(correction, "correction")


@spelled()
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance over `dim` (one dimension, several, or all); floating tensors only.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
    unbiased : bool, default True
        Divide by n - 1, not by n. ``x.var(False)`` says it without `dim`.
    keepdim : bool, default False
    correction : number, default 1
        Divide by n less this; 0 is the same as ``unbiased=False``.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([1.0, 2.0, 3.0])
    >>> x.var(), x.var(unbiased=False)
    (tensor(1.), tensor(0.6667))
    """
    dim, correction = _options(dim, unbiased, correction)
    input = floats(tensor(input, "var"), "var")
    return Var.apply(input, dims_of(input, dim), correction, bool(keepdim))


@spelled()
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation over `dim`: the root of `var`, with the same arguments.

    Where it is 0, its gradient is 0.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.std(learngrad.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    dim, correction = _options(dim, unbiased, correction)
    input = floats(tensor(input, "std"), "std")
    return Std.apply(input, dims_of(input, dim), correction, bool(keepdim))


@spelled()
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance and the mean, a pair; the arguments are those of `var`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.var_mean(learngrad.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _options(dim, unbiased, correction)
    return var(input, dim, keepdim=keepdim, correction=correction), mean(input, dim, keepdim)


@spelled()
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation and the mean, a pair; the arguments are those of `var`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.std_mean(learngrad.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, correction = _options(dim, unbiased, correction)
    return std(input, dim, keepdim=keepdim, correction=correction), mean(input, dim, keepdim)


@spelled()
def norm(input, p="fro", dim=None, keepdim=False, *, dtype=None):
    """The length of the vector along `dim` (one dimension, several, or all).

    Parameters
    ----------
    input : Tensor
        Floating.
    p : number or "fro", default "fro"
        2 and "fro" are the Euclidean length, 1 the sum of absolute values, inf the greatest and
        -inf the smallest of them, 0 the number of elements that are not 0; "nuc" is the sum of the
        singular values, a norm of matrices.
    dim : int or tuple of int, optional
    keepdim : bool, default False
    dtype : dtype, optional
        Convert first.

    Raises
    ------
    ArgumentRangeError
        If `p` is another text.
    DtypeError
        If the tensor is not floating.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([3.0, -4.0])
    >>> learngrad.norm(x), learngrad.norm(x, 1)
    (tensor(5.), tensor(7.))
    """
    if p == "nuc":
        from learngrad.ops.decompose import matrix_norm
        return matrix_norm(tensor(input, "norm"), "nuc", (-2, -1) if dim is None else dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise ArgumentRangeError(f"p={p!r:.60} is no norm", fix="a number, 'fro' or 'nuc'")
    power = 2.0 if p in ("fro", None) else float(number(p, "p"))
    input = floats(tensor(input, "norm"), "norm", dtype)
    dims = dims_of(input, dim)
    if math.isinf(power) and 0 in [input.shape[d] for d in dims]:
        raise ShapeError(f"no elements have no norm with p={power}",
                         fix="check that the tensor is not empty: x.numel() > 0")
    return Norm.apply(input, power, dims, bool(keepdim))
