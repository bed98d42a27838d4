"""The other ways to write a call: NumPy's keywords, sizes by name, in place, and into `out`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from learngrad.autograd import function
from learngrad.autograd.mode import is_grad_enabled
from learngrad.errors import ArgumentTypeError, GraphError, no_tensor

__all__: list[str] = []  # no operations: what files of operations share

_NUMPY = {"axis": "dim", "keepdims": "keepdim"}
_IN_MEMORY = "memory_format", "layout", "pin_memory"


def spelled(many: str = "", *, memory: bool = False) -> Callable[
        [Callable[..., Any]], Callable[..., Any]]:
    """Let NumPy's `axis` and `keepdims` stand for `dim` and `keepdim`, and take PyTorch's `out`.

    With `memory` the words for how what is made should lie there (``memory_format=``) are taken
    too, and change nothing.
    What the function takes as ``*sizes`` may also be given as one sequence under the name `many`.
    """
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        takes_tensor = inspect.unwrap(function).__code__.co_varnames[:1] == ("input",)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                if not kwargs:  # the hot path
                    return function(*args)
                out = kwargs.pop("out", None)
                if out is not None:
                    return into(out, call(*args, **kwargs))
                for name in _IN_MEMORY if memory else ():
                    kwargs.pop(name, None)
                for name, ours in _NUMPY.items():
                    if name in kwargs:
                        if ours in kwargs:
                            raise ArgumentTypeError(f"{name} and {ours} say the same",
                                                    fix=f"{ours}={kwargs[ours]}")
                        kwargs[ours] = kwargs.pop(name)
                if many == "dims" and "dim" in kwargs:
                    kwargs["dims"] = kwargs.pop("dim")
                if many in kwargs:
                    args = (*args, kwargs.pop(many))
                return function(*args, **kwargs)
            except AttributeError as error:
                given = args[0] if args else kwargs.get("input")
                if not takes_tensor or hasattr(given, "dtype"):
                    raise
                raise no_tensor(function.__name__, given) from error

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


def into(out: Any, result: Any) -> Any:
    """`out` itself, with what came out written into its memory: ``learngrad.add(a, b, out=c)``.

    An empty `out` gets the shape of the result. (PyTorch gives it to others as well, and warns.)
    """
    if isinstance(result, tuple):
        if not isinstance(out, (tuple, list)) or len(out) != len(result):
            raise ArgumentTypeError(f"there are {len(result)} results, so out is that many tensors",
                                    fix="out=(values, indices)")
        pairs = [into(*pair) for pair in zip(out, result)]
        return type(result)(*pairs) if hasattr(result, "_fields") else tuple(pairs)
    if not isinstance(out, function.Tensor):
        raise ArgumentTypeError(f"out is a tensor to write into, not {out!r:.60}",
                                fix="out=learngrad.empty(0)")
    if is_grad_enabled() and (result.requires_grad or out.requires_grad):
        raise GraphError("what is written into out has no gradient, and one is needed here",
                         fix="y = ..., without out=; or learngrad.no_grad()")
    if not out.numel():
        out.data = result.detach().to(out.dtype, copy=True)
        return out
    return out._assign("out=", lambda: result)
