"""A graph as a tree, so that a large one can be seen: one rule for every picture.

The live view folds in the browser and the static pictures here; both are tested against
``tests/trace/fold_cases.json``.

Modules
    The operations of a module's call are a group, by the `scope` of each. A module that is one
    operation without a parameter or buffer of its own is no group.
Repeats
    Items of a group look the same if they are the same operation from the same line with as many
    operands, or calls of the same class with the same inside. From left to right, the turn (of 1 to
    64 items) that comes at least three times in a row and covers most items is folded, the shorter
    one of two that cover as many, if it comes 8 times or covers 12 operations. Nothing in a turn
    ends above the line that it begins with: what stands before that leads into the loop. Turns of
    one item are that item.
Parts
    More than 60 items of a group stand in parts of 10, or 100, or 1,000 and so on, so that there
    are at most 60 of them, and those in parts again.
Leaves
    A leaf, parameter, buffer or constant stands in the smallest group that holds all its users, but
    not in a repeat or a part (turns have it in common); one that is no parameter or buffer stands
    outside of the modules that are not in its own `scope`: it was handed to them, and where they
    repeat, to one of them.
Keys
    A group's first letter (module, repeat, turn, part), its first operation, its depth: ``m4_2``.
    The same group has the same key when the trace has grown.

Calls nested deeper than 20 are one with the call round them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Union

__all__ = ["Fold", "Group", "fold"]

FEWEST_TURNS, LONGEST_TURN, LEAST_OPERATIONS = 3, 64, 12
MANY_TURNS = 8
"""So many turns are a repeat, however little each does; in a large graph it begins closed."""
FAN, DEEPEST = 60, 20
OWNED = ("parameter", "buffer")

Item = Union[int, "Group"]
Nodes = Mapping[int, Mapping[str, Any]]


class Group:
    """Operations that are shown as one box, or in a frame."""

    __slots__ = ("cls", "count", "depth", "first", "items", "key", "kind", "last", "leaves",
                 "number", "operations", "parent", "path")

    def __init__(self, kind: str, items: list[Item], number: int = 0, path: str = "",
                 cls: str = "") -> None:
        self.key, self.kind, self.path, self.cls = "", kind, path, cls
        self.number = number  # which call, which turn; with which item a part begins
        self.count = len(items)  # turns of a repeat, items of a part
        self.items = items
        self.leaves: list[int] = []
        self.operations = self.first = self.last = self.depth = 0
        self.parent: Group | None = None


class Fold(NamedTuple):
    """The tree: its root, every other group by its key, and the group that each node stands in.

    `edges` counts those between the nodes.
    """

    root: Group
    groups: dict[str, Group]
    home: dict[int, Group]
    edges: int


def fold(nodes: Sequence[Mapping[str, Any]]) -> Fold:
    """The tree of a trace's nodes.

    Parameters
    ----------
    nodes : sequence of dict
        The nodes of a trace.

    Examples
    --------
    >>> nodes = [{"id": i, "kind": "operation", "op": "mul", "edges": [[i - 1, 0], None]}
    ...          for i in range(1, 51)]
    >>> found = fold([{"id": 0, "kind": "leaf", "edges": []}, *nodes])
    >>> [(group.kind, group.operations) for group in found.root.items]
    [('repeat', 50)]
    """
    by_id = {node["id"]: node for node in nodes}
    root = _calls(nodes)
    _dissolve(root, by_id)
    looks = _Looks(by_id)
    looks.of(root)
    _fold_repeats(root, looks)
    edges = sum(edge is not None and edge[0] in by_id for node in nodes for edge in node["edges"])
    found = Fold(root, {}, {}, edges)
    _settle(root, found)
    _place_leaves(nodes, by_id, found)
    return found


def _calls(nodes: Sequence[Mapping[str, Any]]) -> Group:
    """Operations in the module calls that ran them, in the order they ran."""
    root = Group("root", [])
    stack = [root]
    for node in nodes:
        if node["kind"] != "operation":
            continue
        scope = (node.get("scope") or [])[:DEEPEST]
        depth = 0
        for opened, called in zip(stack[1:], scope):
            if (opened.path, opened.number) != (called["path"], called["call"]):
                break
            depth += 1
        del stack[depth + 1:]
        for called in scope[depth:]:
            inner = Group("module", [], called["call"], called["path"], called["class"])
            stack[-1].items.append(inner)
            stack.append(inner)
        stack[-1].items.append(node["id"])
    return root


def _dissolve(group: Group, by_id: Nodes) -> None:
    """A module that is one operation and owns nothing needs no box round it."""
    for at, item in enumerate(group.items):
        if isinstance(item, int):
            continue
        _dissolve(item, by_id)
        only = item.items[0]
        if len(item.items) == 1 and isinstance(only, int) and not any(
                by_id[edge[0]]["kind"] in OWNED for edge in by_id[only]["edges"]
                if edge is not None and edge[0] in by_id):
            group.items[at] = only


class _Look(NamedTuple):
    number: int  # what looks the same has the same
    source: int | None  # of an operation, where it is known
    line: int
    end: int
    operations: int


class _Looks:
    """What each item is made of, as numbers that can be compared."""

    def __init__(self, by_id: Nodes) -> None:
        self._by_id = by_id
        self._numbers: dict[str, int] = {}
        self._found: dict[Item, _Look] = {}

    def of(self, item: Item) -> _Look:
        found = self._found.get(item)
        if found is None:
            found = self._found[item] = self._operation(self._by_id[item]) \
                if isinstance(item, int) else self._group(item)
        return found

    def _operation(self, node: Mapping[str, Any]) -> _Look:
        src = node.get("src")
        place = f"{src['source']}:{src['line']}" if src else ""
        failed = "!" if node.get("status") == "failed" else ""
        number = self._number(f"{failed}{len(node['edges'])} {place} {node['op']}")
        if not src:
            return _Look(number, None, 0, 0, 1)
        return _Look(number, src["source"], src["line"], src.get("end_line", src["line"]), 1)

    def _group(self, group: Group) -> _Look:
        inner = [self.of(item) for item in group.items]
        text = f"({','.join(str(look.number) for look in inner)}) {group.cls}"
        # Its lines are those of the module's own code, not of the loop.
        return _Look(self._number(text), None, 0, 0, sum(look.operations for look in inner))

    def _number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))


def _fold_repeats(group: Group, looks: _Looks) -> None:
    for item in group.items:
        if not isinstance(item, int):
            _fold_repeats(item, looks)
    group.items = _repeats(group.items, looks)


def _repeats(items: list[Item], looks: _Looks) -> list[Item]:
    """The items with each run of equal turns as one group, from left to right."""
    every = [looks.of(item) for item in items]
    folded: list[Item] = []
    at = 0
    while at < len(items):
        period, turns = _longest_run(every, at)
        turn = every[at:at + period]
        operations = turns * sum(look.operations for look in turn)
        leads_in = any(_above(look, every[at]) for look in turn)
        if turns < FEWEST_TURNS or leads_in \
                or (turns < MANY_TURNS and operations < LEAST_OPERATIONS):
            folded.append(items[at])
            at += 1
            continue
        starts = range(at, at + turns * period, period)
        folded.append(Group("repeat", [
            items[start] if period == 1 else
            Group("turn", _repeats(items[start:start + period], looks), k + 1)
            for k, start in enumerate(starts)]))
        at += turns * period
    return folded


def _above(one: _Look, other: _Look) -> bool:
    """Whether an operation ends above the line that another begins with."""
    return one.source is not None and one.source == other.source and one.end < other.line


def _longest_run(every: list[_Look], at: int) -> tuple[int, int]:
    """How long the turn is that repeats from here over most items, and how often it comes."""
    best = (1, 1)
    for period in range(1, min(LONGEST_TURN, (len(every) - at) // FEWEST_TURNS) + 1):
        end = at + period
        while end < len(every) and every[end].number == every[end - period].number:
            end += 1
        turns = (end - at) // period
        if turns >= FEWEST_TURNS and turns * period > best[0] * best[1]:
            best = (period, turns)
    return best


def _settle(group: Group, found: Fold) -> None:
    """Long lists in parts; then keys, counts and places for all groups."""
    if len(group.items) > FAN:
        group.items = _parts(group.items, group.number if group.kind == "part" else 1)
    group.first = _first(group)
    if group.parent is not None:
        group.depth = group.parent.depth + 1
        group.key = f"{group.kind[0]}{group.first}_{group.depth}"
        found.groups[group.key] = group
    for item in group.items:
        if isinstance(item, int):
            found.home[item] = group
            group.operations += 1
            group.last = item
        else:
            item.parent = group
            _settle(item, found)
            group.operations += item.operations
            group.last = item.last


def _first(group: Group) -> int:
    while group.items:
        item = group.items[0]
        if isinstance(item, int):
            return item
        group = item
    return 0


def _parts(items: list[Item], start: int) -> list[Item]:
    size = 10
    while len(items) > FAN * size:
        size *= 10
    return [Group("part", items[at:at + size], start + at)
            for at in range(0, len(items), size)]


def _place_leaves(nodes: Sequence[Mapping[str, Any]], by_id: Nodes, found: Fold) -> None:
    inside: dict[int, Group] = {}
    for node in nodes:
        if node["kind"] != "operation":
            continue
        user = found.home[node["id"]]
        for edge in node["edges"]:
            if edge is not None and edge[0] in by_id and by_id[edge[0]]["kind"] != "operation":
                known = inside.get(edge[0])
                inside[edge[0]] = user if known is None else _common(known, user)
    for node in nodes:
        if node["kind"] == "operation":
            continue
        held = place = inside.get(node["id"], found.root)
        if node["kind"] not in OWNED:
            place = _out_of(place, node)
        while place is held and place.kind in ("repeat", "part") and place.parent is not None:
            held = place = place.parent
        place.leaves.append(node["id"])
        found.home[node["id"]] = place


def _round(group: Group) -> Iterator[Group]:
    """The group and those round it, inside out."""
    at: Group | None = group
    while at is not None:
        yield at
        at = at.parent


def _common(one: Group, other: Group) -> Group:
    around = list(_round(one))
    return next(group for group in _round(other) if group in around)


def _out_of(place: Group, node: Mapping[str, Any]) -> Group:
    """The group itself, or the one round the outermost module that the node was handed to."""
    own = {(called["path"], called["call"]) for called in node.get("scope") or ()}
    found = place
    for group in _round(place):
        if group.kind == "module" and (group.path, group.number) not in own and group.parent:
            found = group.parent
    return found
