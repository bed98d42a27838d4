"""Recurrent layers: one operation runs a layer through all its steps, in one direction.

The rows of `x` are what the sequences get, step by step. ``sizes`` says how many sequences take
part in each step: all of them throughout, or fewer and fewer as the shorter ones end (a packed
sequence). A cell is a layer with one step.

What does not wait for the step before is done for all steps at once: the inputs' product with their
weights and, in backward, the weights' gradients. The gates stand apart, [gates, rows, hidden], so
that each gate of a step is one piece of memory.
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
    resets: ClassVar[bool] = False  # whether the last gate's share of the state is gated itself
    kept: Any  # of each row, what `back` needs beside the gates

    def forward(self, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
        self.steps, blocks = _steps(sizes, reverse), (self.gates, h.shape[1], -1)
        # The inputs' share of the sums that the gates are made of; the gates themselves later.
        a = self.a = np.matmul(x, w_ih.reshape(blocks).swapaxes(1, 2),
                               out=room(x, self.gates, len(x), h.shape[1]))
        if b_ih is not None:
            a += self.constant(b_ih, b_hh).reshape(blocks).swapaxes(1, 2)
        w = self._ready(w_hh.reshape(blocks).swapaxes(1, 2))
        h, c = _copy(h), None if c is None else _copy(c)  # of each sequence, until it ends
        out = a[0] if self.gates == 1 else room(h, len(x), h.shape[1])
        self.kept = None if self.gates == 1 else room(h, *out.shape)
        z = room(h, self.gates, *h.shape)
        for rows in self.steps:
            n = rows.stop - rows.start
            self.step(rows, np.matmul(h[:n], w, out=z[:, :n]), h[:n], None if c is None else c[:n])
            out[rows] = h[:n]
        return (out, h) if c is None else (out, h, c)

    def backward(self, *arrived):
        *g, x, h, c, w_ih, w_hh, b_ih, b_hh, out = arrived
        if not devices.is_array(g[0]):
            return self._by_operations(g, [x, h, c, w_ih, w_hh, b_ih, b_hh])
        states = _before(out, h, self.steps)
        past = states if c is None else _before(self.kept, c, self.steps)
        before = np.concatenate(states if self.steps[0].start == 0 else states[::-1])
        dh, dc = _copy(g[1]), _copy(g[2]) if len(g) > 2 else None
        w = self._ready(w_hh.reshape(self.gates, h.shape[1], -1))
        # Gradients of the sums: of one step, gates apart; of all, as the weights have the gates.
        e, spare = room(h, self.gates, *h.shape), room(h, self.gates, *h.shape)
        by_x = room(h, len(x), self.gates, h.shape[1])
        by_h = room(h, *by_x.shape) if self.resets else by_x
        for rows, old in zip(reversed(self.steps), reversed(past), strict=True):
            n = len(old)
            d, step, share = dh[:n], e[:, :n], spare[:, :n]
            d += g[0][rows]
            self.back(rows, d, None if dc is None else dc[:n], old, step, share)
            by_x[rows] = step.swapaxes(0, 1)
            if self.resets:
                step[-1] *= self.a[0, rows]
                by_h[rows] = step.swapaxes(0, 1)
                d *= self.a[1, rows]
                d += np.matmul(step, w, out=share).sum(0)
            else:
                np.matmul(step, w, out=share).sum(0, out=d)
        by_x, by_h = by_x.reshape(len(x), -1), by_h.reshape(len(x), -1)
        by_b = None if b_ih is None else by_x.sum(0)
        return (None if self.edges[0] is None else by_x @ w_ih, dh, dc,
                None if self.edges[3] is None else by_x.T @ x,
                None if self.edges[4] is None else by_h.T @ before,
                by_b, by_h.sum(0) if self.resets and b_hh is not None else by_b)

    def _ready(self, w):
        """The state's weights as BLAS reads them fastest, if there are steps enough for a copy."""
        return w if len(self.steps) < FEW else _copy(w)

    def constant(self, b_ih, b_hh):
        """What the biases add to the sums, whatever the step."""
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

    def back(self, rows, d, dc, past, e, spare):
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

    def back(self, rows, d, dc, past, e, spare):
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
    resets = True
    inner = None  # the bias that r applies to

    def constant(self, b_ih, b_hh):
        hidden = len(b_ih) // 3
        both = b_ih + b_hh
        both[2 * hidden:] = b_ih[2 * hidden:]  # the other one is added where r applies to it
        self.inner = b_hh[2 * hidden:]
        return both

    def step(self, rows, z, h, c):
        a = self.a[:, rows]
        r, u, n = a
        a[:2] += z[:2]
        _sigmoid(a[:2])
        if self.inner is not None:
            z[2] += self.inner
        self.kept[rows] = z[2]
        z[2] *= r
        n += z[2]
        np.tanh(n, out=n)
        h -= n
        h *= u
        h += n

    def back(self, rows, d, dc, past, e, spare):
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

    def step(self, rows, z, h, c):
        z += self.a[:, rows]
        sigmoids = z[:2], z[3]
        for s in sigmoids:  # σ(s) is ½ + ½ tanh(s/2): one tanh for all gates
            s *= 0.5
        np.tanh(z, out=z)
        for s in sigmoids:
            s *= 0.5
            s += 0.5
        self.a[:, rows] = z
        i, f, g, o = z
        c *= f
        c += np.multiply(i, g, out=i)
        self.kept[rows] = c
        np.multiply(o, np.tanh(c, out=i), out=h)

    def back(self, rows, d, dc, past, e, spare):
        a = self.a[:, rows]
        i, f, g, o = a
        t = np.tanh(self.kept[rows], out=e[0])
        np.multiply(d, t, out=e[3])
        d *= o
        dc += d
        t *= t
        dc -= np.multiply(t, d, out=t)
        np.multiply(dc, g, out=e[0])
        np.multiply(dc, past, out=e[1])
        np.multiply(dc, i, out=e[2])
        dc *= f
        square = np.multiply(a, a, out=spare)  # to the slopes: a − a² of a sigmoid, 1 − a² of tanh
        np.subtract(a[:2], square[:2], out=square[:2])
        np.subtract(1, square[2], out=square[2])
        np.subtract(o, square[3], out=square[3])
        e *= square

    def cell(self, x, z, h, c=None):
        """The new states."""
        i, f, g, o = chunk(x + z, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        return [sigmoid(o) * tanh(c), c]


def _sigmoid(a: Any) -> None:
    """The sigmoid in place, by the tanh, which NumPy computes faster: ½ + ½ tanh(a/2)."""
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
