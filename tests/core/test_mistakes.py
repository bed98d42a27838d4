"""The mistakes that learners make most: what the message gives as the way out is the way out."""

from __future__ import annotations

import subprocess
import sys

import pytest

import learngrad as lg
from learngrad import nn

x = lg.ones(2, 3)


def _state_carried_on():
    rnn, state = nn.RNN(2, 3), lg.zeros(1, 1, 3)
    for _ in range(2):
        out, state = rnn(lg.ones(4, 1, 2), state)
        out.sum().backward()


@pytest.mark.parametrize(("mistake", "built_in", "fix"), [
    (lambda: nn.Linear(784, 10)(lg.ones(32, 1, 28, 28)), RuntimeError, "x.flatten(1)"),
    (lambda: nn.Linear(120, 10)(lg.ones(4, 3456)), RuntimeError, "in_features=3456"),
    (lambda: nn.Linear(3, 1)(nn.LSTM(2, 3)(lg.ones(4, 1, 2))), TypeError, "out, state = lstm(x)"),
    (lambda: nn.Conv2d(3, 6, 5)(lg.ones(4, 1, 28, 28)), RuntimeError, "in_channels=1"),
    (lambda: nn.Conv2d(1, 6, 5)(lg.ones(4, 28, 28)), RuntimeError, "x.unsqueeze(1)"),
    (lambda: nn.Conv2d(3, 6, 5)(lg.ones(4, 32, 32, 3)), RuntimeError, "x.permute(0, 3, 1, 2)"),
    (lambda: nn.Conv2d(3, 6, 5)(lg.ones(32, 32, 3)), RuntimeError, "x.permute(2, 0, 1)"),
    (lambda: nn.Conv1d(3, 6, 5)(lg.ones(4, 32, 3)), RuntimeError, "x.permute(0, 2, 1)"),
    (lambda: nn.BatchNorm2d(3)(lg.ones(2, 4, 5, 5)), RuntimeError, "that it is made with"),
    (lambda: x[lg.tensor([0.0, 1.0])], IndexError, "x[index.long()]"),
    (lambda: x[lg.ones(4, 4) > 0], IndexError, "x[x > 0]"),
    (lambda: x[0, 3], IndexError, "[2, 3]"),
    (lambda: lg.cdist(x, lg.ones(2, 2)), RuntimeError, "x[None]"),
    (lambda: lg.cdist(x, x, p=-1), RuntimeError, "p=2.0"),
    (lambda: x.unfold(1, 4, 1), RuntimeError, "x.unfold(0, size, step)"),
    (lambda: lg.ones(3).fill_diagonal_(1), RuntimeError, "x[i, j]"),
    (lambda: list(lg.tensor(3.0)), TypeError, "x.item()"),
    (lambda: (lambda loss, accuracy: loss)(*x.sum()), TypeError, "x.item()"),
    (_state_carried_on, RuntimeError, "h = h.detach()"),
])
def test_the_way_out(mistake, built_in, fix):
    with pytest.raises(built_in) as caught:
        mistake()
    assert fix in caught.value.fix


def test_a_name_that_is_nearly_right():
    done = subprocess.run([sys.executable, "-c", "import learngrad; learngrad.zeors(2)"],
                          capture_output=True, text=True, check=False)
    assert "no attribute 'zeors'" in done.stderr
    assert "Did you mean: 'zeros'?" in done.stderr


def test_the_way_out_goes_on():
    assert nn.Linear(784, 10)(lg.ones(32, 1, 28, 28).flatten(1)).shape == (32, 10)
    assert nn.Conv2d(1, 6, 5)(lg.ones(4, 28, 28).unsqueeze(1)).shape == (4, 6, 24, 24)
    assert nn.Conv2d(3, 6, 5)(lg.ones(4, 32, 32, 3).permute(0, 3, 1, 2)).shape == (4, 6, 28, 28)
    assert nn.Conv2d(3, 6, 5)(lg.ones(32, 32, 3).permute(2, 0, 1)).shape == (6, 28, 28)
    assert nn.Conv1d(3, 6, 5)(lg.ones(4, 32, 3).permute(0, 2, 1)).shape == (4, 6, 28)
    assert x[lg.tensor([0.0, 1.0]).long()].shape == (2, 3)
