"""The program behind `learngrad demo`: a small network learns to read handwritten digits.

It is written as a lesson would write it. Pictures of its graph quote these lines as a user's own.
"""
# ruff: noqa: RET504 (a name before the return is the name in the picture)

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import learngrad
from learngrad import Tensor, nn
from learngrad.data import digits
from learngrad.nn.functional import cross_entropy, relu
from learngrad.optim import Optimizer
from learngrad.trace import Recorder

__all__ = ["Net", "accuracy", "recorded_step", "train", "training_step"]


class Net(nn.Module):
    """From 64 pixels by way of 32 hidden values to 10 scores, one for each digit."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, 32)
        self.output = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        """From images [n, 64] to scores [n, 10]."""
        before = self.hidden(x)
        active = relu(before)
        scores = self.output(active)
        return scores


def training_step(net: Net, optimizer: Optimizer,
                  x: Tensor, y: Tensor) -> float:
    """Move the parameters a step downhill."""
    optimizer.zero_grad()
    scores = net(x)
    loss = cross_entropy(scores, y)
    loss.backward()
    optimizer.step()
    return loss.item()


def recorded_step(net: Net, optimizer: Optimizer) -> tuple[float, dict[str, Any]]:
    """One training step on four images: its loss, and the trace of what happened in it."""
    X, digit = digits("train")
    x = X[:4]
    y = digit[:4]
    with Recorder() as tape:
        loss = training_step(net, optimizer, x, y)
    return loss, tape.to_dict()


def train(net: Net, optimizer: Optimizer, epochs: int, batch: int = 32) -> Iterator[float]:
    """Show the training images `epochs` times, in another order each time; yield each loss.

    Images left over when the batches are full wait for the next epoch: a step for two images alone
    would count as much as one for 32.
    """
    X, y = digits("train")
    for _ in range(epochs):
        order = learngrad.randperm(len(X))
        for start in range(0, len(X) - batch + 1, batch):
            chosen = order[start : start + batch]
            yield training_step(net, optimizer, X[chosen], y[chosen])


def accuracy(net: Net) -> float:
    """The share of the test images whose digit scores highest; none of them was trained on."""
    X, y = digits("test")
    with learngrad.no_grad():
        right = net(X).argmax(dim=1) == y
    return right.double().mean().item()
