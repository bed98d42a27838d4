"""Batch and instance normalisation: channels of the whole batch, or of one sample."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.autograd.order import changed
from learngrad.creation import ones, zeros
from learngrad.errors import ArgumentError
from learngrad.nn import init, starts
from learngrad.nn.normalization import Scaled
from learngrad.nn.notices import tell
from learngrad.ops import norms
from learngrad.ops.shape import squeeze, unsqueeze
from learngrad.tensor import Tensor, tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "InstanceNorm1d", "InstanceNorm2d"]


class Tracking(Scaled):
    """Base of batch and instance normalisation: running values for evaluation."""

    ndims: ClassVar[tuple[int, ...]]  # how many dimensions an input may have
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _newer_parts = ("num_batches_tracked",)
    shown = ("{num_features}, eps={eps}, momentum={momentum}, affine={affine}, bias={bias}, "
             "track_running_stats={track_running_stats}")

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True, device: Any = None,
                 dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__()
        self.num_features = starts.count(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum, self.affine = eps, momentum, affine
        self.track_running_stats = track_running_stats
        self._scale((num_features,), affine, affine and bias, device, dtype)
        for name, make in (
                ("running_mean", lambda: zeros(num_features, device=device, dtype=dtype)),
                ("running_var", lambda: ones(num_features, device=device, dtype=dtype)),
                ("num_batches_tracked", lambda: tensor(0, device=device))):
            self.register_buffer(name, make() if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget what was tracked."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1),
                              (self.num_batches_tracked, 0)):
            if buffer is not None:
                init.constant_(buffer, value)

    def reset_parameters(self) -> None:
        """Start again, and forget what was tracked."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check(self, input: Any) -> None:
        if input.ndim not in self.ndims:
            raise ArgumentError(
                f"nn.{type(self).__name__} takes inputs of {' or '.join(map(str, self.ndims))} "
                f"dimensions, and this one has {input.ndim}", tensors={"input": input},
                fix="use the layer for so many dimensions, or unsqueeze and flatten the input")


class BatchNorm(Tracking):
    """Base of the two that take means over the batch."""

    def forward(self, input: Any) -> Any:
        """Normalise by the batch in training, by the running values in evaluation."""
        self._check(input)
        mean, var, count = self.running_mean, self.running_var, self.num_batches_tracked
        momentum = self.momentum
        if self.training and not self.track_running_stats:
            mean = var = count = None
        if momentum is None:  # the plain mean of all batches so far
            momentum = 0.0 if count is None else 1 / (count.item() + 1)
        out = norms.batch_norm(input, mean, var, self.weight, self.bias,
                               self.training or mean is None, momentum, self.eps)
        if self.training and count is not None:
            count._data[...] += 1
            changed(count)
        return out


class BatchNorm1d(BatchNorm):
    r"""Mean 0 and variance 1 of each feature over the batch (Ioffe and Szegedy 2015).

    :math:`y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b`. In training, mean and variance are
    the batch's, and running values move towards them; in evaluation they are the running values.

    Parameters
    ----------
    num_features : int
        The size of dimension 1.
    eps : float, default 1e-5
        Added to the variance.
    momentum : float or None, default 0.1
        How far the running values move; None takes the mean of all batches so far.
    affine : bool, default True
        Whether there are a scale and a shift to learn.
    track_running_stats : bool, default True
        Whether there are running values; without them the batch's are used in evaluation too.
    device, dtype : optional
    bias : bool, default True
        Whether there is a shift beside the scale.

    Attributes
    ----------
    weight, bias : Parameter, shape [num_features], or None
        The scale, which starts at 1, and the shift, at 0.
    running_mean, running_var : Tensor, shape [num_features], or None
        Buffers; the variance is the unbiased one.
    num_batches_tracked : Tensor, int64, or None

    Shape
    -----
    [n, num_features] or [n, num_features, length], to the same

    Raises
    ------
    ArgumentError
        If the input has another number of dimensions, or training gets one value for a feature.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.BatchNorm1d(1)
    >>> layer(learngrad.tensor([[1.0], [3.0]])).round().tolist()
    [[-1.0], [1.0]]
    >>> layer.running_mean
    tensor([0.2000])
    """

    ndims = 2, 3


class BatchNorm2d(BatchNorm):
    r"""Mean 0 and variance 1 of each channel over the batch and all places.

    Formula, parameters and attributes as for `BatchNorm1d`; the features are the channels.

    Shape
    -----
    [n, num_features, height, width] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.BatchNorm2d(6)
    BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    ndims = (4,)


class InstanceNorm(Tracking):
    """Base of the two that take means over the places of one sample."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = False, track_running_stats: bool = False, device: Any = None,
                 dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias=bias)

    def forward(self, input: Any) -> Any:
        """Normalise each channel of each sample."""
        self._check(input)
        given = input.ndim == self.ndims[1]
        if input.shape[1 if given else 0] != self.num_features:
            self._other_channels(input, input.shape[1 if given else 0])
        out = norms.instance_norm(
            input if given else unsqueeze(input, 0), self.running_mean, self.running_var,
            self.weight, self.bias, self.training or not self.track_running_stats,
            self.momentum or 0.0, self.eps)
        return out if given else squeeze(out, 0)

    def _other_channels(self, input: Any, channels: int) -> None:
        """An error where the number of channels matters; else it is only worth a word."""
        said = (f"nn.{type(self).__name__} was made for {self.num_features} channels, and gets "
                f"{channels}")
        if self.affine or self.track_running_stats:
            raise ArgumentError(said, tensors={"input": input}, fix=f"num_features={channels}")
        tell(f"{said}; without affine=True it makes no difference.")


class InstanceNorm1d(InstanceNorm):
    r"""Mean 0 and variance 1 of each channel of each sample (Ulyanov et al. 2016).

    :math:`y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b`.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float, default 1e-5
    momentum : float or None, default 0.1
        How far running values move, where there are some.
    affine : bool, default False
        Whether there are a scale and a shift to learn.
    track_running_stats : bool, default False
        Whether there are running values, used in evaluation.
    device, dtype : optional
    bias : bool, default True

    Shape
    -----
    [n, num_features, length] or [num_features, length], to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.InstanceNorm1d(1)(learngrad.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]])
    """

    ndims = 2, 3


class InstanceNorm2d(InstanceNorm):
    r"""Mean 0 and variance 1 of each channel of each picture; what style transfer is made of.

    Formula and parameters as for `InstanceNorm1d`.

    Shape
    -----
    [n, num_features, height, width] or [num_features, height, width], to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.InstanceNorm2d(3)(learngrad.ones(2, 3, 4, 4)).abs().max()
    tensor(0.)
    """

    ndims = 3, 4
