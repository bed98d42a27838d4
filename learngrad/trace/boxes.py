"""The box of a node: its lines of text, its size and its shape. One rule for every picture.

The live view, the static SVG and the stand-alone page draw the same boxes, so the rule is written
here in prose, implemented here and in the front end (`js/core`), and both are tested against
``tests/trace/box_cases.json``. How numbers, values and names are written is in `text`.

Lines (one to three, each short)
    1. The title. An operation: ``name = sign``, or the sign alone when the result has no name (of
       several outputs that all have one: ``a, b = unbind``);
       the sign is `sign`, else `op`, else ``operation``, at most 16 characters. Where it is at
       most two characters long and exactly one of two operands is a plain number (its edge is
       null, its text begins with a digit, or a minus sign and a digit), the number stands on its
       side, at most 10 characters, and ``(·)`` for the tensor: ``d = c − 1.5`` is drawn as
       ``d = (·) − 1.5`` (without it, d would seem to be −1.5), and ``c ** 2``, with a whole number
       of at most two digits, as ``(·)²``. A minus sign with one operand is ``−(·)``. Anything
       else: its name; without a name ``tensor`` (leaf), ``parameter``, ``buffer``, ``constant``. A
       constant scalar without a name has no title: its value says it all. The name is at most 20
       characters.
    2. The value: `value_text` of the preview. Without a preview the shape; nothing when even that
       is unknown. Of an operation with several outputs: ``2 outputs``.
       A failed operation has ``failed`` and then the first line of its error, at most 28
       characters, and no line 3.
    3. Only where `requires_grad` is true and the kind is not constant: the gradient. ``grad 6``
       (up to four numbers written out), else ``grad −0.1 to 0.3`` (its span, since the shape is
       the value's), or ``no gradient yet`` when there is none. None is not zero. Of an operation
       with several outputs: ``grad of output 1 6`` when one of them has a gradient, ``2 gradients``
       when more have.

Pictures
    A value that is not written out has its picture (`glance`) to the left of lines 2 and 3, which
    then begin beside it; and where there is a gradient line, as much room beside that, for the
    gradient's: its picture, or an empty frame as long as there is none.

Size (pixels)
    Line 1 is set in a bold 12 px monospaced font, 7.2 px a cell; the others in 11 px, 6.6 px.
    Width: the widest line, and at least 15 cells of 11 px where there is a gradient line (so a
    scalar's box keeps its width when ``no gradient yet`` becomes a number; of several outputs the
    line of each that has one, since it may come first), plus 2 × 10 px (2 × 14
    px for pills), rounded to 1/1000 and then up, at least 44. Height: 2 × 6 px, 16 px for line 1,
    14 px for each other. Pictures have frames of 2 px, and 7 px between each other (from picture to
    picture) and 11 px before the lines; what is below line 1 is at least as high as they are, with
    their frames and 1 px.

Shapes
    leaf: ``pill`` · parameter: ``double-pill`` · buffer: ``dashed-pill`` · constant:
    ``dashed-rectangle`` · operation: ``rectangle`` · failed: ``octagon``, dashed and red.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from learngrad.trace.glance import glance
from learngrad.trace.text import (
    cells,
    elide,
    elide_middle,
    shape_text,
    span_text,
    value_text,
    written_out,
)

__all__ = ["Box", "box", "boxes", "gradients", "pictures", "takes_gradient", "title_parts"]

TITLE_CELL, CELL = 7.2, 6.6
TITLE_HEIGHT, LINE_HEIGHT = 16, 14
PAD_Y, PAD_X, PAD_PILL = 6, 10, 14
FRAME, BETWEEN, BESIDE = 2, 7, 11
NO_GRADIENT = "no gradient yet"
SHAPES = {"leaf": "pill", "parameter": "double-pill", "buffer": "dashed-pill",
          "constant": "dashed-rectangle", "operation": "rectangle"}
UNNAMED = {"leaf": "tensor"}
MINUS = ("-", "−")
POWERS, RAISED = ("**", "^"), str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_NUMBER, _SMALL = re.compile("[-−]?[0-9]"), re.compile("[-−]?[0-9]{1,2}")


class Box(NamedTuple):
    """What is drawn for a node: text lines, size in pixels, shape, size of its pictures."""

    lines: list[str]
    width: int
    height: int
    shape: str
    picture: tuple[float, float] | None = None


def box(node: Mapping[str, Any], grad: Mapping[str, Any] | None = None) -> Box:
    """The box of one node.

    Parameters
    ----------
    node : dict
        A node of a trace.
    grad : dict, optional
        The preview of the gradient to show; None where there is none (yet). Of an operation with
        several outputs it has ``each``, the gradient of each or None.

    Examples
    --------
    >>> a = {"kind": "leaf", "name": "a", "requires_grad": True, "shape": [],
    ...      "preview": {"shape": [], "values": [2.0]}}
    >>> box(a).lines
    ['a', '2', 'no gradient yet']
    >>> box(a, {"shape": [], "values": [3.0]}).lines
    ['a', '2', 'grad 3']
    """
    failed = node.get("status") == "failed"
    shape = "octagon" if failed else SHAPES[node["kind"]]
    lines = [*_title(node), *(_failure(node) if failed else _value(node))]
    widths = [cells(line) * (CELL if i else TITLE_CELL) for i, line in enumerate(lines)]
    takes = takes_gradient(node)
    if takes:
        lines.append(_gradient(grad))
        said = [lines[-1], NO_GRADIENT, *(_of_one(*one) for one in _arrived(grad))]
        widths += [cells(line) * CELL for line in said]
    body = LINE_HEIGHT * (len(lines) - 1)
    picture = None if failed else _picture(node)
    if picture:
        widths = [widths[0], max(widths[1:]) + pictures(picture, takes)]
        body = max(body, math.ceil(picture[1]) + 2 * FRAME + 1)
    pad = PAD_PILL if "pill" in shape else PAD_X
    # Rounded first: 7.2 has no exact binary form and both languages must reach the same integer.
    width = max(44, math.ceil(round(max(widths) + 2 * pad, 3)))
    return Box(lines, width, 2 * PAD_Y + TITLE_HEIGHT + body, shape, picture)


def pictures(picture: tuple[float, float], takes: bool) -> float:
    """How far the lines beside a box's pictures are moved to the right."""
    return FRAME + picture[0] * (1 + takes) + BETWEEN * takes + BESIDE


def _picture(node: Mapping[str, Any]) -> tuple[float, float] | None:
    preview = node.get("preview")
    if preview is None or written_out(preview) or len(node.get("outputs") or []) > 1:
        return None
    seen = glance(preview)
    return None if seen is None else (seen.width, seen.height)


def title_parts(node: Mapping[str, Any]) -> tuple[str, str]:
    """Name and sign as line 1 shows them; either may be empty."""
    name = elide_middle(node.get("name") or _parts(node))
    if node["kind"] != "operation":
        return name, ""
    sign = elide(node.get("sign") or node.get("op") or "operation", 16)
    edges, operands = node["edges"], node.get("operands") or []
    if len(sign) <= 2 and len(edges) == len(operands) == 2 and edges.count(None) == 1:
        plain = edges.index(None)
        if _NUMBER.match(operands[plain]):
            written = elide(operands[plain], 10)
            if plain == 1 and sign in POWERS and _SMALL.fullmatch(written):
                return name, "(·)" + written.translate(RAISED)
            sign = f"(·) {sign} {written}" if plain == 1 else f"{written} {sign} (·)"
    elif sign in MINUS and len(edges) == 1:
        sign += "(·)"
    return name, sign


def _parts(node: Mapping[str, Any]) -> str:
    """The names of an operation's outputs, where it has several and each has one."""
    names = [output.get("name") or "" for output in node.get("outputs") or ()]
    return ", ".join(names) if all(names) else ""


def _title(node: Mapping[str, Any]) -> list[str]:
    name, sign = title_parts(node)
    if name or sign:
        return [" = ".join(part for part in (name, sign) if part)]
    kind = node["kind"]
    if kind == "constant" and node.get("shape") == []:
        return []
    return [UNNAMED.get(kind, kind)]


def _value(node: Mapping[str, Any]) -> list[str]:
    outputs = node.get("outputs") or []
    if len(outputs) > 1:
        return [f"{len(outputs)} outputs"]
    if node.get("preview") is not None:
        return [value_text(node["preview"])]
    return [] if node.get("shape") is None else [shape_text(node["shape"])]


def _failure(node: Mapping[str, Any]) -> list[str]:
    first = (node.get("error") or "").strip().split("\n", 1)[0]
    return ["failed", elide(first, 28)] if first else ["failed"]


def takes_gradient(node: Mapping[str, Any]) -> bool:
    """Whether the box has a line for a gradient."""
    return bool(node.get("requires_grad")) and node["kind"] != "constant" \
        and node.get("status") != "failed"


def _gradient(grad: Mapping[str, Any] | None) -> str:
    if grad is None:
        return NO_GRADIENT
    arrived = _arrived(grad)
    if arrived:
        return f"{len(arrived)} gradients" if len(arrived) > 1 else _of_one(*arrived[0])
    return f"grad {_written(grad)}"


def _arrived(grad: Mapping[str, Any] | None) -> list[tuple[int, Mapping[str, Any]]]:
    """Of an operation with several outputs, the gradients that there are."""
    return [(slot, one) for slot, one in enumerate((grad or {}).get("each") or ()) if one]


def _of_one(slot: int, grad: Mapping[str, Any]) -> str:
    return f"grad of output {slot} {_written(grad)}"


def _written(grad: Mapping[str, Any]) -> str:
    return written_out(grad) or span_text(grad) or shape_text(grad["shape"])


def gradients(trace: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The gradient to show for each node when all recorded replays have run.

    A leaf's is what its `.grad` became. An intermediate result's, where it kept none of its own,
    is what arrived at it in the last replay that reached it: of several outputs, at the first that
    received something, with what arrived at ``each``.

    Returns
    -------
    dict of int to preview
        Nodes without a gradient are absent.
    """
    found: dict[int, Mapping[str, Any]] = {}
    for replay in trace.get("replays", ()):
        for step in replay["steps"]:
            written = (step.get("write") or {}).get("after")
            arrived = next((g for g in step.get("upstream") or () if g is not None), None)
            gradient = written or arrived
            if gradient is not None:
                several = not written and len(step["upstream"]) > 1
                found[step["node"]] = {**gradient, "each": step["upstream"]} if several \
                    else gradient
    found.update((n["id"], n["grad"]) for n in trace["nodes"]
                 if n.get("grad") is not None and "each" not in found.get(n["id"], ()))
    return found


def boxes(trace: Mapping[str, Any], shown: Container[int] | None = None) -> dict[int, Box]:
    """The boxes of a finished trace, with each node's final gradient, by node id: all, or some."""
    grads = gradients(trace)
    return {node["id"]: box(node, grads.get(node["id"])) for node in trace["nodes"]
            if shown is None or node["id"] in shown}
