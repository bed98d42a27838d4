"""Rprop: the gradient's sign alone; steps grow while it stays and shrink when it turns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from learngrad.errors import ArgumentError
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, Limits

__all__ = ["Rprop"]



class Rprop(Optimizer):
    r"""Rprop (Riedmiller and Braun 1993, https://doi.org/10.1109/ICNN.1993.298623).

    Each element has a step size s of its own, at first η. Where the gradient has the sign of the
    last step's, s is multiplied by :math:`\eta^+`; where it has turned, by :math:`\eta^-`, and g is
    taken for 0; then s is brought between the two bounds, and

    .. math:: p \leftarrow p - \operatorname{sign}(g)\, s

    For gradients of the whole data set: those of small batches turn all the time.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.01
        The first step size η.
    etas : (float, float), default (0.5, 1.2)
        By what steps shrink, and by what they grow.
    step_sizes : (float, float), default (1e-6, 50)
        The least and the largest step.
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
    >>> rprop = learngrad.optim.Rprop([w], lr=0.25)
    >>> (w * w).backward()
    >>> rprop.step()
    >>> w.item()
    0.75
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "etas": [(0.0, 1.0), AT_LEAST_0], "step_sizes": [AT_LEAST_0, AT_LEAST_0]}
    counts = ("step",)

    def __init__(self, params: Any, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
                 step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable})

    def check(self, group: dict[str, Any]) -> None:
        """Refuse settings that make no sense."""
        super().check(group)
        shrink, grow = group["etas"]
        if not 0 < shrink < 1 < grow:
            raise ArgumentError(f"etas={group['etas']}: the first shrinks steps and the second "
                                "makes them grow", fix="etas=(0.5, 1.2)")

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        count(state, param)
        (shrink, grow), (least, most) = group["etas"], group["step_sizes"]
        maximize = group["maximize"]
        last = memory(state, "prev", param)
        sizes = memory(state, "step_size", param, float(group["lr"]))
        for p, g, before, size in pieces(param, grad, last, sizes):
            if maximize:
                g = -g
            before *= g
            turn = np.sign(before)  # 1 where the sign stays, -1 where it has turned
            before[...] = np.where(turn < 0, 0, g)
            # 1, grow or shrink, for 0, 1 and -1: as an expression, it needs no look at the values.
            factor = turn * ((grow + shrink) / 2 - 1)
            factor += (grow - shrink) / 2
            factor *= turn
            factor += 1
            size *= factor
            np.clip(size, least, most, out=size)
            s = np.sign(before)
            s *= size
            p -= s
