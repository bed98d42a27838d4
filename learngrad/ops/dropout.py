"""Dropout: a part of the elements, or of the channels, left out at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, DtypeError
from learngrad.ops.windows import batched

__all__ = ["dropout", "dropout1d", "dropout2d"]


class Dropout(Function):
    """What is kept is scaled up, so that the mean stays; the gradient goes the same way."""

    formula, sign = r"\frac{m}{1 - p} x", "dropout"
    local = {"x": "1 / (1 − p) where it was kept, else 0"}

    def forward(self, x, p, shape):
        draws = devices.default_generator(devices.device_of(x)).stream.random(shape, np.float32)
        self.mask = (draws >= p).astype(x.dtype) * (1 / (1 - p) if p < 1 else 0.0)
        return x * self.mask

    def backward(self, g):
        return g * self.mask


def _drop(name: str, input: Any, p: float, training: bool, inplace: bool, kept: int) -> Any:
    """`input` with elements left out; all that follow the first `kept` dimensions go together."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p={p} is no probability", fix="p=0.5")
    if not training or not p:
        return input
    if input.dtype.kind != "f":
        raise DtypeError(f"{name} takes floating numbers, not {input.dtype}",
                         tensors={"input": input}, fix="x.float()")
    shape = tuple(s if k < kept else 1 for k, s in enumerate(input.shape))
    if inplace:
        return input._assign(name, lambda: Dropout.apply(input, float(p), shape))
    return Dropout.apply(input, float(p), shape)


def dropout(input, p=0.5, training=True, inplace=False):
    """Elements set to 0 at random; the others are divided by ``1 - p`` (Srivastava et al. 2014).

    Parameters
    ----------
    input : Tensor
        Floating.
    p : float, default 0.5
        The probability of each to be left out.
    training : bool, default True
        Outside training nothing happens.
    inplace : bool, default False
        Whether `input` itself is changed.

    Examples
    --------
    >>> import learngrad
    >>> _ = learngrad.manual_seed(0)
    >>> x = learngrad.nn.functional.dropout(learngrad.ones(1000))
    >>> sorted(set(x.tolist()))
    [0.0, 2.0]
    """
    return _drop("dropout", input, p, training, inplace, input.ndim)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Whole channels of [n, channels, length] or [channels, length] set to 0 at random.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.dropout1d(learngrad.ones(2, 3), training=False).shape
    learngrad.Size([2, 3])
    """
    return _drop("dropout1d", input, p, training, inplace,
                 2 if batched(input, 1, "dropout1d") else 1)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Whole channels of [n, channels, height, width] set to 0; of [n, channels, length] too.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.dropout2d(learngrad.ones(2, 3, 4), training=False).shape
    learngrad.Size([2, 3, 4])
    """
    batched(input, 2, "dropout2d")
    return _drop("dropout2d", input, p, training, inplace, 2)
