"""Each optimiser's steps, against its formula written by hand and, where it is there, PyTorch."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest

import learngrad
from learngrad import optim
from learngrad.errors import ArgumentTypeError
from learngrad.optim.rules import PIECE
from tests.cupy_standin import counts, installed
from tests.optable.reference import torch
from tests.optim.by_hand import CASES, IDS, RULES

STEPS = 100
START = [np.linspace(-1.0, 2.0, 6).reshape(2, 3), np.array([0.5, -0.25]), np.array(3.0)]


def slope(k, t):
    """The gradient of parameter `k` at step `t`.

    It does not follow the parameter, or steps could amplify a difference in the last digit; how
    rule and gradient play together is tested where nets are trained.
    """
    return np.cos(3 * START[k] + k + 0.7 * t) + 0.2 * START[k]


def by_hand(name, settings, dtype):
    rule = RULES[name][0]
    params, memories = [np.array(p, dtype) for p in START], [{} for _ in START]
    for t in range(1, STEPS + 1):
        params = [np.asarray(rule(p, t, memory, **settings, g=slope(k, t).astype(dtype)))
                  for k, (p, memory) in enumerate(zip(params, memories, strict=True))]
        yield params


def by_pytorch(name, settings, dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # in which PyTorch counts, too
    try:
        params = [torch.tensor(np.array(p, dtype), requires_grad=True) for p in START]
        optimizer = getattr(torch.optim, name)(params, **settings)
        for t in range(1, STEPS + 1):
            for k, p in enumerate(params):
                p.grad = torch.tensor(np.asarray(slope(k, t), dtype))
            optimizer.step()
            yield [p.detach().numpy() for p in params]
    finally:
        torch.set_default_dtype(before)


def by_learngrad(name, settings, dtype, device="cpu"):
    params = [learngrad.tensor(np.array(p, dtype), device=device, requires_grad=True)
              for p in START]
    optimizer = getattr(optim, name)(params, **settings)
    for t in range(1, STEPS + 1):
        for k, p in enumerate(params):
            g = np.asarray(slope(k, t), dtype)
            p.grad = learngrad.tensor(g, device=device)
        counts.reset()
        optimizer.step()
        # A step neither copies between the devices nor waits.
        assert (counts.to_host, counts.to_device, counts.waits) == (0, 0, 0)
        yield [p.detach().cpu().numpy() for p in params]


REFERENCES = [by_hand] if torch is None else [by_hand, by_pytorch]


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize(("name", "settings"), CASES, ids=IDS)
def test_steps_are_equal_one_by_one(name, settings, reference, dtype, rtol):
    for ours, theirs in itertools.zip_longest(by_learngrad(name, settings, dtype),
                                              reference(name, settings, dtype)):
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == dtype
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("name", "settings"), [
    (name, rows[k]) for name, (_, rows) in RULES.items() for k in (0, -1)])
def test_steps_on_a_gpu_stay_there(name, settings):
    with installed():
        for ours, theirs in zip(by_learngrad(name, settings, np.float32, "cuda"),
                                by_learngrad(name, settings, np.float32), strict=True):
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "settings"), CASES, ids=IDS)
def test_a_step_works_in_place_and_leaves_the_gradient_alone(name, settings):
    p = learngrad.tensor(START[0], requires_grad=True)
    array = p._data
    optimizer = getattr(optim, name)([p], **settings)
    for step in range(1, 4):
        g = learngrad.tensor(slope(0, step))
        p.grad, kept, version = g, g.numpy().copy(), p._version
        assert optimizer.step() is None
        assert p._data is array
        assert p._version > version
        assert p.grad is g
        np.testing.assert_array_equal(g.numpy(), kept)


def test_a_step_after_the_forward_pass_is_seen_by_the_graph():
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    loss = (w * w).sum()
    w.grad = learngrad.ones(2)
    optimizer.step()
    with pytest.raises(learngrad.errors.GraphError, match="w was changed in place"):
        loss.backward()


def test_settings_of_groups_and_changes_between_steps():
    a, b = (learngrad.tensor(1.0, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 1.0}], lr=0.5)
    a.grad, b.grad = learngrad.tensor(1.0), learngrad.tensor(1.0)
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 0)
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    assert (a.item(), b.item()) == (0.25, -1)
    c = learngrad.tensor(1.0, requires_grad=True)
    optimizer.add_param_group({"params": [c], "momentum": 0.5})
    c.grad = learngrad.tensor(1.0)
    optimizer.step()
    assert c.item() == 0.5
    assert [g["lr"] for g in optimizer.param_groups] == [0.25, 1.0, 0.5]


@pytest.mark.parametrize("name", ["SGD", "LBFGS"])
def test_a_step_takes_no_loss(name):
    w = learngrad.tensor(1.0, requires_grad=True)
    loss = w * w
    with pytest.raises(ArgumentTypeError, match="function"):
        getattr(optim, name)([w], lr=0.1).step(loss)


def test_parameters_without_a_gradient_stay():
    a, b = (learngrad.tensor(1.0, requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b], lr=0.5)
    a.grad = learngrad.tensor(1.0)
    optimizer.step()
    assert b.item() == 1
    assert list(optimizer.state) == [a]
    assert math.isclose(a.item(), 0.5, rel_tol=1e-6)


@pytest.mark.parametrize("shape", [(300, 400), (PIECE + 1,), (0, 3)], ids=str)
@pytest.mark.parametrize("orders", ["CC", "FF", "CF", "FC"])
@pytest.mark.parametrize("name", RULES)
def test_large_arrays_move_as_small_ones(name, orders, shape):
    """A large array is moved in pieces: every element as in a step by itself."""
    rng = np.random.default_rng(0)
    rule, rows = RULES[name]
    start, g = (np.asarray(rng.standard_normal(shape), order=order) for order in orders)
    p = learngrad.from_numpy(start.copy(order="K")).requires_grad_()
    optimizer = getattr(optim, name)([p], **rows[-1])
    p.grad = learngrad.from_numpy(g)
    expected, memory = start, {}
    for t in (1, 2):
        optimizer.step()
        expected = rule(expected, t, memory, **rows[-1], g=g)
    np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_an_array_that_is_not_one_block_in_memory():
    start = np.linspace(0, 1, 4 * PIECE)
    p = learngrad.from_numpy(start.copy()[::2]).requires_grad_()
    p.grad = learngrad.ones(2 * PIECE, dtype=learngrad.float64)
    optim.SGD([p], lr=0.5).step()
    np.testing.assert_allclose(p.detach().numpy(), start[::2] - 0.5)


def test_parameters_on_two_devices_move_in_one_step():
    with installed():
        params = [learngrad.ones(2, device=device, requires_grad=True)
                  for device in ("cpu", "cuda", "cpu")]
        optimizer = optim.Adam(params, lr=0.5)
        for p in params:
            p.grad = learngrad.ones_like(p)
        optimizer.step()
        for p in params:
            np.testing.assert_allclose(p.detach().cpu().numpy(), [0.5, 0.5], rtol=1e-6)


@pytest.mark.parametrize(("name", "settings"), CASES, ids=IDS)
def test_a_step_makes_no_arrays_as_large_as_a_parameter(name, settings):
    """Beyond its memory, which the first step makes, a rule needs a piece of the parameter."""
    p = learngrad.ones(40 * PIECE, requires_grad=True)
    p.grad = learngrad.ones(40 * PIECE)
    optimizer = getattr(optim, name)([p], **settings)
    optimizer.step()
    tracemalloc.start()
    try:
        optimizer.step()
        assert tracemalloc.get_traced_memory()[1] < 5.5 * PIECE * 4  # bytes
    finally:
        tracemalloc.stop()
