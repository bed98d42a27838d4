"""Losses as modules: how wrong a prediction is, as one number."""

from __future__ import annotations

from typing import Any

from learngrad.nn.module import Module
from learngrad.ops import losses as L
from learngrad.ops.likelihood import cross_entropy

__all__ = ["CrossEntropyLoss", "MSELoss"]


class Loss(Module):
    """Base of the losses: how the elements' losses become one number."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = L.reduced(reduction)


class MSELoss(Loss):
    r"""The mean squared error: :math:`\frac{1}{n} \sum_i (x_i - y_i)^2`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [*], target [*], the same; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError
        If the shapes differ: they would be broadcast.

    Examples
    --------
    >>> import learngrad
    >>> loss = learngrad.nn.MSELoss()
    >>> loss(learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """``mse_loss(input, target, reduction)``."""
        return L.mse_loss(input, target, reduction=self.reduction)


class CrossEntropyLoss(Loss):
    r"""Minus the log of the probability of the right class: :math:`-\ln \mathrm{softmax}(x)_t`.

    It takes scores before softmax (logits): a softmax layer in front of it would be one too many.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [n, classes] or [classes], floating; target [n] or [], integers from 0 to classes - 1; the
    output is one number, or [n] for "none".

    Raises
    ------
    ShapeError, DtypeError, OutOfRangeError
        If there is not one integer target for each row, or one is no class.

    Examples
    --------
    >>> import learngrad
    >>> loss = learngrad.nn.CrossEntropyLoss()
    >>> loss(learngrad.tensor([[2.0, 0.0], [0.0, 2.0]]), learngrad.tensor([0, 1]))
    tensor(0.1269)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """``cross_entropy(input, target, reduction)``."""
        return cross_entropy(input, target, reduction=self.reduction)
