"""The learning rate while a training runs: whose it is, and how it is changed with its schedule."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any

from learngrad.errors import ArgumentError, ArgumentTypeError

__all__ = ["checked_rate", "is_optimizer", "optimizers_of", "rate", "set_rate"]

GROUP = ("lr", "initial_lr", "max_lr", "min_lr")
SCHEDULE = ("base_lrs", "max_lrs")


def rate(optimizers: Iterable[Any]) -> float | None:
    """The learning rate of the first group of the first optimiser; None without one."""
    for optimizer in optimizers:
        return float(optimizer.param_groups[0]["lr"])
    return None


def set_rate(optimizers: Iterable[Any], value: float) -> None:
    """Make the first group's rate `value`; the others keep their ratio to it, schedules too.

    A schedule goes on from there as it would have gone on, times the same factor.

    Examples
    --------
    >>> import learngrad
    >>> w, b = (learngrad.tensor(1.0, requires_grad=True) for _ in "wb")
    >>> sgd = learngrad.optim.SGD([{"params": [w]}, {"params": [b], "lr": 0.25}], lr=0.5)
    >>> schedule = learngrad.optim.lr_scheduler.StepLR(sgd, step_size=10)
    >>> set_rate([sgd], 0.25)
    >>> [group["lr"] for group in sgd.param_groups], schedule.base_lrs
    ([0.25, 0.125], [0.25, 0.125])
    """
    optimizers = list(optimizers)
    before = rate(optimizers) or 0.0
    for optimizer in optimizers:
        schedules = [vars(one) for one in getattr(optimizer, "_schedules", ())]
        held = [(group, name) for group in optimizer.param_groups for name in GROUP
                if name in group]
        if not before:  # nothing to keep a ratio to
            held = [(group, name) for group, name in held if name == "lr"]
        for group, name in held:
            group[name] = group[name] * value / before if before else value
        for schedule in schedules if before else ():
            for name in SCHEDULE:
                if name in schedule:
                    schedule[name] = [lr * value / before for lr in schedule[name]]
    for optimizer in optimizers[:1]:
        optimizer.param_groups[0]["lr"] = value  # without a rounding


def checked_rate(value: Any) -> float:
    """A learning rate: a number from 0 up.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If it is something else.
    """
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        raise ArgumentTypeError(f"a learning rate is a number, not {value!r:.60}",
                                fix="run.lr = 0.01")
    number = float(value)
    if not (math.isfinite(number) and number >= 0):
        raise ArgumentError(f"a learning rate is a number from 0 up, not {number}",
                            fix="run.lr = 0.01")
    return number


def optimizers_of(*functions: Callable[..., Any] | None) -> list[Any]:
    """The optimisers that functions name, and the functions that they call beside them."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting: list[Any] = [one for one in functions if one is not None]
    while waiting:
        value = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if is_optimizer(value):
            found.append(value)
        elif isinstance(value, FunctionType):
            waiting += [one for one in _named_in(value) if is_optimizer(one) or (
                isinstance(one, FunctionType) and one.__module__ == value.__module__)]
        elif inspect.ismethod(value):
            waiting += [value.__func__, value.__self__]
        elif isinstance(value, functools.partial):
            waiting += [value.func, *value.args, *value.keywords.values()]
        elif not isinstance(value, type) and hasattr(value, "__dict__"):
            waiting += [one for one in vars(value).values() if is_optimizer(one)]
    return found


def _named_in(function: FunctionType) -> Iterator[Any]:
    """What the names in a function mean outside of it."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # it has no value yet
            yield cell.cell_contents
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [one for one in code.co_consts if isinstance(one, CodeType)]
        yield from (function.__globals__[name] for name in code.co_names
                    if name in function.__globals__)


def is_optimizer(value: Any) -> bool:
    """Whether something has parameter groups and steps; ours or another library's."""
    return (not isinstance(value, type) and isinstance(getattr(value, "param_groups", None), list)
            and callable(getattr(value, "step", None)))
