"""Windows that slide over an input: what convolution, pooling and unfold have in common.

Everything goes by places of the kernel, not by windows: one strided slice of the input holds what
one place meets in all windows, so a 3x3 kernel costs nine slices however large the input is.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any, NamedTuple

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentTypeError, ShapeError

__all__: list[str] = []  # no operations: what files of operations share


class Geometry(NamedTuple):
    """How windows lie on an input; every field but the last holds one number a dimension."""

    size: tuple[int, ...]  # of the input
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    before: tuple[int, ...]  # padding before the input; what is after it follows from `out`
    dilation: tuple[int, ...]
    out: tuple[int, ...]  # how many windows there are
    groups: int = 1

    @property
    def places(self) -> int:
        """How many places the kernel has."""
        return math.prod(self.kernel)

    @property
    def windows(self) -> int:
        """How many windows there are in all dimensions together."""
        return math.prod(self.out)


def sliding(name: str, input: Any, size: tuple[int, ...], kernel: Any, stride: Any, padding: Any,
            dilation: Any, *, after: tuple[int, ...] | None = None, ceil: bool = False,
            groups: int = 1) -> Geometry:
    """How windows lie on an input of `size`; refused where not one of them fits."""
    kernel = per_dim(kernel, len(size), "kernel_size", 1)
    stride = per_dim(stride, len(size), "stride", 1)
    dilation = per_dim(dilation, len(size), "dilation", 1)
    before = per_dim(padding, len(size), "padding", 0)
    after = before if after is None else after
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    padded = [s + b + a for s, b, a in zip(size, before, after)]
    out = []
    for p, r, t, a in zip(padded, reach, stride, after):
        steps, rest = divmod(p - r, t)
        # A last window that does not fit whole begins within the input, not in the padding.
        partial = ceil and rest and (steps + 1) * t < p - a
        out.append(steps + (2 if partial else 1))
    if min(out) < 1:
        raise ShapeError(f"{name}: windows of {list(kernel)} do not fit into an input of size "
                         f"{list(size)}: one reaches over {reach}, which does not fit into "
                         f"{padded}, padding counted", fix="take a smaller kernel, or pad more")
    return Geometry(size, kernel, stride, before, dilation, tuple(out), groups)


@functools.lru_cache(maxsize=256)
def met(g: Geometry) -> tuple[tuple[tuple[slice, ...], tuple[slice, ...]], ...]:
    """For each place of the kernel: the part of the input it meets, and in which windows.

    Windows that reach into the padding at a place are left out there.
    """
    dims = []
    for size, kernel, stride, before, dilation, out in zip(*g[:6]):
        places = []
        for k in range(kernel):
            first = k * dilation - before
            low = max(0, -(first // stride))
            high = max(low, min(out, (size - 1 - first) // stride + 1))
            start = first + low * stride
            stop = start + (high - low - 1) * stride + 1 if high > low else start
            places.append((slice(start, stop, stride), slice(low, high)))
        dims.append(places)
    return tuple((tuple(at for at, _ in place), tuple(of for _, of in place))
                 for place in itertools.product(*dims))


def columns(x: Any, g: Geometry, into: Any = None) -> Any:
    """What the windows see: `x` [n, c, *size] as [c, places, *out, n], with 0 for the padding.

    Samples come last: what is copied at a time is then long, also where windows are few. `into` may
    be what an earlier call gave, to be used again.
    """
    shape = x.shape[1], g.places, *g.out, len(x)
    if into is None or into.shape != shape:
        into = devices.array_module(x).zeros(shape, x.dtype)
    x = samples_last(x)
    for k, (at, of) in enumerate(met(g)):
        into[(slice(None), k, *of)] = x[(slice(None), *at)]
    return into


def spread(cols: Any, g: Geometry) -> Any:
    """What each window holds, [c, places, *out, n], added up where it saw it: [n, c, *size]."""
    out = devices.array_module(cols).zeros((cols.shape[0], *g.size, cols.shape[-1]), cols.dtype)
    for k, (at, of) in enumerate(met(g)):
        out[(slice(None), *at)] += cols[(slice(None), k, *of)]
    return np.moveaxis(out, -1, 0)


def samples_last(x: Any) -> Any:
    """`x` [n, ...] as [..., n], in the order of memory."""
    return devices.array_module(x).ascontiguousarray(np.moveaxis(x, 0, -1))


def per_dim(value: Any, dims: int, what: str, low: int) -> tuple[int, ...]:
    """A number for each dimension, from one for all of them or one for each."""
    several = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in several):
        raise ArgumentTypeError(f"{what} is made of integers, not {value!r:.60}", fix=f"{what}=1")
    if len(several) not in (1, dims):
        raise ShapeError(f"{what}={value} has {len(several)} numbers for {dims} dimension(s)",
                         fix=f"{what}={several[0] if several else 1}")
    if min(several) < low:
        raise ShapeError(f"{what}={value} is too small: the least is {low}", fix=f"{what}={low}")
    several = tuple(map(int, several))
    return several * dims if len(several) == 1 else several


def batched(input: Any, dims: int, name: str) -> bool:
    """Whether `input` has a batch dimension: [n, c, *size], where [c, *size] has none."""
    if not hasattr(input, "ndim"):
        raise ArgumentTypeError(f"{name} takes a tensor, not {input!r:.60}",
                                fix="learngrad.tensor(value)")
    if input.ndim not in (dims + 1, dims + 2):
        sizes = ", ".join(("length",) if dims == 1 else ("height", "width"))
        raise ShapeError(f"{name} takes an input [n, channels, {sizes}], or [channels, {sizes}] "
                         f"without a batch; this one has {input.ndim} dimension(s)",
                         fix="x.unsqueeze(1) adds a dimension for one channel")
    return input.ndim == dims + 2
