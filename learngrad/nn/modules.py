"""PyTorch's second name for `learngrad.nn`: ``from learngrad.nn.modules.module import Module``.

Programs that write layers of their own import from PyTorch's files by their names; here all these
names mean one module, which has everything that `learngrad.nn` has.
"""

from __future__ import annotations

import sys
from typing import Any

from learngrad.nn import *  # noqa: F403
from learngrad.nn import __all__  # noqa: F401 - the same names
from learngrad.nn.losses import Loss as _Loss  # noqa: F401 - the base of a loss of one's own

_FILES = ("activation", "batchnorm", "container", "conv", "distance", "dropout", "flatten", "fold",
          "instancenorm", "linear", "loss", "module", "normalization", "padding", "pixelshuffle",
          "pooling", "rnn", "sparse", "transformer", "upsampling", "utils")
for _file in _FILES:
    sys.modules[f"{__name__}.{_file}"] = sys.modules[__name__]


def _pair(x: Any) -> tuple[Any, ...]:
    """A size for both dimensions, from one number or from two."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x, x)


def __getattr__(name: str) -> Any:
    if name in _FILES:
        return sys.modules[__name__]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
