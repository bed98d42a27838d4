"""Rows of what slides a window over its input: convolutions and pooling."""

import itertools
import warnings

import numpy as np

from learngrad.ops.convolve import ConvWeight
from learngrad.ops.windows import Geometry
from tests.optable.form import Operation, T, Wrong, sample


def several(value, dims):
    return tuple(value) if isinstance(value, tuple) else (value,) * dims


def conv(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """By its definition, one output at a time."""
    dims = w.ndim - 2
    if x.ndim == dims + 1:
        return conv(x[None], w, b, stride, padding, dilation, groups)[0]
    stride, dilation = several(stride, dims), several(dilation, dims)
    kernel = w.shape[2:]
    if padding == "same":
        both = [d * (k - 1) for d, k in zip(dilation, kernel)]
        pads = [(p // 2, p - p // 2) for p in both]
    else:
        pads = [(p, p) for p in several(0 if padding == "valid" else padding, dims)]
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    size = [(s - d * (k - 1) - 1) // t + 1
            for s, d, k, t in zip(x.shape[2:], dilation, kernel, stride)]
    out = np.zeros((len(x), len(w), *size))
    per = len(w) // groups
    for place in itertools.product(*map(range, size)):
        key = tuple(slice(p * t, p * t + d * (k - 1) + 1, d)
                    for p, t, d, k in zip(place, stride, dilation, kernel))
        for o in range(len(w)):
            first = o // per * w.shape[1]
            seen = x[(slice(None), slice(first, first + w.shape[1]), *key)]
            out[(slice(None), o, *place)] = (seen * w[o]).sum(tuple(range(1, seen.ndim)))
    return out if b is None else out + b.reshape(-1, *[1] * dims)


def conv_transpose(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    dims = w.ndim - 2
    if x.ndim == dims + 1:
        return conv_transpose(x[None], w, b, stride, padding, output_padding, groups, dilation)[0]
    stride, dilation, padding, more = (
        several(v, dims) for v in (stride, dilation, padding, output_padding))
    full = [(s - 1) * t + d * (k - 1) + 1 + m for s, t, d, k, m in zip(
        x.shape[2:], stride, dilation, w.shape[2:], more)]
    per = len(w) // groups
    out = np.zeros((len(x), w.shape[1] * groups, *full))
    for place in itertools.product(*map(range, x.shape[2:])):
        key = tuple(slice(p * t, p * t + d * (k - 1) + 1, d)
                    for p, t, d, k in zip(place, stride, dilation, w.shape[2:]))
        for c in range(len(w)):
            first = c // per * w.shape[1]
            value = x[(slice(None), c, *place)].reshape(-1, 1, *[1] * dims)
            out[(slice(None), slice(first, first + w.shape[1]), *key)] += value * w[c]
    out = out[(..., *(slice(p, s - p) for p, s in zip(padding, full)))]
    return out if b is None else out + b.reshape(-1, *[1] * dims)


def row(name, numpy, samples, wrong=(), dtypes=""):
    def call(lib, *a, **k):
        return getattr(lib.nn.functional, name)(*a, **k)

    def torch(lib, *a, **k):
        with warnings.catch_warnings():  # PyTorch says when "same" costs it a copy
            warnings.filterwarnings("ignore", "Using padding='same'")
            return call(lib, *a, **k)

    return Operation(name, call, numpy, samples, dtypes=dtypes, wrong=wrong, torch=torch)


def bad(name, error, words, *shapes, **kwargs):
    """A call with tensors of these shapes and these keywords."""
    return Wrong(lambda lg, t: getattr(lg.nn.functional, name)(*(t(*s) for s in shapes), **kwargs),
                 error, words)


def kernel_gradient(lib, x, y):
    """The kernel's gradient by itself: it is seen in no forward pass."""
    if lib.__name__ == "torch":
        return lib.nn.grad.conv1d_weight(x, (3, 2, 2), y, stride=2, padding=1)
    return ConvWeight.apply(x, y, Geometry((5,), (2,), (2,), (1,), (1,), (3,)))


def kernel_gradient_by_numpy(x, y):
    x = np.pad(x, [(0, 0), (0, 0), (1, 1)])
    return np.stack([np.einsum("ncl,nol->oc", x[..., k:k + 5:2], y) for k in range(2)], -1)


# The first samples of the transposed have no bias: PyTorch takes one of another dtype there alone.
CONVOLUTIONS = [
    row("conv1d", conv, [
        sample(T((2, 2, 5)), T((3, 2, 3)), T((3,))), sample(T((2, 5)), T((3, 2, 2))),
        sample(T((2, 2, 6)), T((2, 2, 3)), T((2,)), 2, 1), sample(T((1, 4, 5)), T((4, 1, 2)),
                                                                  groups=4),
        sample(T((1, 2, 6)), T((2, 2, 2)), padding="same"),
        sample(T((1, 2, 6)), T((2, 2, 3)), padding="same", dilation=2),
        sample(T((1, 2, 6)), T((2, 2, 2)), padding="valid", dilation=3),
        sample(T((0, 2, 4)), T((3, 2, 3)), T((3,))),
        sample(T((2, 2, 5), layout="transposed"), T((3, 2, 2), layout="every other")),
        sample(T((1, 1, 2)), T((1, 1, 1)), padding=2, stride=3),
        sample(T((2, 2, 5)), T((3, 2, 3), needs=False)),
        sample(T((2, 2, 5), needs=False), T((3, 2, 3))),
    ], [bad("conv1d", "ShapeError", ["3 channels", "takes 2"], (1, 3, 5), (4, 2, 3)),
        bad("conv1d", "ShapeError", ["stride=0"], (1, 2, 5), (4, 2, 3), stride=0),
        bad("conv1d", "ShapeError", ["does not fit"], (1, 2, 2), (4, 2, 3)),
        bad("conv1d", "ShapeError", ["4 dimension"], (1, 1, 2, 2), (4, 2, 3)),
        bad("conv1d", "ShapeError", ["same"], (1, 2, 5), (4, 2, 3), stride=2, padding="same"),
        bad("conv1d", "ArgumentError", ["full"], (1, 2, 5), (4, 2, 3), padding="full"),
        bad("conv1d", "ArgumentTypeError", ["1.5"], (1, 2, 5), (4, 2, 3), dilation=1.5),
        bad("conv1d", "ShapeError", ["groups=3"], (1, 3, 5), (4, 1, 3), groups=3)], "fd"),
    row("conv2d", conv, [
        sample(T((2, 2, 4, 5)), T((3, 2, 3, 2)), T((3,))),
        sample(T((2, 4, 3)), T((1, 2, 3, 3)), T((1,)), padding=1),
        sample(T((1, 2, 5, 4)), T((2, 2, 3, 2)), None, (2, 1), (1, 0)),
        sample(T((1, 2, 5, 6)), T((2, 2, 2, 2)), dilation=(2, 3)),
        sample(T((1, 4, 3, 3)), T((2, 2, 2, 2)), T((2,)), groups=2),
        sample(T((1, 2, 3, 4)), T((2, 2, 3, 2)), padding="same"),
        sample(T((2, 3, 2, 2)), T((2, 3, 1, 1)), T((2,))),
        sample(T((0, 2, 4, 5)), T((3, 2, 3, 2))),
        sample(T((1, 2, 4, 4), layout="every other"), T((2, 2, 2, 2), layout="transposed")),
    ], [bad("conv2d", "ShapeError", ["28 channels", "x.permute(0, 3, 1, 2)"], (1, 28, 28, 1),
            (4, 1, 3, 3)),
        bad("conv2d", "ShapeError", ["batch"], (28, 28), (4, 1, 3, 3)),
        bad("conv2d", "ShapeError", ["3 numbers"], (1, 1, 8, 8), (4, 1, 3, 3), stride=(1, 1, 1)),
        bad("conv2d", "ShapeError", ["bias", "[4]"], (1, 1, 8, 8), (4, 1, 3, 3), (3,)),
        Wrong(lambda lg, t: lg.nn.functional.conv2d(
            t(1, 1, 8, 8), t(4, 1, 3, 3, dtype="float64")), "DtypeError", ["float64"])], "fd"),
    row("conv_transpose1d", conv_transpose, [
        sample(T((2, 3)), T((2, 1, 2))), sample(T((2, 2, 3)), T((2, 3, 3)), T((3,))),
        sample(T((1, 2, 3)), T((2, 2, 3)), T((2,)), 2, 1, 1),
        sample(T((1, 4, 3)), T((4, 2, 2)), groups=2, stride=3),
        sample(T((1, 2, 3)), T((2, 1, 2)), dilation=3, output_padding=2, stride=2),
        sample(T((0, 2, 3)), T((2, 1, 2))),
    ], [bad("conv_transpose1d", "ShapeError", ["output_padding=2"], (1, 2, 3), (2, 1, 2),
            output_padding=2, stride=2),
        bad("conv_transpose1d", "ShapeError", ["3 channels", "takes 2"], (1, 3, 3), (2, 1, 2)),
        bad("conv_transpose1d", "ShapeError", ["padding"], (1, 2, 1), (2, 1, 2), padding=3)],
        "fd"),
    row("conv_transpose2d", conv_transpose, [
        sample(T((1, 2, 2, 2)), T((2, 1, 2, 2)), dilation=(2, 1)),
        sample(T((1, 2, 3, 2)), T((2, 3, 2, 3)), T((3,))),
        sample(T((2, 2, 2)), T((2, 1, 3, 3)), T((1,)), (2, 1), 1, (1, 0)),
        sample(T((1, 4, 2, 2)), T((4, 1, 2, 2)), groups=4, stride=2),
    ], dtypes="fd"),
    Operation("the kernel of a convolution", kernel_gradient, kernel_gradient_by_numpy,
              [sample(T((2, 2, 5)), T((2, 3, 3)))], dtypes=""),
]
ROWS = [*CONVOLUTIONS]
