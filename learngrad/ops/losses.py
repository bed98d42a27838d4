"""Softmax, and the mean squared error; what all losses share."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ArgumentTypeError, SizeError
from learngrad.ops.elementwise import Floating, cast
from learngrad.ops.public import one_of
from learngrad.ops.quick import total
from learngrad.ops.spelling import spelled

FAR = 16.0  # e^16 is 9 million

__all__ = ["log_softmax", "mse_loss", "reduced", "same_shape", "softmax"]


def harmless(x: Any) -> bool:
    """Whether e^x is far from overflow and from 0 everywhere; on a GPU nobody looks, and waits."""
    return isinstance(x, np.ndarray) and x.dtype.itemsize > 2 and x.size > 0 and bool(
        x.max() < FAR and x.min() > -FAR)


def _exp_below_1(x: Any, axes: tuple[int, ...]) -> Any:
    """e^x in proportion, the greatest along `axes` being 1."""
    e = x - x.max(axis=axes, keepdims=True) if x.size else x.copy()
    return np.exp(e, out=e if axes else None)


class Softmax(Floating):
    """Positive numbers that add up to 1 along a dimension, in proportion to e^x."""

    saves = ("out",)
    formula, sign = r"\frac{e^{x_i}}{\sum_j e^{x_j}}", "softmax"
    local = {"x": "out · (g − Σ g · out)"}

    def forward(self, x, axes):
        self.axes = axes
        e = np.exp(x) if harmless(x) else _exp_below_1(x, axes)
        e /= total(axes, e)
        return devices.in_rows(e)

    def backward(self, g, out):
        return out * (g - total(self.axes, g, out))


class LogSoftmax(Floating):
    """The logarithm of the softmax, computed without overflow."""

    saves = ("out",)
    formula, sign = r"x_i - \ln \sum_j e^{x_j}", "log softmax"
    local = {"x": "g − softmax(x) · Σ g"}

    def forward(self, x, axes):
        self.axes = axes
        out = x - x.max(axis=axes, keepdims=True) if x.size else x.copy()
        out -= np.log(total(axes, np.exp(out)))
        return devices.in_rows(out)

    def backward(self, g, out):
        return np.exp(out) * -total(self.axes, g) + g


class MSE(Function):
    """The mean (or sum) of the squared differences."""

    promotion = staticmethod(devices.division)
    saves = ("x", "y")
    formula, sign = r"\frac{1}{n} \sum_i (x_i - y_i)^2", "MSE"
    local = {"x": "2 · (x − y) / n", "y": "−2 · (x − y) / n"}

    def forward(self, x, y, reduction):
        d = x - y
        self.scale, self.reduction = 2.0, reduction
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


@spelled()
def softmax(input, dim=None, dtype=None):
    """Positive numbers that add up to 1 along `dim`, in proportion to e^x.

    Without `dim`, along the rows of a matrix, with a warning.

    PyTorch: `torch.softmax` refuses integers; here they become floats. Without `dim` it takes
    dimension 0 of three; here that has to be said.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.softmax(learngrad.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return Softmax.apply(_in_dtype(input, dtype), _axes(input, dim, "softmax"))


@spelled()
def log_softmax(input, dim=None, dtype=None):
    """The logarithm of `softmax` along `dim`, safe for large inputs.

    Without `dim`, along the rows of a matrix, with a warning.

    PyTorch: `torch.log_softmax` refuses integers; here they become floats. Without `dim` it takes
    dimension 0 of three; here that has to be said.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.log_softmax(learngrad.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return LogSoftmax.apply(_in_dtype(input, dtype), _axes(input, dim, "log_softmax"))


def _in_dtype(input: Any, dtype: Any) -> Any:
    return input if dtype is None else cast(input, dtype)


def _axes(input: Any, dim: Any, name: str) -> tuple[int, ...]:
    if dim is None:  # as programs from before `dim` have it: rows of a matrix
        if input.ndim > 2:
            raise ArgumentError(f"{name} needs to know which dimension adds up to 1",
                                fix=f"{name}(x, dim=-1)")
        dim = max(input.ndim, 1) - 1
        warnings.warn(f"{name} without dim: along dimension {dim} of {list(input.shape)}. Say "
                      f"so: {name}(x, dim={dim})", stacklevel=4)
    return (devices.normalise_dim(dim, input.ndim),) if input.ndim else ()


def reduced(reduction: str, size_average: Any = None, reduce: Any = None) -> str:
    """The reduction that is asked for, also by PyTorch's old pair of flags."""
    if size_average is not None or reduce is not None:
        if reduce is False:
            return "none"
        return "sum" if size_average is False else "mean"
    one_of("reduction", reduction, ("mean", "sum", "none"))
    return reduction


def combined(losses: Any, reduction: str) -> Any:
    """The elements' losses as they are, summed, or as their mean."""
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def predicted(name: str, input: Any) -> None:
    """Refuse what is no tensor: what a `forward` gives that has no `return`, or returns more."""
    if hasattr(input, "dtype"):
        return
    if isinstance(input, tuple):
        fix = "out, state = model(x), and go on with out"
    else:
        fix = "does forward end without `return out`?" if input is None else "learngrad.tensor(…)"
    raise ArgumentTypeError(f"{name} takes a model's output, a tensor, and not {input!r:.60} of "
                            f"type {type(input).__name__}", fix=fix)


def same_shape(name: str, input: Any, target: Any) -> None:
    """Refuse shapes that would broadcast: that compares every pair, silently."""
    predicted(name, input)
    if not hasattr(target, "shape"):
        raise devices.not_a_number(target)
    if tuple(input.shape) != tuple(target.shape):
        raise SizeError(f"{name} compares tensors of one shape, and {list(input.shape)} is not "
                        f"{list(target.shape)}: they would be broadcast against each other",
                        fix="reshape one of them, for example pred.squeeze(1)")


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """The mean squared error.

    PyTorch: `torch.nn.functional.mse_loss` refuses integers; here they become floats.

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
    same_shape("mse_loss", input, target)
    return MSE.apply(input, target, reduced(reduction, size_average, reduce))
