"""Steps of training networks that read text: an LSTM and a small GPT, a character at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.work import LIBRARIES, Case, Gradients, Run, by_hand, draw, trained

LETTERS = 65


class Sizes(NamedTuple):
    """Texts at a time, letters each, numbers for each letter; heads and layers of the GPT."""

    batch: int
    length: int
    width: int
    heads: int = 1
    layers: int = 1


def data(s: Sizes) -> tuple[Any, Any]:
    """Letters, and at each place the one that follows."""
    text = np.random.default_rng(5).integers(0, LETTERS, (s.batch, s.length + 1))
    return text[:, :-1].copy(), text[:, 1:].copy()


# ---- LSTM (Hochreiter and Schmidhuber 1997) ------------------------------------------------------


def lstm_by_a_library(library: str, s: Sizes) -> Run:
    x, y = data(s)

    def build(lib: Any, nn: Any) -> tuple[Any, Callable[[], Any]]:
        class Letters(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(LETTERS, s.width)
                self.lstm = nn.LSTM(s.width, s.width, batch_first=True)
                self.head = nn.Linear(s.width, LETTERS)

            def forward(self, letters: Any) -> Any:
                return self.head(self.lstm(self.embedding(letters))[0])

        model, loss_fn = Letters(), nn.CrossEntropyLoss()
        letters, targets = lib.tensor(x), lib.tensor(y)
        return model, lambda: loss_fn(model(letters).reshape(-1, LETTERS), targets.reshape(-1))

    return trained(library, build)


def lstm_weights(s: Sizes) -> list[Any]:
    """Table; weights of input and state, their biases, gates in PyTorch's order; the last layer."""
    return draw([(LETTERS, s.width), (4 * s.width, s.width), (4 * s.width, s.width),
                 (4 * s.width,), (4 * s.width,), (LETTERS, s.width), (LETTERS,)])


def lstm_gradients(s: Sizes) -> Gradients:
    """Time first; the inputs' products of all times at once, one product a step for the state."""
    letters, right = (a.T.copy() for a in data(s))
    count, every = letters.size, np.arange(letters.size)
    n, width, length = s.batch, s.width, s.length

    def gradients(weights: list[Any]) -> tuple[Any, list[Any]]:
        table, W, U, b, c, V, d = weights
        x = table[letters].reshape(count, width)
        # Gates apart, [4, time, n, width], so that each gate of a step is one piece of memory.
        Wg, Ug = (w.reshape(4, width, width).swapaxes(1, 2).copy() for w in (W, U))
        gates = np.matmul(x, Wg).reshape(4, length, n, width)
        gates += (b + c).reshape(4, 1, 1, width)
        gates[2] *= 2  # tanh(a) is 2 sigmoid(2 a) - 1: one exp for all four
        Ug[2] *= 2
        h, cell = np.zeros((2, length + 1, n, width), W.dtype)
        bent = np.empty((length, n, width), W.dtype)
        z = np.empty((4, n, width), W.dtype)
        for t in range(length):
            np.matmul(h[t], Ug, out=z)
            z += gates[:, t]
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
            z[2] *= 2
            z[2] -= 1
            gates[:, t] = z
            i, f, g, o = z
            np.multiply(f, cell[t], out=cell[t + 1])
            cell[t + 1] += i * g
            np.tanh(cell[t + 1], out=bent[t])
            np.multiply(o, bent[t], out=h[t + 1])
        states = h[1:].reshape(count, width)
        z = states @ V.T
        z += d
        z -= z.max(axis=1, keepdims=True)
        picked = z[every, right.ravel()]
        np.exp(z, out=z)
        total = z.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - picked).mean()

        z /= total
        z[every, right.ravel()] -= 1
        z /= count
        gh = (z @ V).reshape(length, n, width)
        gz = np.empty((length, n, 4, width), W.dtype)
        i, f, g, o = gates
        # What does not wait for the step after: the gates' slopes, for all times at once.
        slopes = [g * i * (1 - i), cell[:-1] * f * (1 - f), i * (1 - g * g), bent * o * (1 - o)]
        through = o * (1 - bent * bent)
        back, gcell = np.zeros((2, n, width), W.dtype)
        for t in reversed(range(length)):
            back += gh[t]
            gcell += back * through[t]
            for k in range(3):
                np.multiply(gcell, slopes[k][t], out=gz[t, :, k])
            np.multiply(back, slopes[3][t], out=gz[t, :, 3])
            gcell *= f[t]
            back = gz[t].reshape(n, 4 * width) @ U
        rows = gz.reshape(count, 4 * width)
        gx, gtable = rows @ W, np.zeros_like(table)
        np.add.at(gtable, letters.ravel(), gx)
        gb = rows.sum(axis=0)
        return loss, [gtable, rows.T @ x, rows.T @ h[:-1].reshape(count, width), gb, gb.copy(),
                      z.T @ states, z.sum(axis=0)]

    return gradients


def lstm_by_numpy(s: Sizes) -> Run:
    return by_hand(lstm_weights(s), lstm_gradients(s))


def lstm_loss(module: Any, weights: Any, letters: Any, right: Any) -> Any:
    """The loss in operations of a module like NumPy."""
    table, W, U, b, c, V, d = weights
    length, n = letters.shape
    width = table.shape[1]
    x = table[letters]
    h = cell = np.zeros((n, width), np.float32)
    loss = 0.0
    for t in range(length):
        z = module.matmul(x[t], W.T) + module.matmul(h, U.T) + b + c
        i, f, o = (1 / (1 + module.exp(-z[:, k * width:(k + 1) * width])) for k in (0, 1, 3))
        cell = f * cell + i * module.tanh(z[:, 2 * width:3 * width])
        h = o * module.tanh(cell)
        y = module.matmul(h, V.T) + d
        y = y - module.max(y, axis=1, keepdims=True)
        loss = loss + module.mean(module.log(module.sum(module.exp(y), axis=1))
                                  - y[np.arange(n), right[t]])
    return loss / length


def lstm_by_mygrad(s: Sizes) -> Run:
    import mygrad

    letters, right = (a.T.copy() for a in data(s))

    def gradients(weights: list[Any]) -> tuple[Any, list[Any]]:
        tensors = [mygrad.tensor(w, copy=False) for w in weights]
        loss = lstm_loss(mygrad, tensors, letters, right)
        loss.backward()
        return loss.data, [t.grad for t in tensors]

    return by_hand(lstm_weights(s), gradients)


def lstm_by_hips(s: Sizes) -> Run:
    import autograd
    import autograd.numpy as anp

    letters, right = (a.T.copy() for a in data(s))
    return by_hand(lstm_weights(s), autograd.value_and_grad(
        lambda weights: lstm_loss(anp, weights, letters, right)))


# ---- GPT (Radford et al. 2019) -------------------------------------------------------------------


def gpt_by_a_library(library: str, s: Sizes) -> Run:
    x, y = data(s)

    def build(lib: Any, nn: Any) -> tuple[Any, Callable[[], Any]]:
        class Attention(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.qkv = nn.Linear(s.width, 3 * s.width)
                self.out = nn.Linear(s.width, s.width)

            def forward(self, x: Any) -> Any:
                n, length, width = x.shape
                q, k, v = (t.view(n, length, s.heads, width // s.heads).transpose(1, 2)
                           for t in self.qkv(x).split(width, dim=2))
                seen = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                return self.out(seen.transpose(1, 2).reshape(n, length, width))

        class Block(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.norm1, self.attention = nn.LayerNorm(s.width), Attention()
                self.norm2 = nn.LayerNorm(s.width)
                self.mlp = nn.Sequential(nn.Linear(s.width, 4 * s.width), nn.GELU(),
                                         nn.Linear(4 * s.width, s.width))

            def forward(self, x: Any) -> Any:
                x = x + self.attention(self.norm1(x))
                return x + self.mlp(self.norm2(x))

        class GPT(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.letters = nn.Embedding(LETTERS, s.width)
                self.places = nn.Embedding(s.length, s.width)
                self.blocks = nn.Sequential(*(Block() for _ in range(s.layers)))
                self.norm, self.head = nn.LayerNorm(s.width), nn.Linear(s.width, LETTERS)

            def forward(self, letters: Any) -> Any:
                x = self.letters(letters) + self.places(lib.arange(letters.shape[1]))
                return self.head(self.norm(self.blocks(x)))

        model, loss_fn = GPT(), nn.CrossEntropyLoss()
        letters, targets = lib.tensor(x), lib.tensor(y)
        return model, lambda: loss_fn(model(letters).view(-1, LETTERS), targets.view(-1))

    return trained(library, build)


def _sized(run: Callable[..., Run], tiny_sizes: Sizes, sizes: Sizes,
           *first: Any) -> Callable[[bool], Run]:
    return lambda tiny: run(*first, tiny_sizes if tiny else sizes)


LSTM, GPT = (Sizes(2, 3, 4), Sizes(32, 64, 128)), (Sizes(2, 3, 8, 2, 2), Sizes(8, 64, 128, 4, 4))

CASES = [
    Case("lstm", "a step of SGD, LSTM over letters, batch 32, 64 steps, hidden 128", ("step",),
         "step", "torch", (1, 2), {
             "numpy": _sized(lstm_by_numpy, *LSTM),
             **{name: _sized(lstm_by_a_library, *LSTM, name) for name in LIBRARIES},
             "mygrad": _sized(lstm_by_mygrad, *LSTM), "hips": _sized(lstm_by_hips, *LSTM)}),
    Case("gpt", "a step of SGD, GPT of 4 layers, batch 8, 64 letters, width 128", ("step",),
         "step", "torch", (1, 2), {
             name: _sized(gpt_by_a_library, *GPT, name) for name in LIBRARIES}),
]
