"""Curves as a static SVG: what stands for the live plot on GitHub, in slides and in print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learngrad.descent.curves import is_share
from learngrad.trace.svg import escaped
from learngrad.trace.text import cells, elide, number

if TYPE_CHECKING:
    from learngrad.descent.curves import Curves

__all__ = ["draw"]

# (light, dark), as in the front end's style sheet.
SERIES = [("#0b62a8", "#5db0f5"), ("#b35900", "#ffae52"), ("#04795a", "#4bcb9f"),
          ("#84539f", "#c39ae0"), ("#9c1f4f", "#f283ae"), ("#59636f", "#98a5b3")]
DASHES = ["", ' stroke-dasharray="8 4"', ' stroke-dasharray="2 4"']
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 52
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
NEUTRAL = "#757c85"
CELL = 6.4


def draw(curves: Curves, width: int, height: int) -> str:
    """An SVG element with axes, lines and a legend; shares have an own axis at the right."""
    names = curves.names
    data = {name: curves[name] for name in names}
    drawn = {name: (_bounded(x[np.isfinite(y)]), _bounded(y[np.isfinite(y)]))
             for name, (x, y) in data.items()}
    shares = [name for name in names if is_share(name)]
    others = [name for name in names if name not in shares]
    right = 48 if shares and others else RIGHT
    box = (LEFT, TOP, width - right, height - BOTTOM)
    xs = _ticks([x for x, _ in drawn.values()], whole=True)
    ys = _ticks([drawn[name][1] for name in others]) if others else None
    # A share logged in percent: one value above 1 says so.
    high = max((float(drawn[name][1].max(initial=0)) for name in shares), default=0.0)
    whole = max(100.0, high) if high > 1 else 1.0
    parts = [*_across(xs, box), *_up(ys, box),
             *_share_axis(bool(shares), bool(others), box, max(whole, 100.0))]
    for at, name in enumerate(names):
        scale = [0.0, whole] if name in shares else ys
        assert scale is not None
        parts.append(_line(*drawn[name], xs, scale, box, at))
    parts += _legend(names, height)
    said = escaped(elide(curves.describe(), 1000))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="learngrad-curves" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{said}" '
        f'font-family="{FONT}" font-size="11">',
        f"<title>Curves</title><desc>{said}</desc>", f"<style>{STYLE}</style>", *parts,
        "</svg>", ""])


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
    return [f'<text x="{_place(tick, scale, left, right):.1f}" y="{bottom + 16:.1f}" '
            f'text-anchor="middle" fill="{NEUTRAL}">{number(round(tick, 10))}</text>'
            for tick in scale[1:-1]]


def _up(scale: list[float] | None, box: tuple[float, ...]) -> list[str]:
    if scale is None:
        return []
    left, top, right, bottom = box
    parts = []
    for tick in scale:
        y = _place(tick, scale, bottom, top)
        parts.append(f'<path class="grid" d="M{left},{y:.1f}H{right}" stroke="#dfe3e8"/>'
                     f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{NEUTRAL}">'
                     f"{number(float(f'{tick:.6g}'))}</text>")
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
          box: tuple[float, ...], at: int) -> str:
    left, top, right, bottom = box
    across, up = _thin(_place_all(x, xs, left, right), _place_all(y, ys, bottom, top))
    colour = f'class="s{at % len(SERIES)}" stroke="{SERIES[at % len(SERIES)][0]}"'
    if len(across) == 1:
        return f'<circle cx="{across[0]:.1f}" cy="{up[0]:.1f}" r="2.5" {colour} fill="none"/>'
    path = "L".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True))
    return (f'<path d="M{path}" fill="none" {colour} stroke-width="2" stroke-linejoin="round"'
            f"{DASHES[at % 3]}/>") if path else ""


def _place_all(values: np.ndarray, scale: list[float], start: float, end: float) -> np.ndarray:
    return start + (values - scale[0]) / (scale[-1] - scale[0]) * (end - start)


def _thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most four points in a column of pixels: its first, lowest, highest and last."""
    if len(x) < 1500:
        return x, y
    kept: list[int] = []
    starts = np.flatnonzero(np.diff(np.floor(x), prepend=-1))
    for a, b in zip(starts, [*starts[1:], len(x)], strict=True):
        part = y[a:b]
        kept += sorted({int(a), int(a + part.argmin()), int(a + part.argmax()), int(b - 1)})
    return x[kept], y[kept]


def _legend(names: list[str], height: int) -> list[str]:
    parts, x = [], float(LEFT)
    for at, name in enumerate(names):
        label = elide(name, 40)
        colour = f'class="s{at % len(SERIES)}" stroke="{SERIES[at % len(SERIES)][0]}"'
        parts.append(f'<path d="M{x:.1f},{height - 16}h26" {colour} stroke-width="2"'
                     f'{DASHES[at % 3]}/><text x="{x + 32:.1f}" y="{height - 12}" '
                     f'fill="{NEUTRAL}">{escaped(label)}</text>')
        x += 32 + cells(label) * CELL + 22
    return parts


def _style() -> str:
    own = ".learngrad-curves"

    def rules(host: str, dark: int) -> str:
        lines = [f"{host}{own} .s{i}{{stroke:{both[dark]}}}" for i, both in enumerate(SERIES)]
        return "".join([*lines, f"{host}{own} .grid{{stroke:{('#dfe3e8', '#343c47')[dark]}}}"])

    hosts = (('[data-jp-theme-light="true"] ', ".vscode-light ", '[data-theme="light"] '),
             ('[data-jp-theme-light="false"] ', ".vscode-dark ", '[data-theme="dark"] '))
    return "".join([f"{own}{{max-width:100%;height:auto}}", rules("", 0),
                    f"@media (prefers-color-scheme:dark){{{rules('', 1)}}}",
                    *(rules(host, dark) for dark in (0, 1) for host in hosts[dark])])


STYLE = _style()
