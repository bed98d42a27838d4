"""What goes to one place meets there: products, extremes, and who gets their gradient."""

import numpy as np
import pytest

import learngrad as lg
from tests.optable.reference import torch

AT = lg.tensor([0, 0, 2, 2, 2])


def test_multiplying_where_an_index_says():
    x = lg.tensor([2.0, 3.0, 5.0], requires_grad=True)
    src = lg.tensor([2.0, 4.0, 1.0, 3.0, 3.0], requires_grad=True)
    out = x.scatter(0, AT, src, reduce="multiply")
    assert out.tolist() == [16, 3, 45]
    out.sum().backward()
    assert x.grad.tolist() == [8, 1, 9]
    assert src.grad.tolist() == [8, 4, 45, 15, 15]
    y = lg.ones(3)
    assert y.scatter_(0, AT, 2.0, reduce="multiply") is y
    assert y.tolist() == [4, 1, 8]


@pytest.mark.parametrize(("how", "src"), [("amax", [7.0, 7.0, 1.0, 6.0, 6.0]),
                                          ("amin", [1.0, 1.0, 9.0, 0.0, 0.0])])
def test_equal_extremes_share_and_what_does_not_count_gets_nothing(how, src):
    """PyTorch lets an element that does not count take a share where it equals the extreme."""
    src = lg.tensor(src, requires_grad=True)
    x = lg.tensor([src[0].item(), 3.0, 2.0], requires_grad=True)
    x.scatter_reduce(0, AT, src, how, include_self=False).sum().backward()
    assert src.grad.tolist() == [0.5, 0.5, 0, 0.5, 0.5]
    assert x.grad.tolist() == [0, 1, 0]
    third = lg.autograd.grad(x.scatter_reduce(0, AT, src, how).sum(), (x, src))
    np.testing.assert_allclose(third[0].numpy(), [1 / 3, 1, 0])
    np.testing.assert_allclose(third[1].numpy(), [1 / 3, 1 / 3, 0, 0.5, 0.5])


@pytest.mark.parametrize("how", ["prod", "amax", "amin"])
def test_many_in_one_place(how):
    """Beside NumPy's slow way, one after another."""
    rng = np.random.default_rng(0)
    values, at = rng.uniform(0.9, 1.1, 5000), rng.integers(0, 7, 5000)
    meet = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[how]
    wanted = np.ones(9)
    meet.at(wanted, at, values)
    found = lg.ones(9, dtype="float64").scatter_reduce(0, lg.tensor(at), lg.tensor(values), how)
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-10)


def test_nan_and_integers():
    nan = float("nan")
    out = lg.zeros(3).scatter_reduce(0, AT, lg.tensor([1.0, nan, 1.0, 2.0, 3.0]), "amax")
    assert str(out.tolist()) == "[nan, 0.0, 3.0]"
    whole = lg.tensor([4, 5, 6]).scatter_reduce(0, AT, lg.tensor([3, 1, 1, 1, 1]), "mean")
    assert whole.tolist() == [2, 5, 2]
    assert whole.dtype == lg.int64


@pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(("shape", "dim"), [((7,), 0), ((4, 5), 0), ((4, 5), -1), ((3, 4, 2), 1)])
@pytest.mark.parametrize("how", ["sum", "mean", "prod", "amax", "amin"])
def test_zeros_and_ties_beside_pytorch(how, shape, dim, own):
    rng = np.random.default_rng(1)
    x, src = (rng.integers(-2, 3, shape).astype(float) for _ in range(2))
    at = rng.integers(0, shape[dim], shape)
    if not own and how in ("amax", "amin"):
        x -= 0.5  # no ties with what does not count: there PyTorch's gradient is another
    found = []
    for lib in (lg, torch):
        a, b = lib.tensor(x, requires_grad=True), lib.tensor(src, requires_grad=True)
        out = a.scatter_reduce(dim, lib.tensor(at), b, how, include_self=own)
        (out * lib.tensor(np.cos(np.arange(x.size)).reshape(shape))).sum().backward()
        found.append([out.detach().numpy(), a.grad.numpy(), b.grad.numpy()])
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
