"""Tensors as text, as PyTorch writes them: four decimals, aligned, summarised when large.

Numbers that are all whole have no decimals; where the largest is more than 1000 times the smallest,
all have exponents; of more than 1000 elements the first and last three of each dimension are shown;
lines have 80 characters. `set_printoptions` changes these.
https://docs.pytorch.org/docs/stable/generated/torch.set_printoptions.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentError

__all__ = ["represent", "set_printoptions"]

PREFIX = "tensor("
_NAMES = "precision", "threshold", "edgeitems", "linewidth"
PROFILES: dict[str, tuple[float, ...]] = {
    "default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, math.inf, 3, 80)}
options: dict[str, Any] = {**dict(zip(_NAMES, PROFILES["default"])), "sci_mode": None}


def set_printoptions(precision: int | None = None, threshold: float | None = None,
                     edgeitems: int | None = None, linewidth: int | None = None,
                     profile: str | None = None, sci_mode: bool | None = None) -> None:
    """Set how tensors are printed; what is not given stays as it is.

    Parameters
    ----------
    precision : int, optional
        Decimals, 4 at first.
    threshold : number, optional
        A tensor of more elements is summarised, 1000 at first.
    edgeitems : int, optional
        Elements shown then at each end of a dimension, 3 at first.
    linewidth : int, optional
        Characters in a line, 80 at first.
    profile : str, optional
        All four at once: "default", "short" or "full"; what else is given goes on top of it.
    sci_mode : bool, optional
        Always, or never, write exponents. Left out, they are written where they are needed.

    Raises
    ------
    ArgumentError
        If there is no such profile, or a number is negative. (PyTorch lets both pass.)

    Examples
    --------
    >>> import learngrad
    >>> learngrad.set_printoptions(precision=2)
    >>> learngrad.tensor([3.14159])
    tensor([3.14])
    >>> learngrad.set_printoptions(profile="default")
    """
    if profile is not None and profile not in PROFILES:
        raise ArgumentError(f"there is no profile {profile!r:.60}",
                            fix='profile="default", "short" or "full"')
    given = dict(zip(_NAMES, (precision, threshold, edgeitems, linewidth)))
    chosen = {name: value for name, value in given.items() if value is not None}
    for name, value in chosen.items():
        if not isinstance(value, (int, float)) or value < 0:
            raise ArgumentError(f"{name} is a number, 0 or more, not {value!r:.60}",
                                fix=f"{name}={options[name]}")
    options.update(dict(zip(_NAMES, PROFILES[profile])) if profile is not None else {},
                   **chosen, sci_mode=sci_mode)


def represent(tensor: Any) -> str:
    """The ``repr`` of a tensor."""
    array = devices.to_device(tensor._data, devices.CPU)
    text = PREFIX + _body(array)
    room = options["linewidth"] - (len(text) - text.rfind("\n") + 1)
    for note in _notes(tensor, array):
        if room < len(note) + 2:
            text += ",\n" + " " * len(PREFIX) + note
            room = options["linewidth"] - len(PREFIX) - len(note)
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
    edge = options["edgeitems"] if array.size > options["threshold"] else None
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
    each = max(1, (options["linewidth"] - indent) // (width + 2))
    lines = [", ".join(parts[i:i + each]) for i in range(0, len(parts), each)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _form(shown: Any) -> tuple[Callable[[Any], str], int]:
    """How one element is written, and the width of the longest; all are written alike."""
    if not devices.is_floating(shown.dtype):
        return str, max(len(str(x)) for x in shown.ravel())
    numbers = shown[np.isfinite(shown) & (shown != 0)]
    sizes = np.abs(numbers.astype(np.float64))
    whole = bool((numbers == np.trunc(numbers)).all())
    exponents = sizes.size and (sizes.max() > 1e8 or sizes.max() / sizes.min() > 1000 or (
        not whole and sizes.min() < 1e-4))
    if options["sci_mode"] is not None and sizes.size:
        exponents = options["sci_mode"]
    decimals = int(options["precision"])
    pattern = f"{{:.{decimals}e}}" if exponents else "{:.0f}." if whole else f"{{:.{decimals}f}}"

    def form(x: Any) -> str:
        return pattern.format(x) if np.isfinite(x) else str(float(x))

    return form, max((len(form(x)) for x in numbers), default=1)
