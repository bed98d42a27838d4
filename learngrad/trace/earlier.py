"""The part of a graph that ran before the recording: known by its nodes and what they kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learngrad import devices
from learngrad.autograd.function import AccumulateGrad, Function, Node

if TYPE_CHECKING:
    from learngrad.trace.notes import Notes

__all__ = ["adopt", "fill"]


def adopt(notes: Notes, roots: list[Node]) -> None:
    """Take the graph behind `roots` in, as far as it is new and there is room."""
    for node in _strangers(notes, roots):
        if type(node) is AccumulateGrad:
            tensor = node.variable()
            if tensor is not None and tensor._edge == (node, 0):  # it may have left the graph
                notes._leaf(tensor)
                continue
        index = len(notes._versions)
        if index >= notes.limit:
            return
        shape, dtype = node.outputs[0]
        operation = type(node) if isinstance(node, Function) else None
        parts = _parts(notes, node)
        notes._versions.append(None)  # of no version: it is looked at where it is used
        told = getattr(node, "reduction", None)
        notes._tell("adopted", index, operation, shape, dtype, node.made, notes._calls.scope, parts,
                    {} if told is None else {"reduction": told})
        notes._ids[node.seq] = index
        notes._unseen[index] = shape
        _values(notes, node, index)


def _strangers(notes: Notes, roots: list[Node]) -> list[Any]:
    """The nodes that are not known yet, producers before their users."""
    nodes: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.seq not in nodes and node.seq not in notes._ids:
            nodes[node.seq] = node
            stack.extend(edge[0] for edge in node.edges if edge is not None)
    return [nodes[seq] for seq in sorted(nodes)]


def _parts(notes: Notes, node: Any) -> list[Any]:
    """What an operation was given, as the transcript has it."""
    parts: list[Any] = []
    for at, edge in enumerate(node.edges):
        if edge is not None:
            parts += [None] * (at - len(parts))
            parts.append((notes._ids[edge[0].seq], edge[1]))
        elif node.promotes and at < len(node.letters):
            number = _number(node, at)
            parts.append(None if number is None else (number,))
    return parts


def _number(node: Function, operand: int) -> float | None:
    """An operand that no edge leads to, if it was one number that is still kept."""
    kept = node.saved if isinstance(node.saved, (list, tuple)) else ()
    for (what, _), value in zip(node._saves, kept):
        if what == operand:
            if value is None:
                return node.absent.get(node.letters[operand])
            if type(value) in (int, float):
                return value
            if devices.is_array(value) and value.ndim == 0:
                return value.item()
    return None


def _values(notes: Notes, node: Any, index: int) -> None:
    """Values that a node kept for its backward are the only ones known after the fact."""
    kept = node.saved if isinstance(node.saved, (list, tuple)) else ()  # else it is freed
    for (what, _), saved in zip(getattr(node, "_saves", ()), kept):
        if what == -1:
            fill(notes, node, saved)
        elif what is not None and 0 <= what < len(node.edges) and node.edges[what] is not None:
            producer, slot = node.edges[what]
            if not slot:
                fill(notes, producer, saved)


def fill(notes: Notes, node: Node, value: Any) -> None:
    """Tell the value of a node's first output, if it is new and none is known."""
    index = notes._ids.get(node.seq)
    if index is not None and hasattr(value, "shape") \
            and notes._unseen.get(index) == tuple(value.shape):
        notes._tell("value", index, 0, notes._kept(value))
        del notes._unseen[index]
