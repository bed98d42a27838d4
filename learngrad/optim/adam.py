"""Adam: each parameter's own step size, from the running mean and spread of its gradient."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from learngrad.kernels import fused
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, FRACTION, Limits

__all__ = ["Adam"]


class Adam(Optimizer):
    r"""Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980).

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g,\quad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2,

    .. math:: p \leftarrow p - \eta
              \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    in step t, from 1, with :math:`g + \lambda p` in the place of g. AMSGrad divides by the largest
    v so far (Reddi, Kale and Kumar 2018, https://openreview.net/forum?id=ryQu7f-RZ).

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.001
        The learning rate η: about how far one step moves a parameter.
    betas : (float, float), default (0.9, 0.999)
        How much of the running mean of the gradient, and of its square, is kept.
    eps : float, default 1e-8
        Keeps the quotient finite, ε.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
    amsgrad : bool, default False
        Never let the steps grow again.
    maximize : bool, default False
        Go up instead of down.
    foreach, capturable, fused, differentiable
        Accepted for PyTorch's sake: there they choose an implementation, and here is one. Only
        ``differentiable=True`` is refused: no gradient flows through a step.
    decoupled_weight_decay : bool, default False
        Shrink the parameter itself by :math:`1 - \eta \lambda`, as `AdamW` does.

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

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "betas": [FRACTION, FRACTION], "eps": AT_LEAST_0,
        "weight_decay": AT_LEAST_0}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
                 foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None,
                 decoupled_weight_decay: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        t, lr, (beta1, beta2) = count(state, param), float(group["lr"]), group["betas"]
        maximize, decay, shrink = group["maximize"], group["weight_decay"], 1.0
        if decay and group["decoupled_weight_decay"]:
            decay, shrink = 0, 1 - lr * decay
        amsgrad, eps = group["amsgrad"], group["eps"]
        logs = [math.log(beta) if beta else -math.inf for beta in (beta1, beta2)]
        mean, square = memory(state, "exp_avg", param), memory(state, "exp_avg_sq", param)
        largest = memory(state, "max_exp_avg_sq", param) if amsgrad else square
        for p, g, m, v, top in pieces(param, grad, mean, square, largest):
            _rule(g, shrink, decay, maximize, 1 - beta1, beta2, 1 - beta2, amsgrad, eps, lr, *logs,
                  t, p, m, v, top)


# 1 - beta^t is -expm1(t log(beta)), in float32 as exact in the first steps as in the last.
@fused("T g, T shrink, T decay, bool maximize, T new1, T beta2, T new2, bool amsgrad, T eps, "
       "T lr, T log1, T log2, float32 t", "T p, T m, T v, T top", """
       p *= shrink;
       T s = (maximize ? T(-g) : g) + p * decay;
       m += (s - m) * new1;
       v = v * beta2 + s * s * new2;
       top = (amsgrad && (top > v)) ? top : v;
       T root = sqrt(-expm1(t * log2));
       p -= m / (sqrt(top) + eps * root) * (lr * root / -expm1(t * log1));""")
def _rule(g: Any, shrink: float, decay: float, maximize: bool, new1: float, beta2: float,
          new2: float, amsgrad: bool, eps: float, lr: float, log1: float, log2: float, t: int,
          p: Any, m: Any, v: Any, top: Any) -> None:
    if shrink != 1:
        p *= shrink
    if decay or maximize:
        g = downhill(p, g, decay, maximize)
    s = g - m
    s *= new1
    m += s
    np.multiply(g, g, out=s)
    s *= new2
    v *= beta2
    v += s
    if amsgrad:
        np.maximum(top, v, out=top)
    # The formula's quotient, with the root of 1 - beta2^t multiplied out of it.
    root = math.sqrt(-math.expm1(t * log2))
    np.sqrt(top, out=s)
    s += eps * root
    np.divide(m, s, out=s)
    s *= lr * root / -math.expm1(t * log1)
    p -= s
