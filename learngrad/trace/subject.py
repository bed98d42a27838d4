"""What is to be drawn or stepped: a tensor, a tape, a trace, a file, or something to call.

`show` and `step` take the same; what they cannot take is told here, with what to write instead.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Freed
from learngrad.errors import ArgumentTypeError, LearngradError, kind_of, name_of
from learngrad.tensor import Tensor, tensor
from learngrad.trace.recorder import Recorder, from_graph
from learngrad.trace.rehearsal import rehearse, replay_of
from learngrad.trace.schema import read, validate

__all__ = ["NoFileError", "called", "is_called", "still", "taken"]


class NoFileError(LearngradError, FileNotFoundError):
    """A file that is not there."""


def is_called(name: str, what: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether this is a module or a function, to be called with these inputs.

    `name` is who asks: "show" or "step".

    Raises
    ------
    ArgumentTypeError
        If it cannot be called with them, or inputs are given for what is not called.
    """
    if not callable(what) or isinstance(what, (Tensor, Recorder)):
        if inputs:
            raise ArgumentTypeError(
                f"inputs are for what is called, and {type(what).__name__} is not",
                fix=f"learngrad.{name}(model, x)")
        return False
    if isinstance(what, type):
        raise ArgumentTypeError(f"{what.__name__} is a class, and what it makes has not been made",
                                fix=f"learngrad.{name}({what.__name__}(...), x)")
    wanted = getattr(what, "forward", what)
    try:
        signature = inspect.signature(wanted)
    except (TypeError, ValueError):  # something of C; its call says itself what is wrong
        return True
    try:
        signature.bind(*inputs)
    except TypeError as error:
        raise _unfit(name, what, signature, len(inputs)) from error
    return True


def _unfit(name: str, what: Any, signature: inspect.Signature, given: int) -> ArgumentTypeError:
    """The error of a call with too few or too many inputs."""
    needed = [one for one in signature.parameters.values() if one.default is one.empty
              and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    names = [one.name for one in needed if one.kind is not one.KEYWORD_ONLY]
    named = [f"{one.name}={one.name}" for one in needed if one.kind is one.KEYWORD_ONLY]
    who = getattr(what, "__name__", type(what).__name__)
    plain = who if who.isidentifier() and hasattr(what, "__name__") else "model"
    takes = ", ".join(one.name for one in needed) or "no input"
    many = "none was" if given == 0 else "1 was" if given == 1 else f"{given} were"
    if named:
        fix = f"learngrad.{name}(lambda: {plain}({', '.join(names + named)}))"
    else:
        fix = f"learngrad.{name}({', '.join([plain, *names])})"
    return ArgumentTypeError(f"{who} is called to see what it computes. It takes {takes}, and "
                             f"{many} given", fix=fix)


def called(tape: Recorder, what: Callable[..., Any], inputs: tuple[Any, ...], *,
           replay: bool) -> str:
    """Call it on a tape; with `replay` also its backward pass, which leaves nothing behind.

    A function that is given plain numbers alone gets those that are floats as tensors.

    Returns
    -------
    str
        Why there is no backward pass to be seen; empty where there is one.
    """
    given = inputs if hasattr(what, "forward") else _leaves(what, inputs)
    with tape:
        result = what(*given)
        why = _no_replay(result)
        if replay and not why:
            replay_of(result)
    if not tape.to_dict()["nodes"]:
        return _nothing(result, given)
    return why


def _leaves(what: Callable[..., Any], inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs of a function; where none is a tensor, floats as leaves with their names."""
    if any(isinstance(x, Tensor) for x in inputs):
        return inputs
    try:
        names = list(inspect.signature(what).bind(*inputs).arguments)
    except (TypeError, ValueError):
        names = []
    made = []
    for at, x in enumerate(inputs):
        if isinstance(x, float) or (isinstance(x, np.ndarray) and devices.is_floating(x.dtype)):
            x = tensor(x, requires_grad=True)
            if at < len(names):
                x.name = names[at]
        made.append(x)
    return tuple(made)


def _nothing(result: Any, given: tuple[Any, ...]) -> str:
    """Why a call has no graph at all."""
    if inspect.isgenerator(result) or inspect.iscoroutine(result):
        return (f"Nothing was recorded: the call gave a {kind_of(result)}, which has not run yet. "
                "Run it in a function, such as lambda: list(f(x)).")
    if any(isinstance(x, Tensor) for x in given):
        return "Nothing was recorded: no operation ran on what was given."
    return ("Nothing was recorded: the call computed with no learngrad tensor. Give it one: "
            "x = learngrad.tensor([1.0, 2.0], requires_grad=True).")


def _no_replay(result: Any) -> str:
    if not isinstance(result, Tensor):
        return (f"The call gave a {kind_of(result)}, and a backward pass begins at one number: "
                "call something that gives a loss, such as lambda: loss_fn(model(x), y).")
    if freed(result):
        return "Its backward pass has run, and is in the picture if it ran in the call."
    return still(result)


def freed(tensor: Tensor) -> bool:
    """Whether a backward pass has let go of what the tensor's graph saved."""
    return tensor._edge is not None and isinstance(tensor._edge[0].saved, Freed)


def still(tensor: Tensor) -> str:
    """Why no backward pass can begin at a tensor; empty where one can."""
    own = name_of(tensor)
    name = own or "this tensor"
    if tensor._edge is None:
        return f"No backward pass begins here: {tensor.why_no_grad()}"
    if tensor.is_leaf:
        return (f"{name} is a leaf: gradients end there. A backward pass begins at a number that "
                f"is computed from it, such as loss = ({own or 'x'} ** 2).sum().")
    if tensor._data.size != 1:
        return (f"{name} holds {tensor._data.size:,} numbers, and a backward pass begins at one, "
                f"such as {own or 'x'}.sum().")
    return ""


def taken(name: str, what: Any, *, replay: bool) -> Recorder | dict[str, Any]:
    """The tape or the trace of what is not called; with `replay` a tensor's backward pass, too.

    Raises
    ------
    ArgumentTypeError
        If it is nothing that has a graph.
    GraphError
        If the backward pass is wanted, and one has freed the graph.
    NoFileError
        If there is no such file.
    TraceError
        If plain data or a file is not a whole trace.
    """
    if isinstance(what, Tensor):
        return rehearse(what) if replay else from_graph(what)
    if isinstance(what, Recorder):
        return what
    if isinstance(what, Mapping) and not any(isinstance(x, Tensor) for x in what.values()):
        return dict(validate(what))
    if isinstance(what, (str, os.PathLike)):
        if not (isinstance(what, str) and what.lstrip("\ufeff \t\r\n").startswith("{")):
            _check_file(name, what)
        return read(what)
    said, fix = _instead(name, what)
    verb = "draws" if name == "show" else "walks through"
    raise ArgumentTypeError(f"{name} {verb} the graph of a learngrad tensor, a tape or a trace, "
                            f"not {said}", fix=fix)


def _check_file(name: str, path: str | os.PathLike[str]) -> None:
    if Path(path).is_file():
        return
    what = "no name" if not str(path) else \
        "a folder, not a file" if Path(path).is_dir() else "no file that is there"
    looks = isinstance(path, str) and path and not path.endswith(".json")
    fix = f"learngrad.{name}({path})" if looks and len(str(path)) < 40 and "/" not in str(path) \
        else 'tape.save("graph.json") writes one'
    raise NoFileError(f"{str(path)!r:.200} is {what}; a text is taken for the name of a trace's "
                      "file", fix=fix)


def _instead(name: str, what: Any) -> tuple[str, str]:
    """What something is that has no graph, and what to write instead."""
    kind = kind_of(what)
    loss = f"learngrad.{name}(loss), with the tensor that your computation ends in"
    if what is None:
        return "None, which is what backward() and functions without a return give", loss
    if isinstance(what, Mapping):
        key = next(key for key, value in what.items() if isinstance(value, Tensor))
        return f"a {kind} of tensors", f"learngrad.{name}(outputs[{key!r:.40}])"
    if isinstance(what, (list, tuple)) and any(isinstance(x, Tensor) for x in what):
        return f"a {kind} of {len(what)}", f"learngrad.{name}(outputs[0]), one of them"
    if inspect.isgenerator(what):
        return "a generator; the replay is made here", loss
    if kind == "torch.Tensor":
        return f"{kind}: another library's", \
            "x = learngrad.tensor(t.detach().numpy(), requires_grad=True), and compute with x"
    if isinstance(what, (bool, int, float, complex, list, tuple)) or hasattr(what, "__array__"):
        return f"{kind}: plain numbers", \
            f"x = learngrad.tensor(..., requires_grad=True), then learngrad.{name}(x * x)"
    return kind, f"{loss}, or learngrad.{name}(model, x)"
