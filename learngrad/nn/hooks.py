"""Hooks of a module: what is called before and after its forward, and as gradients come back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from learngrad.autograd import engine
from learngrad.autograd.function import Function
from learngrad.autograd.handle import RemovableHandle
from learngrad.autograd.mode import is_grad_enabled
from learngrad.errors import ArgumentTypeError, GraphError, a_kind_of
from learngrad.nn.parts import AfterSetUp, Parts
from learngrad.tensor import Tensor

__all__ = ["Hooked", "Hooks"]


class Hook(NamedTuple):
    """A function of the user's, and how it wants to be called."""

    call: Callable[..., Any]
    with_kwargs: bool = False
    always: bool = False

    def __call__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any],
                 *output: Any) -> Any:
        if self.with_kwargs:
            return self.call(module, args, kwargs, *output)
        return self.call(module, args, *output)


class _Table(OrderedDict[int, Hook]):
    """Hooks by number."""

    def __reduce__(self) -> Any:
        """What a copy is made of: another thread may register hooks while it is being made."""
        return _Table, (), None, None, iter(list(self.items()))


class Hooks:
    """All hooks of one module, by kind; a module without any has no such object."""

    def __init__(self) -> None:
        self.before: OrderedDict[int, Hook] = _Table()
        self.after: OrderedDict[int, Hook] = _Table()
        self.arriving: OrderedDict[int, Hook] = _Table()  # gradients, at the output
        self.leaving: OrderedDict[int, Hook] = _Table()  # and at the inputs

    def __bool__(self) -> bool:
        return bool(self.before or self.after or self.arriving or self.leaving)

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the module's forward between its hooks."""
        result, called = None, set()
        try:
            for hook in list(self.before.values()):
                args, kwargs = _inputs(hook, hook(module, args, kwargs), args, kwargs)
            crossing = Crossing(module, self) if self.arriving or self.leaving else None
            if crossing is not None:
                args = crossing.enter(args)
            result = module.forward(*args, **kwargs)
            for key, hook in list(self.after.items()):
                called.add(key)
                answer = hook(module, args, kwargs, result)
                result = result if answer is None else answer
            return result if crossing is None else crossing.leave(result)
        except Exception as error:
            for key, hook in list(self.after.items()):
                if hook.always and key not in called:
                    try:
                        hook(module, args, kwargs, result)
                    except Exception as second:  # noqa: BLE001  (told with the first, raised below)
                        error.add_note(f"then a hook with always_call=True raised {second!r}")
            raise


def _inputs(hook: Hook, answer: Any, args: tuple[Any, ...],
            kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments to go on with, after what a hook before forward returned."""
    if answer is None:
        return args, kwargs
    if not hook.with_kwargs:
        return answer if isinstance(answer, tuple) else (answer,), kwargs
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise GraphError("a forward pre-hook that is given keywords returns None or a pair of "
                         f"arguments and keywords, not {answer!r:.60}", fix="return args, kwargs")
    return answer


def add(hooks: OrderedDict[int, Hook], hook: Hook, prepend: bool) -> RemovableHandle:
    """Register a hook, as the last or, with `prepend`, as the first of its kind."""
    if not callable(hook.call):
        raise ArgumentTypeError(f"a hook is a function, not {a_kind_of(hook.call)}",
                                fix="def hook(module, args, output): ...")
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


class Passage(Function):
    """Hands tensors on as they are, and asks a listener about the gradients that come back."""

    formula, sign = "x", "hook"
    quiet = False  # the listener is a user's function: it runs operations

    def forward(self, *inputs: Any) -> Any:
        """Hand on the arrays; what stands behind them is the listener."""
        *xs, self.listener = inputs
        return tuple(xs)

    def backward(self, *gs: Any) -> Any:
        """Ask for what takes the place of each gradient."""
        recording = isinstance(gs[0], Tensor)
        given = tuple(map(engine.as_tensor, gs))
        return tuple(
            g if answer is same else None if answer is None else
            engine._answer(self, k, g, answer, recording)
            for k, (g, same, answer) in enumerate(zip(gs, given, self.listener(given))))


def _through(values: Any, listener: Callable[[tuple[Any, ...]], Any]) -> Any:
    """`values` with the tensors in it that need a gradient led through a `Passage`.

    The listener is asked with a gradient for each value, None where there is none. None is given
    back if nothing needs a gradient.
    """
    places = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not places or not is_grad_enabled():
        return None

    def listen(gs: tuple[Any, ...]) -> list[Any]:
        found = dict(zip(places, gs))
        answers = listener(tuple(found.get(i) for i in range(len(values))))
        return [answers[i] for i in places]

    passed = list(values)
    for i, out in zip(places, Passage.apply(*(values[i] for i in places), listen)):
        before = values[i]._cell
        before[1], out._cell = True, before  # one memory, so one count of its changes
        passed[i] = out
    return passed


class Crossing:
    """One call of a module with backward hooks: hears the gradients at both of its ends."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module, self.hooks = module, hooks
        self.inputs = 0
        self.constant = True  # no input needs a gradient: none will come out of the module
        self.arrived: tuple[Any, ...] | None = None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Lead the inputs through, so that their gradients are heard."""
        self.inputs = len(args)
        passed = _through(args, self._leaving)
        self.constant = passed is None
        return args if passed is None else tuple(passed)

    def leave(self, result: Any) -> Any:
        """Lead the outputs through."""
        if isinstance(result, Tensor):
            passed = _through([result], self._arriving)
            return result if passed is None else passed[0]
        if not isinstance(result, tuple):
            raise GraphError(
                f"backward hooks see a tensor or a tuple of tensors come out of a module, and "
                f"{type(self.module).__name__} gave {a_kind_of(result)}",
                fix="return a tuple, or put the hook on a part of the module")
        passed = _through(result, self._arriving)
        if passed is None:
            return result
        return type(result)(*passed) if hasattr(result, "_fields") else tuple(passed)

    def _arriving(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self.hooks.arriving.values()):
            gradients = _answered(hook.call(self.module, gradients), gradients)
        self.arrived = gradients
        if self.constant:
            self._leaving((None,) * self.inputs)
        return gradients

    def _leaving(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        arrived, self.arrived = self.arrived, None
        if arrived is not None:  # else they came another way than through the module's output
            for hook in list(self.hooks.leaving.values()):
                gradients = _answered(hook.call(self.module, gradients, arrived), gradients)
        return gradients


def _answered(answer: Any, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    if answer is None:
        return gradients
    answer = (answer,) if isinstance(answer, Tensor) else tuple(answer)
    if len(answer) != len(gradients):
        raise GraphError(f"a backward hook returned {len(answer)} gradients, and there are "
                         f"{len(gradients)} to replace", fix="return a tuple of as many, or None")
    for new, old in zip(answer, gradients):
        if new is not None and old is None:
            raise GraphError("a backward hook returned a gradient where there is none to replace",
                             fix="return None in that place")
    return answer


class Hooked(Parts):
    """Base of `Module`: what it offers to whoever wants to hear of its calls."""

    forward: Any
    # `Hooks`, or None until there is one: without hooks a call costs one look at it.
    _call_hooks: Any = AfterSetUp()

    def _call_hooked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._call_hooks is None:
            return self.forward(*args, **kwargs)
        if not self._call_hooks:  # all of them were removed
            vars(self)["_call_hooks"] = None
            return self.forward(*args, **kwargs)
        return self._call_hooks.call(self, args, kwargs)

    def _hooks_of_calls(self) -> Hooks:
        """The hooks, made when the first of them comes."""
        if self._call_hooks is None:
            vars(self)["_call_hooks"] = Hooks()
        hooks: Hooks = self._call_hooks
        return hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, prepend: bool = False,
                                  with_kwargs: bool = False) -> RemovableHandle:
        """Call ``hook(module, args)`` before each forward.

        Parameters
        ----------
        hook : callable
            Returns None, or what takes the place of the arguments: a tuple, or the only one.
        prepend : bool, default False
            Call it before the hooks there are.
        with_kwargs : bool, default False
            Call ``hook(module, args, kwargs)``; it returns None or ``(args, kwargs)``.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> import learngrad
        >>> layer = learngrad.nn.ReLU()
        >>> handle = layer.register_forward_pre_hook(lambda module, args: -args[0])
        >>> layer(learngrad.tensor([-1.0, 2.0])).tolist()
        [1.0, 0.0]
        >>> handle.remove()
        """
        return add(self._hooks_of_calls().before, Hook(hook, with_kwargs), prepend)

    def register_forward_hook(self, hook: Callable[..., Any], *, prepend: bool = False,
                              with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each forward.

        Parameters
        ----------
        hook : callable
            Returns None, or what takes the place of the output.
        prepend : bool, default False
            Call it before the hooks there are.
        with_kwargs : bool, default False
            Call ``hook(module, args, kwargs, output)``.
        always_call : bool, default False
            Call it, with None for the output, also if forward raises.

        Examples
        --------
        >>> import learngrad
        >>> layer = learngrad.nn.Linear(3, 2)
        >>> shapes = []
        >>> handle = layer.register_forward_hook(lambda m, args, out: shapes.append(out.shape))
        >>> _ = layer(learngrad.ones(5, 3))
        >>> shapes
        [learngrad.Size([5, 2])]
        """
        return add(self._hooks_of_calls().after, Hook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any],
                                        prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are known.

        It returns None, or what takes the place of ``grad_output``, a tuple with a gradient for
        each output.
        """
        return add(self._hooks_of_calls().arriving, Hook(hook), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any],
                                    prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the inputs' gradients are known.

        It returns None, or what takes the place of ``grad_input``. Both are tuples, with None for
        each positional argument and output that has no gradient.

        PyTorch: `torch.nn.Module` gives None for an output that the loss does not depend on, here
        its gradient is 0; and 0 for an input that needs no gradient beside one that does, here it
        is None.

        Examples
        --------
        >>> import learngrad
        >>> layer = learngrad.nn.Tanh()
        >>> seen = []
        >>> handle = layer.register_full_backward_hook(lambda m, gin, gout: seen.append(gout[0]))
        >>> layer(learngrad.zeros(2, requires_grad=True)).sum().backward()
        >>> seen
        [tensor([1., 1.])]
        """
        return add(self._hooks_of_calls().leaving, Hook(hook), prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """An old name of `register_full_backward_hook`.

        PyTorch: `torch.nn.Module.register_backward_hook` gives the gradients of the last operation
        inside of the module; here they are those of the module.
        """
        return self.register_full_backward_hook(hook)
