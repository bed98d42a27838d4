"""Small data sets in the plane, made here: the same for the same seed and version of NumPy.

Points of all classes are mixed, so a slice is a sample: ``X[:150], X[150:]`` is a split.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad.errors import ArgumentError
from learngrad.ops.making import own
from learngrad.tensor import Tensor

__all__ = ["blobs", "circles", "moons", "sine", "spirals", "xor"]


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    r"""Two half circles that reach into each other: no straight line parts them.

    Class 0 is :math:`(\cos t, \sin t)` and class 1 is :math:`(1 - \cos t, \tfrac12 - \sin t)` for
    :math:`t` evenly from 0 to :math:`\pi`.

    Parameters
    ----------
    n : int, default 200
        Points, half of them in each class.
    noise : float, default 0.1
        Standard deviation of what is added to each coordinate.
    seed : int, default 0

    Returns
    -------
    X : Tensor, float32, shape [n, 2]
    y : Tensor, int64, shape [n]
        0 or 1.

    Raises
    ------
    ArgumentError
        If there are fewer points than classes, or `noise` is negative.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.moons(100)
    >>> X.shape, y.bincount().tolist()
    (learngrad.Size([100, 2]), [50, 50])
    """
    stream, counts = _begin(n, 2, noise, seed)
    t, u = (np.linspace(0, math.pi, count) for count in counts)
    outer = np.stack([np.cos(t), np.sin(t)], 1)
    inner = np.stack([1 - np.cos(u), 0.5 - np.sin(u)], 1)
    return _mixed([outer, inner], noise, stream)


def circles(n: int = 200, noise: float = 0.05, factor: float = 0.5,
            seed: int = 0) -> tuple[Tensor, Tensor]:
    """A circle of radius 1 (class 0) round one of radius `factor` (class 1).

    Parameters
    ----------
    n : int, default 200
    noise : float, default 0.05
    factor : float, default 0.5
        Between 0 and 1.
    seed : int, default 0

    Returns
    -------
    X : Tensor, float32, shape [n, 2]
    y : Tensor, int64, shape [n]
        0 or 1.

    Raises
    ------
    ArgumentError
        If there are fewer points than classes, `noise` is negative or `factor` not between 0 and 1.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.circles(noise=0.0)
    >>> X[y == 1].norm(dim=1).max()
    tensor(0.5000)
    """
    if not 0 < factor < 1:
        raise ArgumentError(f"the inner circle's radius is between 0 and 1, not {factor}",
                            fix="factor=0.5")
    stream, counts = _begin(n, 2, noise, seed)
    angles = [np.linspace(0, 2 * math.pi, count, endpoint=False) for count in counts]
    rings = [np.stack([np.cos(t), np.sin(t)], 1) for t in angles]
    return _mixed([rings[0], factor * rings[1]], noise, stream)


def spirals(n: int = 300, arms: int = 3, noise: float = 0.02, turns: float = 0.75,
            seed: int = 0) -> tuple[Tensor, Tensor]:
    """Arms that wind round the origin, a class each: a hard one for small networks.

    Parameters
    ----------
    n : int, default 300
    arms : int, default 3
        Classes.
    noise : float, default 0.02
    turns : float, default 0.75
        How often an arm goes round on its way out, from radius 0 to 1.
    seed : int, default 0

    Returns
    -------
    X : Tensor, float32, shape [n, 2]
    y : Tensor, int64, shape [n]
        0 to ``arms - 1``.

    Raises
    ------
    ArgumentError
        If there are fewer points than arms, or `noise` is negative.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.spirals(300, arms=3)
    >>> y.bincount().tolist()
    [100, 100, 100]
    """
    stream, counts = _begin(n, arms, noise, seed)
    parts = []
    for arm, count in enumerate(counts):
        r = np.linspace(0, 1, count)
        t = 2 * math.pi * (turns * r + arm / arms)
        parts.append(np.stack([r * np.cos(t), r * np.sin(t)], 1))
    return _mixed(parts, noise, stream)


def xor(n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Points round the corners of a square; opposite corners share a class.

    What a network without a hidden layer cannot learn: class 1 where exactly one coordinate of the
    corner is 1, the other being 0.

    Parameters
    ----------
    n : int, default 200
    noise : float, default 0.1
        0 gives the four corners themselves, again and again.
    seed : int, default 0

    Returns
    -------
    X : Tensor, float32, shape [n, 2]
    y : Tensor, int64, shape [n]
        0 or 1.

    Raises
    ------
    ArgumentError
        If there are fewer than 4 points, or `noise` is negative.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.xor(4, noise=0.0)
    >>> sorted(zip(X.tolist(), y.tolist()))
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    """
    stream, counts = _begin(n, 4, noise, seed)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    X, corner = _mixed([np.tile(corners[i], (count, 1)) for i, count in enumerate(counts)],
                       noise, stream)
    return X, own(corners.sum(axis=1)[corner.numpy()] % 2)


def blobs(n: int = 200, classes: int = 3, features: int = 2, spread: float = 1.0,
          seed: int = 0) -> tuple[Tensor, Tensor]:
    """Round clouds, a class each; their centres are drawn from a cube from -10 to 10.

    Parameters
    ----------
    n : int, default 200
    classes : int, default 3
    features : int, default 2
        Coordinates of a point.
    spread : float, default 1.0
        Standard deviation of each coordinate within a cloud.
    seed : int, default 0

    Returns
    -------
    X : Tensor, float32, shape [n, features]
    y : Tensor, int64, shape [n]
        0 to ``classes - 1``.

    Raises
    ------
    ArgumentError
        If there are fewer points than classes, or `spread` is negative.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.blobs(90, classes=3, features=5)
    >>> X.shape, y.max()
    (learngrad.Size([90, 5]), tensor(2))
    """
    stream, counts = _begin(n, classes, spread, seed)
    centres = stream.uniform(-10, 10, (classes, features))
    return _mixed([np.tile(centres[i], (count, 1)) for i, count in enumerate(counts)], spread,
                  stream)


def sine(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    r"""A curve to fit: :math:`y = \sin x` and noise, for :math:`x` from :math:`-\pi` to
    :math:`\pi`, drawn evenly.

    Parameters
    ----------
    n : int, default 100
    noise : float, default 0.1
    seed : int, default 0

    Returns
    -------
    X : Tensor, float32, shape [n, 1]
    y : Tensor, float32, shape [n, 1]

    Raises
    ------
    ArgumentError
        If there is no point, or `noise` is negative.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.sine(50, noise=0.0)
    >>> learngrad.allclose(y, X.sin())
    True
    """
    stream, _ = _begin(n, 1, noise, seed)
    x = stream.uniform(-math.pi, math.pi, (n, 1))
    y = np.sin(x) + noise * stream.standard_normal((n, 1))
    return own(x.astype(np.float32)), own(y.astype(np.float32))


def _begin(n: int, classes: int, noise: float, seed: int) -> tuple[Any, list[int]]:
    """The stream to draw from, and how many points each class gets: as evenly as can be."""
    if classes < 1 or n < classes:
        raise ArgumentError(f"{n} points are too few for {classes} groups", fix="n=200")
    if not noise >= 0:
        raise ArgumentError(f"noise is a standard deviation and not negative, unlike {noise}",
                            fix="noise=0.1")
    return np.random.default_rng(seed), [len(range(i, n, classes)) for i in range(classes)]


def _mixed(parts: list[Any], noise: float, stream: Any) -> tuple[Tensor, Tensor]:
    """Points of all classes with noise on them, in random order, and their classes."""
    X = np.concatenate(parts)
    y = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    X = X + noise * stream.standard_normal(X.shape)
    order = stream.permutation(len(X))
    return own(X[order].astype(np.float32)), own(y[order])
