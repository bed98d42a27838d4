"""What a trace knows about one contribution: the numbers and names that a question is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

from learngrad.trace.answers import shape_said
from learngrad.trace.slips import NEEDS
from learngrad.trace.text import MINUS, elide, number, value_text
from learngrad.trace.words import _bracketed, _Trace

__all__ = ["MOST_SUMMED", "Facts", "Local"]

MOST_SUMMED = 8
"""Terms that a learner is asked to add up."""
Index = tuple[int, ...]


class Local(NamedTuple):
    """One element of one contribution.

    ``known`` holds numbers by the letters of `slips`, ``to`` is what receives as Python writes it
    (``x[0, 2]``), ``terms`` what a broadcast input's element is the sum of, ``given`` what has to
    be told for it to be worked out.
    """

    op: str
    letter: str
    known: dict[str, float]
    names: dict[str, str]
    place: Index
    to: str
    terms: list[float]
    given: list[tuple[str, str]]


class Facts:
    """A trace, asked for single numbers, shapes and names."""

    def __init__(self, trace: Mapping[str, Any]) -> None:
        self.trace = trace
        self._words = _Trace(trace)
        self.nodes = self._words.nodes

    def name(self, number_: int, slot: int | None = None) -> str:
        """What a node is called, or one of its outputs."""
        return self._words.name(number_) if slot is None else self._words.part(number_, slot)

    def right_hand_side(self, node: Mapping[str, Any]) -> str:
        """How a node came from its operands: ``a × b``."""
        return self._words.right_hand_side(node)

    def title(self, number_: int) -> str:
        """What an operation is: ``c = a × b``."""
        return self._words.title(self.nodes[number_])

    def steps(self, replay: int) -> list[Any]:
        """A replay's steps; none where there is none."""
        replays = self.trace["replays"]
        return list(replays[replay]["steps"]) if replays else []

    def ran(self, replay: int) -> list[Mapping[str, Any]]:
        """The operations that led to a replay: those since the one before it."""
        replays = self.trace["replays"]
        last = replays[replay]["root"] if replays else max(self.nodes, default=-1)
        first = replays[replay - 1]["root"] if replay else -1
        return [node for node in self.trace["nodes"]
                if node["kind"] == "operation" and first < node["id"] <= last]

    # ---- Values ----------------------------------------------------------------------------------

    def all(self, preview: Mapping[str, Any] | None) -> list[float] | None:
        """Every number of a preview; None where they are not all known, or not all finite."""
        values = preview.get("values") if preview is not None else None
        if values is None or not all(isinstance(v, (int, float)) and math.isfinite(v)
                                     for v in values):
            return None
        return [float(v) for v in values]

    def only(self, preview: Mapping[str, Any] | None) -> float | None:
        """The one number of a preview without axes; None for anything else."""
        values = self.all(preview)
        return values[0] if values and preview is not None and not preview["shape"] else None

    def element(self, preview: Mapping[str, Any] | None, index: Index) -> float | None:
        """The number at an index that may have more axes than the array, as broadcasting has it."""
        values = self.all(preview)
        if not values or preview is None:
            return None
        shape = preview["shape"]
        at = index[len(index) - len(shape):] if len(index) >= len(shape) else None
        if at is None:
            return None
        flat = 0
        for size, i in zip(shape, at, strict=True):
            flat = flat * size + (i if size > 1 else 0)
        return values[flat] if flat < len(values) else None

    def written(self, preview: Mapping[str, Any]) -> str:
        """A value as it is told with a question."""
        return value_text(preview)

    def operands(self, node: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any] | None]]:
        """An operation's operands, what each is called and what is known of its value."""
        found: list[tuple[str, Mapping[str, Any] | None]] = []
        for at, edge in enumerate(node["edges"]):
            if edge is None:
                text = node["operands"][at] if at < len(node.get("operands") or ()) else ""
                found.append((elide(text, 20) or "a value", _plain(text)))
                continue
            made = self.nodes[edge[0]]
            value = (node.get("given") or {}).get(str(at)) or (
                made["outputs"][edge[1]].get("preview") if edge[1] else made.get("preview"))
            found.append((self.name(*edge), value))
        return found

    def operand_shapes(self, node: int, but: int | None = None) -> list[tuple[str, str]]:
        """The shapes of an operation's operands, but for one that would give the answer away."""
        found = [(f"shape of {self.name(*edge)}", self.nodes[edge[0]].get("shape"))
                 for edge in self.nodes[node]["edges"] if edge is not None and edge[0] != but]
        return [(label, shape_said(shape)) for label, shape in found if shape is not None]

    # ---- One contribution ------------------------------------------------------------------------

    def names(self, step: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, str]:
        """What the hints call the nodes of a contribution."""
        node = self.nodes[step["node"]]
        others = [name for at, (name, _) in enumerate(self.operands(node)) if at != part["operand"]]
        other = others[0] if others else "the other"
        return {"node": self.name(step["node"]), "to": self.name(*part["to"]), "other": other}

    def other(self, step: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The other operand's value, where there are two."""
        node = self.nodes[step["node"]]
        rest = [value for at, (_, value) in enumerate(self.operands(node)) if at != part["operand"]]
        return rest[0] if rest and len(node["edges"]) in (2, 3) else None

    def local(self, step: Mapping[str, Any], part: Mapping[str, Any]) -> Local | None:
        """The numbers of one element of a contribution; None where it cannot be asked about."""
        node, up = self.nodes[step["node"]], step["upstream"]
        if len(up) != 1 or up[0] is None or self.all(up[0]) is None \
                or self.all(part["value"]) is None:
            return None
        shape, above = part["value"]["shape"], up[0]["shape"]
        op = node["op"] or ""
        reduces = op in ("sum", "mean", "mse") and above == []
        if math.prod(shape) == 0:
            return None
        if above == shape or reduces:
            index = self._telling(step, part, node, shape)
            return self._at(step, part, node, index, [])
        if part.get("summed_from") != above or op not in ("add", "sub"):
            return None
        index = tuple(size - 1 for size in shape)
        sign = -1.0 if op == "sub" and part["operand"] == 1 else 1.0
        everywhere = product(*map(range, above))
        terms = [sign * (self.element(up[0], i) or 0.0) for i in everywhere
                 if _under(i, shape, index)]
        if not 1 < len(terms) <= MOST_SUMMED:
            return None
        return self._at(step, part, node, index, terms)

    def _telling(self, step: Mapping[str, Any], part: Mapping[str, Any], node: Mapping[str, Any],
                 shape: list[int]) -> Index:
        """An element to ask about: one that something passes to, where there is one."""
        places = list(product(*map(range, shape)))
        start = node["id"] % len(places)
        turned = places[start:] + places[:start]
        if node["op"] == "relu":  # what is held back tells most
            own = part["to"][0]
            held = [i for i in turned if (self.element(self.nodes[own].get("preview"), i) or 0) < 0
                    and self.element(step["upstream"][0], i)]
            return (held or turned)[0]
        return next((i for i in turned if self.element(part["value"], i)), turned[0])

    def _at(self, step: Mapping[str, Any], part: Mapping[str, Any], node: Mapping[str, Any],
            index: Index, terms: list[float]) -> Local | None:
        op, letter = node["op"] or "", part["letter"]
        operands, up = self.operands(node), step["upstream"][0]
        names = self.names(step, part)
        v = self.element(part["value"], index)
        g = self.only(up) if up["shape"] == [] else self.element(up, index)
        if v is None or (g is None and not terms):
            return None
        known: dict[str, float] = {"v": v}
        if not terms and g is not None:
            known["g"] = g
            if g:
                known["d"] = v / g
        values = {"x": operands[part["operand"]][1], "out": node.get("preview")}
        if len(operands) == 2:
            values["y"] = operands[1 - part["operand"]][1]
        for key, value in values.items():
            found = self.element(value, index)
            if found is not None:
                known[key] = found
        count = math.prod((values["x"] or {"shape": [0]})["shape"])
        if op in ("sum", "mean") and count > 1:
            known["n"] = float(count)
        if op == "mse" and count > 1 and {"x", "y", "g"} <= known.keys():
            squared = 2 * known["g"] * (known["x"] - known["y"])
            if math.isclose(abs(v) * count, abs(squared), rel_tol=1e-3):  # a mean, not a sum
                known["n"] = float(count)
        given = self._given(step, part, node, known, terms, index, names)
        if given is None:
            return None
        return Local(op, letter, known, names, index, _element(names["to"], index), terms, given)

    def _given(self, step: Mapping[str, Any], part: Mapping[str, Any], node: Mapping[str, Any],
               known: dict[str, float], terms: list[float], index: Index,
               names: dict[str, str]) -> list[tuple[str, str]] | None:
        """What is told with the question: what arrives, and what the local derivative needs."""
        op, letter = node["op"] or "", part["letter"]
        up = step["upstream"][0]
        if terms:
            minus = op == "sub" and part["operand"] == 1
            listed = ", ".join(number(-term if minus else term) for term in terms)
            return [(f"arriving at {names['node']}, where {_element(names['to'], index)} was used",
                     listed)]
        given = [("arriving at " + _element(names["node"], index if up["shape"] else ()),
                  number(known["g"]))]
        needs = NEEDS.get(f"{op}.{letter}", NEEDS.get(op))
        wanted = (needs or "").split()
        if needs is not None and all(key in known or key.endswith("?") for key in wanted):
            called = {"x": names["to"], "y": names["other"], "out": names["node"]}
            for key in (key.rstrip("?") for key in wanted):
                # A plain number is its own name.
                if key in known and called[key] != number(known[key]):
                    shape = self._shape_of(key, part, node)
                    given.append((_element(called[key], _own(index, shape)), number(known[key])))
            if op in ("mean", "mse"):
                if op == "mean" and "n" not in known:
                    return None
                given.append((f"elements of {names['to']}", number(known.get("n", 1.0))))
            return given
        # Nobody can work the local derivative out: it is told, and the product asked.
        if "d" not in known or node["op"] is None:
            return None
        text = elide(part.get("local") or "", 60)
        given.append((f"local derivative {text}".rstrip(), number(_short(known["d"]))))
        return given

    def _shape_of(self, key: str, part: Mapping[str, Any], node: Mapping[str, Any]) -> list[int]:
        """The shape of a value that is told, by its letter."""
        operands = self.operands(node)
        value = {"x": operands[part["operand"]][1], "out": node.get("preview"),
                 "y": operands[1 - part["operand"]][1] if len(operands) == 2 else None}[key]
        return list(value["shape"]) if value else []


def _own(index: Index, shape: list[int]) -> Index:
    """The index of what a broadcast value has at an index of the whole."""
    tail = index[len(index) - len(shape):] if shape else ()
    return tuple(i if size > 1 else 0 for i, size in zip(tail, shape, strict=True))


def _element(name: str, index: Index) -> str:
    """An element as Python writes it: ``x[0, 2]``; of a single number its name."""
    return f"{_bracketed(name)}[{', '.join(map(str, index))}]" if index else name


def _short(value: float) -> float:
    """Both were rounded to float32, and so was their quotient."""
    return float(f"{value:.6g}")


def _under(index: Index, shape: list[int], target: Index) -> bool:
    """Whether an element of the broadcast result comes from one of the input."""
    tail = index[len(index) - len(shape):] if shape else ()
    return all(i == t or size == 1 for i, t, size in zip(tail, target, shape, strict=True))


def _plain(text: str) -> dict[str, Any] | None:
    """A plain number of the program, as the trace wrote it, as a preview."""
    try:
        return {"shape": [], "values": [float(text.replace(MINUS, "-"))]}
    except ValueError:  # a word, or nothing: it ran unseen
        return None
