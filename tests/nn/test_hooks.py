"""Hooks are called when PyTorch calls them, with what it gives them: each program runs in both."""

import copy
import pickle

import pytest

import learngrad
from learngrad import nn
from learngrad.autograd import observe
from learngrad.errors import ArgumentTypeError, GraphError
from learngrad.trace import Recorder
from tests.optable.reference import torch

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]


def tripled(t):
    """A module that gives its input times 3."""
    layer = t.nn.Linear(1, 1, bias=False)
    with t.no_grad():
        layer.weight.fill_(3.0)
    return layer


def at(t, value=2.0):
    return t.tensor([value], requires_grad=True)


def listed(value):
    return None if value is None else [listed(v) for v in value] if isinstance(
        value, tuple) else value.tolist()


def pair(t):
    """Two inputs, one keyword, two outputs."""
    class Pair(t.nn.Module):
        def forward(self, a, b, *, scale=1.0):
            return a * b * scale, a + b

    return Pair()


def before(t):
    told, layer, x = [], tripled(t), at(t)
    layer.register_forward_pre_hook(lambda m, args: told.append((m is layer, listed(args))))
    layer(x)
    return told


def replaced_inputs(t):
    layer = tripled(t)
    layer.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    layer.register_forward_pre_hook(lambda m, args: args[0] * 10)
    return layer(at(t)).tolist()


def keywords(t):
    told, layer = [], pair(t)

    def louder(module, args, kwargs):
        told.append(kwargs)
        return args, {"scale": 100.0}

    layer.register_forward_pre_hook(louder, with_kwargs=True)
    layer.register_forward_hook(lambda m, args, kwargs, out: told.append((kwargs, listed(out))),
                                with_kwargs=True)
    layer(at(t), at(t, 5.0), scale=2.0)
    return told


def after(t):
    layer = tripled(t)
    layer.register_forward_hook(lambda m, args, out: out + args[0])
    layer.register_forward_hook(lambda m, args, out: out * 10)
    return layer(at(t)).tolist()


def order(t):
    told, layer = [], tripled(t)
    for name, prepend in (("a", False), ("b", False), ("c", True)):
        layer.register_forward_pre_hook(lambda m, args, n=name: told.append("pre " + n),
                                        prepend=prepend)
        layer.register_forward_hook(lambda m, args, out, n=name: told.append("post " + n),
                                    prepend=prepend)
        layer.register_full_backward_hook(lambda m, i, o, n=name: told.append("back " + n),
                                          prepend=prepend)
        layer.register_full_backward_pre_hook(lambda m, o, n=name: told.append("back pre " + n),
                                              prepend=prepend)
    layer(at(t)).backward()
    return told


def removed(t):
    told, layer = [], tripled(t)
    handle = layer.register_forward_hook(lambda *args: told.append(1))
    layer(at(t))
    handle.remove()
    handle.remove()
    layer(at(t))
    with layer.register_forward_hook(lambda *args: told.append(2)):
        layer(at(t))
    layer(at(t))
    return told


def always(t):
    told = []

    class Broken(t.nn.Module):
        def forward(self, x):
            raise OverflowError("broken")

    layer = Broken()
    layer.register_forward_hook(lambda *args: told.append("usual"))
    layer.register_forward_hook(lambda m, args, out: told.append(out), always_call=True)
    with pytest.raises(OverflowError):
        layer(1)
    return told


def backwards(t):
    told, layer, x = [], tripled(t), at(t)
    layer.register_full_backward_pre_hook(lambda m, out: told.append(listed(out)))
    layer.register_full_backward_hook(lambda m, i, o: told.append((listed(i), listed(o))))
    (layer(x) * 7 + x).backward()  # what reaches x on the other way is no concern of the layer
    return told, x.grad.tolist(), layer.weight.grad.tolist()


def changed_gradients(t):
    layer, x = tripled(t), at(t)
    layer.register_full_backward_pre_hook(lambda m, out: (out[0] * 10,))
    layer.register_full_backward_hook(lambda m, i, o: (i[0] + 1,))
    layer.register_full_backward_hook(lambda m, i, o: (i[0] * 2,))
    layer(x).backward()
    return x.grad.tolist(), layer.weight.grad.tolist()


def several(t):
    told, layer, a, b = [], pair(t), at(t), at(t, 5.0)
    layer.register_full_backward_hook(lambda m, i, o: told.append((listed(i), listed(o))))
    product, total = layer(a, b)
    (product + 10 * total).backward()
    return told, a.grad.tolist()


def first_layer(t):
    told, layer = [], tripled(t)
    layer.register_full_backward_hook(lambda m, i, o: told.append((listed(i), listed(o))))
    layer(t.tensor([2.0])).backward()
    return told


def twice(t):
    told, layer, x = [], tripled(t), at(t)
    layer.register_full_backward_hook(lambda m, i, o: told.append(listed(i)))
    loss = layer(x)
    loss.backward(retain_graph=True)
    loss.backward()
    return told, x.grad.tolist()


def no_graph(t):
    told, layer = [], tripled(t)
    layer.register_full_backward_hook(lambda m, i, o: told.append(1))
    with t.no_grad():
        out = layer(at(t))
    return out.requires_grad, told


def second_derivative(t):
    told, x = [], at(t)

    class Cube(t.nn.Module):
        def forward(self, x):
            return x * x * x

    layer = Cube()
    layer.register_full_backward_hook(lambda m, i, o: told.append(listed(i)))
    first, = t.autograd.grad(layer(x), x, create_graph=True)
    second, = t.autograd.grad(first, x)
    return told[0], first.tolist(), second.tolist()


def in_a_net(t):
    told = []
    net = t.nn.Sequential(t.nn.ReLU(), tripled(t), t.nn.Sequential(tripled(t)))
    for name, module in net.named_modules():
        module.register_full_backward_hook(
            lambda m, i, o, n=name: told.append((n, listed(i), listed(o))))
    net(at(t)).backward()
    return told


PROGRAMS = {
    before: [(True, [[2]])],
    replaced_inputs: [90],
    keywords: [{"scale": 2}, ({"scale": 100}, [[1000], [7]])],
    after: [80],
    order: ["pre c", "pre a", "pre b", "post c", "post a", "post b", "back pre c", "back pre a",
            "back pre b", "back c", "back a", "back b"],
    removed: [1, 2],
    always: [None],
    backwards: ([[[7]], ([[21]], [[7]])], [22], [[14]]),
    changed_gradients: ([62], [[20]]),
    several: ([([[15], [12]], [[1], [10]])], [15]),
    first_layer: [([None], [[1]])],
    twice: ([[[3]], [[3]]], [6]),
    no_graph: (False, []),
    second_derivative: ([[12]], [12], [12]),
    in_a_net: [("2.0", [[3]], [[1]]), ("2", [[3]], [[1]]), ("1", [[9]], [[3]]),
               ("0", [[9]], [[9]]), ("", [[9]], [[1]])],
}


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")  # what PyTorch says of its own
@pytest.mark.parametrize("program", PROGRAMS)
def test_hooks_do_as_pytorchs(program):
    for library in LIBRARIES:
        assert program(library) == PROGRAMS[program]


def test_an_output_without_influence_has_gradient_0():
    """PyTorch gives None, in which a hook cannot calculate."""
    told, layer = [], pair(learngrad)
    layer.register_full_backward_hook(lambda m, i, o: told.append(listed(o)))
    layer(at(learngrad), at(learngrad))[0].backward()
    assert told == [[[1], [0]]]


def test_an_input_that_needs_no_gradient_has_none():
    """PyTorch gives 0, but only where another input needs one."""
    told, layer = [], pair(learngrad)
    layer.register_full_backward_hook(lambda m, i, o: told.append(listed(i)))
    layer(at(learngrad), learngrad.tensor([5.0]))[0].backward()
    assert told == [[[5], None]]


def test_the_old_backward_hook_hears_the_module_not_its_last_operation():
    told, layer, x = [], tripled(learngrad), at(learngrad)
    net = nn.Sequential(layer, nn.Tanh())
    net.register_backward_hook(lambda m, i, o: told.append(listed(o)))
    (net(x) * 7).backward()
    assert told == [[[7]]]


@pytest.mark.parametrize(("register", "hook", "said"), [
    ("register_full_backward_hook", lambda m, i, o: (None, None), "2 gradients"),
    ("register_full_backward_hook", lambda m, i, o: (learngrad.ones(7),), r"shape \[7\]"),
    ("register_full_backward_pre_hook", lambda m, o: (1,), "must return a gradient"),
])
def test_wrong_answers_of_backward_hooks(register, hook, said):
    layer, x = tripled(learngrad), at(learngrad)
    getattr(layer, register)(hook)
    with pytest.raises(RuntimeError, match=said):
        layer(x).backward()
    if torch is not None:
        theirs, x = tripled(torch), at(torch)
        getattr(theirs, register)(
            hook if said != r"shape \[7\]" else lambda m, i, o: (torch.ones(7),))
        with pytest.raises((RuntimeError, TypeError)):
            theirs(x).backward()


def test_a_gradient_that_replaces_nothing_is_refused():
    layer = tripled(learngrad)
    layer.register_full_backward_hook(lambda m, i, o: (learngrad.ones(1),))
    with pytest.raises(GraphError, match="none to replace"):
        layer(learngrad.tensor([2.0])).backward()


def test_wrong_answers_of_forward_hooks():
    layer = tripled(learngrad)
    layer.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match="a pair of arguments and keywords"):
        layer(at(learngrad))


def test_backward_hooks_want_tensors_out():
    class Named(nn.Module):
        def forward(self, x):
            return {"out": x}

    layer = Named()
    layer.register_full_backward_hook(lambda m, i, o: None)
    with pytest.raises(GraphError, match="gave a dict"):
        layer(at(learngrad))


def test_a_hook_that_fails_after_a_failure_is_told_with_it():
    class Broken(nn.Module):
        def forward(self, x):
            raise OverflowError("first")

    layer = Broken()
    layer.register_forward_hook(lambda m, args, out: out.shape, always_call=True)
    with pytest.raises(OverflowError, match="first") as raised:
        layer(1)
    assert "AttributeError" in raised.value.__notes__[0]


def test_a_change_in_place_after_a_hooked_module_is_seen():
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda m, i, o: None)
    x = at(learngrad)
    h = x * x
    out = layer(h)
    loss = (out * out).sum()
    with learngrad.no_grad():
        h += 1
    with pytest.raises(GraphError, match="changed in place"):
        loss.backward()


def test_watchers_hear_hooked_modules_too():
    told = []

    class Ear(observe.Watcher):
        def enter(self, module, inputs):
            told.append("enter")

        def leave(self, module):
            told.append("leave")

    layer = tripled(learngrad)
    layer.register_forward_pre_hook(lambda m, args: told.append("pre"))
    layer.register_forward_hook(lambda m, args, out: told.append("post"))
    with observe.watch(Ear()):
        layer(at(learngrad))
    assert told == ["enter", "pre", "post", "leave"]


def test_a_module_without_hooks_left_takes_the_short_way():
    layer = tripled(learngrad)
    handle = layer.register_forward_hook(lambda *args: None)
    handle.remove()
    layer(at(learngrad))
    assert layer._call_hooks is None
    told = []
    layer.register_forward_hook(lambda *args: told.append(1))
    layer(at(learngrad))
    assert told == [1]


class Counter:
    """A hook that counts its calls, to be copied and pickled."""

    def __init__(self):
        self.calls = 0

    def __call__(self, module, args):
        self.calls += 1


def test_a_hook_is_a_function():
    with pytest.raises(ArgumentTypeError, match="a hook is a function, not"):
        nn.Linear(1, 1).register_forward_hook(3)


def test_hooks_are_copied_with_their_module():
    layer = nn.Tanh()
    layer.counter = Counter()
    layer.handle = layer.register_forward_pre_hook(layer.counter)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        other(learngrad.ones(1))
        assert (layer.counter.calls, other.counter.calls) == (0, 1)
        other.handle.remove()
        other(learngrad.ones(1))
        assert other.counter.calls == 1
    layer(learngrad.ones(1))
    assert layer.counter.calls == 1


def test_a_hooked_module_is_shown_with_its_two_passages():
    layer = nn.Tanh()
    layer.register_full_backward_hook(lambda m, i, o: None)
    with Recorder() as tape:
        h = at(learngrad) * 1
        out = layer(h)
        out.sum().backward()
    said = tape.describe()
    assert "hook(h) = " in said
    assert "out = hook(tanh #" in said
