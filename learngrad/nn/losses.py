"""Losses as modules: how wrong a predicted number, or a distribution of numbers, is.

Those for classes are in `class_losses`, those with margins in `margin_losses`.
"""

from __future__ import annotations

from typing import Any

from learngrad.errors import ArgumentTypeError
from learngrad.nn.function_layer import FunctionLayer
from learngrad.ops import distances as D
from learngrad.ops import likelihood
from learngrad.ops import losses as L

__all__ = ["GaussianNLLLoss", "HuberLoss", "KLDivLoss", "L1Loss", "Loss", "MSELoss",
           "PoissonNLLLoss", "SmoothL1Loss"]

BUFFERS = ("weight", "pos_weight")  # the arguments that are tensors, and belong to the state


class Loss(FunctionLayer):
    """Base of the losses: how the elements' losses become one number.

    `size_average` and `reduce` are PyTorch's old way to say `reduction`, and are still understood.
    """

    reduction: str
    _made_of_tensors = True  # its weights; `made_with_tensors` is the error of others

    def __init__(self, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__()
        if any(hasattr(given, "shape") for given in (size_average, reduce, reduction)):
            raise made_with_tensors(type(self).__name__)
        self._fix(reduction=self._reduced(reduction, size_average, reduce))

    def _fix(self, **arguments: Any) -> None:
        for name, value in arguments.items():
            if name in BUFFERS:
                self.register_buffer(name, value)
            elif hasattr(value, "shape"):
                raise made_with_tensors(type(self).__name__)
        super()._fix(**arguments)

    def _reduced(self, reduction: str, size_average: Any, reduce: Any) -> str:
        return L.reduced(reduction, size_average, reduce)


def made_with_tensors(name: str) -> ArgumentTypeError:
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


class L1Loss(Loss):
    r"""The mean absolute error: :math:`\frac{1}{n} \sum_i |x_i - y_i|`.

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
    >>> learngrad.nn.L1Loss()(learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 4.0]))
    tensor(1.)
    """

    function = staticmethod(D.l1_loss)


class SmoothL1Loss(Loss):
    r"""Squares near 0, absolute values beyond (Girshick 2015, arXiv:1504.08083).

    The mean of :math:`d^2 / (2\beta)` where :math:`|d| < \beta`, else :math:`|d| - \beta/2`, of the
    differences :math:`d = x - y`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
    beta : float, default 1.0
        Where the one ends and the other begins; 0 makes an `L1Loss`.

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
    >>> learngrad.nn.SmoothL1Loss()(learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 5.0]))
    tensor(1.2500)
    """

    function = staticmethod(D.smooth_l1_loss)

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
                 beta: float = 1.0) -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(beta=beta)


class HuberLoss(Loss):
    r"""Squares near 0, a straight line beyond (Huber 1964): `SmoothL1Loss` times delta.

    The mean of :math:`d^2 / 2` where :math:`|d| < \delta`, else :math:`\delta (|d| - \delta/2)`, of
    the differences :math:`d = x - y`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
    delta : float, default 1.0
        Where the one ends and the other begins.

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
    >>> learngrad.nn.HuberLoss()(learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 5.0]))
    tensor(1.2500)
    """

    function = staticmethod(D.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self._fix(delta=delta)


class KLDivLoss(Loss):
    r"""The Kullback-Leibler divergence from log probabilities: :math:`y (\ln y - x)`.

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "batchmean" divides the sum by the first size, which is the divergence as defined; "mean"
        divides by the number of elements.
    log_target : bool, default False
        Whether targets are logarithms too.

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
    >>> q, p = learngrad.tensor([[0.5, 0.5]]).log(), learngrad.tensor([[1.0, 0.0]])
    >>> learngrad.nn.KLDivLoss(reduction="batchmean")(q, p)
    tensor(0.6931)
    """

    function = staticmethod(likelihood.kl_div)

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
                 log_target: bool = False) -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(log_target=log_target)

    def _reduced(self, reduction: str, size_average: Any, reduce: Any) -> str:
        said = super()._reduced("sum" if reduction == "batchmean" else reduction, size_average,
                                reduce)
        return reduction if reduction == "batchmean" else said


class PoissonNLLLoss(Loss):
    r"""Minus the log likelihood of counts under a Poisson distribution: :math:`e^x - y x`.

    Parameters
    ----------
    log_input : bool, default True
        Whether the input is the logarithm of the rate; else the loss is :math:`x - y \ln x`.
    full : bool, default False
        Whether Stirling's approximation of :math:`\ln y!` is added.
    eps : float, default 1e-8
        Added to the rate under the logarithm.
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
    >>> learngrad.nn.PoissonNLLLoss()(learngrad.tensor([0.0]), learngrad.tensor([1.0]))
    tensor(1.)
    """

    function = staticmethod(likelihood.poisson_nll_loss)

    def __init__(self, log_input: bool = True, full: bool = False, size_average: Any = None,
                 eps: float = 1e-8, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(log_input=log_input, full=full, eps=eps)


class GaussianNLLLoss(Loss):
    r"""Minus the log likelihood under normal distributions.

    :math:`\frac12 (\ln v + (x - y)^2 / v)` for means :math:`x` and variances :math:`v`, which are
    held at eps.

    Parameters
    ----------
    full : bool, default False
        Whether the constant, half of :math:`\ln 2\pi`, is added.
    eps : float, default 1e-6
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [*], target [*], the same; var a number, [*], or with one dimension of size 1 or without
    the last; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError, ArgumentError
        If the shapes differ, or a variance is below 0.

    Examples
    --------
    >>> import learngrad
    >>> one = learngrad.tensor([1.0])
    >>> learngrad.nn.GaussianNLLLoss()(one, one * 2, one)
    tensor(0.5000)
    """

    function = staticmethod(likelihood.gaussian_nll_loss)

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self._fix(full=full, eps=eps)
