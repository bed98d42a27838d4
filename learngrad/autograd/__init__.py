"""Automatic differentiation: the gate where operations are recorded, and the replay."""

from learngrad.autograd import bfloat16, function, functional  # noqa: F401  (adds the dtype)
from learngrad.autograd.anomaly import detect_anomaly, set_detect_anomaly
from learngrad.autograd.custom import once_differentiable
from learngrad.autograd.engine import Contribution, Step, backward, grad
from learngrad.autograd.function import Function
from learngrad.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from learngrad.autograd.mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from learngrad.autograd.operation import Operation, operation

function.once_differentiable = once_differentiable  # type: ignore[attr-defined]  # PyTorch's place

__all__ = ["Contribution", "Function", "GradcheckError", "Operation", "Step", "backward",
           "detect_anomaly", "enable_grad", "functional", "grad", "gradcheck", "gradgradcheck",
           "inference_mode", "is_grad_enabled", "no_grad", "operation", "set_detect_anomaly",
           "set_grad_enabled"]
