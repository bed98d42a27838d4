"""Softmax and the losses that training starts from, each one operation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, DtypeError, OutOfRangeError, ShapeError
from learngrad.ops.elementwise import Floating

__all__ = ["cross_entropy", "log_softmax", "mse_loss", "softmax"]


class Softmax(Floating):
    """Positive numbers that add up to 1 along a dimension, in proportion to e^x."""

    saves = ("out",)
    formula, sign = r"\frac{e^{x_i}}{\sum_j e^{x_j}}", "softmax"
    local = {"x": "out · (g − Σ g · out)"}

    def forward(self, x, dim):
        self.dim = dim
        e = np.exp(x - x.max(axis=dim, keepdims=True)) if x.size else x.copy()
        e /= e.sum(axis=dim, keepdims=True)
        return e

    def backward(self, g, out):
        gy = g * out
        return gy - out * gy.sum(self.dim, keepdims=True)


class LogSoftmax(Floating):
    """The logarithm of the softmax, computed without overflow."""

    saves = ("out",)
    formula, sign = r"x_i - \ln \sum_j e^{x_j}", "log softmax"
    local = {"x": "g − softmax(x) · Σ g"}

    def forward(self, x, dim):
        self.dim = dim
        out = x - x.max(axis=dim, keepdims=True) if x.size else x.copy()
        out -= np.log(np.exp(out).sum(axis=dim, keepdims=True))
        return out

    def backward(self, g, out):
        return g - np.exp(out) * g.sum(self.dim, keepdims=True)


class MSE(Function):
    """The mean (or sum) of the squared differences."""

    promotion = staticmethod(devices.division)
    saves = ("x", "y")
    formula, sign = r"\frac{1}{n} \sum_i (x_i - y_i)^2", "MSE"
    local = {"x": "2 · (x − y) / n", "y": "−2 · (x − y) / n"}

    def forward(self, x, y, reduction):
        d = x - y
        self.scale = 2.0
        if reduction == "none":
            return d * d
        d = d.reshape(-1)
        total = d @ d  # one pass, and no array of squares
        if reduction == "sum":
            return total
        self.scale = 2.0 / d.size if d.size else math.nan
        return total * (self.scale / 2)

    def backward(self, g, x, y):
        d = (x - y) * (g * self.scale)
        return d, None if self.edges[1] is None else -d


class CrossEntropy(Function):
    """Minus the log of the probability that softmax gives to the right class."""

    saves = ("target",)
    formula, sign = r"-\ln \frac{e^{x_t}}{\sum_j e^{x_j}}", "cross entropy"
    local = {"x": "g · (softmax(x) − onehot(target)) / n"}

    def forward(self, x, target, reduction):
        e = x - x.max(axis=-1, keepdims=True)
        n = len(x)
        self.rows = devices.array_module(x).arange(n)
        right = e[self.rows, target]
        np.exp(e, out=e)
        total = e.sum(axis=-1, keepdims=True)
        # e and its sums are kept; dividing them is left to backward's one multiplication.
        self.e, self.total = e, total
        self.scale = 1.0 / n if reduction == "mean" and n else 1.0
        losses = np.log(total[:, 0]) - right
        return losses if reduction == "none" else losses.sum() * (
            self.scale if n or reduction == "sum" else math.nan)

    def backward(self, g, target):
        at = self.rows, getattr(target, "_data", target)
        scaled = g * self.scale
        each = scaled.reshape((-1, 1))  # one weight for all, or one for each row
        if devices.is_array(g):
            grad = self.e * (each / self.total)
            grad[at] -= each[:, 0]
            return grad
        # For second derivatives: softmax as an operation. It does not change when its input is
        # shifted, so the logarithm of the kept values stands for the input.
        with np.errstate(divide="ignore"):  # the logarithm of a probability of 0
            logits = np.log(self.e / self.total)
        p = softmax(self._join(0, logits), -1)
        hot = devices.array_module(self.e).zeros_like(self.e)
        hot[at] = 1
        return (p - hot) * each


def softmax(input, dim=None, dtype=None):
    """Positive numbers that add up to 1 along `dim`, in proportion to e^x.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.softmax(learngrad.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return Softmax.apply(_in_dtype(input, dtype), _one_dim(input, dim, "softmax"))


def log_softmax(input, dim=None, dtype=None):
    """The logarithm of `softmax` along `dim`, safe for large inputs.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.log_softmax(learngrad.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return LogSoftmax.apply(_in_dtype(input, dtype), _one_dim(input, dim, "log_softmax"))


def _in_dtype(input: Any, dtype: Any) -> Any:
    from learngrad.ops.elementwise import cast
    return input if dtype is None else cast(input, dtype)


def _one_dim(input: Any, dim: Any, name: str) -> int:
    if dim is None:
        raise ArgumentError(f"{name} needs to know which dimension adds up to 1",
                            tensors={"input": input}, fix=f"{name}(x, dim=-1)")
    return devices.normalise_dim(dim, input.ndim) if input.ndim else ()  # type: ignore[return-value]


def _reduction(reduction: str) -> str:
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f"reduction={reduction!r} is not known",
                            fix='use "mean", "sum" or "none"')
    return reduction


def mse_loss(input, target, reduction="mean"):
    """The mean squared error.

    Parameters
    ----------
    input, target : Tensor
        Of one shape. PyTorch only warns where they would broadcast; here it is an error, since
        [n] against [n, 1] would silently compare every pair.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ShapeError
        If the shapes differ.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.mse_loss(learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    if not hasattr(target, "shape"):
        raise devices.not_a_number(target)
    if tuple(input.shape) != tuple(target.shape):
        raise ShapeError(
            f"mse_loss compares tensors of one shape, and {list(input.shape)} is not "
            f"{list(target.shape)}: they would be broadcast against each other",
            tensors={"input": input, "target": target},
            fix="reshape one of them, for example pred.squeeze(1)")
    return MSE.apply(input, target, _reduction(reduction))


def cross_entropy(input, target, reduction="mean"):
    """The cross entropy between logits and class indices.

    Parameters
    ----------
    input : Tensor, shape [n, classes] or [classes]
        Scores before softmax (logits), floating.
    target : Tensor, shape [n] or []
        The right classes, as integers from 0 to classes - 1.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ShapeError
        If there is not one target for each row.
    DtypeError
        If the targets are not integers, or the logits not floating.
    OutOfRangeError
        If a target is no class.

    Examples
    --------
    >>> import learngrad
    >>> logits = learngrad.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> learngrad.nn.functional.cross_entropy(logits, learngrad.tensor([0, 1]))
    tensor(0.1269)
    """
    tensors = {"input": input, "target": target}
    if not hasattr(target, "dtype"):
        raise devices.not_a_number(target)
    if input.dtype.kind != "f":
        raise DtypeError(f"cross_entropy takes floating logits, not {input.dtype}", tensors=tensors,
                         fix="logits.float()")
    if target.dtype.kind not in "iu":
        raise DtypeError(
            f"cross_entropy takes the right classes as integers, not {target.dtype}",
            tensors=tensors, fix="target.long(), or the index of the class: one_hot.argmax(1)")
    if input.ndim not in (1, 2) or tuple(target.shape) != tuple(input.shape[:-1]):
        raise ShapeError(
            "cross_entropy takes logits [n, classes] and one target for each row, shape [n]; these "
            f"are {list(input.shape)} and {list(target.shape)}", tensors=tensors,
            fix="target.squeeze(1) drops a dimension of size 1; the classes are the last of two "
                "dimensions of the logits")
    indices = target._data if hasattr(target, "_data") else target
    classes = input.shape[-1]
    if isinstance(indices, np.ndarray) and indices.size:  # on a GPU, looking would wait for it
        low, high = int(indices.min()), int(indices.max())
        if low < 0 or high >= classes:
            raise OutOfRangeError(
                f"a target is {low if low < 0 else high}, and the classes are 0 to {classes - 1}",
                tensors=tensors, fix="count classes from 0, or give the last layer more outputs")
    if input.ndim == 1:
        return CrossEntropy.apply(input.reshape((1, -1)), target.reshape(1),
                                  _reduction(reduction)).reshape(())
    return CrossEntropy.apply(input, target, _reduction(reduction))
