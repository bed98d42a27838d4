"""What was recorded, as the schema has it: worked out when somebody looks, and no sooner."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from learngrad import source
from learngrad.trace.local import filled
from learngrad.trace.preview import Preview, preview
from learngrad.trace.record import TEXT_LIMIT, Record

__all__ = ["Dropped", "Transcript"]

SOURCE_LIMIT = 200_000  # characters of one source
MOST_CALLERS = 50  # of one operation
MOST_TOLD = 100  # places of what was left out

Dropped = dict[tuple[type, int, int], list[Any]]


class Transcript:
    """The nodes, replays and sources of a trace, made from a queue of events.

    An event is a tuple: the name of a method below and what it is called with. It says what is,
    not what to add, so that one whose turn was interrupted can be done again. Events come from the
    program's thread and are worked off in that of whoever looks: neither waits for the other.

    Values are given as they were kept, see `preview`. What an operation was given is a list with,
    for each input, the id of the node it came out of, ``(id, output)`` where that has several,
    ``(number,)``, or None for what is no operand.
    """

    def __init__(self, events: deque[tuple[Any, ...]], dropped: Dropped) -> None:
        self.events = events
        self.dropped = dropped
        self._lock = threading.Lock()
        self._status, self._error = "recording", ""
        self._revision = 0
        # What changed when, the latest last: (what, index, step) -> revision.
        self._changed: dict[tuple[str, int, int], int] = {}
        # By id; one is missing where the program was interrupted between its number and its event.
        self._nodes: dict[int, Record] = {}
        self._replays: list[dict[str, Any]] = []
        self._sources: list[dict[str, Any]] = []
        self._source_ids: dict[tuple[str, int], int] = {}
        self._places: dict[tuple[int, int], tuple[source.Made, dict[str, Any] | None]] = {}
        # What used each output since its value was looked at, and as which operand.
        self._users: dict[tuple[int, int], list[tuple[Record, int]]] = {}
        # Of values that were kept once and told several times, their previews.
        self._previews: dict[int, tuple[Any, Preview]] = {}

    # ---- Reading ---------------------------------------------------------------------------------

    def read(self, look: Callable[[Transcript], Any]) -> Any:
        """What `look` finds once all that has happened until now is written down."""
        with self._lock:
            self._work_off()
            return look(self)

    def relieve(self) -> None:
        """Write down what waits, unless somebody is at it: the program itself calls this."""
        if self._lock.acquire(blocking=False):
            try:
                self._work_off()
            finally:
                self._lock.release()

    def _work_off(self) -> None:
        events = self.events
        for _ in range(len(events)):  # those that come meanwhile are for the next time
            name, *what = events[0]
            getattr(self, name)(*what)
            events.popleft()
        self._previews = {}

    def revision(self) -> int:
        """Rises with every change; each that `changes` tells of has one of its own."""
        return self._revision

    def counts(self) -> tuple[int, int]:
        """How many nodes there are, and how many backward steps."""
        return len(self._nodes), sum(len(r["steps"]) for r in self._replays)

    def json(self) -> dict[str, Any]:
        """The whole trace, as the schema has it."""
        more = self._more()
        return {"schema": "learngrad-trace", "version": 1, "revision": self._revision,
                "status": self._status, "sources": list(self._sources),
                "nodes": [record.json() for record in self._nodes.values()],
                "replays": [{**r, "steps": list(r["steps"])} for r in self._replays], **more}

    def changes(self, since: int) -> dict[str, Any]:
        """What happened after a revision: a message that takes a view from there to now."""
        more = self._more()
        fresh: dict[str, list[tuple[int, int]]] = {}
        for (what, index, step), revision in reversed(self._changed.items()):
            if revision <= since:
                break
            fresh.setdefault(what, []).append((index, step))
        new = {what: sorted(found) for what, found in fresh.items()}
        return {"from": since, "to": self._revision, "status": self._status,
                "sources": [self._sources[i] for i, _ in new.get("source", ())],
                "nodes": [self._nodes[i].json() for i, _ in new.get("node", ())],
                "replays": [{"index": i, "root": self._replays[i]["root"],
                             "seed": self._replays[i]["seed"]} for i, _ in new.get("replay", ())],
                "steps": [{"replay": i, "index": k, "step": self._replays[i]["steps"][k]}
                          for i, k in new.get("step", ())], **more}

    def _more(self) -> dict[str, Any]:
        """What ended the program; and what was left out, by place, what ran most often first."""
        more: dict[str, Any] = {"error": self._error} if self._error else {}
        rest = [*self.dropped.values()]  # at once: the program may add to it
        rest.sort(key=lambda one: -one[2])
        if rest:
            more["truncated"] = {"nodes": sum(count for *_, count in rest), "rest": [
                {"sign": cls.sign or cls.__name__.lower(), "src": self._src(made), "count": count}
                for cls, made, count in rest[:MOST_TOLD]]}
        return more

    # ---- Events: nodes ---------------------------------------------------------------------------

    def status(self, status: str, error: str = "") -> None:
        """Recording goes on, is done, or failed: by an error, said in a line."""
        self._status, self._error = status, error
        self._touch("status")

    def operation(self, index: int, cls: Any, made: source.Made | None, scope: Any, named: bool,
                  requires_grad: bool, no_grad: bool, view: bool, parts: list[Any], kept: Any,
                  more: tuple[dict[str, Any], list[Any]] | None,
                  route: source.Route) -> None:
        """An operation ran."""
        place = _called(made, route) if named else None
        record = Record(index, "operation", cls, place.target if place else None, kept,
                        requires_grad, scope, self._src(made))
        record.takes(parts, cls.letters)
        record.no_grad, record.view = no_grad, view
        if more is not None:
            record.options = more[0]
            record.outputs = [self._preview(one) for one in more[1]]
            if place is not None and len(place.targets) == len(record.outputs):
                record.parts = place.targets
        record.callers = self._calls(route)
        self._add(record)

    def failed(self, index: int, cls: Any, made: source.Made | None, scope: Any, parts: list[Any],
               error: str, route: source.Route) -> None:
        """An operation raised."""
        place = source.resolve(made)
        record = Record(index, "operation", cls, place.target if place else None, None, False,
                        scope, self._src(made))
        record.takes(parts, cls.letters)
        record.status, record.error = "failed", error
        record.callers = self._calls(route)
        self._add(record)

    def leaf(self, index: int, kind: str, name: str | None, made: source.Made | None,
             user: tuple[source.Made | None, int] | None, requires_grad: bool, scope: Any,
             kept: Any, grad: Any, origin: Any) -> None:
        """A tensor was used that no recorded operation made.

        `user` says what used it, and as which operand; `origin` what it was before it was detached.
        """
        if name is None:
            place = source.resolve(made)
            name = place.target if place is not None else None
        if name is None and user is not None:
            place = source.resolve(user[0])
            operands = place.operands if place is not None else ()
            name = operands[user[1]] if user[1] < len(operands) else None
        record = Record(index, kind, None, name, kept, requires_grad, scope, self._src(made))
        if origin is not None:
            record.takes([origin], ("",))
        if grad is not None:
            record.grad = self._preview(grad)
        self._add(record)

    def adopted(self, index: int, cls: Any, shape: Any, dtype: Any, made: source.Made | None,
                scope: Any, parts: list[Any], options: dict[str, Any]) -> None:
        """An operation, or a leaf that is gone, belongs to a graph from before the recording."""
        place = source.resolve(made)
        record = Record(index, "leaf" if cls is None else "operation", cls,
                        place.target if place else None, None, True, scope, self._src(made))
        record.shape, record.dtype = shape, dtype
        if cls is not None:
            record.takes(parts, cls.letters)
            record.options = options
        self._add(record)

    def value(self, index: int, slot: int, kept: Any) -> None:
        """The value of a node's output was looked at, for the first time or again."""
        record, found = self._nodes[index], self._preview(kept)
        before = record.outputs[slot] if record.outputs else record.preview
        if before is not None:  # what ran until now was given what it was then
            for user, at in self._users.get((index, slot), ()):
                user.given.setdefault(at, before)
                self._touch("node", user.id)
            self._users[index, slot] = []
        if not slot:
            record.preview = found
        if record.outputs:
            record.outputs[slot] = found
        self._touch("node", index)

    def changed(self, index: int, version: int) -> None:
        """The value of a node was changed in place."""
        self._nodes[index].version = version
        self._touch("node", index)

    def called(self, index: int, made: source.Made | None) -> None:
        """The call at `made` gave what a node stands for: its name goes to that."""
        place, record = source.resolve(made), self._nodes.get(index)
        if place is not None and place.target is not None and record is not None \
                and record.kind == "operation" and record.name in (None, place.target):
            record.name = place.target
            self._touch("node", index)

    # ---- Events: the replay ----------------------------------------------------------------------

    def replay(self, index: int, root: int, seed: Any) -> None:
        """A replay begins."""
        while index >= len(self._replays):  # more than one where Ctrl-C came before it was told
            self._touch("replay", len(self._replays))
            self._replays.append({"root": root, "seed": preview(seed).json(), "steps": []})

    def step(self, replay: int, at: int, index: int, upstream: list[Any], passed: list[Any],
             written: tuple[Any, Any] | None, freed: bool) -> None:
        """One step of it."""
        record = self._nodes[index]
        arrived = [None if g is None else self._preview(g) for g in upstream]
        record.grad = arrived[0] if written is None else self._preview(written[1])
        if freed:
            record.status = "freed"
        known = None
        # Of several outputs each has its own g.
        if passed and len(arrived) == 1 and arrived[0] is not None \
                and arrived[0].item() is not None:
            known = record.known(self._nodes)
            if known is not None:
                known["g"] = arrived[0].item()
        step = {"node": index, "upstream": [None if g is None else g.json() for g in arrived],
                "contributions": [self._contribution(record, known, *one) for one in passed]}
        if written is not None and record.grad is not None:
            step["write"] = {"before": None if written[0] is None
                             else self._preview(written[0]).json(), "after": record.grad.json()}
        steps = self._replays[replay]["steps"]
        if at == len(steps):
            steps.append(step)
        self._touch("node", index)
        self._touch("step", replay, at)

    def _contribution(self, record: Record, known: dict[str, Any] | None, operand: int, to: int,
                      slot: int, value: Any, before: Any, after: Any,
                      summed: tuple[int, ...] | None) -> dict[str, Any]:
        """One contribution, with its local derivative in letters and in numbers."""
        letters = record.cls.letters
        letter = letters[operand] if operand < len(letters) else f"x{operand + 1}"
        local = record.local().get(letter, "")
        passed = self._preview(value)
        numbers = filled(local, known, passed.item()) if local and known else ""
        out = {"operand": operand, "to": [to, slot], "letter": letter, "local": local,
               "numbers": numbers, "value": passed.json(),
               "before": None if before is None else self._preview(before).json(),
               "after": passed.json() if after is value else self._preview(after).json()}
        if summed is not None:
            out["summed_from"] = list(summed)
        return out

    # ---- What they share -------------------------------------------------------------------------

    def _add(self, record: Record) -> None:
        if self._nodes.setdefault(record.id, record) is record and record.kind == "operation":
            for at, edge in enumerate(record.edges):
                if edge is not None:
                    self._users.setdefault((edge[0], edge[1]), []).append((record, at))
        self._touch("node", record.id)

    def _touch(self, what: str, index: int = 0, step: int = 0) -> None:
        self._revision += 1
        key = what, index, step
        self._changed.pop(key, None)
        self._changed[key] = self._revision

    def _preview(self, kept: Any) -> Preview:
        known = self._previews.get(id(kept))
        if known is None:
            known = self._previews[id(kept)] = kept, preview(kept)
        return known[1]

    def _src(self, made: source.Made | None) -> dict[str, Any] | None:
        if made is None:
            return None
        key = (id(made[0]), made[1])
        known = self._places.get(key)
        if known is None:  # the code is kept so that its id stays its own
            place = source.resolve(made)
            known = self._places[key] = made, None if place is None or not place.text else {
                "source": self._source(made, place), "line": place.line, "column": place.column,
                "end_line": place.end_line, "end_column": place.end_column,
                "text": place.text[:TEXT_LIMIT]}
        return known[1]

    def _calls(self, route: source.Route) -> list[list[int]]:
        """The lines that called, as the schema has them."""
        places = [self._src(made) for made in source.callers(route)[:MOST_CALLERS]]
        return [[place["source"], place["line"], place["end_line"]] for place in places if place]

    def _source(self, made: source.Made, place: source.Place) -> int:
        first, lines = source.excerpt(made[0])
        key = (place.filename, first)
        index = self._source_ids.get(key)
        if index is None:
            index = len(self._source_ids)
            if index == len(self._sources):
                self._sources.append({"id": index, "label": place.label, "first": first,
                                      "text": lines[:SOURCE_LIMIT]})
            self._touch("source", index)
            self._source_ids[key] = index
        return index


def _called(made: source.Made | None, route: source.Route) -> source.Place | None:
    """Where the program names a result; what a function returns is called as its call is."""
    place = source.resolve(made)
    for call in source.callers(route):
        if place is None or place.target is not None or not place.is_returned:
            break
        place = source.resolve(call)
    return place
