"""Rows of the normalisations."""

import numpy as np

from tests.optable.form import Operation, T, Wrong, positive, sample
from tests.optable.sliding import bad, row


def standard(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def affine(x, w, b, shape):
    x = x if w is None else x * w.reshape(shape)
    return x if b is None else x + b.reshape(shape)


def trailing(x, shape):
    return tuple(range(x.ndim - np.size(shape), x.ndim))


def channels(x):
    return (1, -1, *[1] * (x.ndim - 2))


def by_channel(axes):
    def call(x, mean=None, var=None, w=None, b=None, training=False, momentum=0.1, eps=1e-5):
        if training:
            return affine(standard(x, axes(x), eps), w, b, channels(x))
        mean, var = mean.reshape(channels(x)), var.reshape(channels(x))
        return affine((x - mean) / np.sqrt(var + eps), w, b, channels(x))

    return call


def running(lib, x, mean, var, name, *args):
    """The running values after a step."""
    getattr(lib.nn.functional, name)(x, mean, var, None, None, True, *args)
    return mean.clone(), var.clone()


def running_by_numpy(x, mean, var, name, momentum=0.1):
    axes = tuple(k for k in range(x.ndim) if k != 1) if name == "batch_norm" else (2,)
    means, variances = x.mean(axes), x.var(axes, ddof=1)
    if means.ndim > 1:
        means, variances = means.mean(0), variances.mean(0)
    return (1 - momentum) * mean + momentum * means, (1 - momentum) * var + momentum * variances


def still(*shape, values=None):
    return T(shape, *([values] if values else []), needs=False)


BATCH = by_channel(lambda x: tuple(k for k in range(x.ndim) if k != 1))
INSTANCE = by_channel(lambda x: tuple(range(2, x.ndim)))
EVAL = (still(2), still(2, values=positive))
ROWS = [
    row("layer_norm", lambda x, shape, w=None, b=None, eps=1e-5: affine(
        standard(x, trailing(x, shape), eps), w, b, shape),
        [sample(T((2, 3)), (3,), T((3,)), T((3,))), sample(T((2, 3)), (3,)),
         sample(T((2, 2, 3)), (2, 3), T((2, 3)), None, 0.1),
         sample(T((4,)), (4,), T((4,)), T((4,))),
         sample(T((0, 3)), (3,), T((3,))), sample(T((2, 3), layout="transposed"), (3,)),
         sample(still(2, 3), (3,), T((3,)), T((3,)))],
        [bad("layer_norm", "ShapeError", ["[4]"], (2, 3), normalized_shape=(4,)),
         Wrong(lambda lg, t: lg.nn.functional.layer_norm(t(2, 3), (3,), t(2)), "ShapeError",
               ["weight", "[3]"])]),
    row("rms_norm", lambda x, shape, w=None, eps=None: affine(
        x / np.sqrt((x * x).mean(trailing(x, shape), keepdims=True) + (eps or 2.2e-16)), w, None,
        shape),
        [sample(T((2, 3)), (3,), T((3,))), sample(T((2, 2, 3)), (2, 3), None, 0.1)],
        [bad("rms_norm", "ShapeError", ["[2]"], (2, 3), normalized_shape=(2,))]),
    row("group_norm", lambda x, groups, w=None, b=None, eps=1e-5: affine(
        standard(x.reshape(len(x), groups, -1), (2,), eps).reshape(x.shape), w, b, channels(x)),
        [sample(T((2, 4, 3)), 2, T((4,)), T((4,))), sample(T((2, 4)), 2), sample(
            T((1, 2, 2, 3)), 1, T((2,)))],
        [bad("group_norm", "ShapeError", ["num_groups=2"], (2, 3), num_groups=2),
         bad("group_norm", "ArgumentError", ["more than one"], (1, 2), num_groups=2)]),
    row("batch_norm", BATCH,
        [sample(T((4, 2)), None, None, T((2,)), T((2,)), training=True),
         sample(T((3, 2, 2)), None, None, training=True, eps=0.1),
         sample(T((2, 2, 2, 2)), None, None, T((2,)), training=True),
         sample(T((4, 2)), *EVAL, T((2,)), T((2,))), sample(T((2, 2, 3)), *EVAL)],
        [bad("batch_norm", "ArgumentError", ["more than one"], (1, 3), running_mean=None,
             running_var=None, training=True),
         bad("batch_norm", "ArgumentError", ["running_mean"], (2, 3), running_mean=None,
             running_var=None)]),
    row("instance_norm", lambda x, m=None, v=None, w=None, b=None, use_input_stats=True, **k:
        INSTANCE(x, m, v, w, b, use_input_stats, **k),
        [sample(T((2, 2, 3)), None, None, T((2,)), T((2,))), sample(T((1, 2, 2, 2))),
         sample(T((2, 2, 3)), *EVAL, T((2,)), T((2,)), False)],
        [bad("instance_norm", "ArgumentError", ["more than one"], (2, 3, 1))]),
    Operation("running statistics", running, running_by_numpy, [
        sample(still(4, 2), *EVAL, "batch_norm"), sample(still(3, 2, 2), *EVAL, "batch_norm", 0.5),
        sample(still(3, 2, 4), *EVAL, "instance_norm")], dtypes=""),
]
