"""`learngrad.data.sampler` under PyTorch's name."""

from learngrad.data.sampler import *  # noqa: F403
from learngrad.data.sampler import __all__  # noqa: F401 - the same names
