"""What is said at every place of a replay: the program forward, the gradients back.

The live view says the same, word for word (`js/core/spoken.ts`); a test walks it and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learngrad.trace.text import elide
from learngrad.trace.words import (
    LONGEST,
    _amount,
    _and,
    _plural,
    _step_said,
    _Trace,
    _value,
    _verb,
    _within,
    refusal,
)

__all__ = ["walk"]


def walk(trace: Mapping[str, Any], replay: int = 0) -> list[str]:
    """The sentences of one replay and of the operations that led to it.

    Parameters
    ----------
    trace : dict
        A trace.
    replay : int, default 0
        The replay's number, from 0; a trace without one is walked forward only.

    Returns
    -------
    list of str
        Before the first operation, each operation, before the first step, each step.

    Raises
    ------
    IndexError
        If there are replays, but not this one.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.trace import Recorder
    >>> with Recorder() as tape:
    ...     a = learngrad.tensor(3.0, requires_grad=True)
    ...     loss = a ** 2
    ...     loss.backward()
    >>> for said in walk(tape.to_dict())[:2]:
    ...     print(said)
    Before the first of 1 operation.
    Forward 1 of 1: raise to a power, loss = a ** 2. From a = 3 and 2 comes 9.
    """
    known, replays = _Trace(trace), trace.get("replays", ())
    last = replays[replay]["root"] if replays else max(known.nodes, default=-1)
    first = replays[replay - 1]["root"] if replay else -1
    ran = [n for n in trace["nodes"] if n["kind"] == "operation" and first < n["id"] <= last]
    said = [f"Before the first of {_plural(len(ran), 'operation')}."] if ran else []
    said += [_ran(node, at, len(ran), known) for at, node in enumerate(ran)]
    if not replays:
        return [*said, "No backward replay was recorded."]
    ended = refusal(trace, replay)
    if ended:
        return [*said, ended]
    steps = replays[replay]["steps"]
    seed = replays[replay]["seed"]
    said.append(f"Before the first of {_plural(len(steps), 'step')}. {known.name(last)} begins "
                f"with the gradient {'nothing' if seed is None else _amount(seed)}: it changes "
                "one for one with itself.")
    return said + [_step_said(step, at, len(steps), known) for at, step in enumerate(steps)]


def _ran(node: Mapping[str, Any], at: int, count: int, known: _Trace) -> str:
    """An operation that has run: what went in and what came out."""
    begin = (f"Forward {at + 1} of {count}{_within(node['id'], known)}: {_verb(node)}, "
             f"{known.title(node)}.")
    if node.get("status") == "failed":
        error = (node.get("error") or "no message").split("\n", 1)[0]
        return f"{begin} It failed: {elide(error.rstrip('.'), LONGEST)}."
    outputs = node.get("outputs") or []
    value = f"{len(outputs)} outputs" if len(outputs) > 1 else _value(node)
    used = [_operand(edge, at, node, known) for at, edge in enumerate(node["edges"])]
    return f"{begin} {f'From {_and(used)} comes' if used else 'It makes'} {value}."


def _operand(edge: list[int] | None, at: int, node: Mapping[str, Any], known: _Trace) -> str:
    """`name = value`; of a plain number, itself."""
    if edge is None:
        letters = node.get("operands") or []
        return elide(letters[at], 20) if at < len(letters) and letters[at] else "a plain value"
    origin, slot = edge
    name, made = known.part(origin, slot), known.nodes[origin]
    outputs = made.get("outputs") or []
    if slot:
        made = outputs[slot] if slot < len(outputs) else {}
    value = (node.get("given") or {}).get(str(at)) or made.get("preview")
    said = "" if value is None else _amount(value)
    return f"{name} = {said}" if said not in ("", name) else name
