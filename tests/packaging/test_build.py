"""What is built: an sdist that needs no Node.js, and a wheel with all it needs and nothing else."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MODULES = ["engine.js", "flow-page.js", "front.js", "graph-page.js", "page.js", "race-page.js",
           "surface-page.js", "view.js"]


def hatchling(target, folder, out, path=None):
    """Build from `folder` as an installer would, with `path` as the PATH."""
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True,
                           check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """From this tree, whose bundle the editable install has brought up to date."""
    return hatchling("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def unpacked(sdist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        # Python 3.11.3 and older have no filters; the archive is our own.
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safe)
    (top,) = folder.iterdir()
    return top


@pytest.fixture(scope="module")
def wheel(unpacked, tmp_path_factory):
    """From the unpacked sdist, with nothing on the PATH: neither node nor npm."""
    nothing = tmp_path_factory.mktemp("path")
    return hatchling("wheel", unpacked, tmp_path_factory.mktemp("wheel"), str(nothing))


@pytest.fixture(scope="module")
def in_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_sdist_carries_the_bundle_and_its_sources(unpacked):
    assert sorted(p.name for p in (unpacked / "learngrad/widgets/static").glob("*.js")) == MODULES
    assert (unpacked / "learngrad/widgets/js/package-lock.json").is_file()
    assert not list(unpacked.rglob("node_modules"))


def test_wheel_carries_what_runs(in_wheel):
    for name in ["py.typed", "data/digits.npz", "trace/schema.json",
                 *(f"widgets/static/{module}" for module in MODULES)]:
        assert in_wheel[f"learngrad/{name}"] is not None, name


def test_wheel_carries_nothing_else(in_wheel):
    tops = {name.split("/")[0] for name in in_wheel}
    assert tops == {"learngrad", f"learngrad_lab-{PROJECT['version']}.dist-info"}
    assert not [n for n in in_wheel if "widgets/js/" in n or n.endswith((".ts", ".pyc", ".map"))]


def test_wheel_carries_the_licences(in_wheel):
    info = f"learngrad_lab-{PROJECT['version']}.dist-info"
    assert b"BSD 3-Clause" in in_wheel[f"{info}/licenses/LICENSE"]
    assert b"License-Expression: BSD-3-Clause" in in_wheel[f"{info}/METADATA"]
    notices = in_wheel["learngrad/widgets/static/THIRD_PARTY_LICENSES.txt"].decode()
    for work, words in [("Graphviz", "Eclipse Public License - v 2.0"),
                        ("Expat", "Expat maintainers"), ("uplot", "Leon Sorokin")]:
        assert work in notices
        assert words in notices


def test_wheel_has_the_command(in_wheel):
    entry = in_wheel[f"learngrad_lab-{PROJECT['version']}.dist-info/entry_points.txt"].decode()
    assert "learngrad = learngrad.cli:main" in entry


def test_wheel_runs_from_its_archive_alone(wheel, tmp_path):
    """Unpacked, outside the tree, with NumPy's folder as the only other one on the path."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = ("import learngrad; X, y = learngrad.data.digits('test'); "
            "print(learngrad.__file__, tuple(X.shape))")
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False,
                           env=os.environ | {"PYTHONPATH": str(tmp_path)},
                           capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{tmp_path / 'learngrad/__init__.py'} (355, 64)\n"


def test_uv_lock_names_the_public_index_alone():
    text = (ROOT / "uv.lock").read_text("utf-8")
    hosts = {address.split("/")[0] for address in re.findall(r"\w+://([^\"\s]+)", text)}
    assert len(hosts) == 2, "one index, and the one place its files are in"
    for host in hosts:
        assert re.fullmatch(r"[a-z.]+\.org", host), f"{host} is not a public index"


def test_package_lock_leaves_the_registry_to_npm():
    locked = json.loads((ROOT / "learngrad/widgets/js/package-lock.json").read_text("utf-8"))
    assert locked["packages"]
    assert not [place for place, facts in locked["packages"].items() if "resolved" in facts]


def test_two_builds_give_the_same_wheel(unpacked, wheel, tmp_path):
    again = hatchling("wheel", unpacked, tmp_path, str(tmp_path / "nothing"))
    assert again.read_bytes() == wheel.read_bytes()
