"""What gradients are where there is none in the strict sense, and what comes out at the edges."""

import math

import numpy as np
import pytest

import learngrad as lg
import learngrad.nn.functional
from tests.optable.reference import torch


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
def test_a_norm_is_flat_at_0(p):
    """As in PyTorch, whose second derivative there is nan; here it is 0 as well."""
    x = lg.zeros(3, requires_grad=True)
    first, = lg.autograd.grad(x.norm(p), x, create_graph=True)
    assert first.tolist() == [0, 0, 0]
    if p not in (1, math.inf):
        second, = lg.autograd.grad(first.sum(), x)
        assert second.tolist() == [0, 0, 0]


def test_sigmoid_keeps_small_numbers():
    x = lg.tensor([-80.0, -20.0, 0.0, 20.0, 200.0])
    for ours, exact in zip(x.sigmoid().tolist(), [1 / (1 + math.exp(-v)) for v in x.tolist()]):
        assert ours == pytest.approx(exact, rel=1e-6)
    assert lg.tensor(-1000.0).sigmoid().item() == 0


def test_erf_is_exact_to_rounding():
    x = lg.linspace(-7, 7, 10001, dtype=lg.float64)
    exact = lg.tensor([math.erf(v) for v in x.tolist()], dtype=lg.float64)
    assert (x.erf() - exact).abs().max().item() <= 2.3e-16
    small = lg.linspace(1e-12, 0.5, 1001, dtype=lg.float64)
    exact = lg.tensor([math.erf(v) for v in small.tolist()], dtype=lg.float64)
    assert (small.erf() / exact - 1).abs().max().item() <= 1e-15
    edges = lg.tensor([math.inf, -math.inf, math.nan, 0.0]).erf().tolist()
    assert edges[:2] == [1, -1]
    assert math.isnan(edges[2])
    assert edges[3] == 0


def test_third_derivative_of_a_product_with_zeros():
    """d³(abcd)/(da db dc) is d, whichever of them are 0."""
    x = lg.tensor([0.0, 0.0, 0.0, 5.0], requires_grad=True)
    g = x.prod()
    for k in range(3):
        g = lg.autograd.grad(g, x, create_graph=True)[0][k]
    assert g.item() == 5


def test_numpy_means_what_numpy_means():
    x = lg.tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
    host = x.detach().numpy()
    for function in (np.var, np.std, np.cumsum, np.cumprod, np.prod, np.min, np.argmin, np.all):
        np.testing.assert_allclose(np.asarray(function(x).detach()), function(host), rtol=1e-6)
    assert np.cumsum(x, axis=1).shape == (2, 2)
    assert np.var(x, axis=0, ddof=1).tolist() == host.var(axis=0, ddof=1).tolist()
    assert np.allclose(x.detach(), host)
    np.testing.assert_allclose(np.clip(x, 2, 4).tolist(), host.clip(2, 4))
    np.testing.assert_allclose(np.round(x / 3, 1).tolist(), np.round(host / 3, 1))


INF, NAN = math.inf, math.nan
EDGES = {  # the function, its input, its other arguments; what comes out, and the gradient
    "hardswish": ([-3.0, 3.0], [], [0.0, 3.0], [0.0, 1.0]),
    "hardshrink": ([NAN, 0.5], [0.5], [NAN, 0.0], [1.0, 0.0]),
    "softshrink": ([NAN, 0.5], [0.5], [NAN, 0.0], [1.0, 0.0]),
    "threshold": ([NAN, 1.0], [1.0, 9.0], [NAN, 9.0], [1.0, 0.0]),
    "binary_cross_entropy": ([1.0, 0.0, 1.0, 0.0], [[1.0, 0.0, 0.0, 1.0]], [0.0, 0.0, 100.0, 100.0],
                             [0.0, 0.0, 1e12, -1e12]),
    "margin_ranking_loss": ([1.0, 2.0], [[1.0, 1.0], [1.0, 1.0]], [0.0, 0.0], [-1.0, 0.0]),
    "hinge_embedding_loss": ([1.0, 2.0], [[-1.0, -1.0]], [0.0, 0.0], [-1.0, 0.0]),
}


def at_an_edge(lib, name):
    """The elements that come out of a function there, and the gradient of their sum."""
    values, others, _, _ = EDGES[name]
    x = lib.tensor(values, requires_grad=True)
    more = {"reduction": "none"} if name.endswith(("loss", "entropy")) else {}
    out = getattr(lib.nn.functional, name)(
        x, *[lib.tensor(o) if isinstance(o, list) else o for o in others], **more)
    return out.tolist(), lib.autograd.grad(out, x, lib.ones_like(out))[0].tolist()


@pytest.mark.parametrize("name", EDGES)
def test_at_the_edge(name):
    for lib in filter(None, (lg, torch)):
        out, gradient = at_an_edge(lib, name)
        assert out == pytest.approx(EDGES[name][2], nan_ok=True)
        assert gradient == pytest.approx(EDGES[name][3])


@pytest.mark.parametrize("more", [{}, {"weight": [1.0, 2.0, 1.0]}, {"label_smoothing": 0.1}])
def test_what_is_ignored_may_hold_infinities(more):
    """A class that is masked by -inf, and ignored wherever it would be the right one."""
    logits = [[-INF, 1.0, 2.0], [0.0, 1.0, 2.0]]
    more = {k: lg.tensor(v) if isinstance(v, list) else v for k, v in more.items()}
    x = lg.tensor(logits, requires_grad=True)
    loss = lg.nn.functional.cross_entropy(x, lg.tensor([0, 1]), ignore_index=0, **more)
    alone = lg.nn.functional.cross_entropy(x[1:], lg.tensor([1]), **more)
    assert loss.item() == pytest.approx(alone.item())
    loss.backward()
    assert x.grad[0].tolist() == [0, 0, 0]
    assert math.isfinite(lg.nn.functional.nll_loss(lg.tensor(logits), lg.tensor([-100, 1])).item())


STOPPED = {  # what lets no gradient through at some of -4, -1, 0, 1, 4: not an infinite one either
    "relu": lambda lib, x: x.relu(),
    "hardtanh": lambda lib, x: lib.nn.functional.hardtanh(x, -2, 2),
    "hardsigmoid": lambda lib, x: lib.nn.functional.hardsigmoid(x),
    "threshold": lambda lib, x: lib.nn.functional.threshold(x, 0.5, 7),
    "hardshrink": lambda lib, x: lib.nn.functional.hardshrink(x, 2),
    "softshrink": lambda lib, x: lib.nn.functional.softshrink(x, 2),
    "clamp": lambda lib, x: x.clamp(-2, 2),
    "clamp by tensors": lambda lib, x: lib.clamp(x, lib.full((5,), -2.0), lib.full((5,), 2.0)),
    "where": lambda lib, x: lib.where(x > 0, x, 2.0),
    "masked_fill": lambda lib, x: x.masked_fill(x < 0, 3.0),
    "leaky_relu": lambda lib, x: lib.nn.functional.leaky_relu(x, 0.25),
    "leaky_relu, steep": lambda lib, x: lib.nn.functional.leaky_relu(x, 2.0),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", STOPPED)
def test_what_is_stopped_is_0_beside_infinities(name, create_graph):
    """Otherwise ``relu(x).sqrt()`` has a gradient of nan wherever ReLU is 0."""
    for upstream in (INF, -INF, -2.0):
        found = []
        for lib in filter(None, (lg, torch)):
            x = lib.tensor([-4.0, -1.0, 0.0, 1.0, 4.0], requires_grad=True)
            y = STOPPED[name](lib, x)
            g, = lib.autograd.grad(y, x, lib.full((5,), upstream), create_graph=create_graph)
            found.append(g.tolist())
        assert not any(map(math.isnan, found[0]))
        assert found[0] == found[-1]
        assert 0 in found[0] or name.startswith("leaky")


def test_the_root_of_what_relu_cut_off():
    x = lg.tensor([-1.0, 4.0], requires_grad=True)
    x.relu().sqrt().sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


@pytest.mark.parametrize("size", [(0, 2), (2, 0)])
def test_no_window_at_all(size):
    for lib in filter(None, (lg, torch)):
        x = lib.ones(1, 2, 3, 3)
        for pool in (lib.nn.functional.adaptive_avg_pool2d, lib.nn.functional.adaptive_max_pool2d):
            assert pool(x, size).shape == (1, 2, *size)
        assert lib.nn.functional.adaptive_avg_pool1d(x[0], 0).shape == (2, 3, 0)


@pytest.mark.parametrize("name", ["max", "median", "floor", "ceil", "round", "trunc", "sign"])
def test_what_is_flat_is_0_beside_infinities(name):
    for lib in filter(None, (lg, torch)):
        x = lib.tensor([-2.0, 1.0, 3.0], requires_grad=True)
        y = getattr(x, name)()
        g, = lib.autograd.grad(y, x, lib.full(tuple(y.shape), INF))
        assert sum(v == 0 for v in g.tolist()) == (3 if y.ndim else 2)
    x = lg.tensor([-2.0, 1.0, 3.0, 0.0], requires_grad=True)
    y = lg.nn.functional.max_pool1d(x[None], 2)
    assert lg.autograd.grad(y, x, lg.full((1, 2), INF))[0].tolist() == [0, INF, INF, 0]
