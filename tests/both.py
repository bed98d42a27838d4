"""Expressions that mean the same in learngrad and in PyTorch: run in each, and compared."""

import numpy as np

import learngrad as lg
import learngrad.nn.functional
from tests.optable.reference import dtype_name, to_numpy, torch

__all__ = ["agree", "names", "plain", "run", "same", "torch"]


def names(lib):
    """What an expression may name: the library as ``torch``, and four small tensors."""
    return {"torch": lib, "F": lib.nn.functional, "np": np, "a": lib.tensor([1.0, 2.0]),
            "A": lib.tensor([[1.0, 2.0], [3.0, 4.0]]), "i": lib.tensor([1, 2]),
            "w": lib.tensor([1.0, 2.0], requires_grad=True)}


def run(lib, program):
    """The value of the last of the lines, which may name what those before it made."""
    *before, last = program.strip().split("\n")
    scope = names(lib)
    exec("\n".join(before), scope)  # programs of our own tests
    return plain(eval(last, scope))


def plain(value):
    """A value without its library: tensors by dtype, shape and elements, dtypes by name."""
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if hasattr(value, "requires_grad"):
        return dtype_name(value.dtype), tuple(value.shape), to_numpy(value), value.requires_grad
    if isinstance(value, np.dtype) or (torch is not None and isinstance(value, torch.dtype)):
        return dtype_name(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.replace("learngrad", "torch") if isinstance(value, str) else value
    return str(value).replace("learngrad", "torch")


def same(mine, theirs):
    """Whether two plain values agree; floating ones to rounding."""
    if isinstance(mine, (tuple, list)) and isinstance(theirs, (tuple, list)):
        return len(mine) == len(theirs) and all(map(same, mine, theirs))
    if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray):
        return mine.shape == theirs.shape and np.allclose(mine, theirs, 1e-5, 1e-6, equal_nan=True)
    if isinstance(mine, float) and isinstance(theirs, float):
        return bool(np.isclose(mine, theirs, 1e-5, 1e-6, equal_nan=True))
    return type(mine) is type(theirs) and mine == theirs


def agree(program):
    """Fail where learngrad and PyTorch come to something else; gives learngrad's value."""
    mine = run(lg, program)
    if torch is not None:
        theirs = run(torch, program)
        assert same(mine, theirs), f"{program}\nlearngrad {mine}\nPyTorch   {theirs}"
    return mine
