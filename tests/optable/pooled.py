"""Rows of pooling, borders and other sizes."""

import itertools
import math

import numpy as np

from learngrad.ops.pool import AvgSpread
from learngrad.ops.windows import Geometry
from tests.optable.form import Operation, T, Wrong, distinct, sample
from tests.optable.sliding import bad, row, several


def out_size(s, k, t, p, d, ceil):
    room = s + 2 * p - d * (k - 1) - 1
    o = (-(-room // t) if ceil else room // t) + 1
    return o - 1 if ceil and (o - 1) * t >= s + p else o


def pooled(x, dims, k, t, p, d, ceil, each):
    """``each(values, indices, counts with padding)`` of every window, in its place."""
    k, p, d = several(k, dims), several(p, dims), several(d, dims)
    t = k if t is None else several(t, dims)
    size = x.shape[x.ndim - dims:]
    flat = np.arange(np.prod(size)).reshape(size)
    outs = [out_size(*args, ceil) for args in zip(size, k, t, p, d)]
    found = []
    for place in itertools.product(*map(range, outs)):
        whole, inside = 1, []
        for o, s, kk, tt, pp, dd in zip(place, size, k, t, p, d):
            at = [o * tt - pp + j * dd for j in range(kk)]
            inside.append([a for a in at if 0 <= a < s])
            whole *= min(o * tt - pp + kk, s + pp) - (o * tt - pp)
        grid = np.ix_(*inside)
        seen = x[(..., *grid)].reshape(*x.shape[:x.ndim - dims], math.prod(map(len, inside)))
        found.append(each(seen, flat[grid].ravel(), whole))
    return [np.stack(part, -1).reshape(*x.shape[:x.ndim - dims], *outs) for part in zip(*found)]


def max_pool(dims):
    def call(x, k, t=None, p=0, d=1, ceil_mode=False, return_indices=False):
        values, at = pooled(x, dims, k, t, p, d, ceil_mode, lambda seen, flat, n: (
            seen.max(-1), flat[seen.argmax(-1)]))
        return (values, at) if return_indices else values

    return call


def avg_pool(dims):
    def call(x, k, t=None, p=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        return pooled(x, dims, k, t, p, 1, ceil_mode, lambda seen, flat, n: (seen.sum(-1) / (
            divisor_override or (n if count_include_pad else len(flat))),))[0]

    return call


def adaptive(dims, each):
    def call(x, out, return_indices=False):
        size = x.shape[-dims:]
        out = [s if o is None else o for s, o in zip(size, several(out, dims))]
        flat = np.arange(np.prod(size)).reshape(size)
        found = []
        for place in itertools.product(*map(range, out)):
            cut = tuple(slice(i * s // o, -(-(i + 1) * s // o))
                        for i, s, o in zip(place, size, out))
            seen = x[(..., *cut)].reshape(*x.shape[:-dims], -1)
            found.append((each(seen), flat[cut].ravel()[seen.argmax(-1)]))
        values, at = (np.stack(part, -1).reshape(*x.shape[:-dims], *out) for part in zip(*found))
        return (values, at) if return_indices else values

    return call


def means_back(lib, x, weight):
    """Averages backwards by themselves: they are seen in no forward pass."""
    if lib.__name__ == "torch":
        return lib.nn.functional.conv_transpose1d(x, lib.full((1, 1, 2), 0.5, dtype=x.dtype),
                                                  stride=2)
    return AvgSpread.apply(x, Geometry((6,), (2,), (2,), (0,), (1,), (3,)), np.array(weight))


def padded(x, pad, mode="constant", value=None):
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [
        (pad[k], pad[k + 1]) for k in range(len(pad) - 2, -1, -2)]
    x = x[tuple(slice(max(-b, 0), s - max(-a, 0)) for s, (b, a) in zip(x.shape, widths))]
    widths = [(max(b, 0), max(a, 0)) for b, a in widths]
    more = {"constant_values": value or 0} if mode == "constant" else {}
    name = {"replicate": "edge", "circular": "wrap"}.get(mode, mode)
    return np.pad(x, widths, name, **more)


def resized(x, size=None, scale_factor=None, mode="nearest", align_corners=None, **_):
    """One dimension after the other, each as a matrix."""
    dims = x.ndim - 2
    for k in range(dims):
        s = x.shape[2 + k]
        o = several(size, dims)[k] if size else int(s * several(scale_factor, dims)[k])
        step = s / o if size else 1 / several(scale_factor, dims)[k]
        m = np.zeros((o, s))
        for i in range(o):
            at = i * (s - 1) / max(o - 1, 1) if align_corners else (i + 0.5) * step - 0.5
            if mode.startswith("nearest"):
                m[i, min(int(i * step if mode == "nearest" else (i + 0.5) * step), s - 1)] = 1
            elif mode == "area":
                low, high = i * s // o, -(-(i + 1) * s // o)
                m[i, low:high] = 1 / (high - low)
            elif mode == "bicubic":
                for j in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
                    d, a = abs(at - j), -0.75
                    m[i, np.clip(j, 0, s - 1)] += (
                        (a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1
                        else a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a)
            else:
                at = np.clip(at, 0, s - 1)
                for j in (int(at), min(int(at) + 1, s - 1)):
                    m[i, j] = max(m[i, j], 1 - abs(at - j))
        x = np.moveaxis(np.moveaxis(x, 2 + k, -1) @ m.T, -1, 2 + k)
    return x


ROWS = [
    row("max_pool1d", max_pool(1), [
        sample(T((2, 2, 6), distinct), 2), sample(T((2, 7), distinct), 3, 2, 1),
        sample(T((1, 2, 7), distinct), 2, 2, 0, 2, True),
        sample(T((1, 2, 7), distinct), 3, return_indices=True)],
        [bad("max_pool1d", "ShapeError", ["half"], (1, 1, 6), kernel_size=2, padding=2)]),
    row("max_pool2d", max_pool(2), [
        sample(T((1, 2, 4, 6), distinct), 2), sample(T((2, 5, 4), distinct), (3, 2), 1, (1, 0)),
        sample(T((1, 1, 5, 5), distinct), 2, ceil_mode=True),
        sample(T((1, 2, 5, 5), distinct), 3, 2, 1, return_indices=True),
        sample(T((1, 1, 6, 5), distinct), 2, 1, 0, (2, 3)),
        sample(T((2, 2, 4, 4), distinct, "every other"), 2), sample(T((0, 2, 4, 4)), 2),
        sample(T((1, 1, 4, 4), lambda rng, s: np.full(s, -np.inf)), 2, smooth=False)],
        [bad("max_pool2d", "ShapeError", ["do not fit"], (1, 1, 2, 2), kernel_size=3),
         bad("max_pool2d", "ShapeError", ["kernel_size=0"], (1, 1, 2, 2), kernel_size=0),
         bad("max_pool2d", "ShapeError", ["2 dimension"], (4, 4), kernel_size=2)], "fd"),
    row("avg_pool1d", avg_pool(1), [
        sample(T((2, 2, 6)), 2), sample(T((2, 7)), 3, 2, 1), sample(T((1, 2, 7)), 2, 2, 0, True),
        sample(T((1, 2, 7)), 3, 2, 1, True, False)],
        [Wrong(lambda lg, t: lg.nn.functional.avg_pool1d(t(1, 1, 4, dtype="int64"), 2),
               "DtypeError", ["int64"])]),
    row("avg_pool2d", avg_pool(2), [
        sample(T((1, 2, 4, 6)), 2), sample(T((2, 5, 4)), (3, 2), 1, (1, 0)),
        sample(T((1, 1, 5, 5)), 3, 2, 1, ceil_mode=True),
        sample(T((1, 1, 5, 4)), 3, 2, 1, True, False),
        sample(T((1, 1, 4, 4)), 2, divisor_override=3), sample(T((0, 2, 4, 4)), 2)],
        [bad("avg_pool2d", "ArgumentError", ["divisor_override=0"], (1, 1, 2, 2), kernel_size=1,
             divisor_override=0)], "fd"),
    Operation("averages backwards", means_back, lambda x, w: np.repeat(x, 2, -1) * w,
              [sample(T((2, 1, 3)), 0.5)], dtypes=""),
    *[row(f"adaptive_avg_pool{d}d", adaptive(d, lambda seen: seen.mean(-1)), samples, wrong)
      for d, samples, wrong in (
        (1, [sample(T((2, 2, 6)), 3), sample(T((2, 7)), 3), sample(T((1, 2, 3)), 5)],
         [bad("adaptive_avg_pool1d", "ShapeError", ["2 numbers"], (1, 1, 4), output_size=(1, 2))]),
        (2, [sample(T((1, 2, 4, 6)), (2, 3)), sample(T((2, 5, 4)), 3), sample(T((1, 2, 3, 4)), 1),
             sample(T((1, 1, 5, 4)), (None, 3))],
         [bad("adaptive_avg_pool2d", "ShapeError", ["batch"], (4, 4), output_size=1)]))],
    *[row(f"adaptive_max_pool{d}d", adaptive(d, lambda seen: seen.max(-1)), samples)
      for d, samples in (
        (1, [sample(T((2, 2, 6), distinct), 3), sample(T((2, 7), distinct), 3),
             sample(T((1, 2, 7), distinct), 3, return_indices=True)]),
        (2, [sample(T((1, 2, 4, 6), distinct), (2, 3)), sample(T((2, 5, 4), distinct), 3),
             sample(T((1, 1, 5, 4), distinct), (None, 3), return_indices=True)]))],
    row("pad", padded, [
        sample(T((2, 3)), (1, 2)), sample(T((2, 3)), (1, 0, 0, 2), "constant", 1.5),
        sample(T((2, 3, 4)), (-1, 2, 1, -1)), sample(T((3,)), (0, 0)),
        *[sample(T((1, 2, 4)), (2, 1), mode) for mode in ("reflect", "replicate", "circular")],
        *[sample(T((1, 1, 3, 4)), (2, 1, 0, 2), mode)
          for mode in ("reflect", "replicate", "circular")],
        sample(T((1, 2, 3, 4), layout="transposed"), (1, 1, 1, 1), "reflect")],
        [bad("pad", "ShapeError", ["1 dimension"], (3,), pad=(1, 1, 1, 1)),
         bad("pad", "ShapeError", ["at most 2"], (1, 1, 3), pad=(3, 0), mode="reflect"),
         bad("pad", "ArgumentError", ["symmetric"], (1, 1, 3), pad=(1, 0), mode="symmetric"),
         bad("pad", "ArgumentTypeError", ["integers"], (1, 1, 3), pad=1)]),
    row("interpolate", resized, [
        sample(T((1, 2, 3)), 5), sample(T((1, 2, 3)), scale_factor=2.5),
        sample(T((1, 2, 3, 4)), (2, 7)), sample(T((1, 2, 4)), 3, mode="nearest-exact"),
        *[sample(T((1, 1, 4)), s, mode="linear", align_corners=a)
          for s in (7, 2, 1) for a in (False, True)],
        *[sample(T((1, 2, 3, 4)), (5, 3), mode=mode, align_corners=a)
          for mode in ("bilinear", "bicubic") for a in (False, True)],
        sample(T((1, 1, 3, 3)), scale_factor=(2, 1.5), mode="bilinear"),
        sample(T((1, 1, 3, 5)), (2, 2), mode="area"),
        sample(T((1, 1, 2, 2, 2)), 3, mode="trilinear")],
        [bad("interpolate", "ArgumentError", ["either"], (1, 1, 3)),
         bad("interpolate", "ArgumentError", ["bilinear"], (1, 1, 3), size=2, mode="bilinear"),
         bad("interpolate", "ArgumentError", ["align_corners"], (1, 1, 3), size=2,
             align_corners=True),
         bad("interpolate", "ArgumentError", ["align_corners"], (1, 1, 3), size=2, mode="area",
             align_corners=False),
         bad("interpolate", "ArgumentError", ["a size is given"], (1, 1, 3), size=2,
             recompute_scale_factor=True),
         bad("interpolate", "ShapeError", ["nothing"], (1, 1, 3), scale_factor=0.1)]),
]
