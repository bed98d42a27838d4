"""What a training is given: a step, where its batches come from, and what it returns."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from learngrad import source as places
from learngrad.descent.checks import whole
from learngrad.descent.curves import single
from learngrad.descent.late import late
from learngrad.descent.rates import is_optimizer
from learngrad.descent.run import items_of
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError, a_kind_of

__all__ = ["as_observers", "as_optimizers", "callable_for", "named", "source", "way_in"]

NOTHING = object()
"""What a step without an argument is given."""


def callable_for(role: str, called: Any) -> Callable[..., Any]:
    """A function that somebody gave as `step` or `validate`, if it is one."""
    fix = "def step(x, y): ...; return loss" if role == "step" else \
        f"def {role}(): ...; return loss"
    if isinstance(called, type):
        raise ArgumentTypeError(f"{role} is the class {called.__name__}, not a function", fix=fix)
    if hasattr(called, "state_dict"):
        raise ArgumentTypeError(f"{role} is a model ({type(called).__name__}): its call makes a "
                                "prediction, not a step of a training", fix=fix)
    if not callable(called):
        raise ArgumentTypeError(f"{role} is called again and again, and {called!r:.60} cannot be "
                                "called", fix=fix)
    if role == "validate" and not _fits(called):
        raise ArgumentTypeError("validate is called without arguments, and this one wants some",
                                fix="validate=lambda: evaluate(model, loader)")
    return called


def as_optimizers(optimizer: Any) -> list[Any]:
    """An optimiser, or several, as a list."""
    if optimizer is None:
        return []
    found = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
    for one in found:
        if not is_optimizer(one):
            raise ArgumentTypeError(f"optimizer is {one!r:.60}, and has no learning rate",
                                    fix="optimizer=learngrad.optim.SGD(model.parameters(), lr=0.1)")
    return found


def as_observers(observe: Any) -> list[Callable[..., Any]]:
    """A function that is called after every step, or several, as a list."""
    found = [observe] if callable(observe) or not isinstance(observe, Iterable) else list(observe)
    for one in found:
        if not callable(one):
            raise ArgumentTypeError(f"observe is called after every step, and {one!r:.60} cannot "
                                    "be called", fix="observe=lambda run: print(run.values)")
    return found


def source(step: Callable[..., Any], over: Any, epochs: int
            ) -> Callable[[], tuple[Iterator[Any], int | None]]:
    """What gives the items of an epoch, and how many they are."""
    if over is None or isinstance(over, int | float | np.number):
        count = None if over is None else whole("the number of steps", over,
                                                 fix="learngrad.train(step, 1000)")
        if not _fits(step):
            raise ArgumentTypeError(
                "step wants arguments, and there is no loader to take them from",
                fix="learngrad.train(step, loader), or a step without arguments")
        given = (NOTHING,) if count is None else (NOTHING, count)
        return lambda: (itertools.repeat(*given), count)
    if isinstance(over, str | bytes | Mapping):
        parts = "keys" if isinstance(over, Mapping) else "letters"
        raise ArgumentTypeError(f"{a_kind_of(over)} gives its {parts} one by one, and no batches",
                                fix="learngrad.train(step, loader), or how many steps: "
                                    "learngrad.train(step, 1000)")
    items, _ = items_of(over)
    if epochs > 1 and items is over:
        raise ArgumentError(f"{a_kind_of(over)} can be gone through once, not {epochs} times",
                            fix="a DataLoader, or a list of batches")
    return lambda: items_of(over)


def way_in(step: Callable[..., Any], item: Any) -> Callable[[Any], Any]:
    """How a batch is given to a step: its parts one by one if that fits, else as it is."""
    if item is NOTHING:
        return lambda _: step()
    if isinstance(item, tuple | list) and _fits(step, *item):
        return lambda item: step(*item)
    if _fits(step, item):
        return step
    parts = f"a batch has {len(item)} parts" if isinstance(item, tuple | list) else \
        f"a batch is {a_kind_of(item)}"
    error = ArgumentTypeError(f"step{inspect.signature(step)} cannot be given a batch: {parts}",
                              fix="def step(x, y): ... for a loader of pairs")
    error.where = _place(step)  # not the line of the thread
    raise error


def _fits(step: Callable[..., Any], *given: Any) -> bool:
    try:
        inspect.signature(step).bind(*given)
    except TypeError:
        return False
    except ValueError:  # it has no signature that Python knows
        return True
    return True


def named(values: Any, role: str, returned_by: Callable[..., Any]) -> dict[str, float]:
    """What a step returned, as numbers with names."""
    try:
        if values is None:
            raise ArgumentTypeError(
                f"{role} returned nothing, so there is nothing to draw",
                fix='return loss, or return {"loss": loss, "accuracy": accuracy}')
        if not isinstance(values, Mapping):
            values = {"loss": values}
        for name in values:
            if not isinstance(name, str):
                raise ArgumentTypeError(f"{role} returned a metric whose name is {name!r:.60}",
                                        fix='return {"loss": loss}')
        return {name: late(value) or single(name, "value", value)
                for name, value in values.items()}
    except LearngradError as error:
        error.where = _place(returned_by)  # not the line of the thread
        raise


def _place(function: Callable[..., Any]) -> places.Place | None:
    """Where a function is written."""
    found: Any = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(found, "__code__", None)
    return places.resolve((code, 0)) if code is not None else None
