"""`save` and `load`: state dicts and checkpoints in the safetensors format.

A dict of tensors is a plain safetensors file, as PyTorch's `safetensors.torch` writes and reads it.
Of anything else the tensors are put in one by one, named by their path, and the rest (numbers,
texts, how it all hangs together) stands in the header as JSON.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np

from learngrad import devices
from learngrad.devices import Device
from learngrad.errors import ArgumentTypeError
from learngrad.saving.errors import Damaged, SavingError
from learngrad.saving.files import replacing
from learngrad.saving.safetensors import METADATA, read, write
from learngrad.tensor import Tensor

__all__ = ["load", "save"]

DEPTH = 100  # dicts and lists within one another
KEY = "learngrad"  # in the metadata: what is there beside tensors
VERSION = 1
DEEP = "it has dicts and lists within one another without end"

CONVERT = ("convert it once, with PyTorch: safetensors.torch.save_file(torch.load(path, "
           "weights_only=True), \"model.safetensors\"), or of a checkpoint the state dict in it")
# How files begin that people try to load and that are something else; and what helps then.
STRANGERS = {
    b"PK\x03\x04": ("a zip archive, as torch.save and numpy.savez write it",
                    CONVERT + "; one of NumPy's: numpy.load(path)"),
    b"\x80": ("a pickle, as old versions of torch.save write it", CONVERT),
    b"\x93NUMPY": ("one NumPy array, as numpy.save writes it",
                   "learngrad.from_numpy(numpy.load(path))"),
    b"\x89HDF": ("HDF5, as Keras writes it", "read it with h5py, array by array"),
    b"version ": ("a note where Git LFS keeps the file, not the file", "git lfs pull"),
    b"<": ("a web page, which came in place of the file", "look at it, and download again"),
}


def save(obj: Any, f: Any) -> None:
    """Write a state dict, a checkpoint or a tensor to a file, in the safetensors format.

    Parameters
    ----------
    obj : dict, list, tuple, Tensor, number, str or None
        Nested as you like: ``{"model": model.state_dict(), "optimizer": optimizer.state_dict(),
        "epoch": 3}``. NumPy arrays may be in it. Subclasses of dict, list and tuple come back as
        plain ones, a `Parameter` as a tensor, NumPy's single numbers as Python's.
    f : str, os.PathLike or binary file
        Where to. A file that is there is replaced when the new one is whole: an interrupted save
        leaves the old one.

    Raises
    ------
    ArgumentTypeError
        If something in `obj` is no data, such as a module or a function; it says where.
    SavingError
        If the folder is not there.

    Notes
    -----
    What is written is safetensors whatever the file is called; ``.safetensors`` is the usual
    ending. A dict of tensors is read by every program that knows the format. Tensors that share
    memory are written each by itself.

    PyTorch: ``torch.save`` pickles any object; nothing is pickled here, so give a module's
    ``state_dict()``, not the module.

    Examples
    --------
    >>> import io, learngrad
    >>> file = io.BytesIO()
    >>> learngrad.save({"w": learngrad.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> learngrad.load(file)
    {'w': tensor([1., 1.]), 'epoch': 3}
    """
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise ArgumentTypeError(f"save writes to a path or a binary file, not to {f!r:.60}",
                                fix='learngrad.save(model.state_dict(), "model.safetensors")')
    if isinstance(f, io.TextIOBase):
        raise ArgumentTypeError("this file takes text, and tensors are bytes",
                                fix='open(path, "wb")')
    arrays: dict[str, np.ndarray] = {}
    tree = _packed(obj, [], arrays)
    plain = tree == {name: {"$tensor": name} for name in arrays} and isinstance(obj, dict)
    metadata = {} if plain else {KEY: json.dumps({"version": VERSION, "tree": tree},
                                                  separators=(",", ":"), allow_nan=False)}
    if hasattr(f, "write"):
        write(f, arrays, metadata)
    else:
        with replacing(f) as file:
            write(file, arrays, metadata)


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote, or any other safetensors file.

    Parameters
    ----------
    f : str, os.PathLike or binary file
        A file object is read from where it stands to its end.
    map_location : str, Device, dict or callable, optional
        Where the tensors shall live; by default on the CPU. A dict is asked for ``"cpu"``, a
        function is called with each tensor and ``"cpu"`` and gives the tensor to take.
    weights_only : bool
        Taken for PyTorch's sake: a file is data alone, so that nothing could be run.

    Returns
    -------
    dict of str to Tensor, or what was saved

    Raises
    ------
    SavingError
        If the file is something else (a file of ``torch.save`` must be converted, once, with
        PyTorch), is damaged, or comes from a newer version.
    MissingDependency
        If it holds bfloat16, and ml-dtypes is not installed.
    OSError
        If there is no such file, or it cannot be read.

    Notes
    -----
    PyTorch: ``torch.load`` puts tensors on the device that they were saved from.

    Examples
    --------
    >>> import tempfile, learngrad
    >>> model = learngrad.nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     learngrad.save(model.state_dict(), folder + "/model.safetensors")
    ...     model.load_state_dict(learngrad.load(folder + "/model.safetensors"))
    <All keys matched successfully>
    """
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return _loaded(file, os.fspath(f), map_location)
    if isinstance(f, io.TextIOBase) or not hasattr(f, "read"):
        raise ArgumentTypeError(f"load reads a path or a binary file, not {f!r:.60}",
                                fix='learngrad.load("model.safetensors"), or open(path, "rb")')
    if not (hasattr(f, "readinto") and hasattr(f, "seekable") and f.seekable()):
        f = io.BytesIO(f.read())  # a stream from elsewhere: how long it is shows at its end
    return _loaded(f, getattr(f, "name", "this file"), map_location)


def _loaded(file: BinaryIO, title: Any, map_location: Any) -> Any:
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    if not size and start:
        raise SavingError(f"{title} stands at its end: nothing is left to read",
                          fix="file.seek(0) before learngrad.load(file)")
    head = file.read(8)
    file.seek(start)
    # A header's length may begin with any byte, and none is so long as these letters would mean.
    if int.from_bytes(head, "little") > size - 8:
        for beginning, (what, fix) in STRANGERS.items():
            if head.startswith(beginning):
                raise SavingError(f"{title} is {what}; it is not safetensors. Nothing that could "
                                  "be a program, as a pickle is, is ever run here", fix=fix)
    place = _placing(map_location)
    try:
        arrays, metadata = read(file, size)
        if KEY not in metadata:
            return {name: place(_tensor(array)) for name, array in arrays.items()}
        return _unpacked(_tree(metadata[KEY]), arrays, place)
    except Damaged as error:
        raise SavingError(
            f"{title} is no safetensors file, or is damaged: {error}",
            fix="copy or download it again, or save it again with learngrad.save") from error


def _placing(map_location: Any) -> Callable[[Tensor], Tensor]:
    """What puts a tensor where `map_location` says."""
    if isinstance(map_location, Mapping):
        map_location = map_location.get("cpu", "cpu")
    if map_location is None or isinstance(map_location, (str, Device)):
        device = Device(map_location or "cpu")
        return lambda tensor: tensor.to(device)
    if not callable(map_location):
        raise ArgumentTypeError(f"map_location is a device, a dict or a function, not "
                                f"{map_location!r:.60}", fix='map_location="cpu"')

    def place(tensor: Tensor) -> Tensor:
        moved = map_location(tensor, "cpu")
        return moved if isinstance(moved, Tensor) else tensor

    return place


def _tensor(array: np.ndarray) -> Tensor:
    return Tensor._from_array(array, None)


# ---- What is there beside tensors, as JSON -------------------------------------------------------
# JSON's own values stand for themselves. An object with a key that begins with $ stands for what
# JSON has not: {"$tensor": name}, {"$array": name}, {"$tuple": [...]}, {"$float": "nan"}, and
# {"$dict": [[key, value], ...]} for a dict whose keys are not all texts.


def _packed(value: Any, path: list[Any], arrays: dict[str, np.ndarray]) -> Any:
    """`value` as JSON data; its tensors go into `arrays`."""
    if isinstance(value, Tensor):
        name = _name(path, arrays)
        arrays[name] = devices.to_device(value._data, devices.CPU)
        return {"$tensor": name, **({"requires_grad": True} if value.requires_grad else {})}
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if isinstance(value, str):
        return str(value)
    if len(path) > DEPTH:
        raise ArgumentTypeError(
            f"this holds dicts and lists within one another more than {DEPTH} deep, or one that "
            f"holds itself: {_spelled(path[:6])} ...", fix="save a flatter dict")
    if isinstance(value, (list, tuple)):
        items = [_packed(item, [*path, i], arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    if isinstance(value, dict):
        pairs = [(key, _packed(item, [*path, key], arrays)) for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {str(key): item for key, item in pairs}
        return {"$dict": [[_key(key, path), item] for key, item in pairs]}
    if isinstance(value, np.ndarray):
        name = _name(path, arrays)
        arrays[name] = value.astype(devices.to_dtype(value.dtype), copy=False)
        return {"$array": name}
    raise _no_data(value, path)


def _key(key: Any, path: list[Any]) -> Any:
    if key is None or isinstance(key, (str, int, float, np.integer, np.floating)):
        return _packed(key, path, {})
    if isinstance(key, tuple):
        return {"$tuple": [_key(part, path) for part in key]}
    raise _no_data(key, path, "a key of ")


def _name(path: list[Any], taken: Mapping[str, Any]) -> str:
    """A tensor's name in the file: its path, such as ``optimizer.state.0.exp_avg``."""
    name = own = ".".join(map(str, path)) or "tensor"
    number = 2
    while name in taken or name == METADATA:
        name, number = f"{own}~{number}", number + 1
    return name


def _spelled(path: list[Any]) -> str:
    return "obj" + "".join(f"[{key!r:.40}]" for key in path)


def _no_data(value: Any, path: list[Any], what: str = "") -> ArgumentTypeError:
    kind = type(value).__name__
    if hasattr(value, "state_dict"):
        fix = "save its state: x.state_dict()"
    elif isinstance(value, (set, frozenset)):
        fix = "as a list: sorted(x)"
    elif callable(value):
        fix = "leave it out, and write it again where the file is loaded"
    elif hasattr(value, "__dict__"):
        fix = "as a dict: vars(x), or as text: str(x)"
    else:
        fix = "as text, numbers or a list of them: str(x), list(x)"
    return ArgumentTypeError(
        f"{what}{_spelled(path)} is a {kind}, which is no data: a file holds tensors, arrays, "
        "numbers, texts, None, and dicts, lists and tuples of them", fix=fix)


def _tree(text: str) -> Any:
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise Damaged(DEEP) from error
    except ValueError as error:
        raise Damaged(f"what is there beside tensors cannot be read ({error!s:.120})") from error
    if not isinstance(found, dict) or "tree" not in found or type(found.get("version")) is not int:
        raise Damaged("what is there beside tensors has no version and no tree")
    if found["version"] > VERSION:
        raise Damaged(f"it is of version {found['version']}, and this learngrad reads up to "
                      f"{VERSION}: a newer learngrad wrote it")
    return found["tree"]


def _unpacked(value: Any, arrays: dict[str, np.ndarray], place: Callable[[Tensor], Tensor],
              depth: int = 0) -> Any:
    """What `_packed` was given."""
    if depth > 2 * DEPTH:
        raise Damaged(DEEP)
    if isinstance(value, list):
        return [_unpacked(item, arrays, place, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value), "")
    if not tag.startswith("$"):
        return {key: _unpacked(item, arrays, place, depth + 1) for key, item in value.items()}
    inside = value[tag]
    if tag in ("$tensor", "$array") and isinstance(inside, str) and inside in arrays:
        if tag == "$array":
            return arrays[inside]
        tensor = place(_tensor(arrays[inside]))
        needs = value.get("requires_grad") is True and tensor.is_floating_point()
        return tensor.detach().requires_grad_() if needs else tensor
    if tag == "$float" and inside in ("nan", "inf", "-inf"):
        return float(inside)
    if tag == "$tuple" and isinstance(inside, list):
        return tuple(_unpacked(item, arrays, place, depth + 1) for item in inside)
    if tag == "$dict" and isinstance(inside, list) and all(
            isinstance(pair, list) and len(pair) == 2 for pair in inside):
        pairs = [[_unpacked(part, arrays, place, depth + 1) for part in pair] for pair in inside]
        try:
            return dict(pairs)
        except TypeError as error:  # a list for a key
            raise Damaged(f"a key of a dict is none ({error})") from error
    raise Damaged(f"it has {value!r:.80} beside its tensors, which means nothing")
