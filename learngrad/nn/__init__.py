"""Modules: layers, networks and losses, with PyTorch's names."""

from learngrad.nn import functional, init
from learngrad.nn.activations import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardswish,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    SiLU,
    Softplus,
    Threshold,
)
from learngrad.nn.containers import ModuleDict, ModuleList, Sequential
from learngrad.nn.conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from learngrad.nn.linear import Bilinear, Identity, Linear
from learngrad.nn.losses import CrossEntropyLoss, MSELoss
from learngrad.nn.module import Module
from learngrad.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from learngrad.nn.parameters import ParameterDict, ParameterList
from learngrad.nn.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    LPPool1d,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    MaxUnpool1d,
    MaxUnpool2d,
)
from learngrad.nn.reshaping import Flatten, Unflatten
from learngrad.nn.squashing import (
    GLU,
    Hardshrink,
    Hardsigmoid,
    Hardtanh,
    LogSigmoid,
    LogSoftmax,
    Sigmoid,
    Softmax,
    Softmax2d,
    Softmin,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
)

__all__ = ["AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
           "AvgPool1d", "AvgPool2d", "Bilinear", "Buffer", "CELU", "Conv1d", "Conv2d",
           "ConvTranspose1d", "ConvTranspose2d", "CrossEntropyLoss", "ELU", "Flatten", "GELU",
           "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LPPool1d",
           "LPPool2d", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "MSELoss", "MaxPool1d",
           "MaxPool2d", "MaxUnpool1d", "MaxUnpool2d", "Mish", "Module", "ModuleDict", "ModuleList",
           "PReLU", "Parameter", "ParameterDict", "ParameterList", "RReLU", "ReLU", "ReLU6", "SELU",
           "Sequential", "SiLU", "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus",
           "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold", "Unflatten",
           "UninitializedBuffer", "UninitializedParameter", "functional", "init"]
