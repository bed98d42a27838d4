"""Adamax: Adam with the largest recent gradient in the place of the root of the squares."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, FRACTION, Limits

__all__ = ["Adamax"]



class Adamax(Optimizer):
    r"""Adamax (Kingma and Ba 2015, section 7.1, https://arxiv.org/abs/1412.6980).

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g,\quad
              u \leftarrow \max(\beta_2 u, |g| + \epsilon),\quad
              p \leftarrow p - \frac{\eta}{1 - \beta_1^t} \frac{m}{u}

    in step t, from 1, with :math:`g + \lambda p` in the place of g.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.002
        The learning rate η: about how far one step moves a parameter.
    betas : (float, float), default (0.9, 0.999)
        How much of the running mean of the gradient, and of its largest size, is kept.
    eps : float, default 1e-8
        Keeps the quotient finite, ε.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
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
    >>> adamax = learngrad.optim.Adamax([w], lr=0.25)
    >>> (w * w).backward()
    >>> adamax.step()
    >>> w.item()
    0.75
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "betas": [FRACTION, FRACTION], "eps": AT_LEAST_0,
        "weight_decay": AT_LEAST_0}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, foreach: bool | None = None, *,
                 maximize: bool = False, differentiable: bool = False,
                 capturable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        t, (beta1, beta2), eps = count(state), group["betas"], group["eps"]
        rate = float(group["lr"]) / (1 - beta1**t)
        decay, maximize = group["weight_decay"], group["maximize"]
        mean, largest = memory(state, "exp_avg", param), memory(state, "exp_inf", param)
        for p, g, m, u in pieces(param, grad, mean, largest):
            g = downhill(p, g, decay, maximize)
            s = g - m
            s *= 1 - beta1
            m += s
            np.abs(g, out=s)
            s += eps
            u *= beta2
            np.maximum(u, s, out=u)
            np.divide(m, u, out=s)
            s *= rate
            p -= s
