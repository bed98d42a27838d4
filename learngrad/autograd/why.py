"""Why a tensor has no gradient, in words."""

from __future__ import annotations

from typing import Any

from learngrad import devices, source
from learngrad.autograd import engine
from learngrad.autograd.function import AccumulateGrad
from learngrad.errors import name_of

__all__ = ["why_no_grad"]


def why_no_grad(tensor: Any) -> str:
    """One sentence or two: why ``tensor.grad`` is None, and what to do about it."""
    name = name_of(tensor, "this tensor")
    code = "x" if name == "this tensor" else name  # what it is called in a line of Python
    if tensor._grad is not None:
        return f"{name} has a gradient: look at {code}.grad."
    edge = tensor._edge
    if edge is None:
        cut = source.resolve(getattr(tensor, "_cut", None))
        if cut is not None:
            return (f"{name} was cut out of the graph by detach at {cut}. What is computed from it "
                    "sends no gradient further back.")
        if not devices.is_floating(tensor.dtype):
            return f"{name} holds {tensor.dtype} numbers, and only floating ones have gradients."
        return (f"{name} does not require a gradient: it was made without requires_grad=True, from "
                f"tensors that need none, or under no_grad. {code}.requires_grad_() asks for one.")
    if type(edge[0]) is not AccumulateGrad:
        place = source.resolve(edge[0].made)
        made = f" (at {place})" if place is not None else ""
        return (f"{name} is not a leaf: {type(edge[0]).__name__.lower()} made it{made}. Gradients "
                f"pass through it and are kept in the leaves; call {code}.retain_grad() before "
                "backward to keep its own.")
    last = engine.last_replay()
    if last is None or last[0] < edge[0].seq:
        return f"No backward has run since {name} was made: call backward on the loss."
    place = source.resolve(last[1])
    where = f", at {place}," if place is not None else ""
    return (f"The last backward{where} did not reach {name}: the loss was not computed from it, or "
            "the path was cut by detach, no_grad, an integer or NumPy; or its gradient was cleared "
            "since, by zero_grad or .grad = None.")
