"""Data: sets of items, the loader that makes batches of them, and data sets to begin with."""

from learngrad.data.collate import default_collate, default_convert
from learngrad.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from learngrad.data.handwriting import digits
from learngrad.data.images import CIFAR10, MNIST, FashionMNIST
from learngrad.data.info import WorkerInfo, get_worker_info
from learngrad.data.loader import DataLoader
from learngrad.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from learngrad.data.shapes import blobs, circles, moons, sine, spirals, xor
from learngrad.data.text import Characters, names, python_text

__all__ = [
    "BatchSampler", "CIFAR10", "ChainDataset", "Characters", "ConcatDataset", "DataLoader",
    "Dataset", "FashionMNIST", "IterableDataset", "MNIST", "RandomSampler", "Sampler",
    "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler", "TensorDataset",
    "WeightedRandomSampler", "WorkerInfo", "blobs", "circles", "default_collate",
    "default_convert", "digits", "get_worker_info", "moons", "names", "python_text",
    "random_split", "sine", "spirals", "xor",
]
