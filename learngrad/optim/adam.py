"""Adam: each parameter's own step size, from the running mean and spread of its gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad.errors import ArgumentTypeError
from learngrad.optim.optimizer import Optimizer, downhill, number, pieces, zeros_like

__all__ = ["Adam"]


class Adam(Optimizer):
    r"""Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980).

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g,\quad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2,

    .. math:: p \leftarrow p - \eta
              \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.001
        The learning rate η: about how far one step moves a parameter.
    betas : (float, float), default (0.9, 0.999)
        How much of the running mean of the gradient, and of its square, is kept.
    eps : float, default 1e-8
        Keeps the quotient finite, ε.
    weight_decay : float, default 0
        Times the parameter, added to the gradient.
    maximize : bool, default False
        Go up instead of down.

    Raises
    ------
    ArgumentTypeError, ArgumentError, GraphError
        If there are no parameters, one of them cannot be moved, or a setting makes no sense.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.tensor(1.0, requires_grad=True)
    >>> adam = learngrad.optim.Adam([w], lr=0.25)
    >>> (w * w).backward()
    >>> adam.step()
    >>> w.item()
    0.75
    """

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps,
                                  "weight_decay": weight_decay, "maximize": maximize})

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings that make no sense."""
        for name in ("lr", "eps", "weight_decay"):
            number(name, group[name])
        if not isinstance(group["betas"], (tuple, list)) or len(group["betas"]) != 2:
            raise ArgumentTypeError(f"betas are two numbers, not {group['betas']!r:.60}",
                                    fix="betas=(0.9, 0.999)")
        for i, beta in enumerate(group["betas"]):
            number(f"betas[{i}]", beta, below=1.0)

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        if not state:
            state.update(step=0, exp_avg=zeros_like(param), exp_avg_sq=zeros_like(param))
        t = state["step"] = state["step"] + 1
        beta1, beta2 = group["betas"]
        turned = group["maximize"] or group["weight_decay"]
        # The formula's quotient, with the root of 1 - beta2^t multiplied out of it.
        root = math.sqrt(1 - beta2**t)
        eps, rate = group["eps"] * root, group["lr"] * root / (1 - beta1**t)
        for p, g, m, v in pieces(param, grad, state["exp_avg"]._data, state["exp_avg_sq"]._data):
            if turned:
                g = downhill(p, g, group)
            s = g - m
            s *= 1 - beta1
            m += s
            s = g * g
            s *= 1 - beta2
            v *= beta2
            v += s
            np.sqrt(v, out=s)
            s += eps
            np.divide(m, s, out=s)
            s *= rate
            p -= s
