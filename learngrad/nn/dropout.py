"""Dropout layers: in training a part is left out at random, so that no part is relied on alone."""

from __future__ import annotations

from typing import Any

from learngrad.errors import ArgumentError
from learngrad.nn.function_layer import FunctionLayer
from learngrad.ops import dropout as D

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Leaving(FunctionLayer):
    """Base: the probability, and that nothing happens outside training."""

    shown = "p={p}, inplace={inplace}"

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ArgumentError(f"nn.{type(self).__name__}: p={p} is no probability", fix="p=0.5")
        self._fix(p=p, inplace=inplace)

    def forward(self, input: Any) -> Any:
        """Leave out a part of `input` in training; give back `input` in evaluation."""
        return super().forward(input, training=self.training)


class Dropout(Leaving):
    r"""Elements set to 0 at random in training (Srivastava et al. 2014).

    :math:`y = \frac{m}{1 - p} x` with :math:`m` 0 at a chance of :math:`p`, else 1: the mean stays.

    Parameters
    ----------
    p : float, default 0.5
        The probability of each to be left out.
    inplace : bool, default False
        Whether the input itself is changed.

    Shape
    -----
    [*] to [*]

    Raises
    ------
    ArgumentError
        If `p` is not between 0 and 1.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.Dropout(0.5)
    >>> sorted(set(layer(learngrad.ones(1000)).tolist()))
    [0.0, 2.0]
    >>> layer.eval()(learngrad.ones(3))
    tensor([1., 1., 1.])
    """

    function = staticmethod(D.dropout)


class Dropout1d(Leaving):
    r"""Whole channels set to 0 at random in training (Tompson et al. 2015, arXiv:1411.4280).

    Formula and parameters as for `Dropout`, one :math:`m` for each channel of each sample.

    Shape
    -----
    [n, channels, length] or [channels, length], to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Dropout1d().eval()(learngrad.ones(1, 2))
    tensor([[1., 1.]])
    """

    function = staticmethod(D.dropout1d)


class Dropout2d(Leaving):
    r"""Whole channels of pictures set to 0 at random in training (Tompson et al. 2015).

    Formula and parameters as for `Dropout`, one :math:`m` for each channel of each sample.

    Shape
    -----
    [n, channels, height, width] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Dropout2d()(learngrad.ones(2, 3, 4, 4)).shape
    learngrad.Size([2, 3, 4, 4])
    """

    function = staticmethod(D.dropout2d)


class Dropout3d(Leaving):
    r"""Whole channels of volumes set to 0 at random in training.

    Formula and parameters as for `Dropout`, one :math:`m` for each channel of each sample.

    Shape
    -----
    [n, channels, depth, height, width] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Dropout3d()(learngrad.ones(2, 3, 4, 4, 4)).shape
    learngrad.Size([2, 3, 4, 4, 4])
    """

    function = staticmethod(D.dropout3d)


class AlphaDropout(Leaving):
    r"""Dropout that keeps mean 0 and variance 1, for `SELU` (Klambauer et al. 2017).

    What is left out gets SELU's value far below 0, :math:`-\lambda \alpha`; all is then scaled and
    shifted.

    Parameters
    ----------
    p : float, default 0.5
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AlphaDropout(0.1).eval()(learngrad.ones(2))
    tensor([1., 1.])
    """

    function = staticmethod(D.alpha_dropout)


class FeatureAlphaDropout(Leaving):
    r"""`AlphaDropout` of whole channels.

    Parameters
    ----------
    p : float, default 0.5
    inplace : bool, default False

    Shape
    -----
    [n, channels, *] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.FeatureAlphaDropout(0.1).eval()(learngrad.ones(1, 2))
    tensor([[1., 1.]])
    """

    function = staticmethod(D.feature_alpha_dropout)
