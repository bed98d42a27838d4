"""A trace in DOT, Graphviz's language: once for its layout, once as a picture of its own.

For a layout only ids and sizes are written, so nothing a stranger put into a trace reaches
Graphviz. The stand-alone export carries text; `escaped` makes any text safe in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from learngrad.trace.boxes import Box, boxes
from learngrad.trace.text import clean

__all__ = ["layout_dot", "to_dot"]

# Space between boxes in pixels: enough for an edge to be followed by eye.
NODE_GAP, RANK_GAP = 26, 34
_GRAPH = f"rankdir=TB nodesep={NODE_GAP / 72:.4f} ranksep={RANK_GAP / 72:.4f}"

# Shape, style, fill, line and text of the stand-alone export, in the light colours of `svg`.
_LOOKS = {
    "pill": 'shape=box style="rounded,filled" fillcolor="#e6f1fb" color="#1f6fb2"',
    "double-pill": 'shape=box style="rounded,filled" peripheries=2 fillcolor="#fdf0dd" '
                   'color="#b06000"',
    "dashed-pill": 'shape=box style="rounded,filled,dashed" fillcolor="#f2ecfa" color="#7450a8"',
    "dashed-rectangle": 'shape=box style="filled,dashed" fillcolor="#f6f7f8" color="#6b7480"',
    "rectangle": 'shape=box style="filled" fillcolor="#ffffff" color="#57606a"',
    "octagon": 'shape=octagon style="filled,dashed" fillcolor="#fdeceb" color="#c0302b"',
}


def edges(trace: Mapping[str, Any]) -> Iterator[tuple[list[int], int, int]]:
    """Every edge as ([id, slot] it comes from, id it goes to, number of the operand)."""
    for node in trace["nodes"]:
        for operand, edge in enumerate(node["edges"]):
            if edge is not None:
                yield edge, node["id"], operand


def layout_dot(trace: Mapping[str, Any], sizes: Mapping[int, Box]) -> str:
    """The graph as boxes of fixed size without any text: what a layout engine needs to know."""
    lines = ["digraph trace {", f"  graph [{_GRAPH}]",
             '  node [shape=box fixedsize=true label=""]', "  edge [dir=none]"]
    for node in trace["nodes"]:
        size = sizes[node["id"]]
        lines.append(f"  n{node['id']} [width={size.width / 72:.4f} height={size.height / 72:.4f}]")
    lines += [f"  n{origin[0]} -> n{to} [id=e{to}_{operand}]"
              for origin, to, operand in edges(trace)]
    return "\n".join([*lines, "}", ""])


def to_dot(trace: Mapping[str, Any]) -> str:
    """The graph as DOT text that any Graphviz draws, with names, values and gradients.

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
      n0 [label="a\\n2"
    """
    lines = ["digraph learngrad {", f'  graph [{_GRAPH} bgcolor="transparent" charset="UTF-8"]',
             '  node [fontname="monospace" fontsize=11 margin="0.14,0.08" fontcolor="#1b1f24"]',
             '  edge [color="#7d8590" arrowsize=0.6]']
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


def tooltip(node: Mapping[str, Any]) -> str:
    """The line that made the node, or what it is."""
    src = node.get("src") or {}
    return src.get("text") or node.get("name") or node.get("op") or node["kind"]


def escaped(text: str) -> str:
    """Text for between double quotes in DOT, where backslashes and entities have a meaning."""
    text = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
