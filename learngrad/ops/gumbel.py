"""Draws of one of several classes that let a gradient through."""

from __future__ import annotations

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentError
from learngrad.ops.draws import stream, wrapped
from learngrad.ops.losses import softmax
from learngrad.ops.public import floating
from learngrad.ops.scatter import scatter

__all__ = ["gumbel_softmax"]


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A class drawn with the probabilities ``softmax(logits)``, as a softmax of noisy logits.

    Jang et al. 2017 and Maddison et al. 2017: the logits with Gumbel noise are greatest at a class
    as often as its probability says; their softmax is nearly one-hot where `tau` is small.

    Parameters
    ----------
    logits : Tensor
        Floating; logarithms of probabilities, or of anything in proportion to them.
    tau : float, default 1
        The temperature: above 0.
    hard : bool, default False
        Give the one-hot draw itself, with the gradient of the soft one.
    eps : float
        Taken for PyTorch's sake; nothing is done with it, there as here.
    dim : int, default -1
        The dimension of the classes.

    Returns
    -------
    Tensor
        In the shape and dtype of `logits`; adds up to 1 along `dim`.

    Examples
    --------
    >>> import learngrad
    >>> _ = learngrad.manual_seed(0)
    >>> learngrad.nn.functional.gumbel_softmax(learngrad.zeros(2, 3), hard=True).sum(dim=-1)
    tensor([1., 1.])
    """
    floating(logits, "gumbel_softmax", "logits")
    if not tau > 0:
        raise ArgumentError(f"gumbel_softmax: tau={tau} is no temperature, which is above 0",
                            fix="tau=1")
    draws = devices.as_array(stream(None, logits.device).random(tuple(logits.shape)))
    noise = -np.log(np.maximum(-np.log1p(-draws), np.finfo(np.float64).tiny))
    soft = softmax((logits + wrapped(noise.astype(logits.dtype))) / tau, dim)
    if not hard:
        return soft
    drawn = scatter(logits._blank(), dim, soft.argmax(dim, keepdim=True), 1.0)
    return drawn - soft.detach() + soft
