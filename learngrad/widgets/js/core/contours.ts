// Contours of a field of numbers on a grid: round levels, closed regions to fill, lines to draw,
// and where a label stands. learngrad/descent/surface_contours.py does the same for static
// pictures; both sides are tested against tests/descent/contour_cases.json.
import { number } from "./text.ts";

/** Values on an even grid, row by row, the lowest y first. What is not finite is a hole. */
export interface Field {
  /** Where the first and the last column stand. */
  x: readonly [number, number];
  /** Where the first and the last row stand. */
  y: readonly [number, number];
  columns: number;
  rows: number;
  values: ArrayLike<number>;
}

/** Heights at which lines are drawn, rising. */
export interface Levels {
  values: number[];
  /** Whether they rise by factors: crossings between two points are then found on a log scale. */
  isLog: boolean;
}

/** One level: flat arrays x0, y0, x1, y1 … in the field's own coordinates. */
export interface Contour {
  /** Closed, around what is not lower; holes run the other way (fill "evenodd"). */
  rings: Float64Array[];
  /** The rings without what runs along the edge of the field or of a hole. */
  lines: Float64Array[];
}

const MOST_LEVELS = 14;
/** The highest over the lower tenth, from which levels rise by factors. */
const STEEP = 20;
/** Powers of ten that levels go down from the highest, at most. */
const DECADES = 6;
/** The height over that of most points, from which only half as high a part has levels. */
const FAR = 8;
const SHARES = [[1, 2, 5], [1, 3], [1]];

/** Round heights that suit the values: by factors where they span powers of ten, else even. */
export function levels(values: ArrayLike<number>, most = MOST_LEVELS): Levels {
  const sorted = Float64Array.from(Array.from(values).filter(Number.isFinite)).sort();
  if (!sorted.length) return { values: [], isLog: false };
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  if (low >= 0 && high > STEEP * quantile(sorted, 0.1)) {
    const bottom = Math.max(quantile(sorted, 0.01), high * 10 ** -DECADES);
    return { values: byFactors(bottom, high, most), isLog: true };
  }
  const usual = quantile(sorted, 0.75) - low;
  const top = high - low > FAR * usual && usual > 0 ? low + (FAR / 2) * usual : high;
  return { values: even(low, top, most), isLog: false };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.ceil(share * (sorted.length - 1))]!;
}

function byFactors(bottom: number, top: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(bottom)), Math.ceil(Math.log10(top))];
  const choices = SHARES.map((shares) => {
    const found: number[] = [];
    for (let power = first; power <= last; power++)
      for (const share of shares) found.push(round(share, power));
    return found.filter((level) => level > bottom && level < top);
  });
  const fitting = choices.find((found) => found.length <= most);
  if (fitting) return fitting;
  const tens = choices.at(-1)!;
  const every = Math.ceil(tens.length / most);
  return tens.filter((_, at) => at % every === 0);
}

function even(low: number, high: number, most: number): number[] {
  const raw = (high - low) / most;
  if (!(raw > 1e-300) || !Number.isFinite(raw)) return [];
  const power = Math.floor(Math.log10(raw));
  const share = [1, 2, 5, 10].find((one) => round(one, power) >= raw)!;
  const found: number[] = [];
  const step = round(share, power);
  for (let count = Math.ceil(low / step); count * step < high; count++)
    if (count * step > low) found.push(round(count * share, power));
  return found;
}

/** share · 10^power as it is written in decimals, without the dust of a product. */
function round(share: number, power: number): number {
  return Number(`${share}e${power}`);
}

/** Which band a value is in: 0 below the first level, `levels.length` above the last. */
export function bandOf(value: number, { values }: Levels): number {
  let band = 0;
  while (band < values.length && value >= values[band]!) band++;
  return band;
}

/** As `bandOf`, with how far within it: the middle of band 3 is 3. Without a jump anywhere. */
export function shadeOf(value: number, heights: Levels): number {
  const { values, isLog } = heights;
  if (values.length < 2) return bandOf(value, heights);
  // Beyond the first and the last level it goes on as between their neighbours.
  const upper = Math.min(Math.max(bandOf(value, heights), 1), values.length - 1);
  const [from, to] = [scaled(values[upper - 1]!, isLog), scaled(values[upper]!, isLog)];
  const shade = upper - 0.5 + (scaled(value, isLog) - from) / (to - from);
  return Math.min(Math.max(shade, 0), values.length);
}

/** What is not lower than a level, by marching squares. `-Infinity`: all but the holes. */
export function contour(field: Field, level: number, isLog = false): Contour {
  const { columns, rows } = field;
  const width = columns + 2;
  // A frame of lower points all round closes every ring; ids of edges: 2·node, +1 where upright.
  const inside = new Uint8Array(width * (rows + 2));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = field.values[row * columns + column]!;
      inside[(row + 1) * width + column + 1] = Number.isFinite(value) && value >= level ? 1 : 0;
    }
  const next = new Map<number, number>();
  for (let row = 0; row <= rows; row++)
    for (let column = 0; column <= columns; column++) {
      const at = row * width + column;
      const corners =
        inside[at]! |
        (inside[at + 1]! << 1) |
        (inside[at + width + 1]! << 2) |
        (inside[at + width]! << 3);
      if (corners === 0 || corners === 15) continue;
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + width), 2 * at + 1];
      const joined =
        (corners === 5 || corners === 10) && isHigh(field, row - 1, column - 1, level, isLog);
      const steps = TURNS[joined ? corners + 11 : corners]!;
      for (let step = 0; step < steps.length; step += 2)
        next.set(edges[steps[step]!]!, edges[steps[step + 1]!]!);
    }
  return follow(field, next, inside, level, isLog);
}

/** For each set of corners (1 lower left, 2 lower right, 4 upper right, 8 upper left) the steps from
 * edge to edge (bottom, right, top, left) that keep the inside at the left. 16 and 21: 5 and 10 with
 * a middle that is inside. */
const TURNS: Record<number, number[]> = {
  1: [0, 3],
  2: [1, 0],
  3: [1, 3],
  4: [2, 1],
  5: [0, 3, 2, 1],
  6: [2, 0],
  7: [2, 3],
  8: [3, 2],
  9: [0, 2],
  10: [1, 0, 3, 2],
  11: [1, 2],
  12: [3, 1],
  13: [0, 1],
  14: [3, 0],
  16: [0, 1, 2, 3],
  21: [1, 2, 3, 0],
};

function isHigh(field: Field, row: number, column: number, level: number, isLog: boolean): boolean {
  const { columns, rows, values } = field;
  if (row < 0 || column < 0 || row > rows - 2 || column > columns - 2) return false;
  const at = row * columns + column;
  let sum = 0;
  for (const corner of [at, at + 1, at + columns, at + columns + 1])
    sum += scaled(values[corner]!, isLog);
  return sum / 4 >= scaled(level, isLog);
}

const scaled = (value: number, isLog: boolean) =>
  isLog ? Math.log(Math.max(value, Number.MIN_VALUE)) : value;

/** Walks along the edges until each ring is closed. */
function follow(
  field: Field,
  next: Map<number, number>,
  inside: Uint8Array,
  level: number,
  isLog: boolean,
): Contour {
  const { columns, rows, values } = field;
  const width = columns + 2;
  const across = (field.x[1] - field.x[0]) / Math.max(1, columns - 1);
  const up = (field.y[1] - field.y[0]) / Math.max(1, rows - 1);
  const read = (node: number) => {
    const [column, row] = [(node % width) - 1, Math.floor(node / width) - 1];
    const within = column >= 0 && row >= 0 && column < columns && row < rows;
    return within ? values[row * columns + column]! : Number.NaN;
  };
  const place = (edge: number): [number, number, boolean] => {
    const start = edge >> 1;
    const end = start + (edge & 1 ? width : 1);
    const [a, b] = [read(start), read(end)];
    const real = Number.isFinite(a) && Number.isFinite(b);
    const [from, to] = [scaled(a, isLog), scaled(b, isLog)];
    // Beside a hole or the frame the ring runs through the point that is inside.
    const share = real ? (scaled(level, isLog) - from) / (to - from) : inside[start] ? 0 : 1;
    const column = (start % width) - 1 + (edge & 1 ? 0 : share);
    const row = Math.floor(start / width) - 1 + (edge & 1 ? share : 0);
    return [field.x[0] + column * across, field.y[0] + row * up, real];
  };
  const found: Contour = { rings: [], lines: [] };
  while (next.size) {
    const first = next.keys().next().value!;
    const points: [number, number, boolean][] = [];
    for (let edge = first, after = next.get(edge); after !== undefined; after = next.get(edge)) {
      points.push(place(edge));
      next.delete(edge);
      edge = after;
    }
    found.rings.push(flat(points));
    found.lines.push(...open(points));
  }
  return found;
}

function flat(points: [number, number, boolean][]): Float64Array {
  const numbers = new Float64Array(2 * points.length);
  points.forEach(([x, y], at) => {
    numbers.set([x, y], 2 * at);
  });
  return numbers;
}

/** The parts of a ring that are lines: a whole one comes back to its start. */
function open(points: [number, number, boolean][]): Float64Array[] {
  const gap = points.findIndex(([, , real]) => !real);
  if (gap < 0) return [flat([...points, points[0]!])];
  const lines: number[][] = [[]];
  for (const [x, y, real] of [...points.slice(gap), ...points.slice(0, gap)])
    if (real) lines.at(-1)!.push(x, y);
    else if (lines.at(-1)!.length) lines.push([]);
  return lines.filter((line) => line.length > 2).map((line) => Float64Array.from(line));
}

/** The value between the four points around; NaN beside a hole and outside. */
export function valueAt(field: Field, x: number, y: number): number {
  const { columns, rows, values } = field;
  const column = ((x - field.x[0]) / (field.x[1] - field.x[0])) * (columns - 1);
  const row = ((y - field.y[0]) / (field.y[1] - field.y[0])) * (rows - 1);
  if (!(column >= 0 && row >= 0 && column <= columns - 1 && row <= rows - 1)) return Number.NaN;
  const [left, bottom] = [
    Math.min(Math.floor(column), columns - 2),
    Math.min(Math.floor(row), rows - 2),
  ];
  const [s, t] = [column - left, row - bottom];
  const at = bottom * columns + left;
  const mix = (from: number, to: number, share: number) =>
    share === 0 ? from : share === 1 ? to : from + (to - from) * share;
  return mix(
    mix(values[at]!, values[at + 1]!, s),
    mix(values[at + columns]!, values[at + columns + 1]!, s),
    t,
  );
}

/** Where a label stands on a line. */
export interface Spot {
  x: number;
  y: number;
  /** Radians, never upside down. */
  angle: number;
}

/**
 * The straightest place on a line (in pixels, x0, y0, x1, y1 …) for a text so many pixels wide that
 * keeps clear of `taken` and of the frame; null where there is none.
 */
export function spot(
  line: Float64Array,
  width: number,
  taken: Spot[],
  frame: readonly [number, number, number, number],
): Spot | null {
  const at: number[] = [0];
  for (let k = 2; k < line.length; k += 2)
    at.push(at.at(-1)! + Math.hypot(line[k]! - line[k - 2]!, line[k + 1]! - line[k - 1]!));
  const length = at.at(-1)!;
  if (length < 2.5 * width) return null;
  let best: Spot | null = null;
  let least = 0.12;
  const apart = 1.6 * width;
  for (let start = 0.25 * width; start + width < length; start += Math.max(4, length / 60)) {
    const [x0, y0] = along(line, at, start);
    const [x1, y1] = along(line, at, start + width);
    const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
    const bent = 1 - Math.hypot(x1 - x0, y1 - y0) / width;
    const clear =
      x > frame[0] + width / 2 &&
      x < frame[2] - width / 2 &&
      y > frame[1] + 10 &&
      y < frame[3] - 10 &&
      taken.every((other) => Math.hypot(other.x - x, other.y - y) > apart);
    if (!clear || bent >= least) continue;
    least = bent;
    let angle = Math.atan2(y1 - y0, x1 - x0);
    if (angle > Math.PI / 2) angle -= Math.PI;
    if (angle < -Math.PI / 2) angle += Math.PI;
    best = { x, y, angle };
  }
  return best;
}

function along(line: Float64Array, at: number[], distance: number): [number, number] {
  let k = 1;
  while (k < at.length - 1 && at[k]! < distance) k++;
  const share = (distance - at[k - 1]!) / (at[k]! - at[k - 1]! || 1);
  const mix = (axis: number) =>
    line[2 * k - 2 + axis]! + share * (line[2 * k + axis]! - line[2 * k - 2 + axis]!);
  return [mix(0), mix(1)];
}

/** Marks of an axis, or levels, as text: with as many digits as tell them apart. */
export function apart(values: number[]): string[] {
  const gaps = values.slice(1).map((value, at) => Math.abs(value - values[at]!));
  const near = 0.02 * Math.min(...gaps);
  const isNear = (digits: number) => (value: number) =>
    Math.abs(Number(value.toExponential(digits - 1)) - value) <= near;
  let digits = 4;
  while (digits < 15 && !values.every(isNear(digits))) digits++;
  return values.map((value) => number(value, digits));
}

/** Round marks for an axis, about `count` of them, within [low, high]. */
export function ticks(low: number, high: number, count = 5): number[] {
  const raw = (high - low) / count;
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = Math.floor(Math.log10(raw));
  const share = [1, 2, 5, 10].find((one) => round(one, power) >= raw)!;
  const step = round(share, power);
  const found: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at <= high / step + 1e-9; at++)
    found.push(round(at * share, power) + 0);
  return found;
}
