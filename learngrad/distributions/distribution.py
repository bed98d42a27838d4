"""`Distribution`: what all of them share; a formula of its own is what each of them adds."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from learngrad import devices
from learngrad.autograd.mode import no_grad
from learngrad.distributions.constraints import Constraint
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError, ShapeError
from learngrad.numbers import to_array
from learngrad.ops.broadcast import broadcast_tensors
from learngrad.tensor import Size, Tensor

__all__ = ["Distribution", "NotOffered", "exactly_one", "parameters"]


class NotOffered(LearngradError, NotImplementedError):
    """What this distribution does not have."""


class Distribution:
    """Base of the distributions.

    A draw has shape ``sample_shape + batch_shape + event_shape``: how many were asked for; one for
    each element of the parameters, which are independent of each other; and what a single draw is
    made of. `log_prob` takes such a draw and gives one number for each event.

    Parameters
    ----------
    batch_shape, event_shape : sequence of int
    validate_args : bool, default True
        Refuse parameters and values that make no sense (on a GPU they are not looked at).

    Examples
    --------
    >>> import learngrad
    >>> d = learngrad.distributions.Normal(learngrad.zeros(3), 1.0)
    >>> d.batch_shape, d.event_shape, d.sample((5,)).shape
    (learngrad.Size([3]), learngrad.Size([]), learngrad.Size([5, 3]))
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {}
    has_rsample: ClassVar[bool] = False  # whether draws have a gradient
    has_enumerate_support: ClassVar[bool] = False
    _default: ClassVar[bool] = True

    def __init__(self, batch_shape: Any = (), event_shape: Any = (),
                 validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        self._validate_args = Distribution._default if validate_args is None else validate_args
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                if name in vars(self):
                    constraint.demand(vars(self)[name], name, type(self).__name__)

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions that do not say it validate their arguments."""
        Distribution._default = bool(value)

    # ---- What each of them has -------------------------------------------------------------------

    @property
    def support(self) -> Constraint:
        """What a draw can be."""
        raise self._lacking("support")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise self._lacking("mean")

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise self._lacking("mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise self._lacking("variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation, the root of the variance."""
        return self.variance.sqrt()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability (or its density) of `value`."""
        raise self._lacking("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a draw of at most `value`."""
        raise self._lacking("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """What a draw is at most with probability `value`: `cdf` reversed."""
        raise self._lacking("icdf")

    def entropy(self) -> Tensor:
        """The mean of ``-log_prob`` of the draws."""
        raise self._lacking("entropy")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All that a draw can be, along a new first dimension."""
        raise self._lacking("enumerate_support")

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        """Draws of this shape, which begins with the sample's and ends with the event's."""
        raise self._lacking("sample")

    # ---- What they share -------------------------------------------------------------------------

    @property
    def batch_shape(self) -> Size:
        """The shape of the independent distributions in this one."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of a single draw of one of them."""
        return self._event_shape

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws, outside the graph.

        Parameters
        ----------
        sample_shape : sequence of int
            How many: a shape that stands before the batch's. Nothing for one draw.
        """
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return self._drawn(shape).detach()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws with a gradient to the parameters: noise is drawn, then moved and scaled by them.

        Raises
        ------
        NotOffered
            If a draw is one of several things: there is nothing between them to move through.
        """
        if not self.has_rsample:
            raise NotOffered(
                f"a draw of {type(self).__name__} jumps from one value to another, so it has no "
                "gradient",
                fix="x = d.sample(); loss = -d.log_prob(x) * reward (policy gradient), or "
                    "learngrad.nn.functional.gumbel_softmax(logits)")
        return self._drawn(self._extended_shape(sample_shape))

    def perplexity(self) -> Tensor:
        """``exp(entropy)``: among how many equally likely values a draw is as uncertain."""
        return self.entropy().exp()

    def expand(self, batch_shape: Any) -> Self:
        """The same distribution for a larger batch: the parameters broadcast to it."""
        batch = Size(batch_shape)
        new = copy.copy(self)
        for name in self.arg_constraints:
            if name in vars(self):
                value = vars(self)[name]
                tail = value.shape[len(self._batch_shape):]
                setattr(new, name, value.expand((*batch, *tail)))
        new._batch_shape = batch
        return new

    def _extended_shape(self, sample_shape: Any) -> tuple[int, ...]:
        if not isinstance(sample_shape, Iterable):
            raise ArgumentTypeError(
                f"sample_shape is a sequence of sizes, not {sample_shape!r:.60}",
                fix=f"d.sample(({sample_shape!r:.20},))")
        return (*sample_shape, *self._batch_shape, *self._event_shape)

    def _checked(self, value: Tensor) -> Tensor:
        """`value`, if it can be one of this distribution's."""
        if not isinstance(value, Tensor):
            raise ArgumentError(f"a value is a tensor, not {value!r:.60}",
                                fix="d.log_prob(learngrad.tensor(value))")
        wanted = (*self._batch_shape, *self._event_shape)
        for a, b in zip(reversed(value.shape), reversed(wanted)):
            if a != b and 1 not in (a, b):
                raise ShapeError(
                    f"{type(self).__name__}: a value of shape {list(value.shape)} does not "
                    f"broadcast with batch and event {list(wanted)}", tensors={"value": value},
                    fix="the last sizes of a value are those of the batch and the event")
        if self._validate_args:
            self.support.demand(value, "a value", type(self).__name__)
        return value

    def _lacking(self, what: str) -> NotOffered:
        return NotOffered(f"{type(self).__name__} has no {what}",
                          fix="estimate it from d.sample((1000,))")

    def __repr__(self) -> str:
        values = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        return f"{type(self).__name__}(" + ", ".join(
            f"{name}: {value if math.prod(value.shape) == 1 else value.shape}"
            for name, value in values.items()) + ")"


def parameters(*values: Any) -> list[Tensor]:
    """Parameters as floating tensors of one shape; numbers take the dtype of the tensors."""
    like = next((v for v in values if isinstance(v, Tensor)), None)
    dtype = like.dtype if like is not None and devices.is_floating(like.dtype) else (
        devices.get_default_dtype())
    made = []
    for value in values:
        if not isinstance(value, Tensor):
            if not isinstance(value, (int, float)) and not hasattr(value, "dtype"):
                raise ArgumentError(f"a parameter is a number or a tensor, not {value!r:.60}",
                                    fix="learngrad.tensor(value)")
            device = None if like is None else like.device
            value = Tensor._from_array(to_array(value, dtype, device), None)
        made.append(value if devices.is_floating(value.dtype) else value.to(dtype))
    alike = all(value.shape == made[0].shape for value in made)
    return made if alike else list(broadcast_tensors(*made))


def exactly_one(of: str, probs: Any, logits: Any) -> tuple[str, Any]:
    """The name and the value of the one that is given."""
    if (probs is None) == (logits is None):
        found = "neither" if probs is None else "both"
        raise ArgumentError(f"{of} takes probs or logits, and {found} came",
                            fix=f"{of}(logits=model(x))")
    return ("probs", probs) if logits is None else ("logits", logits)
