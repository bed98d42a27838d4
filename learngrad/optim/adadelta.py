"""Adadelta: steps in the units of the parameter, by the ratio of two running sizes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, FRACTION, Limits

__all__ = ["Adadelta"]



class Adadelta(Optimizer):
    r"""Adadelta (Zeiler 2012, https://arxiv.org/abs/1212.5701).

    .. math:: s \leftarrow \rho s + (1 - \rho) g^2,\quad
              \Delta = \sqrt{\frac{u + \epsilon}{s + \epsilon}}\, g,\quad
              u \leftarrow \rho u + (1 - \rho) \Delta^2,\quad p \leftarrow p - \eta \Delta

    with :math:`g + \lambda p` in the place of g.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 1
        The learning rate η; the paper has none.
    rho : float, default 0.9
        How much of the two running means is kept, ρ.
    eps : float, default 1e-6
        What the first steps begin with, and keeps the quotient finite, ε.
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
    >>> adadelta = learngrad.optim.Adadelta([w], rho=0.75, eps=1.0)
    >>> (w * w).backward()
    >>> adadelta.step()
    >>> round(1 - w.item(), 5)  # the root of 1 / (1 + 1), times 2
    1.41421
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "rho": FRACTION, "eps": AT_LEAST_0, "weight_decay": AT_LEAST_0}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
                 weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
                 maximize: bool = False, differentiable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        count(state, param)
        lr, rho, eps = float(group["lr"]), group["rho"], group["eps"]
        decay, maximize = group["weight_decay"], group["maximize"]
        square, moved = memory(state, "square_avg", param), memory(state, "acc_delta", param)
        for p, g, v, u in pieces(param, grad, square, moved):
            g = downhill(p, g, decay, maximize)
            s = g * g
            s *= 1 - rho
            v *= rho
            v += s
            step = u + eps
            np.sqrt(step, out=step)
            np.add(v, eps, out=s)
            np.sqrt(s, out=s)
            step /= s
            step *= g
            np.multiply(step, step, out=s)
            s *= 1 - rho
            u *= rho
            u += s
            step *= lr
            p -= step
