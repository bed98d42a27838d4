"""Stochastic gradient descent: a step down the slope, with momentum if wanted."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad.errors import ArgumentError
from learngrad.optim.optimizer import PIECE, Optimizer, downhill, number, pieces, zeros_like

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
    params : iterable of Tensor, or of dict
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

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *,
                 maximize: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize})

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings that make no sense."""
        for name in ("lr", "momentum", "weight_decay"):
            number(name, group[name])
        number("dampening", group["dampening"], low=-np.inf)
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ArgumentError("Nesterov's rule looks ahead along the momentum: it needs one, and "
                                "no dampening", fix="momentum=0.9, dampening=0")

    def descend(self, group: dict[str, Any]) -> None:
        """Apply the rule to a group."""
        if group["momentum"] or group["weight_decay"] or group["maximize"]:
            super().descend(group)
            return
        # Plain descent remembers nothing; in a small net, asking for more would cost as much again.
        lr, dtype = group["lr"], None
        for p in group["params"]:
            g = p._grad
            if g is not None:
                array = p._data
                if type(array) is not _ndarray or array.size > PIECE:
                    for piece, slope in pieces(array, g._data):
                        piece -= slope * lr
                else:
                    if array.dtype is not dtype:
                        dtype = array.dtype
                        rate = np.array(lr, dtype)  # NumPy would convert the number each time
                    array -= g._data * rate
                p._version[0] += 1

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        lr, momentum, factor = group["lr"], group["momentum"], 1 - group["dampening"]
        nesterov, turned = group["nesterov"], group["maximize"] or group["weight_decay"]
        kept = grad  # stands for the memory where there is none
        if momentum:
            kept = state.get("momentum_buffer")
            if kept is None:
                kept, factor = zeros_like(param), 1
                state["momentum_buffer"] = kept
            kept = kept._data
        for p, g, v in pieces(param, grad, kept):
            if turned:
                g = downhill(p, g, group)
            if momentum:
                v *= momentum
                v += g if factor == 1 else g * factor
                if nesterov:
                    p -= v * (momentum * lr)
                else:
                    g = v
            p -= g * lr
