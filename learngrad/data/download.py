"""Files from the network: whole and right, or not there.

A file is fetched into a folder "unfinished" beside its place, checked against its SHA-256, and only
then moved to its name, in one step. An interrupted download goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from learngrad.errors import DownloadError

__all__ = ["Remote", "cache_folder", "fetch"]

CHUNK = 1 << 16
SILENCE = 30.0  # seconds without a byte after which a mirror is given up


class Remote(NamedTuple):
    """A file that can be downloaded: its bytes are known, the places are tried in turn."""

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]


class _Unusable(Exception):
    """What a mirror gave is not the file."""


def cache_folder() -> Path:
    """Where downloads are kept: ``LEARNGRAD_DATA``, or the place for caches on this system."""
    if given := os.environ.get("LEARNGRAD_DATA"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "learngrad"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "learngrad"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "learngrad"


def fetch(remote: Remote, folder: Path, *, instead: str) -> Path:
    """The file in `folder`, downloaded if it is not there.

    Parameters
    ----------
    remote : Remote
    folder : Path
    instead : str
        What a person without a network can use, for the error's message.

    Raises
    ------
    DownloadError
        If no mirror gives the file; what each of them did is told.
    """
    path = folder / remote.name
    if is_there(remote, folder):
        return path
    # Here, as worker processes need not wait for it.
    from http.client import HTTPException
    from urllib.error import HTTPError
    unfinished = folder / "unfinished"
    part = unfinished / remote.name
    unfinished.mkdir(parents=True, exist_ok=True)
    reasons = []
    for url in remote.urls:
        # What was left by an earlier try may be no good: then the mirror gets a second chance.
        for _ in range(2 if part.exists() else 1):
            try:
                _download(url, remote, part)
                os.replace(part, path)
            except (OSError, HTTPException, _Unusable) as error:
                reasons.append(f"{url}: {getattr(error, 'reason', None) or error!s}")
                if isinstance(error, HTTPError):
                    error.close()  # it is the server's answer, too
                continue
            with contextlib.suppress(OSError):  # another file's part may lie there
                unfinished.rmdir()
            return path
    told = "\n".join(f"    {reason}" for reason in reasons)
    raise DownloadError(f"{remote.name} could not be downloaded:\n{told}",
                        fix=f"{instead}; or put the file into {folder} by other means")


def is_there(remote: Remote, folder: Path) -> bool:
    """Whether the file is in the folder and as long as it should be."""
    try:
        return (folder / remote.name).stat().st_size == remote.size
    except OSError:
        return False


def _download(url: str, remote: Remote, part: Path) -> None:
    """Get what is missing of `part`, and check the whole."""
    import urllib.request
    have = part.stat().st_size if part.exists() else 0
    if have >= remote.size:
        part.unlink()
        have = 0
    request = urllib.request.Request(url, headers={"User-Agent": "learngrad"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=SILENCE) as answer:
        goes_on = answer.status == 206 and str(answer.headers.get("Content-Range")).startswith(
            f"bytes {have}-")
        have = have if goes_on else 0  # a server that knows no ranges begins again
        with open(part, "ab" if goes_on else "wb") as file, _bar(remote, have) as bar:
            while chunk := answer.read(CHUNK):
                have += len(chunk)
                if have > remote.size:
                    break
                file.write(chunk)
                bar(len(chunk))
    if have < remote.size:
        raise _Unusable(f"the connection ended after {have} of {remote.size} bytes")
    with open(part, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if have > remote.size or found != remote.sha256:
        part.unlink()
        raise _Unusable("this is another file: its SHA-256 is not the one that is known")


@contextlib.contextmanager
def _bar(remote: Remote, have: int) -> Iterator[Any]:
    """A progress bar where tqdm is installed; gives the function that moves it."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield lambda count: None
        return
    with tqdm(total=remote.size, initial=have, desc=remote.name, unit="B", unit_scale=True) as bar:
        yield bar.update
