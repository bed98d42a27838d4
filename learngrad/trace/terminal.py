"""How text stands in a terminal: wrapped and in columns, as wide as it is.

Where what is printed goes elsewhere, into a file or a notebook, lines are left as long as they are.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap

from learngrad.trace.text import cells, elide

__all__ = ["columns", "fitted", "help_text", "paragraph", "width"]

WIDEST, LEAST = 34, 6
"""Of a column of a table: without a terminal, and in a narrow one."""
NARROWEST = 20
COMMANDS = [("Enter, n", "next step"), ("b", "one step back"),
            ("g NAME", "go to a node's step"), ("r NAME", "run there, telling each step"),
            ("g 3", "go to step 3"), ("r", "run to the end"),
            ("p", "print the graph"), ("q", "quit; ? prints this help")]
TWO_COLUMNS = 72


def width() -> int | None:
    """How wide the terminal is; None where what is printed goes elsewhere."""
    if not (sys.stdout is not None and sys.stdout.isatty()):
        return None
    return max(NARROWEST, shutil.get_terminal_size().columns)


_CONTRIBUTIONS = re.compile(r"(?<=\.) (?=The gradient arriving is |To [^:]{1,60}: )")


def help_text() -> str:
    """What can be typed, in two columns where there is room."""
    lines = [f"{keys:<8}  {does}" for keys, does in COMMANDS]
    if (width() or TWO_COLUMNS) >= TWO_COLUMNS:
        lines = [f"{left:<33}{right}" for left, right in zip(lines[::2], lines[1::2], strict=True)]
    return "\n".join(f"  {line}" for line in lines)


def paragraph(text: str) -> str:
    """A step's sentence; in a terminal with a line for each contribution, and one before it."""
    if width() is None:
        return text
    first, *rest = _CONTRIBUTIONS.split(text)
    return "\n".join(["", first, *(f"  {part}" for part in rest)])


def fitted(text: str) -> str:
    """Lines that are longer than the terminal is wide, wrapped between words."""
    room = width()
    if room is None:
        return text
    return "\n".join(line if cells(line) <= room else _wrapped(line, room)
                     for line in text.split("\n"))


def _wrapped(line: str, room: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, room, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)


def columns(rows: list[tuple[str, ...]]) -> str:
    """Rows as aligned columns; what is too wide is cut, the widest first."""
    room = width()
    widest = [WIDEST] * len(rows[0])

    def taken() -> list[int]:
        return [max(min(cells(row[k]), widest[k]) for row in rows) for k in range(len(widest))]

    while room is not None and sum(taken()) + 2 * (len(widest) - 1) > room:
        widths = taken()
        at = max(range(1, len(widest)), key=lambda k: widths[k])
        if widths[at] <= LEAST:
            break
        widest[at] = widths[at] - 1
    cut = [[elide(cell, limit) for cell, limit in zip(row, widest, strict=True)] for row in rows]
    widths = [max(cells(row[k]) for row in cut) for k in range(len(widest))]
    return "\n".join("  ".join(cell + " " * (width - cells(cell))
                               for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in cut)
