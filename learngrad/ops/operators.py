"""A tensor's operators, and its methods that compute: the public functions themselves."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad.autograd.function import Function
from learngrad.errors import ArgumentTypeError
from learngrad.ops import (
    bounds,
    cumulative,
    extrema,
    logical,
    reduce,
    rounding,
    special,
    statistics,
)
from learngrad.ops import elementwise as E
from learngrad.ops import exponential as X
from learngrad.ops import trigonometry as T
from learngrad.ops.erfinv import erfinv as inverse_erf
from learngrad.ops.spelling import in_place

__all__ = ["USUAL", "Operators"]

USUAL: set[type] = {float, int}  # operands that need no second look; tensor.py adds its own


def _binary(operation: type[Function], a: Any, b: Any) -> Any:
    """An operator. An object that is no number may still know what to do: Python asks it next."""
    try:
        return operation.apply(a, b)
    except ArgumentTypeError:
        other = b if isinstance(a, Operators) else a
        if hasattr(type(other), "__array_ufunc__") and not isinstance(other, np.ndarray):
            return NotImplemented
        raise


def _operator(operation: type[Function]) -> tuple[Any, Any]:
    """An operator of two operands, and the same with the tensor on the right."""
    def left(self, other):
        return _binary(operation, self, other)

    def right(self, other):
        return _binary(operation, other, self)

    return left, right


def _compared(function: Callable[..., Any], otherwise: bool) -> Any:
    """``==`` and ``!=`` answer for anything: no tensor equals a text or None."""
    def compare(self, other):
        if not isinstance(other, (Operators, int, float, np.ndarray, np.generic)):
            return otherwise
        return function(self, other)

    return compare


def _augmented(sign: str, function: Callable[..., Any]) -> Any:
    """``+=`` and the like: the array is overwritten, and the tensor's place in the graph too."""
    def method(self, other):
        return self._assign(sign, lambda: function(self, other))

    return method


def _both(function: Callable[..., Any]) -> tuple[Any, Any]:
    """A function as a method, and the method that does the same in place."""
    return function, in_place(function)


class Operators:
    """Operators and methods of a tensor; a method is the function of that name."""

    __slots__ = ()

    # The five that most programs consist of are written out: this is the hot path.

    def __add__(self, other):
        return E.Add.apply(self, other) if type(other) in USUAL else _binary(E.Add, self, other)

    def __sub__(self, other):
        return E.Sub.apply(self, other) if type(other) in USUAL else _binary(E.Sub, self, other)

    def __mul__(self, other):
        return E.Mul.apply(self, other) if type(other) in USUAL else _binary(E.Mul, self, other)

    def __truediv__(self, other):
        return E.Div.apply(self, other) if type(other) in USUAL else _binary(E.Div, self, other)

    def __pow__(self, other):
        return E.Pow.apply(self, other) if type(other) in USUAL else _binary(E.Pow, self, other)

    __radd__, __rsub__ = _operator(E.Add)[1], _operator(E.Sub)[1]
    __rmul__, __rtruediv__ = _operator(E.Mul)[1], _operator(E.Div)[1]
    __rpow__ = _operator(E.Pow)[1]
    __floordiv__, __rfloordiv__ = _operator(rounding.FloorDivide)
    __mod__, __rmod__ = _operator(rounding.Remainder)
    __and__, __rand__ = _operator(logical.And)
    __or__, __ror__ = _operator(logical.Or)
    __xor__, __rxor__ = _operator(logical.Xor)
    __lshift__, __rlshift__ = _operator(logical.LeftShift)
    __rshift__, __rrshift__ = _operator(logical.RightShift)
    __neg__, __abs__, __invert__ = E.neg, E.absolute, logical.bitwise_not
    __eq__, __ne__ = _compared(logical.eq, False), _compared(logical.ne, True)
    __lt__, __le__, __gt__, __ge__ = logical.lt, logical.le, logical.gt, logical.ge

    def __contains__(self, element):
        return bool(logical.eq(self, element).any())

    def __pos__(self):
        return self

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    __iadd__, __isub__ = _augmented("+=", operator.add), _augmented("-=", operator.sub)
    __imul__, __itruediv__ = _augmented("*=", operator.mul), _augmented("/=", operator.truediv)
    __ifloordiv__, __imod__ = _augmented("//=", operator.floordiv), _augmented("%=", operator.mod)
    __ipow__ = _augmented("**=", operator.pow)
    __iand__, __ior__ = _augmented("&=", operator.and_), _augmented("|=", operator.or_)
    __ixor__ = _augmented("^=", operator.xor)
    __ilshift__ = _augmented("<<=", operator.lshift)
    __irshift__ = _augmented(">>=", operator.rshift)

    add, add_ = _both(E.add)
    sub, sub_ = _both(E.sub)
    mul, mul_ = _both(E.mul)
    div, div_ = _both(E.div)
    neg, neg_ = _both(E.neg)
    subtract, multiply, divide, true_divide, negative = E.sub, E.mul, E.div, E.div, E.neg
    subtract_, multiply_, divide_, true_divide_, negative_ = sub_, mul_, div_, div_, neg_
    pow, pow_ = _both(E.pow)
    square, square_ = _both(E.square)
    abs, abs_ = _both(E.absolute)
    absolute, absolute_ = E.absolute, abs_
    sign, sign_ = _both(E.sign)
    relu, relu_ = _both(E.relu)
    lerp, lerp_ = _both(E.lerp)
    addcmul, addcmul_ = _both(E.addcmul)
    addcdiv, addcdiv_ = _both(E.addcdiv)
    clone = E.clone

    def where(self, condition, other):
        """The tensor's elements where `condition` is true, else those of `other`."""
        return E.where(condition, self, other)

    exp, exp_ = _both(X.exp)
    exp2, exp2_ = _both(X.exp2)
    expm1, expm1_ = _both(X.expm1)
    log, log_ = _both(X.log)
    log1p, log1p_ = _both(X.log1p)
    log2, log2_ = _both(X.log2)
    log10, log10_ = _both(X.log10)
    logaddexp = X.logaddexp
    sqrt, sqrt_ = _both(X.sqrt)
    rsqrt, rsqrt_ = _both(X.rsqrt)
    reciprocal, reciprocal_ = _both(X.reciprocal)
    hypot, hypot_ = _both(X.hypot)
    sigmoid, sigmoid_ = _both(X.sigmoid)
    erf, erf_ = _both(special.erf)
    erfinv, erfinv_ = _both(inverse_erf)

    sin, sin_ = _both(T.sin)
    cos, cos_ = _both(T.cos)
    tan, tan_ = _both(T.tan)
    asin, asin_ = _both(T.asin)
    acos, acos_ = _both(T.acos)
    atan, atan_ = _both(T.atan)
    atan2, atan2_ = _both(T.atan2)
    sinh, sinh_ = _both(T.sinh)
    cosh, cosh_ = _both(T.cosh)
    tanh, tanh_ = _both(T.tanh)
    asinh, asinh_ = _both(T.asinh)
    acosh, acosh_ = _both(T.acosh)
    atanh, atanh_ = _both(T.atanh)
    arcsin, arccos, arctan, arctan2 = T.asin, T.acos, T.atan, T.atan2
    arcsin_, arccos_, arctan_, arctan2_ = asin_, acos_, atan_, atan2_
    arcsinh, arccosh, arctanh = T.asinh, T.acosh, T.atanh
    arcsinh_, arccosh_, arctanh_ = asinh_, acosh_, atanh_

    floor, floor_ = _both(rounding.floor)
    ceil, ceil_ = _both(rounding.ceil)
    trunc, trunc_ = _both(rounding.trunc)
    round, round_ = _both(rounding.round)
    frac, frac_ = _both(rounding.frac)
    floor_divide, floor_divide_ = _both(rounding.floor_divide)
    remainder, remainder_ = _both(rounding.remainder)
    fmod, fmod_ = _both(rounding.fmod)
    fix, fix_ = rounding.trunc, trunc_

    clamp, clamp_ = _both(bounds.clamp)
    clip, clip_ = bounds.clamp, clamp_
    clamp_min, clamp_min_ = _both(bounds.clamp_min)
    clamp_max, clamp_max_ = _both(bounds.clamp_max)
    maximum, minimum = bounds.maximum, bounds.minimum

    eq, eq_ = _both(logical.eq)
    ne, ne_ = _both(logical.ne)
    lt, lt_ = _both(logical.lt)
    le, le_ = _both(logical.le)
    gt, gt_ = _both(logical.gt)
    ge, ge_ = _both(logical.ge)
    not_equal, less, less_equal = logical.ne, logical.lt, logical.le
    greater, greater_equal = logical.gt, logical.ge
    not_equal_, less_, less_equal_, greater_, greater_equal_ = ne_, lt_, le_, gt_, ge_
    isnan, isinf, isfinite = logical.isnan, logical.isinf, logical.isfinite
    isclose, allclose, equal = logical.isclose, logical.allclose, logical.equal
    logical_and, logical_and_ = _both(logical.logical_and)
    logical_or, logical_or_ = _both(logical.logical_or)
    logical_xor, logical_xor_ = _both(logical.logical_xor)
    logical_not, logical_not_ = _both(logical.logical_not)
    bitwise_and, bitwise_and_ = _both(logical.bitwise_and)
    bitwise_or, bitwise_or_ = _both(logical.bitwise_or)
    bitwise_xor, bitwise_xor_ = _both(logical.bitwise_xor)
    bitwise_not, bitwise_not_ = _both(logical.bitwise_not)
    bitwise_left_shift, bitwise_left_shift_ = _both(logical.bitwise_left_shift)
    bitwise_right_shift, bitwise_right_shift_ = _both(logical.bitwise_right_shift)

    sum, mean, prod, logsumexp = reduce.sum, reduce.mean, cumulative.prod, reduce.logsumexp
    var, std, norm = statistics.var, statistics.std, statistics.norm
    all, any, count_nonzero = reduce.all, reduce.any, reduce.count_nonzero
    max, min, amax, amin = extrema.max, extrema.min, extrema.amax, extrema.amin
    argmax, argmin, median = extrema.argmax, extrema.argmin, extrema.median
    cumsum, cumsum_ = _both(cumulative.cumsum)
    cumprod, cumprod_ = _both(cumulative.cumprod)
    cummax, cummin = cumulative.cummax, cumulative.cummin
