"""The graph in a notebook: the widget that sends what a recorder writes, and the engine."""

from __future__ import annotations

import json
from collections import deque
from time import monotonic
from typing import Any

import anywidget
import traitlets

from learngrad.trace.questions import sheet
from learngrad.trace.recorder import Recorder
from learngrad.widgets._notebook import script
from learngrad.widgets.front import View

__all__ = ["Engine", "GraphView", "engine"]

CHUNK = 150_000
"""Bytes of one message, about."""
WHOLE = 1_000_000
"""Bytes above which a whole trace is not sent as an update: the notebook server would drop it."""
SNAPSHOT_EVERY = 2.0
SMALL = 60_000


class Engine(anywidget.AnyWidget):
    """Carries Graphviz (WebAssembly) to the browser. Nobody sees it.

    A module travels with every widget that names it; this one weighs a megabyte, so there is one
    for all graphs of a kernel.
    """

    _esm = script("engine.js")


_engine: Engine | None = None


def engine() -> Engine:
    """The engine's carrier of this kernel, made when it is first needed."""
    global _engine
    if _engine is None or _engine.comm is None:
        _engine = Engine()
    return _engine


class GraphView(View):
    """The live view of a trace.

    Parameters
    ----------
    source : Recorder or dict
        What to show. A recorder may go on recording: `flush` sends what is new.
    step : bool, default False
        Whether it stands before the first operation at first, and not at the end.
    predict : bool, default False
        Whether it asks for what comes next before it shows it.
    colour : {"gradient"}, optional
        What boxes are coloured by at first: the size of their gradients.

    Notes
    -----
    Only this side writes `snapshot`; changes go as messages (``"type": "delta"``) from revision
    to revision, and a view that missed one asks for a snapshot.
    """

    engine = traitlets.Unicode().tag(sync=True)
    begin = traitlets.Unicode("end").tag(sync=True)
    snapshot = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    colour = traitlets.Unicode().tag(sync=True)
    questions = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, source: Recorder | dict[str, Any], *, step: bool = False,
                 predict: bool = False, colour: str | None = None) -> None:
        self._recorder = source if isinstance(source, Recorder) else None
        trace = source.to_dict() if isinstance(source, Recorder) else source
        self._sent: int = trace["revision"]
        self._waiting: deque[tuple[dict[str, Any], int]] = deque()
        self._snapped = monotonic()
        # Without a backward pass all there is to ask comes going forward.
        forward = step or (predict and not any(one["steps"] for one in trace["replays"]))
        super().__init__("graph", engine=f"IPY_MODEL_{engine().model_id}",
                         begin="forward" if forward else "end", snapshot=trace, colour=colour or "",
                         questions=sheet(trace) if predict else None)
        self.on_msg(self._asked)

    def flush(self) -> tuple[int, bool]:
        """Send what is new, one message at most; (bytes, whether something is left)."""
        if self._recorder is None:
            return 0, False
        if not self._waiting:
            self._collect()
        if not self._waiting:
            return 0, False
        message, size = self._waiting.popleft()
        self.send(message)
        if not self._waiting and monotonic() - self._snapped > SNAPSHOT_EVERY:
            size += self._snap(SMALL)
        # What was split waited its turn, and the program went on meanwhile.
        return size, bool(self._waiting) or self._recorder.revision > self._sent

    def finish(self, trace: dict[str, Any]) -> bool:
        """Send the whole trace, for views that come later; False where it is too large to send.

        What is too large can still be opened: a new widget carries its state with it.
        """
        left = sum(size for _, size in self._waiting)
        if left < WHOLE:
            while self._waiting:
                self.send(self._waiting.popleft()[0])
        return self._snap(WHOLE, trace) > 0 and left < WHOLE

    def _collect(self) -> None:
        assert self._recorder is not None
        delta = self._recorder.changes(self._sent)
        if delta["to"] > delta["from"]:
            self._sent = delta["to"]
            self._waiting.extend(split(delta))

    def _snap(self, most: int, trace: dict[str, Any] | None = None) -> int:
        """Set the snapshot if it is not too large; the bytes it took."""
        assert self._recorder is not None
        trace = trace or self._recorder.to_dict()
        size = len(json.dumps(trace))
        if size > most:
            return 0
        self._snapped = monotonic()
        self.snapshot = trace
        return size

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "snapshot":
            if self._recorder is not None:
                self._snap(WHOLE)
            self.send_state("snapshot")


def split(delta: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """A change as messages of about `CHUNK` bytes that follow each other, each with its size.

    Every item stands for at least one revision, so there are enough numbers for the ways between.
    """
    items = [(key, item) for key in ("sources", "nodes", "replays", "steps") for item in delta[key]]
    groups: list[tuple[list[tuple[str, Any]], int]] = [([], 0)]
    for key, item in items:
        size = len(json.dumps(item))
        if groups[-1][1] and groups[-1][1] + size > CHUNK:
            groups.append(([], 0))
        group, total = groups[-1]
        group.append((key, item))
        groups[-1] = group, total + size
    messages = []
    for at, (group, size) in enumerate(groups):
        last = at == len(groups) - 1
        message: dict[str, Any] = {
            "type": "delta", "status": delta["status"] if last else "recording",
            "from": delta["from"] + at, "to": delta["to"] if last else delta["from"] + at + 1,
            "sources": [], "nodes": [], "replays": [], "steps": []}
        for key, item in group:
            message[key].append(item)
        if last:
            message |= {key: delta[key] for key in ("error", "truncated") if key in delta}
        messages.append((message, size + 200))
    return messages
