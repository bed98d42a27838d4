"""``python -m benchmarks.gpu``: learngrad beside PyTorch eager on the same GPU, in one process.

Both libraries run the same lines with the GPU as their default device and take turns; the host's
clock is read only after both have waited for the GPU. Without a GPU it says why, and ends with 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import learngrad
from benchmarks import lenet, mlp, sequences

__all__ = ["measure", "report"]

PAGE = Path(__file__).with_name("README.md")
HEADING = "## On a GPU"


def sized(by_a_library: Callable[..., Any], tiny_sizes: Any, sizes: Any) -> Callable[..., Any]:
    """A case of the CPU, by library and whether it is tiny."""
    return lambda library, tiny: by_a_library(library, tiny_sizes if tiny else sizes)


STEPS = {  # beside the greatest ratio that is aimed at
    "digits MLP": (sized(mlp.by_a_library, mlp.TINY, (32, 64, 32, 10)), 1.5),
    "MNIST MLP": (sized(mlp.by_a_library, mlp.TINY, (128, 784, 256, 10)), 1.5),
    "LeNet": (lenet.by_a_library, 3.0),
    "char-LSTM": (sized(sequences.lstm_by_a_library, *sequences.LSTM), 1.5),
    "GPT": (sized(sequences.gpt_by_a_library, *sequences.GPT), 1.5),
}


def matmul(lib: Any, tiny: bool) -> Callable[[], Any]:
    """A product of two square float32 matrices of 8192."""
    n = 64 if tiny else 8192
    a, b = lib.rand(n, n), lib.rand(n, n)
    return lambda: a @ b


def chain(lib: Any, tiny: bool) -> Callable[[], Any]:
    """Five elementwise operations on 64 million numbers."""
    x = lib.rand(1000 if tiny else 1 << 26)
    return lambda: ((x * 2.0 + 1.0).tanh() - 0.5).exp()


def adam(lib: Any, tiny: bool) -> Callable[[], Any]:
    """A step of Adam over 100 million numbers."""
    p = lib.rand(1000 if tiny else 100_000_000).requires_grad_()
    p.grad = lib.rand(*p.shape)
    step: Callable[[], Any] = importlib.import_module(lib.__name__ + ".optim").Adam([p]).step
    return step


WORK = {"matmul 8192, float32": (matmul, 1.05), "elementwise chain, 64 M": (chain, 1.05),
        "Adam, 100 M": (adam, 1.25)}
ADAM_BYTES = 7 * 4  # an element: p, m and v read and written, g read


def timed(run: Callable[[int], Any], wait: Callable[[], Any], seconds: float) -> int:
    """How many times to run it, so that a timing takes about so many seconds."""
    number = 1
    while True:
        begun = time.perf_counter()
        run(number)
        wait()
        took = time.perf_counter() - begun
        if took >= seconds or number >= 1 << 16:
            return max(1, round(number * seconds / max(took, 1e-9))) if seconds else 1
        number *= 4


def compare(make: Callable[[Any], Callable[[int], Any]], libs: Sequence[Any], rounds: int,
            seconds: float) -> dict[str, Any]:
    """Seconds of one run and peak bytes of each library, in turns."""
    found: dict[str, Any] = {}
    runs: dict[str, tuple[Callable[[int], Any], int]] = {}
    for lib in libs:
        lib.cuda.reset_peak_memory_stats()
        before = lib.cuda.memory_allocated()
        run = make(lib)
        number = timed(run, lib.cuda.synchronize, seconds)
        found[lib.__name__] = {"peak": lib.cuda.max_memory_allocated() - before, "seconds": []}
        runs[lib.__name__] = run, number
    for _ in range(rounds):
        for lib in libs:
            run, number = runs[lib.__name__]
            lib.cuda.synchronize()
            begun = time.perf_counter()
            run(number)
            lib.cuda.synchronize()
            found[lib.__name__]["seconds"].append((time.perf_counter() - begun) / number)
    for facts in found.values():
        facts["seconds"] = median(facts["seconds"])
    return found


def repeated(work: Callable[[], Any]) -> Callable[[int], None]:
    """`work`, so many times."""
    def run(number: int) -> None:
        for _ in range(number):
            work()

    return run


def captured(lib: Any, run: Any) -> Callable[[int], None]:
    """A step of learngrad's as a CUDA graph; PyTorch's as it is."""
    if lib is not learngrad:
        return run.time  # type: ignore[no-any-return]
    step = lib.cuda.graph(run.step)
    for _ in range(4):
        step()
    return repeated(step)


def copied(lib: Any, tiny: bool, rounds: int) -> float:
    """Bytes a second that a copy on the device reads and writes: what the memory can do."""
    source = lib.rand(1000 if tiny else 1 << 28)
    target = lib.zeros(*source.shape)
    times = []
    for _ in range(rounds + 1):
        lib.cuda.synchronize()
        begun = time.perf_counter()
        target.copy_(source)
        lib.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return 2 * 4 * source.numel() / median(times[1:])  # type: ignore[no-any-return]


def peers() -> tuple[str, ...]:
    """The libraries that can be measured here: PyTorch where it is installed, and for CUDA."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return ("learngrad",)
    return ("learngrad", "torch") if torch.cuda.is_available() else ("learngrad",)


def work(tiny: bool) -> dict[str, tuple[float, Callable[[Any], Callable[[int], Any]]]]:
    """What is measured: the greatest ratio that is aimed at, and a library's work."""
    cases: dict[str, tuple[float, Callable[[Any], Callable[[int], Any]]]] = {}
    for name, (build, most) in STEPS.items():
        cases[f"{name}, a step"] = most, (
            lambda lib, build=build: build(lib.__name__, tiny).time)
        cases[f"{name}, a captured step"] = 1.0, (
            lambda lib, build=build: captured(lib, build(lib.__name__, tiny)))
    for name, (make, most) in WORK.items():
        cases[name] = most, lambda lib, make=make: repeated(make(lib, tiny))
    return cases


def measure(names: Sequence[str] = ("learngrad", "torch"), *, tiny: bool = False, rounds: int = 15,
            seconds: float = 0.2, each: Callable[[str], Any] = str) -> dict[str, Any]:
    """All cases, as plain data; `tiny` is for a test of this file.

    A case that fails has its error in the place of its numbers, and the others go on. `each` is
    given a line of words after every case.
    """
    libs = [importlib.import_module(name) for name in names]
    for lib in libs:
        lib.set_default_device("cuda")
    found: dict[str, Any] = {
        "when": time.strftime("%Y-%m-%d"), "device": learngrad.cuda.get_device_name(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__,
                     "cupy": sys.modules["cupy"].__version__,
                     **{lib.__name__: str(lib.__version__) for lib in libs}},
        "cases": {}, "bandwidth": None, "adam_share": None}
    try:
        for name, (most, make) in work(tiny).items():
            try:
                case = {"aim": most, **compare(make, libs, rounds, seconds)}
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are measured
                case = {"aim": most, "error": f"{type(error).__name__}: {error}"}
            found["cases"][name] = case
            each(" | ".join(cells(name, case)) + ("\n" + case["error"] if "error" in case else ""))
            for lib in libs:
                lib.cuda.empty_cache()
        found["bandwidth"] = copied(libs[0], tiny, rounds)
    finally:
        for lib in libs:
            lib.set_default_device(None)
    adam = found["cases"]["Adam, 100 M"]
    if "error" not in adam:
        moved = ADAM_BYTES * (1000 if tiny else 100_000_000)
        found["adam_share"] = moved / adam["learngrad"]["seconds"] / found["bandwidth"]
    return found


def cells(name: str, case: dict[str, Any]) -> list[str]:
    """A case as a row of the table."""
    if "error" in case:
        return [name, "failed", "", "", f"{case['aim']:g}", ""]
    ours, theirs = case["learngrad"], case.get("torch")
    row = [name, duration(ours["seconds"])]
    return row + (["", "", f"{case['aim']:g}", ""] if theirs is None else [
        duration(theirs["seconds"]), f"{ours['seconds'] / theirs['seconds']:.2f}",
        f"{case['aim']:g}", f"{ours['peak'] / theirs['peak']:.2f}" if theirs["peak"] else ""])


def report(found: dict[str, Any]) -> str:
    """The result as a table."""
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines = [f"{found['device']}, {found['when']}: {versions}. Medians; ratios are learngrad's to "
             "PyTorch's.", "", "| work | learngrad | PyTorch | ratio | aim | peak memory, ratio |",
             "| --- | --- | --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(cells(name, case)) + " |" for name, case in found["cases"].items()]
    share = "" if found["adam_share"] is None else (
        f"; Adam moves {found['adam_share']:.0%} of that (aim: 80 %)")
    return "\n".join([*lines, "", f"A copy on the device moves {found['bandwidth'] / 1e9:.0f} GB/s"
                                  f"{share}."])


def duration(seconds: float) -> str:
    """Seconds as people read them."""
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def put_into(page: Path, table: str) -> None:
    """Write the table under its heading, at the end of the page."""
    text = page.read_text("utf-8")
    page.write_text(f"{text.partition(HEADING)[0].rstrip()}\n\n{HEADING}\n\n{table}\n", "utf-8")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--keep", action="store_true",
                        help="write the table into README.md, the numbers into measured-gpu.json")
    given = parser.parse_args()
    why = learngrad.cuda.why_unavailable()
    if why is not None:
        print(f"nothing to measure: {why}", file=sys.stderr)
        return 1
    names = peers()
    if "torch" not in names:
        print("PyTorch is not here, or not for CUDA: learngrad alone", file=sys.stderr)
    found = measure(names, each=lambda line: print(line, flush=True))
    table = report(found)
    print("\n" + table)
    if given.keep:
        put_into(PAGE, table)
        PAGE.with_name("measured-gpu.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return int(any("error" in case for case in found["cases"].values()))


if __name__ == "__main__":
    sys.exit(main())
