"""Modules: layers, networks and losses, with PyTorch's names."""

from learngrad.nn import functional, init
from learngrad.nn.activations import ReLU, Sigmoid, Tanh
from learngrad.nn.containers import Sequential
from learngrad.nn.linear import Identity, Linear
from learngrad.nn.losses import CrossEntropyLoss, MSELoss
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.nn.reshaping import Flatten

__all__ = ["CrossEntropyLoss", "Flatten", "Identity", "Linear", "MSELoss", "Module", "Parameter",
           "ReLU", "Sequential", "Sigmoid", "Tanh", "functional", "init"]
