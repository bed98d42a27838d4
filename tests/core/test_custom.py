"""A user's own operations, in PyTorch's protocol and in ours."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import learngrad
from learngrad.autograd import Function, grad, gradcheck, gradgradcheck
from learngrad.errors import ArgumentTypeError, GraphError
from learngrad.trace import Recorder
from learngrad.trace.schema import validate


class Scaled(Function):
    """e to the scaled x, as a PyTorch tutorial would write it."""

    @staticmethod
    def forward(ctx, x, scale):
        assert ctx.needs_input_grad[1] is False
        out = (x * scale).exp()
        ctx.save_for_backward(x, out)
        ctx.scale = scale
        return out

    @staticmethod
    def backward(ctx, g):
        x, out = ctx.saved_tensors
        assert x.shape == out.shape
        return g * out * ctx.scale, None


class Both(Function):
    """Two outputs, with setup_context apart."""

    @staticmethod
    def forward(a, b):
        return a * b, a + b

    @staticmethod
    def setup_context(ctx, inputs, output):
        assert len(output) == 2
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g_product, g_sum):
        a, b = ctx.saved_tensors
        return g_product * b + g_sum, g_product * a + g_sum


def test_forward_and_gradients_of_both_orders():
    x = learngrad.tensor([0.1, 0.5], requires_grad=True)
    y = Scaled.apply(x, 2.0)
    np.testing.assert_allclose(y.detach().numpy(), np.exp([0.2, 1.0]), rtol=1e-6)
    first, = grad(y.sum(), x, create_graph=True)
    second, = grad(first.sum(), x)
    np.testing.assert_allclose(first.detach().numpy(), 2 * np.exp([0.2, 1.0]), rtol=1e-6)
    np.testing.assert_allclose(second.numpy(), 4 * np.exp([0.2, 1.0]), rtol=1e-6)
    assert gradcheck(lambda x: Scaled.apply(x, 0.3), [x])
    assert gradgradcheck(lambda x: Scaled.apply(x, 0.3), [x])


class Slower(Scaled):
    """The same forward, and a backward that halves what arrives."""

    @staticmethod
    def backward(ctx, g):
        return Scaled.backward(ctx, g)[0] / 2, None


class Offset(Slower):
    """The backward of its parent, and another forward."""

    @staticmethod
    def forward(ctx, x, scale):
        return Scaled.forward(ctx, x, scale) + 1


def test_an_operation_that_changes_another_has_what_it_says():
    for operation, value, gradient in ((Scaled, 1, 2), (Slower, 1, 1), (Offset, 2, 1)):
        x = learngrad.zeros(1, requires_grad=True)
        y = operation.apply(x, 2.0)
        y.sum().backward()
        assert (y.item(), x.grad.item()) == (value, gradient)
        assert type(y.grad_fn).__name__ == operation.__name__


def test_several_outputs():
    a = learngrad.tensor([1.0, 2.0], requires_grad=True)
    b = learngrad.tensor([3.0, 4.0], requires_grad=True)
    assert gradcheck(Both.apply, [a, b])
    assert gradgradcheck(Both.apply, [a, b])
    product, _ = Both.apply(a, b)  # one output unused: its gradient is zeros
    product.sum().backward()
    assert a.grad.tolist() == [3.0, 4.0]


def test_it_is_in_the_trace_under_its_own_name():
    x = learngrad.tensor(0.5, requires_grad=True)
    with Recorder() as tape:
        y = Scaled.apply(x, 2.0)
        y.backward()
    trace = tape.to_dict()
    validate(trace)
    node = next(n for n in trace["nodes"] if n["op"] == "scaled")
    assert node["name"] == "y"
    assert node["src"]["text"] == "y = Scaled.apply(x, 2.0)"
    assert type(y.grad_fn).__name__ == "Scaled"


def test_without_a_gradient_nothing_is_recorded():
    y = Scaled.apply(learngrad.tensor(0.5), 2.0)
    assert not y.requires_grad


def test_non_differentiable_output():
    class Parts(Function):
        @staticmethod
        def forward(ctx, x):
            index = learngrad.sign(x)
            ctx.mark_non_differentiable(index)
            return x * 2, index

        @staticmethod
        def backward(ctx, g, _):
            return g * 2

    x = learngrad.tensor([1.0, -1.0], requires_grad=True)
    doubled, index = Parts.apply(x)
    assert doubled.requires_grad
    assert not index.requires_grad
    doubled.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_dirty_input_stays_in_the_graph():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    leaf = learngrad.tensor([1.0], requires_grad=True)
    x = leaf * 5
    y = Double.apply(x)
    assert y is x
    assert x.tolist() == [10.0]
    x.sum().backward()
    assert leaf.grad.tolist() == [10.0]
    with pytest.raises(GraphError, match="leaf"):
        Double.apply(learngrad.tensor([1.0], requires_grad=True))


@pytest.mark.parametrize("returned", [(), (1.0, None, None)])
def test_wrong_number_of_gradients_is_told(returned):
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return tuple(g * r if r else r for r in returned) + ((g,) if returned else ())

    x = learngrad.tensor(1.0, requires_grad=True)
    with pytest.raises(GraphError, match=r"Wrong.backward returned"):
        Wrong.apply(x, x).backward()


def test_saving_what_is_no_tensor_and_returning_what_is_none():
    class Saves(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)
            return x

    class Returns(Function):
        @staticmethod
        def forward(ctx, x):
            return 3

    x = learngrad.tensor(1.0, requires_grad=True)
    with pytest.raises(ArgumentTypeError, match="keeps tensors"):
        Saves.apply(x)
    with pytest.raises(ArgumentTypeError, match=r"Returns\.forward returned 3"):
        Returns.apply(x)


def test_saved_input_changed_in_place_is_refused():
    x = learngrad.tensor([1.0], requires_grad=True)
    a = x * 1
    y = Scaled.apply(a, 2.0)
    a += 1
    with pytest.raises(GraphError, match="changed in place"):
        y.sum().backward()


def test_second_backward_says_that_the_graph_was_freed():
    x = learngrad.tensor(1.0, requires_grad=True)
    y = Scaled.apply(x, 2.0)
    y.backward()
    with pytest.raises(GraphError, match=r"replayed before.*test_custom\.py: y\.backward\(\)"):
        y.backward()


class ByNumPy(Function):
    """Something that NumPy computes, both ways."""

    @staticmethod
    def forward(ctx, x):
        ctx.out = np.exp(x.numpy())
        return learngrad.from_numpy(ctx.out)

    @staticmethod
    @learngrad.autograd.function.once_differentiable
    def backward(ctx, g):
        return learngrad.from_numpy(g.numpy() * ctx.out)


def test_differentiable_once():
    x = learngrad.tensor([0.0, 1.0], requires_grad=True)
    (first,) = grad(ByNumPy.apply(x).sum(), x)
    np.testing.assert_allclose(first.numpy(), np.exp([0, 1]), rtol=1e-6)
    with pytest.raises(GraphError, match="is marked as once_differentiable"):
        grad(ByNumPy.apply(x).sum(), x, create_graph=True)


def test_no_cycle_keeps_a_custom_operation_alive():
    gc.collect()
    gc.disable()
    try:
        x = learngrad.tensor([1.0], requires_grad=True)
        y = Scaled.apply(x, 2.0)
        dead = weakref.ref(y.grad_fn)
        y.sum().backward()
        del y
        assert dead() is None
    finally:
        gc.enable()


def test_it_is_one_operation_to_those_who_watch():


    class Double(learngrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 3 - x

        @staticmethod
        def backward(ctx, g):
            return g * 3 - g

    x = learngrad.tensor(1.0, requires_grad=True)
    with Recorder() as tape:
        (Double.apply(x) + 1).backward()
        y = x * 1
    ops = [node["op"] for node in tape.to_dict()["nodes"] if node["op"]]
    assert ops == ["double", "add", "mul"]
    assert y.requires_grad
