"""Stochastic gradient descent: a step down the slope, with momentum if wanted."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad.autograd.order import RISING, latest
from learngrad.errors import ArgumentError
from learngrad.kernels import fused
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import PIECE, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, Limits

__all__ = ["SGD"]

_ndarray = np.ndarray


class SGD(Optimizer):
    r"""Stochastic gradient descent.

    .. math:: g \leftarrow g + \lambda p,\quad v \leftarrow \mu v + (1 - \tau) g,\quad
              p \leftarrow p - \eta v

    with :math:`v = g` in the first step and without momentum. Under Nesterov's momentum
    :math:`g + \mu v` takes the place of v in the last formula (Sutskever et al. 2013,
    https://proceedings.mlr.press/v28/sutskever13.html).

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.001
        The learning rate η.
    momentum : float, default 0
        How much of the last direction is kept, μ.
    dampening : float, default 0
        How much of the gradient momentum leaves out, τ.
    weight_decay : float, default 0
        How strongly parameters are drawn to 0, λ.
    nesterov : bool, default False
        Look ahead along the momentum.
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
    >>> sgd = learngrad.optim.SGD([w], lr=0.25)
    >>> (w * w).backward()
    >>> sgd.step()
    >>> w.item()
    0.5
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "momentum": AT_LEAST_0, "dampening": (-np.inf, np.inf),
        "weight_decay": AT_LEAST_0}

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, differentiable: bool = False,
                 fused: bool | None = None) -> None:
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused})

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings that make no sense."""
        super().check(group)
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ArgumentError("Nesterov's rule looks ahead along the momentum: it needs one, and "
                                "no dampening", fix="momentum=0.9, dampening=0")

    def descend(self, group: dict[str, Any]) -> None:
        """Apply the rule to a group."""
        if group["momentum"] or group["weight_decay"] or group["maximize"]:
            super().descend(group)
            return
        # Plain descent remembers nothing; in a small net, asking for more would cost as much again.
        lr, dtype, now = float(group["lr"]), None, next(RISING)
        latest[0] = now
        for p in group["params"]:
            g = p._grad
            if g is not None:
                array = p._data
                if type(array) is not _ndarray:
                    _plain(g._data, lr, array)
                else:
                    if array.dtype is not dtype:
                        dtype = array.dtype
                        rate = np.array(lr, dtype)  # NumPy would convert the number each time
                    if array.size <= PIECE:
                        array -= g._data * rate
                    else:
                        for piece, slope in pieces(array, g._data):
                            piece -= slope * rate
                cell = p._cell
                cell[0] = now
                cell[2] += 1

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        lr, momentum, factor = float(group["lr"]), group["momentum"], 1 - group["dampening"]
        nesterov, decay, maximize = group["nesterov"], group["weight_decay"], group["maximize"]
        if momentum and state.get("momentum_buffer") is None:
            factor = 1  # the first direction is the whole gradient
        kept = memory(state, "momentum_buffer", param) if momentum else grad
        for p, g, v in pieces(param, grad, kept):
            if momentum:
                _with_momentum(g, lr, decay, maximize, momentum, factor, nesterov, p, v)
            else:
                _plain(downhill(p, g, decay, maximize), lr, p)


@fused("T g, T lr", "T p", "p -= g * lr;")
def _plain(g: Any, lr: float, p: Any) -> None:
    p -= g * lr


@fused("T g, T lr, T decay, bool maximize, T momentum, T factor, bool nesterov", "T p, T v", """
       T s = (maximize ? T(-g) : g) + p * decay;
       v = v * momentum + s * factor;
       p -= (nesterov ? T(s + v * momentum) : v) * lr;""")
def _with_momentum(g: Any, lr: float, decay: float, maximize: bool, momentum: float,
                   factor: float, nesterov: bool, p: Any, v: Any) -> None:
    if decay or maximize:
        g = downhill(p, g, decay, maximize)
    v *= momentum
    v += g if factor == 1 else g * factor
    if nesterov:
        p -= v * (momentum * lr)
    else:
        g = v
    p -= g * lr
