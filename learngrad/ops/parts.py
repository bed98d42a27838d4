"""A part is changed in place: what it is a part of has changed too, and its other parts.

In the graph, ``part += 1`` makes a new whole, in which these elements are other ones, and each part
that somebody holds is taken of it anew, as in PyTorch. To put a part back where it was taken is
what the backward of taking it does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd import function
from learngrad.autograd.function import Function
from learngrad.ops.diagonal import Diagonal
from learngrad.ops.elementwise import where
from learngrad.ops.index import GetItem, IndexPut
from learngrad.ops.shape import Expand, Permute

__all__ = ["sharing", "spread"]


class Part(Function):
    """A part of a whole that was changed in place, taken as it was taken before."""

    view = broadcasts = True
    formula, sign, local = r"x[\dots]", "part", {"x": "g put back where the elements came from"}

    def forward(self, x, taken, shape):
        self.taken = taken
        return _part(x, taken, shape)

    def backward(self, g):
        return self.taken.backward(g)


def sharing(part: Any) -> list[Any] | None:
    """The other tensors of the graph in the memory of `part`; None where it must not be changed.

    Refused, as in PyTorch: a part of a leaf, and one of several that one operation has given.
    """
    family = part._cell[1]
    if family is True:  # nobody knows who they are
        return None
    found = [t for t in (one() for one in family) if t is not None and t._edge is not None]
    nodes = [_taken(t._edge) for t in found]
    if any(t.is_leaf for t in found) or any(len(n.outputs) > 1 for some in nodes for n in some):
        return None
    wholes = {id(some[-1].edges[0] if some else t._edge) for t, some in zip(found, nodes)}
    return [t for t in found if t is not part] if len(wholes) == 1 else None


def spread(part: Any, before: Any, result: Any, others: list[Any]) -> None:
    """Give `part`, which was at the edge `before`, and the others their places in the new graph."""
    nodes = _taken(before)
    top = nodes[-1].edges[0] if nodes else before
    memory = next((t._data for t in others if t._edge is top), None)
    wholes = []  # each as it still is in memory, or None if it is gone
    for node in reversed(nodes):
        wholes.append(memory)
        memory = None if memory is None else _part(memory, _first(node), node.outputs[0][0])
    whole = result
    for node in nodes:
        whole = _put_back(node, whole, wholes.pop())
    for t, edge in [(part, before), *((t, t._edge) for t in others)]:
        now = whole
        for node in reversed(_taken(edge)):
            now = Part.apply(now, _first(node), node.outputs[0][0])
            if now._edge is not None:
                now._edge[0].shares = True  # whatever the copy that it was taken of looks like
        t._edge = now._edge


def _taken(edge: Any) -> list[Any]:
    """The operations that took this part of a part of a whole, the last one first.

    One that has copied, as reshape may, is none of them: what it made is a whole.
    """
    nodes = []
    while edge is not None and getattr(edge[0], "shares", False):
        nodes.append(edge[0])
        edge = edge[0].edges[0]
    return nodes


def _first(node: Any) -> Any:
    """The operation that took this part at first."""
    return getattr(node, "taken", node)


def _part(x: Any, taken: Any, shape: tuple[int, ...]) -> Any:
    """The part of an array that an operation took of another one."""
    if isinstance(taken, GetItem):
        return x[taken.key]
    if isinstance(taken, Permute):
        return np.transpose(x, taken.dims)
    if isinstance(taken, Diagonal):
        return x.diagonal(*taken.where)
    return np.broadcast_to(x, shape) if isinstance(taken, Expand) else x.reshape(shape)


def _put_back(node: Any, part: Any, array: Any) -> Any:
    """The whole that `node` took a part of, with the new part in it."""
    taken = _first(node)
    picked = isinstance(taken, GetItem)
    back = None if picked else taken.backward(part)
    if back is not None and back.numel() == part.numel():  # it is all of it
        return back
    if array is None:  # nobody sees its values: it has a place in the graph alone
        array = devices.array_module(part._data).zeros(taken.before, part.dtype)
    whole = function.Tensor._from_array(array, node.edges[0])
    if picked:
        return IndexPut.apply(whole, part, taken.key)
    places = taken.backward(devices.ones_like(part._data)) != 0
    return where(function.Tensor._from_array(places, None), back, whole)
