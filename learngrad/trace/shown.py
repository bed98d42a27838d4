"""What is drawn of a folded graph: boxes of nodes and closed groups, frames round open ones.

The front end draws by the same rule (`js/core/shown.ts`).

Opening
    Up to 40 nodes with up to 60 edges, or fewer where there is less room, are all drawn. Of more,
    repeats of 8 turns and what is in them are closed, and the rest is open where it has room. Else
    modules, turns and parts are opened level by level, each level whole, while they fit; all
    repeats stay closed.
Frames
    Open modules, repeats and turns have one, but no turn where more than 8 would; parts never.
Edges
    Those between two nodes keep their operand. All that lead from one box to a closed group, or
    from a closed group to one node, are drawn as one.
Words
    A module is ``path · Class``, a repeat ``Block × 12`` or ``@, +, tanh × 50`` (the signs of one
    turn; arithmetic by its names where it ends with such a sign or has a ×, which would be misread:
    ``mul × 9``, ``mul, add × 9``), its turns ``turn 3 of 50``, parts
    ``turns 1 to 10``, ``operations 1 to 10`` or, where calls are among them, ``items 1 to 10``. A
    closed group's second line counts its operations, and is as wide as ``5 of 38: softmax`` needs:
    the operation whose turn it is, or the turn of a repeat that it is in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from learngrad.trace.boxes import CELL, LINE_HEIGHT, PAD_Y, TITLE_CELL, TITLE_HEIGHT, Box
from learngrad.trace.fold import MANY_TURNS, Fold, Group, Item, Nodes
from learngrad.trace.text import cells, elide, elide_middle

__all__ = ["CALM", "Edge", "Ref", "Shown", "group_box", "group_title", "opening", "shown",
           "title_width", "turns", "turns_in"]

Ref = int | str
MOST_TURNS = 8
# Beside "× 10" a sign would be misread.
NAMES = {"+": "add", "−": "sub", "-": "sub", "×": "mul", "÷": "div", "@": "matmul"}
CALM, CALM_EDGES = 40, 60
"""Boxes, and edges between them, that are seen at a glance."""


class Edge(NamedTuple):
    """An edge that is drawn: from a node's output or a group, to a node's operand or a group."""

    origin: Ref
    slot: int
    to: Ref
    operand: int


class Shown(NamedTuple):
    """What is drawn: boxes and frames in the order of their first operation, and edges.

    `round` has the key of the innermost frame round each box and frame; "" where there is none.
    """

    boxes: list[Item]
    frames: list[Group]
    edges: list[Edge]
    round: dict[Ref, str]


def opening(found: Fold, most: int) -> set[str]:
    """The keys of the groups that are open at first, where `most` boxes have room."""
    if len(found.home) <= min(CALM, most) and found.edges <= CALM_EDGES:
        return set(found.groups)
    opened: set[str] = set()
    drawn = _open_in(found.root, opened)
    if drawn <= most:
        return opened
    opened = set()
    drawn = _size(found.root)
    level = _groups(found.root)
    while level:
        wide = [group for group in level if group.kind != "repeat"]
        drawn += sum(_size(group) - 1 for group in wide)
        if drawn > most:
            break
        opened.update(group.key for group in wide)
        level = [inner for group in wide for inner in _groups(group)]
    return opened


def _open_in(group: Group, opened: set[str]) -> int:
    """Open all that is in a group but long repeats; how many boxes that draws."""
    drawn = _size(group)
    for inner in _groups(group):
        if inner.kind != "repeat" or inner.count < MANY_TURNS:
            opened.add(inner.key)
            drawn += _open_in(inner, opened) - 1
    return drawn


def _groups(group: Group) -> list[Group]:
    return [item for item in group.items if not isinstance(item, int)]


def _size(group: Group) -> int:
    return len(group.items) + len(group.leaves)


def shown(found: Fold, nodes: Sequence[Mapping[str, Any]], opened: Set[str]) -> Shown:
    """What is drawn of a trace's nodes when these groups are open."""
    boxes: list[Item] = []
    frames: list[Group] = []
    at: dict[int, Ref] = {}

    def enter(group: Group) -> None:
        for item in sorted([*group.items, *group.leaves], key=_first):
            if isinstance(item, int):
                boxes.append(item)
                at[item] = item
            elif item.key in opened:
                if item.kind != "part":
                    frames.append(item)
                enter(item)
            else:
                boxes.append(item)
                at.update(dict.fromkeys(_within(item), item.key))

    enter(found.root)
    if sum(frame.kind == "turn" for frame in frames) > MOST_TURNS:
        frames = [frame for frame in frames if frame.kind != "turn"]
    keys = {frame.key for frame in frames}

    def inner(group: Group | None) -> str:
        while group is not None and group.key not in keys:
            group = group.parent
        return "" if group is None else group.key

    around: dict[Ref, str] = {
        item if isinstance(item, int) else item.key:
        inner(found.home[item] if isinstance(item, int) else item.parent)
        for item in (*boxes, *frames)}
    return Shown(boxes, frames, list(_edges(nodes, at)), around)


def _first(item: Item) -> int:
    return item if isinstance(item, int) else item.first


def _within(group: Group) -> Iterator[int]:
    yield from group.leaves
    for item in group.items:
        if isinstance(item, int):
            yield item
        else:
            yield from _within(item)


def _edges(nodes: Sequence[Mapping[str, Any]], at: Mapping[int, Ref]) -> dict[Edge, None]:
    found: dict[Edge, None] = {}
    for node in nodes:
        to = at.get(node["id"])
        if to is None:
            continue
        led: set[str] = set()  # closed groups that lead to this node
        for operand, edge in enumerate(node["edges"]):
            origin = None if edge is None else at.get(edge[0])
            if origin is None or origin == to:
                continue
            if isinstance(to, str):
                found[Edge(origin, 0, to, 0)] = None
            elif isinstance(origin, int):
                found[Edge(origin, edge[1], to, operand)] = None
            elif origin not in led:
                led.add(origin)
                found[Edge(origin, 0, to, operand)] = None
    return found


def title_width(group: Group, by_id: Nodes) -> int:
    """How wide a frame's title is in pixels, with the sign that closes it in a live view."""
    return math.ceil(round(cells(group_title(group, by_id)) * CELL, 3)) + 26


# What a group is called --------------------------------------------------------------------------

def group_title(group: Group, by_id: Nodes) -> str:
    """A group's name, as the module's docstring has it."""
    if group.kind == "module":
        path, cls = elide_middle(group.path), elide(group.cls, 20)
        return f"{path} · {cls}" if path and path != cls else cls
    if group.kind == "repeat":
        return f"{elide(_pattern(group, by_id), 24)} × {group.count}"
    holder = _holding(group)
    if group.kind == "turn":
        return f"turn {group.number} of {holder.count}"
    plain = "operations" if group.operations == group.count else "items"
    what = "turns" if holder.kind == "repeat" else plain
    return f"{what} {group.number} to {group.number + group.count - 1}"


def _pattern(group: Group, by_id: Nodes) -> str:
    """What one turn of a repeat does: the class, or the signs."""
    turn = group.items[0]
    while not isinstance(turn, int) and turn.kind == "part":
        turn = turn.items[0]
    items = turn.items if not isinstance(turn, int) and turn.kind == "turn" else [turn]
    signs = []
    for item in items[:8]:
        if isinstance(item, int):
            node = by_id[item]
            signs.append(node.get("sign") or node.get("op") or "operation")
        else:
            signs.append(_pattern(item, by_id) if item.kind == "repeat" else item.cls)
    if signs[-1] in NAMES or "×" in signs:
        signs = [NAMES.get(sign, sign) for sign in signs]
    return ", ".join(signs)


def _holding(group: Group) -> Group:
    """The group whose turns or parts these are."""
    parent = group.parent
    assert parent is not None  # a turn and a part stand in a group
    return _holding(parent) if parent.kind == "part" else parent


def turns(found: Fold) -> dict[int, str]:
    """In which turns of what repeats each operation runs: ``turn 2 of 9``, ``Block 3 of 12``.

    From outside in; operations outside of repeats are left out.
    """
    said: dict[int, str] = {}

    def enter(items: Sequence[Item], round_them: str) -> None:
        for item in items:
            if isinstance(item, int):
                if round_them:
                    said[item] = round_them
            elif item.kind != "repeat":
                enter(item.items, round_them)
            else:
                inside = turns_in(item)
                for nth, turn in enumerate(inside):
                    module = not isinstance(turn, int) and turn.kind == "module"
                    name = elide(turn.cls, 20) if module else "turn"  # type: ignore[union-attr]
                    own = f"{name} {nth + 1} of {len(inside)}"
                    enter([turn], f"{round_them}, {own}" if round_them else own)

    enter(found.root.items, "")
    return said


def turns_in(group: Group) -> list[Item]:
    """The turns of a repeat, also where they stand in parts."""
    return [turn for item in group.items for turn in (
        turns_in(item) if not isinstance(item, int) and item.kind == "part" else [item])]


def group_box(group: Group, by_id: Nodes) -> Box:
    """The box of a closed group."""
    count = group.operations
    lines = [group_title(group, by_id), "1 operation" if count == 1 else f"{count:,} operations"]
    room = 2 * len(str(count)) + 16
    widest = max(cells(lines[0]) * TITLE_CELL, cells(lines[1]) * CELL, room * CELL)
    return Box(lines, math.ceil(round(widest + 24, 3)), 2 * PAD_Y + TITLE_HEIGHT + LINE_HEIGHT,
               "stack" if group.kind == "repeat" else "card")
