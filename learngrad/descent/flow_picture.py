"""What flows through a network, as a static SVG: a ridge of magnitudes for each layer."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from learngrad.descent.flow_measure import BINS, LOWEST
from learngrad.descent.flow_moment import AT, KINDS
from learngrad.descent.flow_words import percent
from learngrad.trace.paint import escaped
from learngrad.trace.text import elide, number

if TYPE_CHECKING:
    from learngrad.descent.flow import Flow, Row
    from learngrad.descent.flow_moment import Moment

__all__ = ["COLOURS", "OF_KIND", "draw", "extent", "heights", "ridge", "shade"]

COLOURS = [("#0b4f8a", "#7cc4ff"), ("#2f78b7", "#4c9fe0"), ("#6aa6d6", "#2f74ad"),
           ("#abcce6", "#2a5075"), ("#c3c8cd", "#59626d"), ("#f3cfa0", "#7a5626"),
           ("#eaa04f", "#b5761f"), ("#d1701a", "#e3962f"), ("#a34700", "#ffbf6b")]
"""Light and dark, from 10,000 times smaller than at the output to 10,000 times larger, a factor of
ten each; as in the front end's style sheet."""
OF_KIND = {"activations": ("#84539f", "#c39ae0"), "weights": ("#04795a", "#4bcb9f"),
           "weight gradients": ("#b35900", "#ffae52")}
"""What is not coloured by its gradient, light and dark."""
BAD = ("#b04300", "#ff8f4f")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
NEUTRAL = "#757c85"
LEFT, RIDGE, HEAD, ROW, FOOT = 170, 0.36, 34, 38, 40
MARKS = ("✓", "!", "✗")
ZEROS = 20
"""Pixels left of the axis for the share of exact zeros."""


def shade(against: float) -> int | None:
    """The colour of a gradient by its size to that at the output; None where there is none."""
    if against != against:
        return None
    if against == 0:
        return 0
    return 4 + max(-4, min(4, round(math.log10(against)))) if math.isfinite(against) else 8


def extent(moments: list[Moment], kind: int) -> tuple[int, int]:
    """The bins to show: those that have something in them, and at least four decades."""
    full = np.zeros(BINS, bool)
    for moment in moments:
        full |= moment.bins[:, kind].any(0)
    found = np.flatnonzero(full)
    low, high = (int(found[0]), int(found[-1]) + 1) if len(found) else (26, 44)
    while high - low < 14:
        low, high = max(0, low - 1), min(BINS, high + 1)
    return max(0, low - 2), min(BINS, high + 2)


def heights(bins: np.ndarray) -> np.ndarray:
    """How high a ridge is at each bin: the root of its share, from 0 to 1.

    A share is smoothed over its neighbours, so that a ridge looks alike wherever its values lie in
    their bins; the root shows what is rare.
    """
    shares = np.pad((bins / 255.0) ** 2, 1)
    return np.sqrt(shares[:-2] / 4 + shares[1:-1] / 2 + shares[2:] / 4)


def ridge(points: list[tuple[float, float]], base: float) -> str:
    """A smooth outline through points that go right, closed along its base, as an SVG path."""
    parts = [f"M{points[0][0]:.1f},{base:.1f}"]
    for (x, y), (right, next_) in pairwise([*points, (points[-1][0], base)]):
        parts.append(f"Q{x:.1f},{y:.1f} {(x + right) / 2:.1f},{(y + next_) / 2:.1f}")
    return "".join([*parts, f"L{points[-1][0]:.1f},{base:.1f}Z"])


def draw(flow: Flow, kind: str, width: int) -> str:
    """The newest moment: of each row its name, a ridge, a verdict, and numbers."""
    moment, at = flow.last, KINDS.index(kind)
    said = escaped(elide(flow.describe().replace("\n", " "), 1000))
    order = moment.order if moment else []
    height = HEAD + ROW * max(1, len(order)) + FOOT
    parts: list[str] = []
    if moment is not None:
        low, high = extent([moment], at)
        box = (LEFT + ZEROS, LEFT + int(RIDGE * width))
        parts = [f'<text x="12" y="20" font-weight="600" class="ink">{kind.capitalize()} at step '
                 f"{moment.step:,}</text>", *_axis(low, high, box, height)]
        top = max((float(heights(moment.bins[row, at]).max()) for row in order), default=0) or 1
        for k, row in enumerate(order):
            base = HEAD + ROW * (k + 1) - 6
            parts += _row(flow.rows[row], moment, row, at, base, width)
            parts += _ridge(moment, row, at, (low, high), box, base, top)
        if at == 0:
            parts += _key(box[1] + 18, height - FOOT + 7)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="learngrad-flow" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{said}" '
        f'font-family="{FONT}" font-size="12">',
        f"<title>Gradient flow</title><desc>{said}</desc>", f"<style>{STYLE}</style>", *parts,
        *([] if moment else [f'<text x="12" y="40" fill="{NEUTRAL}">{said}</text>']),
        "</svg>", ""])


def _key(x: int, y: int) -> list[str]:
    """What the colours say."""
    text = f'<text y="{y + 10}" fill="{NEUTRAL}" font-size="11" x='
    return [f'{text}"{x}">gradient against that at the output: smaller</text>',
            *(f'<path class="g{k}" d="M{x + 258 + 15 * k},{y}h15v12h-15z" fill="{light}"/>'
              for k, (light, _) in enumerate(COLOURS)),
            f'{text}"{x + 258 + 15 * len(COLOURS) + 6}">larger</text>']


def _axis(low: int, high: int, box: tuple[int, int], height: int) -> list[str]:
    """Decades, as far apart as leaves room for their names."""
    first, last = (math.log10(2) * (LOWEST + k) for k in (low, high))
    every = max(1, math.ceil((last - first) / 6))
    parts = []
    for power in range(math.ceil(first), math.floor(last) + 1):
        if power % every:
            continue
        x = box[0] + (power - first) / (last - first) * (box[1] - box[0])
        parts.append(f'<path class="grid" d="M{x:.1f},{HEAD - 6}V{height - FOOT + 2}" '
                     f'stroke="#dfe3e8"/><text x="{x:.1f}" y="{height - FOOT + 17}" '
                     f'text-anchor="middle" fill="{NEUTRAL}">{_power(power)}</text>')
    parts.append(f'<text x="{box[0] - 12}" y="{height - FOOT + 17}" text-anchor="middle" '
                 f'fill="{NEUTRAL}">0</text>')
    return parts


def _power(power: int) -> str:
    if power == 0:
        return "1"
    if power == 1:
        return "10"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _ridge(moment: Moment, row: int, kind: int, bins: tuple[int, int], box: tuple[int, int],
           base: int, top: float) -> list[str]:
    line = moment.numbers[row]
    count, zeros, bad = (float(line[4 * kind + k]) for k in range(3))
    if count != count:
        return [f'<text x="{box[0]}" y="{base}" fill="{NEUTRAL}">none</text>']
    low, high = bins
    step = (box[1] - box[0]) / (high - low)
    tall = ROW * 1.15
    shares = heights(moment.bins[row, kind])[low:high] / top
    points = [(box[0] + (k + 0.5) * step, base - tall * share)
              for k, share in enumerate(shares.tolist())]
    colour = shade(float(line[AT["against"]])) if kind == 0 else None
    name, fill = ((f"g{colour}", COLOURS[colour][0]) if colour is not None else
                  (f"k{kind}", OF_KIND.get(KINDS[kind], (NEUTRAL,))[0]))
    parts = [f'<path class="{name} ridge" d="{ridge(points, base)}" fill="{fill}" stroke="#fff"/>']
    if zeros > 0:
        parts.append(f'<path class="{name}" d="M{box[0] - 16},{base}v{-(ROW - 10) * zeros:.1f}h8'
                     f'V{base}z" fill="{fill}"/>')
    if bad > 0:
        parts.append(f'<path class="bad" d="M{box[1] - 8},{base - 10}l8,8m0,-8l-8,8" fill="none" '
                     f'stroke="{BAD[0]}" stroke-width="2"/>')
    return parts


def _row(row: Row, moment: Moment, at: int, kind: int, base: int, width: int) -> list[str]:
    level, why = moment.said[at]
    right = LEFT + int(RIDGE * width) + 18
    room = int((width - right - 20) / 6.1)
    behind = f"{elide(row.layer, 16)}{' → ' + row.bend if row.bend else ''}"
    shown = elide(why, room)
    full = "" if shown == why else f"<title>{escaped(why)}</title>"
    return [
        f'<text x="12" y="{base - 13}" class="ink" font-weight="600">{escaped(row.label)}</text>'
        f'<text x="12" y="{base + 1}" fill="{NEUTRAL}" font-size="11">{escaped(behind)}</text>',
        f'<text x="{right}" y="{base - 13}" class="{"bad" if level == 2 else "ink"}t">'
        f"{MARKS[level]} {escaped(shown)}{full}</text>"
        f'<text x="{right + 14}" y="{base + 1}" fill="{NEUTRAL}" font-size="11">'
        f"{escaped(facts(moment, at, kind))}</text>"]


def facts(moment: Moment, row: int, kind: int) -> str:
    """A row's numbers in a line."""
    line = moment.numbers[row]
    size, ratio, dead, units, flat = (float(line[AT[name]]) for name in (
        f"{KINDS[kind]}: size", "ratio", "dead", "units", "saturated"))
    said = []
    if size == size:
        said.append(f"typically {number(float(f'{size:.2g}'))}")
    if ratio == ratio:
        said.append(f"update/weights {number(float(f'{ratio:.2g}'))}")
    if units == units:
        said.append(f"{dead:.0f} of {units:.0f} dead")
    if flat > 0:
        said.append(f"{percent(flat)} saturated")
    return " · ".join(said)


def _style() -> str:
    own = ".learngrad-flow"

    def rules(host: str, dark: int) -> str:
        at = f"{host}{own} "
        ink = ("#1c2530", "#e6eaf0")[dark]
        return "".join([
            *(f"{at}.g{k}{{fill:{both[dark]}}}" for k, both in enumerate(COLOURS)),
            *(f"{at}.k{KINDS.index(kind)}{{fill:{both[dark]}}}" for kind, both in OF_KIND.items()),
            f"{at}.ridge{{stroke:{('#fff', '#12161b')[dark]}}}",
            f"{at}.grid{{stroke:{('#dfe3e8', '#343c47')[dark]}}}",
            f"{at}.ink,{at}.inkt{{fill:{ink}}}", f"{at}.badt{{fill:{BAD[dark]}}}",
            f"{at}.bad{{stroke:{BAD[dark]}}}"])

    hosts = (('[data-jp-theme-light="true"] ', ".vscode-light ", '[data-theme="light"] '),
             ('[data-jp-theme-light="false"] ', ".vscode-dark ", '[data-theme="dark"] '))
    return "".join([f"{own}{{max-width:100%;height:auto}}", rules("", 0),
                    f"@media (prefers-color-scheme:dark){{{rules('', 1)}}}",
                    *(rules(host, dark) for dark in (0, 1) for host in hosts[dark])])


STYLE = _style()
