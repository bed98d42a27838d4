"""Learning rates that change while training: call ``scheduler.step()`` after ``optimizer.step()``.

Most schedulers change the rate by the epoch, some by the batch (`OneCycleLR`, `CyclicLR`).
"""

from learngrad.optim.lr_scheduler.base import LRScheduler, _LRScheduler
from learngrad.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from learngrad.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from learngrad.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from learngrad.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from learngrad.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from learngrad.optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "CyclicLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR",
    "MultiplicativeLR", "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR",
    "StepLR", "_LRScheduler",
]
