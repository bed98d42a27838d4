"""A trace as a static SVG: the picture that survives GitHub, slides, printing and a dead kernel.

It has the live view's boxes, shapes and colours (a test compares them with the front end's style
sheet), no script and no reference to anything outside. The light colours stand as attributes, so
that a place that strips style sheets shows them; a style sheet adds the dark ones, by the host
page's theme where it names one, else by the system's. The ground is left clear.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any

from learngrad.trace.boxes import (
    CELL,
    LINE_HEIGHT,
    NO_GRADIENT,
    PAD_Y,
    TITLE_HEIGHT,
    Box,
    boxes,
    title_parts,
)
from learngrad.trace.fold import Group, fold
from learngrad.trace.layout import MAX_NODES, engine, layout
from learngrad.trace.shown import group_box, group_title
from learngrad.trace.text import cells, clean, elide, value_text
from learngrad.trace.words import place_of, summary

__all__ = ["COLOURS", "draw", "to_svg"]

# name: (light, dark), as in the front end's style sheet.
COLOURS = {
    "ink": ("#1c2530", "#e6eaf0"), "faint": ("#5d6875", "#9ba7b4"), "edge": ("#7f8b98", "#66727f"),
    "grad": ("#a24e00", "#ffbd6b"),
    "leaf": ("#e4f1fc", "#12304a"), "leaf-line": ("#1f74b5", "#69b6f3"),
    "parameter": ("#dcf4ea", "#0d3a2d"), "parameter-line": ("#04795a", "#4bcb9f"),
    "buffer": ("#f3ebf8", "#35234a"), "buffer-line": ("#84539f", "#c39ae0"),
    "constant": ("#f5f4f0", "#2b2a27"), "constant-line": ("#85817a", "#a39e94"),
    "operation": ("#fff", "#1f252d"), "operation-line": ("#59636f", "#98a5b3"),
    "failed": ("#fdebe2", "#452008"), "failed-line": ("#b04300", "#ff8f4f"),
    "group": ("#eef1f5", "#2a323d"), "group-line": ("#47525f", "#b6c2cf"),
    "frame-line": ("#b4bdc7", "#4d5866"),
}
# Legible on white and on black: for what stands on a ground whose colour nobody told us.
NEUTRAL = "#757c85"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
MARGIN, NARROWEST, TIP = 10, 300, 7.0
# The legend's words, as in the live view.
KINDS = {"leaf": "leaf you made", "parameter": "parameter", "buffer": "buffer",
         "constant": "constant", "operation": "operation", "unrecorded": "under no_grad",
         "failed": "failed here", "card": "closed group", "stack": "repeated"}
SHAPE_OF = {"leaf": "pill", "parameter": "double-pill", "buffer": "dashed-pill",
            "constant": "dashed-rectangle", "operation": "rectangle",
            "unrecorded": "rectangle", "failed": "octagon", "card": "card", "stack": "stack"}
DASHES = {"dashed-pill": "5 3", "dashed-rectangle": "5 3", "octagon": "6 4"}
BEHIND = {"card": 1, "stack": 2}  # cards that stand behind a closed group's
# Two sheets, one over the other; an arrow that comes back.
MARKS = {"view": ("leaf", "M-3.6-3.6H1.4V1.4H-3.6zM-1.4-1.4H3.6V3.6H-1.4z", "view: same memory"),
         "version": ("failed", "M3.4-1.2A3.6 3.6 0 1 0 3.4 1.6M3.9-4V-1H.9", "changed in place")}


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
    drawn = boxes(trace)
    by_id = {n["id"]: n for n in trace["nodes"]}
    groups = fold(trace["nodes"]).groups
    places = found["nodes"]
    cards = [groups[key] for key in places if key in groups]
    legend, below = _legend(trace, max(found["width"], NARROWEST), places, cards)
    width = max(found["width"], NARROWEST)
    shift = (width - found["width"]) / 2
    parts = [f'<g transform="translate({_n(MARGIN + shift)} {MARGIN})">']
    parts += [_frame_round(group_title(groups[key], by_id), place)
              for key, place in sorted(found.get("frames", {}).items(),
                                       key=lambda item: groups[item[0]].depth)]
    parts += [_edge(edge, _is_cut(edge, by_id)) for edge in found["edges"]]
    parts += [_node(by_id[i], drawn[i], places[str(i)], trace) for i in drawn if str(i) in places]
    parts += [_closed(group, group_box(group, by_id), places[group.key]) for group in cards]
    parts.append("</g>")
    parts.append(f'<g transform="translate({MARGIN} {_n(found["height"] + 2 * MARGIN + 6)})">')
    parts += [*legend, "</g>"]
    return _frame(parts, width + 2 * MARGIN, found["height"] + 3 * MARGIN + 6 + below,
                  summary(trace))


def _frame(parts: Iterable[str], width: float, height: float, said: str) -> str:
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
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
    parts = [f'<rect x="1" y="1" width="{_n(width - 2)}" height="{height - 2}" rx="8" '
             f'{_paint("operation")} stroke-width="1"/>']
    parts += [f'<text x="20" y="{26 + 18 * i}" {_ink("faint" if i else "ink")}'
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

BOLD = ' font-size="12" font-weight="700"'


def _node(node: Mapping[str, Any], box: Box, where: list[float], trace: Mapping[str, Any]) -> str:
    x, y, width, height = where
    look = _look(node)
    top = -height / 2 + PAD_Y
    # Without a title the first line is the value, and is set like one.
    name, sign = title_parts(node)
    titled = bool(name or sign) or len(box.lines) > 1
    parts = [f'<g transform="translate({_n(x)} {_n(y)})" text-anchor="middle">',
             f"<title>{escaped(_tooltip(node, trace))}</title>",
             _outline(look, width, height, box.shape)]
    parts += [_mark(name, width / 2 - 10 - 17 * nth, -height / 2)
              for nth, name in enumerate(name for name in MARKS if node.get(name))]
    for i, line in enumerate(box.lines):
        base = top + 12 if i == 0 else top + TITLE_HEIGHT + (i - 1) * LINE_HEIGHT + 10.5
        ink, more = _ink("ink"), ""
        if i == 0:
            more = BOLD if titled else ' font-size="12"'
        elif line == NO_GRADIENT:
            ink, more = _ink("faint"), ' font-style="italic"'
        elif line.startswith("grad ") and i == len(box.lines) - 1 and node["requires_grad"]:
            ink = _ink("grad")
        shown = _title(name, sign) if i == 0 and name and sign else escaped(line)
        parts.append(f'<text y="{_n(base)}" {ink}{more}>{shown}</text>')
    return "".join([*parts, "</g>"])


def _mark(name: str, x: float, y: float) -> str:
    """A small round sign for what is special about a node."""
    look, path, _ = MARKS[name]
    line = f'class="{look} sign" fill="none" stroke="{COLOURS[look + "-line"][0]}"'
    return (f'<g transform="translate({_n(x)} {_n(y)})"><rect x="-7" y="-7" width="14" height="14" '
            f'rx="7" {_paint("operation")} stroke-width="1"/>'
            f'<path d="{path}" {line} stroke-width="1.2"/></g>')


def _closed(group: Group, box: Box, where: list[float]) -> str:
    """A closed group: a card with others behind it."""
    x, y, width, height = where
    top = -height / 2 + PAD_Y
    title, count = map(escaped, box.lines)
    return (f'<g transform="translate({_n(x)} {_n(y)})" text-anchor="middle">'
            f"{_outline('group', width, height, box.shape)}"
            f'<text y="{_n(top + 12)}" {_ink("ink")}{BOLD}>{title}</text>'
            f'<text y="{_n(top + TITLE_HEIGHT + 10.5)}" {_ink("faint")}>{count}</text></g>')


def _frame_round(title: str, where: list[float]) -> str:
    """The frame round an open group."""
    x, y, width, height = where
    left, top = x - width / 2, y - height / 2
    return (f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" rx="10" '
            f'class="around" fill="none" stroke="{COLOURS["frame-line"][0]}"/>'
            f'<text x="{_n(left + 12)}" y="{_n(top + 17)}" font-weight="600" {_ink("faint")}>'
            f"{escaped(title)}</text>")


def _title(name: str, sign: str) -> str:
    """The name stands out from what made it."""
    return f'{escaped(name)}<tspan font-weight="400"> = {escaped(sign)}</tspan>'


def _look(node: Mapping[str, Any]) -> str:
    if node.get("status") == "failed":
        return "failed"
    return "unrecorded" if node.get("no_grad") else str(node["kind"])


def _outline(look: str, width: float, height: float, shape: str) -> str:
    x, y = -width / 2, -height / 2
    dashes = f' stroke-dasharray="{DASHES[shape]}"' if shape in DASHES else ""
    if shape == "octagon":
        cut = min(9, height / 3)
        corners = [(x + cut, y), (-x - cut, y), (-x, y + cut), (-x, -y - cut),
                   (-x - cut, -y), (x + cut, -y), (x, -y - cut), (x, y + cut)]
        points = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
        return f'<polygon points="{points}" {_paint(look)} stroke-width="1.5"{dashes}/>'
    if look == "unrecorded":
        dashes = ' stroke-dasharray="1.5 3"'
    corner = min(height / 2, 18) if "pill" in shape else 1 if shape in DASHES else 4

    def rect(inset: float, paint: str) -> str:
        return (f'<rect x="{_n(x + inset)}" y="{_n(y + inset)}" width="{_n(width - 2 * inset)}" '
                f'height="{_n(height - 2 * inset)}" rx="{_n(max(1, corner - inset))}" {paint}/>')

    if shape in BEHIND:
        step, last = min(4, height / 8), BEHIND[shape]
        return "".join(
            f'<rect x="{_n(x + k * step)}" y="{_n(y + k * step)}" width="{_n(width)}" '
            f'height="{_n(height)}" rx="{_n(min(7, height / 3))}" {_paint("group")} '
            f'stroke-width="{1 if k else 1.5}"/>' for k in range(last, -1, -1))
    first = rect(0, f'{_paint(look)} stroke-width="1.5"{dashes}')
    if shape != "double-pill":
        return first
    line = COLOURS[f"{look}-line"][0]
    return first + rect(3, f'class="{look} inner" fill="none" stroke="{line}"')


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
    start, *rest = (f"{_n(x)},{_n(y)}" for x, y in points)
    half = TIP * 0.42
    tip = (f"M{_n(end_x)},{_n(end_y)}L{_n(back_x - half * v)},{_n(back_y + half * u)}"
           f"L{_n(back_x + half * v)},{_n(back_y - half * u)}Z")
    line = COLOURS["edge"][0]
    slot = edge["from"][1]
    dots = ' stroke-dasharray="2 5"' if cut else ""
    label = ""
    if slot:
        x, y = edge["points"][0]
        label = (f'<text x="{_n(x + 5)}" y="{_n(y + 10)}" font-size="9" fill="{NEUTRAL}">'
                 f"[{slot}]</text>")
    return (f'<path class="edge" d="M{start}C{" ".join(rest)}" fill="none" stroke="{line}" '
            f'stroke-width="1.4"{dots}/><path class="tip" d="{tip}" fill="{line}"/>{label}')


def _tooltip(node: Mapping[str, Any], trace: Mapping[str, Any]) -> str:
    facts = [" = ".join(p for p in title_parts(node) if p) or node["kind"]]
    if node["kind"] != "operation":
        facts[0] += f" ({node['kind']})"
    if node.get("shape") is not None:
        facts.append(f"shape {node['shape']}, {clean(node.get('dtype') or '')}")
    if node.get("preview") is not None:
        facts.append(value_text(node["preview"]))
    if node.get("src"):
        facts.append(f"{place_of(node, trace)}: {elide(node['src'].get('text') or '', 200)}")
    if node.get("error"):
        facts.append(elide(node["error"], 500))
    if node.get("status") == "freed":
        facts.append("backward() has used this node and let go of what it saved")
    return "\n".join(facts)


# Legend and colours ------------------------------------------------------------------------------

def _legend(trace: Mapping[str, Any], width: float, places: Mapping[str, Any],
            cards: list[Group]) -> tuple[list[str], float]:
    """What the shapes mean, only those that are drawn, in rows; and the height it takes."""
    nodes = [node for node in trace["nodes"] if str(node["id"]) in places]
    present = {_look(node) for node in nodes}
    present |= {"stack" if group.kind == "repeat" else "card" for group in cards}
    signs = [(_outline(look, 24, 14, SHAPE_OF[look]), KINDS[look])
             for look in KINDS if look in present]
    signs += [(_mark(name, 0, 0), MARKS[name][2]) for name in MARKS
              if any(node.get(name) for node in nodes)]
    parts, x, y = [], 0.0, 0.0
    for sign, label in signs:
        needs = 30 + cells(label) * CELL
        if x and x + needs > width:
            x, y = 0.0, y + 20
        parts.append(f'<g transform="translate({_n(x)} {_n(y)})"><g transform="translate(12 8)">'
                     f'{sign}</g><text x="30" y="12" fill="{NEUTRAL}">{label}</text></g>')
        x += needs + 16
    missing = (trace.get("truncated") or {}).get("nodes")
    if missing:
        said = f"{missing:,} more nodes were not recorded: the limit was reached"
        for line in wrap(said, int(width / CELL)):
            y += 20
            parts.append(f'<text y="{_n(y + 12)}" fill="{NEUTRAL}">{line}</text>')
    return parts, y + 16


def _paint(look: str) -> str:
    look = "constant" if look == "unrecorded" else look
    return (f'class="{look}" fill="{COLOURS[look][0]}" '
            f'stroke="{COLOURS[look + "-line"][0]}"')


def _ink(name: str) -> str:
    return f'class="{name}" fill="{COLOURS[name][0]}"'


def _style() -> str:
    """The style sheet: colours as variables, light or dark by the host's theme or the system's."""
    def names(at: int) -> str:
        return ";".join(f"--{name}:{both[at]}" for name, both in COLOURS.items())

    own = ".learngrad-svg"
    rules = [f"{own}{{max-width:100%;height:auto;{names(0)}}}",
             f"@media (prefers-color-scheme:dark){{{own}{{{names(1)}}}}}"]
    for at, hosts in enumerate((('[data-jp-theme-light="true"]', ".vscode-light",
                                 '[data-theme="light"]'),
                                ('[data-jp-theme-light="false"]', ".vscode-dark",
                                 '[data-theme="dark"]'))):
        rules.append(f"{','.join(f'{host} {own}' for host in hosts)}{{{names(at)}}}")
    rules += [f"{own} .{look}{{fill:var(--{look});stroke:var(--{look}-line)}}"
              for look in (*KINDS, "group") if look in COLOURS]
    rules += [f"{own} .{name}{{fill:var(--{name})}}"
              for name in ("ink", "faint", "grad")]
    rules += [f"{own} .inner,{own} .sign{{fill:none}}",
              f"{own} .around{{stroke:var(--frame-line)}}", f"{own} .edge{{stroke:var(--edge)}}",
              f"{own} .tip{{fill:var(--edge)}}"]
    return "".join(rules)


STYLE = _style()


def escaped(text: str) -> str:
    """Text for an element or for an attribute between double quotes, in SVG and HTML."""
    lines = (clean(line) for line in text.split("\n"))
    return ("\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace('"', "&quot;").replace("'", "&#39;"))


def _n(value: float) -> str:
    """A coordinate in as few characters as it needs."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
