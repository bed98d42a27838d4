"""Training that goes on from a file is, bit for bit, training that never stopped."""

import random

import numpy as np
import pytest

import learngrad as lg
from learngrad import nn
from learngrad.utils.data import DataLoader, TensorDataset

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


SCHEDULES = {
    "StepLR": lambda optimizer: lg.optim.lr_scheduler.StepLR(optimizer, 1, 0.5),
    "CosineAnnealingLR": lambda optimizer: lg.optim.lr_scheduler.CosineAnnealingLR(optimizer, 4),
    "OneCycleLR": lambda optimizer: lg.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 6),
    "LambdaLR": lambda optimizer: lg.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 0.9**k),
    "ReduceLROnPlateau": lambda optimizer: lg.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, patience=0, threshold=10),
    "SequentialLR": lambda optimizer: lg.optim.lr_scheduler.SequentialLR(optimizer, [
        lg.optim.lr_scheduler.LinearLR(optimizer, total_iters=2),
        lg.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)], [2]),
}


def epochs(schedule, stop, path=None, resume=None):
    """Epochs as a program writes them, in the usual words; saved at the end, or gone on with."""
    X, y = lg.data.digits("test")
    model = nn.Sequential(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1),
                          nn.Linear(16, 10))
    optimizer = lg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = SCHEDULES[schedule](optimizer)
    order = lg.Generator().manual_seed(5)
    loader = DataLoader(TensorDataset(X, y), batch_size=64, shuffle=True, generator=order)
    start, losses = 0, []
    if resume is not None:
        checkpoint = lg.load(resume, map_location="cpu", weights_only=True)
        model.load_state_dict(checkpoint["model_state_dict"])
        optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
        scheduler.load_state_dict(checkpoint["scheduler_state_dict"])
        order.set_state(checkpoint["order"])
        lg.set_rng_state(checkpoint["rng"])
        start, losses = checkpoint["epoch"] + 1, checkpoint["losses"]
    for _ in range(start, stop):
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step(*[loss.item()] * (schedule == "ReduceLROnPlateau"))
    if path is not None:
        lg.save({"epoch": stop - 1, "model_state_dict": model.state_dict(),
                 "optimizer_state_dict": optimizer.state_dict(),
                 "scheduler_state_dict": scheduler.state_dict(), "losses": losses,
                 "order": order.get_state(), "rng": lg.get_rng_state()}, path)
    return losses, optimizer.param_groups[0]["lr"], model.state_dict()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_epochs_with_a_loader_and_a_schedule_go_on(schedule, tmp_path):
    lg.manual_seed(0)
    whole, rate, weights = epochs(schedule, 5)
    lg.manual_seed(0)
    epochs(schedule, 2, path=tmp_path / "checkpoint.pt")
    lg.manual_seed(77)
    losses, resumed_rate, resumed = epochs(schedule, 5, resume=tmp_path / "checkpoint.pt")
    assert losses == whole
    assert resumed_rate == rate
    for name, value in weights.items():
        assert value.numpy().tobytes() == resumed[name].numpy().tobytes(), name
