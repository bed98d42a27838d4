"""Values to start from, written into a tensor in place; PyTorch's distributions and bounds.

Draws come from the default generator of the tensor's device (`learngrad.manual_seed`), or from
`generator`. Each function returns the tensor.
"""

from __future__ import annotations

import math
from typing import Any

from learngrad import devices
from learngrad.autograd.order import changed
from learngrad.devices import Generator
from learngrad.errors import ArgumentError, ShapeError
from learngrad.tensor import Tensor

__all__ = ["calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
           "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_"]


def _fill(tensor: Tensor, values: Any) -> Tensor:
    """Overwrite a tensor outside the graph; no operation, so that no graph shows one."""
    tensor._data[...] = values
    changed(tensor)
    return tensor


def _stream(tensor: Tensor, generator: Generator | None) -> Any:
    return (generator or devices.default_generator(tensor.device)).stream


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0,
             generator: Generator | None = None) -> Tensor:
    """Draw evenly from `a` (included) to `b`.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.uniform_(learngrad.zeros(100), -2, 2)
    >>> bool((w >= -2).sum() == 100), bool((w <= 2).sum() == 100)
    (True, True)
    """
    return _fill(tensor, a + (b - a) * _stream(tensor, generator).random(tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0,
            generator: Generator | None = None) -> Tensor:
    """Draw from the normal distribution with this mean and standard deviation."""
    return _fill(tensor, mean + std * _stream(tensor, generator).standard_normal(tensor.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""By how much an activation shrinks what passes, to be made up for by larger weights.

    1 for ``"linear"`` and ``"sigmoid"``, 5/3 for ``"tanh"``, :math:`\sqrt 2` for ``"relu"``,
    :math:`\sqrt{2 / (1 + a^2)}` for ``"leaky_relu"`` with slope `param` (0.01), 3/4 for ``"selu"``.

    Examples
    --------
    >>> from learngrad.nn import init
    >>> round(init.calculate_gain("relu"), 3)
    1.414
    """
    slope = 0.01 if param is None else param
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2.0),
             "leaky_relu": math.sqrt(2 / (1 + slope**2)), "selu": 0.75}
    if nonlinearity not in gains:
        raise ArgumentError(f"the gain of {nonlinearity!r} is not known",
                            fix=f"one of {', '.join(gains)}")
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input has."""
    if tensor.ndim < 2:
        raise ShapeError("these draws count a weight's inputs and outputs, so they need two "
                         "dimensions or more", tensors={"tensor": tensor},
                         fix="use uniform_ or zeros_ for a bias")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor: Tensor, mode: str) -> int:
    fans = dict(zip(("fan_in", "fan_out"), _fans(tensor), strict=True))
    if mode not in fans:
        raise ArgumentError(f"mode={mode!r} is not known", fix='use "fan_in" or "fan_out"')
    return max(fans[mode], 1)  # a layer without inputs has nothing to draw


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                     nonlinearity: str = "leaky_relu",
                     generator: Generator | None = None) -> Tensor:
    r"""Draw evenly between :math:`\pm \text{gain} \sqrt{3 / \text{fan}}`.

    Keeps the size of signals through layers with rectifiers (He et al. 2015,
    https://arxiv.org/abs/1502.01852).

    Parameters
    ----------
    tensor : Tensor, shape [out, in, *]
    a : float, default 0
        The slope of the leaky rectifier that follows.
    mode : {"fan_in", "fan_out"}
        Keep the size of what goes forwards, or of the gradients that come back.
    nonlinearity : str
        As for `calculate_gain`.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.kaiming_uniform_(learngrad.zeros(50, 6), nonlinearity="relu")
    >>> bool(w.abs().max() <= 1)
    True
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                    nonlinearity: str = "leaky_relu", generator: Generator | None = None) -> Tensor:
    r"""Draw as `kaiming_uniform_`, but normal.

    The standard deviation is :math:`\text{gain} / \sqrt{\text{fan}}`.
    """
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0, std, generator)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0,
                    generator: Generator | None = None) -> Tensor:
    r"""Draw evenly between :math:`\pm \text{gain} \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}`.

    For layers with tanh or sigmoid (Glorot and Bengio 2010,
    https://proceedings.mlr.press/v9/glorot10a.html).
    """
    bound = gain * math.sqrt(6 / max(sum(_fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0,
                   generator: Generator | None = None) -> Tensor:
    r"""Draw as `xavier_uniform_`, but normal.

    The variance is :math:`2 \text{gain}^2 / (\text{fan\_in} + \text{fan\_out})`.
    """
    return normal_(tensor, 0, gain * math.sqrt(2 / max(sum(_fans(tensor)), 1)), generator)
