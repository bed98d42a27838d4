"""Weight normalisation in its first form: a hook computes the weight before each call."""

from __future__ import annotations

from typing import Any, TypeVar

from learngrad.autograd.mode import no_grad
from learngrad.errors import ArgumentError, GraphError
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.ops.decompose import vector_norm
from learngrad.tensor import Tensor

__all__ = ["remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def lengths(v: Tensor, dim: int | None) -> Tensor:
    """The length of each of the vectors that `dim` counts, as dimensions of size 1; or of all."""
    if dim is None or dim == -1:  # as in PyTorch, -1 too is for all
        return vector_norm(v)
    return vector_norm(v, 2, [k for k in range(v.ndim) if k != dim % v.ndim], keepdim=True)


def scaled(g: Tensor, v: Tensor, dim: int | None) -> Tensor:
    """Vectors in the directions of `v` with the lengths `g`."""
    return v * (g / lengths(v, dim))


class Computed:
    """A hook that puts a module's weight together before its forward."""

    def __init__(self, name: str) -> None:
        self.name = name

    def weight(self, module: Module) -> Tensor:
        """The weight, from what the module learns in its place."""
        raise NotImplementedError

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.weight(module))

    def register(self, module: Module, **parts: Tensor) -> None:
        """Let parameters and buffers take the weight's place."""
        delattr(module, self.name)
        for ending, part in parts.items():
            name = f"{self.name}_{ending}"
            if isinstance(part, Parameter):
                module.register_parameter(name, part)
            else:
                module.register_buffer(name, part)
        setattr(module, self.name, self.weight(module).detach())
        module.register_forward_pre_hook(self)

    def remove(self, module: Module, *endings: str) -> None:
        """Let the weight be a parameter again, with its value of now."""
        with no_grad():
            weight = self.weight(module)
        for ending in ("", *endings):
            delattr(module, f"{self.name}_{ending}" if ending else self.name)
        module.register_parameter(self.name, Parameter(weight.detach()))
        hooks = module._hooks_of_calls().before
        for key in [key for key, hook in hooks.items() if hook.call is self]:
            del hooks[key]


def found(module: Module, kind: type[Computed], name: str) -> Computed | None:
    """The hook of a kind that computes this weight."""
    hooks = module._hooks_of_calls().before.values()
    return next((hook.call for hook in hooks
                 if isinstance(hook.call, kind) and hook.call.name == name), None)


def free(module: Module, kind: type[Computed], name: str) -> Parameter:
    """The parameter that is about to be computed, if there is one and none does so yet."""
    if found(module, kind, name) is not None:
        raise GraphError(f"{type(module).__name__}.{name} is normalised already",
                         fix="once is enough")
    return module.get_parameter(name)


class WeightNorm(Computed):
    """Computes ``g * v / |v|``."""

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = dim

    def weight(self, module: Module) -> Tensor:
        """The directions ``weight_v`` with the lengths ``weight_g``."""
        return scaled(getattr(module, self.name + "_g"), getattr(module, self.name + "_v"),
                      self.dim)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    r"""Learn the length and the direction of weights apart: :math:`w = g \, v / \lVert v \rVert`.

    After Salimans and Kingma 2016 (https://arxiv.org/abs/1602.07868). In the place of ``weight``
    the module gets the parameters ``weight_g`` and ``weight_v``.

    Parameters
    ----------
    module : Module
    name : str, default "weight"
    dim : int or None, default 0
        The dimension that counts the vectors, the outputs of most layers; None for one length of
        all elements.

    Returns
    -------
    Module
        The same module.

    Examples
    --------
    >>> from learngrad import nn
    >>> layer = nn.utils.weight_norm(nn.Linear(3, 2))
    >>> {name: list(p.shape) for name, p in layer.named_parameters()}
    {'bias': [2], 'weight_g': [2, 1], 'weight_v': [2, 3]}
    """
    v = free(module, WeightNorm, name).detach()
    WeightNorm(name, dim).register(module, g=Parameter(lengths(v, dim)), v=Parameter(v))
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight one parameter again.

    Raises
    ------
    ArgumentError
        If it is not normalised.
    """
    hook = found(module, WeightNorm, name)
    if hook is None:
        raise ArgumentError(f"{type(module).__name__}.{name} has no weight normalisation",
                            fix="nn.utils.weight_norm(module) gives it one")
    hook.remove(module, "g", "v")
    return module
