"""The in-place spellings of what moves and places elements, beside PyTorch's."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from tests.optable.reference import torch

pytestmark = pytest.mark.skipif(torch is None, reason="compared with PyTorch")

CALLS = {
    "masked_fill_": lambda lib, y: y.masked_fill_(y > 2, -1.0),
    "scatter_": lambda lib, y: y.scatter_(1, lib.tensor([[0], [2]]), 5.0),
    "scatter_add_": lambda lib, y: y.scatter_add_(1, lib.tensor([[0, 0], [2, 1]]), lib.ones(2, 2)),
    "index_add_": lambda lib, y: y.index_add_(0, lib.tensor([1, 1]), lib.ones(2, 3), alpha=2),
    "index_copy_": lambda lib, y: y.index_copy_(1, lib.tensor([1]), lib.ones(2, 1)),
    "index_fill_": lambda lib, y: y.index_fill_(1, lib.tensor([0, 2]), 7.0),
    "index_put_": lambda lib, y: y.index_put_((lib.tensor([0]),), lib.ones(3)),
    "tril_": lambda lib, y: y.tril_(),
    "triu_": lambda lib, y: y.triu_(1),
    "unsqueeze_": lambda lib, y: y.unsqueeze_(0),
    "squeeze_": lambda lib, y: y.squeeze_(),
    "transpose_": lambda lib, y: y.transpose_(0, 1),
    "t_": lambda lib, y: y.t_(),
}


@pytest.mark.parametrize("name", CALLS)
def test_value_shape_and_gradient_are_pytorchs(name):
    results = []
    for lib in (lg, torch):
        x = lib.arange(6.0).reshape(2, 3).requires_grad_()
        y = x * 2
        assert CALLS[name](lib, y) is y
        (y * y).sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for mine, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("size", [2, 3])
def test_what_a_pool_gives_may_be_changed(size):
    """Convolution, pool, ReLU in place: the order of many networks."""
    results = []
    for lib in (lg, torch):
        x = lib.arange(49.0).sin().reshape(1, 1, 7, 7).requires_grad_()
        y = lib.nn.functional.max_pool2d(x * 2, size, 2)
        lib.nn.ReLU(inplace=True)(y).sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for mine, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


@pytest.mark.parametrize("name", CALLS)
def test_a_leaf_that_needs_a_gradient_is_left_alone(name):
    x = lg.arange(6.0).reshape(2, 3).requires_grad_()
    with pytest.raises(errors.GraphError, match="leaf"):
        CALLS[name](lg, x)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_parts_are_views():
    x = lg.zeros(4, 2)
    first, second = x.split(2)
    second += 1
    x.unbind(1)[0].fill_(7)
    x.chunk(2, 1)[1][0] = 5
    x.diagonal()[0] = 3
    assert x.tolist() == [[3, 5], [7, 0], [7, 1], [7, 1]]
    assert first.tolist() == [[3, 5], [7, 0]]


def test_a_part_changed_in_place_is_seen_by_what_saved_the_whole():
    x = lg.ones(4, requires_grad=True)
    y = x * 1
    loss = (y * y).sum()
    with lg.no_grad():
        y.split(2)[1].add_(1)
    with pytest.raises(errors.GraphError, match="changed in place"):
        loss.backward()


def test_a_part_of_several_or_of_a_leaf_is_not_changed_in_the_graph():
    w = lg.tensor([1.0, 2.0], requires_grad=True)
    h = w * 2
    parts, part = h.split(1), w[:1]
    with pytest.raises(errors.GraphError, match="shares its memory") as caught:
        parts[0].add_(1)
    assert "y[i] = y[i] + 1" in caught.value.fix
    with pytest.raises(errors.GraphError, match="shares its memory"):
        part += 1
    plain = [*lg.zeros(2, 2)]
    with pytest.raises(errors.GraphError, match="bring a gradient"):
        plain[0] += w
    assert h.tolist() == [2, 4]
    assert w.tolist() == [1, 2]
    assert plain[0].tolist() == [0, 0]


def test_what_gelu_gave_may_be_changed():
    results = []
    for lib in (lg, torch):
        x = lib.arange(-3.0, 3.0).requires_grad_()
        y = lib.nn.functional.gelu(x)
        y.mul_(2.0)
        y.sum().backward()
        results.append(x.grad.numpy())
    np.testing.assert_allclose(*results, rtol=1e-5)


@pytest.mark.parametrize("needs", [False, True])
def test_the_gradient_of_what_a_narrower_dtype_took_in_is_as_wide_as_that(needs):
    found = []
    for lib in (lg, torch):
        a = lib.tensor([2.0, 3.0], requires_grad=needs)
        b = lib.tensor([5.0, 7.0], dtype=lib.float64, requires_grad=True)
        y = a * 1
        y *= b
        y.sum().backward()
        found.append((f"{y.dtype} {b.grad.dtype}".replace("torch.", ""), b.grad.tolist(),
                      needs and a.grad.tolist()))
    assert found[0] == found[1]
    assert found[0][0] == "float32 float64"


def counted(lib):
    x = lib.ones(3)
    yield x._version, x.add_(1)._version, x[1:]._version
    x[0] = 3
    part = x[1:].mul_(2)
    yield x._version, part._version, x.detach()._version, x.data._version
    x.data += 1
    yield x._version
    x.zero_().clamp_(0, 1).masked_fill_(x > 1, 0)
    yield x._version
    w = lib.ones(3, requires_grad=True)
    for _ in range(2):
        (w * w).sum().backward()
    for rule in lib.optim.SGD([w], lr=0.1), lib.optim.Adam([w]):
        rule.step()
        yield w._version
    with lib.no_grad():
        w -= w.grad
    yield w._version


def test_versions_count_as_pytorchs():
    assert [*counted(lg)] == [*counted(torch)]
