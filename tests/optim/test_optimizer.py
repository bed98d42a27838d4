"""What all optimisers share: what they refuse, their steps, groups and hooks."""

import copy
import itertools
import math

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.autograd import observe
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError
from tests.optable.reference import torch
from tests.optim.by_hand import RULES

BOTH = pytest.mark.parametrize("Optimizer", [optim.SGD, optim.Adam])


def leaf(*values):
    return learngrad.tensor(values, requires_grad=True)


# ---- What is refused -----------------------------------------------------------------------------

def refused():
    w = leaf(1.0)
    yield "nothing", list, ArgumentError, "given none"
    yield "an empty module", lambda: nn.ReLU().parameters(), ArgumentError, "nn.Sequential"
    yield "a module", lambda: nn.Linear(1, 1), ArgumentTypeError, r"model\.parameters\(\)"
    yield "one tensor", lambda: w, ArgumentTypeError, r"\[w\]"
    yield "a number", lambda: 3, ArgumentTypeError, "not 3"
    yield "text", lambda: "params", ArgumentTypeError, "not 'params'"
    yield "numbers", lambda: [w, 1.0], ArgumentTypeError, r"parameter 1 .* not 1\.0 of type float"
    yield "arrays", lambda: [np.ones(1)], ArgumentTypeError, "of type ndarray"
    yield "a result", lambda: [w * 2], GraphError, "an operation made this"
    yield "a constant", lambda: [learngrad.ones(1)], ArgumentError, "requires_grad=True"
    yield "one twice", lambda: [w, w], ArgumentError, "twice"
    yield "one in two groups", lambda: [{"params": w}, {"params": w}], ArgumentError, "twice"
    yield "a group without", lambda: [{"lr": 0.1}], ArgumentError, 'group 0 has no "params"'
    yield ("a misspelt setting", lambda: [{"params": w, "weight_decy": 1}], ArgumentError,
           "write 'weight_decay'")
    yield ("a setting's other name", lambda: [{"params": w, "learning_rate": 1}], ArgumentError,
           "write 'lr'")
    yield "a mixture", lambda: [{"params": w}, w], ArgumentTypeError, "of type dict"


@BOTH
@pytest.mark.parametrize(("given", "error", "said"), [row[1:] for row in refused()],
                         ids=[row[0] for row in refused()])
def test_parameters_that_cannot_be_moved_are_refused(Optimizer, given, error, said):
    with pytest.raises(error, match=said):
        Optimizer(given(), lr=0.1)


@BOTH
@pytest.mark.parametrize(("lr", "error"), [
    (-0.1, ArgumentError), (math.nan, ArgumentError), (math.inf, ArgumentError),
    ("0.1", ArgumentTypeError), (None, ArgumentTypeError), (True, ArgumentTypeError),
    ([0.1], ArgumentTypeError),
])
def test_a_learning_rate_that_makes_no_sense_is_refused(Optimizer, lr, error):
    with pytest.raises(error, match="lr"):
        Optimizer([leaf(1.0)], lr=lr)
    with pytest.raises(error, match="lr"):
        Optimizer([{"params": [leaf(1.0)], "lr": lr}])


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda p: optim.SGD(p, momentum=-1), ArgumentError, "momentum=-1"),
    (lambda p: optim.SGD(p, weight_decay="a"), ArgumentTypeError, "weight_decay is a number"),
    (lambda p: optim.SGD(p, nesterov=True), ArgumentError, "needs one"),
    (lambda p: optim.SGD(p, nesterov=True, momentum=0.9, dampening=1), ArgumentError, "dampening"),
    (lambda p: optim.Adam(p, betas=(0.9, 1.0)), ArgumentError, r"betas\[1\]=1.0 .* less than 1"),
    (lambda p: optim.Adam(p, betas=0.9), ArgumentTypeError, "two numbers, not 0.9"),
    (lambda p: optim.Adam(p, eps=-1e-8), ArgumentError, "eps"),
])
def test_other_settings_that_make_no_sense_are_refused(make, error, said):
    with pytest.raises(error, match=said):
        make([leaf(1.0)])


@BOTH
def test_frozen_parameters_are_taken_and_left(Optimizer):
    layer = nn.Linear(1, 1)
    layer.bias.requires_grad_(False)
    optimizer = Optimizer(layer.parameters(), lr=0.1)
    before = layer.bias.item()
    layer(learngrad.ones(1, 1)).sum().backward()
    optimizer.step()
    assert layer.bias.item() == before


# ---- Step and zero_grad --------------------------------------------------------------------------

@BOTH
def test_a_closure_computes_the_loss(Optimizer):
    w = leaf(1.0)
    optimizer = Optimizer([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with learngrad.no_grad():
        assert optimizer.step(closure).item() == 1
    assert w.item() < 1


def test_zero_grad_forgets_or_fills():
    w, v = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([w, v], lr=0.1)
    w.grad = learngrad.ones(1)
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0]
    assert v.grad is None
    optimizer.zero_grad()
    assert w.grad is None


def test_watchers_hear_of_changes():
    changed = []

    class Ear(observe.Watcher):
        def changed(self, tensor):
            changed.append(tensor)

        def operation(self, node, inputs, outputs, made):
            changed.append(node)

    w, v = leaf(1.0), leaf(1.0)
    w.grad = learngrad.ones(1)
    with observe.watch(Ear()):
        optim.Adam([w, v]).step()
    assert len(changed) == 1
    assert changed[0] is w


@BOTH
def test_overflow_is_silent(Optimizer):
    w = leaf(1e38)
    w.grad = learngrad.tensor([3e38])
    Optimizer([w], lr=10.0, weight_decay=10.0).step()  # a NumPy warning would fail this test


@pytest.mark.parametrize("lib", [learngrad] if torch is None else [learngrad, torch],
                         ids=lambda lib: lib.__name__)
def test_repr(lib):
    w = lib.ones(1, requires_grad=True)
    assert repr(lib.optim.SGD([w], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n"
        "    fused: None\n    lr: 0.1\n    maximize: False\n    momentum: 0\n    nesterov: False\n"
        "    weight_decay: 0\n)")
    two = lib.optim.Adam([{"params": [w]}, {"params": [lib.ones(1, requires_grad=True)]}])
    assert "    weight_decay: 0\n\nParameter Group 1\n    amsgrad: False\n" in repr(two)


# ---- Groups, names, hooks ------------------------------------------------------------------------

LIBRARIES = [learngrad] if torch is None else [learngrad, torch]
LIBS = pytest.mark.parametrize("lib", LIBRARIES, ids=lambda lib: lib.__name__)


@LIBS
def test_named_parameters(lib):
    model = lib.nn.Linear(2, 1)
    optimizer = lib.optim.SGD(model.named_parameters(), lr=0.1)
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


@LIBS
def test_a_group_keeps_what_a_program_writes_into_it(lib):
    model = lib.nn.Linear(2, 1)
    optimizer = lib.optim.SGD([{"params": model.parameters(), "name": "head", "lr_scale": 0.5}],
                              lr=0.1)
    assert optimizer.param_groups[0]["name"] == "head"
    assert optimizer.param_groups[0]["lr_scale"] == 0.5


@LIBS
def test_hooks_round_a_step(lib):
    w = lib.ones(1, requires_grad=True)
    w.grad = lib.ones(1)
    optimizer = lib.optim.SGD([w], lr=0.25)
    seen = []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(w.item()))
    optimizer.register_step_post_hook(
        lambda o, args, kwargs: seen.append((o is optimizer, w.item())))
    optimizer.step()
    before.remove()
    optimizer.step()
    assert seen == [1.0, (True, 0.75), (True, 0.5)]


@LIBS
def test_an_optimiser_of_ones_own(lib):
    class Sign(lib.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @lib.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.state[p]["steps"] = self.state[p].get("steps", 0) + 1
                        p.add_(p.grad.sign(), alpha=-group["lr"])

    w = lib.tensor([1.0, -1.0], requires_grad=True)
    optimizer = Sign([w], lr=0.5)
    (w * w).sum().backward()
    optimizer.step()
    assert w.tolist() == [0.5, -0.5]
    assert optimizer.state_dict()["state"] == {0: {"steps": 1}}


def test_a_rule_is_all_that_is_needed():
    class Raw(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.5})

        def update(self, group, state, param, grad):
            param -= group["lr"] * grad

    w = leaf(1.0)
    w.grad = learngrad.ones(1)
    Raw([w]).step()
    assert w.item() == 0.5
    with pytest.raises(NotImplementedError, match="Optimizer has no rule"):
        optim.Optimizer([w], {}).step()


def test_numpys_numbers_do_not_promote():
    w = leaf(1.0)
    w.grad = learngrad.ones(1)
    for Optimizer in (optim.SGD, optim.Adam, optim.RMSprop):
        optimizer = Optimizer([w], lr=np.float64(0.1), weight_decay=np.float32(0.1))
        optimizer.step()
        optimizer.param_groups[0]["lr"] = np.float64(0.2)
        optimizer.step()
    assert w.dtype == learngrad.float32


def test_what_cannot_be_is_refused_in_clear_words():
    with pytest.raises(ArgumentError, match=r"create_graph=True"):
        optim.SGD([leaf(1.0)], differentiable=True)
    with pytest.raises(ArgumentTypeError, match="a parameter group is a dict"):
        optim.SGD([leaf(1.0)]).add_param_group([leaf(1.0)])
    with pytest.raises(ArgumentTypeError, match="a set has no order"):
        optim.SGD([{"params": {leaf(1.0)}}])
    optim.Adam([leaf(1.0)], foreach=True, fused=False, capturable=True)  # one rule for all


@LIBS
def test_a_copy_is_a_copy(lib):
    w = lib.ones(1, requires_grad=True)
    optimizer = lib.optim.SGD([w], lr=0.5, momentum=0.9)
    w.grad = lib.ones(1)
    optimizer.step()
    other = copy.deepcopy(optimizer)
    p = other.param_groups[0]["params"][0]
    p.grad = lib.ones(1)
    other.step()
    assert (w.item(), p.item()) == (0.5, pytest.approx(-0.45))
    assert list(other.state) == [p]


# ---- Training ------------------------------------------------------------------------------------

rng = np.random.default_rng(0)
X = rng.standard_normal((40, 5)).astype(np.float32)
Y = rng.integers(0, 3, 40)
START = [(0.4 * rng.standard_normal(shape)).astype(np.float32) for shape in ((8, 5), 8, (3, 8), 3)]


def by_library(lib, name, settings):
    """The same program for learngrad and PyTorch: only the import differs."""
    net = lib.nn.Sequential(lib.nn.Linear(5, 8), lib.nn.Tanh(), lib.nn.Linear(8, 3))
    with lib.no_grad():
        for p, start in zip(net.parameters(), START, strict=True):
            p.copy_(lib.tensor(start))
    optimizer = getattr(lib.optim, name)(net.parameters(), **settings)
    measure = lib.nn.CrossEntropyLoss()
    x, y = lib.tensor(X), lib.tensor(Y)
    while True:
        optimizer.zero_grad()
        loss = measure(net(x), y)
        loss.backward()
        optimizer.step()
        yield loss.item()


def by_hand(name, settings):
    rule = RULES[name][0]
    params, memories = [p.astype(np.float64) for p in START], [{} for _ in START]
    for t in itertools.count(1):
        W, b, V, c = params
        hidden = np.tanh(X @ W.T + b)
        e = np.exp(hidden @ V.T + c)
        p = e / e.sum(1, keepdims=True)
        yield -np.log(p[np.arange(len(Y)), Y]).mean()
        p[np.arange(len(Y)), Y] -= 1
        g = p / len(Y)
        back = (g @ V) * (1 - hidden**2)
        grads = [back.T @ X, back.sum(0), g.T @ hidden, g.sum(0)]
        params = [rule(p, t, memory, **settings, g=g)
                  for p, memory, g in zip(params, memories, grads, strict=True)]


REFERENCES = {"by hand": by_hand} | ({} if torch is None else {
    "PyTorch": lambda name, settings: by_library(torch, name, settings)})


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize(("name", "settings"), [
    ("SGD", {"lr": 0.5}), ("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.02})])
def test_a_net_trains_with_the_reference_losses(name, settings, reference):
    losses = zip(by_library(learngrad, name, settings), REFERENCES[reference](name, settings),
                 strict=False)
    for ours, theirs in itertools.islice(losses, 100):
        assert ours == pytest.approx(theirs, rel=1e-4)
    assert ours < 0.7
