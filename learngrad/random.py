"""Tensors of random draws, and the seeds that make them repeatable.

The streams are our own: reproducible from a seed, but the numbers are not PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.creation import count, integer, making
from learngrad.devices import Generator, default_generator, manual_seed
from learngrad.errors import ArgumentRangeError, ArgumentTypeError
from learngrad.ops.draws import bernoulli, multinomial, stream, uniform
from learngrad.ops.making import like, own, shape_of
from learngrad.ops.public import number
from learngrad.ops.spelling import spelled
from learngrad.tensor import Tensor

__all__ = [
    "bernoulli", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "multinomial",
    "normal", "rand",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed",
    "set_rng_state",
]


def _floats(dtype: Any) -> np.dtype[Any]:
    dtype = devices.chosen_dtype(dtype)
    if not devices.is_floating(dtype):
        raise ArgumentTypeError(f"these draws are fractions, and {dtype} holds none",
                                fix="use randint for integers")
    return dtype


@making(many="size")
def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """Draws from the uniform distribution on [0, 1).

    Reproducible after `manual_seed`.

    PyTorch: `torch.rand` draws other numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.rand(2, 3).shape
    learngrad.Size([2, 3])
    """
    draws = uniform(stream(generator, device), shape_of(size), _floats(dtype))
    return own(draws, requires_grad)


@making(many="size")
def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:
    """Draws from the normal distribution with mean 0 and variance 1.

    PyTorch: `torch.randn` draws other numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.randn(2, 3).shape
    learngrad.Size([2, 3])
    """
    draws = stream(generator, device).standard_normal(shape_of(size))
    return own(devices.as_array(draws).astype(_floats(dtype)), requires_grad)


@making()
def randint(low: Any = None, high: Any = None, size: Any = None, *,
            generator: Generator | None = None, dtype: Any = None, device: Any = None,
            requires_grad: bool = False) -> Tensor:
    """Integers drawn evenly from `low` (0 if left out) up to, not including, `high`.

    PyTorch: `torch.randint` draws other numbers.

    Raises
    ------
    ArgumentRangeError
        If there are no such integers.

    Examples
    --------
    >>> import learngrad
    >>> bool((learngrad.randint(10, (100,)) < 10).sum() == 100)
    True
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None or low is None:
        low, high = 0, low if high is None else high
    if size is None:
        raise ArgumentTypeError("randint needs a shape to fill", fix="learngrad.randint(10, (3,))")
    low, high = integer(low, "low"), integer(high, "high")
    if low >= high:
        raise ArgumentRangeError(
            f"there are no integers from {low} up to, not including, {high}",
            fix="learngrad.randint(0, 10, (3,))")
    draws = stream(generator, device).integers(low, high, shape_of((size,)))
    dtype = devices.to_dtype(np.int64 if dtype is None else dtype)
    return own(devices.as_array(draws).astype(dtype), requires_grad)


@making()
def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """The integers 0 to ``n - 1`` in random order.

    PyTorch: `torch.randperm` draws other numbers.

    Examples
    --------
    >>> import learngrad
    >>> sorted(learngrad.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    n = count(n, "n")
    source = stream(generator, device)
    if hasattr(source, "permutation"):
        order = source.permutation(n)
    else:  # CuPy's generator has none: the order of n draws is one
        order = source.random(n).argsort()
    dtype = devices.to_dtype(np.int64 if dtype is None else dtype)
    return own(order.astype(dtype), requires_grad)


@spelled(memory=True)
def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None,
              device: Any = None, requires_grad: bool = False) -> Tensor:
    """Draws from the uniform distribution on [0, 1), in the shape, dtype and place of `input`.

    PyTorch: `torch.rand_like` draws other numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.rand_like(learngrad.zeros(2)).shape
    learngrad.Size([2])
    """
    return rand(input.shape, generator=generator, requires_grad=requires_grad,
                **like(input, dtype, device))


@spelled(memory=True)
def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None,
               device: Any = None, requires_grad: bool = False) -> Tensor:
    """Draws from the normal distribution in the shape, dtype and place of `input`.

    PyTorch: `torch.randn_like` draws other numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.randn_like(learngrad.zeros(2)).shape
    learngrad.Size([2])
    """
    return randn(input.shape, generator=generator, requires_grad=requires_grad,
                 **like(input, dtype, device))


@spelled(memory=True)
def randint_like(input: Tensor, low: int, high: Any = None, *,
                 generator: Generator | None = None, dtype: Any = None, device: Any = None,
                 requires_grad: bool = False) -> Tensor:
    """Integers from `low` up to, not including, `high`, in the shape, dtype and place of `input`.

    PyTorch: `torch.randint_like` draws other numbers.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.randint_like(learngrad.zeros(2), 1, 2)
    tensor([1., 1.])
    """
    return randint(low, high, input.shape, generator=generator, requires_grad=requires_grad,
                   **like(input, dtype, device))


@spelled(memory=True)
def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *,
           generator: Generator | None = None, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:
    """Draws from normal distributions.

    PyTorch: `torch.normal` draws other numbers, and records a gradient, of zeros.

    Parameters
    ----------
    mean, std : number or Tensor
        Tensors that broadcast give each place a distribution of its own.
    size : sequence of int, optional
        The shape, needed where both are numbers.
    generator : Generator, optional
    dtype : dtype, optional
    device : str or Device, optional

    Raises
    ------
    ArgumentRangeError
        If a standard deviation is negative (on a GPU only a number is looked at).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.normal(5.0, 0.0, (2,))
    tensor([5., 5.])
    """
    given = next((x for x in (mean, std) if isinstance(x, Tensor)), None)
    mean, std = (x._data if isinstance(x, Tensor) else number(x, name)
                 for x, name in ((mean, "mean"), (std, "std")))
    if isinstance(std, (int, float, np.ndarray)) and np.any(np.asarray(std) < 0):
        raise ArgumentRangeError("a standard deviation is not negative",
                                 fix="std=x.abs(), or x.exp()")
    if size is None:
        if given is None:
            raise ArgumentTypeError("two numbers say nothing of a shape",
                                    fix="learngrad.normal(0.0, 1.0, (2, 3))")
        size = np.broadcast_shapes(*(getattr(x, "shape", ()) for x in (mean, std)))
    if given is not None:
        device, dtype = given.device, given.dtype if dtype is None else dtype
    draws = devices.as_array(stream(generator, device).standard_normal(shape_of((size,))))
    return own((mean + std * draws).astype(_floats(dtype)), requires_grad)


def seed() -> int:
    """Seed the default generators from chance, and give the seed that was found.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.seed() == learngrad.initial_seed()
    True
    """
    return manual_seed(Generator().initial_seed()).initial_seed()


def initial_seed() -> int:
    """The seed that the default generator was started from.

    Examples
    --------
    >>> import learngrad
    >>> _ = learngrad.manual_seed(3)
    >>> learngrad.initial_seed()
    3
    """
    return default_generator().initial_seed()


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """A block after which the CPU's default generator goes on from where it was before.

    Parameters
    ----------
    devices : optional
        Taken, and without effect: the generators of GPUs go on from where they are.
    enabled : bool, default True

    Examples
    --------
    >>> import learngrad
    >>> with learngrad.random.fork_rng():
    ...     inside = learngrad.rand(2)
    >>> bool((learngrad.rand(2) == inside).all())
    True
    """
    before = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(before)


def get_rng_state() -> dict[str, Any]:
    """The position of the CPU's default generator, as plain data.

    Examples
    --------
    >>> import learngrad
    >>> state = learngrad.get_rng_state(); a = learngrad.rand(2)
    >>> learngrad.set_rng_state(state); bool((a == learngrad.rand(2)).sum() == 2)
    True
    """
    return default_generator().get_state()


def set_rng_state(new_state: dict[str, Any]) -> None:
    """Let the CPU's default generator continue from a position that `get_rng_state` gave.

    Raises
    ------
    ArgumentError
        If it is no such state.

    Examples
    --------
    >>> import learngrad
    >>> state = learngrad.get_rng_state()
    >>> learngrad.set_rng_state(state)
    """
    default_generator().set_state(new_state)
