"""Handwritten digits: 1,797 real images of 8x8 pixels, in the package, nothing to download.

The test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998),
UCI Machine Learning Repository, data set 80, https://doi.org/10.24432/C50P49, licensed under
CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). Thirteen people wrote the digits; scans of
32x32 dots were reduced by counting the dots in each 4x4 block, which gives whole numbers from 0 to
16. Images and labels are unchanged and in the original order; only the file format is ours.
"""

from __future__ import annotations

import hashlib
import io

import numpy as np

from learngrad.errors import ArgumentError, LearngradError
from learngrad.tensor import Tensor, tensor

__all__ = ["digits"]

FILE = "digits.npz"
SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"
INK = 16  # the darkest pixel: all 16 dots of its block
EVERY = 5  # one image in five is for testing


def digits(split: str | None = None, *, flat: bool = True) -> tuple[Tensor, Tensor]:
    """Images of handwritten digits and what they show.

    Parameters
    ----------
    split : {None, "train", "test"}
        None (the default) gives all 1,797 images in their original order. "train" gives 1,442 of
        them and "test" the other 355: every fifth image of each digit, so that both parts hold all
        ten digits about equally often. The parts never change and never overlap.
    flat : bool
        True (the default) gives an image as a row of 64 numbers; False as 8 rows of 8, ready
        to be drawn.

    Returns
    -------
    X : Tensor, float32, shape [n, 64] or [n, 8, 8]
        How dark each pixel is, from 0 (paper) to 1 (ink).
    y : Tensor, int64, shape [n]
        The digit that each image shows, 0 to 9.

    Raises
    ------
    learngrad.errors.ArgumentError
        If `split` is none of the three.
    learngrad.errors.LearngradError
        If the file in the package is damaged.

    Notes
    -----
    "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak (1998), UCI Machine
    Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0; its test part.

    Examples
    --------
    >>> import learngrad
    >>> X, y = learngrad.data.digits("train")
    >>> X.shape, y.shape
    (learngrad.Size([1442, 64]), learngrad.Size([1442]))
    """
    if split not in (None, "train", "test"):
        raise ArgumentError(f"the digits have no part {split!r}",
                            fix='use "train", "test", or None for all images')
    images, labels = _read()
    if split is not None:
        chosen = _is_test(labels) == (split == "test")
        images, labels = images[chosen], labels[chosen]
    X = images.astype(np.float32) / np.float32(INK)
    return tensor(X.reshape(len(X), -1) if flat else X), tensor(labels.astype(np.int64))


def _read() -> tuple[np.ndarray, np.ndarray]:
    """Images, uint8 [1797, 8, 8], and labels, uint8 [1797], from a file that is whole."""
    from importlib import resources  # here, as worker processes need not wait for it
    content = resources.files("learngrad.data").joinpath(FILE).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise LearngradError(f"learngrad/data/{FILE} is damaged: it is not the file that shipped",
                             fix="uninstall learngrad-lab, then install it again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


def _is_test(labels: np.ndarray) -> np.ndarray:
    """True for every fifth image of each digit: a fixed split without a random number."""
    test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        test[np.flatnonzero(labels == digit)[EVERY - 1 :: EVERY]] = True
    return test
