"""Predict, then reveal: what can be asked before a step is shown, worked out from a trace.

A sheet of questions is plain data. Each question says before which step of which replay it stands
(an index as the views have it: below 0 the program runs forward), what is given, what is right,
and what each mistake that fits here would lead to (`slips`). The widget and the terminal ask from
the same sheet.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from learngrad.trace.answers import shape_said
from learngrad.trace.facts import Facts
from learngrad.trace.schema import validate
from learngrad.trace.slips import ADDED, BACKWARD, FORWARD, HINTS, hint, outcomes
from learngrad.trace.text import WHOLE_LIMIT, number

__all__ = ["MOST", "questions", "sheet"]

MOST = 1_000
"""Questions of one sheet."""
CHOICES = 5
MOST_WAITING = 50

Question = dict[str, Any]


def sheet(trace: Mapping[str, Any]) -> dict[str, Any]:
    """Questions for every replay of a trace, and the hints that go with them.

    Parameters
    ----------
    trace : dict
        A trace.

    Returns
    -------
    dict
        ``"questions"``, at most `MOST` (of a long trace the first ones), and ``"hints"``, texts by
        key with names in braces. The same trace gives the same sheet.

    Raises
    ------
    TraceError
        If it is not a whole trace.

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.record() as tape:
    ...     a = learngrad.tensor(2.0, requires_grad=True)
    ...     b = learngrad.tensor(-3.0, requires_grad=True)
    ...     (a * b).backward()
    >>> asked = sheet(tape.to_dict())["questions"]
    >>> [(one["index"], one["kind"], one["answer"]) for one in asked]
    [(-1, 'number', -6.0), (1, 'number', -3.0), (1, 'number', 2.0)]
    >>> asked[1]["slips"][0]
    ['swapped', 2.0]
    """
    facts = Facts(validate(trace))
    found: list[Question] = []
    for replay in range(max(1, len(trace["replays"]))):
        for question in questions(facts, replay):
            if len(found) == MOST:
                break
            found.append(question)
    used = {key for one in found for key, _ in one["slips"]}
    used |= {key for key in HINTS if key.startswith(("nudge", "unread"))}
    used |= {"also", "rough", "unsure"}
    return {"questions": found, "hints": {key: hint(key) for key in sorted(used)}}


def questions(facts: Facts, replay: int) -> Iterator[Question]:
    """The questions of one replay and of the operations that led to it, in order."""
    ran = facts.ran(replay)
    for at, node in enumerate(ran):
        for question in _forward(facts, node):
            yield {"replay": replay, "index": at - len(ran), "node": node["id"], **question}
    steps, turns = facts.steps(replay), _Turns(facts.steps(replay))
    for at, step in enumerate(steps):
        place = {"replay": replay, "index": at + 1, "node": step["node"]}
        turn = _whose_turn(facts, steps, at, turns) if turns.traps else None
        if turn:
            yield {**place, **turn}
        for question in _backward(facts, step):
            if not step.get("write"):
                question["given"].insert(0, ["operation", facts.title(step["node"])])
            yield {**place, **question}
        turns.make(step)


def _ask(kind: str, ask: str, answer: Any, slips: Sequence[tuple[str, Any]], names: dict[str, str],
         given: list[tuple[str, str]], **more: Any) -> Question:
    """One question; of mistakes with one outcome the first, and none that lead to what is right."""
    kept: list[tuple[str, Any]] = []
    for key, value in slips:
        if not any(_same(value, other) for other in (answer, *(v for _, v in kept))):
            kept.append((key, value))
    return {"kind": kind, "ask": ask, "answer": answer, "slips": [list(slip) for slip in kept],
            "names": names, "given": [list(fact) for fact in dict.fromkeys(given)], **more}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0.005, abs_tol=1e-9)
    return bool(one == other)


# ---- Whose turn it is ----------------------------------------------------------------------------

class _Turns:
    """What waits for its turn in a replay: who holds a gradient, and who still has to wait."""

    def __init__(self, steps: list[Any]) -> None:
        self.left = Counter(part["to"][0] for step in steps for part in step["contributions"])
        self.held: set[int] = set()
        self.known: set[int] = set()
        self.traps: set[int] = set()  # hold something, have to wait, and were not asked about

    def make(self, step: Mapping[str, Any]) -> None:
        """Go on by one step."""
        self.held.discard(step["node"])
        for part in step["contributions"]:
            self.left[part["to"][0]] -= 1
            self.held.add(part["to"][0])
        self.traps = {part["to"][0] for part in step["contributions"]
                      if self.left[part["to"][0]]} - self.known


def _whose_turn(facts: Facts, steps: list[Any], at: int, turns: _Turns) -> Question | None:
    """Asked where a node holds a gradient already and still has to wait, once for each."""
    waiting = sorted(i for i in turns.held if turns.left[i])
    ready = sorted(i for i in turns.held if not turns.left[i])
    turn = steps[at]["node"]
    if turn not in ready:
        return None
    turns.known.update(waiting)
    later = next((step["node"] for step in steps[at + 1:] if step["node"] not in turns.held), None)
    empty = [] if later is None else [later]
    others = [i for i in ready if i != turn]
    offered = sorted([turn, *waiting[:2], *others[:1], *empty][:CHOICES])
    slips = [*(("waits", i) for i in waiting[:MOST_WAITING]), *(("nothing", i) for i in empty)]
    last = facts.title(steps[at - 1]["node"])
    return _ask("choice", "Which node's turn is it next?", turn, slips, {},
                [("the last step was", last)], nodes=True,
                choices=[[i, facts.name(i)] for i in offered], also=others)


# ---- Backward ------------------------------------------------------------------------------------

def _backward(facts: Facts, step: Mapping[str, Any]) -> Iterator[Question]:
    if step.get("write"):
        question = _written(facts, step)
        if question:
            yield question
        return
    targets: dict[tuple[int, int], list[Any]] = {}
    for part in step["contributions"]:
        targets.setdefault(tuple(part["to"]), []).append(part)
    told = [(parts, _number(facts, step, parts)) for parts in targets.values()]
    # A sum passes on the same to each: one is asked about, the one with most to think of.
    if facts.nodes[step["node"]]["op"] == "add" and all(question for _, question in told):
        told = sorted(told, key=lambda one: not _adds_up(one[0][0]))[:1]
    products = [None if question else _product(facts, step, parts) for parts, question in told]
    alone = sum(map(bool, products)) == 1
    for at, (parts, question) in enumerate(told):
        # Of two matrices one is asked for its shape, the other for its product; one alone for both.
        product, later = products[at], any(products[:at])
        if not (product and later) and (parts[0].get("summed_from") or not question):
            shape = _shape(facts, step, parts)
            if shape:
                yield shape
        if question:
            yield question
        if product and (later or alone):
            yield product


def _adds_up(part: Mapping[str, Any]) -> bool:
    """Whether something is added in a contribution: over an axis, or to what is there."""
    return bool(part.get("summed_from")) or part["before"] is not None


def _written(facts: Facts, step: Mapping[str, Any]) -> Question | None:
    """A leaf's ``.grad`` where there is one already."""
    name = facts.name(step["node"])
    old, new = facts.only(step["write"]["before"]), facts.only(step["write"]["after"])
    arrived = facts.only(step["upstream"][0] if step["upstream"] else None)
    if old is None or new is None or arrived is None:
        return None
    return _ask("number", f"What does {name}.grad become?", new,
                [("grad-overwrote", arrived), ("grad-kept", old), ("subtracted", old - arrived),
                 ("multiplied", old * arrived)], {"to": name},
                [(f"{name}.grad before", number(old)), ("what has arrived", number(arrived))],
                nudge="nudge-sum")


def _number(facts: Facts, step: Mapping[str, Any], parts: list[Any]) -> Question | None:
    """What one element of an input's gradient is, where a learner can work it out."""
    found = [facts.local(step, part) for part in parts]
    first = found[0]
    if first is None or None in found or len({one.place for one in found if one}) > 1:
        return None
    op, names = first.op, first.names
    node, to = names["node"], first.to
    before = facts.element(parts[0]["before"], first.place)
    shares = [one.known["v"] for one in found if one]
    if not all(map(math.isfinite, [*shares, before or 0.0])):
        return None
    slips: list[tuple[str, float]] = []
    if len(shares) > 1:
        slips += [("one-path", share) for share in shares]
    elif first.terms:
        slips += [("unsummed", term) for term in first.terms]
        slips.append(("averaged", sum(first.terms) / len(first.terms)))
    single = outcomes(BACKWARD, op, first.letter, first.known) if len(shares) == 1 else []
    total, given = sum(shares), list(first.given)
    if before is None:
        slips += single
        ask = f"What does {node} pass back to {to}?"
        if len(shares) > 1:
            ask = f"{to} is used {_times(len(shares))} here. What is passed back to it in all?"
    else:
        slips = [("overwrote", total), ("kept", before),
                 ("less", before - total),
                 *[(f"{key}{ADDED}", before + share) for key, share in slips + single],
                 ("multiplied", before * total)]
        given.append((f"at {to} already", number(before)))
        ask = f"What is the gradient at {to} after this step?"
        total += before
    more = {"nudge": "nudge-sum"} if before is not None or len(shares) > 1 or first.terms else {}
    return _ask("number", ask, total, slips, {**names, "to": to}, given, **more)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _shape(facts: Facts, step: Mapping[str, Any], parts: list[Any]) -> Question | None:
    """The shape of what goes to an input, where it is not simply that of what arrived."""
    part, up = parts[0], step["upstream"][0] if step["upstream"] else None
    own = part["value"]["shape"]
    op = facts.nodes[step["node"]]["op"]
    if up is None or (up["shape"] == own and op not in ("matmul", "linear")):
        return None
    names = facts.names(step, part)
    other = facts.other(step, part)
    summed = part.get("summed_from") or (up["shape"] if op == "linear" and part["operand"] == 2
                                         else None)
    slips: list[tuple[str, Any]] = []
    if summed is not None:
        extra = len(summed) - len(own)
        slips += [("shape-unsummed", summed), ("shape-axis", [1] * extra + own)]
    if len(own) > 1:
        slips.append(("shape-turned", own[:-2] + own[:-3:-1]))
    if other is not None and other.get("shape") is not None:
        slips.append(("shape-other", other["shape"]))
    slips += [("shape-upstream", up["shape"]), ("shape-loss", [])]
    given = [(f"shape of what arrives at {names['node']}", shape_said(up["shape"])),
             *facts.operand_shapes(step["node"], but=part["to"][0])]
    return _ask("shape", f"What shape has the gradient that {names['node']} passes back to "
                         f"{names['to']}?", own, slips, names, given)


# By operation and operand: what is right, and what is not, with g for what arrives.
_PRODUCTS = {
    ("matmul", 0): ("g @ {b}ᵀ", [("product-plain", "g @ {b}"), ("product-order", "{b}ᵀ @ g"),
                                 ("product-itself", "g @ {a}ᵀ")]),
    ("matmul", 1): ("{a}ᵀ @ g", [("product-plain", "{a} @ g"), ("product-order", "g @ {a}ᵀ"),
                                 ("product-itself", "{b}ᵀ @ g")]),
    ("linear", 0): ("g @ {b}", [("product-plain", "g @ {b}ᵀ"), ("product-order", "{b} @ g"),
                                ("product-itself", "g @ {a}")]),
    ("linear", 1): ("gᵀ @ {a}", [("product-turned", "{a}ᵀ @ g"), ("product-plain", "g @ {a}"),
                                 ("product-itself", "gᵀ @ {b}")]),
}


def _product(facts: Facts, step: Mapping[str, Any], parts: list[Any]) -> Question | None:
    """Which matrix product gives the gradient."""
    part = parts[0]
    node = facts.nodes[step["node"]]
    found = _PRODUCTS.get((node["op"], part["operand"]))
    shapes = [facts.nodes[edge[0]]["shape"] for edge in node["edges"][:2] if edge is not None]
    if found is None or len(parts) > 1 or [len(shape or []) for shape in shapes] != [2, 2]:
        return None
    names = facts.names(step, part)
    a, b = (facts.name(*edge) for edge in node["edges"][:2])
    if a == b or "g" in (a, b):
        return None
    right, wrong = found[0].format(a=a, b=b), [(key, w.format(a=a, b=b)) for key, w in found[1]]
    options = sorted([right, *(text for _, text in wrong)],
                     key=lambda text: zlib.crc32(f"{node['id']} {text}".encode()))
    up = step["upstream"][0]
    given = [(f"g, what arrives at {names['node']}", shape_said(up["shape"])),
             *facts.operand_shapes(node["id"])]
    return _ask("choice", f"Which product is the gradient of {names['to']}?", right, wrong, names,
                given, choices=[[text, text] for text in options])


# ---- Forward -------------------------------------------------------------------------------------

def _forward(facts: Facts, node: Mapping[str, Any]) -> Iterator[Question]:
    """What an operation gives: its number, or its shape where that is the question."""
    if node.get("status") == "failed" or not node.get("preview"):
        return
    name = facts.name(node["id"])
    values = facts.operands(node)
    shapes = [value["shape"] for _, value in values if value is not None]
    out = node["preview"]["shape"]
    # The result may have no other name than the expression itself.
    title = facts.right_hand_side(node)
    names = {"node": name, "to": values[0][0] if values else "", "first": values[0][0] if values
             else "", "other": values[1][0] if len(values) > 1 else ""}
    answer = facts.only(node["preview"])
    if answer is not None and out == []:
        slips = _forward_slips(facts, node, values)
        if slips is not None:
            given = [(label, facts.written(value)) for label, value in values
                     if value is not None and facts.written(value) != label]
            yield _ask("number", f"What is {title}?", answer, slips, names, given,
                       nudge="nudge-value")
        return
    slips = _forward_shapes(node["op"], shapes, out)
    if slips:
        given = [(f"shape of {label}", shape_said(value["shape"])) for label, value in values
                 if value is not None]
        yield _ask("shape", f"What shape has {title}?", out, slips, names, given,
                   nudge="nudge-shape-out")


def _forward_slips(facts: Facts, node: Mapping[str, Any],
                   values: list[Any]) -> list[tuple[str, float]] | None:
    """Mistakes in working a number out; None where nobody could without a calculator."""
    op = node["op"]
    if op in ("sum", "mean"):
        items = facts.all(values[0][1])
        if items is None or not 1 < len(items) <= WHOLE_LIMIT:
            return None
        total = math.fsum(items)
        return [("fore-sum", total), ("fore-mean", total / len(items))]
    if op not in ("add", "sub", "mul", "div", "neg", "pow", "relu", "abs", "maximum", "minimum"):
        return None
    numbers = [x for x in (facts.only(value) for _, value in values) if x is not None]
    if not numbers or len(numbers) < len(values):
        return None
    if op == "pow" and not (numbers[1].is_integer() and 0 <= numbers[1] <= 4):
        return None
    return outcomes(FORWARD, op, "", dict(zip("xy", numbers, strict=False)))


def _forward_shapes(op: str, shapes: list[list[int]], out: list[int]) -> list[tuple[str, Any]]:
    """Mistakes about the shape of a result; none where the shape is no question."""
    if op in ("matmul", "linear") and len(shapes) >= 2 and len(out) == 2:
        a, b = shapes[:2]
        inner = b[::-1] if op == "linear" else b
        return [("matmul-turned", out[::-1]), ("matmul-inner", a), ("matmul-inner", inner),
                ("matmul-inner", b), ("matmul-inner", [a[-1], a[-1]])]
    if op in ("add", "sub", "mul", "div", "maximum", "minimum") and len(shapes) == 2 \
            and shapes[0] != shapes[1] and [] not in shapes:
        return [("bc-small", small) for small in shapes if small != out]
    if op in ("sum", "mean", "amax", "amin") and shapes and shapes[0] and out != []:
        kept = [("reduce-axis", shapes[0][:k] + [1] + shapes[0][k + 1:])
                for k in range(len(shapes[0]))]
        return [("reduce-kept", shapes[0]), *kept, ("reduce-all", [])]
    if op == "permute" and shapes and shapes[0] != out:
        return [("turned-not", shapes[0])]
    return []
