"""The recorder: watches the gate and the replay, and writes down what happened as plain data."""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from learngrad import devices, source
from learngrad.autograd.engine import Step
from learngrad.autograd.function import AccumulateGrad, Function, Node
from learngrad.autograd.observe import Watcher, thread
from learngrad.errors import ArgumentTypeError, GraphError, LearngradError
from learngrad.tensor import Tensor
from learngrad.trace.forms import Forms
from learngrad.trace.ghost import refused
from learngrad.trace.preview import capture
from learngrad.trace.record import TEXT_LIMIT, Record, local_numbers, options

__all__ = ["Recorder", "from_graph"]

LIMIT = 20_000  # nodes, as the schema has it
MOST_TOLD = 100  # places of what was left out
SOURCE_LIMIT = 200_000  # characters of one source


class Recorder(Watcher, Forms):
    """Records what runs in this thread between `start` and `stop` as a trace.

    Parameters
    ----------
    listener : callable, optional
        Called after each change, from the recording thread; it must be quick.
    limit : int, default 20,000
        The number of nodes to keep; what comes after is counted, not kept.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.trace import Recorder
    >>> tape = Recorder()
    >>> with tape:
    ...     a = learngrad.tensor(2.0, requires_grad=True)
    ...     (a * 3).backward()
    >>> [node["op"] for node in tape.to_dict()["nodes"]]
    [None, 'mul']
    >>> tape.to_dict()["replays"][0]["steps"][0]["contributions"][0]["value"]["values"]
    [3.0]
    """

    def __init__(self, listener: Callable[[], None] | None = None, *, limit: int = LIMIT) -> None:
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
            raise ArgumentTypeError(f"limit counts the nodes to keep, and is {limit!r:.60}",
                                    fix="limit=1000")
        self.listener = listener
        self.limit = limit
        self.status = "recording"
        self._lock = threading.Lock()  # a view may read while the program runs
        # Every change is one entry (what, index, step): the revision is the number of entries.
        self._log: list[tuple[str, int, int]] = []
        self._records: list[Record] = []
        # What ran when the trace was full: its operation, its place, how often.
        self._dropped: dict[tuple[type, int, int], list[Any]] = {}
        self._outputs: dict[tuple[int, int], int] = {}  # (seq of a node, output) -> id
        self._objects: dict[int, tuple[weakref.ref[Any], int]] = {}  # tensors outside of a graph
        self._places: dict[tuple[int, int], dict[str, Any] | None] = {}
        self._sources: list[dict[str, Any]] = []
        self._source_ids: dict[tuple[str, int], int] = {}
        self._replays: list[dict[str, Any]] = []
        # Of each replay that runs, one inside another, its number; None for one that is not kept.
        self._running: list[int | None] = []
        self._scope: list[dict[str, Any]] = []
        # Of each module in the scope: its caller's place, whether that is the user's program,
        # and how many records there were.
        self._callers: list[tuple[source.Made | None, bool, int]] = []
        self._paths: dict[int, str] = {}
        self._parameters: dict[int, str] = {}
        self._buffers: dict[int, str] = {}
        # Tensors that were handed to a module's call, with the scope they come from.
        self._given: dict[int, tuple[weakref.ref[Any], list[dict[str, Any]]]] = {}
        # Detached tensors, with what they were.
        self._cut: dict[int, tuple[weakref.ref[Any], list[int]]] = {}
        self._calls: dict[str, int] = {}
        # Of the last error that went through a module's call, its id and the scope there.
        self._fell: tuple[int, list[dict[str, Any]]] = 0, []

    # ---- Start and stop --------------------------------------------------------------------------

    def start(self) -> Recorder:
        """Begin to watch this thread.

        Raises
        ------
        GraphError
            If it is recording already: everything would be written down twice.
        """
        if self in thread.watchers:
            raise GraphError("this tape is recording already",
                             fix="with learngrad.record() as inner: makes another one")
        thread.watchers = (*thread.watchers, self)
        if self.status != "recording":  # once more, after a stop
            self._change("status", 0, 0, lambda: setattr(self, "status", "recording"))
        return self

    def stop(self, error: BaseException | None = None) -> None:
        """Stop watching; with `error`, the trace says that the program failed."""
        thread.watchers = tuple(w for w in thread.watchers if w is not self)
        if error is not None:
            self._refused(error)
        self._scope, self._callers = [], []
        self._change("status", 0, 0, lambda: setattr(
            self, "status", "done" if error is None else "failed"))

    def __enter__(self) -> Recorder:
        return self.start()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.stop(error)

    # ---- Reading ---------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Rises with every change."""
        return len(self._log)

    def to_dict(self) -> dict[str, Any]:
        """The whole trace, as the schema has it."""
        with self._lock:
            revision, records = len(self._log), list(self._records)
            replays = [{**r, "steps": list(r["steps"])} for r in self._replays]
            sources = list(self._sources)
        trace = {"schema": "learngrad-trace", "version": 1, "revision": revision,
                 "status": self.status, "sources": sources,
                 "nodes": [record.json() for record in records],
                 "replays": [{"root": r["root"], "seed": r["seed"].json(),
                              "steps": [s() for s in r["steps"]]} for r in replays]}
        if self._dropped:
            trace["truncated"] = self._truncated()
        return trace

    def _truncated(self) -> dict[str, Any]:
        """What was left out, by operation and place: what ran most often first."""
        rest = sorted(self._dropped.values(), key=lambda one: -one[2])
        return {"nodes": sum(count for *_, count in rest), "rest": [
            {"sign": cls.sign or cls.__name__.lower(), "src": self._src(made), "count": count}
            for cls, made, count in rest[:MOST_TOLD]]}

    def changes(self, since: int) -> dict[str, Any]:
        """What happened after revision `since`: a message that takes a view from there to now."""
        with self._lock:
            to = len(self._log)
            fresh = dict.fromkeys(self._log[since:])
            nodes = [self._records[i]
                     for i in sorted({i for what, i, _ in fresh if what == "node"})]
            sources = [self._sources[i] for what, i, _ in fresh if what == "source"]
            replays = [(i, self._replays[i]) for what, i, _ in fresh if what == "replay"]
            steps = [(i, k, self._replays[i]["steps"][k]) for what, i, k in fresh if what == "step"]
        left = {"truncated": self._truncated()} if self._dropped else {}
        return {"from": since, "to": to, "status": self.status, "sources": sources, **left,
                "nodes": [record.json() for record in nodes],
                "replays": [{"index": i, "root": r["root"], "seed": r["seed"].json()}
                            for i, r in replays],
                "steps": [{"replay": i, "index": k, "step": step()} for i, k, step in steps]}

    def __repr__(self) -> str:
        steps = sum(len(r["steps"]) for r in self._replays)
        return f"<trace of {len(self._records)} nodes, {steps} backward steps, {self.status}>"

    # ---- Writing ---------------------------------------------------------------------------------

    def _change(self, what: str, index: int, step: int, change: Callable[[], Any]) -> None:
        with self._lock:
            change()
            self._log.append((what, index, step))
        if self.listener is not None:
            self.listener()

    def operation(self, node: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...],
                  made: source.Made) -> None:
        """Write down an operation, and as leaves what it used for the first time."""
        if len(self._records) >= self.limit:
            self._drop(node, made)
            return
        place = source.resolve(made)
        names = place.operands if place is not None else ()
        edges, operands = self._operands(node, inputs, names)
        out = outputs[0]
        name = place.target if place is not None else None
        if self._callers and made == self._callers[-1][0]:
            name = None  # inside a layer of the library: the name is for what the call gives
        entry = self._new("operation", out._data.shape, out._data.dtype, out._data, made,
                          operation=node, name=name, grad=out._edge is not None)
        if entry is None:  # its inputs were the last there was room for
            self._drop(node, made)
            return
        index = entry.id
        entry.edges, entry.operands, entry.no_grad = edges, operands, not thread.grad
        if node.view:
            entry.view = out._version is getattr(inputs[0], "_version", None)
        if len(inputs) > len(operands):
            entry.options = options(node.letters, inputs)
        if len(outputs) > 1:
            entry.outputs = [(t._data.dtype, capture(t._data)) for t in outputs]
        for slot, t in enumerate(outputs):
            self._remember(t, index, slot)
        self._change("node", index, 0, lambda: self._records.append(entry))

    def _drop(self, node: Function, made: source.Made | None) -> None:
        """Count what there is no room for."""
        key = (type(node), id(made and made[0]), made[1] if made else 0)
        self._dropped.setdefault(key, [type(node), made, 0])[2] += 1

    def failed(self, node: Any, inputs: tuple[Any, ...], error: BaseException,
               made: source.Made) -> None:
        """Write down the operation that raised."""
        if len(self._records) >= self.limit:
            self._drop(node, made)
            return
        place = source.resolve(made)
        edges, operands = self._operands(node, inputs, place.operands if place else ())
        entry = self._new("operation", None, None, None, made, operation=node,
                          name=place.target if place is not None else None, grad=False)
        if entry is None:
            return
        entry.edges, entry.operands, entry.status = edges, operands, "failed"
        entry.error = _said(error)
        self._change("node", entry.id, 0, lambda: self._records.append(entry))

    def _refused(self, error: BaseException) -> None:
        """Write down the call that an error stopped before it was an operation."""
        call = refused(error)
        if call is None or (self._records and self._records[-1].error == _said(error)):
            return
        self._scope = self._fell[1] if self._fell[0] == id(error) else []
        self.failed(call.operation, call.tensors, error, call.made)

    def changed(self, tensor: Any) -> None:
        """Count a change in place."""
        index = self._find(tensor)
        if index is not None:
            record = self._records[index]
            self._change("node", index, 0, lambda: setattr(record, "version", record.version + 1))

    def detached(self, tensor: Any, origin: Any) -> None:
        """Remember what a detached tensor was, for when it is used."""
        index = self._find(origin)
        if index is not None:
            slot = 0 if origin._edge is None else origin._edge[1]
            self._cut[id(tensor)] = (weakref.ref(tensor), [index, slot])

    def enter(self, module: Any, inputs: tuple[Any, ...]) -> None:
        """Push a module's call on the scope."""
        if not self._scope:
            self._paths = {id(m): path for path, m in module.named_modules()}
            self._parameters.update((id(p), name) for name, p in module.named_parameters())
            self._buffers.update((id(b), name) for name, b in module.named_buffers())
        for x in inputs:
            if type(x) is Tensor:
                known = self._given.get(id(x))
                if known is None or known[0]() is not x:
                    self._given[id(x)] = (weakref.ref(x), self._scope)
        path = self._paths.get(id(module), type(module).__name__)
        self._calls[path] = call = self._calls.get(path, 0) + 1
        self._scope = [*self._scope, {"path": path, "class": type(module).__name__, "call": call}]
        frame = sys._getframe(2)  # who called the module: the user, or a module of the library?
        self._callers.append((source.caller(), not source.inside[frame.f_code.co_filename],
                              len(self._records)))

    def leave(self, module: Any) -> None:
        """Pop it; the name that its result is given goes to the last operation inside."""
        if not self._callers:
            return  # entered before the recording
        error = sys.exc_info()[1]
        if error is not None and self._fell[0] != id(error):
            self._fell = id(error), self._scope
        made, by_user, before = self._callers.pop()
        self._scope = self._scope[:-1]
        place = source.resolve(made) if by_user else None
        if place is None or place.target is None or len(self._records) == before:
            return
        last = self._records[-1]
        if last.kind == "operation" and last.name is None:
            self._change("node", last.id, 0, lambda: setattr(last, "name", place.target))

    def _new(self, kind: str, shape: Any, dtype: Any, array: Any, made: source.Made | None, *,
             operation: Function | None = None, name: str | None = None,
             grad: bool = False) -> Record | None:
        """A record that is not in the trace yet; None once the trace is full."""
        if len(self._records) >= self.limit:
            return None
        record = Record(len(self._records), kind, None if operation is None else type(operation),
                         name if name is None else str(name)[:TEXT_LIMIT])
        record.shape, record.dtype, record.requires_grad = shape, dtype, grad
        record.scope, record.place = self._scope, self._src(made)
        if array is not None:
            record.device, record.preview = devices.device_of(array), capture(array)
        return record

    def _operands(self, node: Function, inputs: tuple[Any, ...],
                  names: tuple[str | None, ...]) -> tuple[list[list[int] | None], list[Any]]:
        """Edges to the inputs and the letters of the formula; what is new becomes a leaf."""
        edges: list[list[int] | None] = []
        operands: list[Any] = []
        letters, known = node.letters, len(names)
        for i, x in enumerate(inputs):
            if isinstance(x, Tensor):
                found = self._place_of(x, names[i] if i < known else None)
                while len(edges) < i:  # an option before it
                    edges.append(None)
                    operands.append("")
                edges.append(None if found is None else list(found))
                operands.append(letters[i] if i < len(letters) else f"x{i + 1}")
            elif node.promotes and type(x) in (int, float):
                edges.append(None)
                operands.append(x)
        return edges, operands

    def _key(self, tensor: Any) -> tuple[int, int] | None:
        return None if tensor._edge is None else (tensor._edge[0].seq, tensor._edge[1])

    def _find(self, tensor: Any) -> int | None:
        """The id of the node that a tensor came out of, if it is known."""
        key = self._key(tensor)
        if key is not None:
            return self._outputs.get(key)
        known = self._objects.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def _remember(self, tensor: Any, index: int, slot: int) -> None:
        key = self._key(tensor)
        if key is not None:
            self._outputs[key] = index
        else:
            self._objects[id(tensor)] = (weakref.ref(tensor), index)

    def _place_of(self, tensor: Any, name: str | None) -> tuple[int, int] | None:
        """The (id, output) of an input; a tensor from before the recording joins as what it is."""
        index = self._find(tensor)
        if index is None:
            edge = tensor._edge
            if edge is not None and type(edge[0]) is not AccumulateGrad:
                self._adopt([edge[0]])
                index = self._find(tensor)
            else:
                index = self._leaf(tensor, name)
        if index is None:
            return None
        record = self._records[index]
        if record.seen != tensor._version[0]:  # changed in place since it was looked at
            record.seen = tensor._version[0]
            record.preview = capture(tensor._data)
            self._change("node", index, 0, lambda: None)
        slot = 0
        if tensor._edge is not None:
            slot = tensor._edge[1]
        elif len(record.outputs) > 1:
            slot = next((k for k, (d, _) in enumerate(record.outputs) if d == tensor.dtype), 0)
        return index, slot

    def _leaf(self, tensor: Any, name: str | None) -> int | None:
        """A tensor that no recorded operation made: a parameter, a leaf or a constant."""
        path = self._parameters.get(id(tensor)) or self._buffers.get(id(tensor))
        place = source.resolve(tensor._made)
        kind = ("parameter" if path is not None or type(tensor) is not Tensor
                else "leaf") if tensor._edge is not None else \
            "buffer" if id(tensor) in self._buffers else "constant"
        named = path or tensor.name or (place.target if place is not None else None) or name
        entry = self._new(kind, tensor._data.shape, tensor._data.dtype, tensor._data, tensor._made,
                          name=named, grad=tensor._edge is not None)
        if entry is None:
            return None
        index = entry.id
        entry.seen = tensor._version[0]
        ref, scope = self._given.get(id(tensor), (None, []))
        if ref is not None and ref() is tensor:
            entry.scope = scope
        ref, origin = self._cut.get(id(tensor), (None, []))
        if ref is not None and ref() is tensor:
            entry.edges, entry.operands = [origin], [""]
        if tensor._grad is not None:
            entry.grad = capture(tensor._grad._data)
        self._remember(tensor, index, 0)
        self._change("node", index, 0, lambda: self._records.append(entry))
        return index

    def _adopt(self, roots: list[Node]) -> None:
        """Take in the part of a graph that ran before the recording: no values are known there."""
        nodes: dict[int, Node] = {}
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node.seq not in nodes and (node.seq, 0) not in self._outputs:
                nodes[node.seq] = node
                stack.extend(edge[0] for edge in node.edges if edge is not None)
        for seq in sorted(nodes):
            node = nodes[seq]
            if type(node) is AccumulateGrad:
                tensor = node.variable()
                if tensor is not None:
                    self._leaf(tensor, None)
                    continue
            place = source.resolve(node.made)
            shape, dtype = node.outputs[0]
            operation = node if isinstance(node, Function) else None
            entry = self._new("operation" if operation is not None else "leaf", shape, dtype, None,
                              node.made, operation=operation, grad=True,
                              name=place.target if place is not None else None)
            if entry is None:
                continue
            index = entry.id
            for i, edge in enumerate(node.edges):
                if edge is None and operation is not None and operation.promotes \
                        and i < len(operation.letters):
                    entry.edges.append(None)
                    entry.operands.append(_kept_number(operation, i))
                elif edge is not None:
                    found = self._outputs.get((edge[0].seq, edge[1]))
                    while len(entry.edges) < i:
                        entry.edges.append(None)
                        entry.operands.append("")
                    entry.edges.append(None if found is None else [found, edge[1]])
                    entry.operands.append(operation.letters[i] if operation is not None
                                          and i < len(operation.letters) else f"x{i + 1}")
            for slot in range(len(node.outputs)):
                self._outputs[seq, slot] = index
            self._values_of(node, entry)
            self._change("node", index, 0, functools.partial(self._records.append, entry))

    def _values_of(self, node: Any, entry: Record) -> None:
        """Values that a node kept for its backward are the only ones known after the fact."""
        kept = node.saved if isinstance(node.saved, (list, tuple)) else ()  # else it is freed
        for (what, _), saved in zip(getattr(node, "_saves", ()), kept):
            if what is None or not hasattr(saved, "shape"):
                continue
            if what < 0:
                entry.preview = capture(saved)
            elif what < len(entry.edges) and entry.edges[what] is not None:
                producer = self._records[entry.edges[what][0]]
                if producer.preview is None and tuple(saved.shape) == producer.shape:
                    producer.preview = capture(saved)

    def _src(self, made: source.Made | None) -> dict[str, Any] | None:
        if made is None:
            return None
        key = (id(made[0]), made[1])
        if key not in self._places:
            place = source.resolve(made)
            self._places[key] = None if place is None or not place.text else {
                "source": self._source(made, place), "line": place.line, "column": place.column,
                "end_line": place.end_line, "end_column": place.end_column,
                "text": place.text[:TEXT_LIMIT]}
        return self._places[key]

    def _source(self, made: source.Made, place: source.Place) -> int:
        first, lines = source.excerpt(made[0])
        key = (place.filename, first)
        if key not in self._source_ids:
            self._source_ids[key] = index = len(self._sources)
            entry = {"id": index, "label": place.label, "first": first,
                     "text": lines[:SOURCE_LIMIT]}
            with self._lock:
                self._sources.append(entry)
                self._log.append(("source", index, 0))
        return self._source_ids[key]

    # ---- The replay ------------------------------------------------------------------------------

    def replay_begins(self, roots: list[Any], gradients: list[Any]) -> None:
        """Begin a replay; what of its graph ran unseen is taken in first."""
        if len(self._records) < self.limit:
            self._adopt([node for node, _ in roots])
        node, slot = roots[0]
        root = self._outputs.get((node.seq, slot))
        seed = capture(getattr(gradients[0], "_data", gradients[0]))
        self._running.append(None if root is None else len(self._replays))
        if root is None:
            return
        self._change("replay", len(self._replays), 0, lambda: self._replays.append(
            {"root": root, "seed": seed, "steps": []}))

    def step(self, step: Step) -> None:
        """Write down one step, with copies of every value."""
        index = self._outputs.get((step.node.seq, 0))
        which = self._running[-1] if self._running else None
        if index is None or which is None:
            return
        record = self._records[index]
        upstream = [None if g is None else capture(getattr(g, "_data", g)) for g in step.upstream]
        if step.written is None:
            record.grad = upstream[0]
        else:
            record.grad = capture(step.written[1]._data)
        grad = record.grad
        if step.written is None and not isinstance(step.node.saved, list | tuple):
            record.status = "freed"
        passed = [self._contribution(step, record, c) for c in step.contributions]
        before, after = step.written or (None, None)
        before = None if before is None else capture(getattr(before, "_data", before))

        def json() -> dict[str, Any]:
            out: dict[str, Any] = {
                "node": index, "upstream": [None if p is None else p.json() for p in upstream],
                "contributions": [c() for c in passed if c is not None]}
            if after is not None and grad is not None:
                out["write"] = {"before": None if before is None else before.json(),
                                "after": grad.json()}
            return out

        steps = self._replays[which]["steps"]
        self._change("node", index, 0, lambda: None)
        self._change("step", which, len(steps), lambda: steps.append(json))

    def replay_ends(self) -> None:
        """End the innermost replay."""
        if self._running:
            self._running.pop()

    def _contribution(self, step: Step, record: Record,
                      c: Any) -> Callable[[], dict[str, Any]] | None:
        """One contribution, with its local derivative in letters and in numbers."""
        target = self._outputs.get((c.to[0].seq, c.to[1]))
        if target is None:
            return None
        node: Any = step.node
        letter = node.letters[c.operand] if c.operand < len(node.letters) else f"x{c.operand + 1}"
        local = node.local.get(letter, "")
        value, after = (capture(getattr(a, "_data", a)) for a in (c.value, c.after))
        before = None if c.before is None else capture(getattr(c.before, "_data", c.before))
        upstream = step.upstream[0]
        g = None if upstream is None else capture(getattr(upstream, "_data", upstream))

        def json() -> dict[str, Any]:
            out: dict[str, Any] = {
                "operand": c.operand, "to": [target, c.to[1]], "letter": letter, "local": local,
                "numbers": local_numbers(record, local, g, value, self._records),
                "value": value.json(),
                "before": None if before is None else before.json(), "after": after.json()}
            if c.summed_from is not None:
                out["summed_from"] = list(c.summed_from)
            return out

        return json


def _said(error: BaseException) -> str:
    return (error.what if isinstance(error, LearngradError) else str(error))[:TEXT_LIMIT]


def _kept_number(node: Function, operand: int) -> float | str:
    """An operand that no edge leads to, if it was one number that is still kept; else ""."""
    kept = node.saved if isinstance(node.saved, (list, tuple)) else ()
    for (what, _), value in zip(node._saves, kept):
        if what == operand:
            if type(value) in (int, float):
                return value
            if devices.is_array(value) and value.ndim == 0:
                return value.item()
    return ""


def from_graph(tensor: Tensor) -> Recorder:
    """The trace of a graph that was built before anybody watched.

    Values are known for leaves, and where an operation kept them for its backward.
    """
    recorder = Recorder()
    if tensor._edge is None or tensor.is_leaf:
        recorder._leaf(tensor, None)
    else:
        recorder._adopt([tensor._edge[0]])
        index = recorder._find(tensor)
        if index is not None:
            recorder._records[index].preview = capture(tensor._data)
    recorder.stop()
    return recorder
