"""What flows through a network while it learns, layer by layer: kept, thinned, drawn and told."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from learngrad.descent.checks import pixels
from learngrad.descent.flow_measure import LOWEST
from learngrad.descent.flow_moment import COLUMNS, KINDS, Moment, Taken
from learngrad.descent.forms import Forms, plain
from learngrad.errors import ArgumentError
from learngrad.trace.text import elide, elide_middle

if TYPE_CHECKING:
    import matplotlib.axes

__all__ = ["MOST", "WHOLE", "Flow", "Row", "packed"]

MOST = 120
"""Moments that are kept, at most."""
WHOLE = 900_000
"""Bytes of all that a view gets at once: one larger than a million the notebook server would drop,
and a page is to open quickly."""


class Row(NamedTuple):
    """A call of a layer: its path in the model, its class, which call it is, and its bend."""

    path: str
    layer: str
    call: int = 0
    bend: str = ""

    @property
    def label(self) -> str:
        """The row's name: ``0.conv``, or ``cell, call 3`` where a layer is called again."""
        name = elide_middle(self.path) or elide(self.layer, 20)
        return f"{name}, call {self.call + 1}" if self.call else name


class Flow(Forms):
    """The moments of a training, of which every so many are kept.

    One thread may put while another one reads.
    """

    title = "Gradient flow"
    kind, heading = "flow", "The layers, step by step"

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.count = 0
        """Moments that were put."""
        self.stride = 1
        """Of the moments, each whose number it divides is kept; and the newest."""
        self._places: dict[tuple[str, int], int] = {}
        self._kept: list[tuple[int, Taken | Moment]] = []
        self._lock = threading.Lock()

    def row(self, path: str, layer: str, call: int = 0, bend: str = "") -> int:
        """The number of the row of a call; rows keep their numbers."""
        with self._lock:
            at = self._places.setdefault((path, call), len(self.rows))
            if at == len(self.rows):
                self.rows.append(Row(path, layer, call, bend))
            elif bend and self.rows[at].bend != bend:
                self.rows[at] = self.rows[at]._replace(bend=bend)
            return at

    def put(self, taken: Taken) -> None:
        """Keep a moment; when there are too many, every other one goes."""
        with self._lock:
            if self._kept and self._kept[-1][0] % self.stride:
                self._kept.pop()  # it was there as the newest
            self._kept.append((self.count, taken))
            self.count += 1
            if len(self._kept) > MOST:
                self.stride *= 2
                newest = len(self._kept) - 1
                self._kept = [one for at, one in enumerate(self._kept)
                              if one[0] % self.stride == 0 or at == newest]

    def since(self, number: int = 0) -> list[tuple[int, Moment]]:
        """The kept moments from a number on, with their numbers; worked out when first asked for.

        From a GPU the values come over now.
        """
        with self._lock:
            asked = [(at, one) for at, one in self._kept if at >= number]
        found = []
        for at, one in asked:
            if isinstance(one, Taken):
                moment = Moment(one)
                with self._lock:
                    self._kept = [(k, moment if old is one else old) for k, old in self._kept]
                one = moment
            found.append((at, one))
        return found

    @property
    def moments(self) -> list[Moment]:
        """The kept moments, in order."""
        return [moment for _, moment in self.since()]

    @property
    def last(self) -> Moment | None:
        """The newest moment."""
        found = self.since(self.count - 1)
        return found[-1][1] if found else None

    def describe(self) -> str:
        """The newest moment in words: a line for each layer that is not healthy."""
        from learngrad.descent.flow_words import describe

        return describe(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the rows, and of each kept moment what is known of them.

        Returns
        -------
        dict
            ``{"rows": [...], "columns": [...], "kinds": [...], "lowest": -40, "moments": [...]}``.
            A moment has its step and, for each row of its time, a list of numbers (None for what
            is not there), histograms (shares of the bins, of which the first begins at
            ``2**lowest``) and a verdict.
        """
        return {
            "rows": [row._asdict() for row in self.rows], "columns": list(COLUMNS),
            "kinds": list(KINDS), "lowest": LOWEST,
            "moments": [{
                "step": moment.step, "order": moment.order,
                "numbers": [[None if x != x else plain(x) for x in line]
                            for line in moment.numbers.tolist()],
                "bins": ((moment.bins / 255.0) ** 2).round(5).tolist(),
                "said": [why for _, why in moment.said]} for moment in self.moments]}

    def page(self) -> dict[str, Any]:
        """What a page draws it from: as many moments as there is room for, their bytes as text."""
        head, buffers = packed(self, self.since(), WHOLE)
        return {**head, "start": 0, "end": self.count, "status": None,
                "buffers": [b64encode(one).decode() for one in buffers]}

    def columns(self) -> dict[str, Any]:
        """A row for each layer of each kept moment: its names, its numbers and its verdict."""
        lines = [(moment, at) for moment in self.moments for at in moment.order]
        numbers = np.array([moment.numbers[at] for moment, at in lines]).reshape(-1, len(COLUMNS))
        return {
            "step": np.array([moment.step for moment, _ in lines], dtype=int),
            "layer": [self.rows[at].label for _, at in lines],
            "class": [self.rows[at].layer for _, at in lines],
            **dict(zip(COLUMNS, numbers.T)),
            "verdict": [moment.said[at][1] for moment, at in lines]}

    def paper(self) -> tuple[float, float]:
        """As high as its rows need."""
        last = self.last
        return 6.4, max(2.4, 0.34 * len(last.order if last is not None else ()) + 1)

    def svg(self, kind: str = "gradients", width: int = 960) -> str:
        """The newest moment as a static SVG picture, in light and dark."""
        from learngrad.descent.flow_picture import draw

        return draw(self, checked(kind), pixels("width", width))

    def to_matplotlib(self, ax: matplotlib.axes.Axes | None = None, *,
                      kind: str = "gradients") -> matplotlib.axes.Axes:
        """Draw the newest histograms with Matplotlib, for print: a ridge a layer.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default in a new figure.
        kind : {"gradients", "activations", "weights", "weight gradients"}
            What to draw.

        Returns
        -------
        matplotlib Axes
            Magnitude across, on a logarithmic scale; a tick upwards for each layer.

        Raises
        ------
        MissingDependency
            If Matplotlib is not installed.
        """
        from learngrad.descent.flow_print import to_matplotlib

        return to_matplotlib(self, ax, checked(kind))

    def __repr__(self) -> str:
        return f"<flow: {len(self.rows)} rows, {self.count} moments>"


def checked(kind: str) -> str:
    """Refuse a kind that is none."""
    if kind not in KINDS:
        raise ArgumentError(f"there are no {kind!r:.60} to draw",
                            fix=f'kind="{KINDS[0]}"; there are {", ".join(KINDS)}')
    return kind


def packed(flow: Flow, found: list[tuple[int, Moment]],
           most: int) -> tuple[dict[str, Any], list[bytes]]:
    """Moments as plain heads, and two buffers each: float32 numbers and uint8 bins.

    Where they are more than `most` bytes, every so many of them go, but never the newest.
    """
    size = max((one.numbers.nbytes + one.bins.nbytes + 80 * len(one.said) for _, one in found),
               default=1)
    every = -(-len(found) * size // most) or 1
    found = found[::-1][::every][::-1]  # counted from the newest
    head = {
        "kinds": list(KINDS), "columns": list(COLUMNS), "lowest": LOWEST,
        "rows": [{"label": row.label, "layer": row.layer, "bend": row.bend} for row in flow.rows],
        "moments": [{"number": number, "step": one.step, "order": one.order, "said": one.said}
                    for number, one in found]}
    return head, [buffer for _, one in found
                  for buffer in (one.numbers.astype("<f4").tobytes(), one.bins.tobytes())]
