"""A backward pass to look at: recorded as `backward` would do it, and nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from learngrad.autograd.function import AccumulateGrad, Node
from learngrad.tensor import Tensor
from learngrad.trace import words
from learngrad.trace.earlier import fill
from learngrad.trace.recorder import Recorder, from_graph

__all__ = ["rehearse", "replay_of", "sentences", "veiled"]

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
    _fill(recorder, tensor)
    if tensor._edge is None or tensor.is_leaf or tensor._data.size != 1:
        return recorder
    with recorder:
        replay_of(tensor)
    return recorder


def replay_of(tensor: Tensor) -> None:
    """Replay the graph of one number; it is kept, and every ``.grad`` is afterwards as before."""
    assert tensor._edge is not None  # else there is nothing to replay
    with _put_back(tensor._edge[0]):
        for _ in tensor.replay():
            pass


def sentences(loss: Tensor) -> list[str]:
    """What the views say at each step of a loss's replay, in the order of ``loss.replay()``.

    Every ``.grad`` stays as it is.

    Raises
    ------
    GraphError
        If a backward pass has freed the graph.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> loss = x ** 2
    >>> for step, said in zip(loss.replay(), learngrad.trace.sentences(loss)):
    ...     print(step.node.name(), "|", said)  # doctest: +ELLIPSIS
    PowBackward0 | Step 1 of 2: raise to a power, loss = x ** 2. The gradient arriving is 1. ...
    AccumulateGrad | Step 2 of 2: x is a leaf. Its .grad was empty and becomes 6.
    """
    trace = rehearse(loss).to_dict()
    return words.sentences(trace, 0) if trace["replays"] else []


def _nodes(root: Node) -> list[Any]:
    """Every node of a graph, producers before their users."""
    found: dict[int, Node] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if node.seq not in found:
            found[node.seq] = node
            stack.extend(edge[0] for edge in node.edges if edge is not None)
    return [found[seq] for seq in sorted(found)]


def _fill(recorder: Recorder, tensor: Tensor) -> None:
    """Work out again what no operation kept for its backward and nobody wrote down.

    Only where every operand is known and has not been changed since; else it stays unknown.
    """
    known: dict[tuple[int, int], Any] = {}
    for node in _nodes(tensor._edge[0]) if tensor._edge is not None else ():
        if type(node) is AccumulateGrad:
            leaf = node.variable()
            if leaf is not None:
                known[node.seq, 0] = leaf
            continue
        kept = node.saved if isinstance(node.saved, (list, tuple)) else ()
        saved = {what: value for (what, _), value in zip(node._saves, kept, strict=False)}
        operands = [saved.get(i) if edge is None else known.get((edge[0].seq, edge[1]))
                    for i, edge in enumerate(node.edges)]
        whole = len(node.outputs) == 1 and node.promotes
        out = saved.get(-1)
        if out is None and whole and all(
                x is not None and not (isinstance(x, Tensor) and x._cell[0] > node.seq)
                for x in operands):
            out = type(node).apply(*(getattr(x, "_data", x) for x in operands))
        if out is None or tuple(out.shape) != node.outputs[0][0]:
            continue
        known[node.seq, 0] = out
        fill(recorder, node, out)


@contextmanager
def _put_back(root: Node) -> Iterator[None]:
    """Work on copies of every ``.grad`` in a graph, and put the originals back afterwards."""
    tensors = []
    for node in _nodes(root):
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
