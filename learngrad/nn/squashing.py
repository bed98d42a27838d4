"""Activations that end between two bounds, shares that add up to 1, and shrinkage."""

from __future__ import annotations

from typing import Any

from learngrad.errors import ArgumentError, ShapeError
from learngrad.nn.activations import InPlace
from learngrad.nn.function_layer import FunctionLayer
from learngrad.nn.module import Module
from learngrad.ops import activations as A
from learngrad.ops.exponential import sigmoid
from learngrad.ops.losses import log_softmax, softmax
from learngrad.ops.trigonometry import tanh

__all__ = ["GLU", "Hardshrink", "Hardsigmoid", "Hardtanh", "LogSigmoid", "LogSoftmax", "Sigmoid",
           "Softmax", "Softmax2d", "Softmin", "Softshrink", "Softsign", "Tanh", "Tanhshrink"]


class Sigmoid(Module):
    r"""The logistic function: :math:`1 / (1 + e^{-x})`, between 0 and 1.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Sigmoid()(learngrad.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        """``sigmoid(input)``."""
        return sigmoid(input)


class Tanh(Module):
    r"""The hyperbolic tangent: :math:`\tanh x`, between -1 and 1.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Tanh()(learngrad.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        """``tanh(input)``."""
        return tanh(input)


class Softsign(FunctionLayer):
    r"""The input over 1 plus its absolute value: :math:`x / (1 + |x|)`, between -1 and 1.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Softsign()(learngrad.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """

    function = staticmethod(A.softsign)


class Hardtanh(InPlace):
    r"""The input, held between two bounds: :math:`\min(\max(x, a), b)`.

    Parameters
    ----------
    min_val, max_val : float, default -1.0 and 1.0
        The bounds :math:`a` and :math:`b`.
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Hardtanh()(learngrad.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """

    function = staticmethod(A.hardtanh)
    shown = "min_val={min_val}, max_val={max_val}"

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self._fix(min_val=min_val, max_val=max_val)
        if not max_val > min_val:
            raise ArgumentError(f"max_val={max_val} is not above min_val={min_val}",
                                fix="nn.Hardtanh(-1.0, 1.0)")


class Hardsigmoid(InPlace):
    r"""A sigmoid made of three straight lines: :math:`\min(\max(x/6 + 1/2, 0), 1)`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Hardsigmoid()(learngrad.tensor([-3.0, 0.0, 3.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """

    function = staticmethod(A.hardsigmoid)


class LogSigmoid(FunctionLayer):
    r"""The logarithm of the sigmoid, without overflow: :math:`\ln \sigma(x)`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LogSigmoid()(learngrad.tensor([0.0]))
    tensor([-0.6931])
    """

    function = staticmethod(A.logsigmoid)


class GLU(FunctionLayer):
    r"""One half, times the sigmoid of the other: :math:`a \, \sigma(b)` (Dauphin et al. 2016).

    Parameters
    ----------
    dim : int, default -1
        The dimension that is halved.

    Shape
    -----
    [*, 2n, *] to [*, n, *]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.GLU()(learngrad.tensor([3.0, 0.0]))
    tensor([1.5000])
    """

    function = staticmethod(A.glu)
    shown = "dim={dim}"

    def __init__(self, dim: int = -1) -> None:
        self._fix(dim=dim)


class Softmax(FunctionLayer):
    r"""Positive numbers that add up to 1: :math:`e^{x_i} / \sum_j e^{x_j}`.

    `CrossEntropyLoss` takes scores from before a softmax, `NLLLoss` logarithms of probabilities.

    Parameters
    ----------
    dim : int
        The dimension along which they add up to 1. PyTorch: `torch.nn.Softmax` guesses one where
        none is given, and warns; here it is an error when it is called.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Softmax(dim=1)(learngrad.zeros(1, 4))
    tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    function = staticmethod(softmax)
    shown = "dim={dim}"

    def __init__(self, dim: int | None = None) -> None:
        self._fix(dim=dim)


class Softmin(FunctionLayer):
    r"""`Softmax` of the negative, the least gets the most: :math:`e^{-x_i} / \sum_j e^{-x_j}`.

    Parameters
    ----------
    dim : int
        The dimension along which they add up to 1.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Softmin(dim=0)(learngrad.tensor([0.0, 1.0]))
    tensor([0.7311, 0.2689])
    """

    function = staticmethod(A.softmin)
    shown = "dim={dim}"

    def __init__(self, dim: int | None = None) -> None:
        self._fix(dim=dim)


class LogSoftmax(FunctionLayer):
    r"""The logarithm of `Softmax`, without overflow: :math:`x_i - \ln \sum_j e^{x_j}`.

    Parameters
    ----------
    dim : int
        The dimension along which the probabilities add up to 1.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LogSoftmax(dim=0)(learngrad.tensor([0.0, 0.0]))
    tensor([-0.6931, -0.6931])
    """

    function = staticmethod(log_softmax)
    shown = "dim={dim}"

    def __init__(self, dim: int | None = None) -> None:
        self._fix(dim=dim)


class Softmax2d(Module):
    r"""`Softmax` over the channels, at each place of a picture.

    Shape
    -----
    [n, channels, height, width] or [channels, height, width], to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Softmax2d()(learngrad.zeros(1, 4, 2, 2)).unique()
    tensor([0.2500])
    """

    def forward(self, input: Any) -> Any:
        """``softmax(input, dim=-3)``."""
        if input.ndim not in (3, 4):
            raise ShapeError("Softmax2d takes pictures [n, channels, height, width] or [channels, "
                             "height, width]", tensors={"input": input}, fix="nn.Softmax(dim=1)")
        return softmax(input, -3)


class Tanhshrink(FunctionLayer):
    r"""The input less its tanh: :math:`x - \tanh x`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Tanhshrink()(learngrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """

    function = staticmethod(A.tanhshrink)


class Hardshrink(FunctionLayer):
    r"""0 where :math:`|x| \le \lambda`, the input elsewhere.

    Parameters
    ----------
    lambd : float, default 0.5

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Hardshrink()(learngrad.tensor([0.4, 2.0]))
    tensor([0., 2.])
    """

    function = staticmethod(A.hardshrink)
    shown = "{lambd}"

    def __init__(self, lambd: float = 0.5) -> None:
        self._fix(lambd=lambd)


class Softshrink(FunctionLayer):
    r"""0 where :math:`|x| \le \lambda`, the input moved towards 0 by :math:`\lambda` elsewhere.

    Parameters
    ----------
    lambd : float, default 0.5
        At least 0.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Softshrink()(learngrad.tensor([0.4, 2.0]))
    tensor([0.0000, 1.5000])
    """

    function = staticmethod(A.softshrink)
    shown = "{lambd}"

    def __init__(self, lambd: float = 0.5) -> None:
        self._fix(lambd=lambd)
