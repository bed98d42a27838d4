"""Other sizes and longer borders: every result is a weighted sum of a few elements a dimension."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.ops.public import floating
from learngrad.ops.spelling import spelled

__all__ = ["interpolate", "pad"]


class Taps(NamedTuple):
    """Along `dim`, of `size`: result k is the sum over t of weights[t, k] · x[index[t, k]]."""

    dim: int
    size: int
    index: Any
    weights: Any  # None where the one tap is taken as it is


class Blend(Function):
    """Each result is a weighted sum of a few elements along each of some dimensions."""

    formula, sign = r"\sum_t w_t \, x_{i(t)}", "resample"
    local = {"x": "g, shared among them by the same weights"}

    def forward(self, x, taps, back):
        self.taps, self.back = taps, back
        for dim, size, index, weights in taps:
            if back:
                share = np.zeros((size, index.shape[1]))
                np.add.at(share, (index, np.arange(index.shape[1])[None]),
                          1.0 if weights is None else weights)
                share = devices.constant(share.astype(x.dtype), x).swapaxes(0, 1)
                x = np.moveaxis(np.matmul(np.moveaxis(x, dim, -1), share), -1, dim)
                continue
            shape = (-1, *(1,) * (x.ndim - 1 - dim))
            seen = [x.take(devices.constant(at, x), axis=dim) for at in index]
            if weights is not None:
                seen = [part * devices.constant(w.astype(x.dtype), x).reshape(shape)
                        for part, w in zip(seen, weights)]
            x = sum(seen[1:], seen[0])
        return x

    def backward(self, g):
        return Blend.apply(g, self.taps, not self.back)


class Pad(Function):
    """A border of one value round a tensor; the gradient comes from within the border."""

    formula, sign, local = r"\operatorname{pad}(x)", "pad", {"x": "g without the border"}

    def forward(self, x, widths, value):
        # A negative width takes away.
        self.inner = tuple(slice(max(b, 0), max(b, 0) + s + min(b, 0) + min(a, 0))
                           for s, (b, a) in zip(x.shape, widths))
        self.kept = tuple(slice(max(-b, 0), s - max(-a, 0)) for s, (b, a) in zip(x.shape, widths))
        self.before = x.shape
        out = devices.array_module(x).full(
            tuple(s + b + a for s, (b, a) in zip(x.shape, widths)), devices.fitting(value, x.dtype),
            x.dtype)
        out[self.inner] = x[self.kept]
        return out

    def backward(self, g):
        g = g[self.inner]
        widths = tuple((k.start, s - k.stop) for s, k in zip(self.before, self.kept))
        return Pad.apply(g, widths, 0) if any(map(any, widths)) else g


def _mirrored(at: Any, size: int) -> Any:
    return (size - 1) - np.abs((size - 1) - np.abs(at))


BORDERS = {  # the element that stands at a place beyond the ends, and how far that goes
    "reflect": (_mirrored, lambda size: size - 1),
    "replicate": (lambda at, size: at.clip(0, size - 1), lambda size: math.inf),
    "circular": (lambda at, size: at % size, lambda size: size),
}


def pad(input, pad, mode="constant", value=None):
    """A border round a tensor.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        The widths before and after, for the last dimension first: ``(left, right)``,
        ``(left, right, top, bottom)`` … A negative width takes elements away.
    mode : {"constant", "reflect", "replicate", "circular"}, default "constant"
        What the border holds: `value`; the elements mirrored at the edge; the edge's; or those of
        the other side.
    value : number, default 0

    Raises
    ------
    ShapeError
        If the border is too wide for a mirror, or there are more widths than dimensions.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[1.0, 2.0, 3.0]])
    >>> learngrad.nn.functional.pad(x, (1, 2))
    tensor([[0., 1., 2., 3., 0., 0.]])
    >>> learngrad.nn.functional.pad(x, (1, 2), mode="reflect")
    tensor([[2., 1., 2., 3., 2., 1.]])
    """
    if not isinstance(pad, (tuple, list)) or not all(isinstance(p, int) for p in pad):
        raise ArgumentTypeError(f"the widths of a border are integers, not {pad!r:.60}",
                                fix="pad(x, (1, 1))")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ShapeError(f"pad={tuple(pad)}: two widths belong to each dimension, the last one "
                         f"first, and there are {input.ndim} dimension(s)",
                         fix="pad(x, (left, right, top, bottom))")
    widths = [(0, 0)] * (input.ndim - len(pad) // 2)
    widths += [(int(pad[k]), int(pad[k + 1])) for k in range(len(pad) - 2, -1, -2)]
    if any(s + b + a < 0 or b < -s or a < -s for s, (b, a) in zip(input.shape, widths)):
        raise ShapeError(f"pad={tuple(pad)} takes away more than there is",
                         fix="choose smaller negative widths")
    if mode == "constant":
        return Pad.apply(input, tuple(widths), 0 if value is None else value)
    if mode not in BORDERS:
        raise ArgumentError(f"mode={mode!r} is not one of constant, {', '.join(BORDERS)}",
                            fix='mode="constant"')
    if value:
        raise ArgumentError(f"mode={mode!r} takes its border from the tensor, not from a value",
                            fix='mode="constant", value=…')
    stands, most = BORDERS[mode]
    taps = []
    for dim, (size, (before, after)) in enumerate(zip(input.shape, widths)):
        # A circle is closed after the cut, a mirror stands at the old edge, as in PyTorch.
        cut = max(-before, 0) if mode == "circular" else 0
        kept = size - cut - max(-after, 0) if mode == "circular" else size
        wide = max(before, after)
        if wide > 0 and (wide > most(size) or kept <= 0):
            raise ShapeError(f"pad={tuple(pad)}: a {mode} border is at most {most(size)} wide here",
                             fix='mode="replicate" has no such limit')
        if before or after:
            index = cut + stands(np.arange(-before - cut, size + after - cut), kept)
            taps.append(Taps(dim, size, index[None], None))
    return Blend.apply(input, tuple(taps), False)


# ---- Interpolation: which elements a result is made of, and with which weights


def _nearest(out: int, size: int, scale: float, shift: float) -> tuple[Any, Any]:
    # In float32, as in PyTorch: which one is nearest is decided by the last bit.
    at = np.floor((np.arange(out, dtype=np.float32) + np.float32(shift)) * np.float32(scale))
    return at.astype(np.int64).clip(0, size - 1)[None], None


def _source(out: int, size: int, scale: float, corners: bool) -> Any:
    """Where each result lies in the input; with `corners`, the outer centres fall together."""
    if corners:
        return np.arange(out) * ((size - 1) / (out - 1) if out > 1 else 0.0)
    return (np.arange(out) + 0.5) * scale - 0.5


def _linear(out: int, size: int, scale: float, corners: bool) -> tuple[Any, Any]:
    at = _source(out, size, scale, corners).clip(0, size - 1)
    left = np.floor(at).astype(np.int64)
    part = at - left
    return np.stack([left, (left + 1).clip(0, size - 1)]), np.stack([1 - part, part])


def _cubic(out: int, size: int, scale: float, corners: bool) -> tuple[Any, Any]:
    """Cubic convolution (Keys 1981) with a = -3/4, as in PyTorch."""
    at, a = _source(out, size, scale, corners), -0.75
    left = np.floor(at).astype(np.int64)
    index = np.stack([left + k for k in (-1, 0, 1, 2)])
    far = np.abs(at - index)
    near = ((a + 2) * far - (a + 3)) * far * far + 1
    beyond = ((far - 5) * far + 8) * far * a - 4 * a
    return index.clip(0, size - 1), np.where(far <= 1, near, beyond)


LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}  # and for how many dimensions they are


@spelled()
def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None,
                recompute_scale_factor=None, antialias=False):
    """A signal or picture in another size.

    Parameters
    ----------
    input : Tensor, shape [n, channels, *size]
        Floating.
    size : int or tuple of int, optional
        The new size. Either this or `scale_factor` is given.
    scale_factor : float or tuple of float, optional
        How many times larger it gets.
    mode : str, default "nearest"
        "nearest", "nearest-exact", "linear" (one dimension), "bilinear" (two), "trilinear" (three),
        "bicubic" (two), or "area" (means).
    align_corners : bool, default False
        Whether the centres of the corner elements fall together; not for the nearest and the means.
    recompute_scale_factor : bool, default False
        Whether the factor is worked out again from the sizes, which are whole numbers.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[[0.0, 4.0]]])
    >>> learngrad.nn.functional.interpolate(x, scale_factor=2)
    tensor([[[0., 0., 4., 4.]]])
    >>> learngrad.nn.functional.interpolate(x, size=4, mode="linear")
    tensor([[[0., 1., 3., 4.]]])
    """
    dims = input.ndim - 2
    if dims < 1 or 0 in input.shape[1:]:
        raise ShapeError("interpolate takes an input [n, channels, *size], none of them empty",
                         fix="x.unsqueeze(0) adds a batch dimension")
    floating(input, "interpolate")
    if antialias:
        raise ArgumentError("interpolate has no antialias", fix='mode="area" takes means')
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate takes either a size or a scale_factor",
                            fix="scale_factor=2")
    before = tuple(input.shape[2:])
    out, scales = _sizes(before, size, scale_factor, recompute_scale_factor)
    if size is not None and recompute_scale_factor:
        raise ArgumentError("recompute_scale_factor is for a scale_factor, and a size is given",
                            fix="no recompute_scale_factor")
    if align_corners is not None and (mode == "area" or mode.startswith("nearest")):
        raise ArgumentError("align_corners belongs to linear and cubic interpolation",
                            fix='mode="bilinear", or no align_corners')
    if mode == "area":
        from learngrad.ops.pool import means
        return means(input, out)
    wanted = LINEAR.get(mode, 2 if mode == "bicubic" else dims)
    if mode not in ("nearest", "nearest-exact", "bicubic", *LINEAR) or wanted != dims:
        raise ArgumentError(f"mode={mode!r} is not there for an input of {input.ndim} dimensions",
                            fix='mode="nearest"')
    if mode.startswith("nearest"):
        found = [_nearest(o, s, c, 0.5 if mode == "nearest-exact" else 0.0)
                 for o, s, c in zip(out, before, scales)]
    else:
        found = [(_cubic if mode == "bicubic" else _linear)(o, s, c, bool(align_corners))
                 for o, s, c in zip(out, before, scales)]
    return Blend.apply(input, tuple(
        Taps(k + 2, s, *taps) for k, (s, taps) in enumerate(zip(before, found))), False)


def _sizes(before: tuple[int, ...], size: Any, factor: Any,
           again: Any) -> tuple[tuple[int, ...], list[float]]:
    """The new size, and how far apart results lie in the input, by dimension."""
    name, given = ("size", size) if factor is None else ("scale_factor", factor)
    several = tuple(given) if isinstance(given, (tuple, list)) else (given,) * len(before)
    if len(several) != len(before):
        raise ShapeError(f"{name}={given} has {len(several)} numbers for {len(before)} "
                         "dimension(s)", fix=f"{name}={several[:len(before)]}")
    out = tuple(int(v) for v in several) if factor is None else tuple(
        math.floor(s * f) for s, f in zip(before, several))
    if min(out) < 1:
        raise ShapeError(f"{name}={given} would leave nothing of size {list(before)}",
                         fix="scale_factor=2")
    if factor is None or again:
        return out, [s / o for s, o in zip(before, out)]
    return out, [1 / f for f in several]
