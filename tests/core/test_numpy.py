"""NumPy's functions of tensors that pick, count and multiply: NumPy's meaning, our gradients."""

import numpy as np
import pytest

import learngrad as lg

X = np.arange(12.0).reshape(3, 4) - 5
I = np.array([[2, 0], [-1, 2]])
CALLS = {
    "take": lambda x: np.take(x, I),
    "take along the first": lambda x: np.take(x, I, axis=0),
    "take along the last": lambda x: np.take(x, [1, -1], axis=-1),
    "take one": lambda x: np.take(x, 2, 1),
    "take by a tuple": lambda x: np.take(x, (0, 2)),
    "dot": lambda x: np.dot(x, x.T),
    "dot of vectors": lambda x: np.dot(x[0], x[1]),
    "dot with an array": lambda x: np.dot(X[:, 0], x),
    "dot of three dimensions": lambda x: np.dot(x, x.reshape(3, 4, 1)),
    "dot with a number": lambda x: np.dot(2.0, x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "outer": lambda x: np.outer(x, x[0]),
    "tensordot": lambda x: np.tensordot(x, x, axes=([0, 1], [0, 1])),
    "kron": lambda x: np.kron(x[:2, :2], x),
}
FLAT = {
    "unique": lambda x: np.unique(x // 3),
    "unique with counts": lambda x: np.unique(x // 3, return_inverse=True, return_counts=True),
    "unique rows": lambda x: np.unique(x // 6, axis=0),
    "argwhere": lambda x: np.argwhere(x > 0),
    "searchsorted": lambda x: np.searchsorted(x[0], x[0] + 0.5, side="right"),
    "shape": np.shape, "ndim": np.ndim, "size": np.size,
    "size of one": lambda x: np.size(x, 1),
}


def equal(found, wanted):
    if isinstance(wanted, tuple):
        assert len(found) == len(wanted)
        for f, w in zip(found, wanted):
            equal(f, w)
    else:
        found = found.detach().numpy() if isinstance(found, lg.Tensor) else found
        assert np.shape(found) == np.shape(wanted)
        np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients(name):
    x = lg.tensor(X, requires_grad=True)
    found, wanted = CALLS[name](x), CALLS[name](X)
    equal(found, wanted)
    weights = np.random.default_rng(0).standard_normal(np.shape(wanted))
    (found * lg.tensor(weights)).sum().backward()
    step = 1e-5
    for at in np.ndindex(X.shape):
        here = X.copy()
        here[at] += step
        ahead = (wanted_at(name, here, X) * weights).sum()
        here[at] -= 2 * step
        behind = (wanted_at(name, here, X) * weights).sum()
        assert x.grad[at].item() == pytest.approx((ahead - behind) / (2 * step), abs=1e-6)


def wanted_at(name, x, constant):
    return np.dot(constant[:, 0], x) if name == "dot with an array" else CALLS[name](x)


@pytest.mark.parametrize("name", FLAT)
def test_what_has_no_gradient(name):
    equal(FLAT[name](lg.tensor(X)), FLAT[name](X))


def test_bincount():
    x = np.array([0, 2, 2])
    equal(np.bincount(lg.tensor(x), minlength=5), np.bincount(x, minlength=5))
