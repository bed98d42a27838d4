"""Operations written in PyTorch's protocol: static ``forward(ctx, …)`` and ``backward(ctx, …)``.

Such a class is turned into an operation like any other: its node in the graph is the ``ctx``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

from learngrad.autograd import engine, function
from learngrad.autograd.function import Function
from learngrad.autograd.mode import is_grad_enabled, no_grad
from learngrad.autograd.observe import unwatched
from learngrad.autograd.order import changed
from learngrad.errors import ArgumentTypeError, GraphError

__all__ = ["adopt", "once_differentiable"]


class _Call:
    """What one call tells its node, and its node the call; an option to the gate."""

    __slots__ = ("node", "versions")

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        self.versions = [getattr(x, "_cell", None) for x in inputs]
        self.node: Any = None


class Custom(Function):
    """A user's operation, and the `ctx` that its forward and backward are given."""

    user: ClassVar[Any]
    _to_save: tuple[Any, ...]
    _kept_tensors: tuple[Any, ...]
    _flat: Any
    _dirty: Any
    _kept: list[Any]
    halves = "all"  # its forward runs operations of its own
    quiet = False
    promotion = staticmethod(lambda inputs: inputs)  # gradients are cast to their inputs' dtypes

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for backward, checked there for changes in place."""
        for t in tensors:
            if t is not None and not isinstance(t, function.Tensor):
                raise ArgumentTypeError(f"save_for_backward keeps tensors, not {t!r:.60}",
                                        fix="keep other things as attributes: ctx.scale = scale")
        self._to_save = tensors

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """No gradient goes through these outputs."""
        self._flat = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """These inputs were changed in place, and are returned."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a gradient that nothing arrived for is given as zeros (always, here) or None."""
        self._zeros = bool(value)

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each input of forward, whether its gradient is wanted."""
        return tuple(edge is not None for edge in self.edges[:-1])

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept."""
        return tuple(None if v is None else engine.as_tensor(v) for v in self._kept)

    def forward(self, *inputs: Any) -> Any:
        """Run the user's forward on tensors; note what it saved, and where that came from."""
        *inputs, call = inputs  # type: ignore[assignment]
        self._to_save = self._flat = self._dirty = self.saved = ()
        call.node = self
        tensors = []
        for x, version in zip(inputs, call.versions):
            if version is None:
                tensors.append(x)
                continue
            t = function.Tensor._from_array(x, None)
            t._cell = version
            tensors.append(t)
        with no_grad(), unwatched():
            if hasattr(self.user, "setup_context"):
                out = self.user.forward(*tensors)
                self.user.setup_context(self, tuple(tensors), out)
            else:
                out = self.user.forward(self, *tensors)
        outs = out if isinstance(out, tuple) else (out,)
        for o in outs:
            if not isinstance(o, function.Tensor):
                raise ArgumentTypeError(f"{self.user.__name__}.forward returned {o!r:.60}",
                                        fix="return a tensor or a tuple of tensors")
        # Where each saved tensor came from: an input, an output, elsewhere.
        known: dict[int, int] = {id(t): i for i, t in enumerate(tensors)} | {
            id(o): -1 - k for k, o in enumerate(outs) if not any(o is t for t in tensors)}
        self._saves = tuple((known.get(id(t)), -1) for t in self._to_save)  # type: ignore
        self._kept_tensors = self._to_save
        self._flat = [k for k, o in enumerate(outs) if any(o is t for t in self._flat)]
        self._dirty = [(i, k) for i, t in enumerate(tensors) for k, o in enumerate(outs)
                       if o is t and any(t is d for d in self._dirty)]
        self._to_save = ()
        return tuple(o._data for o in outs) if isinstance(out, tuple) else out._data

    def _keep(self, arrays: list[Any], cells: list[Any]) -> None:
        kept, self._kept_tensors = self._kept_tensors, ()
        self.saved = [None if t is None else t._data for t in kept]
        self.cells = [None if t is None else t._cell for t in kept]

    def unpack(self, join: bool) -> list[Any]:
        """Checked like any saved value, but handed out by ``ctx.saved_tensors``."""
        self._kept = super().unpack(join)
        return []

    def _join(self, what: Any, array: Any) -> Any:
        return array if what is None else super()._join(what, array)

    def backward(self, *gradients: Any) -> Any:
        """Run the user's backward on tensors."""
        joined = isinstance(gradients[0], function.Tensor)
        tensors = [engine.as_tensor(g) for g in gradients]
        try:
            if joined:
                results = self.user.backward(self, *tensors)
            else:
                with no_grad(), unwatched():
                    results = self.user.backward(self, *tensors)
        finally:
            self._kept = []
        results = results if isinstance(results, tuple) else (results,)
        expected = len(self.edges) - 1
        if len(results) < expected or any(r is not None for r in results[expected:]):
            raise GraphError(
                f"{self.user.__name__}.backward returned {len(results)} gradients, and its "
                f"forward takes {expected} inputs",
                fix="return one for each input, None where there is none")
        return tuple(r if joined or not isinstance(r, function.Tensor) else r._data
                     for r in results[:expected])


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark the backward of an own operation as one that computes outside the graph, as by NumPy.

    PyTorch: `torch.autograd.function.once_differentiable` refuses when the second derivative is
    asked for; here ``create_graph=True``, which prepares it, is refused.

    Examples
    --------
    >>> import learngrad
    >>> class Exp(learngrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.out = np.exp(x.numpy())
    ...         return learngrad.from_numpy(ctx.out)
    ...     @staticmethod
    ...     @learngrad.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return learngrad.from_numpy(g.numpy() * ctx.out)
    >>> import numpy as np
    >>> x = learngrad.zeros(2, requires_grad=True)
    >>> Exp.apply(x).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """
    @functools.wraps(backward)
    def once(ctx: Any, *gradients: Any) -> Any:
        if is_grad_enabled():
            raise GraphError(f"{ctx.user.__name__}.backward is marked as once_differentiable, and "
                             "create_graph=True asks for a second derivative",
                             fix="write backward in tensors' operations, without the mark")
        return backward(ctx, *gradients)

    return once


def adopt(cls: Any) -> None:
    """Give `cls`, which has a static forward, the `apply` of an operation made from it."""
    code = cls.forward.__code__
    names = code.co_varnames[:code.co_argcount]
    first = 0 if hasattr(cls, "setup_context") else 1
    operation = type(cls.__name__, (Custom,), {
        "user": cls, "__doc__": cls.__doc__, "__module__": cls.__module__, "formula": cls.formula,
        "sign": cls.sign, "local": cls.local})
    operation.letters = names[first:]  # type: ignore[attr-defined]
    operation._saves = ((0, 0),)  # type: ignore[attr-defined]  # not empty: the node chooses
    operation._prepare()  # type: ignore[attr-defined]

    def apply(*inputs: Any) -> Any:
        call = _Call(inputs)
        result = operation.apply(*inputs, call)  # type: ignore[attr-defined]
        results = list(result) if isinstance(result, tuple) else [result]
        node, call.node = call.node, None
        if not any(isinstance(x, function.Tensor) for x in inputs):
            return result
        for k in node._flat:
            results[k]._edge = None
        for i, k in node._dirty:
            x = inputs[i]
            if is_grad_enabled() and x.requires_grad and x.is_leaf:
                raise GraphError(f"{cls.__name__} changed a leaf that needs a gradient in place",
                                 tensors={"input": x}, fix="give it x.clone()")
            changed(x)
            x._edge, results[k] = results[k]._edge, x
        for k, (what, _) in enumerate(node._saves if node.saved else ()):
            if what is not None and what < 0:  # an output: the tensor that the user holds
                node.cells[k] = results[-1 - what]._cell
        for t in results:
            for x in inputs:  # returned as it came: one memory, one version
                if isinstance(x, function.Tensor) and t is not x and t._data is x._data:
                    x._cell[1] = True  # and nobody knows who shares it
                    t._cell = x._cell
        return tuple(results) if isinstance(result, tuple) else results[0]

    cls.apply = staticmethod(apply)


