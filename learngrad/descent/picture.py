"""Curves as a static SVG: what stands for the live plot on GitHub, in slides and in print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learngrad.descent.curves import counted, is_share
from learngrad.descent.style import COLOURS, DASHES, styles
from learngrad.descent.surface_contours import apart
from learngrad.descent.thin import thin
from learngrad.trace.paint import escaped
from learngrad.trace.text import cells, elide

if TYPE_CHECKING:
    from learngrad.descent.curves import Curves, Series

__all__ = ["draw"]

BROKEN = ("#b04300", "#ff8f4f")
"""Light and dark: what is no number, as in the front end's style sheet."""
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 52
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
NEUTRAL = "#757c85"
CELL = 6.4
ROW = 18
MOST = 2_000
"""Points of one line."""


def draw(curves: Curves, width: int, height: int) -> str:
    """An SVG element with axes, lines and a legend; shares have an own axis at the right."""
    listed = list(curves.series)
    looks = [_look(*style) for style in styles(listed)]
    legend, rows = _legend(listed, looks, width)
    data = [series.since() for series in listed]
    drawn = [_bounded(y[np.isfinite(y)]) for _, y in data]
    shares = [is_share(series.name) for series in listed]
    has_others = not all(shares)
    right = 48 if any(shares) and has_others else RIGHT
    box = (LEFT, TOP, width - right, height - BOTTOM)
    xs = _ticks([_bounded(x) for x, _ in data], whole=True)
    ys = _ticks([y for y, share in zip(drawn, shares) if not share]) if has_others else None
    # A share logged in percent: one value above 1 says so.
    high = max((float(y.max(initial=0)) for y, share in zip(drawn, shares) if share),
               default=0.0)
    whole = max(100.0, high) if high > 1 else 1.0
    parts = [*_across(xs, box), *_up(ys, box),
             *_share_axis(any(shares), has_others, box, max(whole, 100.0))]
    for (x, y), share, look in zip(data, shares, looks):
        scale = [0.0, whole] if share else ys
        assert scale is not None
        parts += _line(x, y, xs, scale, box, look)
    parts += [mark for x, y in data for mark in _broken(x, y, xs, box)]
    grown = height + ROW * max(0, rows - 1)
    parts.append(f'<g transform="translate(0,{height})">{legend}</g>')
    said = escaped(elide(curves.describe(), 1000))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="learngrad-curves" width="{width}" '
        f'height="{grown}" viewBox="0 0 {width} {grown}" role="img" aria-label="{said}" '
        f'font-family="{FONT}" font-size="11">',
        f"<title>Curves</title><desc>{said}</desc>", f"<style>{STYLE}</style>", *parts,
        "</svg>", ""])


def _look(colour: int, dash: int) -> str:
    """The attributes of a series' line."""
    dashes = f' stroke-dasharray="{" ".join(map(str, DASHES[dash]))}"' if DASHES[dash] else ""
    return f'class="s{colour}" stroke="{COLOURS[colour][0]}" stroke-width="2"{dashes}'


def _bounded(values: np.ndarray) -> np.ndarray:
    """What has no place on an axis, since the axis' length would overflow, stands at its end."""
    return np.clip(values, -1e300, 1e300)


def _ticks(columns: list[np.ndarray], *, whole: bool = False) -> list[float]:
    """Round numbers from below the lowest to above the highest, about five of them."""
    values = [float(v) for column in columns if len(column)
              for v in (column.min(), column.max())] or [0.0, 1.0]
    low, high = min(values), max(values)
    if high - low < 1e-300:
        around = abs(low) if abs(low) > 1e-290 else 1.0
        low, high = low - 0.5 * around, high + 0.5 * around
        if whole:
            low, high = values[0], values[0] + max(1.0, 1e-9 * abs(values[0]))
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= raw)
    if whole:
        # The curve fills the width; ticks stand where they stand.
        inner = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
        return [low, *inner.tolist(), high]
    return (np.arange(math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9) + 1)
            * step).tolist()


def _place(value: float, scale: list[float], start: float, end: float) -> float:
    return start + (value - scale[0]) / (scale[-1] - scale[0]) * (end - start)


def _across(scale: list[float], box: tuple[float, ...]) -> list[str]:
    left, _, right, bottom = box
    parts = []
    for tick in scale[1:-1]:
        label = counted(round(tick, 10))
        # The last one's right half has to fit.
        x = min(_place(tick, scale, left, right), right + RIGHT - len(label) * CELL / 2)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="middle" '
                     f'fill="{NEUTRAL}">{label}</text>')
    return parts


def _up(scale: list[float] | None, box: tuple[float, ...]) -> list[str]:
    if scale is None:
        return []
    left, top, right, bottom = box
    parts = []
    for tick, text in zip(scale, apart(scale)):
        y = _place(tick, scale, bottom, top)
        parts.append(f'<path class="grid" d="M{left},{y:.1f}H{right}" stroke="#dfe3e8"/>'
                     f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{NEUTRAL}">'
                     f"{text}</text>")
    return parts


def _share_axis(shares: bool, others: bool, box: tuple[float, ...],
                highest: float) -> list[str]:
    if not shares:
        return []
    left, top, right, bottom = box
    x, anchor = (right + 6, "start") if others else (left - 8, "end")
    grid = "" if others else f'<path class="grid" d="M{left},0H{right}" stroke="#dfe3e8"/>'
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = _place(percent, [0, 100], bottom, top)
        line = grid.replace(",0H", f",{y:.1f}H")
        parts.append(f'{line}<text x="{x}" y="{y + 4:.1f}" text-anchor="{anchor}" '
                     f'fill="{NEUTRAL}">{percent * highest / 100:.0f} %</text>')
    return parts


def _line(x: np.ndarray, y: np.ndarray, xs: list[float], ys: list[float],
          box: tuple[float, ...], look: str) -> list[str]:
    """A path that breaks where the numbers do, and a dot for each that stands alone."""
    left, top, right, bottom = box
    kept = thin(y, MOST)
    x, y = x[kept], y[kept]
    across = _place_all(_bounded(x), xs, left, right)
    up = _place_all(_bounded(y), ys, bottom, top)
    pieces: list[list[str]] = [[]]
    for a, b, good in zip(across.tolist(), up.tolist(), np.isfinite(y).tolist()):
        if good:
            pieces[-1].append(f"{a:.1f},{b:.1f}")
        elif pieces[-1]:
            pieces.append([])
    path = "".join(f"M{'L'.join(piece)}" for piece in pieces if len(piece) > 1)
    drawn = [f'<path d="{path}" fill="none" {look} stroke-linejoin="round"/>'] if path else []
    return drawn + [
        '<circle cx="{}" cy="{}" r="2.5" {} fill="none"/>'.format(*piece[0].split(","), look)
        for piece in pieces if len(piece) == 1]


def _broken(x: np.ndarray, y: np.ndarray, xs: list[float],
            box: tuple[float, ...]) -> list[str]:
    """A cross at the top where a value is no number, an arrowhead for an infinity."""
    left, top, right, bottom = box
    bad = ~np.isfinite(y)
    found = dict.fromkeys(zip(_place_all(_bounded(x[bad]), xs, left, right).round().tolist(),
                              y[bad].astype(str).tolist()))
    shapes = {"nan": f",{top - 6}l8,8m0,-8l-8,8", "inf": f",{top + 2}l4,-8l4,8z",
              "-inf": f",{bottom - 8}l4,8l4,-8z"}
    return [f'<path class="bad" d="M{at - 4:.0f}{shapes[kind]}" fill="none" '
            f'stroke="{BROKEN[0]}" stroke-width="1.5"/>' for at, kind in found]


def _place_all(values: np.ndarray, scale: list[float], start: float, end: float) -> np.ndarray:
    return start + (values - scale[0]) / (scale[-1] - scale[0]) * (end - start)


def _legend(listed: list[Series], looks: list[str], width: int) -> tuple[str, int]:
    """Lines and names below the drawing, counted from its lower edge; and the number of rows."""
    parts: list[str] = []
    x, y = float(LEFT), -16
    for series, look in zip(listed, looks):
        label = elide(series.label, 40)
        room = 32 + cells(label) * CELL
        if x > LEFT and x + room > width - RIGHT:
            x, y = float(LEFT), y + ROW
        parts.append(f'<path d="M{x:.1f},{y}h26" {look}/><text x="{x + 32:.1f}" y="{y + 4}" '
                     f'fill="{NEUTRAL}">{escaped(label)}</text>')
        x += room + 22
    return "".join(parts), 1 + (y + 16) // ROW


def _style() -> str:
    own = ".learngrad-curves"

    def rules(host: str, dark: int) -> str:
        lines = [f"{host}{own} .s{i}{{stroke:{both[dark]}}}" for i, both in enumerate(COLOURS)]
        return "".join([*lines, f"{host}{own} .grid{{stroke:{('#dfe3e8', '#343c47')[dark]}}}",
                        f"{host}{own} .bad{{stroke:{BROKEN[dark]}}}"])

    hosts = (('[data-jp-theme-light="true"] ', ".vscode-light ", '[data-theme="light"] '),
             ('[data-jp-theme-light="false"] ', ".vscode-dark ", '[data-theme="dark"] '))
    return "".join([f"{own}{{max-width:100%;height:auto}}", rules("", 0),
                    f"@media (prefers-color-scheme:dark){{{rules('', 1)}}}",
                    *(rules(host, dark) for dark in (0, 1) for host in hosts[dark])])


STYLE = _style()
