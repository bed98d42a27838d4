"""Optimisers: how a parameter moves downhill. `SGD` is the simplest; read it first.

Then, each with one thought more: `Adagrad`, `RMSprop`, `Adadelta`, `Adam`, `AdamW`, `Adamax`,
`NAdam`, `RAdam`; `Rprop`, `ASGD`; and `LBFGS`, which asks for the loss as often as it likes.
`lr_scheduler` changes their learning rates, `swa_utils` averages what they found.
"""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from learngrad.optim.adadelta import Adadelta
from learngrad.optim.adagrad import Adagrad
from learngrad.optim.adam import Adam
from learngrad.optim.adamax import Adamax
from learngrad.optim.adamw import AdamW
from learngrad.optim.asgd import ASGD
from learngrad.optim.lbfgs import LBFGS
from learngrad.optim.nadam import NAdam
from learngrad.optim.optimizer import Optimizer
from learngrad.optim.radam import RAdam
from learngrad.optim.rmsprop import RMSprop
from learngrad.optim.rprop import Rprop
from learngrad.optim.sgd import SGD

if _TYPE_CHECKING:
    from learngrad.optim import lr_scheduler, swa_utils

__all__ = ["ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam",
           "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler", "swa_utils"]


def __getattr__(name: str) -> _Any:
    # Loaded when they are first used: many programs need neither.
    if name in ("lr_scheduler", "swa_utils"):
        return _importlib.import_module(f"learngrad.optim.{name}")
    raise AttributeError(f"module 'learngrad.optim' has no attribute {name!r}")
