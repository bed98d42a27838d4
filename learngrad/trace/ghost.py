"""The operation that an error stopped before it began, found in the error's traceback.

The gate tells the recorder of an operation that fails. Wrong arguments are found before the gate,
where there is no operation yet: only the function that was called, with what it was given.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import PurePath
from types import FrameType
from typing import Any, ClassVar, NamedTuple

from learngrad import source
from learngrad.tensor import Tensor

__all__ = ["Refused", "refused"]


class Ghost:
    """Stands in the trace for an operation that never came to be; a class of its own for each."""

    sign: ClassVar[str]
    formula: ClassVar[str] = ""
    letters: ClassVar[tuple[str, ...]] = ()
    local: ClassVar[dict[str, str]] = {}
    promotion: ClassVar[None] = None


class Refused(NamedTuple):
    """A call that was refused: what was called, with which tensors, from where."""

    operation: Ghost
    tensors: tuple[Tensor, ...]
    made: source.Made


def refused(error: BaseException) -> Refused | None:
    """The call of ours that an error came out of; None where it is no operation's."""
    made: source.Made | None = None
    frames: list[FrameType] = []
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if source.inside[frame.f_code.co_filename]:
            frames.append(frame)
        else:  # the user's program, which may have been called by a module of ours
            made, frames = (frame.f_code, traceback.tb_lasti), []
        traceback = traceback.tb_next
    if made is None or any("autograd" in PurePath(f.f_code.co_filename).parts for f in frames):
        return None
    for frame, word in _candidates(frames):
        tensors = tuple(_tensors(frame))
        if tensors:
            return Refused(type(word, (Ghost,), {"sign": word})(), tensors, made)
    return None


def _candidates(frames: list[FrameType]) -> Iterator[tuple[FrameType, str]]:
    """Frames that may be an operation's, the likeliest first, with what the operation is called."""
    for room in ("ops", "nn", "tensor.py"):
        for frame in frames:
            name, parts = frame.f_code.co_name, PurePath(frame.f_code.co_filename).parts
            if room not in parts or "spelling.py" in parts:
                continue
            if room == "nn" and name == "forward":
                yield frame, type(frame.f_locals.get("self")).__name__
            elif room == "ops" and not name.startswith("_"):
                yield frame, name
            elif room == "tensor.py" and name != "backward":
                private = name.startswith("_") and not name.endswith("__")
                yield frame, "in place" if private else name.strip("_")


def _tensors(frame: FrameType) -> Iterator[Tensor]:
    """The tensors among what a function was called with."""
    given = inspect.getargvalues(frame)
    for name in (*given.args, *filter(None, [given.varargs])):
        value: Any = given.locals.get(name)
        many = value if isinstance(value, (list, tuple)) else [value]
        yield from (one for one in many if isinstance(one, Tensor))
