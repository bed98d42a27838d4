"""Normalisation by neighbouring channels, as the first deep networks for pictures had it."""

from __future__ import annotations

from learngrad.errors import ArgumentError
from learngrad.ops.resample import pad
from learngrad.ops.spelling import spelled

__all__ = ["local_response_norm"]


@spelled()
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    r"""Each element over a power of its neighbours: :math:`x (k + \alpha m)^{-\beta}`.

    :math:`m` is the mean of the neighbours' squares: of `size` channels round its own, at the same
    place; those beyond the first and the last count as 0 (Krizhevsky et al. 2012).

    PyTorch: `torch.nn.functional.local_response_norm` keeps integers where there are none.

    Parameters
    ----------
    input : Tensor, shape [n, channels, *], of three dimensions or more
    size : int
        How many channels, its own among them.
    alpha, beta, k : float, default 1e-4, 0.75 and 1.0

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.local_response_norm(learngrad.ones(1, 1, 2), 1, alpha=3, beta=0.5)
    tensor([[[0.5000, 0.5000]]])
    """
    if input.ndim < 3 or not isinstance(size, int) or size < 1:
        raise ArgumentError("local_response_norm takes an input [n, channels, *] of 3 dimensions "
                            f"or more, and a size above 0, not {size!r:.60}", fix="size=5")
    channels, before = input.shape[1], size // 2
    squares = pad(input * input, [0, 0] * (input.ndim - 2) + [before, size - 1 - before])
    total = squares[:, :channels]
    for first in range(1, size):
        total = total + squares[:, first:first + channels]
    return input / (total * (alpha / size) + k) ** beta
