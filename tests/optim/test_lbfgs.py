"""L-BFGS beside PyTorch, move by move, and on problems whose minimum is known."""

import copy

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.errors import ArgumentError, ArgumentTypeError
from tests.cupy_standin import installed
from tests.optable.reference import torch

rng = np.random.default_rng(3)
A = rng.standard_normal((30, 4))
B = rng.standard_normal((30, 2))


def valley(p, q):
    """Rosenbrock's, in three dimensions."""
    x, y, z = p[0], p[1], q
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2 + (1 - y) ** 2 + 100 * (z - y**2) ** 2


def fit(lib):
    a, b = lib.tensor(A), lib.tensor(B)
    return lambda W, c: (((a @ W + c).tanh() - b) ** 2).mean() + 0.001 * (W * W).sum()


PROBLEMS = {
    "valley": (lambda lib: valley, [np.array([-1.2, 1.0]), np.array(0.5)]),
    "fit": (fit, [0.3 * rng.standard_normal((4, 2)), np.zeros(2)]),
}
SETTINGS = [
    {"line_search_fn": "strong_wolfe"}, {"line_search_fn": "strong_wolfe", "max_iter": 4},
    {"line_search_fn": "strong_wolfe", "history_size": 2, "lr": 0.5},
    {"line_search_fn": "strong_wolfe", "max_eval": 7}, {"lr": 1e-3, "max_iter": 5},
    {"lr": 0.01, "history_size": 3}, {"max_iter": 1, "lr": 0.1}]


def steps(lib, problem, settings, count=12):
    make, starts = PROBLEMS[problem]
    loss_of = make(lib)
    params = [lib.tensor(start, requires_grad=True) for start in starts]
    optimizer = lib.optim.LBFGS(params, **settings)
    called = [0]

    def closure():
        called[0] += 1
        optimizer.zero_grad()
        loss = loss_of(*params)
        loss.backward()
        return loss

    for _ in range(count):
        loss = optimizer.step(closure)
        yield loss.item(), called[0], [p.detach().numpy().copy() for p in params]


@pytest.mark.skipif(torch is None, reason="compares with PyTorch")
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_moves_as_in_pytorch(problem, settings):
    # In the valley each move doubles the rounding of those before it.
    rtol = {"valley": 1e-4, "fit": 1e-6}[problem]
    for ours, theirs in zip(steps(learngrad, problem, settings), steps(torch, problem, settings),
                            strict=True):
        assert ours[0] == pytest.approx(theirs[0], rel=rtol, abs=1e-9)
        assert ours[1] == theirs[1]
        for a, b in zip(ours[2], theirs[2], strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize("history", [2, 10])
def test_the_valley_is_walked_to_its_end(history):
    *_, (loss, _, (p, q)) = steps(learngrad, "valley", {
        "line_search_fn": "strong_wolfe", "history_size": history})
    assert loss < 1e-8
    np.testing.assert_allclose([*p, q], 1, atol=1e-3)


def test_a_quadratic_needs_as_many_moves_as_it_has_dimensions():
    scale = learngrad.tensor([1.0, 10.0, 100.0], dtype=learngrad.float64)
    w = learngrad.ones(3, dtype=learngrad.float64, requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=30, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (scale * w * w).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 111
    assert closure().item() < 1e-9
    assert optimizer.state[w]["n_iter"] <= 15


def test_a_net_in_float32():
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    X = learngrad.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = learngrad.tensor([[0.0], [1.0], [1.0], [0.0]])
    optimizer = optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(X), y)
        loss.backward()
        return loss

    for _ in range(10):
        optimizer.step(closure)
    assert closure().item() < 1e-4


@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[4]], ids=str)
def test_moves_on_a_gpu(settings):
    with installed():
        found = []
        for device in ("cpu", "cuda"):
            w = learngrad.tensor([-1.2, 1.0, 0.5], device=device, dtype=learngrad.float64)
            w.requires_grad_()
            optimizer = optim.LBFGS([w], **settings)

            def closure(w=w, optimizer=optimizer):
                optimizer.zero_grad()
                loss = ((1 - w[:2]) ** 2).sum() + 100 * ((w[1:] - w[:2] ** 2) ** 2).sum()
                loss.backward()
                return loss

            for _ in range(3):
                optimizer.step(closure)
            found.append(w.detach().cpu().numpy())
        np.testing.assert_allclose(found[1], found[0], rtol=1e-9)


def test_parameters_without_gradient_stay():
    w, v = learngrad.ones(2, requires_grad=True), learngrad.ones(2, requires_grad=True)
    optimizer = optim.LBFGS([v, w])

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert v.tolist() == [1, 1]
    assert abs(w.detach()).max().item() < 1e-3


@pytest.mark.parametrize("settings", [SETTINGS[1], SETTINGS[4]], ids=str)
def test_it_goes_on_from_a_state(settings):
    _, starts = PROBLEMS["valley"]
    whole = list(steps(learngrad, "valley", settings, 8))
    params = [learngrad.tensor(start, requires_grad=True) for start in starts]

    def closure():
        for p in params:
            p.grad = None
        loss = valley(*params)
        loss.backward()
        return loss

    first = optim.LBFGS(params, **settings)
    for _ in range(4):
        first.step(closure)
    second = optim.LBFGS(params, **settings)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for expected in whole[4:]:
        assert second.step(closure).item() == expected[0]


@pytest.mark.skipif(torch is None, reason="loads a state of PyTorch's")
def test_it_goes_on_from_pytorchs_state():
    settings = {"line_search_fn": "strong_wolfe", "max_iter": 4}
    _, starts = PROBLEMS["valley"]
    params = [torch.tensor(start, requires_grad=True) for start in starts]
    theirs = torch.optim.LBFGS(params, **settings)

    def closure(params):
        def measure():
            for p in params:
                p.grad = None
            loss = valley(*params)
            loss.backward()
            return loss

        return measure

    for _ in range(3):
        theirs.step(closure(params))
    mine = [learngrad.tensor(p.detach().numpy(), requires_grad=True) for p in params]
    ours = optim.LBFGS(mine, **settings)

    def ported(value):
        if isinstance(value, list):
            return [ported(v) for v in value]
        return learngrad.tensor(value.numpy()) if isinstance(value, torch.Tensor) else value

    state = theirs.state_dict()
    ours.load_state_dict({"param_groups": state["param_groups"], "state": {
        0: {name: ported(value) for name, value in state["state"][0].items()}}})
    for _ in range(3):
        a, b = ours.step(closure(mine)), theirs.step(closure(params))
        assert a.item() == pytest.approx(b.item(), rel=1e-6)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_at_a_rate_of_0_nothing_moves(search):
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    lbfgs = learngrad.optim.LBFGS([w], lr=0.0, line_search_fn=search)

    def closure():
        lbfgs.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert lbfgs.step(closure).item() == 5
    assert w.tolist() == [1, 2]


def test_a_loss_that_is_nan_ends_the_step():
    w = learngrad.tensor([1.0], requires_grad=True)
    optimizer = optim.LBFGS([w], lr=10.0, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = w.log().sum()
        loss.backward(learngrad.tensor(1.0))  # replayed though it may be nan
        return loss

    assert optimizer.step(closure).item() == 0  # and it comes back


def test_a_closure_that_fails_on_the_way_leaves_the_parameters_where_they_were():
    w = learngrad.tensor([2.0, 3.0], requires_grad=True)
    optimizer, called = optim.LBFGS([w], line_search_fn="strong_wolfe"), []

    def closure():
        called.append(w.tolist())
        if len(called) == 2:
            raise KeyboardInterrupt
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert called[1] != called[0]
    assert w.tolist() == [2.0, 3.0]
    optimizer.step(closure)
    assert abs(w.detach()).max().item() < 1e-6


@pytest.mark.parametrize(("make", "error", "said"), [
    (lambda w: optim.LBFGS([w], max_iter=0), ArgumentError, "max_iter=0"),
    (lambda w: optim.LBFGS([w], line_search_fn="armijo"), ArgumentError, "armijo"),
    (lambda w: optim.LBFGS([{"params": w}, {"params": w.detach().clone().requires_grad_()}]),
     ArgumentError, "one group"),
    (lambda w: optim.LBFGS([w]).step(), ArgumentTypeError, "def closure"),
    (lambda w: optim.LBFGS([w], lr=-1), ArgumentError, "lr=-1"),
])
def test_what_makes_no_sense_is_refused(make, error, said):
    with pytest.raises(error, match=said):
        make(learngrad.ones(1, requires_grad=True))
