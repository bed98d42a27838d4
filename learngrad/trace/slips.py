"""What learners get wrong at a step, as a table: each mistake computes the answer it leads to.

A formula's arguments say what it needs: ``g`` the gradient arriving, ``d`` the local derivative,
``x`` the value of what receives (going forward: of the first operand), ``y`` that of the other
operand, ``out`` the result, ``n`` how many elements are reduced, ``v`` the right contribution. A
mistake whose needs are not known, or that leads to the right answer, does not count.

The first of several that fit is told; so what is special stands before what is general. Since
others may fit as well, a hint says what the answer is, and not what somebody did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["ADDED", "BACKWARD", "FORWARD", "HINTS", "NEEDS", "Slip", "hint", "outcomes"]


class Slip(NamedTuple):
    """A mistake: the key of its hint, the operations and operands it is made at, its outcome."""

    hint: str
    at: str
    outcome: Callable[..., float]

    def fits(self, op: str, letter: str) -> bool:
        """Whether it can be made there: ``at`` lists ``op`` or ``op.letter``, or is empty."""
        at = self.at.split()
        return not at or op in at or f"{op}.{letter}" in at


ADDED = "+"
"""Ends the key of a mistake in what was, rightly, added to what was there."""


def hint(key: str) -> str:
    """The text of a mistake's hint."""
    if key.endswith(ADDED):
        return f"To add it was right. Look at what was added. {HINTS[key.removesuffix(ADDED)]}"
    return HINTS[key]


def outcomes(slips: list[Slip], op: str, letter: str,
             known: Mapping[str, float]) -> list[tuple[str, float]]:
    """What each mistake that can be made there leads to, as far as it is known and a number."""
    found = []
    for slip in slips:
        needs = slip.outcome.__code__.co_varnames
        if not slip.fits(op, letter) or any(name not in known for name in needs):
            continue
        try:
            value = slip.outcome(*(known[name] for name in needs))
        except (ZeroDivisionError, OverflowError):  # this mistake leads to no number here
            continue
        if not isinstance(value, complex) and math.isfinite(value):
            found.append((slip.hint, float(value)))
    return found


# What is told with the question for a contribution to be worked out; what has a ? may be unknown.
NEEDS = {
    "add": "", "sub": "", "neg": "", "clone": "", "sum": "", "mean": "", "mul": "y",
    "div.a": "y", "div.b": "x y", "pow.a": "x y", "relu": "x", "abs": "x", "maximum": "x y",
    "minimum": "x y", "tanh": "x? out", "sigmoid": "x? out", "exp": "x? out", "log": "x",
    "sqrt": "x? out", "reciprocal": "x? out", "mse": "x y",
}

BACKWARD = [
    Slip("swapped", "mul", lambda g, x: g * x),
    Slip("div-times", "div.a", lambda g, y: g * y),
    Slip("div-above", "div.b", lambda g, x: g / x),
    Slip("div-square", "div.b", lambda g, x, y: -g * y / x),
    Slip("pow-kept", "pow.a", lambda g, x, y: g * y * x ** y),
    Slip("pow-factor", "pow.a", lambda g, x, y: g * x ** (y - 1)),
    Slip("pow-base", "pow.a", lambda g, y: g * y),
    Slip("pow-power", "pow.a", lambda g, x, y: g * y * x),
    Slip("pow-integral", "pow.a", lambda g, x, y: g * x ** (y + 1) / (y + 1)),
    Slip("input", "tanh", lambda g, x: g * (1 - x * x)),
    Slip("not-squared", "tanh", lambda g, out: g * (1 - out)),
    Slip("rule-of-sigmoid", "tanh", lambda g, out: g * out * (1 - out)),
    Slip("one-minus", "tanh", lambda g, out: g * out * out),
    Slip("input", "sigmoid", lambda g, x: g * x * (1 - x)),
    Slip("rule-of-tanh", "sigmoid", lambda g, out: g * (1 - out * out)),
    Slip("one-factor", "sigmoid", lambda g, out: g * out),
    Slip("one-factor", "sigmoid", lambda g, out: g * (1 - out)),
    Slip("exp-itself", "exp", lambda g, x: g * x),
    Slip("exp-power", "exp", lambda g, x, out: g * x * out / math.e),
    Slip("log-output", "log", lambda g, out: g / out),
    Slip("log-times", "log", lambda g, x: g * x),
    Slip("input", "sqrt", lambda g, x: g / (2 * x)),
    Slip("sqrt-half", "sqrt", lambda g, out: g / out),
    Slip("sqrt-times", "sqrt", lambda g, out: g * out / 2),
    Slip("input", "reciprocal", lambda g, x: -g * x * x),
    Slip("not-squared", "reciprocal", lambda g, out: -g * out),
    Slip("relu-passed", "relu", lambda g, x: g if x <= 0 else math.nan),
    Slip("relu-held", "relu", lambda x: 0.0 if x > 0 else math.nan),
    Slip("relu-value", "relu", lambda g, x: g * x),
    Slip("loser", "maximum minimum", lambda g, v: g if v == 0 else math.nan),
    Slip("winner", "maximum minimum", lambda v: 0.0 if v != 0 else math.nan),
    Slip("sub-sign", "sub.b neg", lambda v: -v),
    Slip("add-times", "add sub", lambda g, y: g * y),
    Slip("add-share", "add sub", lambda g: g / 2),
    Slip("mean-n", "mean", lambda g: g),
    Slip("mean-times", "mean", lambda g, n: g * n),
    Slip("sum-value", "sum", lambda g, x: g * x),
    Slip("mean-value", "mean", lambda g, x, n: g * x / n),
    Slip("sum-mean", "sum", lambda g, n: g / n),
    Slip("mse-two", "mse", lambda v: v / 2),
    Slip("mean-n", "mse", lambda v, n: v * n),
    Slip("mse-loss", "mse", lambda g, x, y, n: g * (x - y) ** 2 / n),
    Slip("mse-two-n", "mse", lambda v, n: v * n / 2),
    Slip("mse-turned", "mse", lambda v: -v),
    # At any operation.
    Slip("local-only", "", lambda d: d),
    Slip("upstream-only", "", lambda g: g),
    Slip("sign", "", lambda v: -v),
    Slip("chain-added", "", lambda g, d: g + d),
    Slip("chain-divided", "", lambda g, d: g / d),
    Slip("value-result", "", lambda out: out),
    Slip("value-itself", "", lambda x: x),
]

FORWARD = [
    Slip("fore-multiplied", "add", lambda x, y: x * y),
    Slip("fore-subtracted", "add", lambda x, y: x - y),
    Slip("fore-added", "mul sub", lambda x, y: x + y),
    Slip("fore-sign", "mul", lambda x, y: -x * y),
    Slip("fore-turned", "sub", lambda x, y: y - x),
    Slip("fore-turned", "div", lambda x, y: y / x),
    Slip("fore-multiplied", "div", lambda x, y: x * y),
    Slip("fore-power-times", "pow", lambda x, y: x * y),
    Slip("fore-power-turned", "pow", lambda x, y: y ** x),
    Slip("fore-power-sign", "pow", lambda x, y: -(x ** y)),
    Slip("fore-negative", "relu", lambda x: x if x < 0 else math.nan),
    Slip("fore-negative", "relu", lambda x: -x),
    Slip("fore-same", "neg abs", lambda x: x),
    Slip("fore-other", "maximum", lambda x, y: min(x, y)),
    Slip("fore-other", "minimum", lambda x, y: max(x, y)),
]

HINTS = {
    # A contribution, at one operation.
    "swapped": "That has {to} itself in it. In a product the derivative by one factor is the other "
               "factor: here {other}.",
    "div-times": "{to} is divided by {other}, so the local derivative is 1 / {other}, not {other}.",
    "div-above": "That would be the rule for what stands above the line. {to} stands below it: the "
                 "local derivative is −{other} / {to}².",
    "div-square": "Nearly: what stands below the line is squared in the derivative.",
    "pow-kept": "The factor in front is right. The exponent also goes down by one.",
    "pow-factor": "The exponent went down by one. It also comes in front as a factor.",
    "pow-base": "The exponent came in front, but the base is gone: it stays, with an exponent that "
                "is one less.",
    "pow-power": "Exponent times base is the rule for squares. In general the base keeps a power: "
                 "the exponent less one.",
    "pow-integral": "That is the integral. For the derivative the exponent comes in front, and "
                    "goes down by one.",
    "input": "That has the input {to} where the output {node} belongs: this rule is written with "
             "what came out.",
    "not-squared": "That has the output in it, but the rule has its square.",
    "rule-of-sigmoid": "out · (1 − out) is the rule for sigmoid. For tanh it is 1 − out².",
    "rule-of-tanh": "1 − out² is the rule for tanh. For sigmoid it is out · (1 − out).",
    "one-minus": "Not out², but what is left of 1: 1 − out².",
    "one-factor": "That is one factor of two: out · (1 − out).",
    "exp-itself": "That has the input {to} in it. exp is its own derivative: the factor is the "
                  "output, {node}.",
    "exp-power": "The power rule is for x^n. Here the variable stands in the exponent: exp is its "
                 "own derivative.",
    "log-output": "That has the output in it. The derivative of ln is 1 / input: here 1 / {to}.",
    "log-times": "The derivative of ln is 1 / {to}, not {to}.",
    "sqrt-half": "The factor ½ is missing: 1 / (2 · out).",
    "sqrt-times": "The output stands below the line: 1 / (2 · out).",
    "relu-passed": "ReLU gave 0 here, and would for a slightly different {to} as well. What does "
                   "that say of its derivative?",
    "relu-held": "{to} is above 0, so ReLU hands it on, and hands the gradient on as well.",
    "relu-value": "The derivative of ReLU is 1 or 0. It says whether the gradient passes, and does "
                  "not scale it.",
    "loser": "{other} was taken, not {to}: a small change of {to} changes nothing.",
    "winner": "{to} was the one that was taken: the whole gradient goes to it.",
    "sub-sign": "{to} comes in with a minus sign: when it grows, {node} falls.",
    "add-times": "In a sum each term passes the gradient on as it is. The other term does not "
                 "matter.",
    "add-share": "The gradient is not shared out: each term of a sum gets all of it.",
    "mean-n": "Forgotten: 1 / n. In a mean each element counts only for its share.",
    "mean-times": "In a mean each element counts for 1 / n: divide by n, do not multiply.",
    "mean-value": "A mean is a sum, divided: the value of {to} does not come into its derivative.",
    "sum-value": "In a sum every element counts once, whatever its value is.",
    "sum-mean": "That would be the rule for a mean. In a sum each element counts in full.",
    "mse-two": "The square brings a factor 2.",
    "mse-two-n": "Two things are missing: the factor 2 of the square, and 1 / n of the mean.",
    "mse-loss": "That is the element's part of the loss itself. The derivative of a square is "
                "twice what is squared.",
    "mse-turned": "The size is right. Look at which of the two is taken from which.",
    # A contribution, anywhere.
    "local-only": "That is the local derivative alone. By the chain rule it is multiplied by the "
                  "gradient that arrives at {node}.",
    "upstream-only": "That is the gradient as it arrived. It still has to be multiplied by the "
                     "local derivative of {node} by {to}.",
    "sign": "The size is right. Look at the sign again.",
    "chain-added": "That is the sum of the two. The chain rule multiplies: gradient arriving times "
                   "local derivative.",
    "chain-divided": "That is one divided by the other. The chain rule multiplies: gradient "
                     "arriving times local derivative.",
    "value-result": "That is the value of {node}. Asked is how fast the loss changes with {to}.",
    "value-itself": "That is the value of {to}. Asked is how fast the loss changes with it.",
    # Adding up.
    "overwrote": "That is what this step brings; it would overwrite what {to} has already from "
                 "another path. Gradients of several paths are added.",
    "kept": "That is what {to} had before. This step's contribution is still to be added.",
    "subtracted": "That is one taken from the other. Contributions are added.",
    "less": "That is what was there less this step's contribution. Contributions are added: look "
            "at its sign, too.",
    "multiplied": "That is what was there times what comes. Contributions are added.",
    "one-path": "{to} is used more than once here. That is one of the paths; the other one is "
                "forgotten. Their contributions are added.",
    "unsummed": "That is one of several. {to} was broadcast, which means used once for each; what "
                "comes back is summed over that axis.",
    "averaged": "That is the mean. {to} was broadcast: what comes back over that axis is summed.",
    "grad-overwrote": "That would replace the old .grad. backward() adds to what is there, until "
                      "it is set to zero.",
    "grad-kept": "That is the old .grad. What has arrived now is added to it.",
    # Shapes.
    "shape-unsummed": "That is the shape of what arrives: the sum over the broadcast axis is "
                      "missing. {to} was used once for each, so its gradient is summed there.",
    "shape-axis": "Summed, but the summed axis is kept. {to} has no such axis, and its gradient "
                  "has {to}'s own shape.",
    "shape-turned": "Transposed. A gradient lies as {to} itself does.",
    "shape-other": "That is the shape of {other}. Asked is the gradient by {to}.",
    "shape-upstream": "That is the shape of what arrives at {node}. On the way to {to} it takes on "
                      "{to}'s shape.",
    "shape-loss": "The loss is one number, but it has a derivative by each element of {to}.",
    "nudge-shape": "A gradient has one entry for each entry of what it is the gradient of.",
    "matmul-inner": "The inner sizes meet and go away. The outer ones stay.",
    "matmul-turned": "Turned round: the rows come from {first}, the columns from {other}.",
    "bc-small": "That is the shape of the smaller one. Broadcasting repeats it until it fits the "
                "larger one.",
    "reduce-kept": "That is the shape that goes in. Reducing an axis takes it away.",
    "reduce-axis": "The reduced axis goes away altogether here; it does not stay with size 1.",
    "reduce-all": "Not all axes are reduced here.",
    "turned-not": "That is the shape as it was. Here the axes change places.",
    "nudge-shape-out": "Go through the operands' shapes axis by axis, from the right.",
    # Which product.
    "product-turned": "That gives the transpose: its shape is {to}'s turned round.",
    "product-plain": "Something has to be transposed: as it stands, the sizes that meet are not "
                     "those that were summed over.",
    "product-order": "The order is wrong: what {to} was multiplied by stays on its side.",
    "product-itself": "That has {to} itself in it. As in a product of numbers, the derivative has "
                      "the other factor in it: {other}.",
    # Which node.
    "waits": "Something has arrived there, but not everything: another node that uses it has not "
             "had its turn. It waits, so that its gradients can be added up first.",
    "nothing": "Nothing has arrived there yet. A node's turn comes after those that use its "
               "result.",
    "also": "Everything has arrived there, so it could go now, too. This replay takes, of all that "
            "could, the one that was made last.",
    "nudge-choice": "Look for a place where a gradient has arrived, and where no other is still to "
                    "come.",
    # Going forward.
    "fore-multiplied": "That is their product. Look at the sign of the operation.",
    "fore-added": "That is their sum. Look at the sign of the operation.",
    "fore-subtracted": "That is their difference. Look at the sign of the operation.",
    "fore-sign": "The size is right. Count the minus signs.",
    "fore-turned": "The other way round: the order of the two matters here.",
    "fore-power-times": "That is {to} times the exponent. A power multiplies {to} by itself.",
    "fore-power-turned": "The other way round: {to} is what is multiplied by itself.",
    "fore-power-sign": "The size is right. The minus sign is raised to the power, too.",
    "fore-negative": "ReLU gives 0 for everything below 0, and the rest as it is.",
    "fore-same": "Look at the sign: this operation may change it.",
    "fore-other": "That is the other one of the two.",
    "fore-sum": "That is the sum. A mean divides it by how many there are.",
    "fore-mean": "That is the mean. Here they are only added.",
    # Whatever was asked.
    "nudge-number": "Multiply the gradient that arrives at {node} by the local derivative.",
    "nudge-sum": "Work out what each path passes back, arriving gradient times local derivative, "
                 "and add them up.",
    "nudge-value": "Put the values into the operation, as Python would.",
    "rough": "As far as it goes. Give one more digit, or a fraction.",
    "unsure": "With so few digits it may be right, and it may be a slip. Give one more digit, or a "
              "fraction.",
    "unread-number": "Type a number, such as −2, 0.33, 1/3 or 1.5e-3.",
    "unread-shape": "Type a shape, such as (3, 4), or () for a single number.",
}
