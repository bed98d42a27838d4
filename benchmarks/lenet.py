"""A step of training a convolutional network like LeNet-5 (LeCun et al. 1998) on small images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.work import LIBRARIES, Case, Gradients, Run, by_hand, draw, trained

BATCH, SIDE = 64, 28
CHANNELS, HIDDEN, CLASSES = (6, 16), (120, 84), 10
SHAPES = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84),
          (10,)]


def data(tiny: bool) -> tuple[Any, Any]:
    """Float32 images and int64 classes."""
    stream, batch = np.random.default_rng(5), 2 if tiny else BATCH
    return (stream.standard_normal((batch, 1, SIDE, SIDE), dtype=np.float32),
            stream.integers(0, CLASSES, batch))


def by_a_library(library: str, tiny: bool) -> Run:
    x, y = data(tiny)

    def build(lib: Any, nn: Any) -> tuple[Any, Callable[[], Any]]:
        model = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
        loss_fn = nn.CrossEntropyLoss()
        images, targets = lib.tensor(x), lib.tensor(y)
        return model, lambda: loss_fn(model(images), targets)

    return trained(library, build)


# ---- By hand -------------------------------------------------------------------------------------


def windows(x: Any, size: int) -> Any:
    """What 5x5 windows see, [n, c, h, w], as columns [n, c · 25, windows]."""
    seen = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    n, c, h, w = seen.shape[:4]
    return seen.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * size * size, h * w)


def conv(cols: Any, w: Any, b: Any, side: int) -> Any:
    out = w.reshape(len(w), -1) @ cols
    out += b[:, None]
    return out.reshape(len(cols), len(w), side, side)


def conv_weights(g: Any, cols: Any, w: Any) -> tuple[Any, Any]:
    """Gradients of the kernel and of the bias."""
    rows = g.reshape(*g.shape[:2], -1)
    return (rows @ cols.swapaxes(1, 2)).sum(axis=0).reshape(w.shape), rows.sum(axis=(0, 2))


def quarters(x: Any) -> list[Any]:
    """The four elements of each 2x2 window."""
    return [x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]


def pooled(x: Any) -> Any:
    """The greatest of each window, cut off at 0: the same as cutting off first."""
    a, b, c, d = quarters(x)
    out = np.maximum(a, b)
    np.maximum(out, c, out=out)
    np.maximum(out, d, out=out)
    return np.maximum(out, 0, out=out)


def unpooled(g: Any, out: Any, x: Any) -> Any:
    g = g * (out > 0)
    grad = np.empty_like(x)
    for into, seen in zip(quarters(grad), quarters(x)):
        np.multiply(g, seen == out, out=into)
    return grad


def numpy_gradients(x: Any, y: Any) -> Gradients:
    """As one writes it in NumPy."""
    n, rows = len(x), np.arange(len(x))
    # The images stay, and so do their columns.
    first = windows(np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))), 5)

    def gradients(weights: list[Any]) -> tuple[Any, list[Any]]:
        K1, k1, K2, k2, W1, b1, W2, b2, W3, b3 = weights
        c1 = conv(first, K1, k1, 28)
        p1 = pooled(c1)
        second = windows(p1, 5)
        c2 = conv(second, K2, k2, 10)
        p2 = pooled(c2)
        flat = p2.reshape(n, 400)
        h1 = flat @ W1.T
        h1 += b1
        np.maximum(h1, 0, out=h1)
        h2 = h1 @ W2.T
        h2 += b2
        np.maximum(h2, 0, out=h2)
        z = h2 @ W3.T
        z += b3
        z -= z.max(axis=1, keepdims=True)
        right = z[rows, y]
        np.exp(z, out=z)
        total = z.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - right).mean()

        z /= total
        z[rows, y] -= 1
        z /= n
        g2 = z @ W3
        g2 *= h2 > 0
        g1 = g2 @ W2
        g1 *= h1 > 0
        gc2 = unpooled((g1 @ W1).reshape(p2.shape), p2, c2)
        cols = (K2.reshape(16, -1).T @ gc2.reshape(n, 16, 100)).reshape(n, 6, 5, 5, 10, 10)
        gp1 = np.zeros_like(p1)
        for i in range(5):
            for j in range(5):
                gp1[:, :, i:i + 10, j:j + 10] += cols[:, :, i, j]
        gc1 = unpooled(gp1, p1, c1)
        return loss, [
            *conv_weights(gc1, first, K1), *conv_weights(gc2, second, K2),
            g1.T @ flat, g1.sum(axis=0), g2.T @ h1, g2.sum(axis=0), z.T @ h2, z.sum(axis=0)]

    return gradients


def by_numpy(tiny: bool) -> Run:
    return by_hand(draw(SHAPES), numpy_gradients(*data(tiny)))


def by_mygrad(tiny: bool) -> Run:
    import mygrad
    from mygrad.nnet.activations import relu
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    x, y = data(tiny)

    def gradients(weights: list[Any]) -> tuple[Any, list[Any]]:
        K1, k1, K2, k2, W1, b1, W2, b2, W3, b3 = tensors = [
            mygrad.tensor(w, copy=False) for w in weights]
        h = relu(conv_nd(x, K1, stride=1, padding=2) + k1.reshape(1, -1, 1, 1))
        h = conv_nd(max_pool(h, (2, 2), 2), K2, stride=1) + k2.reshape(1, -1, 1, 1)
        h = max_pool(relu(h), (2, 2), 2).reshape(len(x), 400)
        h = relu(mygrad.matmul(h, W1.T) + b1)
        h = relu(mygrad.matmul(h, W2.T) + b2)
        loss = softmax_crossentropy(mygrad.matmul(h, W3.T) + b3, y)
        loss.backward()
        return loss.data, [t.grad for t in tensors]

    return by_hand(draw(SHAPES), gradients)


def _library(name: str) -> Callable[[bool], Run]:
    return lambda tiny: by_a_library(name, tiny)


CASES = [Case("lenet", "a step of SGD, LeNet on images of 28x28, batch 64", ("step",), "step",
              "torch", (1, 2), {"numpy": by_numpy, **{name: _library(name) for name in LIBRARIES},
                                "mygrad": by_mygrad})]
