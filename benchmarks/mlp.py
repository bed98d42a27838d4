"""A step of training a network of two linear layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.work import LIBRARIES, Case, Gradients, Run, by_hand, draw, trained

Sizes = tuple[int, int, int, int]  # batch, inputs, hidden, classes
TINY = (4, 5, 3, 2)


def data(sizes: Sizes) -> tuple[Any, Any]:
    """Float32 inputs and int64 classes."""
    stream = np.random.default_rng(1)
    batch, inputs, _, classes = sizes
    return (stream.standard_normal((batch, inputs), dtype=np.float32),
            stream.integers(0, classes, batch))


def weights(sizes: Sizes) -> list[Any]:
    """W1, b1, W2, b2 as PyTorch stores them: [out, in]."""
    _, inputs, hidden, classes = sizes
    return draw([(hidden, inputs), (hidden,), (classes, hidden), (classes,)])


def numpy_gradients(x: Any, y: Any) -> Gradients:
    """As one writes it in NumPy: in place where that is natural, weights [in, out]."""
    n, rows = len(x), np.arange(len(x))

    def gradients(weights: list[Any]) -> tuple[Any, list[Any]]:
        W1, b1, W2, b2 = weights
        h = x @ W1
        h += b1
        np.maximum(h, 0, out=h)
        z = h @ W2
        z += b2
        z -= z.max(axis=1, keepdims=True)
        right = z[rows, y]
        np.exp(z, out=z)
        total = z.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - right).mean()

        z /= total
        z[rows, y] -= 1
        z /= n
        gh = z @ W2.T
        gh *= h > 0
        return loss, [x.T @ gh, gh.sum(axis=0), h.T @ z, z.sum(axis=0)]

    return gradients


def by_numpy(x: Any, y: Any, weights: list[Any]) -> Run:
    # The order in memory that suits x @ W: [in, out].
    return by_hand([w.T.copy() for w in weights], numpy_gradients(x, y), transposed=True)


def by_mygrad(x: Any, y: Any, weights: list[Any]) -> Run:
    import mygrad
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    def gradients(weights: list[Any]) -> tuple[Any, list[Any]]:
        W1, b1, W2, b2 = tensors = [mygrad.tensor(w, copy=False) for w in weights]
        h = relu(mygrad.matmul(x, W1.T) + b1)
        loss = softmax_crossentropy(mygrad.matmul(h, W2.T) + b2, y)
        loss.backward()
        return loss.data, [t.grad for t in tensors]

    return by_hand([w.copy() for w in weights], gradients)


def by_hips(x: Any, y: Any, weights: list[Any]) -> Run:
    import autograd
    import autograd.numpy as anp

    rows = np.arange(len(x))

    def loss(weights: list[Any]) -> Any:
        W1, b1, W2, b2 = weights
        z = anp.maximum(anp.dot(x, W1.T) + b1, 0) @ W2.T + b2
        z = z - anp.max(z, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[rows, y])

    return by_hand([w.copy() for w in weights], autograd.value_and_grad(loss))


def by_a_library(library: str, sizes: Sizes) -> Run:
    x, y = data(sizes)
    _, inputs, hidden, classes = sizes

    def build(lib: Any, nn: Any) -> tuple[Any, Callable[[], Any]]:
        model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes))
        loss_fn = nn.CrossEntropyLoss()
        inputs_, targets = lib.tensor(x), lib.tensor(y)
        return model, lambda: loss_fn(model(inputs_), targets)

    return trained(library, build)


def case(name: str, about: str, sizes: Sizes) -> Case:
    def alone(peer: Callable[..., Run]) -> Callable[[bool], Run]:
        return lambda tiny: peer(*data(TINY if tiny else sizes), weights(TINY if tiny else sizes))

    def library(name: str) -> Callable[[bool], Run]:
        return lambda tiny: by_a_library(name, TINY if tiny else sizes)

    return Case(name, about, ("step",), "step", "numpy", (1, 2), {
        "numpy": alone(by_numpy), **{name: library(name) for name in LIBRARIES},
        "mygrad": alone(by_mygrad), "hips": alone(by_hips)})


CASES = [
    case("digits", "a step of SGD, batch 32, layers 64-32-10", (32, 64, 32, 10)),
    case("mnist", "a step of SGD, batch 128, layers 784-256-10", (128, 784, 256, 10)),
]
