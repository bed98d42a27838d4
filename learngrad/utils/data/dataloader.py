"""`learngrad.data.loader` under PyTorch's name."""

from learngrad.data.collate import default_collate, default_convert
from learngrad.data.loader import DataLoader
from learngrad.data.worker import get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]
