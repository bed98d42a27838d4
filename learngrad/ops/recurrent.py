"""Recurrent layers: one operation runs a layer through all its steps, in one direction.

The rows of `x` are what the sequences get, step by step. ``sizes`` says how many sequences take
part in each step: all of them throughout, or fewer and fewer as the shorter ones end (a packed
sequence). A cell is a layer with one step.

What does not wait for the step before is done for all steps at once: the inputs' product with their
weights and, in backward, the weights' gradients; an LSTM's slopes for some steps at once, as many
as stay in the processor's cache. The gates stand apart, [gates, rows, hidden], so that each gate of
a step is one piece of memory.
"""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import numpy as np

from learngrad import devices
from learngrad.autograd import engine
from learngrad.autograd.function import Function
from learngrad.ops.elementwise import clone
from learngrad.ops.exponential import sigmoid
from learngrad.ops.join import cat, chunk
from learngrad.ops.matmul import linear
from learngrad.ops.quick import room
from learngrad.ops.trigonometry import tanh

__all__ = ["Gru", "Lstm", "Rnn", "RnnRelu"]

FEW = 4  # steps for which weights are not worth a copy
APART = 8  # rows of a step that are enough for a product of their own
SOME = 1 << 15  # elements of a gate whose slopes are computed at once


class Rnn(Function):
    """A layer whose new state is the tanh of what the input and the old state add up to.

    The base of the other recurrent layers too. Each has ``step`` and ``back``, which work in place
    on the arrays of one step, and ``cell``, the same step as operations: what second derivatives
    are taken of.
    """

    formula = r"h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})"
    sign = "RNN"
    local: ClassVar[dict[str, str]] = {
        "x": "e @ w_ih, where e = g · (1 − h²)", "h": "e @ w_hh, step by step", "w_ih": "eᵀ @ x",
        "w_hh": "eᵀ @ h", "b_ih": "e, summed", "b_hh": "e, summed"}
    saves = ("x", "h", "c", "w_ih", "w_hh", "b_ih", "b_hh", "out")
    gates: ClassVar[int] = 1
    sigmoids: ClassVar[tuple[int, ...]] = ()  # gates that go through a sigmoid
    resets: ClassVar[bool] = False  # whether the last gate's share of the state is gated itself
    kept: Any  # of each row, what `back` needs beside the gates

    def forward(self, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
        self.steps, blocks = _steps(sizes, reverse), (self.gates, h.shape[1], -1)
        self.halved = len(self.steps) >= FEW
        # The inputs' share of the sums that the gates are made of; the gates themselves later.
        a = self.a = room(x, self.gates, len(x), h.shape[1])
        w_x = self._ready(self._half(w_ih.reshape(blocks)).swapaxes(1, 2))
        apart = len(x) >= APART * len(self.steps)
        if not apart:
            np.matmul(x, w_x, out=a)
        w = self._ready(self._half(w_hh.reshape(blocks)).swapaxes(1, 2))
        h, c = _copy(h), None if c is None else _copy(c)  # of each sequence, until it ends
        out = a[0] if self.gates == 1 else room(h, len(x), h.shape[1])
        self.kept = None if self.gates == 1 else room(h, *out.shape)
        z, b = room(h, self.gates, *h.shape), None
        if b_ih is not None:
            b = room(h, *z.shape)
            b[...] = self._half(self.constant(b_ih, b_hh).reshape(blocks)).swapaxes(1, 2)
        for rows in self.steps:
            n = rows.stop - rows.start
            if apart:
                np.matmul(x[rows], w_x, out=a[:, rows])
            sums = np.matmul(h[:n], w, out=z[:, :n])
            if b is not None:
                sums += b[:, :n]
            self.step(rows, sums, h[:n], None if c is None else c[:n])
            out[rows] = h[:n]
        return (out, h) if c is None else (out, h, c)

    def backward(self, *arrived):
        *g, x, h, c, w_ih, w_hh, b_ih, b_hh, out = arrived
        if not devices.is_array(g[0]):
            return self._by_operations(g, [x, h, c, w_ih, w_hh, b_ih, b_hh])
        states = _before(out, h, self.steps)
        cells = states if c is None else _before(self.kept, c, self.steps)
        dh, dc = _copy(g[1]), _copy(g[2]) if len(g) > 2 else None
        w = self._ready(w_hh.reshape(self.gates, h.shape[1], -1))
        # Gradients of the sums: of one step, gates apart; of some, as the weights have the gates.
        e, spare = room(h, self.gates, *h.shape), room(h, self.gates, *h.shape)
        some = max(1, SOME // max(1, h.size))
        by = room(h, some * len(h), self.gates, h.shape[1])
        by_state = room(h, *by.shape) if self.resets else by
        grad_x = None if self.edges[0] is None else room(x, *x.shape)
        by_w_ih = by_w_hh = by_b_ih = by_b_hh = None
        for end in range(len(self.steps), 0, -some):
            now = slice(max(0, end - some), end)
            steps = self.steps[now]
            rows, old = _joined(steps, states[now])
            self.ahead(rows, None if c is None else _joined(steps, cells[now])[1])
            for step, past in zip(reversed(steps), reversed(cells[now]), strict=True):
                at, n = slice(step.start - rows.start, step.stop - rows.start), len(past)
                d, share = dh[:n], spare[:, :n]
                d += g[0][step]
                self.back(step, at, d, None if dc is None else dc[:n], past, e[:, :n], share)
                by[at] = e[:, :n].swapaxes(0, 1)
                if self.resets:
                    e[-1, :n] *= self.a[0, step]
                    by_state[at] = e[:, :n].swapaxes(0, 1)
                    d *= self.a[1, step]
                    d += np.matmul(e[:, :n], w, out=share).sum(0)
                else:
                    np.matmul(e[:, :n], w, out=share).sum(0, out=d)
            by_x, by_h = (b.reshape(len(b), -1)[:len(old)] for b in (by, by_state))
            if grad_x is not None:
                np.matmul(by_x, w_ih, out=grad_x[rows])
            if self.edges[3] is not None:
                by_w_ih = _more(by_w_ih, by_x.T @ x[rows])
            if self.edges[4] is not None:
                by_w_hh = _more(by_w_hh, by_h.T @ old)
            if b_ih is not None:
                by_b_ih = _more(by_b_ih, by_x.sum(0))
                by_b_hh = _more(by_b_hh, by_h.sum(0)) if self.resets else by_b_ih
        return grad_x, dh, dc, by_w_ih, by_w_hh, by_b_ih, by_b_hh

    def _half(self, w):
        """Weights or biases with those of sigmoids halved: σ(s) is ½ + ½ tanh(s/2)."""
        if self.halved and self.sigmoids:
            w = w.copy()
            for k in self.sigmoids:
                w[k] *= 0.5
        return w

    def _ready(self, w):
        """The state's weights as BLAS reads them fastest, if there are steps enough for a copy."""
        return w if len(self.steps) < FEW else _copy(w)

    def ahead(self, rows, past):
        """Prepare for `back` what some steps need that does not wait for those after them."""

    def constant(self, b_ih, b_hh):
        """What the biases add to the state's share of the sums, in each step."""
        return b_ih + b_hh

    def _by_operations(self, g, inputs):
        """Gradients with a graph of their own: the steps run again, as operations."""
        inputs = [t if t is None or t._edge is None else clone(t) for t in inputs]
        needed = [t for t in inputs if t is not None and t._edge is not None]
        found = iter(engine.grad(self.operations(*inputs), needed, g, create_graph=True))
        return tuple(None if t is None or t._edge is None else next(found) for t in inputs)

    def operations(self, x, h, c, w_ih, w_hh, b_ih, b_hh):
        """What ``forward`` computes, from tensors."""
        by_x, outs, states = linear(x, w_ih, b_ih), {}, [h] if c is None else [h, c]
        for rows in self.steps:
            n = rows.stop - rows.start
            new = self.cell(by_x[rows], linear(states[0][:n], w_hh, b_hh), *(s[:n] for s in states))
            states = [cat([s, old[n:]]) for s, old in zip(new, states, strict=True)]
            outs[rows.start] = new[0]
        return [cat([outs[start] for start in sorted(outs)]), *states]

    def step(self, rows, z, h, c):
        z += self.a[:, rows]
        np.tanh(z[0], out=h)

    def back(self, rows, at, d, dc, past, e, spare):
        h = self.a[0, rows]
        np.subtract(1, np.multiply(h, h, out=e[0]), out=e[0])
        e[0] *= d

    def cell(self, x, z, h, c=None):
        """The new state."""
        return [tanh(x + z)]


class RnnRelu(Rnn):
    """A layer whose new state is what the input and the old state add up to, where positive."""

    formula = r"h_t = \max(0, W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})"
    local = {**Rnn.local, "x": "e @ w_ih, where e = g where h > 0, else 0"}

    def step(self, rows, z, h, c):
        z += self.a[:, rows]
        np.maximum(z[0], 0, out=h)

    def back(self, rows, at, d, dc, past, e, spare):
        np.multiply(d, self.a[0, rows] > 0, out=e[0])

    def cell(self, x, z, h, c=None):
        """The new state."""
        return [np.maximum(x + z, 0)]


class Gru(Rnn):
    """A layer that takes a part of its old state and, for the rest, a new one (Cho et al. 2014)."""

    formula = (r"h_t = (1 - u) \tanh(W_{in} x_t + b_{in} + r (W_{hn} h_{t-1} + b_{hn})) "
               r"+ u h_{t-1}, \quad r, u = \sigma(W_i x_t + b_i + W_h h_{t-1} + b_h)")
    sign = "GRU"
    local = {**Rnn.local, "x": "e @ w_ih, where e is the gradient of the gates' sums"}
    gates = 3
    sigmoids = (0, 1)
    resets = True
    b_new: Any = 0

    def constant(self, b_ih, b_hh):
        both, new = b_ih + b_hh, slice(len(b_ih) // 3 * 2, None)
        both[new] = b_hh[new]  # r applies to this one, and not to the other
        self.b_new = b_ih[new]
        return both

    def step(self, rows, z, h, c):
        a = self.a[:, rows]
        r, u, n = a
        a[:2] += z[:2]
        _sigmoid(a[:2], self.halved)
        self.kept[rows] = z[2]
        z[2] *= r
        n += z[2]
        n += self.b_new
        np.tanh(n, out=n)
        h -= n
        h *= u
        h += n

    def back(self, rows, at, d, dc, past, e, spare):
        a = self.a[:, rows]
        _, u, n = a
        np.subtract(1, u, out=e[2])
        e[2] *= d
        e[2] -= np.multiply(np.multiply(n, n, out=spare[0]), e[2], out=spare[0])
        np.multiply(e[2], self.kept[rows], out=e[0])
        np.multiply(np.subtract(past, n, out=e[1]), d, out=e[1])
        square = np.multiply(a[:2], a[:2], out=spare[:2])
        e[:2] *= np.subtract(a[:2], square, out=square)

    def cell(self, x, z, h, c=None):
        """The new state."""
        (xr, xu, xn), (zr, zu, zn) = chunk(x, 3, -1), chunk(z, 3, -1)
        n, u = tanh(xn + sigmoid(xr + zr) * zn), sigmoid(xu + zu)
        return [n + u * (h - n)]


class Lstm(Rnn):
    """A layer with a second state, to which gates add and take (Hochreiter, Schmidhuber 1997)."""

    formula = (r"c_t = f c_{t-1} + i \tanh(s_g), \quad h_t = o \tanh(c_t), \quad "
               r"i, f, o = \sigma(s), \quad s = W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}")
    sign = "LSTM"
    local = {**Gru.local, "c": "g · f, step by step"}
    gates = 4
    sigmoids = (0, 1, 3)

    def step(self, rows, z, h, c):
        z += self.a[:, rows]
        if not self.halved:
            z[:2] *= 0.5
            z[3] *= 0.5
        a = np.tanh(z, out=self.a[:, rows])  # one tanh for all gates: σ(s) is ½ + ½ tanh(s/2)
        for s in (a[:2], a[3]):
            s *= 0.5
            s += 0.5
        i, f, g, o = a
        c *= f
        c += np.multiply(i, g, out=z[0])
        self.kept[rows] = c
        np.multiply(o, np.tanh(c, out=z[0]), out=h)

    def ahead(self, rows, past):
        """By how much the sums of i, f and g change c, and that of o h; and c changes h."""
        a = self.a[:, rows]
        i, _, g, o = a
        t = np.tanh(self.kept[rows])
        slopes = np.multiply(a, a, out=room(a, *a.shape))  # to a − a² of a sigmoid, 1 − a² of tanh
        np.subtract(a[:2], slopes[:2], out=slopes[:2])
        np.subtract(1, slopes[2], out=slopes[2])
        np.subtract(o, slopes[3], out=slopes[3])
        for slope, factor in zip(slopes, (g, past, i, t), strict=True):
            slope *= factor
        t *= t
        np.subtract(1, t, out=t)
        t *= o
        self.slopes, self.through = slopes, t

    def back(self, rows, at, d, dc, past, e, spare):
        slopes = self.slopes[:, at]
        dc += np.multiply(d, self.through[at], out=spare[0])
        np.multiply(dc, slopes[:3], out=e[:3])
        np.multiply(d, slopes[3], out=e[3])
        dc *= self.a[1, rows]

    def cell(self, x, z, h, c=None):
        """The new states."""
        i, f, g, o = chunk(x + z, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        return [sigmoid(o) * tanh(c), c]


def _sigmoid(a: Any, halved: bool) -> None:
    """The sigmoid in place, by the tanh, which NumPy computes faster: ½ + ½ tanh(a/2)."""
    if not halved:
        a *= 0.5
    np.tanh(a, out=a)
    a *= 0.5
    a += 0.5


def _steps(sizes: tuple[int, ...], reverse: bool) -> list[slice]:
    """The rows of each step, in the order in which the steps are taken."""
    ends = itertools.accumulate(sizes)
    steps = [slice(end - n, end) for end, n in zip(ends, sizes, strict=True)]
    return steps[::-1] if reverse else steps


def _copy(a: Any) -> Any:
    copy = room(a, *a.shape)
    copy[...] = a
    return copy


def _joined(steps: list[slice], parts: list[Any]) -> tuple[slice, Any]:
    """The rows of steps that follow on one another, and their parts put together in this order."""
    turned = steps[0].start > steps[-1].start
    rows = slice(steps[-1 if turned else 0].start, steps[0 if turned else -1].stop)
    return rows, np.concatenate(parts[::-1] if turned else parts)


def _more(total: Any, part: Any) -> Any:
    return part if total is None else np.add(total, part, out=total)


def _before(states: Any, first: Any, steps: list[slice]) -> list[Any]:
    """For each step the state before it: that of the step before, and at the beginning `first`."""
    before, last = [], slice(0, 0)
    for rows in steps:
        n = rows.stop - rows.start
        m = min(n, last.stop - last.start)  # so many have had a step already
        old = states[last.start:last.start + m]
        before.append(old if m == n else np.concatenate([old, first[m:n]]))
        last = rows
    return before
