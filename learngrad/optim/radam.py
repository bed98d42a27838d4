"""RAdam: Adam that waits with its own step sizes until it knows the spread well enough."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, FRACTION, Limits

__all__ = ["RAdam"]



class RAdam(Optimizer):
    r"""RAdam (Liu et al. 2020, https://arxiv.org/abs/1908.03265).

    m and v as in `Adam`. With :math:`\rho_\infty = 2 / (1 - \beta_2) - 1` and
    :math:`\rho_t = \rho_\infty - 2 t \beta_2^t / (1 - \beta_2^t)`, as long as ρₜ is at most 5

    .. math:: p \leftarrow p - \eta \frac{m}{1 - \beta_1^t}

    and from then on

    .. math:: p \leftarrow p - \eta \sqrt{\frac{(\rho_t - 4)(\rho_t - 2) \rho_\infty}
              {(\rho_\infty - 4)(\rho_\infty - 2) \rho_t}}\,
              \frac{m}{1 - \beta_1^t} \frac{\sqrt{1 - \beta_2^t}}{\sqrt{v} + \epsilon}

    in step t, from 1, with :math:`g + \lambda p` in the place of g.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.001
        The learning rate η.
    betas : (float, float), default (0.9, 0.999)
        How much of the running mean of the gradient, and of its square, is kept.
    eps : float, default 1e-8
        Keeps the quotient finite, ε.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
    decoupled_weight_decay : bool, default False
        Shrink the parameter itself by :math:`1 - \eta \lambda`, as `AdamW` does.
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
    >>> radam = learngrad.optim.RAdam([w], lr=0.25)
    >>> (w * w).backward()
    >>> radam.step()  # the first steps are plain, with momentum
    >>> w.item()
    0.5
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "betas": [FRACTION, FRACTION], "eps": AT_LEAST_0,
        "weight_decay": AT_LEAST_0}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, decoupled_weight_decay: bool = False,
                 *, foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        t, lr, (beta1, beta2) = count(state), float(group["lr"]), group["betas"]
        maximize, decay, shrink = group["maximize"], group["weight_decay"], 1.0
        if decay and group["decoupled_weight_decay"]:
            decay, shrink = 0, 1 - lr * decay
        eps, rate = group["eps"], lr / (1 - beta1**t)
        end = 2 / (1 - beta2) - 1
        known = end - 2 * t * beta2**t / (1 - beta2**t)  # the length of the mean that v amounts to
        if known > 5:
            rate *= math.sqrt((known - 4) * (known - 2) * end * (1 - beta2**t)
                              / ((end - 4) * (end - 2) * known))
        mean, square = memory(state, "exp_avg", param), memory(state, "exp_avg_sq", param)
        for p, g, m, v in pieces(param, grad, mean, square):
            if shrink != 1:
                p *= shrink
            g = downhill(p, g, decay, maximize)
            s = g - m
            s *= 1 - beta1
            m += s
            np.multiply(g, g, out=s)
            s *= 1 - beta2
            v *= beta2
            v += s
            if known > 5:
                np.sqrt(v, out=s)
                s += eps
                np.divide(m, s, out=s)
                s *= rate
            else:
                np.multiply(m, rate, out=s)
            p -= s
