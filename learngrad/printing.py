"""Tensors as text, as PyTorch writes them: four decimals, aligned, summarised when large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices

__all__ = ["represent"]

SUMMARISE = 1000  # elements above which the middle is left out


def represent(tensor: Any) -> str:
    """The ``repr`` of a tensor."""
    array = devices.to_device(tensor._data, devices.CPU)
    form = _form(array) if array.dtype.kind == "f" else str
    if not array.ndim and array.size:
        body = form(array[()])
    else:
        body = np.array2string(array, separator=", ", prefix="tensor(", max_line_width=80,
                               threshold=SUMMARISE, formatter={"float_kind": _aligned(array, form)})
    usual = {"f": devices.get_default_dtype(), "i": devices.int64, "u": None, "b": devices.bool_}
    notes = []
    if tensor.device.type != "cpu":
        notes.append(f"device='{tensor.device}'")
    if array.dtype != usual[array.dtype.kind]:
        notes.append(f"dtype=learngrad.{array.dtype}")
    if tensor.grad_fn is not None:
        notes.append(f"grad_fn={tensor.grad_fn!r}")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join([body, *notes])})"


def _form(array: Any) -> Callable[[Any], str]:
    """How one floating element is written; all elements of a tensor are written alike."""
    finite = array[np.isfinite(array)]
    sizes = np.abs(finite[finite != 0]).astype(np.float64)
    whole = bool((finite == np.trunc(finite)).all())
    if sizes.size and (sizes.max() > 1e8 or (
            not whole and (sizes.max() / sizes.min() > 1000 or sizes.min() < 1e-4))):
        pattern = "{:.4e}"
    else:
        pattern = "{:.0f}." if whole else "{:.4f}"
    return lambda x: pattern.format(x) if np.isfinite(x) else str(float(x))


def _aligned(array: Any, form: Callable[[Any], str]) -> Callable[[Any], str]:
    shown = array.ravel()[:SUMMARISE] if array.dtype.kind == "f" else ()
    width = max((len(form(x)) for x in shown), default=0)
    return lambda x: form(x).rjust(width)
