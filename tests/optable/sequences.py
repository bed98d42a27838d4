"""Rows of the recurrent layers."""

import itertools

import numpy as np

from learngrad.ops import recurrent
from tests.optable.form import Operation, T, sample


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(zx, zh, h, c):
    i, f, g, o = np.split(zx + zh, 4, 1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(zx, zh, h, _):
    (xr, xu, xn), (hr, hu, hn) = np.split(zx, 3, 1), np.split(zh, 3, 1)
    u = sigmoid(xu + hu)
    return (1 - u) * np.tanh(xn + sigmoid(xr + hr) * hn) + u * h, None


STEPS = {"Lstm": lstm, "Gru": gru, "Rnn": lambda zx, zh, h, _: (np.tanh(zx + zh), None),
         "RnnRelu": lambda zx, zh, h, _: (np.maximum(zx + zh, 0), None)}
THEIRS = {"Lstm": "lstm", "Gru": "gru", "Rnn": "rnn_tanh", "RnnRelu": "rnn_relu"}


def by_numpy(name):
    def run(x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
        b_ih, b_hh = (0, 0) if b_ih is None else (b_ih, b_hh)
        ends = list(itertools.accumulate(sizes))
        out, h, c = np.zeros((len(x), h.shape[1])), h.copy(), None if c is None else c.copy()
        for k in range(len(sizes))[::-1 if reverse else 1]:
            n, end = sizes[k], ends[k]
            h[:n], new = STEPS[name](x[end - n:end] @ w_ih.T + b_ih, h[:n] @ w_hh.T + b_hh, h[:n],
                                     None if c is None else c[:n])
            if c is not None:
                c[:n] = new
            out[end - n:end] = h[:n]
        return (out, h) if c is None else (out, h, c)

    return run


def by_torch(name):
    def run(torch, x, h, c, w_ih, w_hh, b_ih, b_hh, sizes, reverse):
        weights = [w for w in (w_ih, w_hh, b_ih, b_hh) if w is not None] * (2 if reverse else 1)
        states = [torch.stack([s] * (2 if reverse else 1)) for s in (h, c) if s is not None]
        out, *last = getattr(torch, THEIRS[name])(
            x, torch.tensor(sizes), states if c is not None else states[0], weights,
            b_ih is not None, 1, 0.0, False, reverse)
        # The backward direction of a layer of two directions with the same weights.
        return (out[:, -h.shape[1]:], *(s[-1] for s in last))

    return run


def row(name, gates):
    def samples(rows, inputs, hidden, sizes, reverse=False, bias=True, layout="plain"):
        stacked = gates * hidden
        state = T((max(sizes), hidden))
        biases = [T((stacked,)), T((stacked,))] if bias else [None, None]
        return sample(T((rows, inputs), layout=layout), state, state if gates == 4 else None,
                      T((stacked, inputs)), T((stacked, hidden)), *biases, sizes, reverse)

    def ours(lib, *args):
        return getattr(recurrent, name).apply(*args)

    return Operation(name, ours, by_numpy(name), [
        samples(4, 2, 3, (2, 2)), samples(6, 2, 2, (3, 2, 1)),
        samples(6, 1, 2, (3, 2, 1), reverse=True), samples(10, 3, 2, (2,) * 5, bias=False),
        samples(5, 2, 1, (1,) * 5, reverse=True), samples(3, 2, 2, (3,), layout="transposed"),
    ], torch=by_torch(name), dtypes="")


ROWS = [row("Lstm", 4), row("Gru", 3), row("Rnn", 1), row("RnnRelu", 1)]
