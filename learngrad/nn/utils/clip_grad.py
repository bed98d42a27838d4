"""Gradients that grew too large are cut down between ``backward`` and ``step``."""

from __future__ import annotations

import math
import types
import warnings
from collections.abc import Iterable
from typing import Any

from learngrad.autograd.mode import no_grad
from learngrad.errors import AnomalyError, ArgumentError, ArgumentTypeError, name_of
from learngrad.nn.module import Module
from learngrad.ops.bounds import clamp
from learngrad.ops.decompose import vector_norm
from learngrad.ops.join import stack
from learngrad.tensor import Tensor, tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
           "get_total_norm"]


def _tensors(parameters: Any, what: str = "parameters") -> list[Tensor]:
    if isinstance(parameters, Tensor):
        return [parameters]
    if isinstance(parameters, Module) or not isinstance(parameters, Iterable):
        raise ArgumentTypeError(f"this takes {what}, not {type(parameters).__name__}",
                                fix="model.parameters()")
    given = list(parameters)
    for x in given:
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(f"this takes {what}, and {x!r:.60} is no tensor",
                                    fix="model.parameters()")
    if not given and isinstance(parameters, types.GeneratorType):
        warnings.warn("there are no parameters to clip: a generator, such as model.parameters(), "
                      "is empty once it was gone through. Call it again, or keep a list.",
                      stacklevel=3)
    return given


def _at_least_0(name: str, value: Any) -> float:
    value = float(value)
    if not value >= 0:
        raise ArgumentError(f"{name}={value} would turn the gradients round: a bound is not "
                            "negative", fix=f"{name}=1.0")
    return value


def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                   foreach: bool | None = None) -> Tensor:
    r"""The norm of all elements of several tensors, as if they were one vector.

    :math:`\left(\sum_i |x_i|^p\right)^{1/p}`

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float, default 2.0
        :math:`p`; infinity gives the largest size.
    error_if_nonfinite : bool, default False
        Refuse a norm that is nan or infinite.
    foreach : bool, optional
        Accepted, and changes nothing.

    Raises
    ------
    AnomalyError
        If the norm is not finite, on `error_if_nonfinite`.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.nn import utils
    >>> utils.get_total_norm([learngrad.tensor([3.0]), learngrad.tensor([[0.0, 4.0]])])
    tensor(5.)
    """
    given = _tensors(tensors, "tensors")
    if not given:
        return tensor(0.0)
    p = float(norm_type)
    with no_grad():
        norms = [vector_norm(x.detach(), p) for x in given]
        total = vector_norm(stack([n.to(norms[0].device) for n in norms]), p)
    if error_if_nonfinite and not math.isfinite(total.item()):
        named = {name_of(x, f"tensor {i}"): x for i, x in enumerate(given)
                 if not math.isfinite(norms[i].item())}
        raise AnomalyError(f"the norm is {total.item()}, so there is nothing to scale by",
                           tensors=named, fix="with learngrad.autograd.detect_anomaly(): …, to see "
                                              "which operation it came from")
    return total


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Tensor,
                          foreach: bool | None = None) -> None:
    """Scale gradients, whose norm is known, so that it becomes `max_norm`, if it is larger.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.nn import utils
    >>> w = learngrad.ones(1, requires_grad=True)
    >>> (w * 4).sum().backward()
    >>> utils.clip_grads_with_norm_([w], 1.0, utils.get_total_norm([w.grad]))
    >>> w.grad
    tensor([1.0000])
    """
    gradients = [p.grad for p in _tensors(parameters) if p.grad is not None]
    with no_grad():
        scale = clamp(_at_least_0("max_norm", max_norm) / (total_norm + 1e-6), max=1.0)
        if scale.device.type == "cpu" and scale.item() == 1:
            return  # on a GPU looking would take longer than multiplying
        for g in gradients:
            g.detach().mul_(scale.to(g.device))


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """Scale all gradients together so that their norm is at most `max_norm`.

    One long step, after a steep place, would throw the parameters far away (Pascanu et al. 2013,
    https://arxiv.org/abs/1211.5063).

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are left out.
    max_norm : float
    norm_type, error_if_nonfinite, foreach
        As for `get_total_norm`.

    Returns
    -------
    Tensor
        The norm before.

    Raises
    ------
    ArgumentError
        If `max_norm` is negative. (PyTorch: `torch.nn.utils.clip_grad_norm_` then turns the
        gradients round.)

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.nn import utils
    >>> w = learngrad.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> utils.clip_grad_norm_([w], max_norm=1.0), w.grad
    (tensor(10.), tensor([0.6000, 0.8000]))
    """
    given = _tensors(parameters)
    _at_least_0("max_norm", max_norm)
    gradients = [p.grad for p in given if p.grad is not None]
    total = get_total_norm(gradients, norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(given, max_norm, total, foreach)
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Bring every element of the gradients between ``-clip_value`` and ``clip_value``.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.nn import utils
    >>> w = learngrad.tensor([3.0, 0.1], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([1.0000, 0.2000])
    """
    bound = _at_least_0("clip_value", clip_value)
    with no_grad():
        for p in _tensors(parameters):
            if p.grad is not None:
                p.grad.detach().clamp_(-bound, bound)


clip_grad_norm = clip_grad_norm_  # PyTorch's old spelling
