"""A whole trace as readable text: what ran, in order, and then the gradients.

What repeats (`fold`) is told by its first and its last turn, in a trace that is not seen at a
glance; and what is long all the same is cut in the middle. Both say what is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from learngrad.trace.boxes import gradients
from learngrad.trace.fold import MANY_TURNS, Group, fold
from learngrad.trace.shown import CALM, group_title, turns_in
from learngrad.trace.text import elide
from learngrad.trace.words import (
    LONGEST,
    _and,
    _got,
    _plural,
    _Trace,
    _value,
    place_of,
    summary,
)

__all__ = ["describe"]


class _Loop(NamedTuple):
    """A repeat that is told by its first and its last turn."""

    title: str
    begin: int  # its first operation
    turns: int
    after: int  # what comes after this node, up to the next one, is left out
    upto: int


def describe(trace: Mapping[str, Any], *, max_nodes: int = LONGEST) -> str:
    """The whole trace as readable text: what was computed, in order, and then the gradients.

    Parameters
    ----------
    trace : dict
        A trace.
    max_nodes : int, default 200
        Longer traces are cut in the middle, and say so. Of what repeats, only the first and the
        last turn are told in a trace of more than 40 nodes.

    Returns
    -------
    str
        Lines of text without markup.
    """
    known = _Trace(trace)
    loops = list(_loops(trace["nodes"]))
    lines = [summary(trace), ""]
    place = None
    for node in _both_ends(list(_folded(trace["nodes"], loops)), max_nodes):
        if isinstance(node, str):
            lines.append(node)
            place = None
            continue
        here = place_of(node, trace)
        if here and here != place:
            text = elide(node["src"].get("text") or "", LONGEST)
            lines.append(f"{here[0].upper()}{here[1:]}: {text}" if text else f"{here}:")
            place = here
        lines.append(("  " if here else "") + _said(node, known))
    lines += _counted(trace)
    arrived = _gradient_lines(known, loops, max_nodes)
    return "\n".join([*lines, *(["", "Gradients", *arrived] if arrived else []), ""])


def _loops(nodes: list[Mapping[str, Any]]) -> Iterator[_Loop]:
    """The repeats that are told by two of their turns, in order."""
    if len(nodes) <= CALM:
        return
    by_id = {node["id"]: node for node in nodes}
    waiting: list[Any] = [fold(nodes).root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, int):
            continue
        inside = turns_in(item) if item.kind == "repeat" else item.items
        if item.kind == "repeat" and item.count >= MANY_TURNS:
            inside = [inside[0], inside[-1]]
            second_last = turns_in(item)[-2]
            yield _Loop(group_title(item, by_id), item.first, item.count, _last(inside[0]),
                        _last(second_last))
        waiting += reversed(inside)


def _last(item: int | Group) -> int:
    return item if isinstance(item, int) else item.last


def _folded(nodes: list[Mapping[str, Any]],
            loops: list[_Loop]) -> Iterator[Mapping[str, Any] | str]:
    """Nodes, and words where a loop begins and where turns of it are left out."""
    begins: dict[int, list[_Loop]] = {}
    for loop in loops:
        begins.setdefault(loop.begin, []).append(loop)
    ends = {loop.after: loop for loop in loops}
    left: Counter[str] = Counter()
    out: _Loop | None = None
    for node in nodes:
        if out is not None and node["id"] <= out.upto:
            left[node["kind"]] += 1
            continue
        if out is not None:
            what = _and([_plural(left[kind], kind) for kind in left])
            yield (f"... turns 2 to {out.turns - 1:,} are alike: {what} ...\n"
                   f"Turn {out.turns:,} of {out.turns:,}:")
            out = None
            left.clear()
        for loop in begins.get(node["id"], ()):
            yield f"{loop.title}, a repeat. Turn 1 of {loop.turns:,}:"
        yield node
        out = ends.get(node["id"])


def _both_ends(items: list[Any], limit: int) -> list[Any]:
    if len(items) <= limit:
        return items
    half = limit // 2
    return [*items[:half], f"... {len(items) - 2 * half:,} more ...", *items[-half:]]


def _counted(trace: Mapping[str, Any]) -> Iterator[str]:
    """What was not kept, by line."""
    cut = trace.get("truncated") or {}
    if not cut.get("nodes"):
        return
    yield f"{cut['nodes']:,} operations after these were not recorded, only counted:"
    for one in cut.get("rest") or ():
        src = one.get("src")
        text = elide((src or {}).get("text") or "", LONGEST)
        where = f" in {place_of(one, trace)}" if src else ""
        yield f"  {one['count']:,} times {elide(one['sign'], 24)}{where}" + (
            f": {text}" if text else "")


def _said(node: Mapping[str, Any], known: _Trace) -> str:
    """One node in a sentence."""
    name = known.name(node["id"])
    where = " in " + ", ".join(elide(f"{s['class']} {s['path']}".strip(), 60)
                               for s in node["scope"][-1:]) if node.get("scope") else ""
    if node.get("status") == "failed":
        error = elide((node.get("error") or "no message").split("\n", 1)[0], LONGEST)
        return f"{known.right_hand_side(node)} failed{where}: {error}"
    outputs = node.get("outputs") or []
    value = f"{len(outputs)} outputs" if len(outputs) > 1 else _value(node)
    if node["kind"] == "operation":
        right = known.right_hand_side(node)
        title = known.title(node)
        if title != right:
            return f"{title} = {value}{where}"
        # A name that is the expression itself needs no introduction.
        return f"{right} = {value}{where}" + (f", called {name} below" if "#" in name else "")
    what = node["kind"] if node["kind"] != "leaf" else \
        "leaf that wants a gradient" if node["requires_grad"] else "leaf"
    return f"{name} = {value}, a {what}" if name != value else f"{value}, a {what}"


def _gradient_lines(known: _Trace, loops: list[_Loop], limit: int) -> list[str]:
    found = gradients(known.data)
    wanted = [n for n in known.data["nodes"] if n.get("requires_grad")
              and n["kind"] != "constant" and n.get("status") != "failed"]
    if not wanted:
        return []
    if not found:
        if known.data.get("truncated"):
            return ["No recorded node has a gradient."]
        return ["No node has a gradient yet: backward() has not run."]
    lines = []
    shown = [n for n in wanted if n["kind"] != "operation"
             or not any(loop.after < n["id"] <= loop.upto for loop in loops)]
    for node in _both_ends(shown, limit):
        if isinstance(node, str):
            lines.append(node)
            continue
        grad = found.get(node["id"])
        lines.append(f"{known.name(node['id'])}: "
                     f"{'no gradient' if grad is None else _got(grad)}")
    if len(shown) < len(wanted):
        lines.append(f"... and {_plural(len(wanted) - len(shown), 'operation')} in the turns that "
                     "are left out above.")
    return lines
