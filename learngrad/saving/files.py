"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from learngrad.errors import ArgumentTypeError, a_kind_of
from learngrad.saving.errors import FolderError, NoFolderError

__all__ = ["pathed", "replacing"]


def pathed(path: Any) -> Path:
    """What a file is named by, as a path."""
    if isinstance(path, (str, os.PathLike)):
        return Path(path)
    raise ArgumentTypeError(f"a file is named by a str or a path, not {a_kind_of(path)}",
                            fix='its name in quotes, such as "graph.svg"')


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write bytes to, that takes the place of `path` when the block has ended well.

    Until then, and for good if an error, an interrupt or a power cut ends it, what was there before
    stays as it was. The new file gets the old one's permissions. A link keeps pointing where it
    points: what it points at is replaced. What is no file (a pipe, a device) is written to.

    Raises
    ------
    ArgumentTypeError
        If `path` is no path.
    NoFolderError
        If the folder is not there.
    FolderError
        If `path` is a folder itself.
    OSError
        If the file cannot be written, as when the disk is full.
    """
    target = Path(os.path.realpath(pathed(path)))
    if not target.parent.is_dir():
        raise NoFolderError(f"there is no folder {str(target.parent)!r} to save in",
                            fix=f"pathlib.Path({str(target.parent)!r}).mkdir(parents=True)")
    if target.is_dir():
        raise FolderError(f"{str(target)!r} is a folder, and a file is to be written",
                          fix=f"{str(target / 'name')!r}, with the file's name")
    if target.exists() and not target.is_file():
        with open(target, "wb") as file:
            yield file
        return
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file that is there is read-only", str(target))
    draft = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(draft, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name is
        if target.exists():
            os.chmod(draft, stat.S_IMODE(target.stat().st_mode))
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    # The name too, where a folder can be asked for that; where not, the file is whole all the same.
    with contextlib.suppress(AttributeError, OSError):
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
