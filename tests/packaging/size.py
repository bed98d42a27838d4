"""How many lines of code there are, room by room: docstrings, comments and blank lines left out.

    python tests/packaging/size.py
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "learngrad"
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
          tokenize.ENDMARKER}
# What a reader of the core reads: an array that remembers, the tape, the operations.
ENGINE = "devices.py", "autograd", "tensor.py"
CORE = (*ENGINE, "errors.py", "source.py", "ops", "numbers.py", "printing.py", "creation.py",
        "random.py", "linalg.py", "compat.py")


def code(text: str) -> set[int]:
    """The numbers of the lines that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if documented and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return lines


def rooms() -> dict[str, int]:
    """Lines of Python code by file or folder of the package."""
    found: dict[str, int] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "node_modules" not in path.parts:
            room = path.relative_to(PACKAGE).parts[0]
            found[room] = found.get(room, 0) + len(code(path.read_text("utf-8")))
    return found


def operations() -> dict[str, int]:
    """For every operation, the lines of its forward and backward together."""
    found = {}
    for path in sorted((PACKAGE / "ops").glob("*.py")):
        text = path.read_text("utf-8")
        lines = code(text)
        for node in ast.parse(text).body:
            inside = node.body if isinstance(node, ast.ClassDef) else []
            parts = [f for f in inside if isinstance(f, ast.FunctionDef)
                     and f.name in ("forward", "backward")]
            if len(parts) == 2:
                found[node.name] = sum(
                    len(lines & set(range(f.lineno, (f.end_lineno or 0) + 1))) for f in parts)
    return found


def main() -> None:
    """Print the table."""
    lines, sizes = rooms(), operations()
    rows = [(count, room) for room, count in sorted(lines.items(), key=lambda x: -x[1])]
    rows += [(sum(lines.values()), "in all"),
             (sum(lines[room] for room in ENGINE), "devices, autograd and tensor"),
             (sum(lines[room] for room in CORE), "the core, operations included")]
    sys.stdout.write("".join(f"{count:6d}  {room}\n" for count, room in rows))
    sys.stdout.write(f"{statistics.median(sizes.values()):6.0f}  lines of forward and backward, "
                     f"in the median of {len(sizes)} operations\n")


if __name__ == "__main__":
    main()
