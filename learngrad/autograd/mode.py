"""Recording on and off, as contexts and decorators."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ContextDecorator
from inspect import CO_GENERATOR
from typing import Any

from learngrad.autograd.observe import thread

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.no_grad():
    ...     learngrad.is_grad_enabled()
    False
    """
    return thread.grad


class set_grad_enabled(ContextDecorator):
    """Record operations or not; at once, inside a ``with`` block, or in a decorated function.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(2.0, requires_grad=True)
    >>> with learngrad.set_grad_enabled(False):
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self._mode = bool(mode)
        self._before = [thread.grad]
        thread.grad = self._mode

    def _recreate_cm(self) -> set_grad_enabled:
        # A decorated function sets its mode at each call, not when it is decorated.
        thread.grad = self._before[0]
        return type(self)(self._mode)

    def __call__(self, func):  # type: ignore[no-untyped-def]
        """Decorate a function: the mode holds while it runs."""
        thread.grad = self._before[0]
        return super().__call__(func)

    def __enter__(self) -> None:
        thread.grad = self._mode

    def __exit__(self, *raised: object) -> None:
        thread.grad = self._before[0]


def _stepwise(func: Callable[..., Any], mode: Callable[[], Any]) -> Callable[..., Any]:
    """A generator function that runs in a mode; between its steps the caller's mode holds."""
    @functools.wraps(func)
    def generator(*args: Any, **kwargs: Any) -> Any:
        inner = func(*args, **kwargs)
        step: Callable[[], Any] = functools.partial(next, inner)
        try:
            while True:
                with mode():
                    value = step()
                try:
                    sent = yield value
                except BaseException as error:  # noqa: BLE001  (thrown into the user's generator)
                    step = functools.partial(inner.throw, error)
                else:
                    step = functools.partial(inner.send, sent)
        except StopIteration as stop:
            return stop.value

    return generator


class _Mode(ContextDecorator):
    """A fixed mode inside a block; blocks nest, and one instance may be entered again."""

    mode: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __call__(self, func: Any) -> Any:
        """Decorate a function, or a function that yields: the mode holds while it runs."""
        if getattr(getattr(func, "__code__", None), "co_flags", 0) & CO_GENERATOR:
            return _stepwise(func, self._recreate_cm)
        return super().__call__(func)

    def _recreate_cm(self) -> _Mode:
        return type(self)()  # each call of a decorated function, in any thread, has its own

    def __enter__(self) -> None:
        self._before.append(thread.grad)
        thread.grad = self.mode

    def __exit__(self, *raised: object) -> None:
        thread.grad = self._before.pop()


class no_grad(_Mode):
    """Run without recording: for evaluation, and for changing parameters by hand.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.tensor(2.0, requires_grad=True)
    >>> with learngrad.no_grad():
    ...     w -= 0.5
    >>> w.item()
    1.5
    """

    mode = False


class inference_mode(_Mode):
    """Run without recording, as `no_grad` does.

    PyTorch: `torch.inference_mode` makes tensors that can never enter a graph; these can, as any
    constant.

    Parameters
    ----------
    mode : bool, default True
        False leaves the mode as it is.

    Examples
    --------
    >>> import learngrad
    >>> model = learngrad.nn.Linear(2, 1)
    >>> with learngrad.inference_mode():
    ...     model(learngrad.ones(2)).requires_grad
    False
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._off = bool(mode)

    def _recreate_cm(self) -> inference_mode:
        return type(self)(self._off)

    def __enter__(self) -> None:
        self._before.append(thread.grad)
        thread.grad = thread.grad and not self._off


class enable_grad(_Mode):
    """Record again inside a `no_grad` block.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(2.0, requires_grad=True)
    >>> with learngrad.no_grad(), learngrad.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    mode = True
