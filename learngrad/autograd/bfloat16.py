"""bfloat16: tensors are stored in 16 bits, and computed with in 32.

No processor that NumPy serves computes in bfloat16, and sums in it would be of no use: eight bits
of precision are lost after 256 additions. So, as PyTorch's kernels do, each operation takes its
operands in float32 and rounds its result. What backward needs of both is kept as it is stored;
what an operation works out for it, in float32.

It is a matter of each operation's ``forward`` and ``backward``, which get a cover when a program
first asks for the dtype: programs that never do pay nothing for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd import function
from learngrad.autograd.function import Function

__all__: list[str] = []


def _is_half(x: Any) -> bool:
    return devices.is_array(x) and x.dtype.kind == "V"


def _rounded(value: Any) -> Any:
    """A result, or each of several, in bfloat16; what is no float32 is left as it is."""
    if type(value) is tuple:
        return tuple(map(_rounded, value))
    single = getattr(value, "dtype", None) == np.float32 and not hasattr(value, "_edge")
    return value.astype(devices.bfloat16()) if single else value


def _cover(inner: Callable[..., Any], products: bool) -> Callable[..., Any]:
    """`inner`, computing in float32 what it is given in bfloat16."""
    @functools.wraps(inner)
    def computed(node: Function, *arrays: Any, **options: Any) -> Any:
        halves = [_is_half(x) for x in arrays]
        if True not in halves:
            return inner(node, *arrays, **options)
        if products and (not isinstance(arrays[halves.index(True)], np.ndarray) or len(
                {x.dtype for x in arrays if devices.is_array(x)}) > 1):
            # A GPU's own products sum in float32; of unequal dtypes they are refused.
            return inner(node, *arrays, **options)
        wide = [x.astype(np.float32) if half else x for x, half in zip(arrays, halves)]
        return _rounded(inner(node, *wide, **options))

    return computed


def _cover_class(cls: type[Function]) -> None:
    if cls.halves != "all":
        for name in ("backward",) if cls.view else ("forward", "backward"):
            if name in vars(cls) and not isinstance(vars(cls)[name], staticmethod):
                setattr(cls, name, _cover(vars(cls)[name], cls.halves == "gpu"))


def _begin() -> None:
    """Cover the operations that there are, and those that there will be."""
    function.prepared_by.append(_cover_class)
    classes = Function.__subclasses__()
    for cls in classes:  # which grows on the way
        _cover_class(cls)
        classes += cls.__subclasses__()


devices.at_bfloat16.append(_begin)
