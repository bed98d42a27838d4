"""Rows of windows as columns, and of channels traded for places."""

import numpy as np

from tests.optable.form import T, sample
from tests.optable.sliding import bad, row


def unfold(x, k, d=1, p=0, t=1):
    if x.ndim == 3:
        return unfold(x[None], k, d, p, t)[0]
    x = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
    reach = d * (k - 1) + 1
    return np.stack([x[:, :, i:i + reach:d, j:j + reach:d].reshape(len(x), -1)
                     for i in range(0, x.shape[2] - reach + 1, t)
                     for j in range(0, x.shape[3] - reach + 1, t)], -1)


def fold(x, size, k, d=1, p=0, t=1):
    """The transpose of unfold, which is a matrix."""
    if x.ndim == 2:
        return fold(x[None], size, k, d, p, t)[0]
    c = x.shape[1] // (k * k)
    basis = np.eye(c * size[0] * size[1]).reshape(-1, c, *size)
    m = unfold(basis, k, d, p, t).reshape(len(basis), -1)
    return (x.reshape(len(x), -1) @ m.T).reshape(-1, c, *size)


def shuffle(x, r):
    *lead, c, h, w = x.shape
    x = x.reshape(*lead, c // r**2, r, r, h, w)
    x = np.moveaxis(x, (-4, -3), (-3, -1))
    return x.reshape(*lead, c // r**2, h * r, w * r)


def unshuffle(x, r):
    *lead, c, h, w = x.shape
    x = np.moveaxis(x.reshape(*lead, c, h // r, r, w // r, r), (-3, -1), (-4, -3))
    return x.reshape(*lead, c * r**2, h // r, w // r)


ROWS = [
    row("unfold", unfold, [sample(T((2, 2, 3, 4)), 2), sample(T((1, 4, 5)), 2, 2, 1, 2)],
        [bad("unfold", "ShapeError", ["do not fit"], (1, 1, 2, 2), kernel_size=3)]),
    row("fold", fold, [sample(T((2, 8, 6)), (3, 4), 2), sample(T((4, 6)), (4, 5), 2, 2, 1, 2)],
        [bad("fold", "ShapeError", ["[n, channels * 4, 1]"], (1, 4, 3), output_size=2,
             kernel_size=2)]),
    row("pixel_shuffle", shuffle, [sample(T((1, 8, 2, 3)), 2), sample(T((9, 1, 2)), 3)],
        [bad("pixel_shuffle", "ShapeError", ["2 * 2"], (1, 3, 2, 2), upscale_factor=2)]),
    row("pixel_unshuffle", unshuffle, [sample(T((1, 2, 4, 2)), 2), sample(T((1, 3, 6)), 3)],
        [bad("pixel_unshuffle", "ShapeError", ["2 divides"], (1, 3, 3, 2), downscale_factor=2)]),
]
