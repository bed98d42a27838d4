"""Activations as layers: each bends every element by itself."""

from __future__ import annotations

from typing import Any

from learngrad.nn.module import Module
from learngrad.ops.elementwise import relu
from learngrad.ops.exponential import sigmoid
from learngrad.ops.trigonometry import tanh

__all__ = ["ReLU", "Sigmoid", "Tanh"]


class ReLU(Module):
    r"""The positive part: :math:`\max(0, x)`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReLU()(learngrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """``relu(x)``."""
        return relu(x)


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

    def forward(self, x: Any) -> Any:
        """``sigmoid(x)``."""
        return sigmoid(x)


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

    def forward(self, x: Any) -> Any:
        """``tanh(x)``."""
        return tanh(x)
