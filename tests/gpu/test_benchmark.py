"""The GPU's benchmarks run and say what they should; how fast anything is, is not tested here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import learngrad as lg
from benchmarks import gpu
from tests import cupy_standin


@pytest.fixture(scope="module")
def found(cupy):
    lines = []
    found = gpu.measure(gpu.peers(), tiny=True, rounds=1, seconds=0, each=lines.append)
    assert [line.partition(" | ")[0] for line in lines] == list(found["cases"])
    return found


def test_each_case_was_measured(found):
    assert json.loads(json.dumps(found)) == found
    steps = [f"{name}, a {kind}" for name in gpu.STEPS for kind in ("step", "captured step")]
    assert list(found["cases"]) == [*steps, *gpu.WORK]
    for case in found["cases"].values():
        assert case["learngrad"]["seconds"] > 0
        assert case["learngrad"]["peak"] > 0
    assert found["adam_share"] > 0
    assert lg.get_default_device().type == "cpu"


def test_a_case_that_fails_leaves_the_others(cupy, monkeypatch):
    def broken(lib, tiny):
        raise lg.errors.OutOfMemoryError("no memory for this")

    monkeypatch.setattr(gpu, "STEPS", {})
    monkeypatch.setattr(gpu, "WORK", {"broken": (broken, 1.0), "Adam, 100 M": (gpu.adam, 1.0)})
    lines = []
    found = gpu.measure(("learngrad",), tiny=True, rounds=1, seconds=0, each=lines.append)
    assert "no memory for this" in found["cases"]["broken"]["error"]
    assert "OutOfMemoryError: no memory for this" in lines[0]
    assert found["cases"]["Adam, 100 M"]["learngrad"]["seconds"] > 0
    assert "| broken | failed |" in gpu.report(found)


def test_the_table_is_put_into_the_page(found, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Benchmarks\n\nwords\n\n## On a GPU\n\nold\n", "utf-8")
    gpu.put_into(page, gpu.report(found))
    text = page.read_text("utf-8")
    assert text.startswith("# Benchmarks\n\nwords\n\n## On a GPU\n\n")
    assert "old" not in text
    assert text.count("| work |") == 1
    for name in found["cases"]:
        assert f"| {name} |" in text


@pytest.mark.skipif(cupy_standin.real() is not None, reason="there is a GPU here")
def test_without_a_gpu_it_says_why():
    ended = subprocess.run([sys.executable, "-m", "benchmarks.gpu"], capture_output=True, text=True,
                           cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("nothing to measure: ")
    assert ended.stderr.count("\n") == 1
    assert "CuPy" in ended.stderr
