"""Traces made by hand: small enough to check by eye, odd enough to find what breaks."""

import copy
import math

import pytest


def scalar(value):
    return {"shape": [], "values": [value]}


def filled(shape, value=0.5, low=None, high=None):
    """A preview of an array that is `value` everywhere, or spans from low to high."""
    count = math.prod(shape)
    if count <= 64:
        return {"shape": shape, "values": [value] * count}
    rows, columns = min(8, math.prod(shape[:-1])), min(8, shape[-1])
    return {"shape": shape, "tile": {"rows": rows, "columns": columns,
                                     "values": [value] * (rows * columns)},
            "min": value if low is None else low, "max": value if high is None else high,
            "mean": value, "nonfinite": 0}


def node(number, kind, preview, name=None, *, op=None, sign=None, edges=(), operands=None,
         line=None, text="", requires_grad=True, scope=(), source=0, **more):
    letters = operands if operands is not None else list("abcdefgh"[:len(edges)])
    return {
        "id": number, "kind": kind, "op": op, "sign": sign or "", "name": name,
        "scope": list(scope),
        "src": None if line is None else {"source": source, "line": line, "column": 0,
                                          "end_line": line, "end_column": len(text), "text": text},
        "shape": None if preview is None else preview["shape"], "dtype": "float32",
        "device": "cpu", "requires_grad": requires_grad, "preview": preview,
        "edges": [None if e is None else [e, 0] if isinstance(e, int) else list(e) for e in edges],
        "operands": letters, "version": 0, "status": "ok", "formula": "", "local": {}, **more,
    }


def gives(operand, to, letter, local, numbers, value, before=None, after=None, **more):
    return {"operand": operand, "to": [to, 0], "letter": letter, "local": local,
            "numbers": numbers, "value": value, "before": before, "after": after or value, **more}


def trace_of(nodes, replays=(), source_text="", label="cell 1", status="done"):
    return {"schema": "learngrad-trace", "version": 1, "revision": len(nodes), "status": status,
            "sources": [{"id": 0, "label": label, "first": 1, "text": source_text}],
            "nodes": list(nodes), "replays": list(replays)}


CHAIN_RULE = """\
a = learngrad.tensor(2.0, requires_grad=True)
b = learngrad.tensor(3.0, requires_grad=True)
c = a * b
d = c + a
loss = d ** 2
loss.backward()
"""


def chain_rule():
    """loss = (a·b + a)² at a = 2, b = 3: a is used twice, so its gradient is a sum."""
    lines = CHAIN_RULE.splitlines()
    nodes = [
        node(0, "leaf", scalar(2.0), "a", line=1, text=lines[0], grad=scalar(64.0)),
        node(1, "leaf", scalar(3.0), "b", line=2, text=lines[1], grad=scalar(32.0)),
        node(2, "operation", scalar(6.0), "c", op="mul", sign="×", edges=[0, 1], line=3,
             text=lines[2], formula="a \\cdot b", local={"a": "b", "b": "a"}, status="freed"),
        node(3, "operation", scalar(8.0), "d", op="add", sign="+", edges=[2, 0], line=4,
             text=lines[3], formula="a + b", local={"a": "1", "b": "1"}, status="freed"),
        node(4, "operation", scalar(64.0), "loss", op="pow", sign="^", edges=[3, None],
             operands=["a", "2"], line=5, text=lines[4], formula="a^{b}",
             local={"a": "b · aᵇ⁻¹"}, status="freed"),
    ]
    steps = [
        {"node": 4, "upstream": [scalar(1.0)], "contributions": [
            gives(0, 3, "a", "b · aᵇ⁻¹", "2 · 8", scalar(16.0))]},
        {"node": 3, "upstream": [scalar(16.0)], "contributions": [
            gives(0, 2, "a", "1", "1", scalar(16.0)),
            gives(1, 0, "b", "1", "1", scalar(16.0))]},
        {"node": 2, "upstream": [scalar(16.0)], "contributions": [
            gives(0, 0, "a", "b", "3", scalar(48.0), before=scalar(16.0), after=scalar(64.0)),
            gives(1, 1, "b", "a", "2", scalar(32.0))]},
        {"node": 1, "upstream": [scalar(32.0)], "contributions": [],
         "write": {"before": None, "after": scalar(32.0)}},
        {"node": 0, "upstream": [scalar(64.0)], "contributions": [],
         "write": {"before": None, "after": scalar(64.0)}},
    ]
    return trace_of(nodes, [{"root": 4, "seed": scalar(1.0), "steps": steps}], CHAIN_RULE)


NETWORK = """\
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
logits = model(x)
loss = F.cross_entropy(logits, y)
"""


def network():
    """One forward pass of a small classifier, before backward: nothing has a gradient yet."""
    call, loss = "logits = model(x)", "loss = F.cross_entropy(logits, y)"

    def layer(path, kind):
        return [{"path": path, "class": kind, "call": 1}]

    linear = {"op": "linear", "sign": "linear", "operands": ["x", "W", "b"],
              "formula": "x W^{\\top} + b",
              "local": {"x": "g @ W", "W": "gᵀ @ x", "b": "sum of g over the batch"}}
    return trace_of([
        node(0, "leaf", filled([32, 64], low=0.0, high=1.0), "x", requires_grad=False),
        node(1, "parameter", filled([32, 64], 0.01, -0.1249, 0.1248), "0.weight"),
        node(2, "parameter", filled([32], 0.02), "0.bias"),
        node(3, "operation", filled([32, 32], 0.3, -1.21, 1.875), edges=[0, 1, 2], line=2,
             text=call, scope=layer("0", "Linear"), **linear),
        node(4, "operation", filled([32, 32], 0.3, 0.0, 1.875), op="relu", sign="relu", edges=[3],
             operands=["x"], line=2, text=call, scope=layer("1", "ReLU")),
        node(5, "parameter", filled([10, 32], 0.03, -0.176, 0.1762), "2.weight"),
        node(6, "parameter", filled([10], 0.04), "2.bias"),
        node(7, "operation", filled([32, 10], 0.1, -0.8121, 0.9034), "logits", edges=[4, 5, 6],
             line=2, text=call, scope=layer("2", "Linear"), **linear),
        node(8, "constant", filled([32], 7), "y", requires_grad=False, dtype="int64"),
        node(9, "operation", scalar(2.3179), "loss", op="cross_entropy", sign="cross_entropy",
             edges=[7, 8], operands=["x", "y"], line=3, text=loss),
    ], source_text=NETWORK)


def failed():
    """A matrix product whose shapes do not fit: the part that ran, with the failure marked."""
    return trace_of([
        node(0, "leaf", filled([32, 784]), "x", line=1, text="x = ...", requires_grad=False),
        node(1, "parameter", filled([128, 10]), "W2", line=2, text="W2 = ..."),
        node(2, "operation", None, op="matmul", sign="@", edges=[0, 1], line=3, text="y = x @ W2",
             status="failed", error="inner sizes 784 and 128 do not agree\n  x: [32, 784]"),
    ], source_text="x = ...\nW2 = ...\ny = x @ W2\n", status="failed")


HOSTILE = "</script><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>]]>-->\\\n{|}"


def hostile():
    """Markup, quotes, backslashes and reordering marks wherever a stranger can put text."""
    return trace_of([
        node(0, "leaf", scalar("NaN"), HOSTILE, line=1, text=HOSTILE, device=HOSTILE),
        node(1, "parameter", scalar("Infinity"), "\u202eevil\ud800\x00\x1b[31m"),
        node(2, "operation", scalar(1.0), HOSTILE, op=HOSTILE, sign=HOSTILE, edges=[0, 1],
             operands=[HOSTILE, "b"], formula=HOSTILE, local={HOSTILE: HOSTILE}, line=1,
             text=HOSTILE, scope=[{"path": HOSTILE, "class": HOSTILE, "call": 1}]),
        node(3, "operation", None, HOSTILE, op="bad", edges=[2], status="failed", error=HOSTILE),
    ], [{"root": 2, "seed": scalar(1.0), "steps": [
        {"node": 2, "upstream": [scalar(1.0)], "contributions": [
            gives(0, 0, HOSTILE, HOSTILE, HOSTILE, scalar("NaN"))]}]}],
        source_text=HOSTILE + "\u2028\u2029", label=HOSTILE)


def odd():
    """What is rare: the same operand twice, two outputs, broadcasting, an empty array, a seed."""
    two = [{"shape": [2], "dtype": "float32", "preview": {"shape": [2], "values": [1.0, 2.0]}},
           {"shape": [2], "dtype": "float32", "preview": {"shape": [2], "values": [3.0, 4.0]}}]
    row, total = {"shape": [2], "values": [1.0, 1.0]}, {"shape": [], "values": [2.0]}
    return trace_of([
        node(0, "leaf", scalar(5.0), "x"),
        node(1, "operation", scalar(25.0), op="mul", sign="×", edges=[0, 0]),
        node(4, "leaf", {"shape": [0, 3], "values": []}, "nothing", requires_grad=False),
        node(5, "buffer", filled([8]), "running_mean", requires_grad=False),
        node(7, "leaf", {"shape": [4], "values": [1.0, 2.0, 3.0, 4.0]}, "v"),
        node(8, "operation", two[0]["preview"], op="split", sign="split", edges=[7], outputs=two),
        node(9, "operation", {"shape": [2], "values": [28.0, 29.0]}, "out", op="add", sign="+",
             edges=[1, [8, 1]]),
    ], [{"root": 9, "seed": row, "steps": [
        {"node": 9, "upstream": [row], "contributions": [
            gives(0, 1, "a", "1", "1", total, summed_from=[2]),
            {**gives(1, 8, "b", "1", "1", row), "to": [8, 1]}]},
        {"node": 8, "upstream": [None, row], "contributions": [
            gives(0, 7, "a", "g in its place", "", {"shape": [4], "values": [0, 0, 1, 1]})]},
        {"node": 7, "upstream": [{"shape": [4], "values": [0, 0, 1, 1]}], "contributions": [],
         "write": {"before": {"shape": [4], "values": [1, 1, 1, 1]},
                   "after": {"shape": [4], "values": [1, 1, 2, 2]}}},
        {"node": 1, "upstream": [total], "contributions": [
            gives(0, 0, "a", "b", "5", scalar(10.0)),
            gives(1, 0, "b", "a", "5", scalar(10.0), before=scalar(10.0), after=scalar(20.0))]},
        {"node": 0, "upstream": [scalar(20.0)], "contributions": [],
         "write": {"before": None, "after": scalar(20.0)}},
    ]}], source_text="out = x * x + v.split(2)[1]\n")


def empty():
    return trace_of([])


def chain(length):
    """z = z × 1.0001, many times."""
    nodes = [node(0, "leaf", scalar(1.0), "z")]
    nodes += [node(i, "operation", scalar(1.0), "z", op="mul", sign="×", edges=[i - 1, None],
                   operands=["a", "1.0001"]) for i in range(1, length)]
    return trace_of(nodes)


TRACES = {f.__name__: f for f in (chain_rule, network, failed, hostile, odd, empty)}


@pytest.fixture
def traces():
    """The makers, by name, and `chain`."""
    return {**TRACES, "chain": chain}


@pytest.fixture(params=sorted(TRACES))
def any_trace(request):
    """Each of the traces in turn."""
    return copy.deepcopy(TRACES[request.param]())
