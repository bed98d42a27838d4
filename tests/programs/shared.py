"""What two libraries share when they run one program: numbers to start from, data, draws."""

from __future__ import annotations

import numpy as np


class Start:
    """Gives each module of a program the weights it had in the first library's run."""

    def __init__(self, dtype="float32"):
        self.dtype = np.dtype(dtype)  # that the program's numbers have
        self.states = []
        self.next = None  # the number of the module that comes next; None while they are noted

    def again(self):
        """Another library begins the same program."""
        self.next = 0

    def __call__(self, torch, module):
        if self.next is None:
            self.states.append({name: np.array(value.detach().numpy())
                                for name, value in module.state_dict().items()})
        else:
            state = self.states[self.next]
            self.next += 1
            module.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
        return module


def images(n, size, dtype, seed=0):
    """Ten kinds of pictures with noise: [n, 1, size, size], and which kind, int64 [n]."""
    draw = np.random.default_rng(seed)
    kinds = draw.standard_normal((10, 1, size, size), dtype)
    y = draw.integers(0, 10, n)
    return kinds[y] + 0.5 * draw.standard_normal((n, 1, size, size), dtype), y


def sequences(n, length, letters, seed=0):
    """Sequences in which each letter follows from the two before it, most of the time."""
    draw = np.random.default_rng(seed)
    text = draw.integers(0, letters, (n, length))
    for t in range(2, length):
        follows = (text[:, t - 1] * 3 + text[:, t - 2]) % letters
        text[:, t] = np.where(draw.random(n) < 0.9, follows, text[:, t])
    return text
