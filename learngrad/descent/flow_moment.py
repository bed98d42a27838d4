"""One step of a training, seen: numbers and histograms of every layer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from learngrad import devices
from learngrad.descent.flow_measure import BAD, BINS, SQUARES, ZERO
from learngrad.descent.flow_words import verdict

__all__ = ["COLUMNS", "KINDS", "MOVES", "Moment", "Taken"]

KINDS = ("gradients", "activations", "weights", "weight gradients")
"""What is seen of a row; its gradients are those that arrive at its activations."""
MOVES = len(KINDS)
"""What the optimiser added to the weights: measured like a fifth kind, and told as a ratio."""
COLUMNS = (*(f"{kind}: {what}" for kind in KINDS for what in ("count", "zeros", "bad", "size")),
           "ratio", "dead", "units", "saturated", "against")
"""What is known of a row in numbers: of each kind how many values, the share of zeros, how many
are no numbers, and the root of the mean square of the others; the update's length by that of the
weights; dead units, and all; the share of saturated values; the gradients' size by that at the
output. NaN is what is not there."""
AT = {name: k for k, name in enumerate(COLUMNS)}


class Taken(NamedTuple):
    """What a step left on the devices that it ran on; made a `Moment` when somebody asks."""

    step: int
    rows: int
    """Rows that there are."""
    order: list[int]
    """Those of this step, as they were called."""
    tables: list[tuple[Any, list[tuple[int, int, float]]]]
    """From `measure`; for each line of a table the row, the kind, and how many elements it saw."""
    counts: list[tuple[Any, list[tuple[int, str, int]]]]
    """Whole numbers; for each the row, the column, and of how many it counts."""
    unmoved: frozenset[int] = frozenset()
    """Rows with parameters that the optimiser does not have."""


class Moment:
    """A step in numbers.

    Attributes
    ----------
    step : int
    order : list of int
        Rows as they were called.
    numbers : ndarray of float32, shape (rows, len(COLUMNS))
    bins : ndarray of uint8, shape (rows, len(KINDS), BINS)
        255 times the root of the share of a kind's values: the root shows what is rare.
    said : list of (int, str)
        What to make of each row: how bad it is, from 0 to 2, and why.
    """

    def __init__(self, taken: Taken) -> None:
        self.step, self.order = taken.step, taken.order
        sums, looked = _sums(taken)
        with np.errstate(all="ignore"):
            self.numbers = _numbers(taken, sums, looked).astype(np.float32)
            shares = sums[:, :MOVES, 3:] / np.maximum(np.nan_to_num(looked), 1)[:, :MOVES, None]
        self.bins = np.ceil(255 * np.sqrt(shares.clip(0, 1))).astype(np.uint8)
        self.said = [verdict(dict(zip(COLUMNS, line)), row in taken.unmoved)
                     for row, line in enumerate(self.numbers.tolist())]


def _sums(taken: Taken) -> tuple[np.ndarray, np.ndarray]:
    """For each row and kind the columns of `measure`, and how many values they count."""
    sums = np.zeros((taken.rows, MOVES + 1, 3 + BINS))
    looked = np.full((taken.rows, MOVES + 1), np.nan)
    for table, places in taken.tables:
        for line, (row, kind, size) in zip(devices.to_device(table, devices.CPU), places):
            seen = line[ZERO] + line[BAD] + line[3:].sum()
            sums[row, kind] += line * (size / max(seen, 1))
            looked[row, kind] = size + np.nan_to_num(looked[row, kind])
    return sums, looked


def _numbers(taken: Taken, sums: np.ndarray, looked: np.ndarray) -> np.ndarray:
    numbers = np.full((taken.rows, len(COLUMNS)), np.nan)
    bad, squares = sums[:, :, BAD], sums[:, :, SQUARES]
    sizes = np.sqrt(squares / (looked - bad))
    for kind in range(MOVES):
        there = looked[:, kind]
        numbers[:, 4 * kind:4 * kind + 4] = np.stack(
            [there, sums[:, kind, ZERO] / there, bad[:, kind] + 0 * there, sizes[:, kind]], 1)
    numbers[:, AT["ratio"]] = (np.sqrt(squares[:, MOVES] / squares[:, KINDS.index("weights")])
                               + 0 * looked[:, MOVES])
    for counts, places in taken.counts:
        for count, (row, column, of) in zip(devices.to_device(counts, devices.CPU), places):
            if column == "dead":
                numbers[row, AT["dead"]], numbers[row, AT["units"]] = count, of
            else:
                numbers[row, AT[column]] = count / of if of else np.nan
    output = next((sizes[row, 0] for row in reversed(taken.order) if sizes[row, 0] > 0), np.nan)
    numbers[:, AT["against"]] = sizes[:, 0] / output
    return numbers
