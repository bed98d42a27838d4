"""Automatic differentiation: the gate where operations are recorded, and the replay."""

from learngrad.autograd.engine import Contribution, Step, backward, grad
from learngrad.autograd.function import Function
from learngrad.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from learngrad.autograd.mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["Contribution", "Function", "GradcheckError", "Step", "backward", "enable_grad",
           "grad", "gradcheck", "gradgradcheck", "is_grad_enabled", "no_grad", "set_grad_enabled"]
