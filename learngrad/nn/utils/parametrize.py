"""Parameters that are computed from others whenever they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any, TypeVar

from learngrad.autograd.mode import no_grad
from learngrad.errors import ArgumentError, GraphError, ShapeError
from learngrad.nn.containers import ModuleDict, ModuleList
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.tensor import Tensor

__all__ = ["ParametrizationList", "cached", "is_parametrized", "register_parametrization",
           "remove_parametrizations", "type_before_parametrizations"]

M = TypeVar("M", bound=Module)


class _Cache(local):
    """What was computed inside of `cached`, each thread its own; None outside."""

    found: dict[int, Any] | None = None


_cache = _Cache()


class ParametrizationList(ModuleList):
    """The modules that compute one tensor, the first from what is learned in its place."""

    def __init__(self, modules: list[Module], tensor: Tensor) -> None:
        super().__init__()
        self.learned: list[str] = []
        kept = tensor.detach()
        for module in reversed(modules):
            kept = _inverse(module, kept, required=False)
        parts = kept if isinstance(kept, tuple) else (kept,)
        for i, part in enumerate(parts):
            name = f"original{i}" if isinstance(kept, tuple) else "original"
            self.learned.append(name)
            if isinstance(tensor, Parameter):
                self.register_parameter(name, Parameter(part.detach(), tensor.requires_grad))
            else:
                self.register_buffer(name, part.detach())
        self.extend(modules)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The tensor; inside of `cached` computed once."""
        found = _cache.found
        if found is None:
            return super().__call__(*args, **kwargs)
        if id(self) not in found:
            found[id(self)] = super().__call__(*args, **kwargs)
        return found[id(self)]

    def forward(self, *inputs: Any) -> Any:
        """Compute it."""
        first, *others = self
        out = first(*(getattr(self, name) for name in self.learned))
        for module in others:
            out = module(out)
        return out

    def right_inverse(self, value: Tensor) -> None:
        """Give what is learned the values from which `value` is computed."""
        with no_grad():
            for module in reversed(list(self)):
                value = _inverse(module, value, required=True)
            for name, part in zip(self.learned, value if isinstance(value, tuple) else (value,)):
                getattr(self, name).copy_(part)


def _inverse(module: Module, value: Any, required: bool) -> Any:
    inverse = getattr(module, "right_inverse", None)
    if inverse is not None:
        with no_grad():
            return inverse(value)
    if required:
        raise GraphError(f"{type(module).__name__} cannot say from what it would compute this",
                         fix="def right_inverse(self, value): ... in the class")
    return value


def register_parametrization(module: M, tensor_name: str, parametrization: Module, *,
                             unsafe: bool = False) -> M:
    """Let a module compute a parameter or buffer from another, which is learned in its place.

    Reading ``module.weight`` then gives ``parametrization(original)``. What is learned is
    ``module.parametrizations.weight.original``; several parametrizations follow one another.

    Parameters
    ----------
    module : Module
    tensor_name : str
    parametrization : Module
        Its forward gives the tensor. A method ``right_inverse(tensor)``, if it has one, gives what
        is learned to begin with, one tensor or a tuple, and makes assignments possible.
    unsafe : bool, default False
        Accept another shape or dtype than that of the tensor.

    Raises
    ------
    ArgumentError
        If the module has no such parameter or buffer.
    ShapeError
        If what is computed has another shape or dtype.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = nn.utils.parametrize.register_parametrization(
    ...     nn.Linear(3, 3), "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    if is_parametrized(module, tensor_name):
        steps = _all(module)[tensor_name]
        _check(parametrization, (getattr(module, tensor_name).detach(),), getattr(
            module, tensor_name), unsafe)
        with no_grad():
            value = _inverse(parametrization, getattr(module, tensor_name), required=False)
            if hasattr(parametrization, "right_inverse"):
                steps.right_inverse(value)
        steps.append(parametrization)
        return module
    tensor = {**dict(module._own_parts("parameters")),
              **dict(module._own_parts("buffers"))}.get(tensor_name)
    if tensor is None:
        raise ArgumentError(f"{type(module).__name__} has no parameter or buffer {tensor_name!r}",
                            fix=f"one of: {', '.join(dict(module.named_parameters()))}")
    steps = ParametrizationList([parametrization], tensor)
    learned = tuple(getattr(steps, name) for name in steps.learned)
    _check(parametrization, learned, tensor, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.add_module("parametrizations", ModuleDict())
    _all(module)[tensor_name] = steps
    _of_its_own_class(module)
    return module


def _all(module: Module) -> ModuleDict:
    """What computes a module's tensors, by their names."""
    return vars(module)["parametrizations"]


def _check(parametrization: Module, given: tuple[Any, ...], tensor: Tensor, unsafe: bool) -> None:
    with no_grad():
        made = parametrization(*given)
    if not unsafe and (made.shape, made.dtype) != (tensor.shape, tensor.dtype):
        raise ShapeError(f"{type(parametrization).__name__} computes another shape or dtype",
                         tensors={"instead of": tensor, "computed": made}, fix="unsafe=True")


def _of_its_own_class(module: Module) -> None:
    """Give the module a class in which exactly its parametrized tensors are computed."""
    def computed(name: str) -> property:
        return property(
            lambda self: self.parametrizations[name](),
            lambda self, value: self.parametrizations[name].right_inverse(value))

    before = type_before_parametrizations(module)
    names = list(vars(module).get("parametrizations", ()))
    module.__class__ = type(  # its own, not one that a copy of the module has too
        f"Parametrized{before.__name__}", (before,),
        {"_before": before, **{name: computed(name) for name in names}}) if names else before


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a computed tensor a parameter or buffer again.

    Parameters
    ----------
    module : Module
    tensor_name : str
    leave_parametrized : bool, default True
        Keep the value that is computed now; with False, what was learned.
    """
    if not is_parametrized(module, tensor_name):
        raise ArgumentError(f"{type(module).__name__}.{tensor_name} is not parametrized",
                            fix="register_parametrization(module, name, parametrization)")
    steps = _all(module)[tensor_name]
    learned = getattr(steps, steps.learned[0])
    if not leave_parametrized and len(steps.learned) > 1:
        raise ArgumentError(
            f"{tensor_name} is computed from {len(steps.learned)} tensors: none of them can take "
            "its place", fix="leave_parametrized=True")
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach().clone()
    else:
        value = learned.detach()
    del _all(module)[tensor_name]
    if not _all(module):
        delattr(module, "parametrizations")
    _of_its_own_class(module)
    if isinstance(learned, Parameter):
        module.register_parameter(tensor_name, Parameter(value, learned.requires_grad))
    else:
        module.register_buffer(tensor_name, value)
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module computes this tensor, or any."""
    steps = vars(module).get("parametrizations")
    return isinstance(steps, ModuleDict) and (tensor_name is None or tensor_name in steps)


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had."""
    return getattr(type(module), "_before", type(module))


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once inside this block, however often it is read."""
    outer = _cache.found
    _cache.found = {} if outer is None else outer
    try:
        yield
    finally:
        _cache.found = outer
