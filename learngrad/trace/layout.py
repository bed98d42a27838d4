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
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from learngrad.trace.boxes import Box, boxes
from learngrad.trace.dot import edges, layout_dot

__all__ = ["MAX_NODES", "engine", "layout"]

MAX_NODES = 500
"""Above this a picture helps nobody: boxes would be dots, and the layout takes seconds."""
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


def layout(trace: Mapping[str, Any], *, max_nodes: int = MAX_NODES) -> dict[str, Any] | None:
    """Positions of boxes and edges, in pixels with y downwards.

    Parameters
    ----------
    trace : dict
        A trace.
    max_nodes : int, default 500
        Larger graphs are not laid out.

    Returns
    -------
    dict or None
        ``{"width", "height", "nodes": {"3": [x, y, w, h]}, "edges": [{"from": [id, slot],
        "to": id, "operand": 0, "points": [[x, y], ...]}]}``: x and y are a box's centre, points
        are those of joined cubic Bézier curves (1 + 3 k of them), from operand to result. None
        where there is no Graphviz, where it fails or takes longer than 20 seconds (both with a
        RuntimeWarning), or where the graph is larger than `max_nodes`.
    """
    if len(trace["nodes"]) > max_nodes:
        return None
    if not trace["nodes"]:
        return {"width": 0, "height": 0, "nodes": {}, "edges": []}
    program = engine()
    if program is None:
        return None
    sizes = boxes(trace)
    text = _run(program, layout_dot(trace, sizes))
    return None if text is None else _read(text, trace, sizes)


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


def _read(text: str, trace: Mapping[str, Any], sizes: Mapping[int, Box]) -> dict[str, Any]:
    graph = json.loads(text)
    left, bottom, right, top = map(float, graph["bb"].split(","))

    def place(pair: str) -> list[float]:
        x, y = map(float, pair.split(","))
        return [_short(x - left), _short(top - y)]

    centres = {item["name"]: place(item["pos"]) for item in graph["objects"]}
    curves = {item["id"]: [place(p) for p in item["pos"].split()]
              for item in graph.get("edges", ())}
    return {
        "width": _short(right - left), "height": _short(top - bottom),
        "nodes": {str(i): [*centres[f"n{i}"], size.width, size.height]
                  for i, size in sizes.items()},
        "edges": [{"from": origin, "to": to, "operand": operand,
                   "points": curves[f"e{to}_{operand}"]} for origin, to, operand in edges(trace)],
    }


def _short(value: float) -> float:
    return round(value, 1)
