"""Automatic differentiation: the gate where operations are recorded, and the replay."""

from learngrad.autograd.engine import Contribution, Step, backward, grad
from learngrad.autograd.function import Function
from learngrad.autograd.mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__all__ = ["Contribution", "Function", "Step", "backward", "enable_grad", "grad", "gradcheck",
           "is_grad_enabled", "no_grad", "set_grad_enabled"]


def __getattr__(name: str) -> object:
    # gradcheck makes tensors, so it is loaded after them.
    if name == "gradcheck":
        from learngrad.autograd.gradcheck import gradcheck
        return gradcheck
    raise AttributeError(f"module 'learngrad.autograd' has no attribute {name!r}")
