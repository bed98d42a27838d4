"""What the rules are written with: arrays in pieces, what is remembered, the way downhill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.cuda.capture import recording
from learngrad.errors import GraphError
from learngrad.tensor import Tensor

__all__ = ["PIECE", "count", "downhill", "memory", "pieces"]

PIECE = 32_768  # elements: 128 kB of float32


def pieces(*arrays: Any) -> Iterable[tuple[Any, ...]]:
    """Arrays of one shape in pieces that fit the processor's cache; on a GPU they stay whole.

    Each operation of a rule then finds in the cache what the one before it left there, and what a
    rule needs beside its memory is as large as a piece, not as a parameter. A piece has at least
    one dimension: of arrays without, NumPy would make scalars.
    """
    first = arrays[0]
    if first.ndim and (first.size <= PIECE or type(first) is not np.ndarray):
        return (arrays,)
    return _cut(arrays)


def _cut(arrays: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if all(a.flags.c_contiguous for a in arrays):
        arrays = tuple([a.reshape(-1) for a in arrays])
    length = len(arrays[0])
    rows = max(1, PIECE * length // arrays[0].size)
    for start in range(0, length, rows):
        yield tuple([a[start:start + rows] for a in arrays])


def count(state: dict[str, Any], like: Any = None) -> Any:
    """The number of this step, from 1.

    While the step is recorded on a GPU, an array that the recording counts up; a rule that can
    compute with one gives `like`, the parameter's array.
    """
    t: int = state.get("step", 0) + 1
    now = recording()
    if now is not None and like is None:
        raise GraphError("this optimiser's rule counts its steps in Python",
                         fix="optim.AdamW, Adam or SGD in a step that is recorded")
    state["step"] = t
    return t if now is None else now.counted(state)


def memory(state: dict[str, Any], name: str, param: Any, start: float = 0.0) -> Any:
    """The array that is remembered under `name`, like the parameter's; at first all `start`."""
    kept = state.get(name)
    if kept is None:
        full_like = devices.array_module(param).full_like
        kept = state[name] = Tensor._from_array(full_like(param, start), None)
    return kept._data


def downhill(p: Any, g: Any, decay: float, maximize: bool) -> Any:
    """The gradient to go down by: turned round for going up, drawn to 0 by weight decay."""
    if not decay:
        return -g if maximize else g
    s = p * decay
    return np.subtract(s, g, out=s) if maximize else np.add(s, g, out=s)
