"""The layers' functions without the layers: the same operations that tensors have."""

from learngrad.ops.activations import (
    celu,
    elu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu6,
    selu,
    silu,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from learngrad.ops.elementwise import relu, sigmoid, tanh
from learngrad.ops.gather import one_hot
from learngrad.ops.losses import cross_entropy, log_softmax, mse_loss, softmax
from learngrad.ops.matmul import linear

__all__ = [
    "celu", "cross_entropy", "elu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "linear", "log_softmax", "logsigmoid", "mish", "mse_loss", "one_hot", "prelu",
    "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold",
]
