"""Optimisers: how a parameter moves downhill. `SGD` is the simplest; read it first."""

from learngrad.optim.adam import Adam
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
