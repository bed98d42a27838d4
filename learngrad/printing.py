"""Tensors as text, as PyTorch writes them: four decimals, aligned, summarised when large.

The rules are the defaults of PyTorch's `set_printoptions`: numbers that are all whole have no
decimals; where the largest is more than 1000 times the smallest, all have exponents; of more than
1000 elements the first and last three of each dimension are shown; lines have 80 characters.
https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from learngrad import devices

__all__ = ["represent"]

SUMMARISE = 1000  # elements above which the middle is left out
EDGE = 3  # elements at each end that are shown then
WIDTH = 80
PREFIX = "tensor("


def represent(tensor: Any) -> str:
    """The ``repr`` of a tensor."""
    array = devices.to_device(tensor._data, devices.CPU)
    text = PREFIX + _body(array)
    room = WIDTH - (len(text) - text.rfind("\n") + 1)
    for note in _notes(tensor, array):
        if room < len(note) + 2:
            text += ",\n" + " " * len(PREFIX) + note
            room = WIDTH - len(PREFIX) - len(note)
        else:
            text += ", " + note
            room -= len(note) + 2
    return text + ")"


def _notes(tensor: Any, array: Any) -> list[str]:
    """What stands behind the numbers: only what is not as usual."""
    usual = [devices.get_default_dtype(), devices.int64, devices.bool_]
    notes = []
    if tensor.device.type != "cpu":
        notes.append(f"device='{tensor.device}'")
    if not array.size:
        usual = usual[:1]
        if array.ndim != 1:
            notes.append(f"size={array.shape}")
    if array.dtype not in usual:
        notes.append(f"dtype=learngrad.{array.dtype}")
    if tensor.grad_fn is not None:
        notes.append(f"grad_fn={tensor.grad_fn!r}")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return notes


def _body(array: Any) -> str:
    if not array.size:
        return "[]"
    edge = EDGE if array.size > SUMMARISE else None
    shown = array
    for axis, size in enumerate(array.shape):
        if edge is not None and size > 2 * edge:
            shown = np.take(shown, [*range(edge), *range(size - edge, size)], axis)
    form, width = _form(shown)
    if not array.ndim:
        return form(array[()])
    return _nested(array, lambda x: form(x).rjust(width), width, edge, len(PREFIX))


def _ends(items: Sequence[Any], edge: int | None, dots: Any) -> list[Any]:
    if edge is None or len(items) <= 2 * edge:
        return list(items)
    return [*items[:edge], dots, *items[-edge:]]


def _nested(array: Any, form: Callable[[Any], str], width: int, edge: int | None,
            indent: int) -> str:
    """The elements in brackets, one pair for each dimension, in lines."""
    if array.ndim > 1:
        parts = ["..." if part is None else _nested(part, form, width, edge, indent + 1)
                 for part in _ends(list(array), edge, None)]
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"
    parts = [" ..." if x is None else form(x) for x in _ends(list(array), edge, None)]
    each = max(1, (WIDTH - indent) // (width + 2))
    lines = [", ".join(parts[i:i + each]) for i in range(0, len(parts), each)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _form(shown: Any) -> tuple[Callable[[Any], str], int]:
    """How one element is written, and the width of the longest; all are written alike."""
    if shown.dtype.kind != "f":
        return str, max(len(str(x)) for x in shown.ravel())
    numbers = shown[np.isfinite(shown) & (shown != 0)]
    sizes = np.abs(numbers.astype(np.float64))
    whole = bool((numbers == np.trunc(numbers)).all())
    exponents = sizes.size and (sizes.max() > 1e8 or sizes.max() / sizes.min() > 1000 or (
        not whole and sizes.min() < 1e-4))
    pattern = "{:.4e}" if exponents else "{:.0f}." if whole else "{:.4f}"

    def form(x: Any) -> str:
        return pattern.format(x) if np.isfinite(x) else str(float(x))

    return form, max((len(form(x)) for x in numbers), default=1)
