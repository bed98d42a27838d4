"""What the lesson on loss landscapes says is so: its numbers come out, wherever it is run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "notebooks/3-advanced/01-loss-landscapes.py"
SOLVED = LESSON.read_text("utf-8").replace("my_lr = 0.1 ", "my_lr = 28 ")
ASKED = """
walls = [Surface(sharp, loss_fn, X, y, directions=[there], span=(0, 1), finest=17).compute()
         for there in (flat, other)]
print("walls", *(one.loss.max() for one in walls))
heights = [Surface(one, loss_fn, X[:500], y[:500], finest=9).compute().loss.max()
           for one in (plain, modern)]
print("heights", *heights)
same = [Surface(one, loss_fn, X, y, finest=9).compute().loss for one in (flat, scaled)]
print("same", abs(same[0] / same[1] - 1).max())
"""


@pytest.mark.slow
def test_what_the_lesson_says_comes_out(tmp_path):
    assert SOLVED.count("my_lr = 28 ") == 1
    program = tmp_path / "lesson.py"
    program.write_text(SOLVED + ASKED, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, program], text=True, check=False, capture_output=True,
                           env=environment)
    assert ended.returncode == 0, ended.stderr
    said = ended.stdout
    numbers = {line.split()[0]: [float(n) for n in re.findall(r"\d+\.?\d*(?:e-?\d+)?", line)]
               for line in said.splitlines()}

    random, pca = (float(n) for n in re.findall(r"([\d.]+)% of the path lies", said))
    assert random < 1
    assert pca > 98
    assert "✓" in said  # the exercise, solved
    (sharpest, limit), = re.findall(r"^λ = ([\d.]+), .* 2/λ = ([\d.]+)", said, re.MULTILINE)
    assert 3 < float(sharpest) < 5
    assert 0.4 < float(limit) < 0.65
    after = re.findall(r"is ([\d.]+); 2/lr = ([\d.]+)", said)
    assert len(after) == 3
    assert all(float(now) < float(most) for now, most in after)  # flat enough for the step
    curvatures = [float(n) for n in re.findall(r"loss 0\.0[23]\d\s+λ ([\d.]+)", said)]
    assert len(curvatures) == 3
    assert curvatures[0] > 2 * curvatures[2]
    near, far = numbers["walls"]
    assert near < 0.08
    assert 0.15 < far < 0.35
    (before,), (scaled,) = (re.findall(rf"{word}: +loss [\d.]+, λ = ([\d.]+)", said)
                            for word in ("before", "after"))
    assert float(scaled) > 5 * float(before)
    assert numbers["same"][0] < 1e-2
    rough, even = numbers["heights"]
    assert rough > 5 * even
