"""Memory that a worker process writes and the program reads, without a copy between them.

Each platform has its own way, and none leaves anything behind: on Linux a file without a name
(``memfd_create``), whose descriptor is sent to the program; on Windows memory that lives as long as
somebody has it open; elsewhere a file in a folder of the loader's, whose name goes as soon as the
program has opened it.
"""

from __future__ import annotations

import mmap
import os
import socket
import sys
import tempfile
import uuid
from typing import Any

import numpy as np

__all__ = ["Room", "attach", "best_way"]

ALIGNED = 64  # bytes: a cache line
SMALL = 16_384  # bytes that cost less to send than to share
SPARE = 1.25  # how much larger a block is than the batch it is made for


def best_way() -> str:
    """How memory is shared here: "memfd", "windows" or "file"."""
    if sys.platform == "win32":
        return "windows"
    return "memfd" if hasattr(os, "memfd_create") else "file"


def attach(handle: tuple[Any, ...], results: Any) -> mmap.mmap:
    """The memory that a worker made, on the program's side; `results` is where its answers come."""
    way, name, size = handle
    if way == "windows":
        memory = _named(name, size)
        if memory[size:] != name.encode():  # Windows makes new memory where there is none any more
            raise OSError("its memory is gone")
        return memory
    fd = _received(results) if way == "memfd" else os.open(name, os.O_RDWR)
    try:
        return mmap.mmap(fd, size)
    finally:
        os.close(fd)
        if way == "file":
            os.unlink(name)


class Room:
    """One batch's memory on the worker's side; it grows when a larger batch comes.

    Parameters
    ----------
    way : {"memfd", "windows", "file"}
    folder : str or None
        Where files are made.
    """

    def __init__(self, way: str, folder: str | None) -> None:
        self.way, self.folder = way, folder
        self.memory: Any = None  # a NumPy array of bytes over all of it
        self.used = 0
        self.fd = -1  # a descriptor that the program does not have yet

    def make(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array in this memory where there is still room, else an ordinary one."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self.memory is None or self.used + size > len(self.memory):
            return np.empty(shape, dtype)
        begin, self.used = self.used, _aligned(self.used + size)
        return self.memory[begin:begin + size].view(dtype).reshape(shape)

    def put(self, buffers: list[Any]) -> tuple[Any, list[Any]]:
        """See to it that the buffers lie here; gives a handle if the memory is new, and where.

        A place is (begin, size), or a bytearray where the bytes themselves are to be sent: few of
        them, or no memory is to be had.
        """
        arrays = [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]
        if sum(map(len, arrays)) < SMALL:
            return None, [bytearray(a) for a in arrays]
        places = [self._place(a) for a in arrays]
        handle = None
        if any(place is None for place in places):
            need = sum(_aligned(len(a)) for a in arrays)
            try:
                handle = self._grow(int(need * SPARE))
            except OSError:  # the system has no more of it
                return None, [bytearray(a) for a in arrays]
            places = [self._place(a) for a in arrays]
        return handle, places

    def _place(self, array: Any) -> tuple[int, int] | None:
        """Where the bytes lie, after they were copied here if they lay elsewhere."""
        if self.memory is None:
            return None
        size = len(array)
        begin = _address(array) - _address(self.memory)
        if size and 0 <= begin <= len(self.memory) - size:
            return begin, size
        begin = self.used
        if begin + size > len(self.memory):
            return None
        self.memory[begin:begin + size] = array
        self.used = _aligned(begin + size)
        return begin, size

    def _grow(self, size: int) -> tuple[Any, ...]:
        """New memory instead of what there was; gives what `attach` needs."""
        if self.way == "windows":
            name = f"learngrad-{uuid.uuid4().hex}"
            memory = _named(name, size)
            memory[size:] = name.encode()
        else:
            fd, name = (os.memfd_create("learngrad"), "") if self.way == "memfd" else (
                tempfile.mkstemp(dir=self.folder))
            try:
                if name and hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(fd, 0, size)  # a full disk is an error now, no crash later
                os.ftruncate(fd, size)
                memory = mmap.mmap(fd, size)
            except OSError:
                os.close(fd)
                if name:
                    os.unlink(name)
                raise
            if name:
                os.close(fd)
            else:
                self.fd = fd
        self.memory, self.used = np.frombuffer(memory, np.uint8, size), 0
        return self.way, name, size

    def send(self, results: Any) -> None:
        """Send the descriptor of new memory after the answer that tells of it."""
        if self.fd >= 0:
            # That of `multiprocessing.reduction` waits for an answer, from Python 3.14 on.
            with _socket(results) as way:
                socket.send_fds(way, [b"fd"], [self.fd])
            os.close(self.fd)
            self.fd = -1


def _received(results: Any) -> int:
    """The descriptor that `Room.send` sent."""
    with _socket(results) as way:
        _, fds, *_ = socket.recv_fds(way, 2, 1)
    if not fds:
        raise EOFError("the worker is gone, and its memory with it")
    return fds[0]


def _socket(connection: Any) -> socket.socket:
    return socket.fromfd(connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM)


def _named(name: str, size: int) -> mmap.mmap:
    """Windows' memory of this name, which also stands at its end."""
    return mmap.mmap(-1, size + len(name), tagname=name)  # type: ignore[call-arg,unused-ignore]


def _aligned(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def _address(array: Any) -> int:
    return array.__array_interface__["data"][0]
