"""Large arrays take quicker ways than the table's small ones: the results are the same."""

import math

import numpy as np
import pytest

import learngrad as lg
import learngrad.nn.functional as F
from learngrad.ops import convolve, quick


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def value_and_gradients(function, upstream, *arrays):
    tensors = [lg.tensor(a, requires_grad=True) for a in arrays]
    out = function(*tensors)
    out.backward(lg.tensor(upstream))
    return [out.detach().numpy(), *(t.grad.numpy() for t in tensors)]


BENDS = {"gelu": F.gelu, "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu}


@pytest.mark.parametrize("name", BENDS)
@pytest.mark.parametrize("transposed", [False, True])
def test_pieces_make_the_whole(name, transposed):
    """Of a matrix whose elements do not fill whole pieces, also otherwise laid out."""
    rows, width = 3 * quick.PIECE // 128 + 1, 129
    x, g = normal(rows, width), normal(rows, width, seed=1)
    if transposed:
        x, g = (np.asfortranarray(a) for a in (x, g))
    out, grad = value_and_gradients(BENDS[name], g, x)
    for at in (0, quick.PIECE // width, rows - 1):  # rows that are each a small array
        row, row_grad = value_and_gradients(BENDS[name], g[at].copy(), x[at].copy())
        np.testing.assert_allclose(out[at], row, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(grad[at], row_grad, rtol=1e-6, atol=1e-6)


def test_erf_in_float32_is_off_by_4_units_at_most():
    x = np.linspace(-6, 6, 40001, dtype=np.float32)
    right = np.array([math.erf(v) for v in x.tolist()])
    found = lg.erf(lg.tensor(x)).numpy()
    assert (np.abs(found - right) / np.spacing(np.abs(right).astype(np.float32))).max() <= 4.1
    far = lg.tensor([1e3, -1e3, 1e30, -math.inf, math.inf, math.nan])
    np.testing.assert_array_equal(lg.erf(far).numpy(), [1, -1, 1, -1, 1, math.nan])
    np.testing.assert_array_equal(F.gelu(far).numpy()[[0, 2, 4, 5]],
                                  np.float32([1e3, 1e30, math.inf, math.nan]))


@pytest.mark.parametrize("scale", [1.0, 15.9, 16.1, 1e4])
def test_softmax_is_right_on_both_sides_of_where_it_needs_the_maximum(scale):
    x = normal(50, 30)
    x *= scale / np.abs(x).max()
    e = np.exp(x.astype(np.float64) - x.max(1, keepdims=True))
    right = e / e.sum(1, keepdims=True)
    np.testing.assert_allclose(F.softmax(lg.tensor(x), 1).numpy(), right, rtol=3e-6, atol=1e-30)


@pytest.mark.parametrize(("at_once", "wide"), [(1, 1), (1 << 20, 100), (1 << 20, 1 << 20)])
@pytest.mark.parametrize("options", [
    {"padding": 1}, {"stride": 2}, {"stride": (1, 2), "padding": 2, "dilation": 2}, {"groups": 2},
    {"groups": 4}], ids=str)
def test_convolutions_of_parts_make_that_of_the_batch(options, at_once, wide, monkeypatch):
    """Whatever the parts are; the last one may be smaller."""
    groups = options.get("groups", 1)
    x, w, b = normal(7, 4, 9, 8), normal(4, 4 // groups, 3, 3, seed=1), normal(4, seed=2)

    def conv(x, w, b):
        return F.conv2d(x, w, b, **options)

    g = normal(*conv(*map(lg.tensor, (x, w, b))).shape, seed=3)
    alone = [value_and_gradients(conv, g[k:k + 1], x[k:k + 1], w, b) for k in range(len(x))]
    out, grad_x = (np.concatenate([one[k] for one in alone]) for k in (0, 1))
    grad_w, grad_b = (sum(one[k] for one in alone) for k in (2, 3))
    monkeypatch.setattr(convolve, "AT_ONCE", at_once)
    monkeypatch.setattr(convolve, "WIDE", wide)
    for found, right in zip(value_and_gradients(conv, g, x, w, b),
                            (out, grad_x, grad_w, grad_b), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("windows", [(2, 2, 0), (3, 1, 1), (3, 2, 1)],
                         ids=["side by side", "shared", "padded"])
def test_pooling_hands_the_gradient_to_the_first_greatest(windows):
    """Of equal ones; nan counts as the greatest. Each window's gradient arrives once."""
    x = np.zeros((1, 1, 6, 6), np.float32)
    x[0, 0, 2, 3] = np.nan
    x[0, 0, 4, 4] = -np.inf
    value, at = F.max_pool2d(lg.tensor(x), *windows, return_indices=True)
    g = normal(*value.shape, seed=1)
    out, grad = value_and_gradients(lambda t: F.max_pool2d(t, *windows), g, x)
    right = np.zeros(36, np.float32)
    np.add.at(right, at.numpy().ravel(), g.ravel())
    np.testing.assert_allclose(grad.ravel(), right, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(out, value.numpy())
    seen = np.isnan(out).ravel()
    assert seen.any()
    assert (at.numpy().ravel()[seen] == 15).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("axes", [(), (0,), (2,), (0, 2), (1, 2), (0, 1, 2)])
def test_totals_are_sums(axes, dtype):
    a, b = (normal(3, 4, 5, seed=k).astype(dtype) for k in (0, 1))
    for found, product in ((quick.total(axes, a), a), (quick.total(axes, a, b), a * b)):
        right = product.astype(np.float64).sum(axes, keepdims=True) if axes else product
        np.testing.assert_allclose(found, right, rtol=1e-2 if dtype == "float16" else 1e-5,
                                   atol=1e-2 if dtype == "float16" else 1e-5)
        assert found.dtype == dtype


def test_an_embedding_sums_rows_that_are_used_often():
    letters = np.random.default_rng(2).integers(0, 5, (10, 7)) % 4  # the last row is never used
    g = normal(10, 7, 3)
    g[0, 0] = np.inf
    _, grad = value_and_gradients(lambda w: F.embedding(lg.tensor(letters), w), g, normal(5, 3))
    right = np.zeros((5, 3), np.float32)
    np.add.at(right, letters, g)
    np.testing.assert_allclose(grad, right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("upstream", [1.0, math.nan])
def test_gelu_where_it_cannot_divide_by_its_input(upstream):
    x = np.float32([0, -0.0, 1e-45, -1e-30, 1e-20, -40, 1, 40])
    x = np.concatenate([x, normal(4)])
    _, grad = value_and_gradients(F.gelu, np.full_like(x, upstream), x)
    right = [0.5 + 0.5 * math.erf(v / 2**0.5) + v * math.exp(-v * v / 2) / (2 * math.pi)**0.5
             for v in x.tolist()]
    np.testing.assert_allclose(grad, np.multiply(right, upstream), rtol=2e-6, atol=1e-6)
