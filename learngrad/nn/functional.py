"""The layers' functions without the layers: the same operations that tensors have."""

from learngrad.ops.elementwise import relu, sigmoid, tanh
from learngrad.ops.losses import cross_entropy, log_softmax, mse_loss, softmax
from learngrad.ops.matmul import linear

__all__ = ["cross_entropy", "linear", "log_softmax", "mse_loss", "relu", "sigmoid", "softmax",
           "tanh"]
