"""Random numbers: streams, distributions, and a tensor's methods that draw.

Draws have no gradient, and no formula: none of them is an operation of the graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd import function
from learngrad.devices import Generator
from learngrad.errors import ArgumentRangeError, DtypeError, ShapeError
from learngrad.ops.public import floating, number
from learngrad.ops.spelling import spelled

__all__: list[str] = []  # no operations: `learngrad.random` offers the functions


def stream(generator: Generator | None, device: Any) -> Any:
    """The numbers to draw from: those of `generator`, or of the device's own."""
    place = devices.place(device)
    if place.type == "cuda":
        devices.at_home(place.index)
    if generator is None:
        return devices.default_generator(place).stream
    if generator.device.type != place.type:
        raise DtypeError(f"a generator on {generator.device} cannot draw on {place}",
                         fix=f'learngrad.Generator("{place.type}")')
    return generator.stream


def uniform(source: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Draws from [0, 1); in a coarse dtype too, none is rounded up to 1."""
    draws = devices.as_array(source.random(shape))
    if dtype.itemsize < 8:
        below = np.nextafter(dtype.type(1), dtype.type(0)).item()
        draws = np.minimum(draws, below).astype(dtype)
    return draws


def wrapped(array: Any) -> Any:
    """A tensor round an array that is nobody else's."""
    return function.Tensor._from_array(devices.as_array(array), None)


@spelled()
def bernoulli(input, p=None, *, generator=None):
    """Ones and zeros; a one comes with the probability that `input` gives at its place, or `p`.

    PyTorch: `torch.bernoulli` draws other numbers, and records a gradient, of zeros.

    Parameters
    ----------
    input : Tensor
        Probabilities, or only the shape and dtype, where `p` is given.
    p : float, optional
    generator : Generator, optional

    Raises
    ------
    ArgumentRangeError
        If a probability is not between 0 and 1 (on a GPU only `p` is looked at).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.bernoulli(learngrad.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    chances = input._data if p is None else p
    if isinstance(chances, np.ndarray) and not devices.is_floating(chances.dtype):
        raise DtypeError(f"probabilities are fractions, and {chances.dtype} holds none",
                         fix="x.float()")
    known = isinstance(chances, (int, float, np.ndarray))
    if known and not np.all((np.asarray(chances) >= 0) & (np.asarray(chances) <= 1)):
        raise ArgumentRangeError("a probability lies between 0 and 1",
                                 fix="learngrad.sigmoid(x) makes probabilities of any numbers")
    draws = devices.as_array(stream(generator, input.device).random(tuple(input.shape)))
    return wrapped((draws < chances).astype(input.dtype))


@spelled()
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Indices drawn with probabilities in proportion to the weights in each row; int64.

    PyTorch: `torch.multinomial` draws other numbers.

    Parameters
    ----------
    input : Tensor
        Weights, 0 or more: shape ``[n]``, or ``[rows, n]``. They need not add up to 1.
    num_samples : int
        How many to draw from each row.
    replacement : bool, default False
        Whether an index may be drawn again.
    generator : Generator, optional

    Returns
    -------
    Tensor
        Shape ``[num_samples]`` or ``[rows, num_samples]``.

    Raises
    ------
    ShapeError
        If `input` has another shape, or more are asked for than there are without replacement.
    ArgumentRangeError
        If a weight is negative or not finite, or a row has too few positive ones (not on a GPU).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.multinomial(learngrad.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    if input.ndim not in (1, 2) or not input.shape[-1]:
        raise ShapeError("multinomial takes a vector of weights, or a row of them for each draw",
                         fix="x.reshape(-1, n)")
    floating(input, "multinomial")
    n = input.shape[-1]
    if num_samples < 1 or (num_samples > n and not replacement):
        raise ShapeError(f"{num_samples} of {n} cannot be drawn without drawing one again",
                         fix="replacement=True")
    weights = input._data.astype(np.float64)
    if isinstance(weights, np.ndarray):
        enough = (weights > 0).sum(-1) >= (1 if replacement else num_samples)
        if not (np.isfinite(weights).all() and (weights >= 0).all() and enough.all()):
            raise ArgumentRangeError("multinomial: weights are finite and not negative, and each "
                                     "row has as many positive ones as are drawn",
                                     fix="learngrad.softmax(x, -1) makes weights of any numbers; "
                                         "replacement=True")
    source = stream(generator, input.device)
    if replacement:  # where a draw falls among the running sums
        sums = weights.cumsum(-1)
        draws = source.random((*input.shape[:-1], num_samples)) * sums[..., -1:]
        found = (sums[..., None, :] <= draws[..., None]).sum(-1)
        last = (weights > 0).cumsum(-1).argmax(-1)  # a draw rounded up to the whole sum
        return wrapped(np.minimum(found, last[..., None]).astype(np.int64))
    # The first of n clocks to ring, each at its weight's rate, is a draw; so are the next ones.
    with np.errstate(divide="ignore", invalid="ignore"):
        waits = -np.log1p(-source.random(tuple(input.shape))) / weights
    return wrapped(waits.argsort(axis=-1)[..., :num_samples].astype(np.int64))


INTEGERS = "x.random_(10) draws integers"


class Draws:
    """A tensor's methods that fill it with draws, in place, and those that draw by it."""

    __slots__ = ()

    shape: Any
    dtype: Any
    device: Any
    _assign: Any

    bernoulli, multinomial = bernoulli, multinomial

    def _filled(self, name, draw, generator):
        """Draws in this tensor's memory, in its dtype."""
        source = stream(generator, self.device)
        return self._assign(name, lambda: wrapped(
            devices.as_array(draw(source, tuple(self.shape))).astype(self.dtype)))

    def uniform_(self, low=0.0, high=1.0, *, generator=None, **bounds):
        """Fill it with draws from the uniform distribution from `low` to `high`, in place.

        PyTorch: the bounds are called `from` and `to`, which may be given by name too.
        """
        low = number(bounds.pop("from", low), "low")
        high = number(bounds.pop("to", high), "high")
        if bounds or low > high:
            raise ArgumentRangeError(
                f"uniform_ draws from low to high, not from {low} to {high} {bounds}",
                fix="x.uniform_(-1, 1)")
        floating(self, "uniform_", "this", INTEGERS)
        return self._filled("uniform_", lambda s, shape: low + (high - low) * uniform(
            s, shape, self.dtype), generator)

    def normal_(self, mean=0.0, std=1.0, *, generator=None):
        """Fill it with draws from the normal distribution, in place."""
        number(mean, "mean")
        if number(std, "std") < 0:
            raise ArgumentRangeError(f"std={std} is negative", fix="x.normal_(0, 1)")
        floating(self, "normal_", "this", INTEGERS)
        return self._filled(
            "normal_", lambda s, shape: mean + std * s.standard_normal(shape), generator)

    def exponential_(self, lambd=1.0, *, generator=None):
        """Fill it with draws from the exponential distribution of rate `lambd`, in place."""
        if not number(lambd, "lambd") > 0:
            raise ArgumentRangeError(f"lambd={lambd} is not above 0", fix="x.exponential_(1)")
        floating(self, "exponential_", "this", INTEGERS)
        return self._filled("exponential_", lambda s, shape: -np.log1p(
            -devices.as_array(s.random(shape))) / lambd, generator)

    def random_(self, low=None, high=None, *, generator=None):
        """Fill it with integers from `low` (0) up to, not including, `high`, in place.

        One number is `high`. Without any, all integers that its dtype holds exactly, from 0.
        """
        if high is None:
            low, high = 0, low
        if high is None:
            kind = self.dtype.kind
            high = (2 if kind == "b" else
                    int(np.iinfo(self.dtype).max) + (self.dtype.itemsize < 8) if kind in "iu" else
                    2**(devices.limits(self.dtype).nmant + 1) + 1)
        if low >= high:
            raise ArgumentRangeError(
                f"there are no integers from {low} up to, not including, {high}",
                fix="x.random_(0, 10)")
        return self._filled("random_", lambda s, shape: s.integers(low, high, shape), generator)

    def bernoulli_(self, p=0.5, *, generator=None):
        """Fill it with ones, each with probability `p` (a number or a tensor), and zeros."""
        chances = self if not hasattr(p, "dtype") else p.expand(self.shape)
        drawn = bernoulli(chances, None if hasattr(p, "dtype") else p, generator=generator)
        return self._assign("bernoulli_", lambda: wrapped(drawn._data.astype(self.dtype)))


