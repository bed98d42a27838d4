"""PyTorch where it can be imported: then it is what rows are compared with."""

import numpy as np

try:
    import torch
except ImportError:  # the same rows run against NumPy and finite differences
    torch = None

__all__ = ["dtype_name", "to_numpy", "torch"]


def dtype_name(dtype):
    """``float32`` for learngrad's, NumPy's and PyTorch's dtypes."""
    return str(dtype).removeprefix("torch.")


def to_numpy(value):
    """What a tensor of learngrad or PyTorch, an array or a number holds, as a NumPy array.

    NumPy has no bfloat16 of its own: it comes in float32.
    """
    if dtype_name(getattr(value, "dtype", None)) == "bfloat16" and hasattr(value, "detach"):
        value = value.float()
    if torch is not None and isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy(force=True)
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    return np.asarray(value)
