"""The replay: what arrives where, in which order, and what a program may do with the graph."""

import numpy as np
import pytest

import learngrad as lg
from learngrad.autograd import Function, grad
from learngrad.autograd.function import AccumulateGrad
from learngrad.errors import GraphError, LearngradError, ShapeError


def leaf(value):
    return lg.tensor(value, dtype=lg.float64, requires_grad=True)


# ---- Sums over paths


def test_the_same_tensor_twice_in_one_operation():
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad.item() == 6.0
    x.grad = None
    (x + x - x).backward()
    assert x.grad.item() == 1.0


def test_a_diamond():
    x = leaf(2.0)
    a = x * 3
    b, c = a * a, a + 1
    (b * c).backward()  # 9x² (3x + 1)
    assert x.grad.item() == 81 * 4 + 18 * 2


def test_a_deep_diamond_visits_each_node_once():
    """Two paths a layer: 2^60 paths, 60 nodes."""
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y * 0.5 + y * 0.5
    steps = list(y.replay())
    assert x.grad.item() == 1.0
    assert len(steps) == 3 * 60 + 1


def test_a_leaf_used_many_times_is_written_once():
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(lambda g: seen.append(g.tolist()))
    sum((x * k).sum() for k in range(50)).backward()
    assert x.grad.tolist() == [1225.0, 1225.0]
    assert seen == [[1225.0, 1225.0]]


def test_several_outputs():
    x = leaf([[1.0, 5.0, 2.0], [7.0, 3.0, 4.0]])
    values, indices = x.max(1)
    assert not indices.requires_grad
    (values * lg.tensor([2.0, 3.0]) + values[0]).sum().backward()
    assert x.grad.tolist() == [[0.0, 4.0, 0.0], [3.0, 0.0, 0.0]]


class Split(Function):
    """The halves of a vector: two outputs, both differentiable."""

    def forward(self, x):
        return x[:2] * 1.0, x[2:] * 1.0

    def backward(self, g, h):
        return np.concatenate([g, h])


def test_an_output_that_nothing_depends_on_has_gradient_zero():
    x = leaf([1.0, 2.0, 3.0, 4.0])
    left, right = Split.apply(x)
    (left * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 0.0, 0.0]
    left, right = Split.apply(x)
    x.grad = None
    lg.autograd.backward([left.sum(), (right * right).sum()], [None, None])
    assert x.grad.tolist() == [1.0, 1.0, 6.0, 8.0]


def test_gradients_arrive_in_the_dtype_of_their_tensors():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    y = leaf([3.0, 4.0])
    (x * y).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (lg.float32, lg.float64)
    assert x.grad.tolist() == [3.0, 4.0]


def test_roots_that_are_leaves():
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1.0
    lg.autograd.backward([x, x * 3], [None, None])
    assert x.grad.item() == 5.0
    assert grad(x, x)[0].item() == 1.0


# ---- Keeping and freeing the graph


def test_backward_twice_is_refused():
    x = leaf(2.0)
    loss = x * x
    loss.backward()
    with pytest.raises(GraphError, match="freed") as caught:
        loss.backward()
    assert "retain_graph=True" in caught.value.fix
    assert x.grad.item() == 4.0


def test_a_shared_part_is_freed_with_the_first_loss():
    x = leaf(2.0)
    h = x.exp()
    (h * h).backward()
    with pytest.raises(GraphError, match="freed"):
        (h * 3).backward()


def test_retain_graph():
    x = leaf(2.0)
    loss = x * x
    for k in range(1, 4):
        loss.backward(retain_graph=True)
        assert x.grad.item() == 4.0 * k
    loss.backward()
    with pytest.raises(GraphError):
        loss.backward(retain_graph=True)


def test_derivatives_of_any_order():
    x = leaf(1.5)
    g, expected = x**5, [5 * 1.5**4, 20 * 1.5**3, 60 * 1.5**2, 120 * 1.5, 120.0]
    for value in expected:
        g, = grad(g, x, create_graph=True)
        assert g.item() == pytest.approx(value)
    assert x.grad is None


def test_create_graph_writes_gradients_that_have_a_graph():
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    assert x.grad.requires_grad
    penalty = x.grad**2  # 9x⁴
    x.grad = None
    penalty.backward()
    assert x.grad.item() == pytest.approx(36 * 27)


def test_a_gradient_penalty_through_a_network():
    rng = np.random.default_rng(0)
    X, w = leaf(rng.standard_normal((4, 3))), leaf(rng.standard_normal((3, 2)))
    assert lg.autograd.gradgradcheck(lambda X, w: (X @ w).tanh().sum(1).sigmoid(), [X, w])


# ---- grad() and inputs=


def test_grad_returns_and_does_not_write():
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = grad(x * y * y, [x, y])
    assert (gx.item(), gy.item()) == (9.0, 12.0)
    assert x.grad is None
    assert y.grad is None


def test_grad_of_something_in_between():
    x = leaf(2.0)
    h = x * x
    gh, gx = grad(h * h, [h, x])
    assert (gh.item(), gx.item()) == (8.0, 32.0)


def test_grad_of_one_input_twice():
    x = leaf(2.0)
    first, second = grad(x * x, [x, x])
    assert (first.item(), second.item()) == (4.0, 4.0)
    first.zero_()
    assert second.item() == 4.0


def test_grad_takes_whatever_can_be_gone_through():
    params = {"a": leaf(2.0), "b": leaf(3.0)}
    loss = params["a"] * params["b"]
    assert [g.item() for g in grad(loss, params.values())] == [3, 2]


def test_grad_of_several_outputs():
    x = leaf([1.0, 2.0])
    g, = grad([x * 2, (x * x).sum()], x, grad_outputs=[lg.tensor([1.0, 10.0]), None])
    assert g.tolist() == [2.0 + 2.0, 20.0 + 4.0]


def test_grad_needs_a_path():
    x, y = leaf(2.0), leaf(3.0)
    with pytest.raises(GraphError, match="do not depend") as caught:
        grad(x * 2, [x, y])
    assert "allow_unused" in caught.value.fix
    gx, gy = grad(x * 2, [x, y], allow_unused=True)
    assert gx.item() == 2.0
    assert gy is None
    with pytest.raises(GraphError, match="needs none"):
        grad(x * 2, lg.tensor(1.0))


def test_grad_does_not_enter_what_is_not_on_a_path():
    """A part that does not lead to the input is not replayed, nor freed."""
    x, y = leaf(2.0), leaf(3.0)
    other = y * y
    g, = grad(x * 2 + other, x)
    assert g.item() == 2.0
    other.backward()
    assert y.grad.item() == 6.0


def test_backward_to_the_same_input_twice_or_to_one_that_keeps_its_own():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    (x * x * 3).sum().backward(inputs=[x, x])
    assert x.grad.tolist() == [6.0, 12.0]
    y = x * 3
    y.retain_grad()
    (y * y).sum().backward(inputs=[y])
    assert y.grad.tolist() == [6.0, 12.0]


def test_backward_to_some_inputs():
    x, y = leaf(2.0), leaf(3.0)
    h = x * y
    (h * h).backward(inputs=[y])
    assert y.grad.item() == 24.0
    assert x.grad is None
    (x * y).backward(inputs=y)
    assert y.grad.item() == 26.0


# ---- Where it starts


def test_a_gradient_to_begin_with():
    x = leaf([1.0, 2.0])
    (x * x).backward(lg.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]
    x.grad = None
    (x * 2).backward([3.0, 4.0])
    assert x.grad.tolist() == [6.0, 8.0]


def test_it_is_cast_to_the_dtype_of_the_tensor():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    x.exp().backward(lg.tensor([1.0, 1.0], dtype=lg.float64))
    assert x.grad.dtype == lg.float32
    w = leaf(1.0)
    first, = grad(x.sum() * 2, x, grad_outputs=w * 3, create_graph=True)
    assert first.dtype == lg.float32
    assert grad(first.sum(), w)[0].item() == 12.0


def test_the_gradient_given_is_not_changed():
    x, start = leaf([1.0]), lg.tensor([1.0], dtype=lg.float64)
    x.backward(start)
    x.backward(start)
    assert start.tolist() == [1.0]
    assert x.grad.tolist() == [2.0]
    x.grad.zero_()
    assert start.tolist() == [1.0]


def test_one_element_of_any_shape_is_a_loss():
    x = leaf([[2.0]])
    (x * x).backward()
    assert x.grad.tolist() == [[4.0]]


# ---- Hooks and retained gradients


def test_hooks_run_in_order_and_may_replace():
    x, seen = leaf(2.0), []
    h = x * 3
    h.register_hook(lambda g: seen.append(g.item()))
    h.register_hook(lambda g: g * 10)
    h.register_hook(lambda g: seen.append(g.item()))
    (h * h).backward()
    assert seen == [12.0, 120.0]
    assert x.grad.item() == 360.0


def test_a_hook_can_be_removed():
    x, seen = leaf(2.0), []
    handle = x.register_hook(lambda g: seen.append(1))
    handle.remove()
    handle.remove()
    (x * 2).backward()
    assert seen == []


def test_hooks_of_a_leaf_see_the_whole_sum_once():
    x, seen = leaf(2.0), []
    x.register_hook(lambda g: seen.append(g.item()) or g / 2)
    (x * x + x).backward()
    assert seen == [5.0]
    assert x.grad.item() == 2.5


def test_hooks_under_create_graph_get_tensors_of_the_graph():
    x, seen = leaf(2.0), []
    h = x * x
    h.register_hook(lambda g: seen.append(g.requires_grad) or g * 2)
    first, = grad(h * h, x, create_graph=True)
    second, = grad(first, x)
    assert (first.item(), second.item()) == (64.0, 160.0)
    assert seen == [True, False]  # the second replay passes h again


@pytest.mark.parametrize("answer", [lg.ones(2), 3.0, "g"])
def test_a_hook_must_answer_with_a_gradient(answer):
    x = leaf(2.0)
    x.register_hook(lambda g: answer)
    with pytest.raises(LearngradError) as caught:
        (x * 2).backward()
    assert "hook" in str(caught.value)
    assert x.grad is None


def test_an_error_in_a_hook_comes_through():
    x, y = leaf(2.0), leaf(3.0)
    h = x * y

    def refuse(g):
        raise ZeroDivisionError("mine")

    remove = h.register_hook(refuse)
    with pytest.raises(ZeroDivisionError, match="mine"):
        (h * 2).backward(retain_graph=True)
    assert x.grad is None
    remove()
    h.backward()
    assert (x.grad.item(), y.grad.item()) == (3.0, 2.0)


def test_retain_grad():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    h.register_hook(lambda g: g * 2)
    (h * 3).backward()
    assert h.grad.item() == 6.0  # after the hooks
    assert x.grad.item() == 24.0
    x.retain_grad()  # a leaf has it anyway
    with pytest.raises(GraphError, match="no gradient"):
        lg.tensor(1.0).retain_grad()


def test_a_retained_gradient_is_a_tensor_of_its_own():
    x = leaf([1.0, 2.0])
    h = x * 1
    k = h + 0
    h.retain_grad()
    k.retain_grad()
    k.sum().backward()
    h.grad.zero_()
    assert k.grad.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [1.0, 1.0]


# ---- The replay, step by step


def test_steps_tell_everything():
    a, b = leaf(2.0), leaf(3.0)
    c = a * b
    loss = c * c
    steps = list(loss.replay())
    assert [s.node.name() for s in steps] == [
        "MulBackward0", "MulBackward0", "AccumulateGrad", "AccumulateGrad"]
    assert [s.node.seq for s in steps] == sorted((s.node.seq for s in steps), reverse=True)
    first, second, third, fourth = steps
    assert float(first.upstream[0]) == 1.0
    (one, two) = first.contributions
    assert (one.operand, float(one.value), one.before, float(one.after)) == (0, 6.0, None, 6.0)
    assert two.operand == 1
    assert [float(a) for a in (two.before, two.value, two.after)] == [6.0, 6.0, 12.0]
    assert one.to == two.to == (second.node, 0)
    assert float(second.upstream[0]) == 12.0
    assert third.node.variable() is b
    assert third.contributions == []
    assert third.written[0] is None
    assert float(third.written[1]) == 24.0
    assert float(fourth.written[1]) == 36.0


def test_unbroadcasting_is_told():
    x, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([1.0, 1.0])
    step = next((x + b).replay(lg.ones(2, 2)))
    assert [c.summed_from for c in step.contributions] == [None, (2, 2)]
    assert step.contributions[1].value.tolist() == [2.0, 2.0]


def test_replay_again_adds_to_what_is_there():
    x = leaf(3.0)
    loss = x * x
    first, second = list(loss.replay()), list(loss.replay())
    assert x.grad.item() == 12.0
    assert first[-1].written[0] is None
    assert float(first[-1].written[1]) == 6.0  # as it was then
    assert float(second[-1].written[0]) == 6.0
    assert float(second[-1].written[1]) == 12.0
    loss.backward()
    assert x.grad.item() == 18.0


def test_a_replay_that_is_abandoned():
    a = leaf(2.0)
    y = a * 5
    b = leaf(3.0)
    loss = y * b
    steps = loss.replay()
    for step in steps:
        if type(step.node) is AccumulateGrad:
            break
    assert step.node.variable() is b
    assert b.grad.item() == 10.0
    assert a.grad is None
    steps.close()
    assert list(steps) == []
    loss.backward()
    assert (a.grad.item(), b.grad.item()) == (15.0, 20.0)


def test_modes_are_the_callers_between_steps():
    x = leaf(2.0)
    steps = (x * x).replay()
    with lg.no_grad():
        next(steps)
        assert not lg.is_grad_enabled()
        assert not (x * 2).requires_grad
    assert lg.is_grad_enabled()
    next(steps)
    assert (x * 2).requires_grad


def test_two_replays_of_one_graph_at_once():
    x = leaf(2.0)
    loss = x * x + x
    one, two = loss.replay(), loss.replay()
    for _ in range(3):
        next(one, None)
        next(two, None)
    assert x.grad.item() == 10.0


def test_operations_during_a_replay():
    """A graph may grow, and another be replayed, between two steps."""
    x = leaf(2.0)
    steps = (x * x).replay()
    next(steps)
    (x * 3).backward()
    assert x.grad.item() == 3.0
    list(steps)
    assert x.grad.item() == 7.0


# ---- Formulas that are wrong


class Wrong(Function):
    """Returns whatever it is told to."""

    def forward(self, x, answer):
        self.answer = answer
        return x * 1.0

    def backward(self, g):
        return self.answer(g)


@pytest.mark.parametrize(("answer", "kind", "words"), [
    (lambda g: g[:1], ShapeError, ["Wrong", "[1]", "[2]"]),
    (lambda g: g.sum(), ShapeError, ["Wrong", "[]", "[2]"]),
    (lambda g: np.ones((2, 2)), ShapeError, ["[2, 2]"]),
    (lambda g: g.astype("float32"), LearngradError, ["float32", "float64"]),
    (lambda g: 1.0, GraphError, ["1.0", "gradient"]),
    (lambda g: [1.0, 2.0], GraphError, ["[1.0, 2.0]"]),
    (lambda g: (), GraphError, ["0 gradient", "2 inputs"]),
], ids=range(7))
def test_a_contribution_must_fit_its_input(answer, kind, words):
    x = leaf([1.0, 2.0])
    y = Wrong.apply(x, answer)
    with pytest.raises(kind) as caught:
        y.sum().backward()
    for word in words:
        assert word in str(caught.value)
    assert "Wrong.apply(x, answer)" in str(caught.value)
    assert x.grad is None


def test_none_is_no_contribution():
    x = leaf([1.0, 2.0])
    (Wrong.apply(x, lambda g: None) + x).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_formula_that_raises():
    a, y = leaf([1.0, 2.0]), leaf(2.0)

    def fail(g):
        raise ZeroDivisionError("in the formula")

    broken = Wrong.apply(a * 1, fail)
    b = leaf(3.0)
    loss = broken.sum() * y * b
    with pytest.raises(ZeroDivisionError, match="in the formula"):
        loss.backward()
    assert b.grad.item() == 6.0  # its turn had come
    assert y.grad is None
    assert a.grad is None
    assert lg.is_grad_enabled()
    (y * b).backward()
    assert y.grad.item() == 3.0


def test_no_backward():
    class OneWay(Function):
        """Cannot be differentiated."""

        def forward(self, x):
            return x * 2

    x = leaf(1.0)
    with pytest.raises(GraphError, match="OneWay has no backward"):
        OneWay.apply(x).backward()


def test_formulas_may_return_none_for_trailing_arguments():
    class Scale(Function):
        """Times a plain number."""

        def forward(self, x, factor, unused):
            self.factor = factor
            return x * factor

        def backward(self, g):
            return g * self.factor

    x = leaf(2.0)
    Scale.apply(x, 3.0, "text").backward()
    assert x.grad.item() == 3.0


# ---- Values changed in place


def test_a_saved_value_that_was_changed():
    x = leaf(2.0)
    weights = x * 3
    loss = weights * weights
    with lg.no_grad():
        weights += 1
    with pytest.raises(GraphError, match="changed in place") as caught:
        loss.backward()
    text = str(caught.value)
    assert "weights was changed in place after mul saved it" in text
    assert "loss = weights * weights" in text
    assert "weights = x * 3" in text
    assert "weights.clone()" in caught.value.fix
    assert x.grad is None


@pytest.mark.parametrize("change", [
    lambda t: t.add_(1), lambda t: t.zero_(), lambda t: t.__setitem__(0, 5.0),
    lambda t: t[1:].fill_(3.0), lambda t: t.detach().mul_(2), lambda t: t.reshape(2, 1).copy_(t[0]),
    lambda t: t.T.sub_(1)], ids=range(7))
def test_every_change_is_seen_through_views_too(change):
    x = leaf([1.0, 2.0])
    h = x * 1
    loss = (h * h).sum()
    with lg.no_grad():
        change(h)
    with pytest.raises(GraphError, match="changed in place"):
        loss.backward()


def test_a_change_of_what_is_not_needed_is_allowed():
    x = leaf([1.0, 2.0])
    h = x * 2  # needs only the 2
    with lg.no_grad():
        h += 1
    h.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    a, b = leaf([1.0, 2.0]), lg.tensor([3.0, 4.0])
    y = (a * b).sum()
    with lg.no_grad():
        a *= 5  # only b is needed for the gradient of a
    y.backward()
    assert a.grad.tolist() == [3.0, 4.0]
    y = (a**2) * 1
    y += 1
    y.sum().backward()


def test_changes_before_it_was_saved_do_not_matter():
    x = leaf([1.0, 2.0])
    h = x * 1
    h += 1
    (h * h).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


def test_indices_that_are_changed_afterwards():
    """An index is kept as it was: its later changes must not move the gradient."""
    x, index = leaf([1.0, 2.0, 3.0]), lg.tensor([0, 0])
    mask = lg.tensor([True, False, False])
    y = x[index].sum() * 2 + x[mask].sum()
    index[:] = 2
    mask[:] = True
    y.backward()
    assert x.grad.tolist() == [5.0, 0.0, 0.0]


def test_the_indices_of_a_maximum_that_are_changed_afterwards():
    x = leaf([[1.0, 5.0], [7.0, 3.0]])
    values, indices = x.max(1)
    indices.zero_()
    values.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_targets_that_are_changed_afterwards():
    logits, target = leaf([[1.0, 2.0], [3.0, 4.0]]), lg.tensor([0, 1])
    loss = lg.nn.functional.cross_entropy(logits, target)
    target.zero_()
    with pytest.raises(GraphError, match="target was changed in place"):
        loss.backward()


def test_sums_of_infinities_are_quiet():
    """Gradients that overflow are infinite or nan, and nothing warns: as in PyTorch."""
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1
    huge = lg.tensor(3e38)
    (h * huge * 2 - h * huge * 2).sum().backward(lg.tensor(1.0))
    assert all(np.isnan(x.grad.tolist()))
    y = lg.tensor(1.0, requires_grad=True)
    (y * lg.tensor([3e38, 3e38])).sum().backward(lg.tensor(1.0))
    assert y.grad.item() == float("inf")
    (y * huge).backward()
    (y * -huge).backward(lg.tensor(1e10))
    assert np.isnan(y.grad.item())
    small = lg.tensor([1.0], dtype=lg.float16, requires_grad=True)
    (small.float() * 1e9).sum().backward()
    assert small.grad.tolist() == [float("inf")]


def test_a_view_that_is_gone_hinders_nothing():
    """Only a living view, or a value kept for backward, shares memory with anybody."""
    x = lg.ones(3, requires_grad=True)
    y = x * 2
    s = y[0] + 1
    y[1] = y[1] + 3
    y[2] = 5.0
    (y.sum() + s).backward()
    assert y.tolist() == [2.0, 5.0, 5.0]
    assert x.grad.tolist() == [4.0, 2.0, 0.0]


def test_a_view_whose_values_are_kept_is_one():
    x = lg.ones(3, requires_grad=True)
    y = x * 2
    s = y[0] * y[0]  # keeps the view's values
    y[1] = 5.0
    with pytest.raises(GraphError, match="changed in place"):
        s.backward()
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 2.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_that_does_not_arrive_is_zero_whatever_the_input_holds(create_graph):
    x, y = leaf([float("inf"), float("nan")]), leaf(2.0)
    none, two = grad(y * 2, [x, y], create_graph=create_graph, materialize_grads=True)
    assert none.tolist() == [0.0, 0.0]
    assert none.dtype == x.dtype
    assert two.item() == 2.0
    with pytest.raises(GraphError, match="do not depend"):
        grad(y * 2, x, materialize_grads=True, allow_unused=False)


def test_a_gradient_with_a_graph_belongs_to_one_tensor():
    """What is done to one leaf's gradient, or to what backward() was given, reaches no other."""
    a, b, v = leaf([1.0, 2.0]), leaf([3.0, 4.0]), lg.ones(2)
    c = a + b
    c.retain_grad()
    c.backward(v, create_graph=True)
    a.grad.detach().zero_()
    assert [t.tolist() for t in (v, b.grad, c.grad)] == [[1.0, 1.0]] * 3
    a.grad = b.grad = None
    ((a + b)**3).sum().backward(create_graph=True)
    (a.grad**2).sum().backward()
    # 3 s² of each, and 36 s³ to each from the penalty; PyTorch's numbers.
    assert a.grad.tolist() == b.grad.tolist() == [2352.0, 7884.0]


def test_an_array_stands_for_one_gradient():
    x = leaf([1.0, 2.0])
    assert grad(x * 2, x, np.array([1.0, 3.0], np.float32))[0].tolist() == [2.0, 6.0]
    with pytest.raises(GraphError, match="tensors are 1, and the gradients given for them 2"):
        grad(x * 2, x, [lg.ones(2)] * 2)
