"""AdamW: Adam whose weight decay shrinks the parameter instead of bending the gradient."""

from __future__ import annotations

from typing import Any

from learngrad.optim.adam import Adam

__all__ = ["AdamW"]



class AdamW(Adam):
    r"""AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101).

    .. math:: p \leftarrow (1 - \eta \lambda) p

    and then a step of `Adam` by the loss's own gradient. Large gradients then do not weaken the
    decay.

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
    weight_decay : float, default 0.01
        How strongly parameters are drawn to 0, λ.
    amsgrad : bool, default False
        Never let the steps grow again.
    maximize : bool, default False
        Go up instead of down.
    foreach, capturable, fused, differentiable
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
    >>> adamw = learngrad.optim.AdamW([w], lr=0.25, weight_decay=0.5)
    >>> (w * w).backward()
    >>> adamw.step()
    >>> w.item()  # 1 - 0.25 * 0.5 - 0.25
    0.625
    """

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
                 maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach,
                         maximize=maximize, capturable=capturable, differentiable=differentiable,
                         fused=fused, decoupled_weight_decay=True)
