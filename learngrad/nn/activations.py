"""Activations as layers: each bends every element by itself, and most let large ones through.

Those that end between two bounds, the softmaxes, and those that shrink are in `squashing`.
"""

from __future__ import annotations

from typing import Any

from learngrad.nn import starts
from learngrad.nn.function_layer import FunctionLayer
from learngrad.nn.init import constant_
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.ops import activations as A
from learngrad.ops.elementwise import relu

__all__ = ["CELU", "ELU", "GELU", "Hardswish", "InPlace", "LeakyReLU", "Mish", "PReLU", "RReLU",
           "ReLU", "ReLU6", "SELU", "SiLU", "Softplus", "Threshold"]


class InPlace(FunctionLayer):
    """Base of the layers that can overwrite their input.

    Parameters
    ----------
    inplace : bool, default False
        Whether the input itself gets the result. An operation before that needs its old values for
        its gradient then says so in ``backward``; a leaf that needs a gradient, and a view inside
        the graph, are refused.
    """

    def __init__(self, inplace: bool = False) -> None:
        self._fix(inplace=inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        overwrites = "inplace=True" if vars(self)["inplace"] else ""
        return ", ".join(filter(None, (super().extra_repr(), overwrites)))


class ReLU(Module):
    r"""The positive part: :math:`\max(0, x)`.

    Parameters
    ----------
    inplace : bool, default False
        Whether the input itself gets the result.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReLU()(learngrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """``relu(input)``."""
        return input.relu_() if self.inplace else relu(input)

    def extra_repr(self) -> str:
        """Whether it overwrites."""
        return "inplace=True" if self.inplace else ""


class ReLU6(InPlace):
    r"""ReLU that ends at 6: :math:`\min(\max(0, x), 6)`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReLU6()(learngrad.tensor([-1.0, 2.0, 9.0]))
    tensor([0., 2., 6.])
    """

    function = staticmethod(A.relu6)


class LeakyReLU(InPlace):
    r"""A small slope below 0: :math:`\max(0, x) + \alpha \min(0, x)` (Maas et al. 2013).

    Parameters
    ----------
    negative_slope : float, default 0.01
        The slope :math:`\alpha`.
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LeakyReLU(0.1)(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    function = staticmethod(A.leaky_relu)
    shown = "negative_slope={negative_slope}"

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self._fix(negative_slope=negative_slope)


class RReLU(InPlace):
    r"""A slope below 0 that is drawn for each element (Xu et al. 2015, arXiv:1505.00853).

    :math:`\max(0, x) + a \min(0, x)` with :math:`a` even between `lower` and `upper` in training,
    and their mean in evaluation.

    Parameters
    ----------
    lower, upper : float, default 1/8 and 1/3
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.RReLU(0.1, 0.3).eval()(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.2000,  2.0000])
    """

    function = staticmethod(A.rrelu)
    shown = "lower={lower}, upper={upper}"

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self._fix(lower=lower, upper=upper)

    def forward(self, input: Any) -> Any:
        """``rrelu(input, lower, upper, training)``."""
        return super().forward(input, training=self.training)


class PReLU(Module):
    r"""A slope below 0 that is learnt: :math:`\max(0, x) + w \min(0, x)` (He et al. 2015).

    Parameters
    ----------
    num_parameters : int, default 1
        One slope for all, or one for each channel (dimension 1).
    init : float, default 0.25
        Where the slopes start.
    device, dtype : optional

    Attributes
    ----------
    weight : Parameter, shape [num_parameters]

    Shape
    -----
    [n, channels, *] to the same; with one slope also [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.PReLU()(learngrad.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = starts.parameter(num_parameters, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start again."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        """``prelu(input, weight)``."""
        return A.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of slopes."""
        return f"num_parameters={self.num_parameters}"


class ELU(InPlace):
    r"""An exponential that levels off below 0 (Clevert et al. 2015, arXiv:1511.07289).

    :math:`x` above 0, :math:`\alpha (e^x - 1)` elsewhere.

    Parameters
    ----------
    alpha : float, default 1.0
        Where it levels off: at ``-alpha``.
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ELU()(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    function = staticmethod(A.elu)
    shown = "alpha={alpha}"

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self._fix(alpha=alpha)


class CELU(InPlace):
    r"""ELU whose slope at 0 is 1 for every alpha (Barron 2017, arXiv:1704.07483).

    :math:`\max(0, x) + \min(0, \alpha (e^{x/\alpha} - 1))`.

    Parameters
    ----------
    alpha : float, default 1.0
        Where it levels off: at ``-alpha``. Not 0.
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.CELU(2.0)(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.7869,  2.0000])
    """

    function = staticmethod(A.celu)
    shown = "alpha={alpha}"

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self._fix(alpha=alpha)


class SELU(InPlace):
    r"""ELU with constants that keep mean 0 and variance 1 (Klambauer et al. 2017).

    :math:`\lambda (\max(0, x) + \min(0, \alpha (e^x - 1)))` with :math:`\lambda = 1.0507` and
    :math:`\alpha = 1.6733`; weights are to start normal, with variance 1 over the inputs.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.SELU()(learngrad.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """

    function = staticmethod(A.selu)


class GELU(FunctionLayer):
    r"""The input times the chance that a normal draw is below it (Hendrycks and Gimpel 2016).

    :math:`x \, \Phi(x)`.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default "none"
        "tanh" takes the authors' approximation by a tanh.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.GELU()(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """

    function = staticmethod(A.gelu)
    shown = "approximate={approximate!r}"

    def __init__(self, approximate: str = "none") -> None:
        self._fix(approximate=approximate)


class SiLU(InPlace):
    r"""The input times its sigmoid, also called swish: :math:`x \, \sigma(x)`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.SiLU()(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """

    function = staticmethod(A.silu)


class Mish(InPlace):
    r"""The input times the tanh of its softplus: :math:`x \tanh(\ln(1 + e^x))` (Misra 2019).

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Mish()(learngrad.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """

    function = staticmethod(A.mish)


class Hardswish(InPlace):
    r"""SiLU made of straight lines and a parabola (Howard et al. 2019, arXiv:1905.02244).

    :math:`x \min(\max(x/6 + 1/2, 0), 1)`.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Hardswish()(learngrad.tensor([-1.0, 3.0]))
    tensor([-0.3333,  3.0000])
    """

    function = staticmethod(A.hardswish)


class Softplus(FunctionLayer):
    r"""A smooth ReLU: :math:`\frac{1}{\beta} \ln(1 + e^{\beta x})`.

    Parameters
    ----------
    beta : float, default 1.0
        How sharp the bend is.
    threshold : float, default 20.0
        Above it, ``beta * x`` makes a straight line.

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Softplus()(learngrad.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """

    function = staticmethod(A.softplus)
    shown = "beta={beta}, threshold={threshold}"

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self._fix(beta=beta, threshold=threshold)


class Threshold(InPlace):
    r"""The input where it is above a threshold, one value elsewhere.

    Parameters
    ----------
    threshold, value : float
    inplace : bool, default False

    Shape
    -----
    [*] to [*]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Threshold(1.0, 9.0)(learngrad.tensor([0.0, 2.0]))
    tensor([9., 2.])
    """

    function = staticmethod(A.threshold)
    shown = "threshold={threshold}, value={value}"

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self._fix(threshold=threshold, value=value)
