"""PyTorch's place for the writer of curves: `learngrad.utils.tensorboard`."""

from learngrad.widgets.writer import SummaryWriter

__all__ = ["SummaryWriter"]
