"""Fewer points that look the same: of each bucket its first, lowest, highest and last."""

from __future__ import annotations

import numpy as np

__all__ = ["thin"]


def thin(y: np.ndarray, most: int) -> np.ndarray:
    """Which points of a long series to keep, in order.

    Parameters
    ----------
    y : ndarray, shape (n,)
    most : int
        How many at most, 5 or more; what is no number is kept too, once a bucket.

    Returns
    -------
    ndarray of int, shape (m,)
        Indices, rising, the first and the last among them; all of them if there are no more than
        `most`.

    Examples
    --------
    >>> y = np.zeros(10_000)
    >>> y[4321] = 5
    >>> kept = thin(y, 100)
    >>> len(kept) <= 100, 4321 in kept
    (True, True)
    """
    if len(y) <= most:
        return np.arange(len(y))
    size = -(-len(y) // max(1, most // 5))
    buckets = -(-len(y) // size)
    padded = np.concatenate([y, np.full(buckets * size - len(y), y[-1])]).reshape(buckets, size)
    good = np.isfinite(padded)
    starts = np.arange(buckets) * size
    within = [np.zeros(buckets, int), np.where(good, padded, np.inf).argmin(1),
              np.where(good, padded, -np.inf).argmax(1), good.argmin(1),
              np.full(buckets, size - 1)]
    kept = np.unique(np.concatenate([starts + one for one in within]))
    return np.unique(np.minimum(kept, len(y) - 1))
