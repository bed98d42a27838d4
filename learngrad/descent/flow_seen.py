"""What a step shows of a network while it runs: samples and counts, by device, not yet measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.handle import RemovableHandle
from learngrad.descent.flow_measure import beyond, live_units, measure, sample
from learngrad.descent.flow_moment import KINDS
from learngrad.tensor import Tensor

__all__ = ["ACTIVATIONS", "GRADIENTS", "WEIGHTS", "WEIGHT_GRADIENTS", "Call", "Seen", "bend_of"]

GRADIENTS, ACTIVATIONS, WEIGHTS, WEIGHT_GRADIENTS = range(len(KINDS))


def bend_of(node: Any) -> str:
    """What an operation does to its input that a gradient can be lost in; mostly nothing."""
    name = type(node).__name__
    if name == "Hardtanh":
        bounds = node.low, node.high
        return {(-1, 1): "tanh", (0, 6): "relu"}.get(bounds, "")
    return {"Relu": "relu", "RnnRelu": "relu", "Tanh": "tanh", "Rnn": "tanh",
            "Sigmoid": "sigmoid"}.get(name, "")


class Call:
    """One call of a layer: samples of what came out of it, and of the gradient that came back."""

    __slots__ = ("activations", "bend", "channels", "count", "gradient", "handle", "hits", "layer",
                 "number", "path", "sizes")

    def __init__(self, path: str, layer: Any, number: int) -> None:
        self.path, self.layer, self.number = path, layer, number
        weight = getattr(layer, "weight", None)
        self.channels = weight is not None and weight.ndim > 2  # of a convolution
        self.bend = ""
        self.activations: Any = None
        self.gradient: Any = None
        self.hits: Any = None
        self.handle: RemovableHandle | None = None
        self.sizes = [0, 0]
        self.count = 0

    def see(self, out: Tensor, bend: str) -> None:
        """Take what came out; again, if a bend follows: then that is the layer's activation."""
        array = out._data
        self.bend, self.activations = bend, sample(array)
        self.sizes[ACTIVATIONS] = array.size
        if bend == "relu":
            self.hits = live_units(array, self.channels or array.ndim == 4)
        elif bend:
            self.hits = beyond(self.activations, bend)
        self.forget()
        if out._edge is not None:
            self.handle = out.register_hook(self._arrived)

    def _arrived(self, g: Tensor) -> None:
        self.gradient = sample(g._data)
        self.sizes[GRADIENTS] = g._data.size

    def forget(self) -> None:
        """Take the hook for the gradient away."""
        if self.handle is not None:
            self.handle.remove()
            self.handle = None


class Seen:
    """The samples and counts of a step, by device."""

    def __init__(self) -> None:
        self._samples: dict[Any, tuple[list[Any], list[tuple[int, int, float]]]] = {}
        self._counts: dict[Any, tuple[list[Any], list[tuple[int, str, int]]]] = {}

    def add(self, row: int, kind: int, values: Any, size: int) -> None:
        """A sample of `size` values."""
        place = None if isinstance(values, np.ndarray) else devices.device_of(values)
        samples, places = self._samples.setdefault(place, ([], []))
        samples.append(values)
        places.append((row, kind, size))

    def count(self, row: int, column: str, hits: Any, of: int) -> None:
        """A count, an array of no dimensions."""
        hits = devices.as_array(hits)
        counts, places = self._counts.setdefault(devices.device_of(hits), ([], []))
        counts.append(hits)
        places.append((row, column, of))

    def measured(self) -> tuple[list[Any], list[Any]]:
        """Tables and counts as a `Taken` has them."""
        return ([(measure(samples), places) for samples, places in self._samples.values()],
                [(devices.array_module(counts[0]).stack(counts), places)
                 for counts, places in self._counts.values()])
