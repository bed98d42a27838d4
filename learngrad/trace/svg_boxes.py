"""The boxes of a graph in SVG: their outlines, lines, marks, and values at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from learngrad.trace.boxes import (
    BETWEEN,
    FRAME,
    LINE_HEIGHT,
    NO_GRADIENT,
    PAD_PILL,
    PAD_X,
    PAD_Y,
    TITLE_HEIGHT,
    Box,
    pictures,
    takes_gradient,
    title_parts,
)
from learngrad.trace.fold import Group
from learngrad.trace.glance import glance
from learngrad.trace.paint import COLOURS, escaped, ink, n, paint
from learngrad.trace.text import clean, elide, value_text
from learngrad.trace.words import place_of

__all__ = ["BOLD", "MARKS", "closed", "look_of", "mark", "node_box", "outline", "specimen"]

DASHES = {"dashed-pill": "5 3", "dashed-rectangle": "5 3", "octagon": "6 4"}
BEHIND = {"card": 1, "stack": 2}  # cards that stand behind a closed group's
# Two sheets, one over the other; an arrow that comes back.
MARKS = {"view": ("leaf", "M-3.6-3.6h5v5h-5ZM-1.4-1.4h5v5h-5Z", "view: same memory"),
         "version": ("failed", "M3.4-1.2C2.7-2.8 1-3.7-0.6-3.3C-2.3-3-3.5-1.5-3.5 0.2"
                     "C-3.5 1.9-2.3 3.4-0.6 3.7C1 4.1 2.7 3.2 3.4 1.6M3.9-4v3h-3",
                     "changed in place")}
BOLD = ' font-size="12" font-weight="700"'


def node_box(node: Mapping[str, Any], box: Box, where: list[float], trace: Mapping[str, Any],
             grad: Mapping[str, Any] | None) -> str:
    """The box of a node; `grad` is the preview of its gradient."""
    x, y, width, height = where
    top = -height / 2 + PAD_Y
    # Without a title the first line is the value, and is set like one.
    name, sign = title_parts(node)
    titled = bool(name or sign) or len(box.lines) > 1
    parts = [f'<g transform="translate({n(x)} {n(y)})" text-anchor="middle">',
             f"<title>{escaped(_tooltip(node, trace))}</title>",
             outline(look_of(node), width, height, box.shape)]
    parts += [mark(name, width / 2 - 10 - 17 * nth, -height / 2)
              for nth, name in enumerate(name for name in MARKS if node.get(name))]
    left, body = "", height - 2 * PAD_Y - TITLE_HEIGHT
    if box.picture:
        begin = (PAD_PILL if "pill" in box.shape else PAD_X) - width / 2
        parts += _pictures(node, box.picture, grad, begin + FRAME, top + TITLE_HEIGHT + body / 2)
        left = f' x="{n(begin + pictures(box.picture, takes_gradient(node)))}" text-anchor="start"'
    air = (body - LINE_HEIGHT * (len(box.lines) - 1)) / 2
    for i, line in enumerate(box.lines):
        base = top + 12 if i == 0 else top + TITLE_HEIGHT + air + (i - 1) * LINE_HEIGHT + 10.5
        look, more = ink("ink"), left if i else ""
        if i == 0:
            more = BOLD if titled else ' font-size="12"'
        elif line == NO_GRADIENT:
            look, more = ink("faint"), more + ' font-style="italic"'
        elif line.startswith("grad ") and i == len(box.lines) - 1 and node["requires_grad"]:
            look = ink("grad")
        shown = _title(name, sign) if i == 0 and name and sign else escaped(line)
        parts.append(f'<text y="{n(base)}" {look}{more}>{shown}</text>')
    return "".join([*parts, "</g>"])


def _pictures(node: Mapping[str, Any], size: tuple[float, float], grad: Mapping[str, Any] | None,
              x: float, y: float) -> Iterator[str]:
    """Value and gradient at a glance, from `x` on, round the height `y`."""
    yield seen(node["preview"], size, "value", x, y)
    if takes_gradient(node):
        yield seen(grad, size, "grad" if grad else "none", x + size[0] + BETWEEN, y)


# The line round a picture: colour, corners, dashes.
LOOKS = {"value": ("edge", 0, ""), "grad": ("grad", 4, ""),
          "none": ("edge", 4, ' stroke-dasharray="2 2"')}


def seen(preview: Mapping[str, Any] | None, size: tuple[float, float], look: str, x: float,
         y: float) -> str:
    """One picture in its frame."""
    found = None if preview is None else glance(preview)
    drawn = "" if found is None else _strokes(found.line, found.paths)
    place = f"translate({n(x)} {n(y - size[1] / 2)})"
    return f'<g transform="{place}">{_frame(look, *size)}{drawn}</g>'


def specimen(look: str) -> str:
    """A picture for the legend, centred on the origin."""
    bars = {"cold3": "M1.5 10v-4M5.5 10v-6", "warm3": "M10.5 10v-9M14.5 10v-5"}
    return f'<g transform="translate(-8 -5)">{_frame(look, 16, 10)}{_strokes(3, bars)}</g>'


def _frame(look: str, width: float, height: float) -> str:
    line, corner, dashes = LOOKS[look]
    return (f'<rect x="{-FRAME}" y="{-FRAME}" width="{n(width + 2 * FRAME)}" '
            f'height="{n(height + 2 * FRAME)}" rx="{corner}" class="seen {line}-stroke" '
            f'fill="{COLOURS["operation"][0]}" stroke="{COLOURS[line][0]}"{dashes}/>')


def _strokes(width: float, paths: Mapping[str, str]) -> str:
    """The paths of a picture, by shade."""
    drawn = "".join(
        f'<path class="{colour}-stroke" d="{paths[shade]}" '
        f'stroke="{COLOURS[colour][0]}"{strength}/>'
        for shade, (colour, strength) in SHADES.items() if shade in paths)
    return f'<g fill="none" stroke-width="{width:g}">{drawn}</g>'


# Of each shade of a picture its colour, and how strong it is.
SHADES = {f"{shade}{level}": (colour, strength)
          for shade, colour in (("warm", "above"), ("cold", "below"))
          for level, strength in ((1, ' opacity="0.35"'), (2, ' opacity="0.7"'), (3, ""))}
SHADES |= {"plain": ("edge", ""), "bad": ("failed-line", "")}


def mark(name: str, x: float, y: float) -> str:
    """A small round sign for what is special about a node."""
    look, path, _ = MARKS[name]
    line = f'class="{look} sign" fill="none" stroke="{COLOURS[look + "-line"][0]}"'
    return (f'<g transform="translate({n(x)} {n(y)})"><rect x="-7" y="-7" width="14" height="14" '
            f'rx="7" {paint("operation")} stroke-width="1"/>'
            f'<path d="{path}" {line} stroke-width="1.2"/></g>')


def closed(group: Group, box: Box, where: list[float]) -> str:
    """A closed group: a card with others behind it."""
    x, y, width, height = where
    top = -height / 2 + PAD_Y
    title, count = map(escaped, box.lines)
    return (f'<g transform="translate({n(x)} {n(y)})" text-anchor="middle">'
            f"{outline('group', width, height, box.shape)}"
            f'<text y="{n(top + 12)}" {ink("ink")}{BOLD}>{title}</text>'
            f'<text y="{n(top + TITLE_HEIGHT + 10.5)}" {ink("faint")}>{count}</text></g>')


def _title(name: str, sign: str) -> str:
    """The name stands out from what made it."""
    return f'{escaped(name)}<tspan font-weight="400"> = {escaped(sign)}</tspan>'


def look_of(node: Mapping[str, Any]) -> str:
    """The name of the colours that a node has."""
    if node.get("status") == "failed":
        return "failed"
    return "unrecorded" if node.get("no_grad") else str(node["kind"])


def outline(look: str, width: float, height: float, shape: str) -> str:
    """What is drawn round a box of this look and shape."""
    x, y = -width / 2, -height / 2
    dashes = f' stroke-dasharray="{DASHES[shape]}"' if shape in DASHES else ""
    if shape == "octagon":
        cut = min(9, height / 3)
        corners = [(x + cut, y), (-x - cut, y), (-x, y + cut), (-x, -y - cut),
                   (-x - cut, -y), (x + cut, -y), (x, -y - cut), (x, y + cut)]
        points = " ".join(f"{n(a)},{n(b)}" for a, b in corners)
        return f'<polygon points="{points}" {paint(look)} stroke-width="1.5"{dashes}/>'
    if look == "unrecorded":
        dashes = ' stroke-dasharray="1.5 3"'
    corner = min(height / 2, 18) if "pill" in shape else 1 if shape in DASHES else 4

    def rect(inset: float, paint: str) -> str:
        return (f'<rect x="{n(x + inset)}" y="{n(y + inset)}" width="{n(width - 2 * inset)}" '
                f'height="{n(height - 2 * inset)}" rx="{n(max(1, corner - inset))}" {paint}/>')

    if shape in BEHIND:
        step, last = min(4, height / 8), BEHIND[shape]
        return "".join(
            f'<rect x="{n(x + k * step)}" y="{n(y + k * step)}" width="{n(width)}" '
            f'height="{n(height)}" rx="{n(min(7, height / 3))}" {paint("group")} '
            f'stroke-width="{1 if k else 1.5}"/>' for k in range(last, -1, -1))
    first = rect(0, f'{paint(look)} stroke-width="1.5"{dashes}')
    if shape != "double-pill":
        return first
    line = COLOURS[f"{look}-line"][0]
    return first + rect(3, f'class="{look} inner" fill="none" stroke="{line}"')


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


