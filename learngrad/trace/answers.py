"""What a learner answers to a question about a step: read tolerantly, judged, and counted.

The front end does the same (`js/core/predict.ts`); both are tested against
``tests/trace/answer_cases.json``. A question is plain data, as `questions.sheet` makes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from learngrad.trace.text import number

__all__ = ["Quiz", "Verdict", "judge", "read_number", "read_shape", "shape_said", "told"]

TRIES = 2
"""Wrong answers after which the right one is shown."""
LONGEST = 100
"""Characters of an answer that are read."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?"
_ONE = re.compile(_NUMBER, re.ASCII)
_FRACTION = re.compile(f"({_NUMBER})/({_NUMBER})", re.ASCII)
_SHAPE = re.compile(r"(?:torch\.|learngrad\.)?(?:size|shape)?\(?[\[(]?([^\[\]()]*)[\])]?\)?")


class Verdict(NamedTuple):
    """What an answer is worth.

    ``kind`` is "right", "wrong", "rough" (right, but with too few digits) or "unread" (it is not
    of the kind that is asked for, or has too few digits to be told from a mistake); only a wrong
    one costs a try. ``hint`` says the cause.
    """

    kind: str
    hint: str


def read_number(text: str) -> tuple[float, float] | None:
    """A typed number and the size of its last digit; None where it is none.

    Examples
    --------
    >>> read_number("1/3")
    (0.3333333333333333, 0.0)
    >>> read_number("−0,25"), read_number("3e-2"), read_number("two")
    ((-0.25, 0.01), (0.03, 0.01), None)
    """
    text = re.sub(r"\s+", "", text[:LONGEST].lower()).lstrip("=").translate(_PLAIN)
    if "." not in text:
        text = text.replace(",", ".")
    if _ONE.fullmatch(text):
        mantissa, _, power = text.partition("e")
        digits = len(mantissa.partition(".")[2])
        value = float(text)
        return (value, 10.0 ** (int(power or 0) - digits)) if math.isfinite(value) else None
    found = _FRACTION.fullmatch(text)
    if found is None or float(found[2]) == 0:
        return None
    value = float(found[1]) / float(found[2])
    return (value, 0.0) if math.isfinite(value) else None


_PLAIN = str.maketrans({"−": "-", "–": "-", "⁄": "/", "÷": "/", ":": "/"})


def read_shape(text: str) -> list[int] | None:
    """A typed shape; None where it is none.

    Examples
    --------
    >>> read_shape("(3, 4)"), read_shape("3×4"), read_shape("[3]"), read_shape("scalar")
    ([3, 4], [3, 4], [3], [])
    """
    text = text[:LONGEST].strip().lower()
    if text in ("scalar", "()", "[]", "one number"):
        return []
    found = _SHAPE.fullmatch(text)
    parts = re.split(r"[,;x×* ]+", found[1].strip(",; ")) if found else []
    # Not isdigit(): that is also true of ², which int() refuses.
    return [int(part) for part in parts] if parts and all(
        part.isascii() and part.isdigit() and len(part) < 10 for part in parts) else None


def judge(question: Mapping[str, Any], text: str, hints: Mapping[str, str]) -> Verdict:
    """Whether an answer is right; if it is wrong, why, as far as a cause fits.

    Parameters
    ----------
    question : dict
        One of a sheet's questions.
    text : str
        The answer: a number, a shape, or the value of a choice.
    hints : dict of str to str
        The sheet's hints.
    """
    def said(key: str) -> str:
        return filled(hints[key], question["names"])

    truth, kind = question["answer"], question["kind"]
    nudge = question.get("nudge") or f"nudge-{kind}"
    if kind == "choice":
        values = [str(value) for value, _ in question["choices"]]
        if text == str(truth):
            return Verdict("right", "")
        if text in map(str, question.get("also", ())):
            return Verdict("right", said("also"))
        for key, value in question["slips"]:
            if text == str(value):
                return Verdict("wrong", said(key))
        known = text in values or question.get("nodes", False)
        return Verdict("wrong" if known else "unread", said(nudge))
    if kind == "shape":
        shape = read_shape(text)
        if shape is None:
            return Verdict("unread", said("unread-shape"))
        if shape == truth:
            return Verdict("right", "")
        return Verdict("wrong", said(next(
            (key for key, value in question["slips"] if value == shape), nudge)))
    typed = read_number(text)
    if typed is None:
        return Verdict("unread", said("unread-number"))
    if _near(*typed, truth):
        return Verdict("right", "")
    fits = [key for key, value in question["slips"] if _near(*typed, value)]
    if typed[0] != 0 and abs(typed[0] - truth) <= typed[1] / 2:  # nobody rounds to nothing
        return Verdict("unread", said("unsure")) if fits else Verdict("rough", said("rough"))
    close = [key for key, value in question["slips"] if _near(typed[0], 0.0, value)]
    # With few digits several mistakes may fit: none of them is told then.
    cause = (close or fits)[0] if close or len(set(fits)) == 1 else nudge
    return Verdict("wrong", said(cause))


def filled(template: str, names: Mapping[str, str]) -> str:
    """A hint with the learner's own names in it."""
    return re.sub(r"\{(\w+)\}", lambda m: names.get(m[1], m[1]), template)


def _near(value: float, unit: float, truth: float) -> bool:
    """Whether a typed number is the truth: to half a percent, or to its digits and two percent."""
    off, size = abs(value - truth), abs(truth)
    return off <= max(0.005 * size, 1e-9) or off <= min(unit / 2, 0.02 * size) * (1 + 1e-9)


def shape_said(shape: list[int]) -> str:
    """A shape as Python writes it: ``(3, 4)``."""
    return str(tuple(shape))


def told(question: Mapping[str, Any]) -> str:
    """The right answer, written out."""
    answer = question["answer"]
    if question["kind"] == "number":
        return number(answer)
    if question["kind"] == "shape":
        return shape_said(answer)
    return next(label for value, label in question["choices"] if value == answer)


class Quiz:
    """The questions that stand before a step, one after another, and the score.

    Parameters
    ----------
    sheet : dict
        What `questions.sheet` made.
    replay : int, default 0
        Which replay is walked.
    """

    def __init__(self, sheet: Mapping[str, Any], replay: int = 0) -> None:
        self.hints = sheet["hints"]
        self._at: dict[int, list[Mapping[str, Any]]] = {}
        for question in sheet["questions"]:
            if question["replay"] == replay:
                self._at.setdefault(question["index"], []).append(question)
        self._wrong = 0
        self.reset()

    def reset(self) -> None:
        """Count from nothing again."""
        self.asked = self.right = self.first = 0

    def before(self, index: int) -> list[Mapping[str, Any]]:
        """The questions that stand before a step is shown; each is asked once."""
        self._wrong = 0
        return self._at.pop(index, [])

    def answer(self, question: Mapping[str, Any], text: str) -> tuple[Verdict, bool]:
        """Judge and count an answer; whether the question is over."""
        verdict = judge(question, text, self.hints)
        if verdict.kind == "right":
            self.right += 1
            self.first += self._wrong == 0
        elif verdict.kind == "wrong":
            self._wrong += 1
        over = verdict.kind == "right" or self._wrong >= TRIES
        if over:
            self.give_up()
        return verdict, over

    def give_up(self) -> None:
        """The answer is shown: the question counts as asked."""
        self.asked += 1
        self._wrong = 0

    def score(self) -> str:
        """The score in words."""
        if not self.asked:
            return "no question answered yet"
        first = f", {self.first} at the first try" if self.first < self.right else ""
        return f"{self.right} of {self.asked} right{first}"
