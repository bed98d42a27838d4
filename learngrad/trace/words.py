"""A trace in words: for a screen reader, a terminal, or a place that shows no picture.

Names are the learner's own. A result without a name is called by the expression that made it
where that is short and was run once, else by its number: ``relu #3``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from learngrad.trace.boxes import gradients
from learngrad.trace.fold import fold
from learngrad.trace.shown import turns
from learngrad.trace.text import (
    clean,
    elide,
    elide_middle,
    shape_text,
    span_text,
    written_out,
)

__all__ = ["newest", "place_of", "refusal", "sentence", "sentences", "summary", "table"]

# What an operation is called where its sign is a symbol.
VERBS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "change the sign",
    "pow": "raise to a power", "matmul": "matrix product", "sum": "sum", "sqrt": "square root",
    "abs": "absolute value", "sigmoid": "sigmoid", "log": "natural logarithm",
    "exp": "exponential", "getitem": "pick elements", "indexput": "put elements in",
}
BETWEEN = {"+", "-", "−", "×", "*", "·", "/", "÷", "@", "^", "**", "<", ">", "≤", "≥", "=", "≠"}
LONGEST = 200
# Of layers with gates: e is what arrives, taken back to the sums in them.
_BACK = re.compile("eᵀ?( @|,)")
# A call whose graph was asked for: ``learngrad.show(model, x)`` does not say what was computed.
_SHOWING = re.compile(r"(?:\w+\.)?(?:show|step)\(")
# A word of a formula, and the marks that may hang on it: the b of `bᵀ` is the operand b.
# What wears a hat is another thing: x̂ is x normalised.
_WORD = re.compile(r"([^\W\d_]\w*?)([ᵀᵃ-ᶿⁿ′¹²³⁰⁴-⁹]*)(?![\w\u0302])")


class _Trace:
    """A trace with its nodes and sources by number."""

    def __init__(self, trace: Mapping[str, Any]) -> None:
        self.data = trace
        self.nodes: dict[int, Mapping[str, Any]] = {n["id"]: n for n in trace["nodes"]}
        self.sources = {s["id"]: s for s in trace.get("sources", ())}
        self.lines: dict[int, list[str]] = {}
        self.made = Counter(_spot(n["src"]) for n in trace["nodes"] if n.get("src"))
        self.named = Counter(name for n in trace["nodes"] for name in (
            n.get("name"), *(one.get("name") for one in n.get("outputs") or ())) if name)

    @cached_property
    def turns(self) -> dict[int, str]:
        """In which turns of what repeats each operation ran."""
        return turns(fold(self.data["nodes"]))

    def expression(self, node: Mapping[str, Any]) -> str:
        """The text that made a node, from its source; empty if unknown or over several lines."""
        src = node.get("src")
        if not src or src.get("end_line", src["line"]) != src["line"] or "end_column" not in src \
                or "column" not in src:
            return ""
        source = self.sources.get(src["source"])
        if source is None:
            return ""
        lines = self.lines.setdefault(src["source"], source["text"].split("\n"))
        at = src["line"] - source["first"]
        text = clean(lines[at][src["column"]:src["end_column"]]).strip() \
            if 0 <= at < len(lines) else ""
        return "" if _SHOWING.match(text) else text

    def name(self, number_: int) -> str:
        node = self.nodes[number_]
        if node.get("name"):
            return self._own(node["name"], number_)
        preview = node.get("preview")
        if node["kind"] == "constant" and preview is not None and node.get("shape") == []:
            return written_out(preview)
        if node["kind"] != "operation":
            return f"{node['kind']} #{number_}"
        text = self.expression(node)
        if text and len(text) <= 18 and self.made[_spot(node["src"])] == 1:
            return text
        return f"{_sign(node)} #{number_}"

    def _own(self, name: str, number_: int) -> str:
        """A name that the program gave; in a loop one stands for many results."""
        return elide_middle(name, 40) + (f" #{number_}" if self.named[name] > 1 else "")

    def part(self, number_: int, slot: int) -> str:
        """One output of a node: of several its name, or its place, as ``x.max(dim=1)[0]``."""
        outputs = self.nodes[number_].get("outputs") or ()
        if len(outputs) < 2:
            return self.name(number_)
        name = outputs[slot].get("name") if slot < len(outputs) else None
        return self._own(name, number_) if name else f"{self.name(number_)}[{slot}]"

    def title(self, node: Mapping[str, Any]) -> str:
        """What an operation is: ``c = a × b``, ``a, b = unbind(x)``."""
        right, outputs = self.right_hand_side(node), node.get("outputs") or ()
        if node.get("name"):
            return f"{self.name(node['id'])} = {right}"
        if outputs and all(one.get("name") for one in outputs):
            names = [self.part(node["id"], slot) for slot in range(len(outputs))]
            return f"{elide(', '.join(names), 60)} = {right}"
        return right

    def right_hand_side(self, node: Mapping[str, Any]) -> str:
        """How the node came from its operands: ``a × b``, ``cross entropy(logits, y)``."""
        letters = node.get("operands") or []
        operands = [self.part(*edge) if edge is not None else
                    elide(letters[i], 20) if i < len(letters) and letters[i] else "a value"
                    for i, edge in enumerate(node["edges"])]
        sign, text = _sign(node), self.expression(node)
        if sign == "[ ]" and text.endswith("]") and self.made[_spot(node["src"])] == 1:
            return elide(text, LONGEST)
        if sign == "|·|" and len(operands) == 1:
            return f"|{operands[0]}|"
        if sign in BETWEEN and "a value" in operands and text \
                and self.made[_spot(node["src"])] == 1:
            return elide(text, LONGEST)  # it ran unseen; its line knows what nobody kept
        if sign in BETWEEN and len(operands) == 2:
            return f"{_bracketed(operands[0])} {sign} {_bracketed(operands[1])}"
        if sign in BETWEEN and len(operands) == 1:
            return f"{sign}{_bracketed(operands[0])}"
        return f"{sign}({', '.join(operands)})"


def _spot(src: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(src.get(k) for k in ("source", "line", "column", "end_line", "end_column"))


def _sign(node: Mapping[str, Any]) -> str:
    return elide(node.get("sign") or node.get("op") or "operation", 24)


def _bracketed(name: str) -> str:
    if "#" in name:  # a number does not make it two words, but a sign in front of it is one
        return f"({name})" if name.partition(" ")[0] in BETWEEN else name
    return f"({name})" if any(c in name for c in " +-−×*/÷@") else name


def place_of(node: Mapping[str, Any], trace: Mapping[str, Any]) -> str:
    """Where a node was made: ``line 3 of cell 1``; empty where it is unknown."""
    src = node.get("src")
    if not src:
        return ""
    labels = {s["id"]: s["label"] for s in trace.get("sources", ())}
    label = labels.get(src["source"])
    return f"line {src['line']}" + (f" of {elide(label, 60)}" if label else "")


def summary(trace: Mapping[str, Any]) -> str:
    """One or two sentences about the whole graph.

    Examples
    --------
    >>> summary({"nodes": []})
    'A graph with no nodes yet.'
    """
    counted = Counter(n["kind"] for n in trace["nodes"])
    parts = [_plural(counted[kind], kind) for kind in
             ("operation", "leaf", "parameter", "buffer", "constant") if counted[kind]]
    text = f"A graph of {_and(parts)}." if parts else "A graph with no nodes yet."
    missing = (trace.get("truncated") or {}).get("nodes")
    if missing:
        kept = len(trace["nodes"])
        text = (f"Only the beginning of a program: its first {kept:,} nodes were kept "
                f"({_and(parts)}), the {_plural(missing, 'operation')} after them only counted. "
                "Record a smaller part of it, such as one training step, or keep more: "
                f"learngrad.record(limit={kept + missing:_}).")
    steps = [len(r["steps"]) for r in trace.get("replays", ())]
    if steps:
        counts = _and([f"{n:,}" for n in steps[:5]]) + (" and more" if len(steps) > 5 else "")
        text += f" {_plural(len(steps), 'backward replay')} of {counts} steps."
    for node in trace["nodes"]:
        if node.get("status") == "failed":
            first = (node.get("error") or "no message").split("\n", 1)[0]
            stopped = "It stopped at" if ended_by(trace, node) else "An error was caught at"
            text += f" {stopped} {_sign(node)}: {elide(first.rstrip('.'), LONGEST)}."
    if trace.get("error") and not any(ended_by(trace, node) for node in trace["nodes"]):
        text += f" The program ended there, with {elide(trace['error'].rstrip('.'), LONGEST)}."
    return text


def ended_by(trace: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Whether the program ended with this operation's error, and did not catch it."""
    if node.get("status") != "failed" or trace.get("status") == "done":
        return False
    first = (node.get("error") or "").strip().split("\n", 1)[0]
    return not trace.get("error") or first in trace["error"]


def refusal(trace: Mapping[str, Any], which: int) -> str:
    """Why a replay has no step, though backward() was called; empty where it has some."""
    replays, nodes = trace.get("replays", ()), trace["nodes"]
    if which >= len(replays) or replays[which]["steps"] or trace.get("status") == "recording":
        return ""
    error = trace.get("error") if which == len(replays) - 1 and not any(
        ended_by(trace, node) for node in nodes) else ""
    root: Mapping[str, Any] = next(
        (node for node in nodes if node["id"] == replays[which]["root"]), {})
    why = elide(error.rstrip("."), LONGEST) if error else (
        "a backward call before it had freed what its operations saved; that one needs "
        "retain_graph=True") if root.get("status") == "freed" else ""
    return f"Backward {which + 1} ended before its first step{f': {why}' if why else ''}."


def newest(replays: Sequence[Mapping[str, Any]]) -> int:
    """The number of the replay to look at: the newest that made a step."""
    made = [at for at, replay in enumerate(replays) if replay["steps"]]
    return made[-1] if made else max(0, len(replays) - 1)


def _plural(count: int, word: str) -> str:
    if count == 1:
        return f"1 {word}"
    return f"{count:,} {'leaves' if word == 'leaf' else word + 's'}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) < 2 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(trace: Mapping[str, Any], replay: int, index: int) -> str:
    """One step of a replay as full sentences.

    Parameters
    ----------
    trace : dict
        A trace.
    replay, index : int
        The replay's and the step's number, from 0.

    Returns
    -------
    str
        Such as "Step 3 of 5: multiply, c = a × b. The gradient arriving is 16. To a: times the
        other input b, which is 3, gives 48; with 16 already there that makes 64."

    Raises
    ------
    IndexError
        If there is no such replay or step.
    """
    known = _Trace(trace)
    steps = trace["replays"][replay]["steps"]
    return _step_said(steps[index], index, len(steps), known)


def sentences(trace: Mapping[str, Any], replay: int) -> list[str]:
    """`sentence` for every step of one replay."""
    known = _Trace(trace)
    steps = trace["replays"][replay]["steps"]
    return [_step_said(step, i, len(steps), known) for i, step in enumerate(steps)]


def _step_said(step: Mapping[str, Any], index: int, count: int, known: _Trace) -> str:
    begin = f"Step {index + 1} of {count}{_within(step['node'], known)}: "
    node = known.nodes[step["node"]]
    write = step.get("write")
    if write:
        name, after = known.name(step["node"]), _amount(write["after"])
        if write.get("before") is None:
            return f"{begin}{name} is a {node['kind']}. Its .grad was empty and becomes {after}."
        return (f"{begin}{name} is a {node['kind']}. Its .grad was {_amount(write['before'])} "
                f"and becomes {after}.")
    parts = [f"{begin}{_verb(node)}, {known.title(node)}.",
             f"The gradient arriving is {_arriving(step['upstream'])}."]
    parts += [_contribution(part, node, known) for part in step["contributions"]]
    if not step["contributions"]:
        parts.append("Nothing below it wants a gradient.")
    return " ".join(parts)


def _within(node: int, known: _Trace) -> str:
    """The turn of a loop that an operation ran in."""
    turn = known.turns.get(node)
    return f", {turn}" if turn else ""


def _verb(node: Mapping[str, Any]) -> str:
    op = node.get("op") or ""
    return VERBS.get(op) or _sign(node).replace("_", " ")


def _arriving(upstream: list[Any]) -> str:
    said = ["nothing" if one is None else _amount(one) for one in upstream]
    if len(said) == 1:
        return said[0]
    return _and([f"{one} at output {i}" for i, one in enumerate(said)]) if said else "unknown"


def _got(grad: Mapping[str, Any]) -> str:
    """A gradient; of several outputs, that of each."""
    return _arriving(grad["each"]) if "each" in grad else _amount(grad)


def _contribution(part: Mapping[str, Any], node: Mapping[str, Any], known: _Trace) -> str:
    to = known.part(*part["to"])
    value, after = _amount(part["value"]), _amount(part["after"])
    text = f"To {to}: {_factor(part, node, known)} {value}"
    if part.get("summed_from") is not None:
        text += (f", summed from {_shape(part['summed_from'])} to "
                 f"{_shape(part['value']['shape'])} because {to} was broadcast")
    if part.get("before") is None:
        return f"{text}."
    return f"{text}; with {_amount(part['before'])} already there that makes {after}."


def _factor(part: Mapping[str, Any], node: Mapping[str, Any], known: _Trace) -> str:
    """By what the arriving gradient is multiplied, in the learner's names and in numbers."""
    local = clean(part.get("local") or "")
    numbers = elide(part.get("numbers") or "", 60)
    if not local:
        return f"times {numbers} gives" if numbers else "the contribution is"
    letters = node.get("operands") or []
    names = {letter: _bracketed(known.part(*edge)) for letter, edge
             in zip(letters, node["edges"], strict=False) if edge is not None}
    names.setdefault("out", _bracketed(known.name(node["id"])))
    # Where a plain number stands for an operand, the letter is the one the operation gives it.
    plain = {letter: number for letter, number, edge
             in zip(node.get("local") or {}, letters, node["edges"], strict=False)
             if edge is None and number}
    known_as = {letter: number if letter == local else _bracketed(number)
                for letter, number in plain.items()} | names
    named = _WORD.sub(lambda m: known_as.get(m[1], m[1]) + m[2], elide(local, LONGEST))
    words = {word for word, _ in _WORD.findall(local)}
    if words & {"g", "gₛ"} or _BACK.match(local):
        return f"{named} gives"
    if local.startswith("see "):  # a paper has the formula
        return f"the contribution, {named}, is"
    if numbers and any(len(word) == 1 and word not in names for word in words):
        return f"times {numbers} gives"  # a letter that stands for a plain number, not a variable
    if local in names and numbers:
        return f"times the other input {named}, which is {numbers}, gives"
    if numbers in ("", named):
        return f"times {named} gives"
    return f"times {named} = {numbers} gives"


def _amount(preview: Mapping[str, Any]) -> str:
    """A gradient in a sentence: its numbers, or its shape and span."""
    written = written_out(preview)
    if written:
        return written
    span = span_text(preview)
    return f"{_shape(preview['shape'])}, {span}" if span else _shape(preview["shape"])


def _shape(shape: list[int]) -> str:
    return shape_text(shape) if shape else "one number"


def _value(node: Mapping[str, Any]) -> str:
    if node.get("preview") is not None:
        return _amount(node["preview"])
    return _shape(node["shape"]) if node.get("shape") is not None else "unknown"


def table(trace: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each node, for a table that a screen reader can walk.

    Returns
    -------
    list of dict of str to str
        With the keys ``node``, ``from``, ``value``, ``gradient``, ``line``, in the order of
        creation. An empty gradient means that none is wanted.
    """
    known, found = _Trace(trace), gradients(trace)
    rows = []
    for node in trace["nodes"]:
        wants = node.get("requires_grad") and node["kind"] != "constant"
        grad = found.get(node["id"])
        operation = node["kind"] == "operation"
        rows.append({
            "node": known.name(node["id"]),
            "from": known.right_hand_side(node) if operation else node["kind"],
            "value": "failed" if node.get("status") == "failed" else _value(node),
            "gradient": "" if not wants else "none yet" if grad is None else _got(grad),
            "line": place_of(node, trace),
        })
    return rows
