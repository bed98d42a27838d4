"""A save that does not end well leaves what was there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import learngrad as lg
from learngrad.saving import checkpoint, files

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"),
                                   MemoryError])
@pytest.mark.parametrize("when", ["at first", "in the middle", "at the end"])
def test_the_old_file_stays_whole(error, when, tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    lg.save({"w": lg.ones(3)}, path)
    old, write = path.read_bytes(), checkpoint.write

    def interrupted(file, *rest):
        if when == "in the middle":
            file.write(b"half of it")
        elif when == "at the end":
            write(file, *rest)
        raise error

    monkeypatch.setattr(checkpoint, "write", interrupted)
    with pytest.raises(error if isinstance(error, type) else type(error)):
        lg.save({"w": lg.zeros(3)}, path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == [path.name]


@posix
def test_a_killed_save_leaves_the_old_file(tmp_path):
    """Killed when all is written and nothing is renamed yet."""
    path = tmp_path / "m"
    lg.save({"w": lg.ones(3)}, path)
    program = (
        "import os, sys, time, learngrad as lg\n"
        "os.fsync = lambda number: (print('written', flush=True), time.sleep(60))\n"
        f"lg.save({{'w': lg.zeros(3)}}, {str(path)!r})\n")
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                             env=os.environ | {"PYTHONPATH": str(ROOT)})
    with child:
        assert child.stdout.readline() == "written\n"
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert lg.load(path)["w"].tolist() == [1, 1, 1]
    lg.save({"w": lg.zeros(3)}, path)
    assert lg.load(path)["w"].tolist() == [0, 0, 0]


@posix
def test_permissions_and_links_are_kept(tmp_path):
    path, link = tmp_path / "m", tmp_path / "link"
    before = os.umask(0o027)
    try:
        lg.save(lg.ones(1), path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    path.chmod(0o604)
    link.symlink_to(path)
    lg.save(lg.zeros(1), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o604
    assert lg.load(path).tolist() == [0]


@posix
def test_a_device_is_written_to_and_stays_one():
    lg.save(lg.ones(1), os.devnull)
    assert not Path(os.devnull).is_file()
    with pytest.raises(IsADirectoryError):
        lg.save(lg.ones(1), ROOT)


@posix
def test_a_file_that_is_read_only_stays(tmp_path, monkeypatch):
    path = tmp_path / "m"
    lg.save(lg.ones(1), path)
    # Whoever runs the tests as root may write everywhere.
    monkeypatch.setattr(files.os, "access", lambda name, mode: False)
    with pytest.raises(PermissionError):
        lg.save(lg.zeros(1), path)
    assert lg.load(path).tolist() == [1]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    order, replace, fsync = [], os.replace, os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda n: (order.append("fsync"), fsync(n)))
    monkeypatch.setattr(files.os, "replace", lambda a, b: (order.append("replace"), replace(a, b)))
    lg.save(lg.ones(1), tmp_path / "m")
    assert order[:2] == ["fsync", "replace"]


def test_a_folder_that_cannot_be_asked_fails_no_save(tmp_path, monkeypatch):
    """Some network file systems, and Windows, know no fsync of a folder."""
    def refused(name, flags):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(files.os, "open", refused)
    lg.save(lg.ones(1), tmp_path / "m")
    assert lg.load(tmp_path / "m").tolist() == [1]
