"""`learngrad.data.dataset` under PyTorch's name."""

from learngrad.data.dataset import *  # noqa: F403
from learngrad.data.dataset import __all__  # noqa: F401 - the same names
