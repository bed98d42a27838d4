"""The tile view's cases: operations small enough to be kept whole, and some that are not.

The front end follows elements through them and holds every formula against the numbers; here the
file that it reads is held against what is recorded today.
"""

import json
import os
from pathlib import Path

import numpy as np

import learngrad as lg
from learngrad.nn import functional as F
from learngrad.trace import Recorder

CASES = Path(__file__).with_name("tile_cases.json")


def some(*shape, seed=1):
    """Numbers without a pattern, alike on every machine."""
    count = int(np.prod(shape))
    values = (np.arange(1, count + 1) * 37 * seed % 23 - 11) / 8
    return lg.tensor(values.reshape(shape).astype(np.float32), requires_grad=True)


def whole():
    """Everything fits: each formula gives its element."""
    x, w, b = some(2, 3), some(3, 4, seed=2), some(4, seed=3)
    yield "matmul", lambda: x @ w
    yield "matrix times vector", lambda: x @ some(3, seed=5)
    yield "vector times matrix", lambda: some(2, seed=5) @ x
    yield "dot", lambda: some(3) @ some(3, seed=4)
    yield "batched", lambda: some(2, 1, 2, 3) @ some(4, 3, 2, seed=2)
    yield "linear", lambda: F.linear(x, some(4, 3, seed=2), b)
    yield "linear of a batch", lambda: F.linear(some(2, 2, 3), some(4, 3, seed=2))
    yield "broadcast a row", lambda: (x @ w) + b
    yield "broadcast a column", lambda: x * some(2, 1, seed=3)
    yield "broadcast both", lambda: some(2, 1) - some(1, 3, seed=2)
    yield "broadcast one number", lambda: x / 3 + some(1, 1, 1, seed=4)
    yield "divide", lambda: x / some(3, seed=2)
    yield "powers", lambda: x ** 2 * 0.5 + 2 ** x
    yield "greater", lambda: lg.maximum(x, some(3, seed=2))
    yield "chain", lambda: lg.exp(-x).tanh().sigmoid().relu().abs().sqrt()
    yield "sum", lambda: x.sum()
    yield "sum of an axis", lambda: some(2, 3, 2).sum((0, 2))
    yield "square sum of an axis", lambda: some(3, 3).sum(0)
    yield "mean", lambda: some(3, 3).mean(1, keepdim=True)
    yield "greatest", lambda: x.amax(1) + some(2, 3, seed=2).max(1)[0] + x.amin()
    yield "logsumexp", lambda: x.logsumexp(1)
    yield "product", lambda: some(2, 3, seed=4).prod(1)
    yield "softmax", lambda: F.softmax(x, 0) * F.log_softmax(x, 1)
    yield "cross entropy", lambda: F.cross_entropy(some(3, 4), lg.tensor([2, 0, 3]))
    yield "cross entropy of each", lambda: F.cross_entropy(
        some(3, 4), lg.tensor([2, 0, 3]), reduction="none")
    yield "mse", lambda: F.mse_loss(x, some(2, 3, seed=3))
    yield "moves", lambda: some(2, 3, 2).permute(2, 0, 1).reshape(4, 3) * some(3).expand(4, 3)
    yield "convolution", lambda: F.conv2d(some(1, 1, 5, 5), some(2, 1, 3, 3), some(2))
    yield "strided", lambda: F.conv2d(
        some(1, 2, 5, 4), some(2, 2, 3, 2, seed=2), some(2), stride=2, padding=1)
    yield "grouped and dilated", lambda: F.conv1d(
        some(2, 4, 6), some(4, 2, 2, seed=2), groups=2, dilation=2, stride=(1,))
    yield "convolution transposed", lambda: F.conv_transpose2d(
        some(1, 2, 2, 2), some(2, 1, 3, 3, seed=2), some(1), stride=2, padding=1)
    yield "pools", lambda: F.max_pool2d(some(1, 1, 4, 6), 2) + F.avg_pool2d(some(1, 1, 4, 6), 2)


def sampled():
    """Parts are kept: what is missing is said."""
    yield "large matmul", lambda: some(32, 64) @ some(64, 10, seed=2)
    yield "large broadcast", lambda: some(32, 10) + some(10, seed=2)
    yield "large sum", lambda: some(40, 20).mean(0)
    yield "large linear", lambda: F.linear(some(32, 20), some(12, 20, seed=3), some(12))
    yield "digits", lambda: F.cross_entropy(some(32, 10), lg.tensor(np.arange(32) % 10))
    yield "images", lambda: F.conv2d(some(2, 1, 9, 9), some(3, 1, 3, 3, seed=2), padding=1)


def recorded(cases):
    """Each case as a trace with its replay, without its lines of Python."""
    traces = {}
    for name, run in cases:
        with Recorder() as tape:
            (run() * some(1, seed=6)).sum().backward()
        trace = tape.to_dict() | {"sources": []}
        for node in trace["nodes"]:
            node |= {"src": None, "name": None}
            node.pop("callers", None)
        traces[name] = trace
    return traces


def close(a, b):
    """Whether two pieces of JSON are the same but for rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return abs(a - b) <= 1e-4 * (1 + abs(a))
    return a == b or (isinstance(b, float) and close(b, a))


def test_the_cases_are_what_is_recorded():
    """After a change of the trace: LEARNGRAD_WRITE_CASES=1 pytest tests/trace/test_tiles.py."""
    now = {"whole": recorded(whole()), "sampled": recorded(sampled())}
    if os.environ.get("LEARNGRAD_WRITE_CASES"):
        CASES.write_text(json.dumps(now, separators=(",", ":"), allow_nan=False) + "\n", "utf-8")
    kept = json.loads(CASES.read_text("utf-8"))
    for kind, traces in now.items():
        assert traces.keys() == kept[kind].keys()
        for name, trace in traces.items():
            for member in ("nodes", "replays"):
                for a, b in zip(trace[member], kept[kind][name][member], strict=True):
                    assert close(json.loads(json.dumps(a)), b), (name, a, b)
