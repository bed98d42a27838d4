"""One node of a trace as it is kept while recording, and its JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from learngrad import devices
from learngrad.trace.local import number
from learngrad.trace.preview import Preview, preview

__all__ = ["TEXT_LIMIT", "Record", "options"]

TEXT_LIMIT = 10_000  # characters of a name or a message, as the schema has it


_spelled = lru_cache(maxsize=256)(str)  # NumPy takes longer over a dtype's name than we over a node


class Record:
    """One node of the trace as it is kept; its JSON is worked out when asked for."""

    __slots__ = ("callers", "cls", "device", "dtype", "edges", "error", "given", "grad", "id",
                 "kind", "name", "no_grad", "operands", "options", "outputs", "parts", "place",
                 "preview", "requires_grad", "scope", "shape", "status", "version", "view")

    def __init__(self, id: int, kind: str, cls: Any, name: str | None, kept: Any,
                 requires_grad: bool, scope: list[dict[str, Any]],
                 place: dict[str, Any] | None) -> None:
        self.id, self.kind, self.cls = id, kind, cls
        self.name = name if name is None else name[:TEXT_LIMIT]
        self.requires_grad, self.scope, self.place = requires_grad, scope, place
        self.shape: tuple[int, ...] | None = None
        self.dtype: Any = None
        self.device: Any = devices.CPU
        self.preview: Preview | None = None
        if kept is not None:
            self.preview = value = preview(kept)
            self.shape, self.dtype = value.shape, value.parts[0].dtype
            self.device = devices.device_of(value.parts[0])
        self.grad: Preview | None = None
        self.edges: list[list[int] | None] = []
        self.operands: list[str] = []  # letters; numbers, where there is no edge
        self.options: dict[str, Any] | None = None  # what it was told besides its operands
        self.outputs: list[Preview] | None = None  # where there are several
        self.parts: tuple[str | None, ...] = ()  # what the program calls each of them
        self.given: dict[int, Preview] = {}  # operands that were changed in place afterwards
        self.view = False  # it shares the memory of its first operand
        self.no_grad = False  # it ran where nothing was recorded for gradients
        self.callers: list[list[int]] = []
        self.version = 0
        self.status = "ok"
        self.error: str | None = None

    def takes(self, parts: Sequence[Any], letters: tuple[str, ...]) -> None:
        """Note what an operation was given, for each input as `Recorder` tells it."""
        for at, part in enumerate(parts):
            letter = letters[at] if at < len(letters) else f"x{at + 1}"
            if type(part) is int:
                self.edges.append([part, 0])
                self.operands.append(letter)
            elif part is None:
                self.edges.append(None)
                self.operands.append("")
            elif len(part) == 1:
                self.edges.append(None)
                self.operands.append(_typed(part[0]))
            else:
                self.edges.append(list(part))
                self.operands.append(letter)

    def local(self) -> dict[str, str]:
        """Its local derivatives; only a mean divides by n."""
        if self.cls is None or not self._summed():
            return self.cls.local if self.cls is not None else {}
        return {letter: text.removesuffix(" / n") for letter, text in self.cls.local.items()}

    def _formula(self) -> str:
        formula: str = self.cls.formula
        if self._summed():
            formula = formula.removeprefix(r"\frac{1}{n} ")
            if self._summed() == "none":
                formula = formula.removeprefix(r"\sum_i ")
        return formula

    def _summed(self) -> str:
        """What a loss was told that is not to take the mean: "sum" or "none"."""
        told = (self.options or {}).get("reduction")
        return told if told in ("sum", "none") else ""

    def json(self) -> dict[str, Any]:
        """The node as the schema has it."""
        cls = self.cls
        word = cls.__name__.lower() if cls is not None else None
        node: dict[str, Any] = {
            "id": self.id, "kind": self.kind, "op": word,
            "sign": (cls.sign or word) if cls is not None else "", "name": self.name,
            "scope": self.scope, "src": self.place,
            "shape": None if self.shape is None else list(self.shape),
            "dtype": None if self.dtype is None else _spelled(self.dtype),
            "device": _spelled(self.device),
            "requires_grad": self.requires_grad,
            "preview": None if self.preview is None else self.preview.json(), "edges": self.edges,
            "operands": self.operands,
            "version": self.version, "status": self.status,
            "formula": self._formula() if cls is not None else "",
            "local": self.local()}
        if self.callers:
            node["callers"] = self.callers
        if self.view:
            node["view"] = True
        if self.no_grad:
            node["no_grad"] = True
        if self.grad is not None:
            node["grad"] = self.grad.json()
        if self.options:
            node["options"] = {letter: _option(x) for letter, x in self.options.items()}
        if self.outputs:
            node["outputs"] = [
                {"shape": list(p.shape), "dtype": _spelled(p.parts[0].dtype), "preview": p.json()}
                for p in self.outputs]
            for output, name in zip(node["outputs"], self.parts):
                if name:
                    output["name"] = name[:TEXT_LIMIT]
        if self.given:
            node["given"] = {str(at): value.json() for at, value in self.given.items()}
        if self.error is not None:
            node["error"] = self.error
        return node

    def known(self, records: Mapping[int, Record]) -> dict[str, Any] | None:
        """Its operands that are single numbers, by their letters; None unless it is one itself."""
        out = None if self.preview is None else self.preview.item()
        if out is None:
            return None
        found = {"out": out}
        operands = zip(self.cls.letters, self.operands, self.edges)
        for at, (letter, operand, edge) in enumerate(operands):
            if edge is not None:
                producer = records[edge[0]]
                value = self.given.get(at) or (
                    producer.outputs[edge[1]] if producer.outputs else producer.preview)
                item = None if value is None else value.item()
                if item is not None:
                    found[operand] = item
            elif operand:
                found[letter] = operand
        return found


_SHORT = 8


def _typed(value: float) -> str:
    """A plain number as somebody may have typed it: 1.0001 is not 1, nor 0.999999."""
    text = repr(value)
    exact = "." in text and "e" not in text and len(text) <= _SHORT
    return number(value, _SHORT) if exact else number(value)


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
