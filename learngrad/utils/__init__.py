"""PyTorch's second name for `learngrad.data`: `learngrad.utils.data`."""

from learngrad.utils import data

__all__ = ["data"]
