"""What windows see as the columns of a matrix, and back; channels traded for places."""

from __future__ import annotations

import math

from learngrad.autograd.function import Function
from learngrad.errors import ShapeError
from learngrad.ops.shape import permute, reshape, squeeze, unsqueeze
from learngrad.ops.spelling import spelled
from learngrad.ops.windows import batched, columns, per_dim, sliding, spread

__all__ = ["channel_shuffle", "fold", "pixel_shuffle", "pixel_unshuffle", "unfold"]


class Unfold(Function):
    """What each window sees, as the columns of a matrix."""

    formula, sign = r"\operatorname{unfold}(x)", "unfold"
    local = {"x": "g added up where the windows saw it"}

    def forward(self, x, g):
        self.g, (n, channels) = g, x.shape[:2]
        cols = columns(x.reshape(1, n * channels, *g.size), g)  # samples stand for channels
        return cols.reshape(n, channels * g.places, g.windows)

    def backward(self, g):
        return Fold.apply(g, self.g)


class Fold(Function):
    """Columns added up where their windows lie: unfold backwards."""

    formula, sign, local = r"\operatorname{fold}(x)", "fold", {"x": "g, unfolded"}

    def forward(self, x, g):
        self.g, n, channels = g, len(x), x.shape[1] // g.places
        out = spread(x.reshape(n * channels, g.places, *g.out, 1), g)
        return out.reshape(n, channels, *g.size)

    def backward(self, g):
        return Unfold.apply(g, self.g)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """What each window sees, as columns: [n, c, h, w] gives [n, c * places, windows].

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.unfold(learngrad.ones(1, 2, 4, 4), 3).shape
    learngrad.Size([1, 18, 4])
    """
    given = batched(input, 2, "unfold")
    g = sliding("unfold", input, tuple(input.shape[-2:]), kernel_size, stride, padding, dilation)
    out = Unfold.apply(input if given else unsqueeze(input, 0), g)
    return out if given else squeeze(out, 0)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns added up where their windows lie: [n, c * places, windows] gives [n, c, h, w].

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.fold(learngrad.ones(1, 4, 1), 2, 2).shape
    learngrad.Size([1, 1, 2, 2])
    """
    size = per_dim(output_size, 2, "output_size", 1)
    g = sliding("fold", input, size, kernel_size, stride, padding, dilation)
    if input.ndim not in (2, 3) or input.shape[-2] % g.places or input.shape[-1] != g.windows:
        raise ShapeError(f"fold takes columns [n, channels * {g.places}, {g.windows}]",
                         fix="check output_size and kernel_size")
    given = input.ndim == 3
    out = Fold.apply(input if given else unsqueeze(input, 0), g)
    return out if given else squeeze(out, 0)


@spelled()
def pixel_shuffle(input, upscale_factor):
    """Channels become places: [*, c * r * r, h, w] gives [*, c, h * r, w * r].

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.pixel_shuffle(learngrad.ones(1, 8, 2, 3), 2).shape
    learngrad.Size([1, 2, 4, 6])
    """
    r = upscale_factor
    if input.ndim < 3 or r < 1 or input.shape[-3] % (r * r):
        raise ShapeError(f"pixel_shuffle takes [*, channels, h, w] with channels that {r} * {r} "
                         "divides", fix="upscale_factor=2")
    *lead, c, h, w = input.shape
    x = permute(reshape(input, (math.prod(lead), c // (r * r), r, r, h, w)), (0, 1, 4, 2, 5, 3))
    return reshape(x, (*lead, c // (r * r), h * r, w * r))


@spelled()
def pixel_unshuffle(input, downscale_factor):
    """Places become channels: [*, c, h * r, w * r] gives [*, c * r * r, h, w].

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.pixel_unshuffle(learngrad.ones(1, 2, 4, 6), 2).shape
    learngrad.Size([1, 8, 2, 3])
    """
    r = downscale_factor
    if input.ndim < 3 or r < 1 or input.shape[-2] % r or input.shape[-1] % r:
        raise ShapeError(f"pixel_unshuffle takes [*, c, h, w] with sizes that {r} divides",
                         fix="downscale_factor=2")
    *lead, c, h, w = input.shape
    x = permute(reshape(input, (math.prod(lead), c, h // r, r, w // r, r)), (0, 1, 3, 5, 2, 4))
    return reshape(x, (*lead, c * r * r, h // r, w // r))


@spelled()
def channel_shuffle(input, groups):
    """Channels dealt out: of [n, c, *], those of one group go to all of `groups` (which divide c).

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.arange(4.0).reshape(1, 4, 1)
    >>> learngrad.nn.functional.channel_shuffle(x, 2).ravel()
    tensor([0., 2., 1., 3.])
    """
    if input.ndim < 3 or groups < 1 or input.shape[1] % groups:
        raise ShapeError("channel_shuffle takes [n, channels, *] of three dimensions or more, with "
                         f"channels that groups={groups} divides", fix="groups=2")
    n, c, *places = input.shape
    x = permute(reshape(input, (n, groups, c // groups, math.prod(places))), (0, 2, 1, 3))
    return reshape(x, (n, c, *places))
