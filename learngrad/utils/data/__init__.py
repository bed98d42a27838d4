"""`learngrad.data` under PyTorch's name: ``from learngrad.utils.data import DataLoader``."""

from learngrad.data import *  # noqa: F403
from learngrad.data import __all__  # noqa: F401 - the same names
from learngrad.utils.data import dataloader, dataset, sampler  # noqa: F401
