"""`learngrad.data.loader` under PyTorch's name."""

from learngrad.data.collate import default_collate, default_convert
from learngrad.data.info import get_worker_info
from learngrad.data.loader import DataLoader

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]
