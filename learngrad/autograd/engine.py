"""The replay: walk the tape backwards, one node at a time, and sum what arrives.

There is one engine. `replay` is a generator that makes a step each time it is asked; `backward`
asks until there is no step left; the stepper in a notebook shows what the same steps recorded.

Nodes go by falling sequence number. Every user of a node was made after it, so when a node's turn
comes, all its contributions have arrived. No recursion: a chain of a million operations is fine.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from learngrad import devices, source
from learngrad.autograd import function
from learngrad.autograd.function import AccumulateGrad, Freed, Function, Node
from learngrad.autograd.mode import enable_grad
from learngrad.autograd.observe import Watcher, thread
from learngrad.autograd.order import RISING, latest
from learngrad.errors import (
    AnomalyError,
    DtypeError,
    GraphError,
    LearngradError,
    ShapeError,
    name_of,
)
from learngrad.memory import out_of_memory

__all__ = ["Contribution", "Step", "backward", "grad", "replay"]

Edge = tuple[Node, int]
_ndarray = np.ndarray
_tuple = tuple.__new__  # makes a named tuple in a fifth of the time that its class takes


class Contribution(NamedTuple):
    """What one step passes to one input: ``before + value = after`` in the input's gradient.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> step, leaf = (x * 2).replay()
    >>> step.contributions[0].value.item()
    2.0
    >>> step.contributions[0]
    <contribution to operand 0: 2>
    """

    operand: int
    to: Edge
    value: Any
    summed_from: tuple[int, ...] | None  # the shape before un-broadcasting, where it took place
    before: Any | None
    after: Any

    def __repr__(self) -> str:
        had = "" if self.before is None else (
            f", which had {_brief(self.before)} and has {_brief(self.after)}")
        return f"<contribution to operand {self.operand}: {_brief(self.value)}{had}>"


class Step(NamedTuple):
    """One step of the replay.

    ``node`` is the node whose turn it is, ``upstream`` the gradient that arrived at each of its
    outputs (None where nothing did), ``contributions`` what it passes on. A leaf's step has no
    contributions but ``written``: its ``.grad`` before and after.

    In full sentences, as the views say them, `learngrad.trace.sentences` tells the same steps.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> for step in (x * x).replay():
    ...     print(step)
    <step of MulBackward0: 1 arrived; 3 to operand 0, 3 to operand 1>
    <step of AccumulateGrad of x: 6 arrived; .grad was None and is 6>
    """

    node: Node
    upstream: tuple[Any | None, ...]
    contributions: list[Contribution]
    written: tuple[Any | None, Any] | None = None

    def __repr__(self) -> str:
        arrived = ", ".join(map(_brief, self.upstream))
        passed = ", ".join(f"{_brief(c.value)} to operand {c.operand}" for c in self.contributions)
        if self.written is not None:
            before, after = self.written
            passed = f".grad was {_brief(before)} and is {_brief(after)}"
        passed = passed or "nothing to pass on"
        return f"<step of {_called(self.node)}: {arrived} arrived; {passed}>"


def _called(node: Node) -> str:
    """A node, and of a leaf's the variable whose ``.grad`` it writes."""
    leaf = node.variable() if isinstance(node, AccumulateGrad) else None
    name = name_of(leaf) if leaf is not None else ""
    return f"{node.name()} of {name}" if name else node.name()


def _brief(value: Any) -> str:
    """A gradient in a few characters: a number, or a shape."""
    if value is None or value.ndim:
        return "None" if value is None else f"shape {list(value.shape)}"
    return f"{value.item():.4g}"


def replay(roots: Sequence[Edge], gradients: Sequence[Any], *, retain_graph: bool = True,
           create_graph: bool = False, only: Sequence[Edge] | None = None,
           captured: dict[int, Any] | None = None, detailed: bool = True,
           made: source.Made | None = None) -> Iterator[Step]:
    """Replay the graph backwards from `roots`, a step at a time.

    Parameters
    ----------
    roots, gradients
        Edges into the graph and the gradient that arrives at each: arrays, or tensors under
        `create_graph`.
    retain_graph
        Keep what the backward formulas need, so that the graph can be replayed again.
    create_graph
        Run the formulas on tensors, so that the gradients have a graph of their own.
    only, captured
        With `only`, gradients go just to these edges, into ``captured[i]`` instead of ``.grad``.
    detailed
        Yield each `Step`; else none, and sums are made in place, since nobody has seen them. A
        watcher of this thread always gets steps.
    made
        Where the program asked for it; found here if it is not given.

    An abandoned replay leaves the leaves it finished written and the others untouched.
    """
    wanted, capture = (None, {}) if only is None else _paths(roots, only)
    watchers = thread.watchers
    if watchers:
        watchers = tuple(w for w in watchers if w.replays)
        detailed = detailed or bool(watchers)
    quietly = thread.quietly
    made = made or source.caller()
    thread.replayed = next(RISING), made
    freed = None if retain_graph else Freed(made)
    plain = not (detailed or create_graph)
    node: Any
    arrived: Any
    # By seq: a node, and what has arrived at it, by output.
    waiting: dict[int, tuple[Node, dict[int, Any]]] = {}
    owned: set[Edge] = set()  # sums in buffers of our own, which may be added to in place

    for watcher in watchers:
        watcher.replay_begins(list(roots), list(gradients))
    try:
        for root, g in zip(roots, gradients):
            node, slot = root
            held = waiting.setdefault(node.seq, (node, {}))[1]
            held[slot] = g if slot not in held else _total(root, held[slot], g, owned, detailed)
        turn = [-seq for seq in waiting]  # a heap: the latest node first
        heapify(turn)
        g = None
        while turn:
            node, arrived = waiting.pop(-heappop(turn))
            if node.extras is not None:
                _hooks(node, arrived, create_graph)
            if wanted is not None:
                for slot, places in capture.get(node.seq, {}).items():
                    if captured is not None and slot in arrived:
                        captured.update(dict.fromkeys(places, arrived[slot]))
                if node.seq not in wanted or type(node) is AccumulateGrad:
                    continue
            edges = node.edges
            if not edges:
                written = _write(node, arrived, create_graph, plain)
                if detailed:
                    yield _seen(_tuple(Step, (node, (arrived[0],), [], written)), watchers)
                continue
            if latest[0] < node.seq and not create_graph and node.quiet and len(node.outputs) == 1:
                # The short way: nothing was changed since the node saved its values.
                values = quietly(node.backward, arrived[0], *node.saved)
            else:
                values = _run(node, arrived, create_graph)
            if type(values) is not tuple:
                values = (values,)
            if len(values) != len(edges):
                values = _counted(node, values)
            if freed is not None:
                node.saved = freed
            contributions = []
            for i, value in enumerate(values):
                edge = edges[i]
                if edge is None or value is None:
                    continue
                to, slot = edge
                seq = to.seq
                if wanted is not None and seq not in wanted:
                    continue
                if type(value) is not _ndarray:
                    value = _whole(node, value)
                given = value.shape
                if (given, value.dtype) != to.outputs[slot]:
                    value = _fit(node, i, value, *to.outputs[slot])
                before = None
                if seq in waiting:
                    held = waiting[seq][1]
                    before = held.get(slot)
                    held[slot] = value if before is None else _total(
                        edge, before, value, owned, detailed)
                else:
                    held = {slot: value}
                    waiting[seq] = to, held
                    heappush(turn, -seq)
                if detailed:
                    summed = None if given == value.shape else tuple(given)
                    contributions.append(_tuple(Contribution, (
                        i, edge, value, summed, before, held[slot])))
            # A leaf takes its gradient's array over if nobody else holds it: no name here may.
            value = values = before = None
            if detailed:
                upstream = (arrived[0],) if len(node.outputs) == 1 else tuple(
                    map(arrived.get, range(len(node.outputs))))
                yield _seen(_tuple(Step, (node, upstream, contributions, None)), watchers)
            arrived = None
    except MemoryError as error:
        if isinstance(error, LearngradError):
            raise
        raise out_of_memory(error, f"the backward of {type(node).__name__.lower()}",
                            source.resolve(node.made)) from error
    finally:
        for watcher in watchers:
            watcher.replay_ends()


def _seen(step: Step, watchers: Sequence[Watcher]) -> Step:
    for watcher in watchers:
        watcher.step(step)
    return step


def last_replay() -> tuple[int, source.Made | None] | None:
    """When the last replay of this thread began, in the one order of all nodes, and where."""
    return thread.replayed


def _total(edge: Edge, before: Any, value: Any, owned: set[Edge], detailed: bool) -> Any:
    """The sum of two gradients of one output."""
    if isinstance(before, function.Tensor):
        return _recorded_sum(before, value)
    if edge in owned and not detailed:
        return thread.quietly(np.add, before, value, before)
    owned.add(edge)
    return devices.as_array(thread.quietly(np.add, before, value), value)


def _run(node: Function, arrived: dict[int, Any], create_graph: bool) -> Any:
    """One node's backward formula, in its own mode."""
    like = next(iter(arrived.values()))
    # An output that the loss does not depend on has gradient 0.
    upstream = [arrived[k] if k in arrived else _zeros(node, k, like)
                for k in range(len(node.outputs))]
    saved = node.unpack(create_graph)
    if create_graph:
        with enable_grad():
            return node.backward(*upstream, *saved)
    if node.quiet:
        return thread.quietly(node.backward, *upstream, *saved)
    return node.backward(*upstream, *saved)


def _counted(node: Node, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a backward that leaves out inputs; only trailing ones without gradient may be."""
    if len(values) < len(node.edges) and any(node.edges[len(values):]):
        raise GraphError(
            f"the backward of {type(node).__name__} returned {len(values)} gradient(s) for "
            f"{len(node.edges)} inputs", where=source.resolve(node.made),
            fix="return one gradient for each input of forward, None where there is none")
    return values[:len(node.edges)]


def _zeros(node: Function, slot: int, like: Any) -> Any:
    shape, dtype = node.outputs[slot]
    tensor = isinstance(like, function.Tensor)
    zeros = devices.array_module(like._data if tensor else like).zeros(shape, dtype)
    return function.Tensor._from_array(zeros, None) if tensor else zeros


def _fit(node: Function, i: int, value: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """A contribution in its input's shape and dtype: un-broadcast, cast, and otherwise refused."""
    tensor = isinstance(value, function.Tensor)
    if tuple(value.shape) != shape:
        if not node.broadcasts:
            raise ShapeError(
                f"the backward of {type(node).__name__} returned a gradient of shape "
                f"{list(value.shape)} for input {i}, which has shape {list(shape)}",
                where=source.resolve(node.made),
                fix="a gradient has the shape of what it is the gradient of")
        value = unbroadcast(value, shape) if tensor else _whole(
            node, thread.quietly(unbroadcast, value, shape))
    if value.dtype != dtype:
        if node.promotion is None and "V" not in (value.dtype.kind, dtype.kind):
            raise ShapeError(
                f"the backward of {type(node).__name__} returned a gradient of dtype {value.dtype} "
                f"for input {i}, which has dtype {dtype}", where=source.resolve(node.made),
                fix=f"compute it in {dtype}: NumPy's scalars and counts promote, Python's do not")
        value = value.astype(dtype) if tensor else devices.converted(value, dtype)
    return value


def _whole(node: Node, value: Any) -> Any:
    """A contribution that is no NumPy array: a scalar becomes one, what is no array is refused."""
    if isinstance(value, np.generic):
        return np.asarray(value)
    if isinstance(value, function.Tensor) or devices.is_array(value):
        return value
    raise GraphError(f"the backward of {type(node).__name__} returned {value!r:.60} as a gradient",
                     where=source.resolve(node.made), fix="return arrays")


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes along which its input was repeated by broadcasting."""
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        k for k in range(extra, g.ndim) if shape[k - extra] == 1 and g.shape[k] != 1)
    if not axes:
        return g.reshape(shape)
    single = np.float32 if g.dtype.kind == "V" else None  # no sums in bfloat16
    return g.sum(axes, dtype=single).reshape(shape)


def _calibrate() -> int:
    """What is counted of an array that `replay`'s dict and two names of `_write` alone hold."""
    def write(arrived: dict[int, Any]) -> int:
        g = arrived[0]
        return sys.getrefcount(g)

    return write({0: np.empty(1)})


_ALONE = _calibrate()


def _recorded_sum(a: Any, b: Any) -> Any:
    with enable_grad():
        return a + b


def _add_to_grad(tensor: Any, g: Any) -> None:
    """Add a gradient to ``.grad``, out of place: somebody may hold what stands there."""
    if tensor._grad is not None:
        tensor._grad = _recorded_sum(tensor._grad, as_tensor(g))
    elif isinstance(g, function.Tensor):  # it may be another tensor's gradient too
        with enable_grad():
            tensor._grad = g.clone()
    else:
        tensor._grad = function.Tensor._from_array(g.copy(), None)


def _write(leaf: AccumulateGrad, arrived: dict[int, Any], create_graph: bool,
           plain: bool) -> tuple[Any | None, Any] | None:
    """Add a gradient to a leaf's ``.grad``; unless `plain`, gives that before and after."""
    g = arrived[0]
    tensor = leaf.variable()
    new = function.Tensor._from_array
    if tensor is None:  # the leaf is gone: nobody can ask for its gradient
        return None, g if create_graph else new(g, None)
    if type(tensor._data) is not type(g._data if create_graph else g):
        function.together("backward", leaf=tensor, gradient=as_tensor(g))
    if plain and tensor._grad is None:
        # The array may be another tensor's gradient too (`a + b` passes one on to both), so it is
        # copied unless nobody but the engine holds it. A later change in place must not reach both.
        if g.base is not None or sys.getrefcount(g) > _ALONE:
            g = g.copy()
        tensor._grad = new(g, None)
        return None
    before = tensor._grad
    if create_graph:
        _add_to_grad(tensor, g)
        return before, tensor._grad
    if before is None:
        tensor._grad = new(g.copy(), None)
        return None, new(g, None)
    old = before._data
    copy = None if plain else new(old.copy(), None)
    thread.quietly(np.add, old, g, old)
    before._cell[0] = latest[0] = next(RISING)
    before._cell[2] += 1
    return None if plain else (copy, new(old.copy(), None))


def _hooks(node: Node, arrived: dict[int, Any], create_graph: bool) -> None:
    """Let tensor hooks see, and replace, the gradient; keep it for `retain_grad`."""
    extras = node.extras or {}
    for slot, hook in list(extras.get("hooks", {}).values()):
        g = arrived.get(slot)
        if g is not None:
            answer = hook(as_tensor(g))
            if answer is not None:
                arrived[slot] = _answer(node, slot, g, answer, create_graph)
    for slot, kept in extras.get("retained", {}).items():
        tensor, g = kept(), arrived.get(slot)
        if tensor is not None and g is not None:
            _add_to_grad(tensor, g)


def as_tensor(g: Any) -> Any:
    """A gradient as a tensor, which it is under `create_graph`."""
    return g if isinstance(g, function.Tensor) else function.Tensor._from_array(g, None)


def _answer(node: Node, slot: int, given: Any, answer: Any, create_graph: bool) -> Any:
    """What a hook returned, as the gradient it stands for."""
    shape, dtype = node.outputs[slot]
    if not isinstance(answer, function.Tensor):
        raise GraphError(f"a hook returned {answer!r:.60}: it must return a gradient or None",
                         fix="return a tensor, such as g * 2, or nothing")
    if tuple(answer.shape) != shape:
        raise ShapeError(f"a hook returned a gradient of shape {list(answer.shape)} for a tensor "
                         f"of shape {list(shape)}", fix="return one of the shape it was given")
    function.together("a hook's answer", gradient=as_tensor(given), answer=answer)
    answer = answer.to(dtype)
    return answer if create_graph else answer._data


def _paths(roots: Sequence[Edge], only: Sequence[Edge]) -> tuple[
        set[int], dict[int, dict[int, list[int]]]]:
    """The nodes on a path from `roots` to the edges in `only`, and where to capture gradients."""
    capture: dict[int, dict[int, list[int]]] = {}
    for i, (node, slot) in enumerate(only):
        capture.setdefault(node.seq, {}).setdefault(slot, []).append(i)
    nodes: dict[int, Node] = {}
    stack = [node for node, _ in roots]
    while stack:
        node = stack.pop()
        if node.seq not in nodes:
            nodes[node.seq] = node
            stack.extend(edge[0] for edge in node.edges if edge is not None)
    wanted: set[int] = set()
    for seq in sorted(nodes):  # producers before their users
        if seq in capture or any(e is not None and e[0].seq in wanted for e in nodes[seq].edges):
            wanted.add(seq)
    return wanted, capture


def start(tensor: Any, gradient: Any | None, create_graph: bool) -> tuple[Edge, Any]:
    """The edge that a replay of `tensor` begins at, and the gradient it begins with."""
    edge = tensor._edge
    if edge is None:
        raise GraphError(
            "backward needs a tensor that was computed from one with requires_grad=True, and this "
            "one was not (or was computed under no_grad, or detached, or is itself a gradient, or "
            "by what passes no gradient on: argmax, a comparison, learngrad.tensor(x))",
            tensors={"this": tensor},
            fix="make the inputs with requires_grad=True, or call backward on the loss itself; for "
                "a gradient's gradient take the first one with create_graph=True")
    data = tensor._data
    if gradient is None:
        if data.size != 1:
            raise GraphError(
                "backward can start by itself only from one number, the loss; this tensor has "
                f"{data.size}", tensors={"this": tensor},
                fix="reduce it first, with .sum() or .mean(), or pass gradient= of its shape")
        if not create_graph and isinstance(data, _ndarray) and math.isnan(data.item()):
            raise _nan_loss(tensor)
        gradient = devices.ones_like(data)
        return edge, function.Tensor._from_array(gradient, None) if create_graph else gradient
    if not isinstance(gradient, function.Tensor):
        gradient = function.Tensor(gradient, dtype=data.dtype, device=tensor.device)
    if gradient.device != tensor.device:
        raise DtypeError("a gradient lives on its tensor's device",
                         tensors={"this": tensor, "gradient": gradient},
                         fix=f'gradient.to("{tensor.device}")')
    if gradient.shape != tensor.shape:
        raise ShapeError(
            f"gradient has shape {list(gradient.shape)}, and the tensor {list(tensor.shape)}",
            tensors={"this": tensor, "gradient": gradient},
            fix="pass a gradient of the tensor's own shape")
    gradient = gradient.to(data.dtype)
    return edge, gradient if create_graph else gradient._data


def _nan_loss(tensor: Any) -> Exception:
    """The error for a loss that is no number, naming the first operation that a NaN came out of."""
    first: Function | None = None
    seen: set[int] = set()
    stack = [tensor._edge[0]]
    while stack:
        node = stack.pop()
        if node.seq in seen or type(node.saved) is Freed:
            continue
        seen.add(node.seq)
        stack.extend(edge[0] for edge in node.edges if edge is not None)
        bad = any(isinstance(a, _ndarray) and devices.is_floating(a.dtype) and np.isnan(a).any()
                  for a in node.saved)
        if bad and (first is None or node.seq < first.seq):
            first = node
    place = source.resolve(first.made) if first is not None else None
    return AnomalyError(
        "the loss is nan, so every gradient would be nan too"
        + (f"; a nan is first seen in {type(first).__name__.lower()}, {place}" if place else ""),
        tensors={"loss": tensor},
        fix="look for log of 0, division by 0, or a learning rate that is too high; pass "
            "gradient= to replay it all the same")


def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None,
             create_graph: bool = False, inputs: Any = None) -> None:
    """Replay the graph backwards from tensors and add to ``.grad`` of the leaves.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
    grad_tensors : Tensor or sequence of Tensor or None, optional
        The gradient each one starts with; needed unless it has one element.
    retain_graph, create_graph, inputs
        As in `Tensor.backward`.

    Raises
    ------
    GraphError
        As `Tensor.backward` does.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> learngrad.autograd.backward([x * 2, x * x])
    >>> x.grad
    tensor(8.)
    """
    outputs = _listed(tensors)
    inputs = None if inputs is None else [*{id(t): t for t in _listed(inputs)}.values()]
    if inputs == []:
        raise GraphError("inputs is empty, so nothing would get a gradient",
                         fix="leave inputs out: then all leaves do")
    captured = _captured(outputs, grad_tensors, inputs, retain_graph, create_graph)
    for i, tensor in enumerate(inputs or ()):
        if i in captured and not tensor.retains_grad:  # that has it already
            _add_to_grad(tensor, captured[i])


def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None,
         create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
         *, materialize_grads: bool = False) -> tuple[Any, ...]:
    """Gradients of `outputs` with respect to `inputs`, returned instead of written to ``.grad``.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
    grad_outputs : Tensor or sequence of Tensor, optional
        The gradient each output starts with; needed unless it has one element.
    retain_graph : bool, default `create_graph`
    create_graph : bool
        Give the gradients a graph of their own, for second derivatives.
    only_inputs : bool
        Without effect: other leaves never get a gradient here.
    allow_unused : bool, default `materialize_grads`
        Give None for an input that the outputs do not depend on, instead of an error.
    materialize_grads : bool, default False
        Give zeros instead of None.

    Raises
    ------
    GraphError
        If an input needs no gradient, or is not reached and `allow_unused` is False.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> first, = learngrad.autograd.grad(x ** 3, x, create_graph=True)
    >>> second, = learngrad.autograd.grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    outputs, inputs = _listed(outputs), _listed(inputs)
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    captured = _captured(outputs, grad_outputs, inputs, retain_graph, create_graph)
    results = []
    for i, tensor in enumerate(inputs):
        if i in captured:
            g = captured[i]
            results.append(g if create_graph else function.Tensor._from_array(g.copy(), None))
        elif allow_unused:
            results.append(tensor._blank() if materialize_grads else None)
        else:
            raise GraphError("the outputs do not depend on this input",
                             tensors={f"input {i}": tensor},
                             fix="pass allow_unused=True to get None for it")
    return tuple(results)


def _listed(given: Any) -> list[Any]:
    """One tensor, or several, as a list."""
    one = isinstance(given, function.Tensor) or devices.is_array(given)
    return list(given) if isinstance(given, Iterable) and not one else [given]


def _edge_of(tensor: Any) -> Edge:
    if tensor._edge is None:
        raise GraphError("a gradient is asked for a tensor that needs none",
                         tensors={"this": tensor}, fix="make it with requires_grad=True")
    return tensor._edge


def _captured(outputs: Sequence[Any], given: Any, inputs: Sequence[Any] | None,
              retain_graph: bool | None, create_graph: bool) -> dict[int, Any]:
    """Replay to the end; what arrived at each of `inputs`, by its place among them."""
    wanted = None if inputs is None else [_edge_of(t) for t in inputs]
    seeds = [None] * len(outputs) if given is None else _listed(given)
    if len(seeds) != len(outputs):
        raise GraphError(f"the tensors are {len(outputs)}, and the gradients given for them "
                         f"{len(seeds)}", fix="one for each, or None where it is one number")
    pairs = [start(*pair, create_graph) for pair in zip(outputs, seeds)]
    captured: dict[int, Any] = {}
    exhaust([edge for edge, _ in pairs], [g for _, g in pairs], retain_graph, create_graph, wanted,
            captured)
    return captured


def exhaust(roots: Sequence[Edge], gradients: Sequence[Any], retain_graph: bool | None,
            create_graph: bool, only: list[Edge] | None = None,
            captured: dict[int, Any] | None = None, made: source.Made | None = None) -> None:
    """Pull the generator to its end."""
    retain_graph = create_graph if retain_graph is None else retain_graph
    for _ in replay(roots, gradients, retain_graph=retain_graph, create_graph=create_graph,
                    only=only, captured=captured, detailed=False, made=made):
        pass
