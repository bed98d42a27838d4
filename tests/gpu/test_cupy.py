"""CuPy itself, where it is installed, without a GPU: it has what we use, and compiles our kernels.

In processes of their own, where the stand-in is not in its place.
"""

import json
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from tests.cupy_standin import facts

pytestmark = pytest.mark.skipif(PathFinder.find_spec("cupy") is None, reason=(
    "CuPy is not installed (it needs no GPU for these)"))


def ran(*words):
    ended = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False,
                           cwd=Path(__file__).parents[2])
    if ended.returncode == 3:
        pytest.skip(ended.stderr)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


def test_cupy_has_what_the_stand_in_says_it_has():
    said = ran("-c", "import cupy, json; from tests.cupy_standin import facts;"
                     "print(json.dumps(facts.read(cupy)))")
    found, kept = json.loads(said), facts.known()
    for kind in ("cupy", "linalg", "ndarray", "Generator", "ufuncs"):
        for name, takes in kept[kind].items():
            assert set(takes) <= set(found[kind][name]), f"{kind}.{name}"
    assert set(kept["names"]) <= set(found["names"])
    assert set(kept["cuda"]) <= set(found["cuda"])


def test_every_kernel_compiles():
    assert "kernels compile" in ran("-m", "tests.cupy_standin.compile")
