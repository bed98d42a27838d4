"""Surfaces as a static SVG: contours with their heights, or a curve over one direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learngrad.descent.style import COLOURS
from learngrad.descent.surface_contours import Levels, apart, contour, levels, ticks
from learngrad.descent.surface_words import describe
from learngrad.trace.paint import escaped
from learngrad.trace.text import elide

if TYPE_CHECKING:
    from learngrad.descent.surface import Surface

__all__ = ["BANDS", "LINE", "axes", "band", "draw", "draw_field", "draw_way", "picture"]

# (light, dark), as in the front end's contour.css.
BANDS = [("#7fb2dc", "#0b2740"), ("#a9cde8", "#143a57"), ("#d3e4ee", "#27475c"),
         ("#f0e9d8", "#4a4a47"), ("#fdefcf", "#6b5230")]
"""Colours from low to high; between two of them it is mixed."""
LINE, HALO, BROKEN = ("#33506a", "#b9c9d6"), ("#ffffff", "#0b1016"), ("#b04300", "#ff8f4f")
NEUTRAL = "#757c85"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
LEFT, RIGHT, TOP, BOTTOM = 54, 14, 12, 44
WAY = 4
"""The number of the way's colour among those of series."""

Box = tuple[float, float, float, float]
Ends = tuple[float, float]


def draw(surface: Surface, width: int) -> str:
    """An SVG element with the contours and the way; over one direction, a curve."""
    is_line = len(surface.directions) == 1
    height = round(width * 0.45) if is_line else width
    box = (LEFT, TOP, width - RIGHT, height - BOTTOM)
    ends = [surface.ends(k) for k in range(len(surface.directions))]
    labels = [direction.label for direction in surface.directions]
    parts: list[str] = []
    classes = ""
    if surface.resolution and is_line:
        parts, classes = _curve(surface, ends[0], labels[0], box)
    elif surface.resolution:
        heights = levels(surface.loss)
        parts = draw_field(surface.loss, heights, box)
        parts += [*axes(ends[0], ends[1], labels[0], labels[1], box)]
        classes = _bands(len(heights.values))
        way = surface.way()
        at = np.array([surface.center]) if way is None else way.at
        parts += draw_way(at, ends[0], ends[1], box, WAY)
    return picture(parts, classes, width, height, "Loss surface", describe(surface))


def picture(parts: list[str], style: str, width: int, height: int, title: str, said: str) -> str:
    """The whole element round some parts, with their style in light and dark."""
    said = escaped(elide(said, 1000))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="learngrad-surface" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{said}" '
        f'font-family="{FONT}" font-size="11">',
        f"<title>{escaped(title)}</title><desc>{said}</desc>", f"<style>{_STYLE}{style}</style>",
        '<defs><pattern id="lg-hatch" width="9" height="9" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="bad" d="M4.5,0V9" fill="none" '
        f'stroke="{BROKEN[0]}" stroke-opacity="0.6" stroke-width="1.5"/></pattern></defs>',
        *parts, "</svg>", ""])


# ---- over two directions


def draw_field(values: np.ndarray, heights: Levels, box: Box) -> list[str]:
    """Bands, lines and their heights of values of shape (rows, columns); the lowest row first."""
    left, top, right, bottom = box
    rows, columns = values.shape
    scale = np.array([(right - left) / (columns - 1), -(bottom - top) / (rows - 1)])
    start = np.array([left, bottom])
    found = [contour(values, level, heights.is_log) for level in [-math.inf, *heights.values]]
    parts = [f'<rect x="{left}" y="{top}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
             'fill="url(#lg-hatch)"/>']
    for k, one in enumerate(found):
        path = "".join(_path(ring * scale + start) + "Z" for ring in one.rings)
        if path:
            parts.append(f'<path class="b{k}" d="{path}" fill="{band(k, len(heights.values), 0)}" '
                         'fill-rule="evenodd"/>')
    lines = "".join(_path(line * scale + start) for one in found[1:] for line in one.lines)
    parts.append(f'<path class="line" d="{lines}" fill="none" stroke="{LINE[0]}" '
                 'stroke-opacity="0.55"/>')
    taken: list[np.ndarray] = []
    for k, (text, one) in enumerate(zip(apart(heights.values), found[1:])):
        parts += _height(text, k, [line * scale + start for line in one.lines], taken,
                         box, len(heights.values))
    return parts


def _path(points: np.ndarray) -> str:
    # As steps from point to point in tenths: half as long as places.
    tenths = np.round(points * 10).astype(int)
    steps = np.diff(tenths, axis=0)
    moved = "".join(f"{_tenth(x)},{_tenth(y)} " for x, y in steps[steps.any(1)].tolist())
    return f"M{_tenth(int(tenths[0, 0]))},{_tenth(int(tenths[0, 1]))}" + (
        f"l{moved}".rstrip() if moved else "")


def _tenth(value: int) -> str:
    return f"{value / 10:g}"


def _height(text: str, k: int, lines: list[np.ndarray], taken: list[np.ndarray], box: Box,
            count: int) -> list[str]:
    """A line's height at the straightest place that is clear of others."""
    left, top, right, bottom = box
    wide = 6.4 * len(text) + 8
    for line in sorted(lines, key=len, reverse=True)[:3]:
        at = np.append(0, np.hypot(*np.diff(line, axis=0).T).cumsum())
        best, least = None, 0.12
        for start in np.arange(0.25 * wide, at[-1] - wide, max(4.0, at[-1] / 60)):
            ends = np.array([[np.interp(s, at, line[:, axis]) for axis in (0, 1)]
                             for s in (start, start + wide)])
            middle, (x, y) = ends.mean(0), ends[1] - ends[0]
            bent = 1 - math.hypot(x, y) / wide
            clear = (left + wide / 2 < middle[0] < right - wide / 2
                     and top + 10 < middle[1] < bottom - 10
                     and all(np.hypot(*(other - middle)) > 1.6 * wide for other in taken))
            if clear and bent < least and at[-1] > 2.5 * wide:
                turn = math.degrees(math.atan2(y, x))
                best, least = (middle, (turn + 90) % 180 - 90), bent
        if best is not None:
            (x, y), turn = best
            taken.append(best[0])
            fill = band(k + 0.5, count, 0)
            return [f'<text class="height h{k}" transform="translate({x:.1f},{y:.1f}) '
                    f'rotate({turn:.0f})" y="4" text-anchor="middle" fill="{LINE[0]}" '
                    f'stroke="{fill}" stroke-width="4" stroke-linejoin="round" '
                    f'paint-order="stroke">{text}</text>']
    return []


def axes(across: Ends, up: Ends, label: str, upright: str, box: Box) -> list[str]:
    """A frame, ticks and the names of both axes."""
    left, top, right, bottom = box
    parts = [f'<path d="M{left},{top}H{right}V{bottom}H{left}Z" fill="none" stroke="{NEUTRAL}"/>']
    marks = ticks(*across, max(2, int(right - left) // 80))
    for x, text in zip(marks, apart(marks)):
        at = _place(x, across, left, right)
        # The last one's right half has to fit.
        near = min(at, right + RIGHT - 3.2 * len(text))
        parts.append(f'<path d="M{at:.1f},{bottom}v4" stroke="{NEUTRAL}"/><text x="{near:.1f}" '
                     f'y="{bottom + 16}" text-anchor="middle" fill="{NEUTRAL}">{text}</text>')
    marks = ticks(*up, max(2, int(bottom - top) // 45))
    for y, text in zip(marks, apart(marks)):
        at = _place(y, up, bottom, top)
        parts.append(f'<path d="M{left},{at:.1f}h-4" stroke="{NEUTRAL}"/><text x="{left - 8}" '
                     f'y="{at + 4:.1f}" text-anchor="end" fill="{NEUTRAL}">{text}</text>')
    middle = (top + bottom) / 2
    return [*parts,
            f'<text x="{(left + right) / 2:.1f}" y="{bottom + 34}" text-anchor="middle" '
            f'fill="{NEUTRAL}">{escaped(elide(label, 70))}</text>',
            f'<text transform="translate(12,{middle:.1f}) rotate(-90)" text-anchor="middle" '
            f'fill="{NEUTRAL}">{escaped(elide(upright, 60))}</text>']


def _place(value: float, ends: Ends, start: float, end: float) -> float:
    return start + (value - ends[0]) / (ends[1] - ends[0]) * (end - start)


def draw_way(points: np.ndarray, across: Ends, up: Ends, box: Box, colour: int) -> list[str]:
    """A way over a field: a line with a halo, a ring where it begins, a disc where it is."""
    left, top, right, bottom = box
    scale = np.array([(right - left) / (across[1] - across[0]), -(bottom - top) / (up[1] - up[0])])
    placed = np.clip((points - [across[0], up[0]]) * scale + [left, bottom], -1e4, 1e4)
    path, shade = _path(placed), COLOURS[colour][0]
    x0, y0 = placed[0]
    x1, y1 = np.clip(placed[-1], [left, top], [right, bottom])  # what has left stands at the edge
    clip = f"lg-clip-{left:.0f}-{top:.0f}-{right:.0f}-{bottom:.0f}"
    return [
        f'<clipPath id="{clip}"><rect x="{left}" y="{top}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}"/></clipPath><g clip-path="url(#{clip})" fill="none" '
        'stroke-linejoin="round">',
        f'<path class="halo" d="{path}" stroke="{HALO[0]}" stroke-width="5"/>',
        f'<path class="s{colour}" d="{path}" stroke="{shade}" stroke-width="2.25"/>',
        f'<circle class="start s{colour}" cx="{x0:.1f}" cy="{y0:.1f}" r="4.5" fill="{HALO[0]}" '
        f'stroke="{shade}" stroke-width="2"/>',
        f'<circle class="end e{colour}" cx="{x1:.1f}" cy="{y1:.1f}" r="5.5" fill="{shade}" '
        f'stroke="{HALO[0]}" stroke-width="2"/></g>']


# ---- over one direction


def _curve(surface: Surface, ends: Ends, label: str, box: Box) -> tuple[list[str], str]:
    left, top, right, bottom = box
    values, xs = surface.loss, surface.ticks(0)
    good = np.isfinite(values)
    finite = values[good] if good.any() else np.array([0.0, 1.0])
    heights = levels(finite)
    high = float(finite.max())
    if not heights.is_log and heights.values:
        high = min(high, 2 * heights.values[-1] - heights.values[0])
    low = min(float(finite.min()), surface.here)
    room = 0.05 * (high - low) or 1.0
    up = (low - room, high + room)
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, value, fine in zip(xs, values.tolist(), good.tolist()):
        if fine:
            pieces[-1].append((_place(x, ends, left, right),
                               max(-1e4, _place(value, up, bottom, top))))
        elif pieces[-1]:
            pieces.append([])
    clip = "lg-clip-curve"
    parts = [f'<clipPath id="{clip}"><rect x="{left}" y="{top}" width="{right - left:.1f}" '
             f'height="{bottom - top:.1f}"/></clipPath>', *axes(ends, up, label, "loss", box)]
    path = "".join(_path(np.array(piece)) for piece in pieces if piece)
    parts.append(f'<path class="s0" clip-path="url(#{clip})" d="{path}" fill="none" '
                 f'stroke="{COLOURS[0][0]}" stroke-width="2.25"/>')
    parts += [f'<path class="bad" d="M{_place(x, ends, left, right) - 4:.1f},{top + 2}l8,8m0,-8'
              f'l-8,8" fill="none" stroke="{BROKEN[0]}" stroke-width="1.5"/>' for x in xs[~good]]
    x, y = _place(surface.center[0], ends, left, right), _place(surface.here, up, bottom, top)
    if np.isfinite(surface.here) and left <= x <= right:
        parts.append(f'<circle class="end e{WAY}" cx="{x:.1f}" cy="{y:.1f}" r="5.5" '
                     f'fill="{COLOURS[WAY][0]}" stroke="{HALO[0]}" stroke-width="2"/>')
    return parts, ""


# ---- colours


def band(at: float, count: int, dark: int) -> str:
    """The colour of band `at` (from 0) above `count` levels."""
    share = min(max(at / count, 0.0), 1.0) * (len(BANDS) - 1) if count else 0.0
    first = min(int(share), len(BANDS) - 2)
    low, high = (_channels(BANDS[first + k][dark]) for k in (0, 1))
    mixed = (math.floor(a + (b - a) * (share - first) + 0.5) for a, b in zip(low, high))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> list[int]:
    return [int(colour[k:k + 2], 16) for k in (1, 3, 5)]


HOSTS = (('[data-jp-theme-light="true"] ', ".vscode-light ", '[data-theme="light"] '),
         ('[data-jp-theme-light="false"] ', ".vscode-dark ", '[data-theme="dark"] '))


def _themed(rules: list[tuple[str, str, tuple[str, str]]]) -> str:
    """CSS rules (selector, property, (light, dark)) for the page's theme and the system's."""
    def written(host: str, dark: int) -> str:
        return "".join(f"{host}.learngrad-surface {selector}{{{what}:{both[dark]}}}"
                       for selector, what, both in rules)

    return "".join([written("", 0), f"@media (prefers-color-scheme:dark){{{written('', 1)}}}",
                    *(written(host, dark) for dark in (0, 1) for host in HOSTS[dark])])


def _bands(count: int) -> str:
    def both(at: float) -> tuple[str, str]:
        return band(at, count, 0), band(at, count, 1)

    return _themed([(f".b{k}", "fill", both(k)) for k in range(count + 1)]
                   + [(f".h{k}", "stroke", both(k + 0.5)) for k in range(count)])


_STYLE = ".learngrad-surface{max-width:100%;height:auto}" + _themed([
    (".line", "stroke", LINE), (".height", "fill", LINE), (".bad", "stroke", BROKEN),
    (".halo", "stroke", HALO), (".start", "fill", HALO), (".end", "stroke", HALO),
    *((f".s{k}", "stroke", COLOURS[k]) for k in (0, WAY)), (f".e{WAY}", "fill", COLOURS[WAY])])
