"""A race as a static SVG: the ways over the contours, the losses beside them, and who is who."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learngrad.descent.race_words import BATCHES
from learngrad.descent.style import COLOURS, DASHES
from learngrad.descent.surface_contours import levels, ticks
from learngrad.descent.surface_picture import (
    BROKEN,
    HALO,
    NEUTRAL,
    _bands,
    _themed,
    axes,
    draw_field,
    picture,
)
from learngrad.trace.paint import escaped
from learngrad.trace.text import cells, elide, number

if TYPE_CHECKING:
    from learngrad.descent.race import Race, Walk

__all__ = ["MARKERS", "draw", "loss_axis"]

WIDTH, MAP, ROW, CELL = 760, 400, 20, 7.4
ABOVE, DECADES = 30, 12
"""So many times the loss at the start is still shown; powers of ten that are, at most."""
SHORT = 0.6
"""Pixels."""
MARKERS = ["o", "s", "^", "D", "v", "P", "*", "h"]
"""Shapes, in the order of the front end's; Matplotlib's names."""

Box = tuple[float, float, float, float]


def draw(race: Race) -> str:
    """An SVG element: map and losses side by side; of a model the losses alone."""
    land = race.landscape
    looks = {name: k for k, name in enumerate(race.runs)}
    style, parts = _style(), []
    if land is not None:
        values = land.grid(129)
        heights = levels(values, most=9)
        box = (54.0, 12.0, MAP - 10.0, MAP - 44.0)
        parts += [*draw_field(values, heights, box), *axes(*land.domain, "x", "y", box),
                  *_ways(race, looks, box)]
        style += _bands(len(heights.values))
    left = MAP + 56.0 if land is not None else 60.0
    parts += _losses(race, looks, (left, 22.0, WIDTH - 14.0, (MAP if land else 300) - 44.0))
    legend, rows = _legend(race, looks)
    height = (MAP if land is not None else 300) + 10
    parts.append(f'<g transform="translate(0,{height})">{legend}</g>')
    return picture(parts, style, WIDTH, height + ROW * rows, "A race of optimisers",
                   race.describe())


def _ways(race: Race, looks: dict[str, int], box: Box) -> list[str]:
    left, top, right, bottom = box
    assert race.landscape is not None
    (x0, x1), (y0, y1) = race.landscape.domain
    scale = np.array([(right - left) / (x1 - x0), -(bottom - top) / (y1 - y0)])

    def placed(points: np.ndarray) -> np.ndarray:
        return (points - [x0, y0]) * scale + [left, bottom]

    clip = '<clipPath id="lg-race-clip"><rect x="{}" y="{}" width="{:.1f}" height="{:.1f}"/>'
    parts = [clip.format(left, top, right - left, bottom - top) + "</clipPath>",
             '<g clip-path="url(#lg-race-clip)" fill="none" stroke-linejoin="round">']
    for x, y in placed(np.array(race.landscape.minima).reshape(-1, 2)).tolist():
        target = f"M{x - 7:.1f},{y:.1f}a7,7 0 1 0 14,0a7,7 0 1 0 -14,0M{x - 11:.1f},{y:.1f}h22" \
                 f"m-11,-11v22"
        parts += [f'<path class="halo" d="{target}" stroke="{HALO[0]}" stroke-width="4"/>',
                  f'<path d="{target}" stroke="{NEUTRAL}" stroke-width="1.5"/>']
    ends = []
    # Who is lost crosses the whole picture, below the others.
    for name, walk in sorted(race.runs.items(), key=lambda item: item[1].diverged is None):
        if walk.path is None or not len(walk.path):
            continue
        k = looks[name] % len(COLOURS)
        points = np.clip(placed(walk.path), -1e4, 1e4)
        line = _line(points)
        parts += [f'<path class="halo" d="{line}" stroke="{HALO[0]}" stroke-width="4.5"/>',
                  f'<path class="s{k}" d="{line}" stroke="{COLOURS[k][0]}" stroke-width="2"/>']
        x, y = points[-1].tolist()
        if walk.diverged is None:
            ends.append(_mark(looks[name], x, y, 6.5))
        else:
            x, y = min(max(x, left + 9), right - 9), min(max(y, top + 9), bottom - 9)
            ends.append(_cross(x, y))
    if race.start is not None:
        x, y = placed(np.array([race.start]))[0].tolist()
        parts.append(f'<circle class="begin" cx="{x:.1f}" cy="{y:.1f}" r="8" '
                     f'stroke="{NEUTRAL}" stroke-width="3"/>')
    return [*parts, *ends, "</g>"]


def _line(points: np.ndarray) -> str:
    """A path in tenths, without the steps that are too short to be seen; NaN breaks it."""
    parts: list[str] = []
    last: list[float] | None = None
    for x, y in np.round(points, 1).tolist():
        if math.isnan(y):
            last = None
        elif last is None or abs(x - last[0]) + abs(y - last[1]) > SHORT:
            parts.append(f"{'M' if last is None else 'L'}{x:g},{y:g}")
            last = [x, y]
    return "".join(parts)


def _mark(which: int, x: float, y: float, radius: float) -> str:
    k = which % len(COLOURS)
    return (f'<path class="e{k}" d="{_outline(which, x, y, radius)}" fill="{COLOURS[k][0]}" '
            f'stroke="{HALO[0]}" stroke-width="1.5" stroke-linejoin="round"/>')


def _outline(which: int, x: float, y: float, radius: float) -> str:
    """The shape of so manieth optimiser; as in the front end's race-marks.ts."""
    shape = _SHAPES[which % len(_SHAPES)]
    if not shape:
        return (f"M{x - radius:.1f},{y:.1f}a{radius},{radius} 0 1 0 {2 * radius},0"
                f"a{radius},{radius} 0 1 0 {-2 * radius},0z")
    return "M" + "L".join(f"{x + radius * a:.1f},{y + radius * b:.1f}" for a, b in shape) + "z"


def _plus(long: float, wide: float) -> list[tuple[float, float]]:
    return [(a * c - b * s, a * s + b * c) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1))
            for a, b in ((wide, -long), (wide, -wide), (long, -wide))]


_SHAPES: list[list[tuple[float, float]]] = [
    [], [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    [(0, -1.15), (1.05, 0.8), (-1.05, 0.8)], [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    [(0, 1.15), (1.05, -0.8), (-1.05, -0.8)], _plus(1.15, 0.42),
    [((0.55 if k % 2 else 1.3) * math.sin(k * math.pi / 5),
      -(0.55 if k % 2 else 1.3) * math.cos(k * math.pi / 5)) for k in range(10)],
    [(-1.1, 0), (-0.55, -1), (0.55, -1), (1.1, 0), (0.55, 1), (-0.55, 1)]]


def _cross(x: float, y: float) -> str:
    cross = f"M{x - 5:.1f},{y - 5:.1f}l10,10m0,-10l-10,10"
    return (f'<path class="halo" d="{cross}" stroke="{HALO[0]}" stroke-width="6"/>'
            f'<path class="bad" d="{cross}" stroke="{BROKEN[0]}" stroke-width="2.5"/>')


# ---- the losses


def shown(walk: Walk) -> np.ndarray:
    """What is drawn of its losses: of a model, whose batches differ, a running mean."""
    if walk.path is not None or not len(walk.loss):
        return walk.loss
    sums = np.concatenate([[0.0], walk.loss.cumsum()])
    at = np.arange(1, len(sums))
    from_ = np.maximum(0, at - BATCHES)
    return (sums[at] - sums[from_]) / (at - from_)


def loss_axis(walks: list[Walk]) -> tuple[bool, float, float]:
    """Whether it is a log scale, its lower and its upper end; as in the front end's race.ts."""
    drawn = [shown(walk) for walk in walks if len(walk.loss)]
    if not drawn:
        return False, 0.0, 1.0
    every = np.concatenate(drawn)
    first = max(float(one[0]) for one in drawn)
    low, high = float(every.min()), float(every.max())
    if low >= 0 and first > 0:
        top = 10.0 ** math.ceil(math.log10(min(high, ABOVE * first)) - 1e-9)
        floor = max(float(every[every > 0].min()), top * 10.0 ** -DECADES)
        return True, 10.0 ** math.floor(math.log10(floor) + 1e-9), top
    bottom = max(low, first - ABOVE * max(abs(first), 1.0))
    top = min(high, first + max(abs(first), first - bottom))
    margin = 0.05 * (top - bottom or 1.0)
    return False, bottom - margin, top + margin


def _losses(race: Race, looks: dict[str, int], box: Box) -> list[str]:
    left, top, right, bottom = box
    is_log, low, high = loss_axis([walk for walk in race.runs.values() if not walk.problem])

    def up(loss: np.ndarray) -> np.ndarray:
        if is_log:
            share = np.log10(np.maximum(loss, low) / low) / math.log10(high / low)
        else:
            share = (loss - low) / (high - low)
        return bottom - np.clip(share, 0, 1) * (bottom - top)

    losses = [shown(walk) for walk in race.runs.values()]
    # An axis that ends above some losses says so: on its lower end they seem to stand still.
    cut = is_log and any((loss < low).any() for loss in losses)
    marks = _powers(low, high, cut) if is_log else ticks(low, high, 5)
    texts = [number(value) for value in marks]
    if cut:
        texts[0] = f"≤ {texts[0]}"
    parts = [f'<path class="grid" d="M{left},{y:.1f}H{right}" stroke="#dfe3e8"/>'
             f'<text x="{left - 7}" y="{y + 4:.1f}" text-anchor="end" fill="{NEUTRAL}">'
             f"{said}</text>" for said, y in zip(texts, up(np.array(marks)).tolist())]
    wide = (right - left) / race.steps
    parts += [f'<text x="{left + step * wide:.1f}" y="{bottom + 16}" text-anchor="middle" '
              f'fill="{NEUTRAL}">{number(int(step))}</text>'
              for step in ticks(0, race.steps, 4) if step == int(step)]
    parts.append(f'<text x="{(left + right) / 2:.1f}" y="{bottom + 34}" text-anchor="middle" '
                 f'fill="{NEUTRAL}">step{" (loss on a log scale)" if is_log else ""}</text>')
    ends = []
    for name, walk in race.runs.items():
        if not len(walk.loss):
            continue
        k = looks[name] % len(COLOURS)
        dash = DASHES[looks[name] % len(DASHES)]
        y = up(shown(walk))
        points = np.stack([left + wide * np.arange(len(y)), y], 1)
        x, last = points[-1].tolist()
        # Above the picture there is no line: it would look like a level one.
        above = shown(walk) > high
        points[1:, 1][above[1:] & above[:-1]] = np.nan
        parts.append(f'<path class="s{k}" d="{_line(points)}" fill="none" '
                     f'stroke="{COLOURS[k][0]}" stroke-width="2" stroke-linejoin="round"'
                     + (f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else "") + "/>")
        ends.append(_mark(looks[name], x, last, 5) if walk.diverged is None else _cross(x, last))
    return [*parts, *ends]


def _powers(low: float, high: float, from_below: bool) -> list[float]:
    """Seven powers of ten at most, counted from the lower or from the upper end."""
    first, last = round(math.log10(low)), round(math.log10(high))
    every = max(1, -(-(last - first) // 6))
    return [float(f"1e{power}") for power in
            range(first if from_below else first + (last - first) % every, last + 1, every)]


def _legend(race: Race, looks: dict[str, int]) -> tuple[str, int]:
    parts: list[str] = []
    x, y = 54.0, 6.0
    for name, walk in race.runs.items():
        said = f"{elide(name, 40)}: " + (
            "does not run" if walk.problem else f"diverged at step {walk.diverged}"
            if walk.diverged is not None else number(float(shown(walk)[-1])))
        room = 16 + cells(said) * CELL
        if x > 54 and x + room > WIDTH - 14:
            x, y = 54.0, y + ROW
        parts.append(_mark(looks[name], x, y, 5) + f'<text x="{x + 12:.1f}" y="{y + 4:.1f}" '
                     f'font-size="12" fill="{NEUTRAL}">{escaped(said)}</text>')
        x += room + 18
    return "".join(parts), int(y - 6) // ROW + 1


def _style() -> str:
    return _themed([
        *((f".s{k}", "stroke", both) for k, both in enumerate(COLOURS)),
        *((f".e{k}", "fill", both) for k, both in enumerate(COLOURS)),
        *((f".e{k}", "stroke", HALO) for k in range(len(COLOURS))),
        (".grid", "stroke", ("#dfe3e8", "#343c47")), (".begin", "stroke", ("#1c2530", "#e6eaf0"))])
