"""Small programs that must mean the same here and in PyTorch: views, versions, modes, gradients.

Each program takes the library and returns plain data; it may also be refused, and then by both.
Where the two differ on purpose, `differences.toml` says so, and why.
"""

import copy
import inspect
import pickle

import pytest

import learngrad as lg
from learngrad import errors
from tests import differences
from tests.optable.reference import dtype_name, torch

PROGRAMS = {}
REFUSALS = RuntimeError, TypeError, ValueError, IndexError  # PyTorch's


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def leaf(lib, *values):
    return lib.tensor(list(values), dtype=lib.float64, requires_grad=True)


def outcome(lib, function):
    lib.set_grad_enabled(True)
    try:
        return function(lib)
    except Exception as error:
        if isinstance(error, errors.LearngradError if lib is lg else REFUSALS):
            return "refused"
        raise


@pytest.mark.skipif(torch is None, reason="the meaning is PyTorch's")
@pytest.mark.parametrize("name", PROGRAMS)
def test_means_the_same(name):
    mine, theirs = outcome(lg, PROGRAMS[name]), outcome(torch, PROGRAMS[name])
    known = differences.find("semantics", name)
    if known is None:
        assert mine == theirs, inspect.getsource(PROGRAMS[name])
    else:
        assert mine != theirs, f"no longer a difference: {known['why']}"


def test_every_difference_is_of_a_program():
    for entry in differences.ALL["semantics"]:
        assert entry["why"]
        assert all(case in PROGRAMS for case in entry["cases"])


def test_what_is_kept_of_an_operand_in_place():
    x = leaf(lg, 3.0)
    h = x * 1
    h *= h
    h *= h
    h.backward()
    assert x.grad.tolist() == [4 * 27.0]
    x.grad = None
    h = x * 1
    h *= h
    first, = lg.autograd.grad(h.sum(), x, create_graph=True)
    assert lg.autograd.grad(first.sum(), x)[0].tolist() == [2.0]


# ---- What is a leaf, what needs a gradient


@program
def kinds_of_tensors(lib):
    a, b = leaf(lib, 1.0), lib.tensor([2.0])
    c = a * 2
    with lib.no_grad():
        d = a * 2
    return [(t.is_leaf, t.requires_grad, t.grad_fn is None)
            for t in (a, b, c, d, c.detach(), b * 2, a.clone(), a.detach().requires_grad_())]


@program
def no_gradient_of_integers(lib):
    return lib.tensor([1, 2], requires_grad=True)


@program
def no_gradient_of_integers_later(lib):
    return lib.tensor([1, 2]).requires_grad_()


@program
def freezing_a_leaf(lib):
    a, b = leaf(lib, 1.0), leaf(lib, 2.0)
    a.requires_grad_(False)
    (a * b).backward()
    a.requires_grad = True
    (a * b).backward()
    return [a.grad.tolist(), b.grad.tolist()]


@program
def freezing_what_was_computed(lib):
    (leaf(lib, 1.0) * 2).requires_grad_(False)


@program
def gradients_add_up(lib):
    a = leaf(lib, 1.0, 2.0)
    for _ in range(3):
        (a * a).sum().backward()
    return a.grad.tolist()


@program
def a_gradient_set_by_hand(lib):
    a = leaf(lib, 1.0, 2.0)
    a.grad = lib.tensor([10.0, 20.0], dtype=lib.float64)
    (a * 3).sum().backward()
    return a.grad.tolist()


@program
def a_gradient_of_another_shape(lib):
    leaf(lib, 1.0).grad = lib.ones(2, dtype=lib.float64)


@program
def a_gradient_of_another_dtype(lib):
    leaf(lib, 1.0).grad = lib.ones(1, dtype=lib.float32)


@program
def a_gradient_is_added_in_place(lib):
    a = leaf(lib, 1.0)
    (a * 2).backward()
    g = a.grad
    (a * 3).backward()
    return [g is a.grad, g.tolist()]


@program
def a_gradient_has_no_graph(lib):
    a = leaf(lib, 1.0)
    (a * a).backward()
    return [a.grad.requires_grad, a.grad.is_leaf]


@program
def a_retained_gradient_adds_up(lib):
    a = leaf(lib, 3.0)
    h = a * 2
    h.retain_grad()
    loss = (h * h).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    return [h.grad.tolist(), a.grad.tolist()]


@program
def backward_twice(lib):
    loss = (leaf(lib, 1.0)**2).sum()
    loss.backward()
    loss.backward()


@program
def backward_twice_through_nothing_saved(lib):
    a = leaf(lib, 1.0)
    loss = (a + 1).sum()
    loss.backward()
    loss.backward()
    return a.grad.tolist()


@program
def backward_of_nan(lib):
    a = leaf(lib, 0.0)
    (a / a).sum().backward()
    return True


@program
def backward_of_one_element(lib):
    a = leaf(lib, 3.0)
    (a * a).backward()
    return a.grad.tolist()


@program
def backward_of_two_elements(lib):
    (leaf(lib, 1.0, 2.0) * 2).backward()


@program
def a_gradient_that_broadcasts(lib):
    (leaf(lib, 1.0, 2.0) * 2).backward(lib.tensor(1.0))


@program
def hooks(lib):
    a, seen = leaf(lib, 2.0), []
    h = a * 3
    h.register_hook(lambda g: seen.append(g.tolist()))
    h.register_hook(lambda g: g * 2)
    a.register_hook(lambda g: seen.append(g.tolist()))
    (h * h).sum().backward()
    return [seen, a.grad.tolist()]


@program
def a_hook_of_another_shape(lib):
    a = leaf(lib, 1.0, 2.0)
    a.register_hook(lambda g: g.sum())
    (a * 2).sum().backward()


@program
def grad_of_one_input_twice(lib):
    a = leaf(lib, 2.0)
    return [g.tolist() for g in lib.autograd.grad((a * a).sum(), [a, a])]


@program
def grad_of_what_is_not_used(lib):
    lib.autograd.grad((leaf(lib, 1.0) * 2).sum(), leaf(lib, 1.0))


@program
def grad_with_hooks_of_inputs(lib):
    a, seen = leaf(lib, 2.0), []
    h = a * a
    h.register_hook(lambda g: seen.append(1) or g * 10)
    g, = lib.autograd.grad((h * h).sum(), h)
    return [seen, g.tolist()]


@program
def grad_and_retained_gradients(lib):
    a = leaf(lib, 2.0)
    h = a * a
    h.retain_grad()
    lib.autograd.grad((h * 3).sum(), a)
    return [h.grad.tolist(), a.grad is None]


# ---- Detached tensors, `data` and copies


@program
def detach_shares_memory(lib):
    a = lib.tensor([1.0, 2.0])
    b = a.detach()
    b[0] = 5.0
    return a.tolist()


@program
def a_change_of_a_detached_tensor_is_seen(lib):
    a = leaf(lib, 1.0, 2.0)
    h = a * 1
    loss = (h * h).sum()
    h.detach().zero_()
    loss.backward()


@program
def a_change_of_data_is_not_seen(lib):
    a = leaf(lib, 1.0, 2.0)
    loss = (a * a).sum()
    a.data.zero_()
    loss.backward()
    return a.grad.tolist()


@program
def data_is_set(lib):
    a = leaf(lib, 1.0, 2.0)
    a.data = lib.tensor([5.0, 6.0], dtype=lib.float64)
    (a * a).sum().backward()
    return [a.tolist(), a.grad.tolist(), a.is_leaf]


@program
def clone_has_memory_of_its_own(lib):
    a = leaf(lib, 1.0, 2.0)
    b = a.clone()
    b.detach().zero_()
    b.sum().backward()
    return [a.tolist(), a.grad.tolist()]


@program
def tensor_copies(lib):
    values = [[1.0, 2.0]]
    a = lib.tensor(values)
    a[0, 0] = 9.0
    return values


@program
def deep_copies(lib):
    a = leaf(lib, 1.0, 2.0)
    (a * 2).sum().backward()
    b = copy.deepcopy(a)
    b.grad.zero_()
    with lib.no_grad():
        b.add_(1)
    return [a.tolist(), a.grad.tolist(), b.tolist(), b.requires_grad, b.is_leaf]


@program
def a_deep_copy_inside_a_graph(lib):
    copy.deepcopy(leaf(lib, 1.0) * 2)


@program
def pickles(lib):
    a = leaf(lib, 1.0, 2.0)
    b = pickle.loads(pickle.dumps(a))
    return [b.tolist(), b.requires_grad, b.is_leaf, dtype_name(b.dtype)]


# ---- Changes in place


@program
def a_leaf_in_place(lib):
    a = leaf(lib, 1.0)
    a += 1


@program
def a_leaf_in_place_without_recording(lib):
    a = leaf(lib, 1.0)
    with lib.no_grad():
        a += 1
        a.mul_(3)
        a[0] -= 1
    return [a.tolist(), a.requires_grad, a.is_leaf]


@program
def in_place_is_recorded(lib):
    a = leaf(lib, 1.0, 2.0)
    h = a * 2
    h += a
    h.mul_(3)
    h[0] = a[1] * 10
    h.sum().backward()
    return [h.tolist(), a.grad.tolist(), h.is_leaf]


@program
def a_constant_becomes_part_of_the_graph(lib):
    a, b = leaf(lib, 3.0), lib.ones(1, dtype=lib.float64)
    b *= a
    b.sum().backward()
    return [b.requires_grad, a.grad.tolist()]


@program
def a_constant_gets_an_element_with_gradient(lib):
    a, b = leaf(lib, 3.0), lib.zeros(3, dtype=lib.float64)
    b[1] = a[0] * 2
    (b * b).sum().backward()
    return [b.tolist(), a.grad.tolist()]


@program
def a_saved_result_is_changed(lib):
    h = leaf(lib, 1.0).exp()
    h += 1
    h.sum().backward()


@program
def a_saved_operand_is_changed(lib):
    h = leaf(lib, 1.0) * 1
    loss = h * h
    h += 1
    loss.sum().backward()


@program
def an_operand_that_nobody_saved_is_changed(lib):
    a = leaf(lib, 1.0)
    h = a * 2
    loss = h + 3
    h += 1
    loss.sum().backward()
    return a.grad.tolist()


@program
def a_square_whose_result_is_changed(lib):
    a = leaf(lib, 3.0)
    h = a**2
    h += 1
    h.sum().backward()
    return a.grad.tolist()


@program
def a_view_of_a_saved_value_is_changed(lib):
    h = leaf(lib, 1.0, 2.0) * 1
    loss = (h * h).sum()
    with lib.no_grad():
        h[0:1].zero_()
    loss.backward()


@program
def the_base_of_a_saved_view_is_changed(lib):
    h = leaf(lib, 1.0, 2.0) * 1
    part = h[0:1]
    loss = (part * part).sum()
    with lib.no_grad():
        h.zero_()
    loss.backward()


@program
def in_place_on_a_view_of_the_graph(lib):
    a = leaf(lib, 1.0, 2.0)
    h = a * 2
    part = h[0:1]
    part *= 10
    h.sum().backward()
    return [h.tolist(), a.grad.tolist()]


@program
def a_part_is_added_to_in_the_graph(lib):
    w = leaf(lib, 1.0, 2.0, 3.0)
    out = lib.zeros(2, 3)
    for k in range(4):
        out[k % 2] += w * k
    out[:, 1] *= w[0] * 3
    out[0, 2] -= w.sum()
    out[1:, :2] /= 2
    out[out > 20] += 1
    out.pow(2).sum().backward()
    return [out.tolist(), w.grad.tolist()]


@program
def a_part_multiplied_by_itself(lib):
    w = leaf(lib, 1.0, 2.0)
    h = w * 2
    h[0] *= h[1]
    h[1] *= w[0]
    h[1] += h[0]
    h.sum().backward()
    return [h.tolist(), w.grad.tolist()]


@program
def a_part_gets_a_value_of_another_dtype(lib):
    w = leaf(lib, 1.0, 2.0)
    out = lib.zeros(2, 2)
    out[0] = w * 3
    out[1] += w
    out.sum().backward()
    return [dtype_name(out.dtype), out.tolist(), dtype_name(w.grad.dtype), w.grad.tolist()]


@program
def a_part_of_a_leaf_is_added_to(lib):
    w = leaf(lib, 1.0, 2.0)
    w[0] += 1
    return w.tolist()


@program
def in_place_on_the_base_of_a_view(lib):
    a = leaf(lib, 1.0, 2.0)
    h = a * 2
    part = h[0:1]
    h *= 10
    part.sum().backward()
    return [part.tolist(), a.grad.tolist()]


@program
def a_row_is_overwritten(lib):
    a = lib.zeros(2, 3)
    a[0] = lib.tensor([1.0, 2.0, 3.0])
    a[:, 1] = 7
    a[1, 2] += 5
    return a.tolist()


@program
def in_place_with_another_shape(lib):
    a = lib.ones(2)
    a += lib.ones(3, 2)


@program
def in_place_with_a_wider_dtype(lib):
    a = lib.ones(2)
    a += lib.ones(2, dtype=lib.float64)
    return [a.tolist(), dtype_name(a.dtype)]


@program
def a_fraction_into_integers(lib):
    a = lib.tensor([1, 2])
    a += 0.5


@program
def division_of_integers_in_place(lib):
    a = lib.tensor([1, 2])
    a /= 2


@program
def copy_from_another_dtype(lib):
    a = lib.tensor([1, 2])
    a.copy_(lib.tensor([3.7, -4.2]))
    return [a.tolist(), dtype_name(a.dtype)]


@program
def copy_is_recorded(lib):
    a, b = leaf(lib, 1.0, 2.0), lib.zeros(2, dtype=lib.float64)
    b.copy_(a * 2)
    (b * b).sum().backward()
    return a.grad.tolist()


@program
def fill_and_zero(lib):
    a = leaf(lib, 1.0, 2.0)
    h = a * 2
    h.fill_(3.0)
    k = a * 2
    k.zero_()
    (h.sum() + k.sum() + a.sum()).backward()
    return [h.tolist(), k.tolist(), a.grad.tolist()]


# ---- Views


@program
def views_share_memory(lib):
    a = lib.arange(6).reshape(2, 3)
    found = []
    for view in (lambda x: x[0], lambda x: x.T, lambda x: x.reshape(6), lambda x: x[:, None],
                 lambda x: x[0, 1], lambda x: x.squeeze(),
                 lambda x: x.flatten(), lambda x: x.permute(1, 0), lambda x: x.detach()):
        b = a.clone()
        view(b).zero_()
        found.append(b.tolist())
    return found


@program
def copies_do_not(lib):
    a = lib.arange(6).reshape(2, 3)
    found = []
    for made in (lambda x: x[[0, 1]], lambda x: x[x > 2], lambda x: x * 1, lambda x: x.clone(),
                 lambda x: x.T.reshape(6), lambda x: x.to(lib.float32), lambda x: x.sum(0)):
        b = a.clone()
        made(b).zero_()
        found.append(b.tolist())
    return found


@program
def to_the_same_dtype_is_itself(lib):
    a = lib.tensor([1.0])
    return [a.to(lib.float32) is a, a.float() is a, a.double() is a, a.cpu() is a, a.to("cpu") is a]


@program
def contiguity(lib):
    a = lib.zeros(2, 3)
    return [t.is_contiguous() for t in (a, a.T, a[:, :2], a[0], a.reshape(3, 2), a.T.reshape(6))]


@program
def in_place_on_repeated_memory(lib):
    lib.ones(1, 3).expand(2, 3).add_(1)


@program
def a_product_built_in_place(lib):
    a, total = leaf(lib, 2.0, 3.0, 4.0), lib.ones(1, dtype=lib.float64)
    for x in a:
        total *= x
    total.backward()
    return [total.tolist(), a.grad.tolist()]


@program
def squared_in_place(lib):
    h = leaf(lib, 3.0) * 1
    h *= h
    h.backward()
    return True


# ---- Modes


@program
def no_grad_as_a_decorator(lib):
    a = leaf(lib, 1.0)

    @lib.no_grad()
    def f(x):
        return x * 2

    return [f(a).requires_grad, (a * 2).requires_grad, f.__name__]


@program
def modes_nest(lib):
    a, found = leaf(lib, 1.0), []
    with lib.no_grad():
        found.append((a * 2).requires_grad)
        with lib.enable_grad():
            found.append((a * 2).requires_grad)
            with lib.set_grad_enabled(False):
                found.append((a * 2).requires_grad)
            found.append((a * 2).requires_grad)
        found.append(lib.is_grad_enabled())
    return [*found, lib.is_grad_enabled()]


@program
def one_instance_used_again(lib):
    mode, a, found = lib.no_grad(), leaf(lib, 1.0), []
    for _ in range(2):
        with mode, mode:
            found.append((a * 2).requires_grad)
        found.append((a * 2).requires_grad)
    return found


@program
def modes_end_with_an_error(lib):
    try:
        with lib.no_grad():
            raise KeyError
    except KeyError:
        pass
    return lib.is_grad_enabled()


@program
def set_grad_enabled_at_once(lib):
    a, found = leaf(lib, 1.0), []
    lib.set_grad_enabled(False)
    found.append((a * 2).requires_grad)
    lib.set_grad_enabled(True)
    found.append((a * 2).requires_grad)
    return found


@program
def set_grad_enabled_as_a_decorator(lib):
    a = leaf(lib, 1.0)

    @lib.set_grad_enabled(False)
    def f(x):
        return x * 2

    return [(a * 2).requires_grad, f(a).requires_grad, (a * 2).requires_grad]


@program
def a_generator_and_no_grad(lib):
    @lib.no_grad()
    def steps(x):
        yield x * 2
        yield x * 3

    return [t.requires_grad for t in steps(leaf(lib, 1.0))] + [lib.is_grad_enabled()]


@program
def what_is_sent_to_a_decorated_generator(lib):
    found = []

    @lib.no_grad()
    def echo(x):
        try:
            while True:
                x = yield [x, lib.is_grad_enabled()]
        except KeyError:
            found.append(lib.is_grad_enabled())
            yield "caught"
        return "end"

    steps = echo(1)
    found += [next(steps), steps.send(2), lib.is_grad_enabled(), steps.throw(KeyError)]
    try:
        next(steps)
    except StopIteration as stop:
        found.append(stop.value)
    steps = echo(1)
    next(steps)
    steps.close()
    return [*found, lib.is_grad_enabled()]


@program
def leaves_made_without_recording(lib):
    with lib.no_grad():
        a = leaf(lib, 1.0)
    return [a.requires_grad, (a * 2).requires_grad]


# ---- As Python sees it


@program
def truth(lib):
    found = [bool(lib.tensor(v)) for v in (0, 1, 0.0, [2.5], [[True]])]
    try:
        bool(lib.tensor([1, 2]))
    except RuntimeError:
        return found
    return None


@program
def conversions(lib):
    a = lib.tensor([[2.5]])
    return [float(a), int(a), a.item(), a.tolist(), lib.tensor(3).item(), [0, 1, 2][lib.tensor(2)],
            len(lib.zeros(4, 2)), lib.zeros(2, 3).numel(), lib.zeros(2, 3).dim()]


@program
def shapes(lib):
    a = lib.zeros(2, 3)
    return [a.shape == (2, 3), tuple(a.size()), a.size(-1), a.shape.numel(), a.ndim,
            list(a.shape), a.shape[0]]


@program
def equality(lib):
    a = lib.tensor([1.0, 2.0])
    return [(a == a).tolist(), (a != 2).tolist(), a == None, a != "x", a is a,  # noqa: E711
            len({a, a, lib.tensor([1.0])})]


@program
def python_operators(lib):
    a = lib.tensor([4.0, 9.0])
    return [(1 - a).tolist(), (2 / a).tolist(), (2**a).tolist(), (a**0.5).tolist(), (+a).tolist(),
            (-a).tolist(), abs(-a).tolist(), (a > 5).tolist(), (5 > a).tolist()]  # noqa: SIM300


@program
def sums_of_lists(lib):
    a = leaf(lib, 1.0, 2.0)
    total = sum([x * x for x in a])
    total.backward()
    return [total.item(), a.grad.tolist()]


@program
def default_dtypes(lib):
    return [dtype_name(lib.tensor(v).dtype) for v in (1, 1.0, True, [1, 2.0], [True, 2], [])] + [
        dtype_name(t.dtype) for t in (lib.zeros(1), lib.arange(3), lib.arange(3.0),
                                      lib.full((1,), 3), lib.full((1,), 2.5), lib.full((1,), True),
                                      lib.linspace(0, 1, 3), lib.ones(1, dtype=lib.int8),
                                      lib.zeros_like(lib.tensor([1])), lib.arange(0, 1, 0.25))]


@program
def ranges(lib):
    return [lib.arange(5).tolist(), lib.arange(2, 7, 3).tolist(), lib.arange(1, 0, -0.5).tolist(),
            lib.linspace(-1, 1, 5).tolist(), lib.linspace(3, 3, 1).tolist()]


@program
def a_range_that_goes_the_wrong_way(lib):
    return lib.arange(5, 0).tolist()


@program
def special_values(lib):
    z = lib.tensor([0.0, -1.0, 1.0])
    rows = [(1 / z), z.log(), (-z).sqrt() * 0, z / 0, z * float("inf")]
    return [[str(v) for v in r.tolist()] for r in rows]


@program
def gradients_at_the_edges(lib):
    found = []
    for f in (lambda x: x.relu(), lambda x: x.abs(), lambda x: x.sign(), lambda x: x**2,
              lambda x: x**0, lambda x: x**1, lambda x: 2**x, lambda x: x.max(),
              lambda x: x.amax()):
        a = leaf(lib, 0.0, 0.0, -1.0)
        f(a).sum().backward()
        found.append(a.grad.tolist())
    return found


@program
def powers_of_zero(lib):
    a, b = leaf(lib, 0.0, 0.0, 2.0), leaf(lib, 0.0, 2.0, 3.0)
    (a**b).sum().backward()
    return [a.grad.tolist(), b.grad.tolist()]


@program
def relu_of_nan_and_infinity(lib):
    a = leaf(lib, float("nan"), float("inf"), -float("inf"))
    a.relu().sum().backward(lib.tensor(1.0, dtype=lib.float64))
    return [str(g) for g in a.grad.tolist()]


# ---- How what comes out lies in memory


@program
def what_comes_out_can_be_viewed(lib):
    """Of operands that lie in columns, or whose rows are one row, operations make rows."""
    f, columns = lib.nn.functional, lib.arange(24.0).reshape(4, 3, 2).permute(2, 1, 0)
    for x in (columns, lib.arange(4).expand(2, 3, 4).float()):
        i = lib.tensor([0, 1])
        for out in (x.long(), x.double(), x.long().cos(), x[i > 0], x.sum(0), x.mean(1),
                    x.amax(0), x.max(1).values, x.std(0), x.prod(0), x.logsumexp(0), x.norm(dim=0),
                    (x > 1).all(0), x.cumsum(0), x.cumprod(1), x.cummax(1).values,
                    x[:, i], x.index_select(1, i), x.roll(1, 0),
                    lib.cat([x, x]), lib.cat([x, x], -1), lib.stack([x, x], 1),
                    x.masked_fill(x > 2, 0.0), f.softmax(x, 1), f.log_softmax(x, 2),
                    f.layer_norm(x, (4,)), f.batch_norm(x, None, None, training=True),
                    lib.einsum("bij,bjk->bik", x, x.mT)):
            assert out.view(-1).shape == (out.numel(),)
    return True
