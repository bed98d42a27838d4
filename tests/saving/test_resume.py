"""Training that goes on from a file is, bit for bit, training that never stopped."""

import random

import numpy as np
import pytest

import learngrad as lg
from learngrad import nn

OPTIMISERS = {
    "SGD with momentum": lambda params: lg.optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "Adagrad": lambda params: lg.optim.Adagrad(params, lr=0.01, lr_decay=0.1),
    "RMSprop": lambda params: lg.optim.RMSprop(params, lr=0.001, momentum=0.5, centered=True),
    "Adadelta": lambda params: lg.optim.Adadelta(params),
    "Adam": lambda params: lg.optim.Adam(params, lr=0.01),
    "AdamW": lambda params: lg.optim.AdamW(params, lr=0.01, amsgrad=True),
    "Adamax": lambda params: lg.optim.Adamax(params),
    "NAdam": lambda params: lg.optim.NAdam(params),
    "RAdam": lambda params: lg.optim.RAdam(params),
    "Rprop": lambda params: lg.optim.Rprop(params, lr=0.001),
    "ASGD": lambda params: lg.optim.ASGD(params, t0=5),
}


class Run:
    """A small network on digits, with everything in it that chance or memory decides."""

    def __init__(self, optimiser):
        self.model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
        self.optimizer = OPTIMISERS[optimiser](self.model.parameters())
        self.shuffle = lg.Generator().manual_seed(3)
        self.numpy = np.random.default_rng(4)
        self.losses = []

    def train(self, steps):
        X, y = lg.data.digits("train")
        for _ in range(steps):
            rows = lg.randperm(len(X), generator=self.shuffle)[:32]
            noise = lg.from_numpy(self.numpy.standard_normal((32, 64)).astype(np.float32)) * 0.1
            x = nn.functional.dropout(X[rows] + noise, 0.2 * random.random())
            loss = nn.functional.cross_entropy(self.model(x), y[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.item())

    def state(self):
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
                "losses": self.losses, "rng": lg.get_rng_state(), "python": random.getstate(),
                "shuffle": self.shuffle.get_state(), "numpy": self.numpy.bit_generator.state}

    def resume(self, state):
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.losses = state["losses"]
        self.shuffle.set_state(state["shuffle"])
        self.numpy.bit_generator.state = state["numpy"]
        lg.set_rng_state(state["rng"])
        random.setstate(state["python"])


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_resumed_training_is_the_same_bit_for_bit(optimiser, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    lg.manual_seed(0)
    random.seed(0)
    run = Run(optimiser)
    run.train(10)
    lg.save(run.state(), path)
    run.train(10)

    lg.manual_seed(99)
    random.seed(99)
    other = Run(optimiser)  # as another program would start
    other.train(3)
    other.resume(lg.load(path))
    other.train(10)

    assert len(other.losses) == 20
    assert other.losses == run.losses
    for a, b in zip(run.model.parameters(), other.model.parameters(), strict=True):
        assert a.detach().numpy().tobytes() == b.detach().numpy().tobytes()
