"""One peer in a process of its own, with its own number of threads.

It reads a command a line from standard input and answers each with a line of JSON. While it waits
it sleeps, so that peers in their processes can take turns.
"""

from __future__ import annotations

import importlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from benchmarks.cases import CASES
from benchmarks.work import OTHERS


def main() -> None:
    peer, threads = sys.argv[1], int(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not mix with answers
    run: Any = None
    for line in sys.stdin:
        command = json.loads(line)
        match command["do"]:
            case "begin":
                answer = begin(peer, threads)
            case "prepare":
                run = CASES[command["case"]].peers[peer](command["tiny"])
                np.savez(command["answer"], **run.answer())
                answer = {"kept": None if run.kept is None else run.kept()}
            case "time":
                answer = run.time(command["number"])
        print(json.dumps(answer), file=answers, flush=True)


def begin(peer: str, threads: int) -> dict[str, Any]:
    """Whether the peer is there, and what it is made of."""
    if peer == "torch":
        try:
            import torch
        except ImportError as error:
            return {"missing": str(error)}
        torch.set_num_threads(threads)
        return {"versions": {"torch": torch.__version__}}
    if peer in OTHERS:
        try:
            importlib.import_module(OTHERS[peer])
        except ImportError as error:
            return {"missing": str(error)}
        return {"versions": {peer: version(OTHERS[peer])}}
    if peer == "numpy":
        return {"versions": {"numpy": np.__version__, "blas": blas()}}
    try:
        return {"versions": {"learngrad": version("learngrad-lab")}}
    except PackageNotFoundError:  # run from a clone that is not installed
        import learngrad
        return {"versions": {"learngrad": learngrad.__version__}}


def blas() -> str:
    """The library behind NumPy's matrix products."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


if __name__ == "__main__":
    main()
