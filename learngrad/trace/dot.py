"""A trace in DOT, Graphviz's language: once for its layout, once as a picture of its own.

For a layout only ids and sizes are written, so nothing a stranger put into a trace reaches
Graphviz. The stand-alone export carries text; `escaped` makes any text safe in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from learngrad.trace.boxes import Box, boxes
from learngrad.trace.shown import Edge, Ref, Shown
from learngrad.trace.text import clean

__all__ = ["edge_name", "layout_dot", "to_dot"]

# The front end's gaps in inches: enough for an edge to be followed by eye.
_GRAPH = "rankdir=TB nodesep=0.3 ranksep=0.6"
HANDLE = 18  # pixels, of a frame's title
IN_ORDER = 60
"""Up to so many nodes operands stand from left to right as they are written; beyond, edges that
cross less are worth more."""

# Shape, style, fill, line and text of the stand-alone export, in the light colours of `svg`.
_LOOKS = {
    "pill": 'shape=box style="rounded,filled" fillcolor="#e4f1fc" color="#1f74b5"',
    "double-pill": 'shape=box style="rounded,filled" peripheries=2 fillcolor="#dcf4ea" '
                   'color="#04795a"',
    "dashed-pill": 'shape=box style="rounded,filled,dashed" fillcolor="#f3ebf8" color="#84539f"',
    "dashed-rectangle": 'shape=box style="filled,dashed" fillcolor="#f5f4f0" color="#85817a"',
    "rectangle": 'shape=box style="filled" fillcolor="#ffffff" color="#59636f"',
    "octagon": 'shape=octagon style="filled,dashed" fillcolor="#fdebe2" color="#b04300"',
}


def edges(trace: Mapping[str, Any]) -> Iterator[tuple[list[int], int, int]]:
    """Every edge as ([id, slot] it comes from, id it goes to, number of the operand)."""
    for node in trace["nodes"]:
        for operand, edge in enumerate(node["edges"]):
            if edge is not None:
                yield edge, node["id"], operand


def layout_dot(drawn: Shown, sizes: Mapping[Ref, Box], titles: Mapping[str, int]) -> str:
    """Boxes and frames of fixed size without any text: what a layout engine needs to know.

    `sizes` has the boxes by node or group, `titles` how wide the titles of frames are.
    """
    inside: dict[str, list[str]] = {"": []}
    inside.update((frame.key, []) for frame in drawn.frames)
    for item in drawn.boxes:
        ref = item if isinstance(item, int) else item.key
        size = sizes[ref]
        inside[drawn.round[ref]].append(
            f"  {_name(ref)} [width={size.width / 72:.4f} height={size.height / 72:.4f}]")
    for frame in reversed(drawn.frames):  # inner ones first
        inside[drawn.round[frame.key]] += [
            f"  subgraph cluster_{frame.key} {{",
            f"  graph [margin={8 if frame.kind == 'turn' else 11} labeljust=l label=<<TABLE "
            f'BORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" '
            f'WIDTH="{titles[frame.key]}" HEIGHT="{HANDLE}"><TR><TD></TD></TR></TABLE>>]',
            *inside[frame.key], "  }"]
    lines = ["digraph trace {", f"  graph [{_layout(len(drawn.boxes))}]",
             '  node [shape=box fixedsize=true label=""]', "  edge [dir=none]", *inside[""]]
    lines += [f'  {_name(edge.origin)} -> {_name(edge.to)} [id="{edge_name(edge)}"]'
              for edge in drawn.edges]
    return "\n".join([*lines, "}", ""])


def _name(ref: Ref) -> str:
    return f"n{ref}" if isinstance(ref, int) else ref


def edge_name(edge: Edge) -> str:
    """What a layout calls an edge."""
    return f"{edge.origin}|{edge.slot}|{edge.to}|{edge.operand}"


def to_dot(trace: Mapping[str, Any]) -> str:
    r"""The graph as DOT text that any Graphviz draws, with names, values and gradients.

    Parameters
    ----------
    trace : dict
        A trace.

    Returns
    -------
    str
        A directed graph from operands to results, top to bottom.

    Examples
    --------
    >>> a = {"id": 0, "kind": "leaf", "name": "a", "requires_grad": False, "shape": [],
    ...      "preview": {"shape": [], "values": [2.0]}, "edges": []}
    >>> print(to_dot({"nodes": [a], "replays": []}).splitlines()[4].split(" tooltip")[0])
      n0 [label="a\n2"
    """
    lines = ["digraph learngrad {",
             f'  graph [{_layout(len(trace["nodes"]))} bgcolor="transparent" charset="UTF-8"]',
             '  node [fontname="Courier" fontsize=11 margin="0.14,0.08" fontcolor="#1c2530"]',
             '  edge [color="#7f8b98" arrowsize=0.6]']
    drawn = boxes(trace)
    for node in trace["nodes"]:
        one = drawn[node["id"]]
        label = "\\n".join(escaped(line) for line in one.lines)
        lines.append(f'  n{node["id"]} [label="{label}" tooltip="{escaped(tooltip(node))}" '
                     f"{_LOOKS[one.shape]}]")
    for origin, to, _ in edges(trace):
        slot = f' [taillabel="{origin[1]}" fontsize=9]' if origin[1] else ""
        lines.append(f"  n{origin[0]} -> n{to}{slot}")
    return "\n".join([*lines, "}", ""])


def _layout(boxes: int) -> str:
    return _GRAPH + (" ordering=in" if boxes <= IN_ORDER else "")


def tooltip(node: Mapping[str, Any]) -> str:
    """The line that made the node, or what it is."""
    src = node.get("src") or {}
    return src.get("text") or node.get("name") or node.get("op") or node["kind"]


def escaped(text: str) -> str:
    """Text for between double quotes in DOT, where backslashes and entities have a meaning."""
    text = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
