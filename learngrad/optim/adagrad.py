"""Adagrad: the more a parameter has moved, the smaller its steps become."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, Limits

__all__ = ["Adagrad"]



class Adagrad(Optimizer):
    r"""Adagrad (Duchi, Hazan and Singer 2011, https://jmlr.org/papers/v12/duchi11a.html).

    .. math:: s \leftarrow s + g^2,\quad
              p \leftarrow p - \frac{\eta}{1 + (t - 1) \gamma} \frac{g}{\sqrt{s} + \epsilon}

    in step t, from 1, with :math:`g + \lambda p` in the place of g.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.01
        The learning rate η.
    lr_decay : float, default 0
        How fast the learning rate falls besides, γ.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
    initial_accumulator_value : float, default 0
        The sum of squares s to begin with.
    eps : float, default 1e-10
        Keeps the quotient finite, ε.
    maximize : bool, default False
        Go up instead of down.
    foreach, fused, differentiable
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
    >>> adagrad = learngrad.optim.Adagrad([w], lr=0.25)
    >>> (w * w).backward()
    >>> adagrad.step()
    >>> w.item()
    0.75
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "lr_decay": AT_LEAST_0, "weight_decay": AT_LEAST_0,
        "initial_accumulator_value": AT_LEAST_0, "eps": AT_LEAST_0}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
                 initial_accumulator_value: float = 0, eps: float = 1e-10,
                 foreach: bool | None = None, *, maximize: bool = False,
                 differentiable: bool = False, fused: bool | None = None) -> None:
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        rate = float(group["lr"]) / (1 + (count(state, param) - 1) * group["lr_decay"])
        eps, decay, maximize = group["eps"], group["weight_decay"], group["maximize"]
        kept = memory(state, "sum", param, group["initial_accumulator_value"])
        for p, g, total in pieces(param, grad, kept):
            g = downhill(p, g, decay, maximize)
            s = g * g
            total += s
            np.sqrt(total, out=s)
            s += eps
            np.divide(g, s, out=s)
            s *= rate
            p -= s
