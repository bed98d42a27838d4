"""What the graph holds, when it lets go, and who shares memory with whom."""

import contextlib
import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from learngrad.autograd.function import Function


@contextlib.contextmanager
def collector_off():
    """What dies inside dies by its reference count alone: it was in no cycle."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.fixture
def graph():
    """A loss, and weak references to every node and leaf behind it."""
    def make(then=lambda loss: None):
        w = lg.ones(3, 3, requires_grad=True)
        x = lg.arange(6, dtype=lg.float32).reshape(2, 3)
        values, _ = (x @ w).tanh().max(1)
        loss = lg.nn.functional.cross_entropy(x @ w * values[:, None], lg.tensor([0, 2]))
        loss = loss + w[0].exp().sum() + lg.where(w > 0, w, 0).mean()
        nodes, stack = {}, [loss.grad_fn]
        while stack:
            node = stack.pop()
            if node.seq not in nodes:
                nodes[node.seq] = weakref.ref(node)
                stack += [edge[0] for edge in node.edges if edge is not None]
        assert len(nodes) > 12
        watched = [*nodes.values(), weakref.ref(loss), weakref.ref(w), weakref.ref(x)]
        then(loss)
        return watched

    return make


def hooked(loss):
    loss.register_hook(lambda g: g)
    loss.retain_grad()
    loss.backward()


def failing(loss):
    loss.backward()
    with pytest.raises(RuntimeError):
        loss.backward()


@pytest.mark.parametrize("then", [
    lambda loss: None, lambda loss: loss.backward(), lambda loss: loss.backward(retain_graph=True),
    lambda loss: list(loss.replay()), lambda loss: next(loss.replay()), hooked], ids=[
    "untouched", "replayed", "retained", "stepped", "abandoned", "hooked"])
def test_no_cycles(graph, then):
    with collector_off():
        assert [ref() for ref in graph(then) if ref() is not None] == []


def test_no_cycles_after_an_error(graph):
    """An error holds the frames it came through, and so what is in them, until it is forgotten."""
    watched = graph(failing)
    gc.collect()
    assert [ref() for ref in watched if ref() is not None] == []


@pytest.mark.parametrize("fails", [
    lambda x: x @ lg.ones(3), lambda x: x + lg.ones(3), lambda x: x[2000],
    lambda x: lg.nn.Linear(3, 4)(x), lambda x: lg.nn.functional.gelu(x, "odd")])
def test_what_was_refused_is_let_go(fails):
    x = lg.ones(1000)
    gone = weakref.ref(x)
    with collector_off():
        with contextlib.suppress(errors.LearngradError):
            fails(x)
        del x
        assert gone() is None


def test_who_raises_keeps_no_copies_of_its_locals():
    def work(size):
        big = lg.zeros(size)
        gone = weakref.ref(big)
        try:
            raise errors.ShapeError("no")
        except errors.ShapeError:
            pass
        del big
        return gone()

    with collector_off():
        assert work(1000) is None


def test_create_graph_leaves_no_cycles():
    with collector_off():
        x = lg.tensor([1.0, 2.0], requires_grad=True)
        first, = lg.autograd.grad((x.exp() * x).sum(), x, create_graph=True)
        first.sum().backward()
        watched = [weakref.ref(first), weakref.ref(first.grad_fn), weakref.ref(x)]
        del first, x
        assert [ref() for ref in watched if ref() is not None] == []


def test_backward_frees_what_its_formulas_needed():
    x = lg.ones(1000, requires_grad=True)
    y = x.exp()
    saved = weakref.ref(y._data)
    loss = y.sum()
    del y
    assert saved() is not None
    loss.backward()
    assert saved() is None
    assert loss.requires_grad


def test_what_is_not_needed_is_not_kept():
    """A sum or a constant factor keeps none of its large operands alive."""
    x = lg.ones(1000, requires_grad=True)
    y = x * 2
    kept = weakref.ref(y._data)
    z = (y + 1).sum()
    del y
    assert kept() is None
    assert z.requires_grad


def test_without_recording_nothing_is_kept():
    w = lg.ones(100, requires_grad=True)
    with lg.no_grad():
        y = w * w
    assert y.grad_fn is None
    gone = weakref.ref(y._data)
    del y
    assert gone() is None


def test_a_long_chain():
    """A million operations: no recursion, and the memory comes back."""
    w = lg.tensor(1.0, requires_grad=True)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        z = w
        for _ in range(1000):
            z = z * 1.000001
        a_thousand = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert a_thousand < 1000 * 2000  # bytes an operation
    with collector_off():
        for _ in range(999_000):
            z = z * 1.000001
        assert z.grad_fn.seq - w._edge[0].seq >= 1_000_000
        last = weakref.ref(z.grad_fn)
        z.backward()
        assert w.grad.item() == pytest.approx(1.000001**1_000_000, rel=0.1)
        del z
        assert last() is None
    tracemalloc.start()
    try:
        (w * 2).backward()
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


def test_a_chain_dropped_without_backward():
    z = lg.tensor(1.0, requires_grad=True)
    with collector_off():
        for _ in range(50_000):
            z = z + 1
        first = weakref.ref(z.grad_fn.next_functions[0][0])
        del z
        assert first() is None


# ---- Who shares memory


def test_one_gradient_passed_on_to_two_leaves():
    a, b = lg.ones(3, requires_grad=True), lg.ones(3, requires_grad=True)
    (a + b).sum().backward()
    assert not np.may_share_memory(a.grad.numpy(), b.grad.numpy())
    a.grad *= 5
    assert b.grad.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("graph", [
    lambda a, b: (a + b) * 1, lambda a, b: (a - (-b)) * 1, lambda a, b: (a.reshape(3) + b[:]).exp(),
    lambda a, b: (a + b) + (a + b), lambda a, b: lg.where(a > 0, a, b) + b,
    lambda a, b: a.expand(2, 3) + b, lambda a, b: a.clone() + b.clone()], ids=range(7))
def test_gradients_are_of_their_own(graph):
    a, b = lg.ones(3, requires_grad=True), lg.ones(3, requires_grad=True)
    loss = graph(a, b).sum()
    start = lg.tensor(1.0)
    loss.backward(start, retain_graph=True)
    held = [a.grad.numpy(), b.grad.numpy(), start.numpy(), a.detach().numpy(), b.detach().numpy()]
    for i, one in enumerate(held):
        for other in held[i + 1:]:
            assert not np.may_share_memory(one, other)
    before = b.grad.tolist()
    a.grad.zero_()
    loss.backward()
    assert b.grad.tolist() == [2 * g for g in before]


def test_a_seed_is_not_taken_over():
    x, start = lg.ones(3, requires_grad=True), lg.ones(3)
    x.reshape(3).backward(start)
    x.grad.zero_()
    assert start.tolist() == [1.0, 1.0, 1.0]


class Keeping(Function):
    """Its gradient is an array that it keeps."""

    def forward(self, x):
        self.mine = np.ones(x.shape, x.dtype)
        return x * 1.0

    def backward(self, g):
        return self.mine


def test_an_array_that_somebody_keeps_is_copied():
    x = lg.ones(3, requires_grad=True)
    y = Keeping.apply(x)
    y.sum().backward()
    x.grad.zero_()
    assert y.grad_fn.mine.tolist() == [1.0, 1.0, 1.0]
    (Keeping.apply(x) + Keeping.apply(x)).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_an_array_that_nobody_keeps_is_not_copied():
    """Big gradients are handed over: a copy would cost as much as the step of an optimiser."""
    made = []

    class Made(Function):
        """Remembers the address of its gradient, not the gradient."""

        def forward(self, x):
            return x * 1.0

        def backward(self, g):
            out = g * 2.0
            made.append(out.ctypes.data)
            return out

    x = lg.ones(1000, requires_grad=True)
    Made.apply(x).sum().backward()
    assert x.grad.numpy().ctypes.data == made[0]


def test_sums_do_not_reach_into_contributions():
    """Sums are made in place only in buffers of the engine's own."""
    seen = []
    x = lg.ones(2, requires_grad=True)
    h = x * 1
    parts = [h * 1, h * 2, h * 3, h * 4]
    for p in parts:
        p.register_hook(lambda g: seen.append(g) or None)
    loss = (parts[0] + parts[1] + parts[2] + parts[3]).sum()
    loss.backward(retain_graph=True)
    assert x.grad.tolist() == [10.0, 10.0]
    assert [g.tolist() for g in seen] == [[1.0, 1.0]] * 4
    steps = list(loss.replay())
    before_and_after = [(c.before, c.value, c.after) for s in steps for c in s.contributions
                        if c.before is not None]
    assert len(before_and_after) == 3
    for before, value, after in before_and_after:
        assert (before + value).tolist() == after.tolist()


def test_an_error_holds_no_tensor():
    big = lg.ones(1000, requires_grad=True)
    gone = weakref.ref(big)
    with pytest.raises(RuntimeError) as caught:
        big + lg.ones(7)
    error = caught.value.with_traceback(None)
    error.__cause__ = error.__context__ = None
    del caught, big
    gc.collect()
    assert gone() is None
    assert "shape [1000]" in str(error)
