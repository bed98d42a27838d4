"""What holds memory, told when there is not enough of it."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

from learngrad import devices, source
from learngrad.errors import OutOfMemoryError

__all__ = ["explained", "held", "out_of_memory"]

SHOWN = 5
_FIXES = ("take a smaller batch; keep numbers and not graphs from step to step, total += "
          "loss.item(), and evaluate under learngrad.no_grad(); or compute in half the bytes, "
          "learngrad.autocast on a GPU")


def held() -> list[tuple[int, int, str, str]]:
    """What tensors and graphs hold, the most first: bytes, how many arrays, device, and for what.

    Arrays that share memory count once, for the tensor that has them.
    """
    found: dict[int, tuple[Any, str]] = {}
    for array, why in _holders():
        whole = array
        while getattr(whole, "base", None) is not None and devices.is_array(whole.base):
            whole = whole.base
        found.setdefault(id(whole), (whole, why))
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for array, why in found.values():
        key = (str(devices.device_of(array)), why)
        size, count = sums.get(key, (0, 0))
        sums[key] = size + array.nbytes, count + 1
    return sorted(((size, count, place, why) for (place, why), (size, count) in sums.items()),
                  reverse=True)


def _holders() -> Iterator[tuple[Any, str]]:
    """Every array that a tensor has, then those that a graph saved; and what for."""
    objects = gc.get_objects()
    for thing in objects:
        kind = type(thing)
        if hasattr(kind, "_made") and hasattr(kind, "_data"):  # a tensor; some have no array yet
            array = getattr(thing, "_data", None)
            if devices.is_array(array):
                made = source.resolve(getattr(thing, "_made", None))
                yield array, (
                    "of gradients, and of what optimisers remember" if made is None
                    else f"made at {made}")
    for thing in objects:
        if hasattr(type(thing), "next_functions"):  # a node of a graph
            saved = getattr(thing, "saved", ())
            for array in saved if isinstance(saved, (tuple, list)) else ():
                if devices.is_array(array):
                    yield array, f"saved for backward at {source.resolve(thing.made)}"


def size(number: float) -> str:
    """A number of bytes as people read it.

    >>> size(3 << 29)
    '1.5 GiB'
    """
    for unit in ("bytes", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GiB"


def explained(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that makes arrays say what holds the memory, where there is not enough."""
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except MemoryError as error:
            if isinstance(error, OutOfMemoryError):
                raise
            raise out_of_memory(error, function.__name__.lstrip("_")) from error

    return call


def out_of_memory(error: MemoryError, doing: str, where: source.Place | None = None,
                  ) -> OutOfMemoryError:
    """The error for memory that ran out: what is held, by what, and the ways out of it."""
    on_gpu = not type(error).__module__.startswith(("builtins", "numpy"))  # CuPy's own
    lines = [f"  {size(bytes_)} on {place} in {count} array{'s' * (count != 1)} {why}"
             for bytes_, count, place, why in held() if (place != "cpu") == on_gpu][:SHOWN]
    return OutOfMemoryError("\n".join([
        f"there is not enough memory for {doing}: {str(error).rstrip('.')}",
        *(["the most of it is held by", *lines] if lines else [])]), where=where, fix=_FIXES)
