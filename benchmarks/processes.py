"""What is measured in fresh processes: what an import costs, and a very long chain's memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]

# Modules first used by the measuring itself must not count for what is measured.
IMPORT = """
import json, sys, time
from benchmarks.machine import resident
begun = time.perf_counter()
import {module}
seconds = time.perf_counter() - begun
print(json.dumps({{"seconds": seconds, "bytes": resident()["now"]}}))
"""


def _python(*arguments: str) -> dict[str, Any]:
    """What a fresh Python prints, as JSON."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    ended = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, text=True,
                           stdout=subprocess.PIPE, check=True)
    return json.loads(ended.stdout)  # type: ignore[no-any-return]


def importing(pairs: int) -> dict[str, Any]:
    """``import learngrad`` beside ``import numpy``, each in a fresh process, in turns."""
    modules = ("numpy", "learngrad")
    for module in modules:  # so that everything is compiled
        _python("-c", IMPORT.format(module=module))
    samples: dict[str, list[dict[str, float]]] = {module: [] for module in modules}
    for pair in range(pairs):
        for module in modules if pair % 2 else modules[::-1]:
            samples[module].append(_python("-c", IMPORT.format(module=module)))
    both = list(zip(samples["learngrad"], samples["numpy"], strict=True))
    return {
        "about": "import learngrad beyond import numpy, fresh processes",
        "numpy": {key: median(s[key] for s in samples["numpy"]) for key in ("seconds", "bytes")},
        "learngrad": {key: median(s[key] for s in samples["learngrad"])
                      for key in ("seconds", "bytes")},
        "beyond": {key: median(a[key] - b[key] for a, b in both) for key in ("seconds", "bytes")}}


def memory(length: int, missing: dict[str, str]) -> dict[str, Any]:
    """A long chain, twice in one process: the second must find the first one's memory free."""
    rows = {}
    for library in ("learngrad", "torch"):
        if library in missing:
            continue
        row = _python("-m", "benchmarks.longchain", library, str(length))
        if "missing" in row:
            missing[library] = row["missing"]
        else:
            rows[library] = row
    return {"about": f"a chain of {length:,} operations, twice", "length": length, "rows": rows}
