"""A trace as a static SVG: the picture that survives GitHub, slides, printing and a dead kernel.

It has the live view's boxes, shapes and colours (a test compares them with the front end's style
sheet), no script and no reference to anything outside. The light colours stand as attributes, so
that a place that strips style sheets shows them; a style sheet adds the dark ones, by the host
page's theme where it names one, else by the system's. The ground is left clear.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

from learngrad.trace.boxes import CELL, boxes, gradients
from learngrad.trace.fold import Group, fold
from learngrad.trace.layout import MAX_NODES, engine, layout
from learngrad.trace.paint import COLOURS, FONT, NEUTRAL, STYLE, escaped, ink, n, paint
from learngrad.trace.shown import group_box, group_title
from learngrad.trace.svg_boxes import (
    BOLD,
    MARKS,
    closed,
    look_of,
    mark,
    node_box,
    outline,
    specimen,
)
from learngrad.trace.text import cells, elide
from learngrad.trace.words import summary

__all__ = ["COLOURS", "draw", "to_svg"]

MARGIN, NARROWEST, TIP = 10, 300, 7.0
# The legend's words, as in the live view.
KINDS = {"leaf": "leaf you made", "parameter": "parameter", "buffer": "buffer",
         "constant": "constant", "operation": "operation", "unrecorded": "under no_grad",
         "failed": "failed here", "card": "closed group", "stack": "repeated"}
CUT = "no gradient comes back"
PICTURES = {"value": "numbers below, above 0", "grad": "their gradients"}
SHAPE_OF = {"leaf": "pill", "parameter": "double-pill", "buffer": "dashed-pill",
            "constant": "dashed-rectangle", "operation": "rectangle",
            "unrecorded": "rectangle", "failed": "octagon", "card": "card", "stack": "stack"}


def to_svg(trace: Mapping[str, Any]) -> str | None:
    """Draw the graph of a trace.

    Parameters
    ----------
    trace : dict
        A trace.

    Returns
    -------
    str or None
        An SVG element, good inside a page and as a file of its own. Of a graph with more than 500
        nodes the modules and what repeats are folded; where that does not help, it is a card that
        says so and counts the operations. None where there is nothing to lay the graph out with
        (see `layout`): use words there.
    """
    nodes = trace["nodes"]
    if not nodes:
        return _card(["Nothing is recorded yet."], summary(trace))
    found = layout(trace)
    if found is not None:
        return draw(trace, found)
    large = len(nodes) > MAX_NODES and engine() is not None
    return _card(_counts(nodes), summary(trace)) if large else None


def draw(trace: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Draw the graph from a layout object that was made before."""
    by_id = {n["id"]: n for n in trace["nodes"]}
    groups = fold(trace["nodes"]).groups
    places = found["nodes"]
    drawn = boxes(trace, {i for i in by_id if str(i) in places})
    cards = [groups[key] for key in places if key in groups]
    grads = gradients(trace)
    shown = [by_id[i] for i in drawn]
    pictured = [node["id"] in grads for node in shown if drawn[node["id"]].picture]
    cut = [_is_cut(edge, by_id) for edge in found["edges"]]
    signs = _signs(shown, cards, pictured, any(cut))
    legend, below = _legend(signs, trace, max(found["width"], NARROWEST))
    width = max(found["width"], NARROWEST)
    shift = (width - found["width"]) / 2
    parts = [f'<g transform="translate({n(MARGIN + shift)} {MARGIN})">']
    parts += [_frame_round(group_title(groups[key], by_id), place)
              for key, place in sorted(found.get("frames", {}).items(),
                                       key=lambda item: groups[item[0]].depth)]
    parts += map(_edge, found["edges"], cut)
    parts += [node_box(node, drawn[node["id"]], places[str(node["id"])], trace,
                       grads.get(node["id"])) for node in shown]
    parts += [closed(group, group_box(group, by_id), places[group.key]) for group in cards]
    parts.append("</g>")
    parts.append(f'<g transform="translate({MARGIN} {n(found["height"] + 2 * MARGIN + 6)})">')
    parts += [*legend, "</g>"]
    return _frame(parts, width + 2 * MARGIN, found["height"] + 3 * MARGIN + 6 + below,
                  summary(trace))


def _frame(parts: Iterable[str], width: float, height: float, said: str) -> str:
    size = f'width="{n(width)}" height="{n(height)}" viewBox="0 0 {n(width)} {n(height)}"'
    said = escaped(elide(said, 1000))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="learngrad-svg" {size} role="img" '
        f'aria-label="{said}" font-family="{FONT}" font-size="11">',
        f"<title>Graph of a computation</title><desc>{said}</desc>",
        f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _card(lines: list[str], said: str) -> str:
    """A few lines of text in place of a picture."""
    width = max(NARROWEST, max(cells(line) for line in lines) * CELL + 40)
    height = len(lines) * 18 + 24
    parts = [f'<rect x="1" y="1" width="{n(width - 2)}" height="{height - 2}" rx="8" '
             f'{paint("operation")} stroke-width="1"/>']
    parts += [f'<text x="20" y="{26 + 18 * i}" {ink("faint" if i else "ink")}'
              f'{"" if i else BOLD}>{escaped(line)}</text>' for i, line in enumerate(lines)]
    return _frame(parts, width, height, said)


def _counts(nodes: list[Mapping[str, Any]]) -> list[str]:
    counted = Counter(elide(n.get("sign") or n.get("op") or "", 24) or n["kind"] for n in nodes)
    lines = [f"{len(nodes):,} nodes: too many for one picture.",
             f"(At most {MAX_NODES} are drawn. Record one training step, not all of them.)"]
    lines += [f"{name}: {count:,}" for name, count in counted.most_common(8)]
    rest = len(counted) - 8
    return [*lines, f"and {rest} other kinds"] if rest > 0 else lines


# Boxes and edges ---------------------------------------------------------------------------------

def _frame_round(title: str, where: list[float]) -> str:
    """The frame round an open group."""
    x, y, width, height = where
    left, top = x - width / 2, y - height / 2
    return (f'<rect x="{n(left)}" y="{n(top)}" width="{n(width)}" height="{n(height)}" rx="10" '
            f'class="around" fill="none" stroke="{COLOURS["frame-line"][0]}"/>'
            f'<text x="{n(left + 12)}" y="{n(top + 17)}" font-weight="600" {ink("faint")}>'
            f"{escaped(title)}</text>")


def _is_cut(edge: Mapping[str, Any], by_id: Mapping[Any, Mapping[str, Any]]) -> bool:
    """Whether no gradient comes back through an edge, though what it comes from has one."""
    origin, to = by_id.get(edge["from"][0]), by_id.get(edge["to"])
    return bool(origin and to and origin["requires_grad"] and not to["requires_grad"]
                and to["status"] != "failed")


def _edge(edge: Mapping[str, Any], cut: bool = False) -> str:
    """A curve from an operand to a result, with a tip that is a shape of its own (no ids)."""
    points = [tuple(p) for p in edge["points"]]
    (end_x, end_y), (from_x, from_y) = points[-1], points[-2]
    length = math.hypot(end_x - from_x, end_y - from_y) or 1.0
    u, v = (end_x - from_x) / length, (end_y - from_y) / length
    back_x, back_y = end_x - TIP * u, end_y - TIP * v
    points[-1] = (end_x - (TIP - 1) * u, end_y - (TIP - 1) * v)
    start, *rest = (f"{n(x)},{n(y)}" for x, y in points)
    half = TIP * 0.42
    tip = (f"M{n(end_x)},{n(end_y)}L{n(back_x - half * v)},{n(back_y + half * u)}"
           f"L{n(back_x + half * v)},{n(back_y - half * u)}Z")
    line = COLOURS["edge"][0]
    slot = edge["from"][1]
    dots = ' stroke-dasharray="2 5"' if cut else ""
    label = ""
    if slot:
        x, y = edge["points"][0]
        label = (f'<text x="{n(x + 5)}" y="{n(y + 10)}" font-size="9" fill="{NEUTRAL}">'
                 f"[{slot}]</text>")
    return (f'<path class="edge" d="M{start}C{" ".join(rest)}" fill="none" stroke="{line}" '
            f'stroke-width="1.4"{dots}/><path class="tip" d="{tip}" fill="{line}"/>{label}')


# Legend and colours ------------------------------------------------------------------------------

def _signs(nodes: list[Mapping[str, Any]], cards: list[Group],
           pictured: list[bool], cut: bool) -> Iterator[tuple[str, str]]:
    """What is drawn, in words; `pictured` has an item for each picture: has it a gradient?

    `cut` says whether an edge is drawn through which none comes back.
    """
    present = {look_of(node) for node in nodes}
    present |= {"stack" if group.kind == "repeat" else "card" for group in cards}
    for look, said in KINDS.items():
        if look in present:
            yield outline(look, 24, 14, SHAPE_OF[look]), said
    for look, said in PICTURES.items():
        if pictured if look == "value" else any(pictured):
            yield specimen(look), said
    for name, (_, _, said) in MARKS.items():
        if any(node.get(name) for node in nodes):
            yield mark(name, 0, 0), said
    if cut:
        yield _edge({"points": [[-12, 0], [-4, 0], [4, 0], [12, 0]], "from": [0, 0]}, True), CUT


def _legend(signs: Iterable[tuple[str, str]], trace: Mapping[str, Any],
            width: float) -> tuple[list[str], float]:
    """The signs with their words, in rows, and what was left out; and the height it takes."""
    parts, x, y = [], 0.0, 0.0
    for sign, label in signs:
        needs = 30 + cells(label) * CELL
        if x and x + needs > width:
            x, y = 0.0, y + 20
        parts.append(f'<g transform="translate({n(x)} {n(y)})"><g transform="translate(12 8)">'
                     f'{sign}</g><text x="30" y="12" fill="{NEUTRAL}">{label}</text></g>')
        x += needs + 16
    missing = (trace.get("truncated") or {}).get("nodes")
    if missing:
        said = f"{missing:,} more nodes were not recorded: the limit was reached"
        for line in wrap(said, int(width / CELL)):
            y += 20
            parts.append(f'<text y="{n(y + 12)}" fill="{NEUTRAL}">{line}</text>')
    return parts, y + 16
