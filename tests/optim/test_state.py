"""What an optimiser remembers: saved, loaded, and exchanged with PyTorch."""

import copy
import inspect

import numpy as np
import pytest

import learngrad
from learngrad import optim
from learngrad.errors import ArgumentError, ArgumentTypeError
from tests.optable.reference import torch
from tests.optim.by_hand import RULES

BOTH = pytest.mark.parametrize("Optimizer", [optim.SGD, optim.Adam])


def leaf(*values):
    return learngrad.tensor(values, requires_grad=True)


SETTINGS = {optim.SGD: {"lr": 0.1, "momentum": 0.9}, optim.Adam: {"lr": 0.1}}
# Every optimiser, with settings under which it remembers all that it can.
FULL = {name: rows[-1] for name, (_, rows) in RULES.items()} | {
    "RMSprop": {"centered": True, "momentum": 0.5, "eps": 1e-2},
    "Adam": {"amsgrad": True, "betas": (0.5, 0.9)}, "AdamW": {"amsgrad": True}}
EACH = pytest.mark.parametrize("name", FULL)


def moved(lib, optimizer, params, count, first=0):
    """Steps by gradients that only the number of the step decides."""
    for t in range(first, first + count):
        for k, p in enumerate(params):
            g = np.cos(np.arange(p.numel()) * 1.7 + k + 0.3 * t).reshape(tuple(p.shape))
            p.grad = lib.tensor(g)
        optimizer.step()


def params_of(lib, dtype="float64"):
    return [lib.ones(2, 3, dtype=getattr(lib, dtype)).requires_grad_(),
            lib.zeros(2, dtype=getattr(lib, dtype)).requires_grad_()]


@EACH
def test_resuming_is_bit_identical(name):
    whole, parts = params_of(learngrad), params_of(learngrad)
    first = getattr(optim, name)(whole, **FULL[name])
    moved(learngrad, first, whole, 7)
    for a, b in zip(parts, whole, strict=True):
        a.data = b.detach().clone()
    second = getattr(optim, name)(parts)
    second.load_state_dict(first.state_dict())
    moved(learngrad, first, whole, 7, 7)
    moved(learngrad, second, parts, 7, 7)
    for a, b in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


def ported(state, tensor, is_tensor):
    """A state dict with its tensors brought to the other library."""
    if isinstance(state, dict):
        return {k: ported(v, tensor, is_tensor) for k, v in state.items()}
    if isinstance(state, list):
        return [ported(v, tensor, is_tensor) for v in state]
    return tensor(state.numpy()) if isinstance(state, is_tensor) else state


@pytest.mark.skipif(torch is None, reason="exchanges states with PyTorch")
@EACH
def test_states_go_to_pytorch_and_back(name):
    ours, theirs = params_of(learngrad), params_of(torch)
    mine = getattr(optim, name)(ours, **FULL[name])
    moved(learngrad, mine, ours, 6)
    other = getattr(torch.optim, name)(theirs, **FULL[name])
    moved(torch, other, theirs, 6)
    a, b = mine.state_dict(), other.state_dict()
    # The same keys in the same order, and values of the same shapes.
    assert list(a["state"]) == list(b["state"])
    for i, memory in b["state"].items():
        assert sorted(a["state"][i]) == sorted(memory)
        for key, value in memory.items():
            assert tuple(a["state"][i][key].shape) == tuple(value.shape)
    assert [list(group) for group in a["param_groups"]] == [
        list(group) for group in b["param_groups"]]
    assert a["param_groups"] == b["param_groups"]
    # Each goes on from the other's.
    fresh, foreign = params_of(learngrad), params_of(torch)
    for p, q, value in zip(fresh, foreign, ours, strict=True):
        p.data, q.data = value.detach().clone(), torch.tensor(value.tolist(), dtype=torch.float64)
    here, there = getattr(optim, name)(fresh), getattr(torch.optim, name)(foreign)
    here.load_state_dict(ported(b, learngrad.tensor, torch.Tensor))
    there.load_state_dict(ported(a, torch.tensor, learngrad.Tensor))
    moved(learngrad, mine, ours, 5, 6)
    moved(learngrad, here, fresh, 5, 6)
    moved(torch, there, foreign, 5, 6)
    for p, q, r in zip(ours, fresh, foreign, strict=True):
        np.testing.assert_allclose(q.detach().numpy(), p.detach().numpy(), rtol=1e-5)
        np.testing.assert_allclose(r.detach().numpy(), p.detach().numpy(), rtol=1e-5)


@pytest.mark.skipif(torch is None, reason="reads PyTorch's signatures")
@pytest.mark.parametrize("name", [*RULES, "LBFGS", "lr_scheduler.StepLR", *(
    f"lr_scheduler.{name}" for name in optim.lr_scheduler.__all__ if "_" not in name)])
def test_arguments_are_pytorchs(name):
    def arguments(lib):
        found = lib.optim
        for part in name.split("."):
            found = getattr(found, part)
        return [(p.name, p.kind, p.default) for p in inspect.signature(
            found.__init__).parameters.values() if p.name not in ("args", "kwargs")]

    assert arguments(learngrad) == arguments(torch)


def test_a_state_takes_its_parameters_dtype():
    w, v = params_of(learngrad)[:1], params_of(learngrad, "float32")[:1]
    first, second = optim.Adam(w), optim.Adam(v)
    moved(learngrad, first, w, 1)
    second.load_state_dict(first.state_dict())
    assert second.state[v[0]]["exp_avg"].dtype == learngrad.float32


@pytest.mark.parametrize("given", [3, {}, {"state": {}}, {"state": {7: {}}, "param_groups": [
    {"params": [0], "lr": 0.1}]}], ids=["a number", "nothing", "no groups", "an unknown parameter"])
def test_what_is_no_state_is_refused(given):
    optimizer = optim.SGD([leaf(1.0)], lr=0.5)
    with pytest.raises(ArgumentTypeError if given == 3 else ArgumentError):
        optimizer.load_state_dict(given)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_a_state_with_settings_that_make_no_sense_changes_nothing():
    optimizer = optim.SGD([leaf(1.0)], lr=0.5)
    state = optimizer.state_dict()
    state["param_groups"][0]["lr"] = -1.0
    with pytest.raises(ArgumentError, match="lr=-1"):
        optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_a_rate_that_a_schedule_brought_to_0_is_loaded_again():
    w = leaf(1.0)
    w.grad = learngrad.ones(1)
    optimizer = optim.SGD([w], lr=1.0)
    schedule = optim.lr_scheduler.LinearLR(optimizer, end_factor=0.0)
    optimizer.step()
    for _ in range(7):
        schedule.step()
    assert -1e-12 < optimizer.param_groups[0]["lr"] < 0
    optimizer.load_state_dict(optimizer.state_dict())


def test_plain_descent_remembers_nothing():
    w = leaf(1.0)
    w.grad = learngrad.ones(1)
    for settings in ({}, {"weight_decay": 0.1}, {"maximize": True}):
        optimizer = optim.SGD([w], **settings)
        optimizer.step()
        assert optimizer.state_dict()["state"] == {}


@BOTH
def test_training_goes_on_from_a_state(Optimizer):
    def steps(optimizer, params, count):
        for _ in range(count):
            for p in params:
                p.grad = (p.detach() * 3).tanh()
            optimizer.step()

    whole = [leaf(1.0, -2.0), leaf(0.5)]
    optimizer = Optimizer(whole, **SETTINGS[Optimizer])
    steps(optimizer, whole, 5)
    parts = [p.detach().clone().requires_grad_() for p in whole]
    state = copy.deepcopy(optimizer.state_dict())
    assert [group["params"] for group in state["param_groups"]] == [[0, 1]]
    resumed = Optimizer(parts, lr=9.0)
    resumed.load_state_dict(state)
    steps(optimizer, whole, 5)
    steps(resumed, parts, 5)
    for a, b in zip(whole, parts, strict=True):
        assert a.tolist() == b.tolist()  # bit for bit
    assert resumed.param_groups[0]["params"] == parts


@BOTH
def test_a_loaded_state_is_a_copy(Optimizer):
    w, v = leaf(1.0), leaf(1.0)
    w.grad = v.grad = learngrad.ones(1)
    first, second = (Optimizer([p], **SETTINGS[Optimizer]) for p in (w, v))
    first.step()
    second.load_state_dict(first.state_dict())
    before = copy.deepcopy(first.state_dict()["state"])
    second.step()
    assert str(first.state_dict()["state"]) == str(before)


@BOTH
def test_a_state_of_other_parameters_is_refused(Optimizer):
    w = leaf(1.0)
    w.grad = learngrad.ones(1)
    optimizer = Optimizer([w], **SETTINGS[Optimizer])
    optimizer.step()
    with pytest.raises(ArgumentError, match="other parameter groups"):
        Optimizer([leaf(1.0), leaf(2.0)]).load_state_dict(optimizer.state_dict())
    with pytest.raises(ArgumentError, match="does not fit"):
        Optimizer([leaf(1.0, 2.0)]).load_state_dict(optimizer.state_dict())
