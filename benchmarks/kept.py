"""How much memory a forward pass keeps for backward, counted once for each array."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def kept_bytes(lib: Any, forward: Callable[[], Any], before: Iterable[Any]) -> int:
    """Bytes that the graph of ``forward()`` holds, less those of the tensors in `before`."""
    found = _of_torch(lib, forward) if lib.__name__ == "torch" else _of_learngrad(forward)
    for tensor in before:
        found.pop(_storage(tensor.detach()) if lib.__name__ == "torch" else
                  id(_owner(tensor._data)), None)
    return sum(found.values())


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage().data_ptr())


def _of_torch(lib: Any, forward: Callable[[], Any]) -> dict[int, int]:
    """Bytes by storage of all that PyTorch saves."""
    found: dict[int, int] = {}
    alive = []  # so that no address is used twice

    def pack(tensor: Any) -> Any:
        alive.append(tensor)
        found[_storage(tensor)] = tensor.untyped_storage().nbytes()
        return tensor

    with lib.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = forward()
    del out
    return found


def _of_learngrad(forward: Callable[[], Any]) -> dict[int, int]:
    """Bytes by owner of all arrays that are saved by nodes, or are attributes of theirs."""
    out = forward()
    found: dict[int, int] = {}
    nodes = {out.grad_fn}
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        values = [list(vars(node).values()) if hasattr(node, "__dict__") else (), node.saved]
        while values:
            value = values.pop()
            if isinstance(value, np.ndarray):
                owner = _owner(value)
                found[id(owner)] = owner.nbytes
            elif isinstance(value, (list, tuple)):
                values += value
        for edge in node.edges:
            if edge is not None and edge[0] not in nodes:
                nodes.add(edge[0])
                waiting.append(edge[0])
    return found


def _owner(array: Any) -> Any:
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
