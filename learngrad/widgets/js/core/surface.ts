// A loss surface as it travels: checked, as a field, cut along a line, turned in space, in a table.
import { floats } from "./buffers.ts";
import { type Field, type Levels, levels, valueAt } from "./contours.ts";
import { number } from "./text.ts";

export interface Axis {
  label: string;
  words: string;
  ends: [number, number];
}

/** How far the kernel is with computing. */
export interface Status {
  done: number;
  total: number;
  seconds: number;
  running: boolean;
}

/** The way of the training: its points follow as x0, y0, x1, y1 … (over one direction: x0, x1 …). */
export interface Way {
  steps: number;
  /** The number of its last step. */
  last: number;
  /** The share of its squared distances that lies within the slice. */
  seen: number;
}

export interface Surface {
  axes: Axis[];
  /** Points a side; 0 before the first grid is there. */
  side: number;
  finest: number;
  /** Row by row, the lowest y first. */
  values: Float64Array;
  /** Parameters of the model: the dimensions that it is a slice of. */
  size: number;
  center: number[];
  here: number;
  words: string;
  slice: string;
  how: string;
  problem: string;
  status: Status;
  way: Way | null;
  places: Float64Array;
}

const MOST_SIDE = 257;

/** What the kernel sent, if it is a whole surface. */
export function readSurface(state: Record<string, unknown>): Surface {
  const { axes, side, here } = state as unknown as Surface;
  if (!Array.isArray(axes) || axes.length < 1 || axes.length > 2)
    throw new Error("a surface has one or two axes");
  for (const { ends } of axes)
    if (!(ends?.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1]))
      throw new Error("an axis of the surface has no ends");
  if (!Number.isInteger(side) || side < 0 || side > MOST_SIDE)
    throw new Error(`a surface of ${side} points a side cannot be drawn`);
  const values = floats(state.values as DataView);
  if (values.length !== side ** axes.length)
    throw new Error(`the surface has ${values.length} points, not ${side ** axes.length}`);
  const places = floats(state.places as DataView);
  return { ...(state as unknown as Surface), values, places, here: Number(here) };
}

/** The surface as a field; over one direction it has one row. Null before the first grid. */
export function fieldOf({ axes, side, values }: Surface): Field | null {
  if (!side) return null;
  const flat = axes.length === 1;
  return {
    x: axes[0]!.ends,
    y: flat ? [0, 1] : axes[1]!.ends,
    columns: side,
    rows: flat ? 1 : side,
    values,
  };
}

export interface Cut {
  ends: readonly [number, number];
  values: Float64Array;
}

/** The values along an axis (0 across, 1 up) through a point. */
export function cut(field: Field, at: readonly number[], axis: 0 | 1): Cut {
  const ends = axis ? field.y : field.x;
  const count = axis ? field.rows : field.columns;
  const values = Float64Array.from({ length: count }, (_, k) => {
    const along = ends[0] + ((ends[1] - ends[0]) * k) / Math.max(1, count - 1);
    if (field.rows === 1) return field.values[k]!;
    return axis ? valueAt(field, at[0]!, along) : valueAt(field, along, at[1]!);
  });
  return { ends, values };
}

/** The value of a cut at a place along it. */
export function along({ ends, values }: Cut, at: number): number {
  const place = ((at - ends[0]) / (ends[1] - ends[0])) * (values.length - 1);
  if (!(place >= 0 && place <= values.length - 1)) return Number.NaN;
  const left = Math.min(Math.floor(place), values.length - 2);
  const share = place - left;
  if (share === 0) return values[left]!;
  if (share === 1) return values[left + 1]!;
  return values[left]! + (values[left + 1]! - values[left]!) * share;
}

/** The lowest finite value and where it is; null where there is none. */
export function lowest(field: Field): { value: number; at: [number, number] } | null {
  let best = -1;
  for (let k = 0; k < field.values.length; k++)
    if (Number.isFinite(field.values[k]!) && (best < 0 || field.values[k]! < field.values[best]!))
      best = k;
  if (best < 0) return null;
  const share = (at: number, count: number) => at / Math.max(1, count - 1);
  const [s, t] = [
    share(best % field.columns, field.columns),
    share(Math.floor(best / field.columns), field.rows),
  ];
  return {
    value: field.values[best]!,
    at: [field.x[0] + s * (field.x[1] - field.x[0]), field.y[0] + t * (field.y[1] - field.y[0])],
  };
}

/** The part of the values that a vertical axis shows, 0 to 1: by powers where the levels are so. */
export class Scale {
  readonly low: number;
  readonly high: number;
  readonly #isLog: boolean;

  constructor(values: ArrayLike<number>, heights: Levels = levels(values)) {
    const finite = Array.from(values).filter(Number.isFinite);
    this.#isLog = heights.isLog;
    const [first, last] = [heights.values[0], heights.values.at(-1)];
    const highest = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const least = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const step = heights.values.length > 1 ? heights.values[1]! - heights.values[0]! : 0;
    this.low = this.#isLog ? Math.max(least, (first ?? 1) / 3) : finite.length ? least : 0;
    const top = this.#isLog || !step ? highest : Math.min(highest, last! + step);
    this.high = top > this.low ? top : this.low + (Math.abs(this.low) || 1);
  }

  /** Where a value stands, 0 to 1; what is higher stands at the top. */
  share(value: number): number {
    if (!Number.isFinite(value)) return value === Number.NEGATIVE_INFINITY ? 0 : 1;
    const bent = this.#isLog
      ? Math.log(Math.max(value, this.low) / this.low) / Math.log(this.high / this.low)
      : (value - this.low) / (this.high - this.low);
    return Math.min(1, Math.max(0, bent));
  }
}

/** How a surface is turned: degrees about the upright, and down from the horizon. */
export interface Turn {
  round: number;
  down: number;
}

/** A point of the block [-1, 1]² × [0, 1] as seen: right, up, and how near it is. */
export function turned(
  [u, v, w]: readonly [number, number, number],
  { round, down }: Turn,
): [number, number, number] {
  const [a, b] = [(round * Math.PI) / 180, (down * Math.PI) / 180];
  const across = u * Math.cos(a) - v * Math.sin(a);
  const back = u * Math.sin(a) + v * Math.cos(a);
  return [across, back * Math.sin(b) + w * Math.cos(b), w * Math.sin(b) - back * Math.cos(b)];
}

/** Along each axis, the numbers of the cells from far to near. */
export function backToFront(columns: number, rows: number, { round }: Turn): [number[], number[]] {
  const a = (round * Math.PI) / 180;
  const order = (count: number, farFirst: boolean) => {
    const cells = Array.from({ length: count - 1 }, (_, k) => k);
    return farFirst ? cells.reverse() : cells;
  };
  return [order(columns, Math.sin(a) > 0), order(rows, Math.cos(a) > 0)];
}

/** How far it is, in words. */
export function progress({ axes, side, finest, status }: Surface): string {
  const grid = (n: number) => Array(axes.length).fill(n).join(" × ");
  if (!status.running)
    return side === finest
      ? `${grid(side)} points`
      : side
        ? `${grid(side)} of ${grid(finest)} points; stopped`
        : "nothing computed; stopped";
  const known = side ? `${grid(side)} of ${grid(finest)} points` : `${grid(finest)} points`;
  return `${known}, about ${duration(status.seconds)} left`;
}

function duration(seconds: number): string {
  if (seconds < 1.5) return "1 s";
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** A number of an axis, to four digits. */
export const coordinate = (value: number) => number(Number(value.toPrecision(4)));

const TABLE_SIDE = 9;

/** The surface as a table: its head and its rows, the highest y first. */
export function tableOf(surface: Surface): { head: string[]; rows: string[][] } {
  const field = fieldOf(surface);
  if (!field) return { head: [], rows: [] };
  const every = Math.max(1, Math.floor((surface.side - 1) / (TABLE_SIDE - 1)));
  const marks = (ends: readonly [number, number]) =>
    Array.from({ length: surface.side }, (_, k) =>
      coordinate(ends[0] + ((ends[1] - ends[0]) * k) / (surface.side - 1)),
    ).filter((_, k) => k % every === 0);
  const across = marks(field.x);
  const value = (column: number, row: number) =>
    number(field.values[row * every * field.columns + column * every]!);
  if (field.rows === 1)
    return { head: ["along the axis", "loss"], rows: across.map((x, k) => [x, value(k, 0)]) };
  const rows = marks(field.y).map((y, row) => [y, ...across.map((_, k) => value(k, row))]);
  return { head: ["", ...across], rows: rows.reverse() };
}
