"""What is done to a module's gradients and weights between the steps; PyTorch's ``nn.utils``."""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from learngrad.nn.utils import rnn
from learngrad.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from learngrad.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

if _TYPE_CHECKING:
    from learngrad.nn.utils import parametrizations, parametrize, stateless
    from learngrad.nn.utils.spectralnorm import remove_spectral_norm, spectral_norm
    from learngrad.nn.utils.weightnorm import remove_weight_norm, weight_norm

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
           "get_total_norm", "parameters_to_vector", "parametrizations", "parametrize",
           "remove_spectral_norm", "remove_weight_norm", "rnn", "spectral_norm", "stateless",
           "vector_to_parameters", "weight_norm"]

# Loaded when they are first used: most programs never do.
_LAZY = {
    "parametrizations": "parametrizations", "parametrize": "parametrize", "stateless": "stateless",
    "spectral_norm": "spectralnorm", "remove_spectral_norm": "spectralnorm",
    "weight_norm": "weightnorm", "remove_weight_norm": "weightnorm",
}


def __getattr__(name: str) -> _Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _importlib.import_module(f"{__name__}.{_LAZY[name]}")
    value = globals()[name] = module if _LAZY[name] == name else getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
