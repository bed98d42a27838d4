"""ASGD: descent with falling steps, and the mean of where it has been."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.optim.optimizer import Optimizer
from learngrad.optim.rules import count, downhill, memory, pieces
from learngrad.optim.settings import AT_LEAST_0, Limits

__all__ = ["ASGD"]



class ASGD(Optimizer):
    r"""Averaged stochastic gradient descent (Polyak and Juditsky 1992,
    https://doi.org/10.1137/0330046; with the steps of Xu 2011, https://arxiv.org/abs/1107.2490).

    .. math:: p \leftarrow (1 - \lambda \eta_t) p - \eta_t g,\quad
              \bar{p} \leftarrow \bar{p} + \mu_t (p - \bar{p}),

    .. math:: \eta_{t+1} = \frac{\eta}{(1 + \lambda \eta t)^\alpha},\quad
              \mu_{t+1} = \frac{1}{\max(1, t - t_0)}

    from :math:`\eta_1 = \eta` and :math:`\mu_1 = 1`. The mean :math:`\bar{p}` is
    ``optimizer.state[p]["ax"]``; the parameter itself is the last point.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        Leaves to move; or parameter groups, each with settings of its own.
    lr : float, default 0.01
        The first learning rate η.
    lambd : float, default 0.0001
        How strongly parameters are drawn to 0, and with alpha how fast the steps fall, λ.
    alpha : float, default 0.75
        The power by which the steps fall, α.
    t0 : float, default 1e6
        The step at which the mean begins.
    weight_decay : float, default 0
        Times the parameter, added to the gradient.
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
    >>> asgd = learngrad.optim.ASGD([w], lr=0.25, lambd=0)
    >>> (w * w).backward()
    >>> asgd.step()
    >>> w.item()
    0.5
    """

    limits: ClassVar[Limits] = {
        "lr": AT_LEAST_0, "lambd": AT_LEAST_0, "alpha": AT_LEAST_0, "t0": AT_LEAST_0,
        "weight_decay": AT_LEAST_0}
    counts = ("step", "eta", "mu")

    def __init__(self, params: Any, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
                 t0: float = 1e6, weight_decay: float = 0, foreach: bool | None = None,
                 maximize: bool = False, differentiable: bool = False,
                 capturable: bool = False) -> None:
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable})

    def update(self, group: dict[str, Any], state: dict[str, Any], param: Any,
               grad: Any) -> None:
        """One step of the rule."""
        t, lr, lambd = count(state), float(group["lr"]), group["lambd"]
        decay, maximize = group["weight_decay"], group["maximize"]
        eta, mu = state.setdefault("eta", lr), state.setdefault("mu", 1.0)
        for p, g, mean in pieces(param, grad, memory(state, "ax", param)):
            g = downhill(p, g, decay, maximize)
            s = g * eta
            p *= 1 - lambd * eta
            p -= s
            s = p - mean
            s *= mu
            mean += s
        state["eta"] = lr / (1 + lambd * lr * t)**group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])
