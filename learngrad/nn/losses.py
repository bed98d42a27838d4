"""Losses as modules: how wrong a prediction is, as one number."""

from __future__ import annotations

from typing import Any

from learngrad.errors import ArgumentTypeError
from learngrad.nn.module import Module
from learngrad.ops import losses as L
from learngrad.ops.likelihood import cross_entropy

__all__ = ["CrossEntropyLoss", "MSELoss"]


class Loss(Module):
    """Base of the losses: how the elements' losses become one number."""

    def __init__(self, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__()
        if hasattr(size_average, "shape") or hasattr(reduce, "shape"):
            raise _made_with_tensors(type(self).__name__)
        self.reduction = L.reduced(reduction, size_average, reduce)


def _made_with_tensors(name: str) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"nn.{name} is made first, without tensors, and what comes out is then called with them",
        fix=f"loss_fn = nn.{name}(); loss = loss_fn(prediction, target)")


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
    weight : Tensor, shape [classes], optional
        How much each class counts.
    ignore_index : int, default -100
        Targets of this value do not count.
    reduction : {"mean", "sum", "none"}, default "mean"
    label_smoothing : float, default 0
        This part of the probability is spread over all classes.

    Shape
    -----
    input [n, classes, ...] or [classes], floating; target [n, ...] or [], integers from 0 to
    classes - 1, or probabilities in the shape of the input; the output is one number, or the
    target's shape for "none".

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

    def __init__(self, weight: Any = None, size_average: Any = None, ignore_index: int = -100,
                 reduce: Any = None, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        super().__init__(size_average, reduce, reduction)
        if getattr(weight, "ndim", 1) != 1:
            raise _made_with_tensors(type(self).__name__)
        self.weight, self.ignore_index = weight, ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """``cross_entropy(input, target, …)``."""
        return cross_entropy(input, target, self.weight, ignore_index=self.ignore_index,
                             reduction=self.reduction, label_smoothing=self.label_smoothing)
