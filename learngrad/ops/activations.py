"""The bends between layers: activation functions, one operation each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.autocast import in_half
from learngrad.autograd.order import latest
from learngrad.errors import ArgumentError, ArgumentRangeError, ShapeError
from learngrad.kernels import fused
from learngrad.ops.elementwise import Floating, Relu, absolute, where
from learngrad.ops.exponential import sigmoid
from learngrad.ops.join import chunk
from learngrad.ops.losses import softmax
from learngrad.ops.public import one_of, same_dtype, tensor
from learngrad.ops.quick import in_pieces, passed
from learngrad.ops.shape import reshape
from learngrad.ops.special import below
from learngrad.ops.spelling import spelled
from learngrad.ops.trigonometry import tanh

__all__ = [
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "logsigmoid", "mish", "prelu", "relu", "relu6", "rrelu", "selu", "silu",
    "softmin", "softplus", "softshrink", "softsign", "tanhshrink", "threshold",
]

# Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14: with these, mean 0 and
# variance 1 are a fixed point.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
ROOT = math.sqrt(2 / math.pi)


class Hardtanh(Floating):
    """The input, held between two bounds: the gradient passes strictly between them."""

    saves = ("x",)
    formula, sign = r"\min(\max(x, a), b)", "hardtanh"
    local = {"x": "1 between the bounds, else 0"}

    def forward(self, x, low, high):
        self.low, self.high = low, high
        return x.clip(low, high)

    def backward(self, g, x):
        return passed(g, (x > self.low) & (x < self.high))


class Hardsigmoid(Floating):
    """A sigmoid made of three straight lines."""

    saves = ("x",)
    formula, sign = r"\min(\max(\tfrac{x}{6} + \tfrac{1}{2}, 0), 1)", "hardsigmoid"
    local = {"x": "1/6 between −3 and 3, else 0"}

    def forward(self, x):
        return (x / 6 + 0.5).clip(0, 1)

    def backward(self, g, x):
        return passed(g / 6, (x > -3) & (x < 3))


class Hardswish(Floating):
    """The input times a sigmoid made of three straight lines (Howard et al. 2019)."""

    saves = ("x",)
    formula, sign = r"x \cdot \operatorname{hardsigmoid}(x)", "hardswish"
    local = {"x": "0 below −3, 1 above 3, x/3 + 1/2 between"}

    def forward(self, x):
        return x * (x / 6 + 0.5).clip(0, 1)

    def backward(self, g, x):
        return np.where(x <= -3, 0, np.where(x < 3, g * (x / 3 + 0.5), g))


class LeakyRelu(Floating):
    """The input where it is positive, a small part of it elsewhere."""

    saves = ("x",)
    formula, sign, local = r"\max(x, \alpha x)", "leaky ReLU", {"x": "1 where x > 0, else α"}

    def forward(self, x, slope):
        self.slope = slope
        lower = x * slope
        if type(slope) is float and 0 < slope <= 1:  # the same, and several times as quick
            return np.maximum(x, lower)
        return np.where(x > 0, x, lower)

    def backward(self, g, x):
        return passed(g, x > 0) + passed(g * self.slope, np.logical_not(x > 0))


class Elu(Floating):
    """The input where it is positive, a scaled exponential that levels off below 0 elsewhere."""

    saves = ("x",)
    formula, sign = r"\max(0, x) + \min(0, \alpha (e^{x/\beta} - 1))", "ELU"
    local = {"x": "1 where x > 0, else α/β · e^(x/β)"}

    def forward(self, x, alpha, beta, scale):
        self.alpha, self.beta, self.scale = alpha, beta, scale
        bent = np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x) / beta))
        return bent if scale == 1 else bent * scale

    def backward(self, g, x):
        # The exponential of a positive x may overflow, and 0 times infinity is nan later on.
        below = np.exp(np.where(x > 0, 0, x) / self.beta) * (self.alpha / self.beta)
        return np.where(x > 0, g, g * below) * self.scale


class Silu(Floating):
    """The input times its sigmoid, also called swish (Ramachandran et al. 2017)."""

    saves = ("x",)
    formula, sign, local = r"x \, \sigma(x)", "SiLU", {"x": "σ(x) · (1 + x · (1 − σ(x)))"}

    def forward(self, x):
        return in_pieces(_silu, x)

    def backward(self, g, x):
        return in_pieces(_silu_back, g, x)


@fused("T x", "T out", "out = x / (T(1) + exp(-x));")
def _silu(x):
    return x * sigmoid(x)


@fused("T g, T x", "T out", "T s = T(1) / (T(1) + exp(-x)); out = ((T(1) - s) * x + T(1)) * s * g;")
def _silu_back(g, x):
    s = sigmoid(x)
    return ((1 - s) * x + 1) * s * g


class Gelu(Floating):
    """The input times the chance that a normal draw is below it (Hendrycks and Gimpel 2016)."""

    saves = ("x",)
    formula, sign = r"x \, \Phi(x)", "GELU"
    local = {"x": "Φ(x) + x · φ(x)"}

    def forward(self, x):
        out = in_pieces(_gelu, x)
        self.out = out if type(out) is np.ndarray and out.itemsize > 2 else None
        return out

    def backward(self, g, x):
        out, self.out = self.out, None
        if out is None or latest[0] > self.seq or type(g) is not np.ndarray:  # maybe changed since
            return in_pieces(_gelu_back, g, x)
        return in_pieces(_gelu_back_by_out, g, x, out)


@fused("T x", "T out", "out = x * normcdf(x);")
def _gelu(x):
    out = below(x)
    out *= x
    return out


@fused("T g, T x", "T out",
       "out = (exp(x * x * T(-0.5)) * x * T(0.3989422804014327) + normcdf(x)) * g;")  # 1 / sqrt(2π)
def _gelu_back(g, x):
    return (np.exp(x * x * -0.5) * x * (1 / math.sqrt(2 * math.pi)) + below(x)) * g


def _gelu_back_by_out(g, x, out):
    """The same from x · Φ(x), which the next layer keeps anyway, as a rule: in half the time."""
    slope = x * x
    if not slope.min(initial=1) > 1e-30:  # 0 / 0, or a nan
        return _gelu_back(g, x)
    slope *= -0.5
    np.exp(slope, out=slope)
    slope *= x
    slope *= 1 / math.sqrt(2 * math.pi)
    slope += out / x
    slope *= g
    return slope


class GeluTanh(Floating):
    """GELU by a tanh, as its authors offer it."""

    saves = ("x",)
    formula, sign = r"\tfrac{x}{2} (1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715 x^3)))", "GELU"
    local = {"x": "(1 + t)/2 + x/2 · (1 − t²) · √(2/π) · (1 + 0.134145 x²)"}

    def forward(self, x):
        return in_pieces(_gelu_tanh, x)

    def backward(self, g, x):
        return in_pieces(_gelu_tanh_back, g, x)


@fused("T x", "T out", f"""
       T t = tanh((x * x * T({0.044715 * ROOT!r}) + T({ROOT!r})) * x);
       out = T(0.5) * x * (T(1) + t);""")
def _gelu_tanh(x):
    out = np.tanh((x * x * (0.044715 * ROOT) + ROOT) * x)
    out += 1
    out *= 0.5
    out *= x
    return out


@fused("T g, T x", "T out", f"""
       T square = x * x;
       T t = tanh((square * T({0.044715 * ROOT!r}) + T({ROOT!r})) * x);
       T slope = (T(1) - t * t) * (square * T({3 * 0.044715 * ROOT!r}) + T({ROOT!r})) * x;
       out = (T(0.5) * slope + T(0.5) * (T(1) + t)) * g;""")
def _gelu_tanh_back(g, x):
    square = x * x
    t = tanh((square * (0.044715 * ROOT) + ROOT) * x)
    inner = (square * (0.134145 * ROOT) + ROOT) * x
    return (((1 - t * t) * inner + t) * 0.5 + 0.5) * g


class Softplus(Floating):
    """A smooth ReLU: ln(1 + e^x); a straight line where that makes no difference."""

    saves = ("x",)
    formula, sign = r"\tfrac{1}{\beta} \ln(1 + e^{\beta x})", "softplus"
    local = {"x": "σ(β · x)"}

    def forward(self, x, beta, threshold):
        self.beta, self.threshold = beta, threshold
        z = x * beta
        bent = np.log1p(np.exp(np.where(z > threshold, 0, z))) / beta
        return np.where(z > threshold, x, bent)

    def backward(self, g, x):
        z = x * self.beta
        return np.where(z > self.threshold, g, g * sigmoid(z))


class Logsigmoid(Floating):
    """The logarithm of the sigmoid, without overflow."""

    saves = ("x",)
    formula, sign, local = r"\ln \sigma(x)", "ln σ", {"x": "σ(−x)"}

    def forward(self, x):
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))

    def backward(self, g, x):
        return g * sigmoid(-x)


class Mish(Floating):
    """The input times the tanh of its softplus (Misra 2019)."""

    saves = ("x",)
    formula, sign = r"x \tanh(\ln(1 + e^x))", "mish"
    local = {"x": "t + x · (1 − t²) · σ(x), t = tanh(softplus(x))"}

    def forward(self, x):
        return x * np.tanh(softplus(x))

    def backward(self, g, x):
        t = tanh(softplus(x))
        return g * (t + x * (1 - t * t) * sigmoid(x))


class Softsign(Floating):
    """The input over 1 plus its absolute value."""

    saves = ("x",)
    formula, sign, local = r"\frac{x}{1 + |x|}", "softsign", {"x": "1 / (1 + |x|)²"}

    def forward(self, x):
        return x / (1 + np.abs(x))

    def backward(self, g, x):
        size = 1 + absolute(x)
        return g / (size * size)


class Threshold(Floating):
    """The input where it is above a threshold, one value elsewhere."""

    saves = ("x",)
    formula, sign = r"x \text{ where } x > t \text{, else } v", "threshold"
    local = {"x": "1 where x > t, else 0"}

    def forward(self, x, threshold, value):
        self.threshold = threshold
        return np.where(x <= threshold, value, x).astype(x.dtype, copy=False)

    def backward(self, g, x):
        return passed(g, np.logical_not(x <= self.threshold))  # nan is passed on


class Shrink(Floating):
    """0 near 0; elsewhere the input, moved towards 0 by `move`."""

    saves = ("x",)
    formula, sign = r"x \mp m \text{ where } |x| > \lambda \text{, else } 0", "shrink"
    local = {"x": "1 where |x| > λ, else 0"}

    def forward(self, x, lambd, move):
        self.lambd = lambd
        return np.where(np.abs(x) <= lambd, 0, x - np.sign(x) * move)

    def backward(self, g, x):
        return passed(g, np.logical_not(absolute(x) <= self.lambd))  # nan is passed on


def _in_place(input: Any, inplace: bool, out: Any) -> Any:
    """`inplace` as PyTorch means it: the result also overwrites the input."""
    return input._assign("inplace=True", lambda: out) if inplace else out


def relu(input, inplace=False):
    """The positive part: ``max(0, x)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.relu(learngrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _in_place(input, inplace, Relu.apply(tensor(input, "relu")))


def relu6(input, inplace=False):
    """ReLU that ends at 6.

    PyTorch: `torch.nn.functional.relu6` keeps integers; here they become floats.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.relu6(learngrad.tensor([-1.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
    return _in_place(input, inplace, Hardtanh.apply(input, 0.0, 6.0))


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """The input, held between two bounds.

    PyTorch: `torch.nn.functional.hardtanh` keeps integers; here they become floats.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.hardtanh(learngrad.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if not min_val <= max_val:
        raise ArgumentError(f"hardtanh's bounds are {min_val} and {max_val}: the first is not to "
                            "be above the second", fix="hardtanh(x, -1.0, 1.0)")
    return _in_place(input, inplace, Hardtanh.apply(input, min_val, max_val))


def hardsigmoid(input, inplace=False):
    """``min(max(x/6 + 1/2, 0), 1)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.hardsigmoid(learngrad.tensor([-3.0, 0.0, 3.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _in_place(input, inplace, Hardsigmoid.apply(input))


def hardswish(input, inplace=False):
    """``x * hardsigmoid(x)`` (Howard et al., Searching for MobileNetV3, 2019).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.hardswish(learngrad.tensor([-3.0, 0.0, 3.0]))
    tensor([-0., 0., 3.])
    """
    return _in_place(input, inplace, Hardswish.apply(input))


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """The input where it is positive, ``negative_slope * x`` elsewhere.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.leaky_relu(learngrad.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _in_place(input, inplace, LeakyRelu.apply(input, negative_slope))


def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    """Leaky ReLU whose slope is drawn for each element in training (Xu et al. 2015).

    Evenly between `lower` and `upper`; outside training the slope is their mean.

    PyTorch: `torch.nn.functional.rrelu` draws other slopes.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.rrelu(learngrad.tensor([-1.0, 2.0]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    if not lower <= upper:
        raise ArgumentRangeError(f"rrelu draws slopes between lower={lower} and upper={upper}: the "
                                 "first is not to be above the second", fix="lower=1/8, upper=1/3")
    slope: Any = (lower + upper) / 2
    if training:
        draws = devices.default_generator(input.device).stream.random(input.shape, np.float32)
        slope = (lower + (upper - lower) * draws).astype(input.dtype)
    return _in_place(input, inplace, LeakyRelu.apply(input, slope))


@spelled()
@in_half
def prelu(input, weight):
    """Leaky ReLU whose slope is learnt: one, or one for each channel (dimension 1).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.prelu(learngrad.tensor([-1.0, 2.0]), learngrad.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    same_dtype("prelu", input=input, weight=weight)
    count = weight.numel()
    if weight.ndim > 1 or (count != 1 and (input.ndim < 2 or count != input.shape[1])):
        raise ShapeError("prelu takes one slope, or one for each channel (dimension 1); these are "
                         f"{list(weight.shape)} for shape {list(input.shape)}",
                         fix="weight of shape [1]")
    shape = [count if d == 1 else 1 for d in range(input.ndim)] if count != 1 else [1] * input.ndim
    return where(input > 0, input, input * reshape(weight, shape))


def elu(input, alpha=1.0, inplace=False):
    """The input where it is positive, ``alpha * (e^x - 1)`` elsewhere (Clevert et al. 2015).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.elu(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _in_place(input, inplace, Elu.apply(input, alpha, 1.0, 1.0))


def selu(input, inplace=False):
    """ELU with the two constants that keep mean 0 and variance 1 (Klambauer et al. 2017).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.selu(learngrad.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return _in_place(input, inplace, Elu.apply(input, SELU_ALPHA, 1.0, SELU_SCALE))


def celu(input, alpha=1.0, inplace=False):
    """``max(0, x) + min(0, alpha * (e^(x/alpha) - 1))`` (Barron 2017).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.celu(learngrad.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise ArgumentError("celu divides by alpha, so it cannot be 0", fix="alpha=1.0")
    return _in_place(input, inplace, Elu.apply(input, alpha, alpha, 1.0))


def silu(input, inplace=False):
    """``x * sigmoid(x)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.silu(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _in_place(input, inplace, Silu.apply(input))


def mish(input, inplace=False):
    """``x * tanh(softplus(x))``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.mish(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return _in_place(input, inplace, Mish.apply(input))


def softplus(input, beta=1.0, threshold=20.0):
    """``ln(1 + e^(beta x)) / beta``; x itself where ``beta * x`` is above `threshold`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.softplus(learngrad.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    if not isinstance(beta, (int, float)) or not beta > 0:
        raise ArgumentError(f"beta must be a positive number, not {beta!r:.60}", fix="beta=1.0")
    return Softplus.apply(input, beta, threshold)


def logsigmoid(input):
    """The logarithm of the sigmoid, safe for large negative inputs.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.logsigmoid(learngrad.tensor([0.0, -200.0]))
    tensor([  -0.6931, -200.0000])
    """
    return Logsigmoid.apply(input)


def softsign(input):
    """``x / (1 + |x|)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.softsign(learngrad.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return Softsign.apply(input)


def tanhshrink(input):
    """``x - tanh(x)``.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.tanhshrink(learngrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return input - tanh(input)


def threshold(input, threshold, value, inplace=False):
    """The input where it is above `threshold`, `value` elsewhere.

    PyTorch: `torch.threshold` keeps integers; here they become floats.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.threshold(learngrad.tensor([0.0, 2.0]), 1.0, 9.0)
    tensor([9., 2.])
    """
    return _in_place(input, inplace, Threshold.apply(input, threshold, value))


def hardshrink(input, lambd=0.5):
    """0 where ``|x| <= lambd``, x elsewhere.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.hardshrink(learngrad.tensor([0.4, 2.0]))
    tensor([0., 2.])
    """
    return Shrink.apply(input, lambd, 0.0)


def softshrink(input, lambd=0.5):
    """0 where ``|x| <= lambd``, x moved towards 0 by `lambd` elsewhere.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.softshrink(learngrad.tensor([0.4, 2.0]))
    tensor([0.0000, 1.5000])
    """
    if lambd < 0:
        raise ArgumentRangeError(f"lambd is a distance, so it cannot be {lambd}", fix="lambd=0.5")
    return Shrink.apply(input, lambd, lambd)


@spelled()
def glu(input, dim=-1):
    """One half of `dim`, times the sigmoid of the other (Dauphin et al. 2016).

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.glu(learngrad.tensor([3.0, 0.0]))
    tensor([1.5000])
    """
    dim = devices.normalise_dim(dim, input.ndim)
    size = input.shape[dim] if input.ndim else 1
    if size % 2:
        raise ShapeError(f"glu halves dimension {dim}, and {size} is odd",
                         fix="give it an even size")
    value, gate = chunk(input, 2, dim)
    return value * sigmoid(gate)


@spelled()
def softmin(input, dim=None, dtype=None):
    """`softmax` of the negative: the least gets the most.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.softmin(learngrad.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(-input, dim, dtype)


def gelu(input, approximate="none"):
    """The input times the chance that a normal draw is below it (Hendrycks and Gimpel 2016).

    Parameters
    ----------
    input : Tensor
    approximate : {"none", "tanh"}, default "none"
        "tanh" takes the authors' approximation by a tanh.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.gelu(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    one_of("approximate", approximate, ("none", "tanh"), ArgumentRangeError)
    return (GeluTanh if approximate == "tanh" else Gelu).apply(input)
