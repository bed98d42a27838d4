"""Rows of the activation functions."""

import math

import numpy as np

from tests.optable.form import Operation, T, Wrong, normal, one, sample


def wide(rng, shape):
    """On both sides of every bend, and far out on both."""
    return rng.uniform(-8, 8, shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def phi(x):
    return np.vectorize(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))), otypes=[float])(x)


def softplus(x):
    return np.logaddexp(0, x)


def slopes(x, w):
    return w if w.size == 1 else w.reshape([-1 if d == 1 else 1 for d in range(x.ndim)])


def row(name, numpy, samples=None, wrong=(), dtypes="fd", torch=None):
    return Operation(
        name, lambda lib, x, *a, **k: getattr(lib.nn.functional, name)(x, *a, **k), numpy,
        samples or one(wide), dtypes=dtypes, wrong=wrong, torch=torch)


FAR = sample(T((3,), lambda rng, shape: np.array([-1000.0, 0.5, 1000.0])))
ROWS = [
    row("relu6", lambda x: np.clip(x, 0, 6)),
    row("hardtanh", lambda x, a=-1.0, b=1.0: np.clip(x, a, b),
        [*one(wide), sample(T((3,), wide), -2.0, 5.0)],
        [Wrong(lambda lg, t: lg.nn.functional.hardtanh(t(2), 1.0, 0.0), "ArgumentError",
               ["bounds"])]),
    # PyTorch's own has 1/6 in float32 also for float64, and no second derivative.
    row("hardsigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1),
        torch=lambda lib, x: (x / 6 + 0.5).clamp(0, 1)),
    row("hardswish", lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    row("leaky_relu", lambda x, a=0.01: np.where(x > 0, x, a * x),
        [*one(wide), sample(T((3,)), 0.2)]),
    row("prelu", lambda x, w: np.where(x > 0, x, slopes(x, w) * x),
        [sample(T((2, 3)), T((1,))), sample(T((2, 3)), T((3,))), sample(T((2, 3, 2)), T((3,))),
         sample(T((4,)), T((1,)))],
        [Wrong(lambda lg, t: lg.nn.functional.prelu(t(2, 3), t(2)), "ShapeError", ["channel"])]),
    row("elu", lambda x, a=1.0: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0))),
        [*one(wide), sample(T((3,)), 0.5), FAR]),
    row("selu", lambda x: 1.0507009873554805 * np.where(
        x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))), [*one(wide), FAR]),
    row("celu", lambda x, a=1.0: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0) / a)),
        [*one(wide), sample(T((3,)), 2.0), FAR],
        [Wrong(lambda lg, t: lg.nn.functional.celu(t(2), 0.0), "ArgumentError", ["alpha"])]),
    row("gelu", lambda x, approximate="none": x * phi(x) if approximate == "none" else 0.5 * x * (
        1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        [*one(wide), *one(wide, approximate="tanh")],
        [Wrong(lambda lg, t: lg.nn.functional.gelu(t(2), "erf"), "ArgumentError", ["erf"])]),
    row("silu", lambda x: x * sigmoid(x)),
    row("mish", lambda x: x * np.tanh(softplus(x))),
    row("softplus", lambda x, beta=1.0, threshold=20.0: softplus(beta * x) / beta,
        [*one(wide), sample(T((3,)), 2.0), FAR],
        [Wrong(lambda lg, t: lg.nn.functional.softplus(t(2), 0.0), "ArgumentError", ["beta"])]),
    row("logsigmoid", lambda x: -softplus(-x), [*one(wide), FAR]),
    row("softsign", lambda x: x / (1 + abs(x))),
    row("tanhshrink", lambda x: x - np.tanh(x)),
    row("threshold", lambda x, t, v: np.where(x > t, x, v), one(wide, 1.0, 9.0)),
    row("hardshrink", lambda x, d=0.5: np.where(abs(x) > d, x, 0),
        [*one(wide), sample(T((3,)), 1.0)]),
    row("softshrink", lambda x, d=0.5: np.where(abs(x) > d, x - np.sign(x) * d, 0),
        [*one(wide), sample(T((3,)), 1.0)],
        [Wrong(lambda lg, t: lg.nn.functional.softshrink(t(2), -1.0), "ArgumentError",
               ["lambd"])]),
    row("glu", lambda x, dim=-1: (lambda a, b: a * sigmoid(b))(*np.split(x, 2, dim)),
        [sample(T((4,))), sample(T((2, 4))), sample(T((4, 3)), 0), sample(T((2, 6, 2)), 1),
         sample(T((0, 2)))],
        [Wrong(lambda lg, t: lg.nn.functional.glu(t(3)), "ShapeError", ["odd"])]),
    row("softmin", lambda x, dim: np.exp(-x) / np.exp(-x).sum(dim, keepdims=True),
        [sample(T((2, 3), normal), d) for d in (0, 1)]),
]
