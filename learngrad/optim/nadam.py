"""NAdam: Adam that looks ahead along its momentum, as Nesterov's rule does."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, FRACTION, Limits

__all__ = ["NAdam"]



class NAdam(Optimizer):
    r"""NAdam (Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ).

    m and v as in `Adam`; the momentum grows to β₁ by
    :math:`\mu_t = \beta_1 (1 - \frac{1}{2} 0.96^{t \psi})`, and

    .. math:: \hat{m} = \frac{\mu_{t+1}\, m}{1 - \mu_1 \cdots \mu_{t+1}}
              + \frac{(1 - \mu_t)\, g}{1 - \mu_1 \cdots \mu_t},\quad
              p \leftarrow p - \eta \frac{\hat{m}}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    in step t, from 1, with :math:`g + \lambda p` in the place of g.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.002
        The learning rate η: about how far one step moves a parameter.
    betas : (float, float), default (0.9, 0.999)
        How much of the running mean of the gradient, and of its square, is kept.
    eps : float, default 1e-8
        Keeps the quotient finite, ε.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
    momentum_decay : float, default 0.004
        How fast the momentum grows, ψ.
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
    >>> nadam = learngrad.optim.NAdam([w], lr=0.1)
    >>> for _ in range(20):
    ...     nadam.zero_grad()
    ...     (w * w).backward()
    ...     nadam.step()
    >>> abs(w.item()) < 0.1
    True
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "betas": [FRACTION, FRACTION], "eps": AT_LEAST_0,
        "weight_decay": AT_LEAST_0, "momentum_decay": AT_LEAST_0}
    counts = ("step", "mu_product")

    def __init__(self, params: Any, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, momentum_decay: float = 4e-3,
                 decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        t, lr, (beta1, beta2) = count(state), float(group["lr"]), group["betas"]
        maximize, decay, shrink = group["maximize"], group["weight_decay"], 1.0
        if decay and group["decoupled_weight_decay"]:
            decay, shrink = 0, 1 - lr * decay
        now, ahead = (beta1 * (1 - 0.5 * 0.96**(k * group["momentum_decay"])) for k in (t, t + 1))
        product = state["mu_product"] = state.get("mu_product", 1.0) * now
        # The root of 1 - beta2^t is multiplied out of the quotient.
        root = math.sqrt(1 - beta2**t)
        eps = group["eps"] * root
        of_g = lr * root * (1 - now) / (1 - product)
        of_m = lr * root * ahead / (1 - product * ahead)
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
            np.sqrt(v, out=s)
            s += eps
            step = g * of_g
            step += m * of_m
            step /= s
            p -= step
