"""How PyTorch multiplies matrices on a GPU."""

from types import SimpleNamespace as _SimpleNamespace

from learngrad.cuda import is_available as is_built

__all__ = ["is_built", "matmul"]

matmul = _SimpleNamespace(allow_tf32=False)
