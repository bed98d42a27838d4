"""Runs the peers in turns, checks that they agree, and sums up what the clock said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

import numpy as np

from benchmarks import plots, processes
from benchmarks.cases import CASES
from benchmarks.machine import load, machine
from benchmarks.work import OTHERS, Case

__all__ = ["FULL", "QUICK", "ROOT", "TINY", "Disagreement", "Settings", "agree", "replace", "run"]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Settings:
    """How long to measure."""

    rounds: int = 25  # each peer is timed once in each round
    block: float = 0.1  # seconds that one timing takes, about
    imports: int = 15  # pairs of fresh processes
    long_chain: int = 1_000_000
    plots: int = 15  # rounds of each live plot, in a kernel of its own
    plot_steps: int = 400
    tiny: bool = False  # sizes for a test of the benchmarks themselves


FULL = Settings()
QUICK = Settings(rounds=7, block=0.04, imports=5, long_chain=100_000, plots=5,
                 plot_steps=200)
TINY = Settings(rounds=2, block=0, imports=1, long_chain=2_000, plots=1,
                plot_steps=4, tiny=True)


class Disagreement(Exception):
    """Two peers did not compute the same: their times say nothing."""


class Worker:
    """A peer's process; see worker.py."""

    def __init__(self, peer: str, threads: int) -> None:
        self.peer, self.threads = peer, threads
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer, str(threads)], cwd=ROOT,
            env={**os.environ, **{f"{name}_NUM_THREADS": str(threads)
                                  for name in ("OPENBLAS", "OMP", "MKL", "VECLIB")}},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(command), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.peer} ended; its last words stand above")
        return json.loads(line)  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def run(names: list[str], settings: Settings, say: Any = print) -> dict[str, Any]:
    """Run the named cases; gives the whole result as plain data."""
    result: dict[str, Any] = {
        "settings": asdict(settings), "machine": machine(), "load before": load(),
        "versions": {"python": sys.version.split()[0]}, "missing": {}, "cases": {}}
    workers = Workers(result)
    try:
        for name in names:
            say(f"{name} ...")
            if name in CASES:
                result["cases"][name] = run_case(CASES[name], settings, workers)
            elif name == "import":
                result["cases"][name] = processes.importing(settings.imports)
            elif name == "memory":
                result["cases"][name] = processes.memory(settings.long_chain, result["missing"])
            elif name == "plots":
                result["cases"][name] = plots.plots(settings.plots, settings.plot_steps)
    finally:
        workers.close()
    result["load after"] = load()
    return result


class Workers(dict[tuple[str, int], "Worker | None"]):
    """The process of each peer at each number of threads, started when it is first asked for."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result

    def __missing__(self, key: tuple[str, int]) -> Worker | None:
        peer = key[0]
        if peer in self.result["missing"]:
            return None
        worker = self[key] = Worker(*key)
        begun = worker.ask(do="begin")
        if "missing" in begun:
            self.result["missing"][peer] = begun["missing"]
            self.pop(key).close()  # else the next case would find it here
            return None
        self.result["versions"].update(begun["versions"])
        return worker

    def close(self) -> None:
        """End all of them."""
        for worker in self.values():
            if worker is not None:
                worker.close()


def run_case(case: Case, settings: Settings, workers: Workers) -> dict[str, Any]:
    """Time one case: all its peers in turns, at each number of threads."""
    asked = [workers[peer, threads] for threads in case.threads for peer in case.peers
             if threads == 1 or peer not in OTHERS]  # those are measured at one thread alone
    present = [worker for worker in asked if worker is not None]
    answers, kept = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for number, worker in enumerate(present):
            file = f"{folder}/{number}.npz"
            prepared = worker.ask(do="prepare", case=case.name, tiny=settings.tiny, answer=file)
            if prepared["kept"] is not None:
                kept[worker.peer] = prepared["kept"]
            with np.load(file) as arrays:
                answers[f"{worker.peer} ({worker.threads})"] = dict(arrays)
    agree(case.name, answers)
    samples: dict[tuple[str, int, str], list[float]] = {}
    for threads in case.threads:
        samples |= _rounds([w for w in present if w.threads == threads], settings)
    return {"about": case.about, "unit": case.unit, "baseline": case.baseline,
            "whole": case.parts[-1], "kept": kept, "rows": _rows(case, samples)}


def agree(case: str, answers: dict[str, dict[str, Any]]) -> None:
    """Raise `Disagreement` unless all peers computed the same, up to float32's rounding."""
    (first, expected), *others = answers.items()
    for peer, answer in others:
        if answer.keys() != expected.keys():
            raise Disagreement(f"{case}: {peer} answers {[*answer]}, {first} {[*expected]}")
        for what, value in answer.items():
            scale = float(np.abs(expected[what]).max())
            if not np.allclose(value, expected[what], rtol=1e-3, atol=1e-5 * scale):
                worst = float(np.abs(np.subtract(value, expected[what])).max())
                raise Disagreement(f"{case}: {what} of {peer} and {first} differ by {worst:.3g}, "
                                   f"where the largest is {scale:.3g}")


def _rounds(workers: list[Worker], settings: Settings) -> dict[tuple[str, int, str], list[float]]:
    """Seconds by (peer, threads, part), one for each round; the turn rotates."""
    numbers = {}
    for worker in workers:  # how many repetitions fill a block; this warms up, too
        number = 1
        while settings.block:
            begun = perf_counter()
            worker.ask(do="time", number=number)
            spent = perf_counter() - begun
            if spent > settings.block / 4:
                number = max(1, round(number * settings.block / spent))
                break
            number *= 4
        numbers[worker] = number
    samples: dict[tuple[str, int, str], list[float]] = {}
    for turn in range(settings.rounds):
        first = turn % len(workers)
        for worker in workers[first:] + workers[:first]:
            if worker.threads > 1:
                sleep(settings.block)  # threads of the last one go on looking for work for a while
            for part, seconds in worker.ask(do="time", number=numbers[worker]).items():
                samples.setdefault((worker.peer, worker.threads, part), []).append(seconds)
    return samples


def _rows(case: Case, samples: dict[tuple[str, int, str], list[float]]) -> list[dict[str, Any]]:
    rows = []
    for part in case.parts:
        for threads in case.threads:
            there = {peer: samples[peer, threads, part] for peer in case.peers
                     if (peer, threads, part) in samples}
            for peer, times in there.items():
                # Round by round, so that a machine that changes its pace changes both.
                versus = {other: spread([t / b for t, b in zip(times, theirs, strict=True)])
                          for other, theirs in there.items() if other != peer}
                rows.append({"part": part, "peer": peer, "threads": threads,
                             "seconds": spread(times), "versus": versus})
    return rows


def spread(values: list[float]) -> dict[str, float]:
    """The least value, the median, and the quartiles round it."""
    several = len(values) > 1
    low, middle, high = quantiles(values, n=4, method="inclusive") if several else values * 3
    return {"min": min(values), "q1": low, "median": middle, "q3": high}
