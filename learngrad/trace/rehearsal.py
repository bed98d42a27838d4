"""A backward pass to look at: recorded as `backward` would do it, and nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from learngrad.autograd.function import AccumulateGrad, Node
from learngrad.tensor import Tensor
from learngrad.trace.recorder import Recorder, from_graph

__all__ = ["rehearse", "veiled"]

UNKNOWN = "?"
"""What stands for a value that is not to be seen yet."""


def rehearse(tensor: Tensor) -> Recorder:
    """The trace of a graph that is there already, with the replay that ``backward()`` would make.

    Every ``.grad`` is afterwards as it was before, and the graph is kept. What cannot be replayed
    by itself (a leaf, more than one number, no gradient wanted) gives its graph alone. Tensor
    hooks run, as in any replay.

    Raises
    ------
    GraphError
        If a backward pass has freed the graph.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> rehearse(x * x), x.grad
    (<trace of 2 nodes, 2 backward steps, done>, None)
    """
    recorder = from_graph(tensor)
    if tensor._edge is None or tensor.is_leaf or tensor._data.size != 1:
        return recorder
    with _put_back(tensor._edge[0]), recorder:
        for _ in tensor.replay():
            pass
    return recorder


@contextmanager
def _put_back(root: Node) -> Iterator[None]:
    """Work on copies of every ``.grad`` in a graph, and put the originals back afterwards."""
    seen: set[int] = set()
    stack, tensors = [root], []
    while stack:
        node = stack.pop()
        if node.seq in seen:
            continue
        seen.add(node.seq)
        stack.extend(edge[0] for edge in node.edges if edge is not None)
        kept = (node.extras or {}).get("retained", {}).values()
        refs = [*kept, node.variable] if type(node) is AccumulateGrad else kept
        tensors += [tensor for tensor in (ref() for ref in refs) if tensor is not None]
    grads = [tensor._grad for tensor in tensors]
    for tensor, grad in zip(tensors, grads, strict=True):
        if grad is not None:
            tensor._grad = Tensor._from_array(grad._data.copy(), None)
    try:
        yield
    finally:
        for tensor, grad in zip(tensors, grads, strict=True):
            tensor._grad = grad


def veiled(trace: Mapping[str, Any], *, forward: bool) -> dict[str, Any]:
    """A trace from which nothing can be read off that is still to be predicted.

    Parameters
    ----------
    trace : dict
        A trace.
    forward : bool
        Whether the results of the operations are hidden as well, and not only the gradients.

    Returns
    -------
    dict
        The same graph without its replays and gradients; a hidden value is ``?``.
    """
    def hidden(node: Mapping[str, Any]) -> dict[str, Any]:
        bare = {key: value for key, value in node.items() if key not in ("grad", "outputs")}
        if forward and node["kind"] == "operation" and node.get("status") != "failed":
            bare["preview"] = {"shape": [], "values": [UNKNOWN]}
        return bare

    return {**trace, "nodes": [hidden(node) for node in trace["nodes"]], "replays": []}
