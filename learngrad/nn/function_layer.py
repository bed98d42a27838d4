"""What most layers are: one function, some of whose arguments are fixed beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from learngrad.nn.module import Module

__all__ = ["FunctionLayer"]


class FunctionLayer(Module):
    """Base of the layers that are one function with some of its arguments fixed.

    A subclass names the function, and its ``__init__`` hands over the arguments to `_fix`, by the
    names they have there. They become attributes, which every call reads again.

    Examples
    --------
    >>> import learngrad
    >>> class Clamp(FunctionLayer):
    ...     "Holds every element between two bounds."
    ...     function = staticmethod(learngrad.clamp)
    ...     shown = "min={min}, max={max}"
    ...     def __init__(self, min, max):
    ...         self._fix(min=min, max=max)
    >>> Clamp(0, 1)
    Clamp(min=0, max=1)
    >>> Clamp(0, 1)(learngrad.tensor([-3.0, 3.0]))
    tensor([0., 1.])
    """

    function: ClassVar[Callable[..., Any]]
    shown: ClassVar[str] = ""  # what its repr says, with the attributes in braces
    _arguments: tuple[str, ...] = ()

    def _fix(self, **arguments: Any) -> None:
        """Set the layer up, and keep these arguments of the function."""
        super().__init__()  # a second time it does nothing
        vars(self).update(arguments, _arguments=(*self._arguments, *arguments))

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The function of the inputs and the arguments."""
        held = vars(self)
        return self.function(*inputs, **named, **{name: held[name] for name in self._arguments})

    def extra_repr(self) -> str:
        """The arguments."""
        return self.shown.format(**vars(self))
