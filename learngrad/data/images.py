"""MNIST, FashionMNIST and CIFAR-10, downloaded when they are asked for.

Sizes and SHA-256 of the files are those that TensorFlow Datasets publishes
(https://github.com/tensorflow/datasets, folder url_checksums).
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from learngrad.data.dataset import Dataset
from learngrad.data.download import Remote, cache_folder, fetch, is_there
from learngrad.errors import DownloadError
from learngrad.ops.making import own
from learngrad.tensor import Tensor

__all__ = ["CIFAR10", "MNIST", "FashionMNIST"]

INSTEAD = "learngrad.data.digits() needs no network: 1,797 real images of handwritten digits"
MOST = 2**30  # bytes that an IDX file may hold
PIXELS, CHANNELS, SIDE = 3 * 32 * 32, 3, 32  # of an image of CIFAR-10

Change = Callable[[Any], Any]


class Images(Dataset):
    """Images and what they show, from files that are there or are downloaded.

    Parameters
    ----------
    root : str or Path, optional
        Where the files are kept; by default the system's place for caches, or LEARNGRAD_DATA.
    train : bool, default True
        Whether the images to train on, or those to test with.
    transform : callable, optional
        Takes an image as a float32 tensor from 0 to 1, and what it gives is the item's image.
    target_transform : callable, optional
        Takes the class as an int.
    download : bool, default False
        Whether the files may be downloaded.

    Raises
    ------
    DownloadError
        If the files are not there, cannot be fetched, or are damaged.
    """

    classes: ClassVar[list[str]]
    data: Tensor  # uint8, one image after another
    targets: Tensor  # int64

    def __init__(self, root: str | Path | None = None, train: bool = True,
                 transform: Change | None = None, target_transform: Change | None = None,
                 download: bool = False) -> None:
        self.root = cache_folder() if root is None else Path(root)
        self.train, self.transform, self.target_transform = train, transform, target_transform
        folder, files = self._files()
        if not download and not all(is_there(file, folder) for file in files):
            raise DownloadError(f"{type(self).__name__} is not in {folder}",
                                fix=f"download=True fetches it; {INSTEAD}")
        for file in files:
            fetch(file, folder, instead=INSTEAD)
        images, labels = self._read([folder / file.name for file in files])
        if len(images) != len(labels) or (len(labels) and labels.max() >= len(self.classes)):
            raise _damaged(folder, "images and classes do not belong together")
        self.data, self.targets = own(images), own(labels.astype(np.int64))

    def _files(self) -> tuple[Path, list[Remote]]:
        raise NotImplementedError

    def _read(self, paths: list[Path]) -> tuple[Any, Any]:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        pixels = self.data._data[index].astype(np.float32) / np.float32(255)
        image: Any = own(pixels.reshape(-1, *pixels.shape[-2:]))
        target: Any = int(self.targets._data[index])
        return (image if self.transform is None else self.transform(image),
                target if self.target_transform is None else self.target_transform(target))


class MNIST(Images):
    """Handwritten digits: 60,000 images of 28x28 to train on and 10,000 to test with.

    An item is (image, class): float32 [1, 28, 28] from 0 to 1, and an int. All at once they are
    ``data``, uint8 [n, 28, 28], and ``targets``, int64 [n]. The arguments are those of `Images`.

    Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits" (1998).

    PyTorch: `torchvision.datasets.MNIST` gives images of the Pillow library, which
    ``transforms.ToTensor()`` turns into what items are here.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.data.MNIST.classes[:2]
    ['0 - zero', '1 - one']
    """

    classes: ClassVar[list[str]] = [f"{i} - {word}" for i, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])]
    mirrors: ClassVar[tuple[str, ...]] = (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/")
    resources: ClassVar[dict[str, tuple[int, str]]] = {
        "train-images-idx3-ubyte.gz": (
            9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        "train-labels-idx1-ubyte.gz": (
            28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        "t10k-images-idx3-ubyte.gz": (
            1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        "t10k-labels-idx1-ubyte.gz": (
            4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")}

    def _files(self) -> tuple[Path, list[Remote]]:
        part = "train" if self.train else "t10k"
        return self.root / type(self).__name__ / "raw", [
            Remote(name, *facts, tuple(mirror + name for mirror in self.mirrors))
            for name, facts in self.resources.items() if name.startswith(part)]

    def _read(self, paths: list[Path]) -> tuple[Any, Any]:
        images, labels = map(read_idx, paths)
        if images.ndim != 3 or labels.ndim != 1:
            raise _damaged(paths[0], "it does not hold images")
        return images, labels


class FashionMNIST(MNIST):
    """Clothes in the form of MNIST: 60,000 images of 28x28 to train on, 10,000 to test with.

    Items, ``data`` and ``targets`` are as those of `MNIST`, and the arguments those of `Images`.

    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
    Machine Learning Algorithms" (2017), https://arxiv.org/abs/1708.07747, MIT licence.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.data.FashionMNIST.classes[-1]
    'Ankle boot'
    """

    classes: ClassVar[list[str]] = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
                                    "Shirt", "Sneaker", "Bag", "Ankle boot"]
    mirrors: ClassVar[tuple[str, ...]] = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")
    resources: ClassVar[dict[str, tuple[int, str]]] = {
        "train-images-idx3-ubyte.gz": (
            26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        "train-labels-idx1-ubyte.gz": (
            29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        "t10k-images-idx3-ubyte.gz": (
            4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        "t10k-labels-idx1-ubyte.gz": (
            5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")}


class CIFAR10(Images):
    """Small photographs: 50,000 of 32x32 in colour to train on and 10,000 to test with.

    An item is (image, class): float32 [3, 32, 32] from 0 to 1, and an int. All at once they are
    ``data``, uint8 [n, 3, 32, 32], and ``targets``, int64 [n]. The arguments are those of `Images`.

    A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009),
    https://www.cs.toronto.edu/~kriz/cifar.html; its binary version, which is read, not unpickled.

    PyTorch: `torchvision.datasets.CIFAR10` gives images of the Pillow library, and its ``data`` is
    an array [n, 32, 32, 3].

    Examples
    --------
    >>> import learngrad
    >>> learngrad.data.CIFAR10.classes[:3]
    ['airplane', 'automobile', 'bird']
    """

    classes: ClassVar[list[str]] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
                                    "horse", "ship", "truck"]
    archive = Remote("cifar-10-binary.tar.gz", 170052171,
                     "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                     ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                      "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz"))
    in_a_file = 10_000  # images

    def _files(self) -> tuple[Path, list[Remote]]:
        return self.root, [self.archive]

    def _read(self, paths: list[Path]) -> tuple[Any, Any]:
        import tarfile  # here, as worker processes need not wait for it
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if self.train else ["test_batch.bin"]
        wanted = {f"cifar-10-batches-bin/{name}" for name in names}
        found = {}
        try:
            with tarfile.open(paths[0], "r|gz") as archive:  # read through once, nothing unpacked
                for member in archive:
                    if member.name not in wanted:
                        continue
                    if not member.isfile() or member.size != self.in_a_file * (1 + PIXELS):
                        raise _damaged(paths[0], f"{member.name} has {member.size} bytes, and not "
                                       f"{self.in_a_file * (1 + PIXELS)}")
                    file = archive.extractfile(member)
                    assert file is not None
                    found[member.name] = np.frombuffer(file.read(), np.uint8)
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise _damaged(paths[0], str(error)) from error
        if missing := wanted - found.keys():
            raise _damaged(paths[0], f"{', '.join(sorted(missing))} is not in it")
        # One byte for the class, then the red, the green and the blue pixels, row by row.
        rows = np.concatenate([found[name] for name in sorted(found)]).reshape(-1, 1 + PIXELS)
        return rows[:, 1:].reshape(-1, CHANNELS, SIDE, SIDE).copy(), rows[:, 0]


def read_idx(path: str | os.PathLike[str]) -> Any:
    """The array of bytes in a gzipped IDX file, as MNIST's are.

    Two zero bytes, the code of the type (8: bytes), the number of dimensions, each dimension as
    four bytes, the largest first, then the elements.
    """
    try:
        with gzip.open(path) as file:
            head = file.read(4)
            if len(head) < 4 or head[:3] != b"\0\0\x08" or not 1 <= head[3] <= 4:
                raise _damaged(path, "it does not begin as an IDX file of bytes")
            shape = [int.from_bytes(file.read(4), "big") for _ in range(head[3])]
            if math.prod(shape) > MOST:
                raise _damaged(path, f"it says that it holds {shape}")
            content = file.read(math.prod(shape) + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    if len(content) != math.prod(shape):
        raise _damaged(path, f"it says that it holds {shape}, and does not")
    return np.frombuffer(content, np.uint8).reshape(shape).copy()


def _damaged(path: str | os.PathLike[str], why: str) -> DownloadError:
    return DownloadError(f"{os.fspath(path)} is damaged: {why}",
                         fix="delete the file, and download=True fetches it again")
