"""Dropout: a part of the elements, or of the channels, left out at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ShapeError
from learngrad.kernels import fused
from learngrad.ops.public import floating, tensor
from learngrad.ops.spelling import spelled
from learngrad.ops.windows import batched

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d",
           "feature_alpha_dropout"]

# What selu tends to for very negative numbers: -scale * alpha of Klambauer et al. 2017.
LOWEST = -1.7580993408473766


class Dropout(Function):
    """What is kept is scaled up, so that the mean stays; the gradient goes the same way."""

    formula, sign = r"\frac{m}{1 - p} x", "dropout"
    local = {"x": "1 / (1 − p) where it was kept, else 0"}

    def forward(self, x, p, shape):
        draws = devices.default_generator(devices.device_of(x)).stream.random(shape, np.float32)
        out, self.mask = _dropped(x, draws, p, 1 / (1 - p) if p < 1 else 0.0)
        return out

    def backward(self, g):
        return g * self.mask


@fused("T x, float32 draw, float32 p, T scale", "T out, T mask",
       "mask = draw >= p ? scale : T(0); out = x * mask;")
def _dropped(x, draw, p, scale):
    mask = (draw >= p).astype(x.dtype) * scale
    return x * mask, mask


class AlphaDropout(Dropout):
    """What is dropped gets selu's lowest value, and all is moved so that mean and variance stay."""

    formula, sign = r"a\,(m x + (1 - m)\,\alpha') + b", "alpha dropout"
    local = {"x": "a where it was kept, else 0"}

    def forward(self, x, p, shape):
        if p == 1:
            self.mask = x.dtype.type(0)
            return x * self.mask
        kept = super().forward(devices.ones_like(x), p, shape) != 0
        a = ((1 - p) * (1 + p * LOWEST**2)) ** -0.5
        self.mask = kept.astype(x.dtype) * a
        # b = -a p LOWEST, and a LOWEST more where the mask is 0.
        return np.where(kept, x * a, x.dtype.type(a * LOWEST)) - a * p * LOWEST


def _drop(name: str, input: Any, p: float, training: bool, inplace: bool, kept: int,
          function: type[Function] = Dropout) -> Any:
    """`input` with elements left out; all that follow the first `kept` dimensions go together."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p={p} is no probability", fix="p=0.5")
    if not training or not p:
        return input
    floating(input, name)
    shape = tuple(s if k < kept else 1 for k, s in enumerate(input.shape))
    if inplace:
        return input._assign(name, lambda: function.apply(input, float(p), shape))
    return function.apply(input, float(p), shape)


def dropout(input, p=0.5, training=True, inplace=False):
    """Elements set to 0 at random; the others are divided by ``1 - p`` (Srivastava et al. 2014).

    PyTorch: `torch.nn.functional.dropout` draws other elements.

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
    return _drop("dropout", input, p, training, inplace, tensor(input, "dropout").ndim)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Whole channels of [n, channels, length] or [channels, length] set to 0 at random.

    PyTorch: `torch.nn.functional.dropout1d` draws other elements.

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

    PyTorch: `torch.nn.functional.dropout2d` draws other elements.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.dropout2d(learngrad.ones(2, 3, 4), training=False).shape
    learngrad.Size([2, 3, 4])
    """
    batched(input, 2, "dropout2d")
    return _drop("dropout2d", input, p, training, inplace, 2)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Whole channels of [n, channels, depth, height, width] set to 0; without a batch too.

    PyTorch: `torch.nn.functional.dropout3d` draws other elements.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.ones(2, 3, 4, 4, 4)
    >>> learngrad.nn.functional.dropout3d(x, training=False).shape
    learngrad.Size([2, 3, 4, 4, 4])
    """
    return _drop("dropout3d", input, p, training, inplace,
                 2 if batched(input, 3, "dropout3d") else 1)


@spelled()
def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout for networks of `selu`: mean 0 and variance 1 stay (Klambauer et al. 2017).

    PyTorch: `torch.nn.functional.alpha_dropout` draws other elements.

    Parameters
    ----------
    input : Tensor
        Floating.
    p : float, default 0.5
        The probability of each element to be replaced by the lowest value of selu.
    training : bool, default False
        Outside training nothing happens.
    inplace : bool, default False
        Whether `input` itself is changed.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.alpha_dropout(learngrad.ones(2), 0.5, training=False)
    tensor([1., 1.])
    """
    return _drop("alpha_dropout", input, p, training, inplace, input.ndim, AlphaDropout)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """`alpha_dropout` of whole channels: all that follow the first two dimensions go together.

    PyTorch: `torch.nn.functional.feature_alpha_dropout` draws other elements.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.ones(2, 3, 4)
    >>> learngrad.nn.functional.feature_alpha_dropout(x, 0.5, training=False).shape
    learngrad.Size([2, 3, 4])
    """
    if training and p and input.ndim < 2:
        raise ShapeError("feature_alpha_dropout drops channels, the second dimension",
                         fix="learngrad.nn.functional.alpha_dropout")
    return _drop("feature_alpha_dropout", input, p, training, inplace, 2, AlphaDropout)
