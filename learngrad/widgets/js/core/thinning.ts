// A million points as the few that a screen can show.
import { firstNotBelow, type Series } from "./curves.ts";
import { LARGEST } from "./scales.ts";

/** What is drawn of one line: its points, or the mean that smooths them. */
export interface Track {
  series: Series;
  values: Float64Array;
}

/** The part of the axis that is seen, and in how many columns of pixels. */
export interface Window {
  low: number;
  high: number;
  columns: number;
  log: boolean;
}

/** A value that has no place on the axis: it is marked at the edge, not left out. */
export interface Broken {
  x: number;
  y: number;
}

/** A column for each track: null breaks the line, undefined is a step of another track only. */
export type Columns = [number[], ...(number | null | undefined)[][]];

/**
 * The numbers of the points to draw: of each column of pixels the first, the lowest, the highest,
 * the first that cannot be drawn, and the last; and the neighbours beyond either edge.
 */
export function thin(x: Float64Array, y: Float64Array, seen: Window): number[] {
  const { low, high, columns, log } = seen;
  const from = Math.max(0, firstNotBelow(x, low) - 1);
  let to = firstNotBelow(x, high);
  while (to < x.length && x[to] === high) to++;
  to = Math.min(x.length, to + 1);
  const kept: number[] = [];
  if (to - from <= 5 * columns) {
    for (let at = from; at < to; at++) kept.push(at);
    return kept;
  }
  const scale = columns / (high - low);
  const floor = log ? 0 : Number.NEGATIVE_INFINITY;
  let at = from;
  while (at < to) {
    const first = at;
    const column = Math.floor((x[at]! - low) * scale);
    let [lowest, highest, broken] = [-1, -1, -1];
    let [least, most] = [Number.POSITIVE_INFINITY, floor];
    for (; at < to && Math.floor((x[at]! - low) * scale) === column; at++) {
      const value = y[at]!;
      if (value > floor && Math.abs(value) <= LARGEST) {
        if (value < least) {
          least = value;
          lowest = at;
        }
        if (value > most) {
          most = value;
          highest = at;
        }
      } else if (broken < 0) broken = at;
    }
    const chosen = [first, lowest, highest, broken, at - 1].filter((one) => one >= 0);
    chosen.sort((a, b) => a - b);
    for (const one of chosen) if (one !== kept.at(-1)) kept.push(one);
  }
  return kept;
}

/** One rising column of steps, and for each track its values there. */
export function columns(tracks: Track[], seen: Window): { data: Columns; broken: Broken[] } {
  const kept = tracks.map(({ series, values }) => thin(series.x.values, values, seen));
  const steps = new Set<number>();
  kept.forEach((points, track) => {
    const x = tracks[track]!.series.x.values;
    for (const at of points) steps.add(x[at]!);
  });
  const xs = [...steps].sort((a, b) => a - b);
  const broken = new Map<string, Broken>();
  const scale = seen.columns / (seen.high - seen.low);
  const data = kept.map((points, track) => {
    const { series, values } = tracks[track]!;
    const x = series.x.values;
    const column = new Array<number | null | undefined>(xs.length).fill(undefined);
    let row = 0;
    for (const at of points) {
      while (xs[row]! < x[at]!) row++;
      const y = values[at]!;
      if (Math.abs(y) <= LARGEST && !(seen.log && y <= 0)) column[row] = y;
      else {
        column[row] = null;
        const key = `${Math.floor((x[at]! - seen.low) * scale)} ${shape(y)}`;
        if (x[at]! >= seen.low && x[at]! <= seen.high) broken.set(key, { x: x[at]!, y });
      }
    }
    return column;
  });
  return { data: [xs, ...data], broken: [...broken.values()] };
}

/** How it is marked: a cross, or an arrow to where it has gone. */
export const shape = (y: number) => (Number.isNaN(y) ? "cross" : y > 0 ? "up" : "down");
