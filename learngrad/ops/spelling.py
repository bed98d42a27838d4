"""The other ways to write a call: NumPy's keywords, sizes by name, and in place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__: list[str] = []  # no operations: what files of operations share

_NUMPY = {"axis": "dim", "keepdims": "keepdim"}


def spelled(many: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let NumPy's `axis` and `keepdims` stand for `dim` and `keepdim`.

    What the function takes as ``*sizes`` may also be given as one sequence under the name `many`.
    """
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                for name, ours in _NUMPY.items():
                    if name in kwargs:
                        kwargs[ours] = kwargs.pop(name)
                if many == "dims" and "dim" in kwargs:
                    kwargs["dims"] = kwargs.pop("dim")
                if many in kwargs:
                    args = (*args, kwargs.pop(many))
            return function(*args, **kwargs)

        return call

    return decorate


def in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that puts what `function` gives into the tensor itself: ``masked_fill_``."""
    name = function.__name__ + "_"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._assign(name, lambda: function(self, *args, **kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{function.__name__}` in place: the tensor's own elements change."
    return method
