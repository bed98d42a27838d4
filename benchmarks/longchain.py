"""A chain of very many operations, twice in this process: what it takes and what it leaves.

``python -m benchmarks.longchain LIBRARY LENGTH`` prints one line of JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from time import perf_counter
from typing import Any

from benchmarks.machine import resident

FACTOR = 1.000001  # a million times the shorter chain's 1.0001 would leave float32


def main() -> None:
    library, length = sys.argv[1], int(sys.argv[2])
    try:
        lib = importlib.import_module(library)
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        return
    if library == "torch":
        lib.set_num_threads(1)
    chain(lib, 100)  # what is loaded at first use
    gc.collect()
    before = resident()["now"]
    runs = []
    for _ in range(2):
        seconds = chain(lib, length)
        gc.collect()
        used = resident()
        runs.append({**seconds, "peak": used["peak"], "after": used["now"]})
    print(json.dumps({"before": before, "runs": runs}))


def chain(lib: Any, length: int) -> dict[str, float]:
    """Seconds forward, backward, and to free the graph."""
    x = lib.tensor(1.0, requires_grad=True)
    begun = perf_counter()
    z = x
    for _ in range(length):
        z = z * FACTOR
    forward = perf_counter()
    z.backward()
    backward = perf_counter()
    value = z.item()
    del z
    freed = perf_counter()
    assert x.grad.item() == value  # both are 1 times FACTOR, as often, in one order
    return {"forward": forward - begun, "backward": backward - forward, "free": freed - backward}


if __name__ == "__main__":
    main()
