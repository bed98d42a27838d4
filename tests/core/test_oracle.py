"""The engine against an oracle that shares no idea with it: dual numbers, carried forward.

Hypothesis writes small programs with shared nodes, broadcasting, views, several outputs and dead
ends. The oracle computes each value together with its derivatives by every element of every leaf,
in plain NumPy; the engine must find the same by going backwards, in each of the ways to ask it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learngrad as lg

SHAPES = [(), (3,), (2, 3), (2, 1)]


@dataclass
class Dual:
    """A value, and the derivative of each element by each of n leaf elements: shape + (n,)."""

    value: Any
    slope: Any

    def lifted(self, shape):
        """The slope with dimensions for a broadcast to `shape`."""
        extra = (1,) * (len(shape) - self.value.ndim)
        return self.slope.reshape(extra + self.slope.shape)


def binary(value, by_left, by_right):
    def forward(a, b):
        out = value(a.value, b.value)
        slope = (np.asarray(by_left(a.value, b.value))[..., None] * a.lifted(out.shape)
                 + np.asarray(by_right(a.value, b.value))[..., None] * b.lifted(out.shape))
        return Dual(np.asarray(out), np.broadcast_to(slope, (*np.shape(out), slope.shape[-1])))

    return forward


def unary(value, by):
    return lambda a: Dual(np.asarray(value(a.value)), np.asarray(by(a.value))[..., None] * a.slope)


def moved(move):
    """A linear operation: what it does to the value it does to each column of the slope."""
    def forward(a):
        columns = [move(a.slope[..., k]) for k in range(a.slope.shape[-1])]
        return Dual(np.asarray(move(a.value)), np.stack(columns, -1))

    return forward


def maximum(a):
    at = a.value.argmax(-1)
    return Dual(np.take_along_axis(a.value, at[..., None], -1)[..., 0],
                np.take_along_axis(a.slope, at[..., None, None], -2)[..., 0, :])


def soft(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def softmax(a):
    p = soft(a.value.reshape(-1))
    jacobian = np.diag(p) - np.outer(p, p)
    flat = jacobian @ a.slope.reshape(p.size, -1)
    return Dual(p.reshape(a.value.shape), flat.reshape(a.slope.shape))


# name: (number of operands, the engine's, the oracle's)
OPERATIONS = {
    "add": (2, lambda a, b: a + b, binary(np.add, lambda a, b: 1.0, lambda a, b: 1.0)),
    "sub": (2, lambda a, b: a - b, binary(np.subtract, lambda a, b: 1.0, lambda a, b: -1.0)),
    "mul": (2, lambda a, b: a * b, binary(np.multiply, lambda a, b: b, lambda a, b: a)),
    "square": (1, lambda a: a * a, unary(np.square, lambda a: 2 * a)),
    "tanh": (1, lambda a: a.tanh(), unary(np.tanh, lambda a: 1 - np.tanh(a)**2)),
    "shift": (1, lambda a: 0.5 - a, unary(lambda a: 0.5 - a, lambda a: np.full(a.shape, -1.0))),
    "sum": (1, lambda a: a.sum(-1), moved(lambda a: a.sum(-1) if a.ndim else a)),
    "mean": (1, lambda a: a.mean(0, keepdim=True) if a.ndim else a.mean(),
             moved(lambda a: a.mean(0, keepdims=True) if a.ndim else a)),
    "flat": (1, lambda a: a.reshape(-1), moved(lambda a: a.reshape(-1))),
    "turned": (1, lambda a: a.T, moved(lambda a: a.T)),
    "picked": (1, lambda a: a[lg.tensor([0, -1, 0])] if a.ndim else a[None],
               moved(lambda a: a[np.array([0, -1, 0])] if a.ndim else a[None])),
    "half": (1, lambda a: a[..., ::2] if a.ndim else a, moved(
        lambda a: a[..., ::2] if a.ndim else a)),
    "max": (1, lambda a: a.max(-1).values, lambda a: maximum(a) if a.value.ndim else a),
    "softmax": (1, lambda a: a.reshape(-1).softmax(0).reshape(a.shape), softmax),
    "outer": (2, lambda a, b: a.reshape(-1, 1) @ b.reshape(1, -1) * 0.1, lambda a, b: binary(
        lambda x, y: 0.1 * x * y, lambda x, y: 0.1 * y, lambda x, y: 0.1 * x)(
        moved(lambda x: x.reshape(-1, 1))(a), moved(lambda x: x.reshape(1, -1))(b))),
    "detach": (1, lambda a: a.detach(), lambda a: Dual(a.value, 0 * a.slope)),
}


@st.composite
def programs(draw, without=()):
    """Leaf shapes, instructions (name, operands) and the values that the loss adds up."""
    names = sorted(OPERATIONS.keys() - set(without))
    leaves = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    lines = []
    for k in range(draw(st.integers(1, 10))):
        name = draw(st.sampled_from(names))
        lines.append((name, [draw(st.integers(0, len(leaves) + k - 1))
                             for _ in range(OPERATIONS[name][0])]))
    total = len(leaves) + len(lines)
    ends = draw(st.lists(st.integers(0, total - 1), min_size=1, max_size=3)) + [total - 1]
    return leaves, lines, ends, draw(st.integers(0, 2**16))


LARGEST = 40  # elements of a value: outer products grow


def run(program, leaves, which):
    """The loss of a program on the engine (which = 1) or the oracle (which = 2)."""
    _, lines, ends, _ = program
    values = list(leaves)
    for name, operands in lines:
        given = [values[i] for i in operands]
        shapes = [tuple((x.value if which == 2 else x).shape) for x in given]
        try:  # what does not fit together becomes a sum
            size = np.prod(np.broadcast_shapes(*shapes))
            if name == "outer":
                size = np.prod([np.prod(s) for s in shapes])
            fits = size <= LARGEST
        except ValueError:
            fits = False
        values.append(OPERATIONS[name][which](*given) if fits else
                      OPERATIONS["sum"][which](given[0]))
    total = None
    for k, end in enumerate(ends, 1):
        term = scaled(values[end], 1.0 / k, which)
        total = term if total is None else OPERATIONS["add"][which](total, term)
    return total


def scaled(x, factor, which):
    if which == 1:
        return (x * factor).sum()
    return Dual(np.asarray(x.value.sum() * factor),
                factor * x.slope.reshape(-1, x.slope.shape[-1]).sum(0))


def start(program):
    shapes, _, _, seed = program
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape) for shape in shapes]


def oracle(program, values):
    n = sum(v.size for v in values)
    eye, at, duals = np.eye(n), 0, []
    for v in values:
        duals.append(Dual(np.asarray(v), eye[at:at + v.size].reshape((*v.shape, n))))
        at += v.size
    loss = run(program, duals, 2)
    slopes = np.split(loss.slope, np.cumsum([v.size for v in values])[:-1])
    return float(loss.value), [s.reshape(v.shape) for s, v in zip(slopes, values)]


def engine(program, values):
    leaves = [lg.tensor(v, requires_grad=True) for v in values]
    return run(program, leaves, 1), leaves


def close(found, expected):
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.zeros(e.shape) if f is None else f.detach().numpy(), e,
                                   rtol=1e-9, atol=1e-9)


@settings(max_examples=300)
@given(programs())
def test_every_way_to_replay_agrees_with_the_oracle(program):
    values = start(program)
    value, expected = oracle(program, values)
    loss, leaves = engine(program, values)
    assert loss.item() == pytest.approx(value, rel=1e-9, abs=1e-9)
    if not loss.requires_grad:
        assert all(not e.any() for e in expected)
        return
    close(lg.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True), expected)
    close(lg.autograd.grad(loss, leaves, create_graph=True, allow_unused=True), expected)
    assert all(leaf.grad is None for leaf in leaves)

    seqs = [step.node.seq for step in loss.replay()]
    assert seqs == sorted(seqs, reverse=True)
    assert len(seqs) == len(set(seqs))
    close([leaf.grad for leaf in leaves], expected)
    loss.backward(retain_graph=True, inputs=leaves[:1])
    loss.backward()
    close([leaf.grad for leaf in leaves],
          [e * (3 if i == 0 else 2) for i, e in enumerate(expected)])


@settings(max_examples=60)
@given(programs(without=["detach"]))  # it would be constant to backward, and not to differences
def test_second_derivatives_agree_with_differences_of_the_oracle(program):
    """The derivative of the gradient along a direction."""
    values = start(program)
    loss, leaves = engine(program, values)
    if not loss.requires_grad:
        return
    direction = [np.cos(np.arange(v.size)).reshape(v.shape) for v in values]
    first = lg.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    along = sum(((g * d).sum() for g, d in zip(first, direction) if g is not None),
                start=lg.tensor(0.0, dtype=lg.float64))
    second = [None] * len(leaves)
    if along.requires_grad:
        second = lg.autograd.grad(along, leaves, allow_unused=True)
    h = 1e-5
    ahead, behind = (oracle(program, [v + s * h * d for v, d in zip(values, direction)])[1]
                     for s in (1, -1))
    for found, a, b in zip(second, ahead, behind, strict=True):
        expected = (a - b) / (2 * h)
        np.testing.assert_allclose(np.zeros(expected.shape) if found is None else found.numpy(),
                                   expected, rtol=1e-4, atol=1e-4)


@settings(max_examples=60)
@given(programs(), st.integers(0, 30))
def test_an_abandoned_replay_leaves_everything_usable(program, stop):
    """Leaves whose step was taken have their whole gradient, the others none."""
    values = start(program)
    _, expected = oracle(program, values)
    loss, leaves = engine(program, values)
    if not loss.requires_grad:
        return
    finished = set()
    steps = loss.replay()
    for _, step in zip(range(stop), steps):
        if step.written is not None:
            finished.add(step.node.seq)
    steps.close()
    for leaf, e in zip(leaves, expected):
        if leaf._edge[0].seq in finished:
            close([leaf.grad], [e])
        else:
            assert leaf.grad is None
    for leaf in leaves:
        leaf.grad = None
    loss.backward()
    close([leaf.grad for leaf in leaves], expected)


@given(st.lists(st.integers(0, 4), max_size=4), st.data())
def test_gradients_of_broadcasting(shape, data):
    """Any two shapes that broadcast: the gradient is summed back to each."""
    def part(size):
        return data.draw(st.sampled_from([size, 1]))

    left = [part(s) for s in shape][data.draw(st.integers(0, len(shape))):]
    right = [part(s) for s in shape][data.draw(st.integers(0, len(shape))):]
    a = lg.tensor(np.full(left, 2.0), requires_grad=True)
    b = lg.tensor(np.full(right, 3.0), requires_grad=True)
    out = a * b
    assert tuple(out.shape) == np.broadcast_shapes(tuple(left), tuple(right))
    out.sum().backward()
    for t, other in ((a, 3.0), (b, 2.0)):
        repeats = out.numel() / t.numel() if t.numel() else 0
        assert t.grad.shape == t.shape
        assert (t.grad == other * repeats).tolist() == np.ones(t.shape, bool).tolist()
