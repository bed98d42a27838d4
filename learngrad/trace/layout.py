"""Where the boxes of a graph stand: Graphviz as a program, for pictures without a browser.

The browser lays out live graphs itself, from the same boxes. Here the system's `dot` is used
where there is one, else the binary of the package `graphviz-pure` (an extra); without either
there is no layout, and a display falls back on words.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import Any

from learngrad.trace.boxes import Box, boxes
from learngrad.trace.dot import edge_name, layout_dot
from learngrad.trace.fold import fold
from learngrad.trace.shown import Edge, Ref, Shown, group_box, opening, shown, title_width
from learngrad.trace.spans import far_curve, split

__all__ = ["MAX_NODES", "engine", "layout", "layouts"]

MAX_NODES = 500
"""More boxes than this help nobody: a larger graph is folded, and its groups are boxes."""
SECONDS = 20.0


def engine() -> str | None:
    """The path of the Graphviz program that is used, or None."""
    found = shutil.which("dot")
    if found:
        return found
    # pip puts the binary beside the interpreter, which need not be on PATH.
    folders = [os.path.dirname(sys.executable), sysconfig.get_path("scripts"),
               sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))]
    return shutil.which("graphviz-pure", path=os.pathsep.join(folders)) \
        or shutil.which("graphviz-pure")


def layout(trace: Mapping[str, Any], *, max_nodes: int = MAX_NODES,
           opened: Set[str] | None = None) -> dict[str, Any] | None:
    """Positions of boxes and edges, in pixels with y downwards.

    Parameters
    ----------
    trace : dict
        A trace.
    max_nodes : int, default 500
        So many boxes are drawn at most. A larger graph is folded (see `fold` and `shown`).
    opened : set of str, optional
        The keys of the groups that are open; by default those that are at first.

    Returns
    -------
    dict or None
        ``{"width", "height", "nodes": {"3": [x, y, w, h]}, "frames": {"m5_1": [x, y, w, h]},
        "edges": [{"from": [id, slot], "to": id, "operand": 0, "points": [[x, y], ...]}]}``: x and
        y are a box's centre, points are those of joined cubic Bézier curves (1 + 3 k of them),
        from operand to result. A closed group stands among the nodes, and in the place of an id,
        by its key; an open one has a frame. None where there is no Graphviz, where it fails or
        takes longer than 20 seconds (both with a RuntimeWarning), or where even the folded graph
        has more than `max_nodes` boxes.
    """
    if not trace["nodes"]:
        return {"width": 0, "height": 0, "nodes": {}, "frames": {}, "edges": []}
    program = engine()
    if program is None:
        return None
    nodes = trace["nodes"]
    found = fold(nodes)
    drawn = shown(found, nodes, opening(found, max_nodes) if opened is None else opened)
    if len(drawn.boxes) > max_nodes:
        return None
    by_id = {node["id"]: node for node in nodes}
    single = {item for item in drawn.boxes if isinstance(item, int)}
    sizes: dict[Ref, Box] = dict(boxes(trace, single).items())
    sizes.update((item.key, group_box(item, by_id)) for item in drawn.boxes
                 if not isinstance(item, int))
    titles = {frame.key: title_width(frame, by_id) for frame in drawn.frames}
    near, far = split(drawn.edges)
    text = _run(program, layout_dot(drawn._replace(edges=near), sizes, titles))
    return None if text is None else _read(text, drawn, sizes, far)


def layouts(trace: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What a page without a layout engine can show: the graph as it is at first, then others.

    They are the graph with every group open, and with its repeats closed, where that is not the
    same and not too much. None where there is no layout.
    """
    first = layout(trace)
    if first is None:
        return None
    groups = fold(trace["nodes"]).groups
    made = [first]
    for opened in (set(groups),
                   {key for key, group in groups.items() if group.kind != "repeat"}):
        known = [set(one["nodes"]) for one in made]
        more = layout(trace, opened=opened)
        if more is not None and set(more["nodes"]) not in known:
            made.append(more)
    return made


@lru_cache(maxsize=32)
def _run(program: str, dot: str) -> str | None:
    """Graphviz's answer; remembered, since a display asks for the same picture more than once."""
    command = [program, "-Kdot", "-Tjson"]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=SECONDS,
                              check=True)
    except subprocess.TimeoutExpired:
        why = f"took longer than {SECONDS:g} seconds"
    except subprocess.CalledProcessError as error:
        why = f"failed: {error.stderr.decode(errors='replace').strip()[:200]}"
    except OSError as error:
        why = f"could not be run: {error}"
    else:
        return done.stdout.decode()
    warnings.warn(f"no picture: {Path(program).name} {why}", RuntimeWarning, stacklevel=3)
    return None


def _read(text: str, drawn: Shown, sizes: Mapping[Ref, Box],
          far: Sequence[Edge]) -> dict[str, Any]:
    graph = json.loads(text)
    left, bottom, right, top = map(float, graph["bb"].split(","))

    def place(pair: str) -> list[float]:
        x, y = map(float, pair.split(","))
        return [_short(x - left), _short(top - y)]

    def frame(bb: str) -> list[float]:
        x0, y0, x1, y1 = map(float, bb.split(","))
        return [_short((x0 + x1) / 2 - left), _short(top - (y0 + y1) / 2), _short(x1 - x0),
                _short(y1 - y0)]

    objects = graph["objects"]
    centres = {item["name"].removeprefix("n"): place(item["pos"]) for item in objects
               if "bb" not in item}
    curves = {item["id"]: [place(p) for p in item["pos"].split()]
              for item in graph.get("edges", ())}
    boxes_at = {str(ref): [*centres[str(ref)], sizes[ref].width, sizes[ref].height] for ref in (
        item if isinstance(item, int) else item.key for item in drawn.boxes)}
    curves.update((edge_name(edge), far_curve(boxes_at[str(edge.origin)], boxes_at[str(edge.to)]))
                  for edge in far)
    return {
        "width": _short(right - left), "height": _short(top - bottom),
        "nodes": boxes_at,
        "frames": {item["name"].removeprefix("cluster_"): frame(item["bb"]) for item in objects
                   if "bb" in item},
        "edges": [{"from": [edge.origin, edge.slot], "to": edge.to, "operand": edge.operand,
                   "points": curves[edge_name(edge)]} for edge in drawn.edges],
    }


def _short(value: float) -> float:
    return round(value, 1)
