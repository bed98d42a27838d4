"""The safetensors format: names, dtypes and shapes as JSON, then the numbers as they are in memory.

Eight bytes give the length of the header, little end first. The header is a JSON object, from each
tensor's name to its dtype, its shape, and where its bytes begin and end in what follows; these
places leave nothing out and do not overlap. https://huggingface.co/docs/safetensors/index#format

The format is small enough to be read and written with NumPy alone, so that saving a model needs no
package and a damaged file gets an error in words. Nothing is allocated that the file does not hold.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from learngrad import devices
from learngrad.errors import ArgumentError
from learngrad.saving.errors import Damaged

__all__ = ["METADATA", "read", "write"]

METADATA = "__metadata__"  # the one name that is no tensor's
LIMIT = 100_000_000  # bytes of header, by the format
DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32",
    "I32": "int32", "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "bfloat16",
    "F32": "float32", "F64": "float64",
}
CODES = {name: code for code, name in DTYPES.items()}


def write(file: BinaryIO, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Write NumPy arrays by their names, and texts about them, in safetensors."""
    # The widest numbers come first: then each begins at a multiple of its own size.
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    places, end = {}, 0
    for name in order:
        places[name] = [end, end := end + arrays[name].nbytes]
    header = {**({METADATA: metadata} if metadata else {}), **{
        name: {"dtype": CODES[array.dtype.name], "shape": array.shape, "data_offsets": places[name]}
        for name, array in arrays.items()}}
    try:
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"a name or a text is no valid Unicode: {error.object!r:.60}",
                            fix='text.encode("utf-8", "replace").decode()') from error
    text += b" " * (-len(text) % 8)
    if len(text) > LIMIT:
        raise ArgumentError(f"names and texts take {len(text):,} bytes, and the format holds "
                            f"{LIMIT:,}", fix="long lists of numbers as tensors, or in other files")
    file.write(len(text).to_bytes(8, "little"))
    file.write(text)
    for name in order:
        file.write(_turned(arrays[name].reshape(-1)).view(np.uint8).data)


def read(file: BinaryIO, size: int) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Arrays by their names, and the texts, from a file with `size` bytes to come.

    Raises
    ------
    Damaged
        If it is not safetensors, or anything in it contradicts the rest.
    """
    if size < 8:
        raise Damaged(f"it has {size} bytes, and the length of its header alone takes 8")
    length = int.from_bytes(_bytes(file, 8).tobytes(), "little")
    if length > min(LIMIT, size - 8):
        raise Damaged(f"its header would be {length:,} bytes long, and there are {size - 8:,}"
                      if length <= LIMIT else f"its header would be {length:,} bytes long, and the "
                      f"format has at most {LIMIT:,}")
    header = _header(_bytes(file, length).tobytes())
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(t, str) for t in metadata.values()):
        raise Damaged("its metadata are not texts by name")
    entries = {name: _entry(name, entry) for name, entry in header.items()}
    order = sorted(entries, key=lambda name: entries[name][2])
    end = 0
    for name in order:
        begins = entries[name][2][0]
        if begins != end:
            raise Damaged(f"{name!r:.80} begins at byte {begins:,} of the data, and what is before "
                          f"it ends at {end:,}: each tensor begins where another ends")
        end = entries[name][2][1]
    if end != size - 8 - length:
        raise Damaged(f"its tensors take {end:,} bytes, and {size - 8 - length:,} are there")
    arrays = {name: _array(file, name, *entries[name][:2]) for name in order}
    return {name: arrays[name] for name in entries}, metadata


def _bytes(file: BinaryIO, count: int) -> np.ndarray:
    """The next `count` bytes; a stream may hand them over in parts."""
    data = np.empty(count, np.uint8)
    rest = data.data
    while rest:
        got = file.readinto(rest)  # type: ignore[attr-defined]
        if not got:
            raise Damaged(f"it ends {len(rest):,} bytes too early")
        rest = rest[got:]
    return data


def _header(data: bytes) -> dict[str, Any]:
    if not data.startswith(b"{"):
        raise Damaged("it has no header where a safetensors file has it")
    try:
        header: dict[str, Any] = json.loads(data, object_pairs_hook=_once, parse_constant=_refused)
        "".join(header).encode()
    except RecursionError as error:
        raise Damaged("its header has lists within lists without end") from error
    except ValueError as error:  # of Unicode, of JSON, of a number with thousands of digits
        raise Damaged(f"its header cannot be read ({error!s:.120})") from error
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _entry(name: str, entry: Any) -> tuple[np.dtype[Any], list[int], list[int]]:
    """Dtype, shape and place of a tensor, which agree with each other."""
    fields = ("dtype", "shape", "data_offsets")
    if not isinstance(entry, dict) or not all(field in entry for field in fields):
        raise Damaged(f"{name!r:.80} has not the three fields of a tensor: {', '.join(fields)}")
    code, shape, place = (entry[field] for field in fields)
    if not isinstance(code, str) or code not in DTYPES:
        raise Damaged(f"{name!r:.80} has dtype {code!r:.40}, and tensors have {', '.join(DTYPES)}")
    for what, numbers in (("shape", shape), ("data_offsets", place)):
        if not isinstance(numbers, list) or not all(
                type(n) is int and 0 <= n < 2**63 for n in numbers):
            raise Damaged(f"{name!r:.80}: {what} is no list of sizes: {numbers!r:.60}")
    if len(shape) > 64 or len(place) != 2:
        raise Damaged(f"{name!r:.80} has {len(shape)} dimensions (at most 64) and {len(place)} "
                      "places (begin and end)")
    dtype = devices.to_dtype(DTYPES[code])
    if dtype.itemsize * math.prod(shape) != place[1] - place[0]:
        raise Damaged(f"{name!r:.80}: {code} of shape {shape!r:.60} does not take bytes "
                      f"{place[0]:,} to {place[1]:,}")
    return dtype, shape, place


def _array(file: BinaryIO, name: str, dtype: np.dtype[Any], shape: list[int]) -> np.ndarray:
    flat = _bytes(file, dtype.itemsize * math.prod(shape))
    if dtype == devices.bool_ and (flat > 1).any():
        raise Damaged(f"{name!r:.80} holds bools that are neither 0 nor 1")
    try:
        return _turned(flat.view(dtype)).reshape(shape)
    except ValueError as error:  # no elements, and sizes beyond what NumPy counts
        raise Damaged(
            f"{name!r:.80}: there is no array of shape {shape!r:.60} ({error})") from error


def _turned(array: np.ndarray) -> np.ndarray:
    """The little end first, on machines that have it last; and the other way round."""
    return array.byteswap() if sys.byteorder == "big" else array
