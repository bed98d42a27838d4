"""`learngrad.step`: a recorded replay walked in a terminal, line by line, forward and back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from learngrad.errors import ArgumentError
from learngrad.tensor import Tensor
from learngrad.trace.answers import Quiz, told
from learngrad.trace.boxes import gradients
from learngrad.trace.questions import sheet
from learngrad.trace.recorder import Recorder
from learngrad.trace.subject import called, is_called, still, taken
from learngrad.trace.terminal import columns, fitted, help_text, paragraph
from learngrad.trace.text import elide
from learngrad.trace.walk import walk
from learngrad.trace.words import _got, newest, summary, table

__all__ = ["Session", "step", "trace_of"]

ROWS = 40
"""Rows of the graph that are printed by themselves; P prints all."""
UNASKED = "No step of this graph can be worked out by head: they are shown as they are."
ASKED = "  Type the answer. s shows it; ? helps; q quits."


def step(what: Tensor | Recorder | Mapping[str, Any] | str | os.PathLike[str] | Callable[..., Any],
         *inputs: Any, predict: bool = False) -> None:
    """Walk through a computation and its backward pass in a terminal.

    It reads a line at a time, so it works over ssh and in every terminal: Enter (or n) makes a
    step, b goes back, ``g NAME`` goes to a node's step, ``r NAME`` runs there, p prints the graph,
    q (or Ctrl-C) quits. Where a file or a pipe ends, as ``< /dev/null`` does at once, all that is
    left is printed. What is said at a step is what the views say.

    Parameters
    ----------
    what : Tensor, Recorder, dict, path or callable
        A loss, whose backward pass is replayed (every ``.grad`` stays as it is); a tape; a trace
        as plain data, or the ``.json`` file of one; or a module or function, which is called with
        `inputs` and recorded; a loss that it gives is replayed.
    *inputs
        What to call it with. A function that is given plain numbers alone gets floats and arrays of
        them as leaves: ``learngrad.step(lambda a, b: (a * b + a) ** 2, 2.0, -3.0)``.
    predict : bool, default False
        Whether to ask for the next number, shape or node before it is shown. A wrong answer gets
        its likely cause; after two the right one is shown.

    Raises
    ------
    ArgumentTypeError
        If it is none of these, or what is called takes other inputs.
    GraphError
        If a backward pass has freed the loss's graph.
    TraceError
        If plain data is not a whole trace.

    Examples
    --------
    With nobody who types:

    >>> import io, sys, learngrad
    >>> x = learngrad.tensor(3.0, requires_grad=True)
    >>> keyboard, sys.stdin = sys.stdin, io.StringIO("")
    >>> learngrad.step(x * 2)  # doctest: +ELLIPSIS
    A graph of 1 operation and 1 leaf. 1 backward replay of 2 steps.
    ...
    Step 1 of 2: multiply, x × 2. The gradient arriving is 1. To x: times 2 gives 2.
    Step 2 of 2: x is a leaf. Its .grad was empty and becomes 2.
    ...
    >>> sys.stdin = keyboard
    """
    trace, why = trace_of(what, *inputs)
    try:
        Session(trace, predict=predict, why=why).run()
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read along, as `head`, has had enough: Unix tools end then without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def trace_of(what: Any, *inputs: Any) -> tuple[dict[str, Any], str]:
    """The trace of whatever can be stepped, and why it has no replay where there is none."""
    if is_called("step", what, inputs):
        tape = Recorder()
        try:
            why = called(tape, what, inputs, replay=True)
        except Exception:
            Session(tape.to_dict()).overview()  # what ran before it
            raise
        return tape.to_dict(), why
    source = taken("step", what, replay=True)
    trace = source.to_dict() if isinstance(source, Recorder) else source
    return trace, still(what) if isinstance(what, Tensor) else ""


_NO_REPLAY: dict[str, Any] = {"steps": [], "root": -1, "seed": None}


class Session:
    """One walk: where it stands, what it has asked, and what a typed line does.

    Parameters
    ----------
    trace : dict
        A trace.
    predict : bool, default False
        Whether it asks before it shows.
    replay : int, optional
        Which replay; the last one that made a step by default.
    why : str, optional
        Why there is no replay, where there is none.
    """

    def __init__(self, trace: Mapping[str, Any], *, predict: bool = False,
                 replay: int | None = None, why: str = "") -> None:
        replays = trace["replays"]
        which = newest(replays) if replay is None else replay
        if not 0 <= which < max(1, len(replays)):
            raise ArgumentError(f"there is no replay {which}: the trace has {len(replays)}",
                                fix="count from 0, or leave it out for the last one")
        self.trace = trace
        self._replay: Mapping[str, Any] = replays[which] if replays else _NO_REPLAY
        self._which = which
        self._steps: list[Any] = self._replay["steps"]
        first = replays[which - 1]["root"] if which else -1
        last = self._replay["root"] if replays else max((n["id"] for n in trace["nodes"]),
                                                        default=-1)
        self._ran = [node["id"] for node in trace["nodes"]
                     if node["kind"] == "operation" and first < node["id"] <= last]
        self._said = walk(trace, which)
        self._rows = table(trace)
        self._nodes = [node["id"] for node in trace["nodes"]]
        self.least = -len(self._ran) - 1 if self._ran else 0
        self.index = self._shown = self.least
        asked = sheet(trace) if predict else {"questions": []}
        asks = any(question["replay"] == which for question in asked["questions"])
        self._quiz = Quiz(asked, which) if asks else None
        self._unasked = predict and not asks
        self._why = "" if replays else why
        self._open, self._over = True, False

    # ---- The walk --------------------------------------------------------------------------------

    def run(self) -> None:
        """Read lines and do what they say, until the walk is over."""
        self.overview()
        if self.least == len(self._steps):
            self._say(self._why or self._sentence())
            return
        if self._why:
            self._say(self._why)
        if self._unasked:
            self._say(UNASKED)
        self._tell(self._sentence())
        if _typed():
            self._say(help_text())
        while self._open:
            line = self._read(self._place())
            if line is not None:
                self._do(line.strip())
        if self._over:
            self._rest()
        if self._quiz is not None:
            self._say(f"Score: {self._quiz.score()}.")

    def overview(self) -> None:
        """Print what there is: a summary, and the graph."""
        self._say(summary(self.trace))
        self._print(limit=ROWS)

    def _do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        word = word.lower()
        if word in ("", "n"):
            self._to(self.index + 1)
        elif word == "b":
            self._back(self.index - 1)
        elif word == "p":
            self._print()
        elif word in ("g", "r"):
            target = len(self._steps) if word == "r" and not rest else self._index_of(rest.strip())
            if target is None:
                self._say(f"No step is called {elide(rest.strip(), 40)!r}. A node's name, its "
                          "number after #, or the number of a step will do.")
            elif target <= self.index:
                self._back(target)
            else:
                self._to(target, tell=word == "r")
        elif word == "q":
            self._open = False
        elif word in ("?", "h", "help"):
            self._say(help_text())
        else:
            self._say(f"{elide(word, 20)!r} is no command.")
            self._say(help_text())

    def _to(self, target: int, *, tell: bool = True) -> None:
        """Go forward, asking before each step that has not been seen."""
        target = min(target, len(self._steps))
        if self.index == target:
            self._say("This is the end; b goes back, q quits.")
            return
        while self.index < target and self._open:
            nxt = self.index + 1
            if self._quiz is not None and nxt > self._shown and not self._ask_before(nxt):
                return
            self.index = nxt
            self._shown = max(self._shown, nxt)
            if tell or self.index == target:
                self._tell(self._sentence())
            if nxt == 0 or (nxt == len(self._steps) and nxt > 0):
                self._print(limit=ROWS)

    def _back(self, target: int) -> None:
        target = max(target, self.least)
        if target == self.index:
            self._say("It stands there already." if target > self.least else
                      "This is the beginning; n goes on.")
            return
        self.index = target
        self._tell(self._sentence())

    def _rest(self) -> None:
        """There is nobody who types: everything that is left, without asking."""
        self._open, self._shown = True, len(self._steps)
        if self.index < len(self._steps):
            self._to(len(self._steps))

    def _index_of(self, name: str) -> int | None:
        """The index of a step by its number, or of a node's step by its name or ``#number``."""
        if name.isascii() and name.isdigit():
            return int(name) if int(name) <= len(self._steps) else None
        ids = [i for i, row in zip(self._nodes, self._rows, strict=True)
               if name in (row["node"], f"#{i}")]
        for at, one in enumerate(self._steps):
            if one["node"] in ids:
                return at + 1
        for at, i in enumerate(self._ran):
            if i in ids:
                return at - len(self._ran)
        return None

    # ---- Asking ----------------------------------------------------------------------------------

    def _ask_before(self, index: int) -> bool:
        """Ask what stands before a step; whether it may be shown now."""
        assert self._quiz is not None
        return all(self._ask(self._quiz, question) for question in self._quiz.before(index))

    def _ask(self, quiz: Quiz, question: Mapping[str, Any]) -> bool:
        for label, value in question["given"]:
            self._say(f"  {label}: {value}")
        self._say(f"? {question['ask']}")
        choices = question.get("choices", ())
        for at, (_, label) in enumerate(choices):
            self._say(f"  {at + 1}) {label}")
        while True:
            line = self._read("answer")
            if line is None:
                return False
            typed = line.strip()
            if typed == "q":
                self._open = False
                return False
            if typed == "s":
                quiz.give_up()
                self._say(f"It is {told(question)}.")
                return True
            answer = _chosen(typed, choices)
            if typed in ("", "?") or not answer:
                self._say(f"  One of 1 to {len(choices)}.{ASKED[1:]}" if choices else ASKED)
                continue
            verdict, over = quiz.answer(question, answer)
            self._say(_verdict(verdict.kind, verdict.hint))
            if over:
                if verdict.kind != "right":
                    self._say(f"It is {told(question)}.")
                return True

    # ---- What is printed -------------------------------------------------------------------------

    def _sentence(self) -> str:
        at = self.index - self.least if self._ran else self.index
        return self._said[at] if 0 <= at < len(self._said) else ""

    def _place(self) -> str:
        if self.index >= 0 and self._steps:
            return f"step {self.index} of {len(self._steps)}"
        return f"forward {min(len(self._ran), self.index - self.least)} of {len(self._ran)}"

    def _print(self, limit: int | None = None) -> None:
        """The graph as it stands: what has a value and a gradient by now, and whose turn it is."""
        grads = self._gradients()
        active = self._active()
        done = set(self._ran[:max(0, self.index - self.least)]) if self.index < 0 else None
        lines = [("", "node", "from", "value", "gradient")]
        for i, row in zip(self._nodes, self._rows, strict=True):
            hidden = done is not None and i in self._ran and i not in done
            gradient = "" if not row["gradient"] else grads.get(i, "none yet")
            lines.append((">" if i == active else "", row["node"], row["from"],
                          "" if hidden else row["value"], gradient))
        head, body = lines[0], lines[1:]
        if limit is None or len(body) <= limit:
            self._say(columns([head, *body]))
            return
        # The beginning, and what is round the node whose turn it is.
        half = limit // 2
        turn = next((at for at, line in enumerate(body) if line[0]), 0)
        start = max(half, min(turn - half // 2, len(body) - half))
        gap = [("", f"... {start - half:,} more", "", "", "")] if start > half else []
        left = len(body) - start - half
        self._say(columns([head, *body[:half], *gap, *body[start:start + half]])
                  + f"\n  ... {f'and {left:,} more; ' if left else ''}p prints all")

    def _active(self) -> int | None:
        if self.index > 0:
            node: int = self._steps[self.index - 1]["node"]
            return node
        done = self.index - self.least
        return self._ran[done - 1] if self.index < 0 and done > 0 else None

    def _gradients(self) -> dict[int, str]:
        """The gradients so far, in words, by node: what the views' boxes show."""
        # What arrived at operations that only replays before this one went through stays.
        again = {one["node"] for one in self._steps}
        earlier = gradients({"replays": self.trace["replays"][:self._which], "nodes": []})
        found: dict[int, Any] = {i: value for i, value in earlier.items() if i not in again}
        for one in self._steps:
            write = one.get("write")
            if write and write["before"]:
                found[one["node"]] = write["before"]
        arrived: dict[int, list[Any]] = {}
        several = {node["id"]: len(node.get("outputs") or ()) for node in self.trace["nodes"]}
        if self.index >= 0 and self._replay["seed"]:
            found[self._replay["root"]] = self._replay["seed"]
        for one in self._steps[:max(0, self.index)]:
            for part in one["contributions"]:
                i, slot = part["to"]
                found[i] = part["after"]
                if several[i] > 1:
                    each = arrived.setdefault(i, [None] * several[i])
                    each[slot] = part["after"]
                    found[i] = {"each": each}
            if one.get("write"):
                found[one["node"]] = one["write"]["after"]
        return {i: _got(value) for i, value in found.items()}

    def _tell(self, text: str) -> None:
        self._say(paragraph(text))

    def _say(self, text: str) -> None:
        out = sys.stdout
        text = fitted(text)
        # A terminal that cannot write − or ᵀ still says the rest.
        encoding = getattr(out, "encoding", None) or "utf-8"
        out.write(text.encode(encoding, "replace").decode(encoding) + "\n")

    def _read(self, prompt: str) -> str | None:
        """A typed line; None where there is no more, which ends the walk."""
        sys.stdout.flush()
        try:
            return input(f"[{prompt}] " if _typed() else "")
        except EOFError:  # of a terminal, Ctrl-D: somebody who has had enough
            self._over = not _typed()
        except KeyboardInterrupt:
            if not (sys.stdin is not None and sys.stdin.isatty()):
                raise  # a notebook that is interrupted stops altogether
            self._say("")  # below what was typed
        except RuntimeError:  # a notebook that is run without anybody there; no standard input
            self._over = True
        self._open = False
        return None


def _typed() -> bool:
    """Whether somebody types, in a terminal or a notebook, and it is not a file or a pipe."""
    asks = input.__module__ != "builtins"  # a notebook puts one of its own in its place
    return asks or (sys.stdin is not None and sys.stdin.isatty())


def _chosen(typed: str, choices: Any) -> str:
    """The value of a choice by its number in the list, or by its label."""
    for at, (value, label) in enumerate(choices):
        if typed == str(at + 1) or typed.replace(" ", "") == label.replace(" ", ""):
            return str(value)
    return "" if choices else typed


def _verdict(kind: str, hint: str) -> str:
    head = {"right": "Right.", "wrong": "Not quite.", "rough": "Right,", "unread": ""}[kind]
    if kind == "rough":
        return f"Right, {hint[0].lower()}{hint[1:]}"
    return f"{head} {hint}".strip()
