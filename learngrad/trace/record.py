"""One node of a trace as it is kept while recording, and how its numbers are put into formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from learngrad import devices
from learngrad.trace import text
from learngrad.trace.preview import Preview

__all__ = ["TEXT_LIMIT", "Record", "local_numbers", "options"]

TEXT_LIMIT = 10_000  # characters of a name or a message, as the schema has it


class Record:
    """One node of the trace as it is kept; its JSON is worked out when asked for."""

    __slots__ = ("cls", "device", "dtype", "edges", "error", "grad", "id", "kind", "name",
                 "no_grad", "operands", "options", "outputs", "place", "preview", "requires_grad",
                 "scope", "seen", "shape", "status", "version", "view")

    def __init__(self, id: int, kind: str, cls: Any, name: str | None) -> None:
        self.id, self.kind, self.cls, self.name = id, kind, cls, name
        self.shape: tuple[int, ...] | None = None
        self.dtype: Any = None
        self.device: Any = devices.CPU
        self.requires_grad = False
        self.scope: list[dict[str, Any]] = []
        self.place: dict[str, Any] | None = None
        self.preview: Preview | None = None
        self.grad: Preview | None = None
        self.edges: list[list[int] | None] = []
        self.operands: list[Any] = []  # letters, and numbers where an operand was one
        self.options: dict[str, Any] = {}  # what an operation was told besides its operands
        self.outputs: list[tuple[Any, Preview]] = []  # where there are several
        self.view = False  # it shares the memory of its first operand
        self.no_grad = False  # it ran where nothing was recorded for gradients
        self.version = 0
        self.seen = 0  # the version that the preview shows
        self.status = "ok"
        self.error: str | None = None

    def json(self) -> dict[str, Any]:
        """The node as the schema has it."""
        cls = self.cls
        word = cls.__name__.lower() if cls is not None else None
        node: dict[str, Any] = {
            "id": self.id, "kind": self.kind, "op": word,
            "sign": (cls.sign or word) if cls is not None else "", "name": self.name,
            "scope": self.scope, "src": self.place,
            "shape": None if self.shape is None else list(self.shape),
            "dtype": None if self.dtype is None else str(self.dtype), "device": str(self.device),
            "requires_grad": self.requires_grad,
            "preview": None if self.preview is None else self.preview.json(), "edges": self.edges,
            "operands": [o if isinstance(o, str) else text.number(o) for o in self.operands],
            "version": self.version, "status": self.status,
            "formula": cls.formula if cls is not None else "",
            "local": cls.local if cls is not None else {}}
        if self.view:
            node["view"] = True
        if self.no_grad:
            node["no_grad"] = True
        if self.grad is not None:
            node["grad"] = self.grad.json()
        if self.options:
            node["options"] = {letter: _option(x) for letter, x in self.options.items()}
        if self.outputs:
            node["outputs"] = [{"shape": list(p.shape), "dtype": str(d), "preview": p.json()}
                               for d, p in self.outputs]
        if self.error is not None:
            node["error"] = self.error
        return node

    def numbers(self) -> dict[str, Any]:
        """The operands that are plain numbers, by the letters they stand for."""
        if self.cls is None:
            return {}
        return {letter: text.number(o) for letter, o in zip(self.cls.letters, self.operands)
                if not isinstance(o, str)}


_PLAIN = (bool, int, float, str)


def options(letters: tuple[str, ...], inputs: tuple[Any, ...]) -> dict[str, Any]:
    """The inputs that are plain settings, by their letters: dimensions, a stride, a reduction.

    No arrays, nor tuples with arrays in them: a trace would keep them alive.
    """
    return {letter: x for letter, x in zip(letters, inputs) if type(x) in _PLAIN
            or (isinstance(x, tuple) and all(type(part) in (int, tuple) for part in x))}


def _option(x: Any) -> Any:
    """An option as JSON has it; a tuple with names as an object."""
    if isinstance(x, tuple):
        return {name: _option(part) for name, part in x._asdict().items()} \
            if hasattr(x, "_asdict") else [_option(part) for part in x]
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
    return x[:TEXT_LIMIT] if isinstance(x, str) else x


_LETTERS = re.compile(r"(?<![A-Za-z_])[A-Za-z]+(?![A-Za-z_])")
_LETTER_G = re.compile(r"(?<![A-Za-z_])g(?![A-Za-z_])")


def local_numbers(record: Record, local: str, g: Preview | None, value: Preview,
                  records: Sequence[Record]) -> str:
    """The local derivative with the numbers put in, for single numbers: ``1 − 0.76² = 0.42``."""
    whole = g.item() if g is not None else None
    if record.preview is None or record.preview.item() is None or not local or whole is None:
        return ""
    known: dict[str, Any] = {"out": record.preview.item(), "g": whole}
    known.update(record.numbers())
    for letter, edge in zip(record.operands, record.edges):
        preview = None if edge is None else records[edge[0]].preview
        if preview is not None and preview.item() is not None:
            known[letter] = preview.item()
    filled = _LETTERS.sub(lambda m: _filled(m, known, local), local)
    passed = value.item()
    if passed is None or _LETTER_G.search(local):
        return filled
    finite = isinstance(whole, (int, float)) and isinstance(passed, (int, float))
    if not finite or whole == 0:
        return filled
    result = text.number(float(f"{passed / whole:.6g}"))
    return filled if filled in (result, f"({result})") else f"{filled} = {result}"


def _filled(match: re.Match[str], known: dict[str, Any], local: str) -> str:
    """A letter as its number; a negative one in brackets, unless it stands alone."""
    if match.group() not in known:
        return match.group()
    value = known[match.group()]
    shown = value if isinstance(value, str) else text.number(value)
    return f"({shown})" if shown.startswith(text.MINUS) and shown != local and (
        match.group() != local) else shown
