"""RMSprop: the gradient divided by the running size of itself."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, Limits

__all__ = ["RMSprop"]



class RMSprop(Optimizer):
    r"""RMSprop (Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning").

    .. math:: s \leftarrow \alpha s + (1 - \alpha) g^2,\quad
              v \leftarrow \mu v + \frac{g}{\sqrt{s} + \epsilon},\quad p \leftarrow p - \eta v

    with :math:`g + \lambda p` in the place of g. Centred, the square of the gradient's own running
    mean is subtracted from s under the root (Graves 2013, https://arxiv.org/abs/1308.0850).

    PyTorch: `torch.optim.RMSprop` takes the root of that difference as it is, which rounding can
    make negative, and the parameter nan; here it is at least 0.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.01
        The learning rate η.
    alpha : float, default 0.99
        How much of the running mean of the squares is kept, α.
    eps : float, default 1e-8
        Keeps the quotient finite, ε.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
    momentum : float, default 0
        How much of the last direction is kept, μ.
    centered : bool, default False
        Divide by the gradient's spread instead of its size.
    maximize : bool, default False
        Go up instead of down.
    foreach, capturable, differentiable
        Accepted for PyTorch's sake: there they choose an implementation, and here is one. Only
        ``differentiable=True`` is refused: no gradient flows through a step.

    Raises
    ------
    ArgumentTypeError, ArgumentError, GraphError
        If there are no parameters, one of them cannot be moved, or a setting makes no sense.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.tensor(1.0, requires_grad=True)
    >>> rmsprop = learngrad.optim.RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).backward()
    >>> rmsprop.step()
    >>> round(w.item(), 6)
    0.8
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "alpha": AT_LEAST_0, "eps": AT_LEAST_0, "weight_decay": AT_LEAST_0,
        "momentum": AT_LEAST_0}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0, momentum: float = 0, centered: bool = False,
                 capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        count(state, param)
        lr, alpha, eps = float(group["lr"]), group["alpha"], group["eps"]
        momentum, centered = group["momentum"], group["centered"]
        decay, maximize = group["weight_decay"], group["maximize"]
        square = memory(state, "square_avg", param)
        last = memory(state, "momentum_buffer", param) if momentum else square
        mean = memory(state, "grad_avg", param) if centered else square
        for p, g, v, last_v, m in pieces(param, grad, square, last, mean):
            g = downhill(p, g, decay, maximize)
            s = g * g
            s *= 1 - alpha
            v *= alpha
            v += s
            if centered:
                np.subtract(g, m, out=s)
                s *= 1 - alpha
                m += s
                np.multiply(m, m, out=s)
                np.subtract(v, s, out=s)
                np.maximum(s, 0, out=s)
                np.sqrt(s, out=s)
            else:
                np.sqrt(v, out=s)
            s += eps
            np.divide(g, s, out=s)
            if momentum:
                last_v *= momentum
                last_v += s
                np.multiply(last_v, lr, out=s)
            else:
                s *= lr
            p -= s
