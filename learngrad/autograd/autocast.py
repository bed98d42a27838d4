"""Mixed precision: what runs in half the bytes, and what does not, while `autocast` holds.

It is a matter of promotion: the gate brings the operands of a matrix product down, and those of an
exponential up, before it runs them; the engine brings each gradient back to its operand's dtype. So
nothing is added to the graph, and what backward needs is kept in half the bytes.
Micikevicius et al. 2018, Mixed Precision Training, https://arxiv.org/abs/1710.03740
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.autograd.observe import thread

__all__ = ["casting", "in_half", "in_single", "one_dtype"]


def one_dtype(tensors: Iterable[Any]) -> bool:
    """Whether tensors have one dtype, or will be brought to one by `autocast`."""
    dtypes = {t.dtype for t in tensors}
    return len(dtypes) == 1 or (bool(thread.autocast) and all(map(_goes_down, dtypes)))


def _goes_down(dtype: np.dtype[Any]) -> bool:
    """Whether `autocast` brings a dtype down, or from one half to the other; not float64."""
    return devices.is_floating(dtype) and dtype.itemsize < 8


def _down(array: Any) -> Any:
    """A floating array in the dtype of `autocast` on its device."""
    if not devices.is_array(array) or not _goes_down(array.dtype):
        return array
    dtype = thread.autocast.get(devices.device_of(array).type)
    return array if dtype in (None, array.dtype) else devices.converted(array, dtype)


def _up(array: Any) -> Any:
    """A half array in float32, if `autocast` is on for its device."""
    if not devices.is_array(array) or not devices.is_half(array.dtype):
        return array
    on = devices.device_of(array).type in thread.autocast
    return devices.converted(array, devices.float32) if on else array


def casting(lower: Iterable[type[Function]], higher: Iterable[type[Function]]) -> None:
    """Let operations look at `autocast` when they promote; those that are named, for good.

    It costs each of them a look at a dictionary, so it is done when `autocast` is first used.
    """
    plans = [(cls, step, cls.promotion) for classes, step in ((lower, _down), (higher, _up))
             for cls in classes]
    for cls, step, before in plans:
        cls.promotion = staticmethod(_promotion(step, before))
        cls._prepare()


def _promotion(step: Callable[[Any], Any], before: Any) -> Callable[[list[Any]], Any]:
    def promote(inputs: list[Any]) -> Any:
        if thread.autocast:
            inputs = [step(x) for x in inputs]
        return inputs if before is None else before(inputs)

    return promote


def _taking(before: Callable[[Any], bool], after: Callable[[Any], Any]) -> Callable[..., Any]:
    """A decorator: while `autocast` holds, tensors of some dtypes are taken in another."""
    def taken(x: Any) -> Any:
        array = getattr(x, "_data", None)
        on = array is not None and before(array.dtype) and thread.autocast.get(
            devices.device_of(array).type)
        return x.to(after(on)) if on else x

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if thread.autocast:
                args = tuple([taken(x) for x in args])
                kwargs = {name: taken(x) for name, x in kwargs.items()}
            return function(*args, **kwargs)

        return call

    return decorate


# For functions that are made of several operations: all of them in float32, or all in half.
in_single = _taking(devices.is_half, lambda fast: devices.float32)
in_half = _taking(_goes_down, lambda fast: fast)
