"""Values to start from, written into a tensor in place; PyTorch's distributions and bounds.

Draws come from the default generator of the tensor's device (`learngrad.manual_seed`), or from
`generator`. Each function returns the tensor.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.order import changed
from learngrad.devices import Generator
from learngrad.errors import (
    ArgumentError,
    ArgumentRangeError,
    ArgumentTypeError,
    DtypeError,
    ShapeError,
)
from learngrad.memory import explained
from learngrad.ops.draws import stream
from learngrad.tensor import Tensor

__all__ = ["calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
           "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_",
           "xavier_normal_", "xavier_uniform_", "zeros_"]


class NoWeightError(ShapeError, ArgumentError):
    """A tensor that cannot be a weight of the kind that is asked for."""


def _fill(tensor: Tensor, values: Any) -> Tensor:
    """Overwrite a tensor outside the graph; no operation, so that no graph shows one."""
    tensor._data[...] = values
    changed(tensor)
    return tensor


def _stream(tensor: Tensor, generator: Generator | None) -> Any:
    if not devices.is_floating(tensor.dtype):
        raise DtypeError(f"draws are fractions, and {tensor.dtype} holds none",
                         tensors={"tensor": tensor}, fix="x.float(), or randint_like for integers")
    return stream(generator, tensor.device)


def _spread(std: float) -> float:
    if std < 0:
        raise ArgumentRangeError(f"a standard deviation is not negative, and this is {std}",
                                 fix="std=0.02")
    return std


# ---- Given values --------------------------------------------------------------------------------

def constant_(tensor: Tensor, val: Any) -> Tensor:
    """Fill with one number."""
    if not isinstance(val, (int, float, np.generic)) and getattr(val, "ndim", None) != 0:
        raise ArgumentTypeError(f"constant_ fills with one number, not {val!r:.60}", fix="0.5")
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1)


def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity: a linear layer then hands its input on.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.init.eye_(learngrad.zeros(2, 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    _matrix(tensor)
    return _fill(tensor, devices.array_module(tensor._data).eye(*tensor.shape))


def _matrix(tensor: Tensor) -> None:
    if tensor.ndim != 2:
        raise NoWeightError("this is for a matrix, the weight of a linear layer",
                            tensors={"tensor": tensor}, fix="learngrad.zeros(out, in)")


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make a convolution's weight hand on as many channels as it can, each as it is.

    Parameters
    ----------
    tensor : Tensor, shape [out, in, *], with one to three dimensions after the first two
    groups : int, default 1
        The groups of the convolution: each of them hands on its own channels.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.init.dirac_(learngrad.zeros(2, 2, 3)).tolist()
    [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    if not 3 <= tensor.ndim <= 5:
        raise NoWeightError("this is for the weight of a convolution: 3 to 5 dimensions",
                            tensors={"tensor": tensor}, fix="eye_ for a linear layer")
    if tensor.shape[0] % groups:
        raise NoWeightError(f"{tensor.shape[0]} channels do not fall into {groups} equal groups",
                            tensors={"tensor": tensor}, fix="a number of groups that divides them")
    xp = devices.array_module(tensor._data)
    values, each = xp.zeros(tensor.shape), tensor.shape[0] // groups
    centre = [size // 2 for size in tensor.shape[2:]]
    same = xp.arange(min(each, tensor.shape[1]))
    for group in range(groups):
        values[(group * each + same, same, *centre)] = 1
    return _fill(tensor, values)


# ---- Draws ---------------------------------------------------------------------------------------

@explained
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0,
             generator: Generator | None = None) -> Tensor:
    """Draw evenly from `a` (included) to `b`.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.uniform_(learngrad.zeros(100), -2, 2)
    >>> bool((w >= -2).sum() == 100), bool((w <= 2).sum() == 100)
    (True, True)
    """
    if a > b:
        raise ArgumentRangeError(f"there is nothing between {a} and {b}", fix=f"uniform_(w, {b}, "
                                                                              f"{a})")
    return _fill(tensor, a + (b - a) * _stream(tensor, generator).random(tensor.shape))


@explained
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0,
            generator: Generator | None = None) -> Tensor:
    """Draw from the normal distribution with this mean and standard deviation."""
    draws = _stream(tensor, generator).standard_normal(tensor.shape)
    return _fill(tensor, mean + _spread(std) * draws)


@explained
def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0,
                  b: float = 2.0, generator: Generator | None = None) -> Tensor:
    """Draw from the part of a normal distribution that lies between `a` and `b`.

    Exact also where that part is far from the mean. (PyTorch: `torch.nn.init.trunc_normal_` warns
    there.)

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.trunc_normal_(learngrad.zeros(1000), std=0.02, a=-0.04, b=0.04)
    >>> bool(w.abs().max() <= 0.04)
    True
    """
    if a > b:
        raise ArgumentRangeError(f"there is nothing between {a} and {b}", fix="a=-2.0, b=2.0")
    draws = _stream(tensor, generator).random(tensor.shape)
    if _spread(std) == 0 or a == b:
        return _fill(tensor, min(max(mean, a), b))
    # The inverse of the distribution function, from a table of it over the part where the density
    # is more than exp(-40) of its peak there.
    xp = devices.array_module(tensor._data)
    low, high = (a - mean) / std, (b - mean) / std
    peak = min(max(0.0, low), high)
    far = math.sqrt(peak**2 + 80)
    z = xp.linspace(max(low, -far), min(high, far), 4097)
    density = xp.exp((abs(peak) - z) * (abs(peak) + z) / 2)
    below = xp.cumsum(xp.concatenate([density[:1] * 0, density[1:] + density[:-1]]))
    values = mean + std * xp.interp(draws.reshape(-1), below / below[-1], z).reshape(tensor.shape)
    return _fill(tensor, xp.clip(values, a, b))


@explained
def orthogonal_(tensor: Tensor, gain: float = 1,
                generator: Generator | None = None) -> Tensor:
    """Draw a matrix whose rows, or whose columns, stand at right angles and have length `gain`.

    Whichever of them are fewer; dimensions after the first count as one. Signals then pass without
    being stretched in any direction (Saxe et al. 2013, https://arxiv.org/abs/1312.6120).

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.orthogonal_(learngrad.zeros(3, 5))
    >>> bool(((w @ w.T - learngrad.eye(3)).abs() < 1e-6).all())
    True
    """
    if tensor.ndim < 2:
        raise NoWeightError("rows that stand at right angles need two dimensions or more",
                            tensors={"tensor": tensor}, fix="normal_ for a vector")
    if not tensor.numel():
        return tensor
    xp = devices.array_module(tensor._data)
    rows = tensor.shape[0]
    draws = _stream(tensor, generator).standard_normal((rows, tensor.numel() // rows))
    tall = draws.shape[0] >= draws.shape[1]
    q, r = xp.linalg.qr(draws if tall else draws.T)
    q = q * xp.sign(xp.diagonal(r))  # else not every such matrix would be equally likely
    return _fill(tensor, gain * (q if tall else q.T).reshape(tensor.shape))


@explained
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01,
            generator: Generator | None = None) -> Tensor:
    """Draw a matrix from a normal distribution, with a share of each column set to 0.

    After Martens 2010 (https://icml.cc/Conferences/2010/papers/458.pdf).

    Parameters
    ----------
    tensor : Tensor, shape [rows, columns]
    sparsity : float
        The share, from 0 to 1, rounded up to whole rows.
    std : float, default 0.01
        The standard deviation of the others.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.sparse_(learngrad.zeros(10, 2), sparsity=0.25)
    >>> (w == 0).sum(0).tolist()
    [3, 3]
    """
    _matrix(tensor)
    if not 0 <= sparsity <= 1:
        raise ArgumentRangeError(f"a share lies between 0 and 1, and sparsity is {sparsity}",
                                 fix="sparsity=0.1")
    source = _stream(tensor, generator)
    values = _spread(std) * source.standard_normal(tensor.shape)
    order = source.random(tensor.shape).argsort(axis=0)
    return _fill(tensor, values * (order >= math.ceil(sparsity * tensor.shape[0])))


# ---- By the number of inputs and outputs ---------------------------------------------------------

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3,
    "relu": math.sqrt(2.0), "selu": 0.75,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""By how much an activation shrinks what passes, to be made up for by larger weights.

    1 for ``"linear"``, ``"sigmoid"`` and the convolutions, 5/3 for ``"tanh"``, :math:`\sqrt 2` for
    ``"relu"``, :math:`\sqrt{2 / (1 + a^2)}` for ``"leaky_relu"`` with slope `param` (0.01), 3/4 for
    ``"selu"``.

    Examples
    --------
    >>> from learngrad.nn import init
    >>> round(init.calculate_gain("relu"), 3)
    1.414
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if not isinstance(slope, (int, float)) or isinstance(slope, bool):
            raise ArgumentError(f"the slope of a leaky rectifier is a number, not {slope!r:.60}",
                                fix="0.01")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ArgumentError(f"the gain of {nonlinearity!r} is not known",
                            fix=f"one of {', '.join(_GAINS)}, leaky_relu")
    return _GAINS[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input has."""
    if tensor.ndim < 2:
        raise NoWeightError("these draws count a weight's inputs and outputs, so they need two "
                            "dimensions or more", tensors={"tensor": tensor},
                            fix="use uniform_ or zeros_ for a bias")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    fans = dict(zip(("fan_in", "fan_out"), _calculate_fan_in_and_fan_out(tensor), strict=True))
    if mode not in fans:
        raise ArgumentError(f"mode={mode!r} is not known", fix='use "fan_in" or "fan_out"')
    return max(fans[mode], 1)  # a layer without inputs has nothing to draw


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                     nonlinearity: str = "leaky_relu",
                     generator: Generator | None = None) -> Tensor:
    r"""Draw evenly between :math:`\pm \text{gain} \sqrt{3 / \text{fan}}`.

    Keeps the size of signals through layers with rectifiers (He et al. 2015,
    https://arxiv.org/abs/1502.01852).

    Parameters
    ----------
    tensor : Tensor, shape [out, in, *]
    a : float, default 0
        The slope of the leaky rectifier that follows.
    mode : {"fan_in", "fan_out"}
        Keep the size of what goes forwards, or of the gradients that come back.
    nonlinearity : str
        As for `calculate_gain`.

    Examples
    --------
    >>> import learngrad
    >>> w = learngrad.nn.init.kaiming_uniform_(learngrad.zeros(50, 6), nonlinearity="relu")
    >>> bool(w.abs().max() <= 1)
    True
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _calculate_correct_fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                    nonlinearity: str = "leaky_relu", generator: Generator | None = None) -> Tensor:
    r"""Draw as `kaiming_uniform_`, but normal.

    The standard deviation is :math:`\text{gain} / \sqrt{\text{fan}}`.
    """
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    return normal_(tensor, 0, std, generator)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0,
                    generator: Generator | None = None) -> Tensor:
    r"""Draw evenly between :math:`\pm \text{gain} \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}`.

    For layers with tanh or sigmoid (Glorot and Bengio 2010,
    https://proceedings.mlr.press/v9/glorot10a.html).
    """
    bound = gain * math.sqrt(6 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0,
                   generator: Generator | None = None) -> Tensor:
    r"""Draw as `xavier_uniform_`, but normal.

    The variance is :math:`2 \text{gain}^2 / (\text{fan\_in} + \text{fan\_out})`.
    """
    fans = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0, gain * math.sqrt(2 / max(sum(fans), 1)), generator)


# PyTorch's old spellings, before a name said that it changes its argument.
uniform, normal, constant, eye, dirac, sparse, orthogonal = (
    uniform_, normal_, constant_, eye_, dirac_, sparse_, orthogonal_)
kaiming_uniform, kaiming_normal, xavier_uniform, xavier_normal = (
    kaiming_uniform_, kaiming_normal_, xavier_uniform_, xavier_normal_)
