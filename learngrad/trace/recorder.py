"""The recorder: watches the gate and the replay, and notes what happened for the transcript."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import CodeType
from typing import Any

from learngrad import devices, source
from learngrad.autograd.engine import Step
from learngrad.autograd.observe import thread
from learngrad.errors import ArgumentTypeError, GraphError, LearngradError
from learngrad.tensor import Tensor
from learngrad.trace import earlier
from learngrad.trace.forms import Forms
from learngrad.trace.ghost import refused
from learngrad.trace.notes import Notes
from learngrad.trace.preview import WHOLE
from learngrad.trace.record import TEXT_LIMIT, options
from learngrad.trace.transcript import Transcript

__all__ = ["Recorder", "from_graph"]

LIMIT = 20_000  # nodes, as the schema has it
MOST_BARE = 1000  # versions of `.data` that are kept before it is looked who else has them
MOST_WAITING = 100_000  # events that may wait besides those of nodes


class Recorder(Notes, Forms):
    """Records what runs in this thread between `start` and `stop` as a trace.

    What an operation leaves here is a handful of references and a copy of its value; names, lines
    and numbers are worked out from it when somebody looks (`Transcript`). No tensor is kept alive,
    and no large array.

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
        super().__init__(listener, limit)
        self.status = "recording"
        self._home: CodeType | None = None  # what began to record; who called that says nothing
        self._changes: dict[int, int] = {}  # in place, of each node
        self._said: tuple[int, str] = -1, ""  # the last node that failed, and why
        # Of each replay that runs, one inside another, its number; None for one that is not kept.
        self._running: list[int | None] = []
        self._steps: list[int] = []  # of each replay
        # What was passed on in the replays that run, for when it arrives.
        self._passed: dict[Any, tuple[Any, Any]] = {}

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
        began = source.caller()
        self._home = None if began is None else began[0]
        if self.status != "recording":  # once more, after a stop
            self._turn("recording")
        return self

    def stop(self, error: BaseException | None = None) -> None:
        """Stop watching; with `error`, the trace says that the program failed."""
        thread.watchers = tuple(w for w in thread.watchers if w is not self)
        if error is not None:
            self._refused(error)
        self._calls.end()
        if error is None:
            self._turn("done")
        else:
            first, _, rest = f"{type(error).__name__}: {_said(error).strip()}".partition("\n")
            first = first.removesuffix(": ") + (" …" if rest else "")
            self._turn("failed", first[:TEXT_LIMIT])

    def _turn(self, status: str, error: str = "") -> None:
        self.status = status
        self._tell("status", status, error)

    def __enter__(self) -> Recorder:
        return self.start()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.stop(error)

    # ---- Reading ---------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Rises with every change."""
        return self._transcript.read(Transcript.revision)

    def to_dict(self) -> dict[str, Any]:
        """The whole trace, as the schema has it."""
        return self._transcript.read(Transcript.json)

    def changes(self, since: int) -> dict[str, Any]:
        """What happened after revision `since`: a message that takes a view from there to now."""
        return self._transcript.read(lambda transcript: transcript.changes(since))

    def __repr__(self) -> str:
        nodes, steps = self._transcript.read(Transcript.counts)
        return f"<trace of {nodes} nodes, {steps} backward steps, {self.status}>"

    # ---- Operations ------------------------------------------------------------------------------

    def operation(self, node: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...],
                  made: source.Made) -> None:
        """Note an operation, and as leaves what it used for the first time."""
        versions, ids = self._versions, self._ids
        if len(versions) >= self.limit:
            self._drop(node, made)
            return
        parts: list[Any] = []
        for at, x in enumerate(inputs):
            if isinstance(x, Tensor):
                edge = x._edge
                part: Any = None if edge is None or edge[1] else ids.get(edge[0].seq)
                if part is None or versions[part] != x._cell[0]:
                    part = self._part(x, (made, at))
                while len(parts) < at:  # an option before it
                    parts.append(None)
                parts.append(part)
            elif node.promotes:
                if type(x) in (int, float):
                    parts.append((x,))
                else:
                    self._other(parts, node, at, x)
        index = len(versions)
        if index >= self.limit:  # its inputs were the last there was room for
            self._drop(node, made)
            return
        out = outputs[0]
        edge, array = out._edge, out._data
        more = None
        if len(inputs) > len(parts) or len(outputs) > 1:
            more = (options(node.letters, inputs) if len(inputs) > len(parts) else {},
                    [self._kept(t) for t in outputs] if len(outputs) > 1 else [])
        calls = self._calls
        event = (
            "operation", index, type(node), made, calls.scope,
            made != calls.made,  # in a layer of the library, the name is for what the call gives
            edge is not None, not thread.grad,
            node.view and out._cell is getattr(inputs[0], "_cell", None),
            parts, array.copy() if array.size <= WHOLE else self._kept(out), more,
            () if made[0] is self._home else source.route(made, self._home))
        versions.append(out._cell[0])  # from here on nothing may fail, or take long
        self._events.append(event)
        if edge is None or len(outputs) > 1:
            self._remember(outputs, index)
        else:
            ids[edge[0].seq] = index
        if self.listener is not None:
            self.listener()

    @staticmethod
    def _other(parts: list[Any], node: Any, at: int, x: Any) -> None:
        """Note what an operation was given that is no tensor: a number, or an array."""
        if x is None and at < len(node.letters):
            x = node.absent.get(node.letters[at])
        if type(x) in (int, float):
            parts.append((x,))
        elif devices.is_array(x):
            parts.append(None)

    def failed(self, node: Any, inputs: tuple[Any, ...], error: BaseException,
               made: source.Made) -> None:
        """Note the operation that raised."""
        parts: list[Any] = []
        for at, x in enumerate(inputs):
            if isinstance(x, Tensor):
                parts += [None] * (at - len(parts))
                parts.append(self._part(x, (made, at)))
            elif node.promotes:
                self._other(parts, node, at, x)
        index = len(self._versions)
        if index >= self.limit:
            self._drop(node, made)
            return
        self._versions.append(0)
        self._said = index, _said(error)
        self._tell("failed", index, type(node), made, self._calls.scope, parts, self._said[1],
                   source.route(made, self._home))

    def _refused(self, error: BaseException) -> None:
        """Note the call that an error stopped before it was an operation."""
        call = refused(error)
        if call is None or self._said == (len(self._versions) - 1, _said(error)):
            return
        self._calls.scope = self._calls.fell(error)
        self.failed(call.operation, call.tensors, error, call.made)

    def changed(self, tensor: Any) -> None:
        """Count a change in place."""
        found, bare = self._find(tensor), self._bare.get(id(tensor._cell))
        if len(self._events) > MOST_WAITING:
            self._transcript.relieve()
        if found is not None:
            self._count(found[0])
        if bare is not None:  # or a view of what `.data` gave: they share a version
            self._count(bare[1])

    def _count(self, index: int) -> None:
        self._versions[index] = None  # `w.data -= step` leaves w's version: it is looked at anew
        self._changes[index] = count = self._changes.get(index, 0) + 1
        self._tell("changed", index, count)

    def bared(self, tensor: Any, origin: Any) -> None:
        """Remember whose memory ``.data`` is, for when it is changed."""
        found = self._find(origin) or self._bare.get(id(origin._cell), (None, None))[1:]
        if len(self._bare) > MOST_BARE:  # what nobody else holds cannot change any more
            self._bare = {key: kept for key, kept in self._bare.items()
                          if sys.getrefcount(kept[0]) > 2}
        if found[0] is not None:
            self._bare[id(tensor._cell)] = tensor._cell, found[0]

    def detached(self, tensor: Any, origin: Any) -> None:
        """Remember what a detached tensor was, for when it is used."""
        found = self._find(origin)
        if found is not None:
            self._cut[id(tensor)] = weakref.ref(tensor), found

    # ---- Modules ---------------------------------------------------------------------------------

    def enter(self, module: Any, inputs: tuple[Any, ...]) -> None:
        """A module is being called."""
        strangers = [x for x in inputs if type(x) is Tensor and self._find(x) is None]
        self._calls.enter(module, strangers, len(self._versions))

    def leave(self, module: Any) -> None:
        """Its call is over; the name that its result is given goes to the last operation inside."""
        call = self._calls.leave()
        if call is not None and call.by_user and len(self._versions) > call.nodes:
            self._tell("called", len(self._versions) - 1, call.made)

    # ---- The replay ------------------------------------------------------------------------------

    def replay_begins(self, roots: list[Any], gradients: list[Any]) -> None:
        """Begin a replay; what of its graph ran unseen is taken in first."""
        if len(self._versions) < self.limit:
            earlier.adopt(self, [node for node, _ in roots])
        root = self._ids.get(roots[0][0].seq)
        if root is None:
            self._running.append(None)
            return
        which, seed = len(self._steps), self._kept(gradients[0])
        self._steps.append(0)
        self._tell("replay", which, root, seed)
        self._running.append(which)

    def step(self, step: Step) -> None:
        """Note one step, with every value."""
        node, ids, passed = step.node, self._ids, self._passed
        index, which = ids.get(node.seq), self._running[-1] if self._running else None
        if index is None or which is None:
            return
        upstream = []
        for slot, g in enumerate(step.upstream):
            array, kept = passed.pop((node, slot), (None, None))
            if g is not None and (g is not array or node.extras is not None):
                kept = self._kept(g)  # a hook may have changed what was passed
            upstream.append(None if g is None else kept)
        contributions = []
        for operand, edge, value, summed, before, after in step.contributions:
            to = ids.get(edge[0].seq)
            if to is None:
                continue
            had, kept = None, self._kept(value)
            if before is not None:
                array, had = passed.get(edge, (None, None))
                had = had if array is before else self._kept(before)
            then = kept if after is value else self._kept(after)
            passed[edge] = after, then
            contributions.append((operand, to, edge[1], kept, had, then, summed))
        written = step.written
        if written is not None:
            before, after = written
            written = None if before is None else self._kept(before), upstream[0] if (
                before is None) else self._kept(after)
        at = self._steps[which]
        self._steps[which] = at + 1
        self._events.append((
            "step", which, at, index, upstream, contributions, written,
            written is None and not isinstance(node.saved, list | tuple)))
        if self.listener is not None:
            self.listener()

    def replay_ends(self) -> None:
        """End the innermost replay."""
        if self._running:
            self._running.pop()
        if not self._running:
            self._passed = {}


def _said(error: BaseException) -> str:
    try:
        return (error.what if isinstance(error, LearngradError) else str(error))[:TEXT_LIMIT]
    except Exception:  # noqa: BLE001  (an error that cannot say itself is told by its name)
        return ""


def from_graph(tensor: Tensor) -> Recorder:
    """The trace of a graph that was built before anybody watched.

    Values are known for leaves, and where an operation kept them for its backward.
    """
    recorder = Recorder()
    if tensor._edge is None or tensor.is_leaf:
        recorder._leaf(tensor)
    else:
        earlier.adopt(recorder, [tensor._edge[0]])
        found = recorder._find(tensor)
        if found is not None:
            recorder._look(tensor, *found)
    recorder.stop()
    return recorder
