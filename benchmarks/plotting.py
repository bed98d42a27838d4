"""A loop with a plot in it, as a cell would write it for each peer; runs inside a kernel."""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.runner import spread

LONGEST = 0.5
"""Seconds of a round with a plot: one that draws at every step gets fewer of them."""


def by_learngrad() -> tuple[Callable[[float], None], Any]:
    import learngrad

    plot = learngrad.LivePlot()
    return lambda loss: plot.log(loss=loss), plot


def by_livelossplot() -> tuple[Callable[[float], None], Any]:
    from livelossplot import PlotLosses

    plot = PlotLosses()

    def log(loss: float) -> None:
        plot.update({"loss": loss})
        plot.send()

    return log, plot


def by_matplotlib() -> tuple[Callable[[float], None], Any]:
    """As tutorials do it: draw everything anew and put it in the place of what was there."""
    import matplotlib.pyplot as plt
    from IPython.display import clear_output, display

    losses: list[float] = []
    figure, axes = plt.subplots()
    plt.close(figure)  # it is displayed by hand

    def log(loss: float) -> None:
        losses.append(loss)
        axes.clear()
        axes.plot(losses)
        clear_output(wait=True)
        display(figure)

    return log, figure


def by_ipympl() -> tuple[Callable[[float], None], Any]:
    """Matplotlib's own widget: the line gets its points, and the canvas is drawn."""
    import matplotlib
    matplotlib.use("module://ipympl.backend_nbagg")
    import matplotlib.pyplot as plt
    from IPython.display import display

    losses: list[float] = []
    figure, axes = plt.subplots()
    line, = axes.plot([], [])
    display(figure.canvas)

    def log(loss: float) -> None:
        losses.append(loss)
        line.set_data(range(len(losses)), losses)
        axes.relim()
        axes.autoscale_view()
        figure.canvas.draw()

    return log, figure


PEERS = {"learngrad": by_learngrad, "livelossplot": by_livelossplot,
         "matplotlib": by_matplotlib, "ipympl": by_ipympl}


def measure(peer: str, rounds: int, steps: int, seconds: float) -> str:
    """What the peer costs a step, in JSON: processor time of the process, more than without."""
    work = _work(seconds)
    log, plot = PEERS[peer]()
    log(1.0)  # what is loaded and made at first
    bare, with_it, logged, spent = [], [], 0, 0.0
    for _ in range(rounds):
        begun = process_time()
        for _ in range(steps):
            work()
        bare.append((process_time() - begun) / steps)
        begun, began, done = process_time(), perf_counter(), 0
        while done < steps and perf_counter() - began < LONGEST:
            work()
            log(1 / (2 + logged))
            done += 1
            logged += 1
        with_it.append((process_time() - begun) / done)
        spent += perf_counter() - began
    result = {"bare": spread(bare), "added": spread(
        [more - less for more, less in zip(with_it, bare, strict=True)]),
        "share": median(more / less - 1 for more, less in zip(with_it, bare, strict=True)),
        "logged": logged, "seconds": spent,
        "says": plot._progress.cost / 1e6 if peer == "learngrad" else None}
    return json.dumps(result)


def _work(seconds: float) -> Callable[[], None]:
    """Something that keeps the processor busy for about so long, as a small step does."""
    x = np.random.default_rng(0).standard_normal((64, 64), dtype=np.float32)

    def work() -> None:
        for _ in range(count):
            np.tanh(x)

    count = 8
    while True:
        took = min(_timed(work) for _ in range(5))
        if took > seconds / 4:
            break
        count *= 2
    count = max(1, round(count * seconds / took))
    return work


def _timed(work: Callable[[], None]) -> float:
    begun = process_time()
    work()
    return process_time() - begun
